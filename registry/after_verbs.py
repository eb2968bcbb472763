"""What the events of verb_events.py make of a record. As in record.py, nothing is refused here: it has happened."""

from typing import TYPE_CHECKING, Any

from registry.answers import ANSWERED_BY, UNLINKED
from registry.changed import changed
from registry.event import Event
from registry.verb_events import (
    Corrected,
    Filed,
    MatterJoined,
    MatterLeft,
    Reopened,
    StepOpened,
    StepRecalled,
    StepRejected,
    Unlinked,
    Voided,
)
from registry.vocabulary import DONE, OPEN, Status

if TYPE_CHECKING:
    from registry.record import Record


def after_verb(record: "Record", event: Event) -> "Record":
    """Return *record* after *event*. Raises AssertionError for an event that no record knows."""
    match event:
        case StepOpened(step=number):
            return _with_step(record, number, read_at=event.at, read_by=event.by)
        case StepRejected(step=number, note=note):
            return _ended(record, number, event, "rejected", note)
        case StepRecalled(step=number, note=note):
            return _ended(record, number, event, "recalled", note)
        case Corrected():
            return _corrected(record, event)
        case Filed(step=number, note=note):
            after = _ended(record, number, event, "filed", note) if number is not None else record
            status = Status.ARCHIVED if record.ended else record.status
            return changed(after, filed_in=note or record.filed_in, status=status)
        case Voided(note=note, by=by):
            steps = tuple(
                changed(s, state=DONE, outcome="voided", ended_at=event.at, ended_by=by) if s.state != DONE else s
                for s in record.steps
            )
            return changed(record, status=Status.VOIDED, steps=steps, outcome="voided", outcome_note=note, ended_by=by)
        case Reopened():
            return changed(
                record,
                status=Status.IN_ACTION,
                outcome=None,
                outcome_note=None,
                ended_by=None,
                reply=None,
                reopened=record.reopened + 1,
            )
        case Unlinked(to_record=to_record, how=how):
            kept = tuple(k for k in record.links if (k.record_id, k.how) != (to_record, how))
            unlinked = tuple(
                changed(a, state=UNLINKED, at=event.at) if how == ANSWERED_BY and a.record_id == to_record else a
                for a in record.answers
            )
            answers = None if how == "replies_to" and record.in_reply_to == to_record else record.in_reply_to
            return changed(record, links=kept, answers=unlinked, in_reply_to=answers)
        case MatterJoined(matter_id=matter_id):
            return changed(record, matter_id=matter_id)
        case MatterLeft():
            return changed(record, matter_id=None)
        case _:
            raise AssertionError(f"no record knows what {type(event).__name__} does to it")


def _with_step(record: "Record", number: int, **new: Any) -> "Record":
    steps = list(record.steps)
    steps[number - 1] = changed(steps[number - 1], **new)
    return changed(record, steps=tuple(steps))


def _ended(record: "Record", number: int, event: Event, outcome: str, result: str | None) -> "Record":
    return _with_step(record, number, state=DONE, outcome=outcome, result=result, ended_at=event.at, ended_by=event.by)


def _corrected(record: "Record", e: Corrected) -> "Record":
    from registry.record import Correction  # record.py needs this file

    news: dict[str, Any] = {text.what: text.now for text in e.texts}
    said = [(text.what, text.was, text.now) for text in e.texts]
    if e.urgency is not None:
        news["urgency"] = e.urgency
        said.append(("urgency", e.was_urgency or "", e.urgency))
    if e.confidentiality is not None:
        news["confidentiality"] = e.confidentiality
        said.append(("confidentiality", e.was_confidentiality or "", e.confidentiality))
    corrections = tuple(
        Correction(what=what, was=was, now=now, by=e.by, at=e.at, note=e.note) for what, was, now in said
    )
    if e.due_at is not None:
        news["due_at"] = e.due_at
    if e.steps_due_at is not None:
        news["steps"] = tuple(
            changed(s, due_at=e.steps_due_at, remind_at=e.remind_at) if s.state == OPEN and s.custody else s
            for s in record.steps
        )
    return changed(record, corrections=(*record.corrections, *corrections), **news)
