"""What goes out by mail."""

ROWS: dict[str, tuple[str, str]] = {
    "category.registered": ("تراسل: {reference}", "Tarasul: {reference}"),
    "category.quarantined": ("تراسل: حجر {reference}", "Tarasul: quarantine {reference}"),
    "reply.greeting": ("السيد/السيدة {name}", "Dear {name}"),
    "reply.peace": ("السلام عليكم ورحمة الله وبركاته،", "Greetings,"),
    "reply.registered": (
        "قُيّد الكتاب الذي أحلتموه بشأن «{subject}» برقم {reference} بتاريخ {date}.",
        "The letter you forwarded about “{subject}” was registered as {reference} on {date}.",
    ),
    "reply.approved": ("واعتُمدت نتيجته بتاريخ {date}:", "Its result was approved on {date}:"),
    "reply.answered": ("وأُنجز المطلوب فيه بتاريخ {date}:", "It was dealt with on {date}:"),
    "reply.closed": ("وأُنهي بتاريخ {date} للسبب الآتي:", "It was closed on {date} for this reason:"),
    "reply.no_words": ("بلا ملاحظات.", "No remarks."),
    "reply.secret": (
        "انتهت المراسلة رقم {reference} بتاريخ {date}. تُطلب تفاصيلها من السجل.",
        "Record {reference} was closed on {date}. Ask the registry for the details.",
    ),
    "reply.regards": ("مع التحية،", "With regards,"),
    "reply.signature": ("{unit} — {entity}", "{unit}, {entity}"),
    "question.subject": ("تراسل: {reference} {asked} — {subject}", "Tarasul: {reference} {asked}: {subject}"),
    "question.subject_secret": ("تراسل: {reference} (سري)", "Tarasul: {reference} (secret)"),
    "question.waits": (
        "المراسلة رقم {reference} بشأن «{subject}» بانتظار إجرائك: {asked}.",
        "Record {reference} about “{subject}” waits for you: {asked}.",
    ),
    "question.waits_secret": (
        "مراسلة سرية رقم {reference} بانتظار إجرائك. لا يُذكر عنها في البريد غير رقمها.",
        "A secret record, {reference}, waits for you. Nothing but its number is said by mail.",
    ),
    "question.written": ("كُتب إليك: {words}", "What was written to you: {words}"),
    "question.due": ("الاستحقاق: {date}.", "Due: {date}."),
    "question.why": (
        "نكتب إليك بالبريد لأن بطاقتها لم تصل إليك في Teams: {reason}.",
        "You are written to by mail because its card did not reach you in Teams: {reason}.",
    ),
    "question.how": (
        "يُتخذ الإجراء في Teams وحده: افتح محادثة تراسل واكتب «المعلق عندي». لا يُعد الرد على هذا البريد قراراً.",
        "Act in Teams only: open the chat with Tarasul and write “pending”. An answer to this mail decides nothing.",
    ),
    "question.automatic": (
        "أُرسل هذا البريد آلياً من نظام تراسل، مرة واحدة. رقم المراسلة {reference}.",
        "Tarasul sent this mail by itself, once. The record's number is {reference}.",
    ),
    "reply.automatic": (
        "أُرسل هذا الرد آلياً بعد اعتماد الإجراء في نظام تراسل، وللاستفسار يُذكر الرقم {reference}.",
        "This reply was sent by Tarasul once the action was approved. Please quote {reference} in any question.",
    ),
}
