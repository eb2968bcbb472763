"""What the API says when it cannot do what was asked."""

ROWS: dict[str, tuple[str, str]] = {
    "api.token_refused": (
        "لم يُقبل رمز الدخول. الدور على المتصل: اطلب رمزاً جديداً من Entra لهذه الواجهة.",
        "The token was not accepted. It is the caller's turn: get a fresh one from Entra for this API.",
    ),
    "api.keys_unavailable": (
        "تعذّر الوصول إلى مفاتيح Entra. أعد المحاولة بعد قليل.",
        "Entra's keys cannot be reached. Try again shortly.",
    ),
    "api.role_missing": (
        "لا يحمل الرمز أياً من الأدوار {roles} ولا النطاق {scope}. الدور على مسؤول النظام: امنح الصلاحية.",
        "The token has none of the roles {roles} nor the scope {scope}. It is an administrator's turn: grant one.",
    ),
    "api.person_unknown": (
        "لا يعرفك دليل الوزارة أو حسابك غير نشط. راجع مسؤول النظام.",
        "The directory does not know you, or your account is not active. Please see the system administrator.",
    ),
    "api.unknown_parameter": (
        "لا معنى هنا للمعامل {name}، والمعروف هنا: {known}. احذفه أو صحّح اسمه ثم أعد الطلب.",
        "{name} means nothing here; what does: {known}. Leave it out or correct its name, and ask again.",
    ),
    "api.bad_parameter": (
        "قيمة {name} غير مفهومة. صحّحها ثم أعد الطلب.",
        "The value of {name} makes no sense. Correct it and ask again.",
    ),
    "api.key_missing": (
        "يلزم الترويسة Idempotency-Key: من حرف إلى {longest} من حروف ASCII بلا مسافات، مفتاح لكل طلب.",
        "The header Idempotency-Key is needed: 1 to {longest} ASCII characters, no spaces, one key for each request.",
    ),
    "api.key_reused": (
        "استُعمل مفتاح Idempotency-Key من قبل لطلب آخر، فلم يتغير شيء. أرسل هذا الطلب بمفتاح جديد.",
        "The Idempotency-Key was used before for another request; nothing was changed. Send this one under a new key.",
    ),
    "api.not_multipart": ("أرسل الطلب بصيغة {form}.", "Send it as {form}."),
    "api.too_large": (
        "الكتاب أكبر من الحد: {files} ملفاً و{most} ميغابايت في المجموع.",
        "The letter is larger than the limit: {files} files and {most} MB in all.",
    ),
    "api.files_known": (
        "من هذه الملفات ما هو مقيّد من قبل برقم {reference}، فلم يُقيّد شيء. إن كان كتاباً آخر فأعد الطلب مع {anyway}.",
        "Of these files some are registered already, as {reference}; nothing was registered. If it is another letter, "
        "ask with {anyway}.",
    ),
    "api.person_needed": (
        "هذا الإجراء لموظف بعينه. الدور على المتصل: اطلبه برمز الموظف المختص.",
        "This is for a person to do. It is the caller's turn: ask with the token of whoever does it.",
    ),
    "api.no_record": (
        "لا توجد مراسلة بهذا المعرّف مما يجوز لك قراءته.",
        "There is no record by this id that you may read.",
    ),
    "api.no_document": (
        "لا توجد في هذه المراسلة وثيقة بهذه البصمة مما يجوز لك فتحه.",
        "The record has no document by this hash that you may open.",
    ),
    "api.no_body": (
        "ورد هذا الكتاب ورقياً، فليس له نص يُعرض. افتح وثائقه.",
        "This letter came on paper and has no text to show. Open its documents.",
    ),
    "api.body_unreadable": (
        "لا يُقرأ نص هذا الكتاب هنا: هو مختوم أو تعذّرت قراءته. الدور على موظف القيد: افتحه في Outlook.",
        "The text of this letter cannot be read here: it is sealed, or cannot be understood. It is the registry's "
        "turn: open it in Outlook.",
    ),
    "page.pictures_left_out": (
        "حُذفت صور من خارج الرسالة لأن عرضها يتصل بمواقع خارجية.",
        "Pictures that are not part of the mail were left out: showing them would call other sites.",
    ),
    "api.unavailable": (
        "الخدمة مشغولة. لم يتغير شيء، فأعد المحاولة بعد قليل.",
        "The service is busy. Nothing was changed; try again shortly.",
    ),
    "api.misconfigured": (
        "إعداد ناقص أو خاطئ. الدور على مسؤول النظام: {why}",
        "A setting is missing or wrong. It is an operator's turn: {why}",
    ),
}
