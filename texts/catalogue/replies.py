"""The words of letters of ours that answer one: what they begin with, what both records and their cards say."""

ROWS: dict[str, tuple[str, str]] = {
    # what a reply begins with
    "reply.subject": ("رداً على: {subject}", "Reply to: {subject}"),
    "reply.which": ("رقم {number} المؤرخ {date}", "no. {number} of {date}"),
    "reply.which_numbered": ("رقم {number}", "no. {number}"),
    "reply.which_dated": ("المؤرخ {date}", "of {date}"),
    "reply.opening": (
        "إشارةً إلى كتابكم {which} بشأن «{subject}»، نفيدكم بما يلي:",
        "With reference to your letter {which}, “{subject}”, we reply as follows:",
    ),
    "reply.opening_short": (
        "إشارةً إلى كتابكم {which}، نفيدكم بما يلي:",
        "With reference to your letter {which}, we reply as follows:",
    ),
    # refusals
    "reply.unknown_letter": (
        "لا كتاب بهذا الرقم بين ما يمكنك الاطلاع عليه، فلا يُبدأ رد عليه. اطلب إحالته إليك ممن هو لديه.",
        "There is no such letter among those you may read, so no reply begins from it. Whoever holds it can refer "
        "it to you.",
    ),
    "reply.goes_out": (
        "الرد على {reference} كتاب يصدر إلى خارج الجهة. اختر نوعاً يصدر إلى الخارج.",
        "A reply to {reference} is a letter that goes out. Choose a kind that does.",
    ),
    "reply.less_secret": (
        "لا تقل درجة سرية الرد عن درجة الكتاب {reference} الذي يُرد عليه. على المحرر أن يختار درجته أو أعلى منها.",
        "A reply is no less confidential than {reference}, which it answers. Whoever drafts it chooses that level or a "
        "higher one.",
    ),
    # cards
    "verb.reply": ("إعداد رد", "Draft a reply"),
    "verb.reply_it": ("بدء الرد", "Begin the reply"),
    "card.reply_to": ("رد على كتاب", "Reply to a letter"),
    "card.reply_rule": (
        "يبدأ الرد من الكتاب الوارد ويُربط به، ويُقفل طلب الرد حين يخرج. يمكنك تعديل كل ما تعبّأ.",
        "The reply is linked with the letter, which counts as answered once the reply goes out. All that is filled in "
        "may be changed.",
    ),
    "card.reply_again": (
        "بُدئ رد على هذا الكتاب من قبل. ما تبدؤه هنا رد آخر.",
        "A reply to this letter was begun before. What you begin here is another one.",
    ),
    "card.reply_begun": ("بُدئ الرد، وتصلك بطاقته.", "The reply was begun; its card comes to you."),
    "card.in_reply_to": ("رداً على", "In reply to"),
    "card.in_reply_to_letter": ("{reference}، كتابهم {which}", "{reference}, their letter {which}"),
    "card.answers": ("الرد", "Reply"),
    "answer.line.left": ("تم الرد بـ {reference}، {when}", "Answered by {reference}, {when}"),
    "answer.line.begun": ("يُعدّ رد منذ {when}", "A reply is being written since {when}"),
    "answer.begun": ("يُعدّ", "being written"),
    "answer.left": ("خرج", "went out"),
    "answer.withdrawn": ("سُحبت مسودته", "withdrawn as a draft"),
    "answer.voided": ("أُلغي", "voided"),
    "answer.unlinked": ("أُزيل ربطه", "no reply to it after all"),
    # links and the sheet
    "link.answer_drafted": ("يُعدّ بها رد", "that one is to reply to it"),
    "event.AnswerBegun": ("بُدئ رد على الكتاب: {reference}", "A reply to the letter was begun: {reference}"),
    "event.AnswerLeft": ("تم الرد على الكتاب بـ {reference}", "The letter was answered by {reference}"),
    "event.AnswerDropped.withdrawn": (
        "سُحبت مسودة الرد {reference}",
        "The draft of the reply {reference} was withdrawn",
    ),
    "event.AnswerDropped.voided": ("أُلغي الرد {reference}", "The reply {reference} was voided"),
    "event.AnswerDropped.unlinked": (
        "لم يعد {reference} رداً على الكتاب",
        "{reference} is no reply to the letter any more",
    ),
}
