"""What the bot says in a chat, and why nothing can be said there."""

ROWS: dict[str, tuple[str, str]] = {
    "chat.welcome": ("أهلاً بك في تراسل، {name}", "Welcome to Tarasul, {name}"),
    "chat.welcome_what": (
        "تصلك هنا المراسلات المحالة إليك، وتتخذ الإجراء من البطاقة نفسها.",
        "Records referred to you come here, and you act on the card itself.",
    ),
    "chat.help": ("ماذا تكتب لي", "What you can write to me"),
    "chat.help_pending": ("«المعلق عندي»: ما ينتظر إجراءك.", "“pending”: what waits for you."),
    "chat.help_number": (
        "رقم المراسلة، مثل {example}: حالتها ولدى من هي.",
        "A record's number, such as {example}: where it stands and who has it.",
    ),
    "chat.help_register": (
        "«قيد»: نموذج لقيد كتاب ورقي. وإن أرسلت ملفاته هنا جاءك النموذج بها.",
        "“register”: a form to register a letter on paper. Send its files here, and the form comes with them.",
    ),
    "chat.help_quarantine": (
        "«المحجور»: البريد المحجور، و«قيد المحجور {example}» لقيده.",
        "“quarantine”: the quarantined mails; “release {example}” registers one.",
    ),
    "chat.help_help": ("«مساعدة»: هذه القائمة.", "“help”: this list."),
    "chat.not_understood": ("لم أفهم ما كتبت.", "I did not understand that."),
    "chat.greeting": ("أهلاً {name}", "Hello {name}"),
    "chat.nothing_pending": ("لا شيء معلقاً عندك.", "Nothing is pending with you."),
    "chat.no_such_number": (
        "لا أجد بين ما يحق لك الاطلاع عليه مراسلة برقم {number}.",
        "I find no record no. {number} among those you may see.",
    ),
    "chat.several_numbers": ("أكثر من مراسلة بهذا الرقم", "Several records with this number"),
    "chat.write_whole_number": (
        "اكتب الرقم كاملاً لعرض إحداها.",
        "Write the whole number to see one of them.",
    ),
    "chat.stranger": (
        "لا يعرفك دليل الوزارة، فلا أستطيع خدمتك. الدور على مسؤول النظام: أن يضيفك إلى الدليل.",
        "The ministry's directory does not know you, so I cannot serve you. It is the system administrator's turn: to "
        "add you to the directory.",
    ),
    "chat.not_your_card": (
        "هذه البطاقة ليست لك، فلم يتغير شيء. لما ينتظرك اكتب: المعلق عندي.",
        "This card is not yours; nothing was changed. For what waits for you, write: pending.",
    ),
    "chat.unknown_card": (
        "لا أعرف هذه البطاقة، فلم يتغير شيء. لأحدث بطاقاتك اكتب: المعلق عندي.",
        "I do not know this card; nothing was changed. For your newest cards, write: pending.",
    ),
    "chat.unknown_button": (
        "لا أعرف هذا الزر، فلم يتغير شيء.",
        "I do not know this button; nothing was changed.",
    ),
    "chat.too_long": (
        "النص أطول من {limit} حرف. اختصره ثم اضغط مرة أخرى.",
        "The text is longer than {limit} characters. Shorten it, then press again.",
    ),
    "chat.busy": (
        "تعذّر تسجيل الإجراء الآن، ولم يتغير شيء. اضغط مرة أخرى بعد قليل.",
        "It could not be recorded just now; nothing was changed. Press again in a moment.",
    ),
    "chat.files_too_many": (
        "الملفات أكثر من {most}. أرسل الكتاب بملفات أقل، كأن تجمع صفحاته في ملف واحد.",
        "More than {most} files. Send the letter in fewer, its pages in one file for example.",
    ),
    "chat.file_refused": ("لم أستلم الملف {name}: {why}.", "I did not take the file {name}: {why}."),
    "chat.files_later": (
        "تعذّر استلام الملفات الآن، ولم يُقيّد شيء. أرسلها مرة أخرى بعد قليل.",
        "The files could not be taken just now; nothing was registered. Send them again in a moment.",
    ),
    "chat.files_for_which": (
        "ينقص أكثر من مراسلة لك ملف. أرسل الملف مع رقم المراسلة.",
        "More than one record of yours lacks a file. Send the file with the record's number.",
    ),
    # why a file cannot be had, and whose turn it is; these stand within a sentence
    "file.elsewhere": (
        "هو خارج مواقع SharePoint التي تقرأ الوزارة منها، وعلى مسؤول النظام إضافة الموقع إن كان للوزارة",
        "it lies outside the SharePoint sites that are read here; if the site is the ministry's, it is the turn of the "
        "system's operator to add it",
    ),
    "file.gone": (
        "انتهت صلاحية الرابط أو حُذف الملف، وعلى المرسل إرساله من جديد",
        "the link has expired or the file was deleted; it is the turn of whoever sent it to send it again",
    ),
    "file.too_large": (
        "هو أكبر من 50 ميغابايت، وعلى المرسل إرساله مجزأً أو أصغر",
        "it is larger than 50 MB; it is the turn of whoever sent it to make it smaller or to divide it",
    ),
    "file.forbidden": (
        "لا صلاحية لتراسل على الملف، وعلى المرسل إرسال الملف نفسه",
        "Tarasul has no permission for the file; it is the turn of whoever sent it to send the file itself",
    ),
    "file.not_allowed": (
        "لا تسمح إعدادات الوزارة بقراءة الملفات المشتركة، وعلى المرسل إرسال الملف نفسه",
        "the ministry's settings do not let shared files be read; it is the turn of whoever sent it to send the file",
    ),
    "file.folder": (
        "الرابط لمجلد لا لملف، وعلى المرسل إرسال الملفات نفسها",
        "the link leads to a folder; it is the turn of whoever sent it to send the files themselves",
    ),
    "file.malware": (
        "رأت فيه Microsoft برنامجاً ضاراً فلم يُستلم، وعلى المرسل مراجعة مسؤول النظام",
        "Microsoft found it to be malware and it was not taken; whoever sent it must see the system's operator",
    ),
    "file.empty": ("هو فارغ، وعلى المرسل التحقق منه", "it is empty; it is the turn of whoever sent it to look at it"),
    # how a day's count, to the operators
    "day.green": (
        "اكتمل حساب يوم {day}: وردت {seen} رسالة، قُيّد منها {registered} وحُجز {quarantined}، ولكل رسالة حكمها ولا ناقص.",
        "The count of {day} is complete: {seen} mails came, {registered} registered and {quarantined} quarantined; "
        "every one has its verdict and none is missing.",
    ),
    "day.red": (
        "لم يكتمل حساب يوم {day}، وعددُ ما لم يُعرف مصيره {missing}: {names}، وعلى مسؤول النظام النظر فيه.",
        "The count of {day} is not complete; what became of {missing} is not known: {names}. "
        "It is the turn of the system's operator.",
    ),
    "day.unlisted": (
        "لم يكتمل حساب يوم {day} لأن صندوق البريد {mailboxes} تعذّرت قراءته، وعلى مسؤول النظام النظر فيه.",
        "The count of {day} is not complete because {mailboxes} could not be listed. "
        "It is the turn of the system's operator.",
    ),
    "day.comma": ("، ", ", "),
    "day.more": (" وغيرها {more}", " and {more} more"),
    # why nothing can be sent to somebody, and whose turn it is; these stand within a sentence
    "teams.not_installed": (
        "التطبيق ليس عند الموظف؛ يثبّته تراسل ثم يرسل، والدور على تراسل",
        "The person does not have the app; Tarasul installs it and sends then. It is Tarasul's turn",
    ),
    "teams.not_registered": (
        "لم يقبل Teams هوية البوت؛ يتحقق مسؤول النظام من معرّف البوت وسره",
        "Teams did not accept the bot's identity; the operator checks the bot's id and secret",
    ),
    "teams.forbidden": (
        "لا يسمح Teams للبوت بالإرسال إلى هنا؛ يراجع مسؤول Teams السياسة، ومسؤول النظام عنوان الخدمة",
        "Teams does not let the bot write there; the Teams administrator checks the policy, the operator the address",
    ),
    "teams.gone": (
        "لم تعد المحادثة أو البطاقة موجودة؛ يبحث تراسل عن المحادثة ويرسل من جديد",
        "The chat or the card is no longer there; Tarasul looks for the chat and sends again",
    ),
    "teams.busy": (
        "Teams مشغول؛ يعيد تراسل المحاولة، وبعد ساعة يكتب إلى الموظف بالبريد",
        "Teams is busy; Tarasul tries again, and writes to the person by mail after an hour",
    ),
    "teams.mistaken": (
        "رفض Teams الرسالة؛ الدور على مسؤول النظام، وقد تكون وصلت",
        "Teams refused the message; it is the operator's turn, and it may have arrived",
    ),
    "chat.down": (
        "تعذّر الوصول إلى Teams منذ أكثر من ساعة، وتُعاد المحاولة آلياً",
        "Teams could not be reached for more than an hour; it is tried again by itself",
    ),
    "chat.not_known": (
        "لم يُعلِم Teams بمحادثة الموظف بعد، وعليه فتح تراسل في Teams",
        "Teams has not told of the person's chat yet; they should open Tarasul in Teams",
    ),
    "chat.blocked_by_person": (
        "حظر الموظف المحادثة مع تراسل، وعليه رفع الحظر",
        "the person blocked the chat with Tarasul and must unblock it",
    ),
    "chat.blocked_by_policy": (
        "عطّل مسؤول Teams التطبيق، وعليه تفعيله",
        "the Teams administrator disabled the app and must enable it",
    ),
    "chat.blocked_without_permission": (
        "لا صلاحية للتطبيق في هذه المحادثة، وعلى مسؤول Teams منحها",
        "the app has no permission in this chat; the Teams administrator must grant it",
    ),
    "chat.blocked_for_writing": (
        "أُغلقت المحادثة على الكتابة، وعلى مسؤول Teams فتحها",
        "writing is blocked in this chat; the Teams administrator must allow it",
    ),
    "chat.left": (
        "أزال الموظف التطبيق من Teams، وعليه إضافته",
        "the person removed the app from Teams and must add it again",
    ),
}
