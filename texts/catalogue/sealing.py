"""The issued letter: what is stamped on it, what is said of it, and why a document is not opened."""

ROWS: dict[str, tuple[str, str]] = {
    "event.Sealed.approval": (
        "خُتم الكتاب وحُفظ ملفه الصادر في الأرشيف. اعتُمد بالضغط في Teams ولم يُوقَّع بشهادة",
        "The letter was sealed and its issued file archived. It was approved in Teams; no certificate signs it",
    ),
    "event.Sealed.protected": (
        "خُتم الكتاب بشهادة الجهة وحُفظ ملفه الصادر في الأرشيف",
        "The letter was sealed with the entity's certificate and its issued file archived",
    ),
    "effect.SealLetter": ("ختم الكتاب الصادر وحفظه", "Seal the issued letter and archive it"),
    "seal.not_issued": (
        "{reference} لم يصدر بعد، فلا يُختم. يوقّعه أولاً من له توقيعه",
        "{reference} has not been issued yet, so it is not sealed. Whoever signs it does so first",
    ),
    "seal.approval": (
        "صدر إلكترونياً من {entity}. اعتماد داخل Teams وليس توقيعاً إلكترونياً محمياً (القانون 20/2014، المادة 19). "
        "بصمة النص المعتمد: {frozen}",
        "Issued electronically by {entity}. An approval in Teams, not a protected electronic signature (Law 20/2014, "
        "art. 19). Fingerprint of the approved text: {frozen}",
    ),
    "seal.protected": (
        "صدر إلكترونياً من {entity} ومختوم بشهادتها الإلكترونية: الختم ختم الجهة لا توقيع الشخص، واعتماد الموقّع تم داخل "
        "Teams. أي تغيير لاحق يُكتشف بالتحقق من التوقيع. بصمة النص المعتمد: {frozen}",
        "Issued electronically by {entity} and sealed with its certificate: the seal is the entity's, not a person's "
        "signature; the signatory approved it in Teams. Any later change is found by checking the signature. "
        "Fingerprint of the approved text: {frozen}",
    ),
    "seal.reason": ("إصدار الكتاب رقم {reference}", "Issue of letter no. {reference}"),
    "seal.acting": ("عن {post}", "For {post}"),
    "retention.permanent": ("يُحفظ دائماً", "Kept for ever"),
    "retention.until_superseded": ("يُحفظ إلى أن يحل غيره محله، ثم خمس سنوات", "Kept until superseded, then five years"),
    "retention.ordinary": ("يُحفظ خمس سنوات من إغلاق المعاملة", "Kept five years after the matter is closed"),
    "card.sealed": ("الملف الصادر", "Issued file"),
    "card.sealed.approval": ("في الأرشيف، باعتماد في Teams", "archived, approved in Teams"),
    "card.sealed.protected": ("في الأرشيف، بختم الجهة الإلكتروني", "archived, under the entity's electronic seal"),
    "verb.open_letter": ("فتح الكتاب الصادر", "Open the issued letter"),
    "dossier.sealed": ("الختم", "Seal"),
    "dossier.sealed.approval": (
        "اعتماد داخل Teams؛ لا شهادة على الملف. تُطابَق بصمته {sha256} بما في الصحيفة",
        "Approved in Teams; the file bears no certificate. Its fingerprint {sha256} is compared with the sheet",
    ),
    "dossier.sealed.protected": (
        "ملف {sha256} مختوم بشهادة الجهة {certificate}. يُتحقق منه ببرنامج {program} أو أي قارئ: التوقيع صحيح ويغطي "
        "الملف كله",
        "File {sha256} is sealed with the entity's certificate {certificate}. Check it with {program} or any reader: "
        "the signature is valid and covers the whole file",
    ),
    "ours.title": ("التحقق من كتاب رسمي", "Verification of an official letter"),
    "ours.unknown": (
        "لا يُعرف هذا الكتاب لدينا. لا تعتمد عليه قبل سؤال الجهة المذكورة فيه",
        "We do not know this letter. Do not rely on it before asking the entity that it names",
    ),
    "ours.sealed": ("هذا الكتاب صادر عنا وهو قائم", "This letter was issued by us and stands"),
    "ours.amended": (
        "هذا الكتاب صادر عنا وعُدّل بكتاب لاحق. اسأل الجهة عن التعديل قبل الاعتماد عليه",
        "This letter was issued by us and amended by a later one. Ask the entity for it before relying on this",
    ),
    "ours.cancelled": (
        "هذا الكتاب صادر عنا وأُلغي أثره بكتاب لاحق، فلا يُعتمد عليه",
        "This letter was issued by us and cancelled by a later one: do not rely on it",
    ),
    "ours.voided": (
        "هذا الكتاب صدر عنا ثم أُلغي، فلا يُعتمد عليه",
        "This letter was issued by us and has been voided: do not rely on it",
    ),
    "ours.entity": ("الجهة", "Entity"),
    "ours.reference": ("الرقم", "Number"),
    "ours.kind": ("النوع", "Kind"),
    "ours.issued": ("تاريخ الصدور", "Issued on"),
    "ours.level": ("التوقيع", "Signature"),
    "ours.level.approval": (
        "اعتماد داخل Teams، وليس توقيعاً إلكترونياً محمياً",
        "An approval in Teams, not a protected electronic signature",
    ),
    "ours.level.protected": ("ختم الجهة بشهادتها الإلكترونية", "The entity's seal, with its certificate"),
    "ours.limits.stamped": (
        "الختم مؤرخ بوقت موثوق. لا يُتحقق هنا من إلغاء الشهادة بعده: اسأل مُصدرها",
        "The seal bears a trusted time. Whether its certificate was revoked since is not checked here: ask its issuer",
    ),
    "ours.limits.unstamped": (
        "الختم بلا وقت موثوق. لا يُتحقق هنا من انتهاء الشهادة أو إلغائها: اسأل مُصدرها",
        "The seal bears no trusted time. Whether its certificate has ended or was revoked is not checked here: "
        "ask its issuer",
    ),
    "ours.file": ("بصمة الملف", "Fingerprint of the file"),
    "ours.compare": ("قارن ملفك:", "Compare your file:"),
    "ours.stays": (
        "تُحسب البصمة في متصفحك ولا يُرسل الملف",
        "The fingerprint is made in your browser; the file is not sent",
    ),
    "ours.same": ("ملفك هو الكتاب الصادر نفسه", "Your file is the issued letter itself"),
    "ours.other": (
        "ملفك ليس الكتاب الصادر: بصمته مختلفة",
        "Your file is not the issued letter: its fingerprint differs",
    ),
    "api.not_our_letter": ("لا يُعرف هذا الكتاب لدينا", "We do not know this letter"),
    "api.too_often": (
        "أسئلة كثيرة في وقت قصير. أعد المحاولة بعد {seconds} ثانية",
        "Too many questions in a short time. Ask again in {seconds} seconds",
    ),
    "word.no_document": ("ليس ملف Word", "It is no Word file"),
    "word.broken": ("الملف تالف ولا يُقرأ", "The file is damaged and cannot be read"),
    "word.tracked": (
        "فيه تعديلات متتبَّعة لم تُقبل ولم تُرفض",
        "It has tracked changes that were not accepted or rejected",
    ),
    "word.comments": ("فيه تعليقات", "It has comments"),
    "word.hidden": ("فيه نص مخفي", "It has hidden text"),
    "pdf.not_signed": ("لا توقيع في الملف", "The file bears no signature"),
    "pdf.no_pdf": ("ليس ملف PDF يُقرأ", "It is no PDF file that can be read"),
    "pdf.around": ("في الملف بايتات قبل المحتوى الموقَّع أو بعده", "There are bytes before or after what was signed"),
    "pdf.not_whole": ("التوقيع لا يغطي الملف كله", "The signature does not cover the whole file"),
    "pdf.several": ("في الملف أكثر من توقيع أو أكثر من إصدار", "The file has several signatures or revisions"),
    "pdf.changed": ("غُيّر الملف بعد توقيعه", "The file was changed after it was signed"),
    "pdf.forged": ("التوقيع نفسه غير صحيح", "The signature itself is not good"),
    "pdf.stranger": ("الموقّع ليس من يُنتظر", "The signer is not the one expected"),
    "pdf.open": ("التوقيع لا يمنع التعديل بعده", "The signature allows later changes"),
    "pdf.active": ("في الملف ما يُشغَّل أو ما يتغير عند العرض", "Something in the file runs, or changes what is shown"),
    "pdf.expired": (
        "انتهت صلاحية الشهادة أو لم تبدأ، ولا وقت موثوق يثبت أن التوقيع وقع خلالها",
        "The certificate is not valid now, or was not when the time was stamped; no trusted time says otherwise",
    ),
    "pdf.revoked": (
        "أُلغيت الشهادة، ولا وقت موثوق يثبت أن التوقيع سبق إلغاءها",
        "The certificate was revoked, and no trusted time says that the signature came before",
    ),
    "pdf.no_stamp": ("لا ختم زمني في الملف", "The file bears no time stamp"),
    "pdf.stamp_unknown": (
        "الختم الزمني من جهة ليست من الجهات الموثوقة المحددة",
        "The time stamp is of an authority that is not among those that are trusted",
    ),
    "pdf.revocation_unknown": (
        "لم يُتحقق من إلغاء الشهادة: لا قائمة سارية لدى مُصدرها هنا",
        "Whether the certificate was revoked was not checked: there is no current list of its issuer here",
    ),
    "pdf.valid": ("التوقيع صحيح ويغطي الملف كله", "The signature is valid and covers the whole file"),
}
