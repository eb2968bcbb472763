################################################################
# On its way: what whoever sits in a stage may do, what follows, and how the way is changed
################################################################
#
# Rule 1: whoever sits in a stage has a step like any other; a stage ends when `standing` says so, and everybody else
#         who was asked in it is asked no more.
# Rule 2: a return takes it back at once, whoever else is still asked; a rejection ends it only where enough of those
#         who decide can no longer agree.
# Rule 3: the way may be changed before a stage is over, never after; nothing that signs is left out.

from datetime import datetime

from registry.acting import capacity_of, refusal, words
from registry.changed import changed
from registry.circuit_commands import Initial, Insert, Sign, Skip
from registry.circuit_events import (
    SentBack,
    StageEnded,
    StageInserted,
    StepInitialled,
    StepSigned,
)
from registry.circuit_rights import sent_on_by
from registry.circuits import (
    ACTS,
    ASKED_IN,
    LOST,
    OPEN,
    PASSED,
    SKIPPED,
    WAITING,
    Circuit,
    Seat,
    Stage,
    standing,
    voices,
)
from registry.commands import Approve, Complete, Recall, Reject, Return
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import Closed, Event, Referred, StepApproved, StepCompleted, StepReturned
from registry.issuing import issue
from registry.office import Office, Person
from registry.planning import fault, seat_now
from registry.record import DONE, Record, evolve
from registry.rights import may_act
from registry.verb_events import StepRejected
from registry.vocabulary import FOR_DRAFTING, Verb

type StageCommand = Initial | Complete | Approve | Sign | Reject | Return

_VERBS: dict[type[StageCommand], tuple[Verb, str]] = {
    Initial: (Verb.INITIAL, "initialled"),
    Complete: (Verb.COMPLETE, "completed"),
    Approve: (Verb.APPROVE, "approved"),
    Sign: (Verb.SIGN, "signed"),
    Reject: (Verb.REJECT, "rejected"),
    Return: (Verb.RETURN, "returned"),
}


def decide_seat(ask: StageCommand, record: Record, office: Office, now: datetime) -> Decision:
    """End the step of somebody who sits in a stage, and with it the stage where that is enough."""
    verb, outcome = _VERBS[type(ask)]
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    if step is not None and step.state == DONE and (step.outcome, step.ended_by) == (outcome, ask.by):
        return Nothing()
    if not (verdict := may_act(person, record, verb, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    assert step.stage is not None, "only seats are initialled, signed or rejected; decide.py sends no other here"
    assert record.circuit is not None, "a seat is one of a circuit"
    note, capacity = words(ask.note), capacity_of(person, step, office)
    if note is None and verb is Verb.COMPLETE:
        return Refused("say.result_missing")
    if note is None and verb in (Verb.REJECT, Verb.RETURN):
        return Refused("say.reason_missing")
    n, by = step.number, ask.by
    document = record.document.frozen if record.document is not None else None
    match ask:
        case Return():
            returned = StepReturned(at=now, by=by, capacity=capacity, step=n, note=note)
            return _returned(returned, ask.to_stage, record, office, now)
        case Initial():
            ended: Event = StepInitialled(at=now, by=by, capacity=capacity, step=n, note=note, document=document)
        case Complete():
            ended = StepCompleted(at=now, by=by, capacity=capacity, step=n, note=note, document=document)
        case Approve():
            ended = StepApproved(at=now, by=by, capacity=capacity, step=n, note=note, document=document)
        case Sign():
            seal = record.circuit.seal
            ended = StepSigned(at=now, by=by, capacity=capacity, step=n, seal=seal, note=note, document=document)
        case Reject():
            ended = StepRejected(at=now, by=by, capacity=capacity, step=n, note=note)
    after = evolve(record.record_id, record, ended)
    stage = _stage(after, step.stage)
    match standing(stage, after.steps):
        case way if way == PASSED:
            return _onward(after, stage, (ended,), PASSED, None, ask, office, now)
        case way if way == LOST:
            closed = Closed(at=now, by=by, capacity=capacity, outcome="rejected", note=note)
            return Accepted((ended, closed))
        case _:
            return Accepted((ended,))


def numbers(ask: Sign, record: Record, office: Office, now: datetime) -> bool:
    """Whether *ask*, were it taken now, would give the record its number."""
    decision = decide_seat(ask, record, office, now)
    return isinstance(decision, Accepted) and any(type(e).__name__ == "Numbered" for e in decision.events)


def is_of_the_way(number: int, record: Record) -> bool:
    """Whether to recall the step is to take the record back on its way, and not a question that somebody asked."""
    step = record.step(number)
    return record.is_draft and (step is None or step.cause != "person")


def decide_way_recall(ask: Recall, record: Record, office: Office, now: datetime) -> Decision:
    """Take it back: to its drafter, or to whoever sent it on."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    held = [s for s in record.open_steps if s.cause == "recall" and s.to_person == ask.by]
    if held and step is not None and step.state == DONE:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.RECALL, now, ask.step)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    to_stage = None if record.drafter == ask.by else sent_on_by(person, record)
    capacity = _capacity(person, office)
    return _sent_back(SentBack(at=now, by=ask.by, capacity=capacity, to_stage=to_stage, why="recall"), record, office)


def decide_insert(ask: Insert, record: Record, office: Office, now: datetime) -> Decision:
    """One more stage, before one that is not over."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if not (verdict := may_act(person, record, Verb.INSERT, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    circuit = record.circuit
    assert circuit is not None, "may_act knows that it was submitted"
    before = circuit.stage(ask.before)
    if before is None or before.state not in (WAITING, OPEN):
        return Refused("circuit.no_such_stage")
    if before.state == OPEN and voices(before, record.steps) != (0, 0):
        return Refused("circuit.begun_already")
    if ask.act not in ACTS or not ask.people:
        return Refused("circuit.no_act")
    seats = tuple(Seat(p, found.unit_id if (found := office.person(p)) else "") for p in dict.fromkeys(ask.people))
    number = max(s.number for s in circuit.stages) + 1
    stage = Stage(number=number, act=ask.act, seats=seats, mode=ask.mode, quorum=ask.quorum)
    if any((s.act, s.seats, s.state) == (stage.act, stage.seats, WAITING) for s in circuit.stages):
        return Nothing()
    if _asks_now(stage, circuit):
        return Nothing()
    place = circuit.stages.index(before)
    if (why := fault((*circuit.stages[:place], stage, *circuit.stages[place:]), record, office)) is not None:
        return why
    capacity = _capacity(person, office)
    inserted = StageInserted(at=now, by=ask.by, capacity=capacity, stage=stage, before=ask.before, note=words(ask.note))
    if before.state != OPEN:
        return Accepted((inserted,))
    after = evolve(record.record_id, record, inserted)
    back = SentBack(at=now, by=ask.by, capacity=capacity, to_stage=number, why="insert")
    return _sent_back(back, after, office, first=(inserted,))


def decide_skip(ask: Skip, record: Record, office: Office, now: datetime) -> Decision:
    """Leave a stage out; where it is the one that is asked, the next is."""
    person, note = office.person(ask.by), words(ask.note)
    if person is None:
        return Refused("may.unknown_person")
    stage = record.circuit.stage(ask.stage) if record.circuit is not None else None
    if stage is not None and stage.state == SKIPPED:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.SKIP, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    if stage is None or stage.state not in (WAITING, OPEN):
        return Refused("circuit.no_such_stage")
    if stage.fixed or stage is _last(record):
        return Refused("circuit.fixed")
    if note is None:
        return Refused("say.reason_missing")
    if stage.state == OPEN:
        return _onward(record, stage, (), SKIPPED, note, ask, office, now)
    capacity = _capacity(person, office)
    return Accepted((StageEnded(at=now, by=ask.by, capacity=capacity, stage=stage.number, outcome=SKIPPED, note=note),))


# ---------------------------------------------------------------- what follows


def asked_in(stage: Stage, record: Record, cause: Event, office: Office, now: datetime) -> list[Referred]:
    """Return the steps that open *stage*, one for each who sits in it."""
    seats: list[Seat] = []
    for seat in stage.seats:
        taken = seat_now(seat, stage, record, office)
        seats.append(seat if taken.person in {s.person for s in seats} else taken)
    return [
        Referred(
            at=now,
            by=cause.by,
            capacity=cause.capacity,
            step=number,
            asked=ASKED_IN[stage.act],
            to_person=seat.person,
            to_unit=seat.unit,
            parent=None,
            cause="circuit",
            stage=stage.number,
        )
        for number, seat in enumerate(seats, start=len(record.steps) + 1)
    ]


def to_drafter(record: Record, cause: Event, why: str, now: datetime, note: str | None = None) -> Referred:
    """Return the step by which the drafter has it (again)."""
    return Referred(
        at=now,
        by=cause.by,
        capacity=cause.capacity,
        step=len(record.steps) + 1,
        asked=FOR_DRAFTING,
        to_person=record.drafter,
        to_unit=record.registry_unit_id,
        parent=None,
        cause=why,
        note=note,
    )


def begun(circuit: Circuit) -> Stage:
    """Return the stage that is to be asked."""
    assert circuit.next is not None, "a way that goes on has a stage that is not over"
    return circuit.next


def _onward(
    record: Record,
    stage: Stage,
    before: tuple[Event, ...],
    outcome: str,
    note: str | None,
    ask: StageCommand | Skip,
    office: Office,
    now: datetime,
) -> Decision:
    """The stage is over: the next is asked, or it is issued."""
    person = office.person(ask.by)
    capacity = before[0].capacity if before else _capacity(person, office)
    over = StageEnded(at=now, by=ask.by, capacity=capacity, stage=stage.number, outcome=outcome, note=note)
    after = evolve(record.record_id, record, over)
    assert after.circuit is not None
    if (following := after.circuit.next) is not None:
        return Accepted((*before, over, *asked_in(following, after, over, office, now)))
    issued = issue(after, ask.serial if isinstance(ask, Sign) else 0, office, over, now)
    return issued if isinstance(issued, Refused) else Accepted((*before, over, *issued))


def _returned(returned: StepReturned, to_stage: int | None, record: Record, office: Office, now: datetime) -> Decision:
    circuit = record.circuit
    assert circuit is not None
    current = circuit.current
    to = circuit.stage(to_stage)
    if to_stage is not None and (to is None or to.state != PASSED):
        return Refused("circuit.no_such_stage")
    assert current is not None, "somebody sits in it"
    after = evolve(record.record_id, record, returned)
    back = SentBack(at=now, by=returned.by, capacity=returned.capacity, to_stage=to_stage, why="return")
    return _sent_back(back, after, office, first=(returned,), note=returned.note)


def _sent_back(
    back: SentBack, record: Record, office: Office, *, first: tuple[Event, ...] = (), note: str | None = None
) -> Decision:
    after = evolve(record.record_id, record, back)
    assert after.circuit is not None
    if back.to_stage is None:
        return Accepted((*first, back, to_drafter(after, back, back.why, back.at, note)))
    stage = _stage(after, back.to_stage)
    asked = asked_in(stage, after, back, office, back.at)
    return Accepted((*first, back, *_with_words(asked, back.why, note)))


def _with_words(asked: list[Referred], why: str, note: str | None) -> list[Referred]:
    """To whom it comes back is told why."""
    return [changed(e, cause=why if why != "insert" else e.cause, note=note) for e in asked]


def _stage(record: Record, number: int) -> Stage:
    stage = record.circuit.stage(number) if record.circuit is not None else None
    assert stage is not None, "a seat's stage is one of the circuit"
    return stage


def _last(record: Record) -> Stage | None:
    return record.circuit.stages[-1] if record.circuit is not None else None


def _asks_now(stage: Stage, circuit: Circuit) -> bool:
    now = circuit.current
    return now is not None and (now.act, now.seats) == (stage.act, stage.seats)


def _capacity(person: Person | None, office: Office) -> str:
    unit = office.unit(person.unit_id) if person is not None else None
    return "head" if person is not None and unit is not None and unit.head == person.person_id else "member"
