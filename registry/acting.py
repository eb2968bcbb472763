################################################################
# What the person asked may do with a step: end it, and what follows
################################################################
#
# Rule 1: an answer goes back the way the question came: to the step that asked, until nobody asked it; then the record
#         is closed.
# Rule 2: whoever waits for several answers gets them together, when the last one is in.
# Rule 3: asking twice is harmless: the same person doing the same thing again gets Nothing(), and nobody is told off.
# Rule 4: a rejection is an answer: it ends the question. Where nobody but a rule or the register asked, it ends the
#         record, and the register is told. What is filed is done with: where the one who asked owes nobody an answer,
#         the record ends in the archive.

from collections.abc import Iterable
from datetime import datetime

from registry.answers import answered_by
from registry.commands import Acknowledge, Approve, Close, Complete, File, Reject, Return, StepCommand
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
from registry.record import DONE, OPEN, REFERRED, Record, Step, asked_people, evolve, first_asked, words_before
from registry.rights import is_clerk, may_act, opened_of, stand_ins
from registry.verb_events import Filed, StepRejected
from registry.vocabulary import DISPOSITIONS, FOR_INFORMATION, FOR_REVIEW, INVERSE, Status, Verb
from texts import clean

_VERBS: dict[type[StepCommand], tuple[Verb, str]] = {
    Acknowledge: (Verb.ACKNOWLEDGE, "acknowledged"),
    Complete: (Verb.COMPLETE, "completed"),
    Approve: (Verb.APPROVE, "approved"),
    Return: (Verb.RETURN, "returned"),
    Close: (Verb.CLOSE, "closed"),
    Reject: (Verb.REJECT, "rejected"),
    File: (Verb.FILE, "filed"),
}


_ANSWERED = ("completed", "approved", "rejected", "filed")


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
    if isinstance(ask, File) and not ask.step:
        return _filed_later(ask, person, record, office, now)
    if not (verdict := may_act(person, record, verb, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office, now)
    assert step is not None, "may_act knows the step"
    note = words(None if isinstance(ask, Acknowledge) else ask.note)
    if isinstance(ask, Complete) and note is None and step.disposition.or_link:
        note = _linked_since(record, step)
    if isinstance(ask, Close) and note is None:  # the reply that went out says why
        note = "، ".join(a.reference for a in answered_by(record)) or None
    capacity = capacity_of(person, step, office)
    match ask:
        case Acknowledge():
            return Accepted((StepAcknowledged(at=now, by=ask.by, capacity=capacity, step=step.number),))
        case Complete() if note is None and (step.disposition.needs_words or step.awaits is not None):
            return Refused("say.result_missing")
        case Reject() if note is None:
            return Refused("say.reason_missing")
        case Return() if note is None:
            return Refused("say.reason_missing")
        case Close() if note is None:
            return Refused("say.reason_missing")
        case Complete():
            ended: Event = StepCompleted(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return answered(record, step, ended, "answered", note, now)
        case Approve():
            ended = StepApproved(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return answered(record, step, ended, "approved", _approved_words(record, step, note), now)
        case Reject():
            ended = StepRejected(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return _rejected(record, step, ended, note, now)
        case File():
            ended = Filed(at=now, by=ask.by, capacity=capacity, step=step.number, note=note)
            return _filed(record, step, ended, note, now)
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


def refusal(reason: str, record: Record, step: Step | None, office: Office, now: datetime | None = None) -> Refused:
    """Return the refusal with the names its sentence needs: who did it already, whose step it is, who may act for
    them at *now*."""
    if reason == "may.already_done" and step is not None:
        by = office.person(step.ended_by or step.to_person)
        at = step.ended_at.isoformat() if step.ended_at else ""
        return Refused(reason, {"who": by.name if by else "", "at": at, "outcome": step.outcome or step.state})
    if reason == "may.opened" and step is not None and (opened := opened_of(record, step)) is not None:
        by = office.person(opened[0])
        return Refused(reason, {"who": by.name if by else "", "at": opened[1].isoformat()})
    if reason == "may.already_done":
        return Refused("may.already_ended", {"reference": record.reference})
    values = {"reference": record.reference}
    if reason == "may.not_yours" and step is not None and step.state == OPEN:
        values["who"] = _names(asked_people(step, office))
        values["others"] = _names(stand_ins(record, step, office, now)) if now is not None else ""
    return Refused(reason, {name: value for name, value in values.items() if value})


def _names(people: Iterable[Person]) -> str:
    return " / ".join(person.name for person in people)


def answered(record: Record, step: Step, ended: Event, outcome: str, note: str | None, now: datetime) -> Accepted:
    """Return what follows from the answer *ended* to *step*: whoever asked has it again, or the record ends."""
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
    return Accepted((ended, put_before_asker(after, step, siblings, ended)))


def _rejected(record: Record, step: Step, ended: Event, note: str | None, now: datetime) -> Decision:
    """Whoever asked has it again, with the reason; where nobody did, the register is told and the record ends."""
    if step.parent is not None:
        return answered(record, step, ended, "rejected", note, now)
    told = Referred(
        at=now,
        by=ended.by,
        capacity=ended.capacity,
        step=len(record.steps) + 1,
        asked=FOR_INFORMATION,
        to_person=None,
        to_unit=record.registry_unit_id,
        parent=None,
        cause="rejection",
        note=note,
    )
    closed = Closed(at=now, by=ended.by, capacity=ended.capacity, outcome="rejected", note=note)
    return Accepted((ended, told, closed), _reply_due(record))


def _filed(record: Record, step: Step, ended: Event, note: str | None, now: datetime) -> Decision:
    asker = record.step(step.parent) if step.parent is not None else None
    if asker is not None and asker.parent is not None:
        return answered(record, step, ended, "filed", note, now)
    closed = Closed(at=now, by=ended.by, capacity=ended.capacity, outcome="filed", note=note)
    return Accepted((ended, closed), _reply_due(record))


def _filed_later(ask: File, person: Person, record: Record, office: Office, now: datetime) -> Decision:
    """The register files what was closed before."""
    if record.status is Status.ARCHIVED and record.filed_in == words(ask.note):
        return Nothing()
    if not (verdict := may_act(person, record, Verb.FILE, now, 0)):
        return refusal(verdict.reasons[0], record, None, office)
    return Accepted((Filed(at=now, by=ask.by, capacity="clerk", note=words(ask.note)),))


def _linked_since(record: Record, step: Step) -> str | None:
    """The numbers of the records that people linked with this one since the step was opened: a result is there."""
    numbers = [
        link.reference for link in record.links if link.how in INVERSE and (link.at or step.opened_at) >= step.opened_at
    ]
    return "، ".join(numbers) or None


def put_before_asker(record: Record, step: Step, siblings: list[Step], ended: Event) -> Referred:
    """Whoever asked has it again: for approval of the results, or for what they themselves were asked.

    Who waited, and is asked the same as before, has before them what they had then as well: an opinion comes beside the
    result that it is about. What was sent back to be done again is not put before anybody a second time.
    """
    asker = record.step(step.parent or 0)
    assert asker is not None, "a step names a parent that exists"
    said = {n for s in record.steps for n in s.answers}
    asked = DISPOSITIONS[first_asked(record, step)].answered_for or asker.asked
    answers = [s.number for s in siblings if s.outcome in _ANSWERED and s.number not in said]
    rejected = isinstance(ended, StepRejected)
    if rejected or asker.awaits is not None or record.is_draft:
        asked = asker.asked  # of a draft, whoever asked goes on with what they were at: writing it, or their seat
    return Referred(
        at=ended.at,
        by=ended.by,
        capacity=ended.capacity,
        step=len(record.steps) + 1,
        asked=asked,
        to_person=asker.to_person,
        to_unit=asker.to_unit,
        parent=asker.parent,
        cause="rejection" if rejected else "answer",
        answers=(*(asker.answers if asker.state == REFERRED and asked == asker.asked else ()), *answers),
        resumes=asker.number if asker.state == REFERRED else None,
        awaits=asker.awaits,
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
    awaits: str | None = None
    stage: int | None = None
    asked, to_person, to_unit = FOR_REVIEW, record.drafter, record.registry_unit_id
    if worker is not None:
        asked, to_person, to_unit = first_asked(record, worker), worker.to_person, worker.to_unit
        parent, answers, awaits = step.number, worker.answers, worker.awaits
    elif asker is not None:
        asked, to_person, to_unit = asker.asked, asker.to_person, asker.to_unit
        parent, answers, awaits = asker.parent, asker.answers, asker.awaits
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
        awaits=awaits,
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
    opinions = (s.result for s in said if s.result and s.outcome != "rejected")
    return "\n".join(results) or note or "\n".join(opinions) or None


def words(note: str | None) -> str | None:
    """Return what somebody wrote, clean and without spaces at its ends; None where that is nothing."""
    return clean(note or "").strip() or None
