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
}
