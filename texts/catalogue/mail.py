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
    "reply.automatic": (
        "أُرسل هذا الرد آلياً بعد اعتماد الإجراء في نظام تراسل، وللاستفسار يُذكر الرقم {reference}.",
        "This reply was sent by Tarasul once the action was approved. Please quote {reference} in any question.",
    ),
}
