"""The words of drafts in Word: their files, what was frozen, who has them open."""

ROWS: dict[str, tuple[str, str]] = {
    # refusals, and why a press came to nothing
    "draft.not_placed": (
        "ملف Word للمسودة {reference} ما زال يُعدّ. انتظر لحظات حتى يظهر زر فتحه، ثم أعد المحاولة.",
        "The Word file of draft {reference} is still being made. Wait until its button is there, then try again.",
    ),
    "draft.being_frozen": (
        "رُفعت المسودة {reference} وتُحفظ نسختها الآن. لا يلزمك شيء؛ ينتقل الدور بعد لحظات.",
        "Draft {reference} was submitted and its file is being read. It moves on by itself in a moment.",
    ),
    "draft.being_checked": (
        "على {reference} توقيع ينتظر مطابقة الملف. أعد المحاولة بعد لحظات.",
        "A signature on {reference} waits for its file to be checked. Try again in a moment.",
    ),
    "draft.way_changed": (
        "لم يعد المسار يكتمل كما كان عند الرفع. ارفع المسودة مرة أخرى ليُبيَّن لك السبب.",
        "The way it was to go cannot be completed any more. Submit it once more to be told why.",
    ),
    "draft.edited_meanwhile": (
        "عُدّل الملف قبل أن يُحتسب التوقيع، فلم يُحتسب. يبدأ القرار من جديد على النص المعدّل.",
        "The file was edited before the signature counted, so it does not. It is decided on anew, as it says now.",
    ),
    "draft.may_not_any_more": (
        "تغيّر ما يسمح بالتوقيع قبل أن يُحتسب، فلم يُحتسب. افتح البطاقة من جديد لترى ما يمكن عمله.",
        "What allowed the signature changed before it counted, so it does not. Open the card to see what you can do.",
    ),
    "draft.unfit": (
        "لا يُقرَّر على الملف كما هو، فلم يُعرض على أحد. الدور على محرره: يصلحه في Word ثم يرفعه من جديد.",
        "The file cannot be decided on as it is, and was put before nobody. It is its drafter's turn: put it right in "
        "Word, then submit it once more.",
    ),
    "draft.unfit_told": (
        "لم تُرفع المسودة {reference}: في ملفها ما يمنع القرار عليه. الدور عليك؛ السبب وما يلزم على بطاقتها.",
        "Draft {reference} was not submitted: something in its file keeps it from being decided on. It is your turn: "
        "its card says why and what to do.",
    ),
    "fix.unsafe.macros": (
        "فيه وحدات ماكرو: احفظه ملف Word بلا وحدات ماكرو.",
        "It has macros: save it as .docx, without them.",
    ),
    "fix.unsafe.external": (
        "يجلب محتوى من خارجه عند فتحه: ضمّن الصور والكائنات فيه وألغِ ارتباطاتها.",
        "It fetches content from elsewhere when it is opened: put pictures and objects into it, and break their links.",
    ),
    "fix.unsafe.encrypted": (
        "مشفر أو محمي بكلمة مرور: أزل الحماية عنه.",
        "It is encrypted or has a password: remove the protection.",
    ),
    "fix.unsafe.bomb": (
        "يتضخم عند فكه فلا يُفتح: انسخ نصه إلى ملف جديد.",
        "It swells when it is unpacked and is not opened: copy its words into a new file.",
    ),
    "fix.unsafe.script": (
        "فيه أوامر تُنفّذ عند فتحه: انسخ نصه إلى ملف Word جديد.",
        "It has commands that run when it is opened: copy its words into a new Word file.",
    ),
    "fix.unsafe.entities": (
        "بنيته غير مأمونة (كيانات XML): انسخ نصه إلى ملف جديد.",
        "Its inside is not safe (XML entities): copy its words into a new file.",
    ),
    "fix.unsafe.unexamined": (
        "لم يتيسر فحصه لعطب فيه أو لكبره: صغّر صوره، أو انسخ نصه إلى ملف جديد.",
        "It is damaged or too large to be examined: make its pictures smaller, or copy its words into a new file.",
    ),
    "fix.word.no_document": (
        "ليس ملف Word: ضع مكانه ملف Word محفوظاً بالصيغة المعتادة.",
        "It is no Word file: put a .docx in its place.",
    ),
    "fix.word.broken": (
        "الملف تالف ولا يُقرأ: استعد إصداراً سابقاً منه في Word، أو انسخ نصه إلى ملف جديد.",
        "It is damaged and cannot be read: restore an earlier version in Word, or copy its words into a new file.",
    ),
    "fix.word.tracked": (
        "فيه تعديلات متتبَّعة: اقبلها أو ارفضها كلها.",
        "It has tracked changes: accept or reject all of them.",
    ),
    "fix.word.comments": ("فيه تعليقات: احذفها.", "It has comments: delete them."),
    "fix.word.hidden": ("فيه نص مخفي: أظهره أو احذفه.", "It has hidden text: show it or delete it."),
    "draft.too_secret_there": (
        "لا تسمح درجة سريته ببقاء ملفه حيث كان، فيُنقل إلى مكتبة الوزارة، ولا يفتحه إلا من عليه الدور.",
        "It is too secret for its file to stay where it was, so that is put into the ministry's library, where only "
        "whose turn it is can open it.",
    ),
    "card.file_moved": (
        "يُنقل الملف إلى مكتبة الوزارة لدرجة سريته، ولا يفتحه فيها إلا من عليه الدور. ما تقرر لا يتأثر.",
        "The file is being put into the ministry's library, for it is secret; only whose turn it is can open it there. "
        "What was decided stands.",
    ),
    "event.DraftUnfit": ("لا يُقرَّر على الملف كما هو: {reasons}", "The file cannot be decided on as it is: {reasons}"),
    "draft.gone": (
        "لم يعد الملف في مكانه. وُضع آخر ما حُفظ منه في مكان جديد.",
        "The file is not where it lay. What was kept of it last is put in a new place.",
    ),
    "draft.close_it": (
        "ملف المسودة {reference} مفتوح لديك، والعمل عليه ينتظر. أغلقه في Word ليكتمل.",
        "You have the file of draft {reference} open, and the work on it waits. Close it in Word so that it can go on.",
    ),
    # cards
    "card.file": ("الملف", "File"),
    "card.file_version": ("الإصدار {version}، {when}", "Version {version}, {when}"),
    "card.file_edited": ("الإصدار {version}، عدّله {who}، {when}", "Version {version}, edited by {who}, {when}"),
    "card.frozen": ("ما يُقرَّر عليه", "Decided on"),
    "card.frozen_version": ("الإصدار {version}، البصمة {hash}", "Version {version}, SHA-256 {hash}"),
    "card.decided_on": ("كان القرار على البصمة {hash}.", "This was decided on the file with SHA-256 {hash}."),
    "card.file_coming": (
        "يُعدّ ملف Word الآن، ويظهر زر فتحه هنا.",
        "The Word file is being made; its button will be here.",
    ),
    "card.file_freezing": (
        "رُفعت، وتُحفظ نسختها قبل أن تُعرض على غيرك.",
        "Submitted. Its file is being read before it is put before others.",
    ),
    "card.file_checking": (
        "سُجّل التوقيع، ويُطابَق الملف قبل أن يُحتسب.",
        "Signed. The file is being checked before the signature counts.",
    ),
    "card.file_lost": (
        "لم يعد الملف في مكانه؛ يوضع آخر ما حُفظ منه في مكان جديد. ما تقرر لا يتأثر.",
        "The file is not where it lay; what was kept of it last is put in a new place. What was decided stands.",
    ),
    "card.file_held": (
        "الملف مفتوح لدى {who}، والعمل عليه ينتظر إغلاقه.",
        "{who} has the file open; the work on it waits until it is closed.",
    ),
    "card.file_held_unknown": (
        "الملف مفتوح لدى أحدهم، والعمل عليه ينتظر إغلاقه.",
        "Somebody has the file open; the work on it waits until it is closed.",
    ),
    "card.file_voided": (
        "عُدّل الملف بعد رفعه، فسقط ما سبق من قرارات وبدأ المسار من جديد.",
        "The file was edited after it was submitted: what was decided before is void, and it is decided on anew.",
    ),
    "outcome.edited": ("عُدّل النص بعد عرضه", "Edited since"),
    "card.edited_by": ("عدّله", "Edited by"),
    "card.word_rule": (
        "يُكتب النص في ملف Word يوضع في OneDrive لديك؛ ما تكتبه هنا يبدأ به الملف.",
        "It is written in a Word file in your OneDrive; what you write here is how the file begins.",
    ),
    "card.link_ready": (
        "الرابط جاهز لك وحدك لعشر دقائق.",
        "The link is ready, for you alone and for ten minutes.",
    ),
    "api.link_refused": (
        "انتهت مدة هذا الرابط أو ليس لك. افتح البطاقة في Teams واضغط الزر من جديد.",
        "This link has ended, or is not yours. Open the card in Teams and press the button again.",
    ),
    "verb.open_word": ("فتح في Word", "Open in Word"),
    "verb.preview": ("معاينة PDF", "See as PDF"),
    "verb.compare": ("ما الذي تغيّر", "What changed"),
    # the sheet
    "event.DraftPlaced": ("وُضع ملف Word، البصمة {hash}", "The Word file was placed, SHA-256 {hash}"),
    "event.DraftChanged": (
        "عُدّل الملف: الإصدار {version}، البصمة {hash}، {who}",
        "The file was edited: version {version}, SHA-256 {hash}, by {who}",
    ),
    "event.Frozen": (
        "جُمّد الإصدار {version} للبتّ فيه، البصمة {hash}",
        "Version {version} was frozen to be decided on, SHA-256 {hash}",
    ),
    "event.PressPending.submit": ("رُفعت، وتُقرأ نسخة الملف", "Submitted; the file is being read"),
    "event.PressPending.sign": ("وقّع، ويُطابَق الملف", "Signed; the file is being checked"),
    "event.PressDropped.submit": ("لم يتم الرفع: {reason}", "It was not submitted: {reason}"),
    "event.PressDropped.sign": ("لم يُحتسب التوقيع: {reason}", "The signature did not count: {reason}"),
    "event.DecisionsVoided": (
        "عُدّل الملف بعد تجميده، فسقط ما تقرر عليه",
        "The file was edited after it was frozen; what was decided on it is void",
    ),
    "event.DraftLost": ("{reason}", "{reason}"),
    "event.DraftHeld": ("الملف مفتوح لدى {who}، والعمل عليه ينتظر", "{who} has the file open; the work on it waits"),
    "event.DraftHeld.unknown": ("الملف مفتوح، والعمل عليه ينتظر", "The file is open; the work on it waits"),
    "event.DraftFreed": ("أُغلق الملف، وتم ما كان ينتظر", "The file was closed; what waited was done"),
    "event.PreviewMade": ("أُعدّت نسخة PDF للمعاينة، بصمتها {hash}", "A PDF to look at was made, SHA-256 {hash}"),
    "event.Referred.restart": ("عُرضت من جديد على {who} {asked}", "Put before {who} anew: {asked}"),
    "sheet.an_application": ("تطبيق", "an application"),
    "effect.PlaceDraft": ("وضع ملف Word", "Placing the Word file"),
    "effect.SetAccess": ("ضبط من يفتح ملف Word", "Setting who may open the Word file"),
    "effect.FreezeDraft": ("حفظ نسخة الملف المرفوع", "Keeping the file that was submitted"),
    "effect.LookBeforeSigning": ("مطابقة الملف قبل التوقيع", "Checking the file before the signature"),
    "effect.LookAtDraft": ("النظر في ملف Word", "Looking at the Word file"),
    "effect.MakePreview": ("إعداد معاينة PDF", "Making the PDF to look at"),
    "effect.WithdrawDraft": ("سحب ملف Word من مكانه لسريته", "Taking a secret Word file out of its place"),
    "effect.TellUnfit": ("إبلاغ من رفع ملفاً لا يُقرَّر عليه", "Telling that a file cannot be decided on"),
    "effect.TellHeld": ("إبلاغ من لديه الملف مفتوحاً", "Telling whoever has the file open"),
    # the page that compares
    "compare.title": ("ما تغيّر في {reference}", "What changed in {reference}"),
    "compare.between": ("من الإصدار {before} إلى الإصدار {after}", "From version {before} to version {after}"),
    "compare.by": ("عدّله {who}، {when}", "Edited by {who}, {when}"),
    "compare.same": ("لا اختلاف في النص بين الإصدارين.", "The words of both versions are the same."),
    "compare.legend": ("أُضيف … حُذف", "Added … deleted"),
    "compare.added": ("إضافة", "added"),
    "compare.deleted": ("حذف", "deleted"),
    "compare.note": (
        "تُقارن هذه الصفحة الكلمات وحدها؛ الصور والتنسيق لا يظهران فيها.",
        "This page compares words alone; pictures and formatting are not in it.",
    ),
    "compare.hash": ("بصمة الملف", "SHA-256"),
}
