################################################################
# Where a new letter goes first, how urgent it is, how secret
################################################################
#
# Rule 1: the words that decide are data of the office; here they are only looked for.
# Rule 2: a letter always goes somewhere: to the head of a unit, or to whoever keeps the register.
# Rule 3: a secret letter goes to the register, unread: a person must choose who sees it.

import re
from dataclasses import dataclass
from functools import lru_cache

from registry.mail import Letter, Mail
from registry.office import Office, Unit
from registry.vocabulary import FOR_REVIEW, is_secret
from texts import search_key


@dataclass(frozen=True, slots=True)
class Route:
    """The first referral: to a person, or to the register of a unit."""

    rule: str
    to_person: str | None
    to_unit: str
    asked: str


_URGENCY = (
    ("very_urgent", ("عاجل جدا", "عاجلة جدا", "فوري", "فورية", "very urgent", "immediate")),
    ("urgent", ("عاجل", "عاجلة", "مستعجل", "مستعجلة", "urgent")),
)
_SECRECY = (
    ("top_secret", ("سري للغاية", "سرية للغاية", "top secret")),
    ("very_secret", ("سري جدا", "سرية جدا", "very secret")),
    ("secret", ("سري", "سرية", "secret", "confidential")),
)


def route(letter: Letter, confidentiality: str, registry_unit: Unit, office: Office) -> Route:
    """Return where *letter* goes, by the first of the office's rules that fits and whose unit has a head."""
    if is_secret(confidentiality):
        return Route("secret", None, registry_unit.unit_id, FOR_REVIEW)
    for rule in office.rules:
        if rule.any_words and not _has_any(f"{letter.subject}\n{letter.text}", rule.any_words):
            continue
        if (head := office.head(rule.unit)) is not None:
            return Route(rule.rule, head.person_id, rule.unit, rule.asked)
    return Route("registry", None, registry_unit.unit_id, FOR_REVIEW)


def urgency_of(mail: Mail, letter: Letter) -> str:
    """Return how urgent the letter says it is; else how the mail was flagged."""
    return urgency_said(letter) or ("urgent" if mail.importance == "high" else "normal")


def urgency_said(letter: Letter) -> str | None:
    """Return how urgent the letter says it is, in its subject or its first lines."""
    head = f"{letter.subject}\n{letter.text[:300]}"
    for level, words in _URGENCY:
        if _has_any(head, words):
            return level
    return None


def confidentiality_of(mail: Mail, letter: Letter) -> str:
    """Return how secret the letter is marked, by its words or by the mail's Sensitivity."""
    flagged = "secret" if mail.sensitivity in ("company-confidential", "private") else "normal"
    return confidentiality_said(letter) or flagged


def confidentiality_said(letter: Letter) -> str | None:
    """Return how secret the letter says it is: in its subject, or in a line of its own."""
    marked = "\n".join([letter.subject, *(line for line in letter.text[:600].splitlines() if len(line) <= 30)])
    for level, words in _SECRECY:
        if _has_any(marked, words):
            return level
    return None


def _has_any(text: str, words: tuple[str, ...]) -> bool:
    return _pattern(words).search(search_key(text)) is not None


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match any of *words* as whole words, with the Arabic prefixes (and, for, by, the) that join them."""
    keys = "|".join(re.escape(search_key(word)) for word in words)
    return re.compile(rf"(?<!\w)(?:و|ف)?(?:ب|ل|ك)?(?:ال|ل)?(?:{keys})(?!\w)")
