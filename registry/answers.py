"""The replies of ours to a letter, as the letter knows them; and what the events of answer_events.py make of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from registry.answer_events import AnswerBegun, AnswerDropped, AnswerLeft
from registry.changed import changed
from registry.event import Event

if TYPE_CHECKING:
    from registry.record import Record

BEGUN, LEFT = "begun", "left"
WITHDRAWN, VOIDED, UNLINKED = "withdrawn", "voided", "unlinked"
STATES = (BEGUN, LEFT, WITHDRAWN, VOIDED, UNLINKED)
ANSWERED_BY, DRAFTED_BY = "replied_by", "answer_drafted"  # how the letter's link names it


@dataclass(frozen=True, slots=True, kw_only=True)
class OurAnswer:
    """A reply of ours to the letter. `state`, of STATES, since `at`."""

    record_id: str
    reference: str  # a number once it has left; until then the register in which it will get one
    state: str
    at: datetime


def after_answer(record: "Record", event: Event) -> "Record":
    """Return the letter *record* after *event*. Raises AssertionError for an event that is none of these."""
    from registry.record import Link  # record.py needs this file

    match event:
        case AnswerBegun(answer=answer, reference=reference):
            link = Link(record_id=answer, reference=reference, how=DRAFTED_BY, at=event.at)
            begun = OurAnswer(record_id=answer, reference=reference, state=BEGUN, at=event.at)
            return changed(record, links=(*record.links, link), answers=(*record.answers, begun))
        case AnswerLeft(answer=answer, reference=reference):
            link = Link(record_id=answer, reference=reference, how=ANSWERED_BY, at=event.at)
            after = _with(record, answer, reference, LEFT, event.at)
            return changed(after, links=(*_other_links(record, answer), link))
        case AnswerDropped(answer=answer, reference=reference, why=why):
            after = _with(record, answer, reference, why, event.at)
            return changed(after, links=_other_links(record, answer))
        case _:
            raise AssertionError(f"no record knows what {type(event).__name__} does to it")


def _with(record: "Record", answer: str, reference: str, state: str, at: datetime) -> "Record":
    listed = (
        changed(a, reference=reference, state=state, at=at) if a.record_id == answer else a for a in record.answers
    )
    return changed(record, answers=tuple(listed))


def _other_links(record: "Record", answer: str) -> tuple:  # type: ignore[type-arg]
    return tuple(k for k in record.links if k.record_id != answer or k.how not in (ANSWERED_BY, DRAFTED_BY))


def answer_of(record: "Record", answer: str) -> OurAnswer | None:
    """Return what the letter *record* knows of the reply with that id."""
    return next((a for a in record.answers if a.record_id == answer), None)


def answered_by(record: "Record") -> tuple[OurAnswer, ...]:
    """Return the replies that went out."""
    return tuple(a for a in record.answers if a.state == LEFT)
