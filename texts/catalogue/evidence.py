"""The dossier of a record, what is said of documents that may do harm, and why an export is not taken in."""

ROWS: dict[str, tuple[str, str]] = {
    "dossier.title": ("ملف المراسلة رقم {reference}", "Dossier of record no. {reference}"),
    "dossier.masked": (
        "هذه المراسلة سرية. ما يظهر هنا هو ما يحق لمن طلب الملف أن يراه.",
        "This record is secret. What is shown is what whoever asked for the dossier may see.",
    ),
    "dossier.stands": ("كما هي في {when}، وعدد أحداثها {count}", "As it stands on {when}, after {count} events"),
    "dossier.record": ("المراسلة", "The record"),
    "dossier.words": ("نص الكتاب", "The words of the letter"),
    "dossier.words_note": (
        "النص كما قُرئ من البريد. الأصل بايتاته المحفوظة أدناه.",
        "The text as it was read from the mail. The original is its exact bytes, kept below.",
    ),
    "dossier.documents": ("البريد والمرفقات", "Mails and annexes"),
    "dossier.events": ("صحيفة الإجراءات", "Procedure sheet"),
    "dossier.chain": ("سلسلة الإثبات", "The chain of proof"),
    "dossier.reference": ("الرقم", "Number"),
    "dossier.subject": ("الموضوع", "Subject"),
    "dossier.kind": ("النوع", "Kind"),
    "dossier.status": ("الحالة", "Status"),
    "dossier.sender": ("المرسل", "From"),
    "dossier.came_by": ("وردت من", "Brought by"),
    "dossier.their_reference": ("رقم الجهة", "Their number"),
    "dossier.letter_date": ("تاريخ الكتاب", "Date of the letter"),
    "dossier.received": ("الورود", "Received"),
    "dossier.registered": ("القيد", "Registered"),
    "dossier.unit": ("السجل", "Register"),
    "dossier.urgency": ("الأهمية", "Urgency"),
    "dossier.confidentiality": ("السرية", "Secrecy"),
    "dossier.check": ("التحقق من المرسل", "Sender check"),
    "dossier.remarks": ("تنبيه", "Please note"),
    "dossier.holders": ("لدى", "With"),
    "dossier.links": ("تتصل بـ", "Linked with"),
    "dossier.record_id": ("المعرّف", "Identifier"),
    "dossier.by": ("من", "By"),
    "dossier.on_behalf": ("نيابة عن {who}", "on behalf of {who}"),
    "dossier.what": ("الإجراء", "What happened"),
    "dossier.when": ("التاريخ", "When"),
    "dossier.file": ("المستند", "Document"),
    "dossier.kind_of_file": ("الصيغة والحجم", "Format and size"),
    "dossier.size": ("{size} بايت", "{size} bytes"),
    "dossier.open": ("حفظ", "Save"),
    "dossier.in_zip": ("في ملف ZIP المصاحب", "In the ZIP beside it"),
    "dossier.absent": ("ليس هنا", "Not here"),
    "dossier.the_mail": ("البريد بتمامه", "The mail, whole"),
    "dossier.the_slip": ("بيان القيد", "The entry slip"),
    "dossier.another_mail": ("بريد لاحق", "A later mail"),
    "dossier.the_words": ("الكتاب كما وُقّع، قبل ختمه", "The letter as it was signed, before it was stamped"),
    "dossier.the_manifest": ("بيان الحفظ", "What the archive must know of it"),
    "dossier.a_file": ("مستند على الصحيفة", "A document on the sheet"),
    "dossier.whole": (
        "السلسلة سليمة، وعدد أحداثها {count}، وهذا رأسها:",
        "The chain is whole: {count} events. This is its head:",
    ),
    "dossier.broken": ("السلسلة مكسورة عند السطر {seq}: {reason}", "The chain is broken at line {seq}: {reason}"),
    "dossier.how": (
        "كل سطر يُحسب منه SHA-256 مع بصمة ما قبله، فلا يُغيَّر سطر دون أن يتغير الرأس. للتحقق دون شبكة ودون تراسل: "
        "صدّر المراسلة (ملف ZIP) ثم شغّل {program} الذي فيه، وقارن الرأس برأس تثق به.",
        "Each line is hashed (SHA-256) with the hash of the one before: none can be changed and leave the head as it "
        "is. To verify without a network: export the record (ZIP), run the {program} inside, and compare the "
        "head with one that you trust.",
    ),
    "dossier.bytes": ("البايتات والبصمات", "Bytes and hashes"),
    "unsafe.macros": (
        "مرفق فيه وحدات ماكرو، حُفظ كما ورد ولم يُشغّل: لا تمكّنها إن لم تعرف مصدرها",
        "an annex has macros; it was kept as it came and never run: do not enable them unless you know who wrote them",
    ),
    "unsafe.external": (
        "مرفق يجلب محتوى من خارجه عند فتحه، حُفظ كما ورد ولم يُجلب شيء",
        "an annex fetches content from elsewhere when it is opened; it was kept as it came, and nothing was fetched",
    ),
    "unsafe.encrypted": (
        "مرفق مشفر أو محمي بكلمة مرور، حُفظ كما ورد ولم يُفحص ما فيه: اطلبه من مرسله مفتوحاً",
        "an annex is encrypted or has a password; it was kept as it came, unexamined: ask its sender for an open one",
    ),
    "unsafe.bomb": (
        "مرفق مضغوط يتضخم عند فكه، حُفظ كما ورد ولم يُفك: لا تفتحه",
        "an annex is packed to swell when it is unpacked; it was kept as it came and not unpacked: do not open it",
    ),
    "unsafe.script": (
        "مرفق PDF فيه أوامر تُنفّذ عند فتحه، حُفظ كما ورد ولم تُنفّذ",
        "a PDF annex has commands that run when it is opened; it was kept as it came, and none was run",
    ),
    "unsafe.entities": (
        "مرفق فيه كيانات XML قد تقرأ ملفات أو تتضخم، حُفظ كما ورد ولم تُقرأ",
        "an annex has XML entities that may read files or swell; it was kept as it came, and none was read",
    ),
    "unsafe.unexamined": (
        "مرفق لم يتيسر فحصه لعطب فيه أو لكبره، حُفظ كما ورد",
        "an annex is damaged or too large to be examined; it was kept as it came",
    ),
    "api.export_too_large": (
        "مستندات المراسلة {size} ميغابايت، وأكثر ما يُصدّر دفعة واحدة {most}. نزّلها واحداً واحداً بعناوينها.",
        "The record's documents are {size} MB, and {most} is the most that is exported at once. Fetch them one by one.",
    ),
    "api.not_yet": ("لم تكن المراسلة مقيدة في ذلك الوقت.", "The record was not registered yet at that time."),
}
