################################################################
# What a person means by what they wrote
################################################################
#
# Rule 1: spelling, spaces, points and digits do not matter; a slip of the hand or two is seen through in a long word.
# Rule 2: what begins to change the register is never guessed: whoever nearly wrote it is asked whether they meant it.

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.delegation_words import about_delegations
from texts import apart, search_key

type Wish = Literal[
    "pending",
    "number",
    "help",
    "greeting",
    "register",
    "quarantine",
    "release",
    "draft",
    "delegate",
    "delegations",
    "why",
    "search",
    "digest_off",
    "digest_on",
    "perhaps",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Meant:
    """What is wished; `number` is a serial or a reference, or a part of a name, as `search_key` writes it; `words` is
    what is looked for, or the command that was perhaps meant; `kind` is to be drafted."""

    wish: Wish
    number: str = ""
    words: str = ""
    guessed: bool = False  # it was not quite written so
    kind: str = ""  # of "draft"


def _keys(*phrases: str) -> frozenset[str]:
    return frozenset(_packed(search_key(phrase)) for phrase in phrases)


def _packed(key: str) -> str:
    """The letters and digits of *key* alone: spaces and points do not matter."""
    return "".join(c for c in key if c.isalnum())


_PENDING = _keys(
    "المعلق عندي", "المعلق لدي", "المعلقة عندي", "المعلق", "المعلقات", "معلق", "معلقاتي", "ما المعلق عندي",
    "ما عندي", "ماذا عندي", "شنو عندي", "وش عندي", "ايش عندي", "عندي", "قائمتي", "القائمة", "مهامي", "المطلوب مني",
    "pending", "my pending", "what is pending", "waiting", "list", "my list", "tasks", "my tasks", "todo", "inbox",
)  # fmt: skip
_HELP = _keys(
    "مساعدة", "المساعدة", "ساعدني", "ساعدوني", "الأوامر", "أوامر", "كيف", "كيف أستخدم تراسل", "ماذا تفعل",
    "help", "commands", "how", "what can you do", "menu", "start",
)  # fmt: skip
_GREETINGS = _keys(
    "السلام عليكم", "السلام عليكم ورحمة الله", "السلام عليكم ورحمة الله وبركاته", "سلام", "مرحبا", "مرحبا بك", "أهلا",
    "أهلا وسهلا", "هلا", "صباح الخير", "مساء الخير", "شكرا", "يعطيك العافية",
    "hello", "hi", "hey", "good morning", "good afternoon", "good evening", "salam", "thanks", "thank you",
)  # fmt: skip
_REGISTER = _keys(
    "قيد", "قيد جديد", "قيد كتاب", "قيد كتاب ورقي", "قيد ورقي", "سجل كتاب", "تسجيل", "تسجيل كتاب", "كتاب جديد",
    "register", "new letter", "register a letter", "register letter", "enter a letter", "scan",
)  # fmt: skip
_QUARANTINE = _keys(
    "المحجور", "المحجورات", "محجور", "الحجر", "حجر", "البريد المحجور", "quarantine", "quarantined", "held mail",
)  # fmt: skip
_DIGEST_OFF = _keys(
    "أوقف الموجز", "ايقاف الموجز", "إيقاف الموجز الصباحي", "أوقف الموجز الصباحي", "بدون موجز", "لا أريد الموجز",
    "stop digest", "stop the digest", "digest off", "no digest", "stop the morning digest",
)  # fmt: skip
_DIGEST_ON = _keys(
    "شغل الموجز", "تشغيل الموجز", "أريد الموجز", "فعل الموجز", "تشغيل الموجز الصباحي", "أعد الموجز",
    "start digest", "start the digest", "digest on", "digest", "start the morning digest",
)  # fmt: skip
_SEARCH = tuple(
    search_key(phrase)
    for phrase in (
        "ابحث لي عن", "ابحث عن", "البحث عن", "بحث عن", "ابحث", "البحث", "بحث", "دور على", "فتش عن",
        "search for", "search", "look for", "find me", "find",
    )
)  # fmt: skip
_RELEASE = _keys("المحجور", "محجور", "الحجر", "حجر", "ارفع", "رفع", "release", "admit", "quarantine", "quarantined")
_DRAFTS = {
    "internal_memo": _keys(
        "مذكرة", "المذكرة", "مذكرة داخلية", "مذكرة جديدة", "اكتب مذكرة", "تحرير مذكرة", "حرر مذكرة",
        "memo", "new memo", "internal memo", "a memo", "draft a memo", "write a memo",
    ),
    "circular": _keys("تعميم", "التعميم", "تعميم جديد", "circular", "new circular", "a circular"),
    "decision": _keys("قرار", "القرار", "قرار جديد", "قرار إداري", "decision", "new decision", "a decision"),
    "outgoing_letter": _keys("كتاب صادر", "صادر", "صادر جديد", "outgoing", "outgoing letter", "new outgoing letter"),
    "follow_up_letter": _keys("كتاب متابعة", "استعجال", "كتاب استعجال", "تعقيب", "follow up letter", "reminder letter"),
}  # fmt: skip
_ABOUT_A_RELEASE = _keys("البريد", "عن", "mail", "from", "register")
_ABOUT_A_NUMBER = _keys(
    "رقم", "الرقم", "برقم", "كتاب", "الكتاب", "مراسلة", "المراسلة", "معاملة", "المعاملة", "قيد", "القيد", "عرض", "اعرض",
    "افتح", "حالة", "أين", "وين",
    "number", "no", "record", "letter", "show", "open", "status", "of", "find", "the", "where", "is",
)  # fmt: skip
_BETWEEN = (" ", ":", "؛", "،", ",")  # what stands between that and what is looked for
_SHORTEST_GUESSED, _LONG = 5, 9  # letters from which one slip of the hand is seen through, and two


def _guessable(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(phrase for phrase in phrases if len(phrase) >= _SHORTEST_GUESSED - 1))


_GUESSED: tuple[tuple[Wish, tuple[str, ...]], ...] = (
    ("pending", _guessable(_PENDING)),
    ("help", _guessable(_HELP)),
    ("greeting", _guessable(_GREETINGS)),
    ("quarantine", _guessable(_QUARANTINE)),
    ("digest_off", _guessable(_DIGEST_OFF)),
    ("digest_on", _guessable(_DIGEST_ON)),
    ("register", _guessable(_REGISTER)),
)
_NUMBER = re.compile(r"#?((?:[^\W\d][^\s/]*/)*\d{1,9}(?:/\d{4})?)[.،,؟?!]*")


def meant_by(text: str) -> Meant:
    """Return what *text* asks for."""
    key = search_key(text)
    packed = _packed(key)
    if packed in _PENDING:
        return Meant("pending")
    if packed in _HELP or key in ("?", "؟"):
        return Meant("help")
    if packed in _REGISTER:
        return Meant("register")
    if packed in _QUARANTINE:
        return Meant("quarantine")
    if packed in _DIGEST_OFF:
        return Meant("digest_off")
    if packed in _DIGEST_ON:
        return Meant("digest_on")
    kind = next((kind for kind, phrases in _DRAFTS.items() if packed in phrases), "")
    if kind:
        return Meant("draft", kind=kind)
    if packed in _GREETINGS:
        return Meant("greeting")
    if (asked := about_delegations(key)) is not None:
        asks, more = asked
        if asks != "why":
            return Meant("delegate" if asks == "delegate" else "delegations", more)
        about = [found[1] for word in more.split() if (found := _NUMBER.fullmatch(word))]
        return Meant("why", about[0] if len(about) == 1 else "")
    words = key.split()
    numbers = [found[1] for word in words if (found := _NUMBER.fullmatch(word))]
    rest = [word for word in words if not _NUMBER.fullmatch(word) and _packed(word)]
    said = {_packed(word) for word in rest}
    if len(numbers) == 1 and said & _RELEASE and said <= _RELEASE | _ABOUT_A_RELEASE | _ABOUT_A_NUMBER:
        return Meant("release", numbers[0])
    if len(numbers) == 1 and all(_packed(word) in _ABOUT_A_NUMBER for word in rest):
        return Meant("number", numbers[0])
    if key in _SEARCH or (looked_for := _looked_for(key)):
        return Meant("search", words="" if key in _SEARCH else looked_for)
    return _nearly(packed) or Meant("unknown", words=key)


def _looked_for(key: str) -> str:
    """What stands behind a word that asks to look for it."""
    for phrase in _SEARCH:
        rest = key.removeprefix(phrase)
        if rest != key and rest[:1] in _BETWEEN and _packed(rest):
            return rest.strip("".join(_BETWEEN))
    return ""


def _nearly(packed: str) -> Meant | None:
    """The command that was nearly written, where it is but one; what changes the register is asked about."""
    most = 0 if len(packed) < _SHORTEST_GUESSED else 1 if len(packed) < _LONG else 2
    if not most:
        return None
    near: dict[int, set[Wish]] = {}
    for wish, phrases in _GUESSED:
        if (far := min(apart(packed, phrase, most) for phrase in phrases)) <= most:
            near.setdefault(far, set()).add(wish)
    wishes = near[min(near)] if near else set()
    if len(wishes) != 1:
        return None
    (wish,) = wishes
    if wish == "register":
        return Meant("perhaps", words="register" if packed.isascii() else "قيد", guessed=True)
    return Meant(wish, guessed=True)
