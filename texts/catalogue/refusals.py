"""Why something may not be done, and whose turn it is."""

ROWS: dict[str, tuple[str, str]] = {
    "may.unknown_person": (
        "لا يعرفك دليل الوزارة. راجع مسؤول النظام.",
        "The ministry's directory does not know you. Please see the system administrator.",
    ),
    "may.inactive": (
        "حسابك غير نشط في دليل الوزارة. راجع مسؤول النظام.",
        "Your account is not active in the directory. Please see the system administrator.",
    ),
    "may.secrecy": (
        "درجة سرية المراسلة أعلى من المسموح لك. راجع مسؤول المكاتبات السرية.",
        "The record's secrecy is above your clearance. Please see the secret registry officer.",
    ),
    "may.not_for_this_kind": (
        "لا يجوز هذا الإجراء على هذا النوع من المراسلات.",
        "This may not be done to this kind of record.",
    ),
    "may.stranger": (
        "لم تُحَل إليك هذه المراسلة. اطلب إحالتها ممن هي لديه.",
        "This record was never referred to you. Ask whoever holds it to refer it.",
    ),
    "may.ended": ("انتهت المراسلة {reference}، فلا إجراء عليها.", "{reference} is closed; nothing more to do."),
    "may.not_yours": (
        "هذا الإجراء ليس دورك في {reference}؛ هو دور من أُحيلت إليه.",
        "It is not your turn on {reference}; it is the turn of the person it was referred to.",
    ),
    "may.already_done": ("سبق الإجراء: {who}.", "Already done by {who}."),
    "may.no_such_step": ("لا توجد هذه الخطوة. افتح أحدث بطاقة.", "There is no such step. Open the newest card."),
    "may.not_asked_so": ("ليس هذا هو المطلوب منك في هذه الإحالة.", "This is not what the referral asks of you."),
    "may.nowhere_to_return": (
        "المراسلة لدى السجل، فلا جهة تُعاد إليها.",
        "The registry holds it; there is nowhere to return it to.",
    ),
    "may.only_the_first_closes": (
        "لا يُنهي المراسلة إلا من أُحيلت إليه أولاً أو السجل.",
        "Only the first person it was referred to, or the registry, may close it.",
    ),
    "may.registry_only": ("لا يقيّد المراسلات إلا السجل.", "Only the registry registers correspondence."),
    "may.registry_refers_or_closes": (
        "السجل يحيل المراسلة أو ينهيها مع ذكر السبب.",
        "The registry refers a record or closes it with a reason.",
    ),
    "say.result_missing": ("اكتب النتيجة أولاً، ثم اضغط مرة أخرى.", "Write the result first, then press again."),
    "say.reason_missing": ("اكتب السبب أولاً، ثم اضغط مرة أخرى.", "Write the reason first, then press again."),
    "say.note_missing": ("اكتب الملاحظة أولاً، ثم اضغط مرة أخرى.", "Write the note first, then press again."),
    "say.subject_missing": ("اكتب الموضوع أولاً، ثم اضغط مرة أخرى.", "Write the subject first, then press again."),
    "say.sender_missing": ("اكتب المرسل أولاً، ثم اضغط مرة أخرى.", "Write the sender first, then press again."),
    "refer.unknown_disposition": ("اختر المطلوب من القائمة.", "Choose what you ask from the list."),
    "refer.nobody": ("اختر زميلاً نشطاً من القائمة.", "Choose an active colleague from the list."),
    "refer.to_oneself": (
        "لا تُحال المراسلة إلى من يحيلها. اختر زميلاً آخر.",
        "You cannot refer to yourself. Choose a colleague.",
    ),
    "refer.not_cleared": (
        "درجة سرية المراسلة أعلى من المسموح لـ{who}. اختر غيره.",
        "The record's secrecy is above the clearance of {who}. Choose someone else.",
    ),
    "refer.to_the_one_who_asked": (
        "{who} ينتظر ردك. أنجز المطلوب أو أعد المراسلة.",
        "{who} is waiting for your answer. Complete it or return it.",
    ),
    "record.unknown": ("لا توجد مراسلة بهذا المعرّف.", "There is no such record."),
    "register.no_register": (
        "لا سجل لصندوق البريد {mailbox}. الدور على مسؤول النظام: أضفه إلى وحدة في ملف التنظيم.",
        "No unit keeps a register for {mailbox}. It is the operator's turn: name it in the organisation file.",
    ),
    "register.no_such_register": (
        "لا تمسك هذه الوحدة سجلاً. اختر وحدة لها سجل.",
        "This unit keeps no register. Choose one that does.",
    ),
    "register.unknown_way": ("طريقة الورود غير معروفة. اخترها من القائمة.", "Choose from the list how it came."),
    "register.unknown_level": (
        "درجة الأهمية أو السرية غير معروفة. اخترها من القائمة.",
        "Choose the urgency and the secrecy from the list.",
    ),
    # why a mail is in quarantine
    "quarantine.no_sender": ("لا مرسل في الرسالة", "the mail names no sender"),
    "quarantine.spoofed_insider": (
        "تدّعي أنها من الوزارة ولم تجتز التحقق",
        "it claims to come from the ministry and failed the check",
    ),
    "quarantine.unknown_insider": (
        "مرسل من نطاق الوزارة لا يعرفه الدليل",
        "an inside sender the directory does not know",
    ),
    "quarantine.unparseable": ("لم تُفهم بنية الرسالة", "the mail's structure could not be read"),
    "quarantine.unreadable_part": ("جزء من الرسالة لم يُقرأ", "a part of the mail could not be read"),
    "quarantine.cut": (
        "وصلت الرسالة مقطوعة الآخر مرات متتالية، فليراجعها السجل في Outlook",
        "the mail came without its end, time and again; the registry is to look at it in Outlook",
    ),
    "quarantine.too_deep": (
        "رسائل مرفقة بعضها داخل بعض أكثر من عشر مرات",
        "mails attached within mails more than ten deep",
    ),
    "quarantine.too_many_parts": ("أجزاء الرسالة أكثر من الحد", "the mail has more parts than the limit"),
    "quarantine.encrypted": ("رسالة مشفرة يفتحها السجل في Outlook", "an encrypted mail, to be opened in Outlook"),
    "quarantine.several_letters": (
        "عدة كتب في بريد واحد، ولكل منها رقم",
        "several letters in one mail, each of which wants a number of its own",
    ),
    "quarantine.loop": (
        "رسائل متتابعة كأن آلة ترد على آلة، فلم يُرد عليها",
        "mails follow one another as if a machine answered a machine, so nothing answers them",
    ),
    "quarantine.unaccounted": ("في الرسالة ما لم يُعرف موضعه", "some of the mail's bytes are in none of its parts"),
    # what must be known of a letter that is registered
    "sealed.smime": (
        "كتاب مختوم بالتشفير (S/MIME)، يُفتح في Outlook لدى السجل",
        "sealed by encryption (S/MIME), to be opened in Outlook by the registry",
    ),
    "sealed.pgp": (
        "كتاب مختوم بالتشفير (PGP)، يُفتح لدى من وُجّه إليه",
        "sealed by encryption (PGP), to be opened by its addressee",
    ),
    "sealed.rpmsg": (
        "كتاب مختوم بحماية الحقوق، يُفتح في Outlook لدى السجل",
        "sealed by rights protection, to be opened in Outlook by the registry",
    ),
    "sealed.signed": (
        "كتاب مختوم داخل توقيعه، يُفتح في Outlook لدى السجل",
        "sealed inside its signature, to be opened in Outlook by the registry",
    ),
    "annex.none_missing": (
        "لا ينقص المراسلة رقم {reference} ملف، فلم يتغير شيء.",
        "Record no. {reference} lacks no file; nothing was changed.",
    ),
    "incomplete.cloud": (
        "ناقص: مرفق ورد رابطاً إلى ملف سحابي، والدور على من أرسل الكتاب إلى السجل أن يرفق الملف نفسه",
        "incomplete: an annex came as a link to a cloud file; it is the turn of whoever sent it in to attach the file",
    ),
    "incomplete.cut": (
        "قد تكون ناقصة: انقطع نص الرسالة عند وصولها، فليراجعها السجل في Outlook",
        "may be incomplete: the mail came without its end; the registry is to look at it in Outlook",
    ),
    "repaired.high": (
        "أُصلح ترميز النص، والثقة عالية، والأصل محفوظ",
        "the text's encoding was repaired, with high confidence; the original is kept",
    ),
    "repaired.likely": (
        "أُصلح ترميز النص ترجيحاً، والأصل محفوظ ويُرجع إليه",
        "the text's encoding was repaired as it most likely was; compare the original, which is kept",
    ),
    "noise.report": ("إشعار تسليم أو قراءة", "a delivery or read report"),
    "noise.gone": ("حُذفت من الصندوق قبل قراءتها", "deleted from the mailbox before it was read"),
    "noise.moved": ("نُقلت الرسالة وحُكم عليها بمعرّفها الجديد", "it was moved, and judged under its new id"),
    "noise.auto_submitted": ("رد آلي", "an automatic reply"),
    "noise.flood": ("ردود آلية متتابعة على مراسلة واحدة", "automatic replies that follow one another on one record"),
    "told.bounce": ("إشعار بتعذّر تسليم رسالة للسجل", "a report that a mail of the registry's was not delivered"),
    "told.receipt": ("إشعار تسليم أو قراءة لرسالة للسجل", "a delivery or read report on a mail of the registry's"),
    "told.automatic": ("رد آلي على رسالة للسجل", "an automatic reply to a mail of the registry's"),
}
