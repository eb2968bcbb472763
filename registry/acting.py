################################################################
# What the person asked may do with a step: end it, and what follows
################################################################
#
# Rule 1: an answer goes back the way the question came: to the step that asked, until nobody asked it; then the record
#         is closed.
# Rule 2: whoever waits for several answers gets them together, when the last one is in.
# Rule 3: asking twice is harmless: the same person doing the same thing again gets Nothing(), and nobody is told off.

from datetime import datetime

from registry.commands import Acknowledge, Approve, Close, Complete, Return, StepCommand
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.effects import DraftReply, Effect
from registry.events import (
    Closed,
    Event,
    Referred,
    StepAcknowledged,
    StepApproved,
    StepCompleted,
    StepReturned,
)
from registry.office import Office, Person
from registry.record import DONE, OPEN, REFERRED, Record, Step, evolve, first_asked, words_before
from registry.rights import is_clerk, may_act
from registry.vocabulary import DISPOSITIONS, FOR_REVIEW, Verb
from texts import clean

_VERBS: dict[type[StepCommand], tuple[Verb, str]] = {
    Acknowledge: (Verb.ACKNOWLEDGE, "acknowledged"),
    Complete: (Verb.COMPLETE, "completed"),
    Approve: (Verb.APPROVE, "approved"),
    Return: (Verb.RETURN, "returned"),
    Close: (Verb.CLOSE, "closed"),
}


def decide_step(ask: StepCommand, record: Record, office: Office, now: datetime) -> Decision:
    """End a step as *ask* says, and open what follows from it."""
    verb, outcome = _VERBS[type(ask)]
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if outcome == "closed" and not record.rules.listed:
        outcome = "dismissed"
    step = record.step(ask.step)
    if step is not None and step.state == DONE and (step.outcome, step.ended_by) == (outcome, ask.by):
        return Nothing()
    if not (verdict := may_act(person, record, verb, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    note = words(None if isinstance(ask, Acknowledge) else ask.note)
    capacity = capacity_of(person, step, office)
    match ask:
        case Acknowledge():
            return Accepted((StepAcknowledged(at=now, by=ask.by, capacity=capacity, step=step.number),))
        case Complete() if note is None and step.disposition.needs_words:
            return Refused("say.result_missing")
        case Return() if note is None:
            return Refused("say.reason_missing")
        case Close() if note is None:
            return Refused("say.reason_missing")
        case Complete():
            ended: Event = StepCompleted(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return _answered(record, step, ended, "answered", note, now)
        case Approve():
            ended = StepApproved(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return _answered(record, step, ended, "approved", _approved_words(record, step, note), now)
        case Return():
            ended = StepReturned(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return Accepted((ended, _handed_back(record, step, ended, note)))
        case Close():
            closed = Closed(at=now, by=ask.by, capacity=capacity, outcome=outcome, note=note)
            return Accepted((closed,), _reply_due(record))


def capacity_of(person: Person, step: Step, office: Office) -> str:
    """Return in what capacity *person* acts on *step*: clerk, head or member of the unit asked."""
    if step.to_person is None and is_clerk(person, step.to_unit):
        return "clerk"
    unit = office.unit(step.to_unit)
    return "head" if unit is not None and unit.head == person.person_id else "member"


def refusal(reason: str, record: Record, step: Step | None, office: Office) -> Refused:
    """Return the refusal with the names its sentence needs: who did it already, whose step it is."""
    if reason == "may.already_done" and step is not None:
        by = office.person(step.ended_by or step.to_person)
        at = step.ended_at.isoformat() if step.ended_at else ""
        return Refused(reason, {"who": by.name if by else "", "at": at, "outcome": step.outcome or step.state})
    return Refused(reason, {"reference": record.reference})


def _answered(record: Record, step: Step, ended: Event, outcome: str, note: str | None, now: datetime) -> Decision:
    after = evolve(record.record_id, record, ended)
    if not step.custody:
        return Accepted((ended,))
    if step.parent is None:
        if any(s.custody and s.state in (OPEN, REFERRED) for s in after.steps):
            return Accepted((ended,))
        closed = Closed(at=now, by=ended.by, capacity=ended.capacity, outcome=outcome, note=note)
        return Accepted((ended, closed), _reply_due(record))
    siblings = [s for s in after.steps if s.parent == step.parent and s.custody]
    if any(s.state in (OPEN, REFERRED) for s in siblings):
        return Accepted((ended,))
    return Accepted((ended, _put_before_asker(after, step, siblings, ended)))


def _put_before_asker(record: Record, step: Step, siblings: list[Step], ended: Event) -> Referred:
    """Whoever asked has it again: for approval of the results, or for what they themselves were asked.

    Who waited, and is asked the same as before, has before them what they had then as well: an opinion comes beside the
    result that it is about. What was sent back to be done again is not put before anybody a second time.
    """
    asker = record.step(step.parent or 0)
    assert asker is not None, "a step names a parent that exists"
    said = {n for s in record.steps for n in s.answers}
    asked = DISPOSITIONS[first_asked(record, step)].answered_for or asker.asked
    if record.is_draft:  # whoever asked goes on with what they were at: the draft, or their seat in its circuit
        asked = asker.asked
    answers = [s.number for s in siblings if s.outcome in ("completed", "approved") and s.number not in said]
    return Referred(
        at=ended.at,
        by=ended.by,
        capacity=ended.capacity,
        step=len(record.steps) + 1,
        asked=asked,
        to_person=asker.to_person,
        to_unit=asker.to_unit,
        parent=asker.parent,
        cause="answer",
        answers=(*(asker.answers if asker.state == REFERRED and asked == asker.asked else ()), *answers),
        resumes=asker.number if asker.state == REFERRED else None,
        stage=asker.stage,
    )


def _handed_back(record: Record, step: Step, ended: Event, note: str | None) -> Referred:
    """Return to whoever did the work put before this person, else to whoever asked, else to the drafter or the
    register."""
    worker = _worker(record, step)
    asker = record.step(step.parent) if step.parent is not None else None
    parent: int | None = None
    resumes: int | None = None
    answers: tuple[int, ...] = ()
    stage: int | None = None
    asked, to_person, to_unit = FOR_REVIEW, record.drafter, record.registry_unit_id
    if worker is not None:
        asked, to_person, to_unit = first_asked(record, worker), worker.to_person, worker.to_unit
        parent, answers = step.number, worker.answers
    elif asker is not None:
        asked, to_person, to_unit = asker.asked, asker.to_person, asker.to_unit
        parent, answers = asker.parent, asker.answers
        resumes = asker.number if asker.state == REFERRED else None
        stage = asker.stage
    return Referred(
        at=ended.at,
        by=ended.by,
        capacity=ended.capacity,
        step=len(record.steps) + 1,
        asked=asked,
        to_person=to_person,
        to_unit=to_unit,
        parent=parent,
        cause="return",
        answers=answers,
        resumes=resumes,
        note=note,
        stage=stage,
    )


def _reply_due(record: Record) -> tuple[Effect, ...]:
    """An official who forwarded the letter is answered in the thread; a machine or an outside sender is not."""
    return (DraftReply(record_id=record.record_id),) if record.needs_reply and record.reply is None else ()


def _worker(record: Record, step: Step) -> Step | None:
    """The step whose result is put before this person; where there are only opinions, whose opinion came last."""
    answered = [s for n in step.answers if (s := record.step(n)) is not None]
    return next((s for s in reversed(answered) if _is_result(record, s)), answered[-1] if answered else None)


def _is_result(record: Record, step: Step) -> bool:
    return DISPOSITIONS[first_asked(record, step)].answered_for is not None


def _approved_words(record: Record, step: Step, note: str | None) -> str | None:
    """What was approved: the results; where there are none, what the approver wrote, else the opinions."""
    said = words_before(record, step)
    results = [s.result for s in said if s.result and s.outcome == "completed" and _is_result(record, s)]
    return "\n".join(results) or note or "\n".join(s.result for s in said if s.result) or None


def words(note: str | None) -> str | None:
    """Return what somebody wrote, clean and without spaces at its ends; None where that is nothing."""
    return clean(note or "").strip() or None
