"""Lists in the chat: what waits, what was found, the morning's digest; cards that stand where others see them."""

ROWS: dict[str, tuple[str, str]] = {
    # what waits, and deciding on several at once
    "list.place": ("من {first} إلى {last}، والمجموع {total}", "{first} to {last} of {total}"),
    "list.late": ("المتأخر منها {count}", "{count} of them overdue"),
    "list.since": ("{asked}، منذ {when}", "{asked}, since {when}"),
    "list.note": ("ملاحظة أو سبب لما حددته", "A note or a reason, for what you ticked"),
    "list.results": ("ما تم", "What was done"),
    "list.result": ("رقم {reference}: {what}", "No. {reference}: {what}"),
    "list.nothing_ticked": (
        "لم تحدد شيئاً من القائمة، فلم يتغير شيء. حدد ما تريد ثم اضغط مرة أخرى.",
        "Nothing on the list is ticked; nothing was changed. Tick what you mean, then press again.",
    ),
    "list.old": (
        "القائمة التي ضغطت عليها قديمة ولم يتغير شيء، وهذه القائمة كما هي الآن.",
        "The list you pressed on is too old; nothing was changed. This is the list as it stands now.",
    ),
    "list.not_there": (
        "لم تعد في القائمة، فلم يتغير فيها شيء",
        "it is no longer on your list; nothing was changed about it",
    ),
    "list.open_it": (
        "لا يُتخذ هذا الإجراء من القائمة لسريتها. افتح بطاقتها",
        "it is too secret for this to be done from a list; open its card",
    ),
    "list.busy": (
        "تعذّر تسجيل الإجراء الآن. اضغط مرة أخرى بعد قليل",
        "it could not be recorded just now; press again in a moment",
    ),
    "verb.all_approve": ("اعتماد المحدد", "Approve ticked"),
    "verb.all_acknowledge": ("اطّلعت على المحدد", "Acknowledge ticked"),
    "verb.all_complete": ("إنجاز المحدد", "Complete ticked"),
    "verb.all_return": ("إعادة المحدد", "Return ticked"),
    "verb.page_next": ("التالي", "Next"),
    "verb.page_back": ("السابق", "Previous"),
    # what was found
    "found.title": ("نتائج البحث", "What was found"),
    "found.for": ("البحث عن {words}", "Looked for {words}"),
    "found.more": (
        "وهناك غيرها. أضف كلمة من الموضوع أو اسم المرسل لتضييق البحث.",
        "There are more. Add a word of the subject or the sender's name to narrow it.",
    ),
    "found.what": (
        "اكتب بعد «ابحث عن» كلمات من الموضوع أو اسم المرسل.",
        "After “search”, write words of the subject or the sender's name.",
    ),
    "found.stands": ("{status}، قُيّدت {when}", "{status}, registered {when}"),
    "found.stands_from": ("{who} — {status}، قُيّدت {when}", "{who} — {status}, registered {when}"),
    "found.nothing": (
        "لا أجد بين ما يحق لك الاطلاع عليه مراسلة فيها: {words}.",
        "Among the records that you may see I find none with: {words}.",
    ),
    "chat.help_search": (
        "«ابحث عن» ثم كلمات من الموضوع أو اسم المرسل: المراسلات التي فيها ذلك.",
        "“search” and words of the subject or the sender's name: the records in which they stand.",
    ),
    "chat.help_digest": (
        "«أوقف الموجز» أو «شغل الموجز»: موجز الصباح بما ينتظرك.",
        "“stop digest” or “start digest”: the morning's digest of what waits for you.",
    ),
    "chat.perhaps": (
        "هل تقصد «{words}»؟ إن كان كذلك فاكتبها كما هي، فلم أبدأ شيئاً.",
        "Did you mean “{words}”? If so, write it like that; I have not begun anything.",
    ),
    "chat.digest_off": (
        "لن أرسل إليك موجز الصباح. لتشغيله من جديد اكتب: شغل الموجز.",
        "I will send you no digest in the morning. To have it again, write: start digest.",
    ),
    "chat.digest_on": (
        "سأرسل إليك صباح كل يوم عمل ما ينتظرك. لإيقافه اكتب: أوقف الموجز.",
        "I will send you what waits for you, each working morning. To stop it, write: stop digest.",
    ),
    # the morning's digest
    "digest.title": ("صباح الخير، هذا ما ينتظرك", "Good morning; this waits for you"),
    "digest.stop": (
        "يصلك هذا الموجز صباح كل يوم عمل. لإيقافه اكتب: أوقف الموجز.",
        "You get this digest each working morning. To stop it, write: stop digest.",
    ),
    "effect.TellWaiting": ("موجز الصباح", "the morning's digest"),
    # where others read along
    "number.title": ("مراسلة رقم {reference}", "Record no. {reference}"),
    "number.who": (
        "تظهر تفاصيلها لمن يحق له الاطلاع عليها وحده.",
        "Its details are shown to those alone who may see them.",
    ),
    "group.in_person": (
        "كتبت إليك في محادثتك معي.",
        "I wrote to you in your own chat with me.",
    ),
    "group.no_chat": (
        "لا أعرض هنا ما لا يحق لغيرك الاطلاع عليه. افتح محادثة معي واكتب لي فيها.",
        "I show nothing here that others may not see. Open a chat with me and write to me there.",
    ),
    "group.help": (
        "أجيبك في محادثتك معي، ولا أعرض هنا إلا رقم المراسلة. اكتب لي هنا رقم مراسلة، أو «المعلق عندي».",
        "I answer in your own chat with me, and show nothing here but a record's number. Write a record's number here, "
        "or “pending”.",
    ),
    "group.decide_in_person": (
        "لا يُتخذ الإجراء حيث يقرأ غيرك. افتح البطاقة في محادثتك معي.",
        "Nothing is decided where others read along. Open the card in your own chat with me.",
    ),
    "group.not_for_you": (
        "لا يحق لك الاطلاع على هذه المراسلة. اطلب إحالتها ممن هي لديه.",
        "You may not see this record. Ask whoever holds it to refer it to you.",
    ),
    # the message extension
    "extension.nothing": ("لا نتائج", "Nothing found"),
    "extension.unknown": (
        "لا أعرف هذا الأمر، فلم يتغير شيء.",
        "I do not know this command; nothing was changed.",
    ),
    "extension.no_message": (
        "لا أعرف الرسالة التي اخترتها، فلم يُقيّد شيء. اختر الأمر من قائمة الرسالة نفسها.",
        "I do not know which message you chose; nothing was registered. Choose this from the message's own menu.",
    ),
    "extension.register": ("قيد الرسالة", "Register the message"),
}
