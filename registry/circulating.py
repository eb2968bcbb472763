"""What a holder asks of many at once, and what they ask for outside: circulation, and the wait for a reply."""

from dataclasses import dataclass
from datetime import datetime

from registry.acting import capacity_of, refusal, words
from registry.commands import AwaitReply, Circulate
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import Referred
from registry.office import Office, Person
from registry.record import OPEN, Record, Step
from registry.rights import may_act
from registry.vocabulary import FOR_CIRCULATION, FOR_FOLLOW_UP, REPLY, Verb, may_see


@dataclass(frozen=True, slots=True)
class Circulation:
    """How many units a record was circulated to, and the steps of those that have not acknowledged yet."""

    units: int
    waiting: tuple[Step, ...]


def circulation(record: Record) -> Circulation | None:
    """Return how far the circulation of *record* is; None where there is none. What was taken back does not count."""
    told = [s for s in record.steps if s.asked == FOR_CIRCULATION and s.outcome != "recalled"]
    return Circulation(len(told), tuple(s for s in told if s.state == OPEN)) if told else None


def may_circulate(person: Person, office: Office) -> bool:
    """Whether *person* may ask it of units: as head of one, or for the register."""
    return person.clerk or any(unit.head == person.person_id for unit in office.units.values())


def decide_circulate(ask: Circulate, record: Record, office: Office, now: datetime) -> Decision:
    """A step for the head of each unit that was not told yet; all of them, or none."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    known = {s.to_unit for s in record.steps if s.asked == FOR_CIRCULATION and s.outcome != "recalled"}
    fresh = [unit_id for unit_id in dict.fromkeys(ask.to_units) if unit_id not in known]
    if ask.to_units and not fresh:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.REFER, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    if not may_circulate(person, office):
        return Refused("refer.not_for_you")
    if FOR_CIRCULATION in record.rules.unasked:
        return Refused("refer.not_for_this_kind")
    if not fresh:
        return Refused("circulate.no_unit")
    heads = [(unit_id, office.head(unit_id)) for unit_id in fresh]
    events = []
    for number, (unit_id, head) in enumerate(heads, start=len(record.steps) + 1):
        unit = office.unit(unit_id)
        if unit is None or head is None:
            return Refused("circulate.no_head", {"unit": unit.ar if unit is not None else unit_id})
        if not may_see(head.clearance, record.confidentiality):
            return Refused("refer.not_cleared", {"who": head.name})
        events.append(
            Referred(
                at=now,
                by=ask.by,
                capacity=capacity_of(person, step, office),
                step=number,
                asked=FOR_CIRCULATION,
                to_person=head.person_id,
                to_unit=unit_id,
                parent=step.number,
                cause="person",
                note=words(ask.note),
            )
        )
    return Accepted(tuple(events))


def decide_await(ask: AwaitReply, record: Record, office: Office, now: datetime) -> Decision:
    """Whoever follows it up holds the record; the one who asked has it again when the reply is linked."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    if awaiting(record) is not None:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.REFER, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    watcher = office.person(ask.to_person or ask.by)
    if watcher is None or not watcher.active:
        return Refused("refer.nobody")
    if not may_see(watcher.clearance, record.confidentiality):
        return Refused("refer.not_cleared", {"who": watcher.name})
    return Accepted(
        (
            Referred(
                at=now,
                by=ask.by,
                capacity=capacity_of(person, step, office),
                step=len(record.steps) + 1,
                asked=FOR_FOLLOW_UP,
                to_person=watcher.person_id,
                to_unit=watcher.unit_id,
                parent=step.number,
                cause="person",
                note=words(ask.note),
                awaits=REPLY,
            ),
        )
    )


def awaiting(record: Record) -> Step | None:
    """The step by which the record waits for a reply."""
    return next((s for s in record.open_steps if s.awaits == REPLY), None)
