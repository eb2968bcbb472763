"""The words of secrets that are opened: signing in anew, the dialog, choosing people."""

ROWS: dict[str, tuple[str, str]] = {
    # the card and the dialog
    "verb.open_secret": ("اطّلاع", "Read"),
    "verb.open_code": ("متابعة", "Continue"),
    "verb.refer_widely": ("بحث في الوزارة كلها", "Search the whole ministry"),
    "verb.sign_in": ("تسجيل الدخول", "Sign in"),
    "card.secret_opens": (
        "للاطلاع عليها سجّل الدخول من جديد. تُعرض في نافذة ولا تبقى في المحادثة.",
        "Sign in again to read it. It is shown in a dialog and does not stay in the chat.",
    ),
    "card.open_first": (
        "لا يتم هذا من بطاقة المحادثة: اضغط «اطّلاع» أولاً.",
        "This cannot be done from the card in the chat: press “Read” first.",
    ),
    "secret.title": ("الاطلاع على مراسلة سرية", "Reading a secret record"),
    "secret.until": ("سري: مفتوح حتى {when}", "Secret: open until {when}"),
    "secret.how": (
        "١. سجّل الدخول من الزر. ٢. يظهر لك رمز من ستة أرقام. ٣. اكتبه هنا وتابع.",
        "1. Sign in by the button. 2. A code of six digits is shown to you. 3. Type it here and continue.",
    ),
    "secret.lasts": (
        "تبقى مفتوحة {minutes} دقيقة من تسجيل الدخول، ويُدوَّن في صحيفة الإجراءات أنك اطّلعت عليها.",
        "It stays open for {minutes} minutes from the sign-in, and the procedure sheet says that you read it.",
    ),
    "secret.never_share": (
        "لا تكتب هنا رمزاً أرسله إليك غيرك، ولا تعطِ رمزك أحداً.",
        "Never type a code that somebody sent you, and give yours to nobody.",
    ),
    "secret.code": ("الرمز", "The code"),
    "secret.is_none": ("المراسلة ليست سرية؛ افتحها من بطاقتها.", "The record is not secret; open it from its card."),
    "secret.sign_in": (
        "مضت مدة تسجيل الدخول. سجّل الدخول من جديد.",
        "Your sign-in is too old. Sign in again.",
    ),
    # the page, and what came of it
    "sign_in.title": ("تراسل", "Tarasul"),
    "sign_in.done": (
        "تم تسجيل الدخول. اكتب هذا الرمز في نافذة تراسل، ثم أغلق هذه الصفحة. لا تعطه أحداً.",
        "You are signed in. Type this code in Tarasul's dialog, then close this page. Give it to nobody.",
    ),
    "sign_in.over": (
        "هذا الرابط لم يعد صالحاً. الدور عليك: افتح المراسلة من بطاقتها ليأتيك رابط جديد.",
        "This link is not good any more. It is your turn: open the record from its card for a new one.",
    ),
    "sign_in.other_browser": (
        "لم يبدأ تسجيل الدخول في هذا المتصفح، فلم يُفتح شيء. الدور عليك: ابدأ من بطاقة المراسلة.",
        "The sign-in was not begun in this browser; nothing was opened. It is your turn: begin at the record's card.",
    ),
    "sign_in.refused": (
        "لم يتم تسجيل الدخول. الدور عليك: ابدأ من جديد من بطاقة المراسلة.",
        "You are not signed in. It is your turn: begin again at the record's card.",
    ),
    "sign_in.somebody_else": (
        "سجّل الدخول شخص غير صاحب البطاقة، فلم يُفتح شيء. الدور على صاحبها: أن يسجّل الدخول بنفسه.",
        "Somebody else signed in than the one whose card it is; nothing was opened. It is their turn: to sign in.",
    ),
    "sign_in.too_old": (
        "لا يثبت أنك سجّلت الدخول قبل ربع ساعة أو أقل. الدور عليك: ابدأ من جديد وأدخل كلمة المرور.",
        "It is not proven that you signed in a quarter of an hour ago or less. It is your turn: begin again, and give "
        "your password.",
    ),
    "sign_in.busy": (
        "تعذّر تسجيل الدخول الآن. الدور عليك: ابدأ من جديد بعد قليل.",
        "You could not be signed in just now. It is your turn: begin again in a moment.",
    ),
    "sign_in.none": (
        "لم يُهيأ تسجيل الدخول هنا. الدور على مسؤول النظام: أن يضبط تطبيق تسجيل الدخول.",
        "Signing in is not set up here. It is the system administrator's turn: to set up the app for it.",
    ),
    "sign_in.no_code": (
        "لا يُنتظر منك رمز. الدور عليك: سجّل الدخول من الزر أولاً.",
        "No code is waited for. It is your turn: sign in by the button first.",
    ),
    "sign_in.wrong_code": ("الرمز غير صحيح. اكتبه مرة أخرى.", "The code is wrong. Type it once more."),
    "sign_in.too_many": (
        "كُتب رمز خاطئ مرات كثيرة. الدور عليك: سجّل الدخول من جديد.",
        "A wrong code was typed too often. It is your turn: sign in again.",
    ),
    "event.SecretShown": (
        "اطّلع على المراسلة السرية بعد تسجيل دخول جديد",
        "Read the secret record after signing in anew",
    ),
}
