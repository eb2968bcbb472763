"""The card that lists what a search found, each record with a button that opens it."""

from collections.abc import Sequence

from bot.cards.parts import (
    Json,
    box,
    button,
    buttons,
    card,
    columns,
    day,
    fitting,
    head,
    is_masked,
    label,
    sentence,
    short,
    words,
)
from registry.office import Office, Person
from registry.record import Record
from service.finding import Found
from texts import Language, say

MOST_FOUND = 6
_SUBJECT = 120  # characters


def found_card(
    found: Sequence[Found], looked_for: str, person: Person, office: Office, lang: Language, *, more: bool = False
) -> Json:
    """Draw what *looked_for* found for *person*; *more*: there is more than is shown."""
    title = say(lang, "found.title")

    def draw(longest: int) -> Json:
        body = [
            head(lang, say(lang, "found.for", words=short(looked_for)), title),
            *(_row(one, person, office, lang, longest) for one in found[:MOST_FOUND]),
            sentence(say(lang, "found.more"), isSubtle=True) if more else None,
        ]
        return card(lang, body, title)

    return fitting(draw)


def _row(one: Found, person: Person, office: Office, lang: Language, longest: int) -> Json | None:
    record = one.record
    masked = is_masked(record, person.clearance)
    said = said_of(record, lang, office, masked=masked)
    text = [
        label(say(lang, "card.number_of", reference=record.reference)),
        words(short(record.subject, min(_SUBJECT, longest)) or say(lang, "subject.none"), weight="bolder")
        if not masked
        else sentence(say(lang, f"confidentiality.{record.confidentiality}"), weight="bolder"),
        sentence(said, size="small", isSubtle=True, spacing="small"),
    ]
    opens = button(lang, *opening(one), said="verb.open")
    kept = [part for part in text if part is not None]
    opened = buttons([opens])
    assert opened is not None, "there is a button"
    return box(lang, [columns(lang, ("stretch", kept), ("auto", [opened]))], separator=True, spacing="medium")


def opening(one: Found) -> tuple[str, str]:
    """Verb and token of the button that opens a record: its own card where it is the reader's turn."""
    return ("view", one.token) if one.token is not None else ("record", one.record.record_id)


def said_of(record: Record, lang: Language, office: Office, *, masked: bool) -> str:
    """Where it stands, since when it is registered, and, where that may be said, who it is from."""
    status, when = say(lang, f"status.{record.status.value}"), day(record.registered_at, office, lang)
    if masked:
        return say(lang, "found.stands", status=status, when=when)
    party = record.original_sender
    who = short(party.name.strip() or party.address.strip(), 60) or say(lang, "sender.none")
    return say(lang, "found.stands_from", status=status, when=when, who=who)
