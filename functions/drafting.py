################################################################
# What we issue, written over the API: JSON in, a draft or its new words out
################################################################
#
# Rule 1: as commanding.py: a field that makes no sense is told by its name, and nothing is decided here.
# Rule 2: whoever drafts is a person; a system writes for one with their delegated token.
# Rule 3: a text is no longer than the card on which it can be edited takes: longer ones are documents.
# Rule 4: a reply begins with what its letter gives, for whoever may read that; what is said here stands above it.
# Rule 5: of a draft that is written anew, what is left out stays as it is.

from typing import TYPE_CHECKING, Any

from functions.commanding import Asked, BadField
from functions.limits import LONGEST_NOTE, MOST_UNITS

if TYPE_CHECKING:
    from registry.circuit_commands import Draft, Redraft
    from registry.circuits import Addressee
    from service.service import Service


def draft_of(body: dict[str, Any], by: str, service: "Service") -> "Draft":
    """Return what *body* asks to begin. Raises BadField."""
    from registry.circuit_commands import Draft

    ask = Asked(body, service.taker.chance.new_id(), by, service)
    letter = ask.text("in_reply_to") or None
    kind = ask.needed("kind") if letter is None else ask.text("kind") or "outgoing_letter"
    first = service.reply_begins(by, letter, kind) if letter is not None else {}
    words = _words(body, ask, first, kind)
    if "recipients" in first and not body.get("party"):
        words["recipients"] = first["recipients"]
    return Draft(record_id=ask.record_id, by=by, kind=kind, in_reply_to=letter, **words)


def redraft_of(body: dict[str, Any], ask: Asked) -> "Redraft":
    """Return what *body* asks to change. Raises BadField."""
    from registry.circuit_commands import Redraft

    kept = ask.service.words_of(ask.record_id)
    return Redraft(record_id=ask.record_id, by=ask.by, **_words(body, ask, kept, kept.get("kind", "")))


def _words(body: dict[str, Any], ask: Asked, kept: dict[str, Any], kind: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "subject": ask.text("subject"),
        "text": ask.text("text", LONGEST_NOTE),
        "addressees": _addressees(body, ask, kind) if body.get("addressees") is not None else None,
        "party": ask.text("party"),
        "confidentiality": ask.text("confidentiality"),
        "urgency": ask.text("urgency"),
        "level": ask.number("level"),
    }
    first = {"addressees": (), "party": None, "confidentiality": "normal", "urgency": "normal", "level": 1}
    whole = {name: value if value is not None else kept.get(name, first.get(name, "")) for name, value in said.items()}
    return {**whole, "party": whole["party"] or None}


def _addressees(body: dict[str, Any], ask: Asked, kind: str) -> "tuple[Addressee, ...]":
    """Units, whose heads it goes to, and people; without `asked`, what its kind is sent for."""
    from registry.circuits import Addressee
    from registry.vocabulary import FOR_INFORMATION, KINDS

    listed = body["addressees"]
    if not isinstance(listed, list) or len(listed) > MOST_UNITS or not all(isinstance(one, dict) for one in listed):
        raise BadField("addressees")
    usual = KINDS[kind].sent_for if kind in KINDS else FOR_INFORMATION
    found = []
    for one in listed:
        inner = Asked(one, ask.record_id, ask.by, ask.service)
        try:
            unit, person, asked = (inner.text(name) or "" for name in ("unit", "person", "asked"))
        except BadField:
            raise BadField("addressees") from None
        if bool(unit) == bool(person):
            raise BadField("addressees")
        found.append(Addressee(unit, person or None, asked or usual))
    return tuple(found)
