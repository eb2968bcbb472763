"""What the API and the sheet say of a letter of ours on its way out: its recipients, and how it stands with each."""

from typing import Any

from registry.dispatch_events import Dispatched, Readdressed, RecipientMissed, RecipientReached
from registry.event import Event
from registry.office import Office
from registry.recipients import Recipient, recipient_of
from registry.record import Record
from texts import LANGUAGES, Language, say


def recipients_view(record: Record, office: Office) -> list[dict[str, Any]]:
    """The recipients, each with its name, the way it takes, and how it stands with it. Instants are for the caller."""
    return [
        {
            "recipient": r.number,
            "entity": r.entity,
            "name": {lang: recipient_name(r, office, lang) for lang in LANGUAGES},
            "copy": r.copy,
            "channel": r.channel or None,
            "address": r.address or None,
            "state": r.state,
            "state_said": {lang: say(lang, f"recipient.{r.state}") for lang in LANGUAGES},
            "at": r.at,
            "attempt": r.attempt,
            "why": {lang: say(lang, r.why) for lang in LANGUAGES} if r.why is not None else None,
            "status": r.status,
        }
        for r in record.recipients
    ]


def recipient_name(recipient: Recipient, office: Office, lang: Language) -> str:
    """As it was when the letter was dispatched; of a draft, as the directory has it now."""
    known = {"ar": recipient.ar, "en": recipient.en}.get(lang)
    entity = office.entities.get(recipient.entity)
    return known or (entity.name(lang) if entity is not None else recipient.entity)


def dispatch_said(event: Event, record: Record, office: Office, lang: Language, *, cleared: bool) -> str:
    """What an event of dispatch_events.py says, in one sentence."""
    hidden = say(lang, "note.secret_hidden")
    if isinstance(event, Dispatched):
        named = (a.en if lang == "en" else a.ar for a in event.outside)
        names = ("، " if lang == "ar" else ", ").join(named)
        return say(lang, "event.Dispatched", names=names if cleared else hidden)
    recipient = recipient_of(record, getattr(event, "recipient", 0))
    name = recipient_name(recipient, office, lang) if recipient is not None and cleared else hidden
    match event:
        case RecipientMissed(state=state, why=why):
            return say(lang, f"event.RecipientMissed.{state}", name=name, why=say(lang, why))
        case RecipientReached(state=state):
            return say(lang, f"event.RecipientReached.{state}", name=name)
        case Readdressed(address=address):
            return say(lang, "event.Readdressed", name=name, address=address if cleared else hidden)
        case _:
            return say(lang, f"event.{type(event).__name__}", name=name)
