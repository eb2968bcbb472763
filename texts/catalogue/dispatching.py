"""The words of letters on their way out: recipients, what became of the letter with each, and who must see to it."""

ROWS: dict[str, tuple[str, str]] = {
    # channels, and how it stands with a recipient
    "channel.mail": ("بالبريد الإلكتروني", "by mail"),
    "channel.exchange": ("عبر منظومة التراسل الحكومي", "by the government's exchange"),
    "channel.paper": ("ورقياً", "on paper"),
    "channel.hand": ("باليد", "by hand"),
    "recipient.chosen": ("يُرسل بعد التوقيع", "goes out once it is signed"),
    "recipient.by_hand": ("يسلّمه السجل", "the register brings it"),
    "recipient.pending": ("قيد الإرسال", "on its way out"),
    "recipient.drafted": ("قيد الإرسال", "on its way out"),
    "recipient.sent": ("أُرسل", "sent"),
    "recipient.refused": ("لم يُرسل", "not sent"),
    "recipient.bounced": ("لم يصل", "did not arrive"),
    "recipient.delivered": ("وصل", "delivered"),
    "recipient.read": ("قُرئ", "read"),
    "recipient.answered": ("رُدّ عليه", "answered"),
    "recipient.line": ("{name}: {state}", "{name}: {state}"),
    "recipient.line_since": ("{name}: {state}، {when}", "{name}: {state}, {when}"),
    "recipient.copy": ("صورة: {name}", "Copy: {name}"),
    "recipient.why": ("{line}\n\n{why}", "{line}\n\n{why}"),
    # what went wrong, and what is to be done
    "dispatch.why.address": (
        "العنوان غير صحيح أو لم يعد قائماً. تحقّق منه لدى الجهة ثم أعد الإرسال.",
        "The address is wrong or no longer there. Ask the entity for the right one and send it again.",
    ),
    "dispatch.why.full": (
        "صندوق الجهة ممتلئ. أعد الإرسال لاحقاً أو اسأل الجهة عن عنوان آخر.",
        "Their mailbox is full. Send it again later, or ask the entity for another address.",
    ),
    "dispatch.why.too_large": (
        "الرسالة أكبر مما يقبله بريد الجهة. سلّمها بطريق آخر، أو أعد الإرسال بعد الاتفاق معها.",
        "The mail is larger than they take. Bring it another way, or send it again when you have agreed on one.",
    ),
    "dispatch.why.refused_there": (
        "رفض بريد الجهة الرسالة. اتصل بالجهة، ثم أعد الإرسال أو سلّم الكتاب باليد.",
        "Their server refused the mail. Call the entity, then send it again or bring the letter by hand.",
    ),
    "dispatch.why.not_delivered": (
        "لم تُسلَّم الرسالة. تحقّق من العنوان ثم أعد الإرسال، أو سلّم الكتاب باليد.",
        "The mail was not delivered. Check the address and send it again, or bring the letter by hand.",
    ),
    # refusals
    "dispatch.nobody": (
        "لا جهة بهذا الرقم في هذا الكتاب. اختر الجهة من البطاقة.",
        "The letter has no such recipient. Choose one of those on its card.",
    ),
    "dispatch.not_yet": (
        "لم يصدر {reference} بعد، فلا يُعاد إرساله. الدور على من هو عنده.",
        "{reference} has not gone out yet, so it cannot be sent again. It is the turn of whoever has it.",
    ),
    "dispatch.on_its_way": (
        "{reference} في طريقه إلى هذه الجهة. الدور على تراسل، وستُخبرك البطاقة بما يصير إليه.",
        "{reference} is on its way to this recipient. It is our turn; the card will say what becomes of it.",
    ),
    "dispatch.secret": (
        "درجة سرية {reference} لا تسمح بإرساله بالبريد. سلّمه باليد.",
        "{reference} is too secret to be mailed. Bring it by hand.",
    ),
    "dispatch.no_address": (
        "هذا ليس عنوان بريد. اكتب عنواناً واحداً.",
        "This is no mail address. Write one address.",
    ),
    "dispatch.sent_already": (
        "أُرسل {reference} إلى هذا العنوان ولم يرجع. اكتب عنواناً آخر إن لزم.",
        "{reference} was sent to this address and did not come back. Write another one if you must.",
    ),
    "dispatch.no_mailbox": (
        "لا صندوق سجل يُرسل منه {reference}. الدور على المشغّل، وإلى حينه سلّمه باليد.",
        "There is no registry mailbox to send {reference} from. It is the operator's turn; meanwhile bring it by hand.",
    ),
    "draft.unknown_recipient": (
        "إحدى الجهات المختارة ليست في دليل الجهات. اختر من القائمة أو اكتب الجهة نصاً.",
        "One of the recipients is not in the directory of entities. Choose from the list, or write the party in words.",
    ),
    "draft.too_many_recipients": (
        "الجهات أكثر مما يحمله كتاب واحد. قسّمها على أكثر من كتاب.",
        "There are more recipients than one letter may have. Write several letters.",
    ),
    "draft.copies_alone": (
        "اختر جهة واحدة على الأقل يوجَّه إليها الكتاب، فلا يصدر بالصور وحدها.",
        "Choose at least one recipient to whom the letter is addressed; it does not go out as copies alone.",
    ),
    # the mail
    "letter.subject": ("كتاب رقم {reference}: {subject}", "Letter {reference}: {subject}"),
    "letter.subject_secret": ("كتاب رقم {reference}", "Letter {reference}"),
    "letter.attached": (
        "مرفق كتابنا رقم {reference} المؤرخ {date}.",
        "Please find attached our letter {reference} of {date}.",
    ),
    "letter.copy": (
        "مرفق صورة من كتابنا رقم {reference} المؤرخ {date}، للعلم.",
        "Please find attached, for your information, a copy of our letter {reference} of {date}.",
    ),
    "letter.secret": ("مرفق كتابنا رقم {reference}.", "Please find attached our letter {reference}."),
    "letter.answer": (
        "يرجى عند الرد ذكر الرقم {reference}.",
        "Please quote {reference} in your reply.",
    ),
    # cards and forms
    "card.recipients": ("الجهات", "Recipients"),
    "card.draft_recipients": ("الجهات الموجَّه إليها، للصادر", "To, of an outgoing letter"),
    "card.draft_recipient_copies": ("صورة إلى الجهات", "Copies to"),
    "card.draft_expects_reply": (
        "يُنتظر رد، وأتابعه حتى يصل",
        "A reply is expected; I follow it up until it is here",
    ),
    "card.resend_it": ("إعادة الإرسال إلى جهة", "Send it to a recipient again"),
    "card.resend_which": ("الجهة", "Recipient"),
    "card.resend_address": ("عنوان البريد الصحيح", "The right mail address"),
    "card.resend_rule": (
        "يُرسل الكتاب نفسه بمرفقاته إلى هذا العنوان مرة واحدة، ويُذكر ذلك في الصحيفة.",
        "The same letter with its annexes goes to this address once; the sheet says so.",
    ),
    "card.resent": ("يُرسل الآن إلى {address}.", "It is being sent to {address}."),
    "card.dispatch_failed": (
        "لم يصل الكتاب إلى جهة أو أكثر. صحّح العنوان وأعد الإرسال، أو سلّمه باليد ثم أنهِ المعاملة.",
        "It did not reach every recipient. Correct the address and send it again, or bring it by hand and close.",
    ),
    "verb.resend": ("إعادة إرسال", "Send again"),
    "link.may_answer": ("قد يكون رداً على", "may answer"),
    "link.may_be_answered_by": ("قد يكون ردّه", "may be answered by"),
    # the sheet
    "event.Sealed": ("حُفظت النسخة الصادرة، بصمتها {sha256}", "The issued file is kept, under the hash {sha256}"),
    "event.Dispatched": ("صُدّر إلى {names}", "Dispatched to {names}"),
    "event.LetterDrafted": ("أُعدّت رسالة الكتاب إلى {name}", "The mail with the letter to {name} is ready"),
    "event.LetterSent": ("أُرسل الكتاب إلى {name}", "The letter was sent to {name}"),
    "event.RecipientMissed.refused": ("لم يُرسل الكتاب إلى {name}: {why}", "The letter was not sent to {name}: {why}"),
    "event.RecipientMissed.bounced": ("لم يصل الكتاب إلى {name}: {why}", "The letter did not arrive at {name}: {why}"),
    "event.RecipientReached.delivered": ("وصل الكتاب إلى {name}", "The letter was delivered to {name}"),
    "event.RecipientReached.read": ("قُرئ الكتاب لدى {name}", "The letter was read at {name}"),
    "event.RecipientReached.answered": ("ردّت {name} على الكتاب", "{name} answered the letter"),
    "event.Readdressed": ("أُعيد الإرسال إلى {name} على {address}", "Sent again to {name}, to {address}"),
    "event.Referred.dispatch": ("عند {who} للتصدير، {asked}", "With {who} to see that it goes out: {asked}"),
    # the dossier
    "dossier.recipients": ("الجهات المرسل إليها", "To whom it went"),
    "dossier.recipient": ("الجهة", "Recipient"),
    "dossier.channel": ("الطريقة", "Way"),
    "dossier.state": ("الحال", "How it stands"),
    # what was done outside
    "effect.DispatchLetter": ("تصدير الكتاب", "dispatching the letter"),
    "effect.DraftLetter": ("إعداد رسالة الكتاب", "making the mail with the letter"),
    "effect.SendLetter": ("إرسال الكتاب", "sending the letter"),
    # imports
    "import.no_channel": ("طريقة الإرسال {name} غير معروفة: {known}", "there is no way {name}; there are {known}"),
    "import.no_address": ("لا عنوان بريد صحيح للجهة {name}", "{name} takes mail and has no good address"),
}
