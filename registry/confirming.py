"""Whose letter it is: proposed out of a forwarded text, confirmed or corrected by a clerk; both are kept."""

from datetime import datetime

from registry.acting import words
from registry.commands import ConfirmSender
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import SenderConfirmed
from registry.mail import Address
from registry.office import Office
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import Verb


def decide_confirm(ask: ConfirmSender, record: Record, office: Office, now: datetime) -> Decision:
    """Confirm the original sender, or put right who it is. Saying the same again changes nothing."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if not (verdict := may_act(person, record, Verb.CORRECT, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    sender = written_sender(ask.sender)
    if sender is None:
        return Refused("say.sender_missing")
    if sender == record.original_sender and (record.sender_confirmed_by is not None or not record.sender_is_proposed):
        return Nothing()
    confirmed = SenderConfirmed(at=now, by=ask.by, capacity="clerk", proposed=record.original_sender, sender=sender)
    return Accepted((confirmed,))


def written_sender(sender: Address | None) -> Address | None:
    """Return *sender* as it is kept, clean and each on one line; None where nobody is named."""
    name, address = (
        (" ".join((words(text) or "").split()) for text in (sender.name, sender.address)) if sender else ("", "")
    )
    return Address(name, address) if name or address else None
