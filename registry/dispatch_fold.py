"""What the events of dispatch_events.py make of a record. As in record.py, nothing is refused: it has happened."""

from typing import TYPE_CHECKING, Any

from registry.changed import changed
from registry.dispatch_events import (
    Dispatched,
    LetterDrafted,
    LetterSent,
    Readdressed,
    RecipientMissed,
    RecipientReached,
)
from registry.entities import MAIL
from registry.event import Event
from registry.recipients import BY_HAND, DRAFTED, PENDING, SENT, Recipient, rank_of
from registry.vocabulary import Status

if TYPE_CHECKING:
    from registry.record import Record


def after_dispatch(record: "Record", event: Event) -> "Record":
    """Return *record* after *event*. Raises AssertionError for an event that is none of these."""
    match event:
        case Dispatched():
            listed = (
                Recipient(
                    number=a.number,
                    entity=a.entity,
                    copy=a.copy,
                    ar=a.ar,
                    en=a.en,
                    channel=a.channel,
                    address=a.address,
                    state=PENDING if a.channel == MAIL else BY_HAND,
                    at=event.at,
                    attempt=1 if a.channel == MAIL else 0,
                )
                for a in event.outside
            )
            return changed(record, recipients=tuple(listed))
        case LetterDrafted():
            ids = {
                "mailbox": event.mailbox,
                "item_id": event.item_id,
                "message_id": event.internet_message_id or "",
            }
            return _known(record, event.recipient, event.attempt, event, DRAFTED, **ids)
        case LetterSent():
            ids = {"message_id": event.internet_message_id} if event.internet_message_id else {}
            return _known(record, event.recipient, event.attempt, event, SENT, sent_at=event.at, **ids)
        case RecipientMissed():
            missed = _known(
                record, event.recipient, event.attempt, event, event.state, why=event.why, status=event.status
            )
            if record.ended and record.status is not Status.VOIDED:  # whoever sees to it gives it an end again
                return changed(missed, outcome=None, outcome_note=None, ended_by=None)
            return missed
        case RecipientReached():
            return _known(record, event.recipient, event.attempt, event, event.state, why=None, status=None)
        case Readdressed():
            anew = Recipient(
                number=event.recipient,
                entity=record.recipients[event.recipient - 1].entity,
                copy=record.recipients[event.recipient - 1].copy,
                ar=record.recipients[event.recipient - 1].ar,
                en=record.recipients[event.recipient - 1].en,
                channel=MAIL,
                address=event.address,
                state=PENDING,
                at=event.at,
                attempt=event.attempt,
            )
            return _with(record, anew)
        case _:
            raise AssertionError(f"no record knows what {type(event).__name__} does to it")


def _known(record: "Record", number: int, attempt: int, event: Event, state: str, **news: Any) -> "Record":
    """What is known of an attempt; less than what was known before leaves its state, and its reason, as they were."""
    recipient = record.recipients[number - 1]
    if recipient.attempt != attempt:
        return record
    if rank_of(state) > recipient.rank:
        return _with(record, changed(recipient, state=state, at=event.at, **news))
    kept = {name: value for name, value in news.items() if name not in ("why", "status")}
    return _with(record, changed(recipient, **kept))


def _with(record: "Record", recipient: Recipient) -> "Record":
    listed = list(record.recipients)
    listed[recipient.number - 1] = recipient
    return changed(record, recipients=tuple(listed))
