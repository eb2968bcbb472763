"""What people write about acting for another, and about why they cannot act: commands with a name or a number."""

from texts import search_key

LONGEST_NAME = 60  # characters of a name that is looked for


def _keys(*phrases: str) -> tuple[str, ...]:
    """The longest first, so that the rest of what was written is the name."""
    return tuple(sorted((search_key(phrase) for phrase in phrases), key=len, reverse=True))


_DELEGATIONS = _keys(
    "تفويضاتي", "تفويضات", "التفويضات", "تفويض عندي", "من ينوب عني", "عمن أنوب", "نيابتي",
    "my delegations", "delegations", "my substitutes", "substitutes",
)  # fmt: skip
_DELEGATE = _keys(
    "تفويض", "التفويض", "تفويض جديد", "فوض", "أفوض", "أريد تفويض", "إنابة", "تكليف", "نائب",
    "delegate", "delegation", "new delegation", "delegate to", "substitute", "i am away", "out of office",
)  # fmt: skip
_WHY = _keys(
    "لماذا", "لماذا لا أستطيع", "لماذا لا أستطيع الإجراء", "ليش", "ليه", "لم لا", "لماذا لا يمكنني",
    "why", "why not", "why can i not", "why can i not act", "why can't i", "why can't i act", "why cant i",
)  # fmt: skip
_WHO = _keys(
    "من يستطيع", "من يمكنه", "منو يقدر", "مين يقدر", "من يقدر", "دور من", "لدى من", "من",
    "who can", "who can act", "who may", "who may act", "whose turn", "whose turn is it", "who",
)  # fmt: skip


def about_delegations(key: str) -> tuple[str, str] | None:
    """What *key*, as `search_key` writes it, asks: delegate, delegations, why; with the rest of what was written."""
    bare = key.rstrip(" .،,؟?!")
    if bare in _DELEGATIONS:
        return "delegations", ""
    for wish, phrases in (("why", _WHY), ("why", _WHO), ("delegate", _DELEGATE)):
        for phrase in phrases:
            if bare == phrase or bare.startswith(f"{phrase} "):
                rest = bare[len(phrase) :].strip()
                if wish == "why" and not any(c.isdigit() for c in rest) and rest:
                    continue  # "who are you?" is no question about a record
                return wish, rest
    return None
