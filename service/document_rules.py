"""The `documents` of the organisation file: what is drafted in Word, where it lies, where an edit begins anew."""

from typing import Any

from registry.circuits import ACTS
from registry.document import FIRST, ONEDRIVE, PLACES, TO_DRAFTER, WORD_KINDS, DocumentRules
from registry.vocabulary import CONFIDENTIALITIES, ISSUED_KINDS

_KEYS = {"word", "place", "restart", "alone_from"}
_RESTARTS = (FIRST, TO_DRAFTER, *ACTS)


def read_documents(body: Any) -> tuple[DocumentRules, list[str]]:
    """Return what *body* (the JSON as it was read; docs/settings.md) lays down, and every fault of it."""
    if not isinstance(body, dict):
        return DocumentRules(), ["documents must be an object"]
    wrong = [f"documents says {name}, which nobody reads" for name in sorted(body.keys() - _KEYS)]
    word, place, restart = body.get("word", list(WORD_KINDS)), body.get("place", ONEDRIVE), body.get("restart", FIRST)
    if not isinstance(word, list) or not all(kind in ISSUED_KINDS for kind in word):
        wrong.append(f"documents.word is a list of kinds: {', '.join(ISSUED_KINDS)}")
    if place not in PLACES:
        wrong.append(f"documents.place is {place}, which is none of {', '.join(PLACES)}")
    if restart not in _RESTARTS:
        wrong.append(f"documents.restart is {restart}, which is none of {', '.join(_RESTARTS)}")
    if (alone_from := body.get("alone_from", DocumentRules().alone_from)) not in CONFIDENTIALITIES:
        wrong.append(f"documents.alone_from is {alone_from}, which is none of {', '.join(CONFIDENTIALITIES)}")
    if wrong:
        return DocumentRules(), wrong
    return DocumentRules(word=tuple(word), place=place, restart=restart, alone_from=alone_from), []
