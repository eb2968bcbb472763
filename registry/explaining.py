"""Why somebody may not act, and who may: `may_act`'s answers, step by step, with the people they speak of."""

from dataclasses import dataclass
from datetime import datetime

from registry.office import Office, Person
from registry.record import OPEN, Record, Step, asked_people
from registry.rights import may_act, right_of
from registry.vocabulary import Verb

BARRED = ("may.own_work", "may.not_delegated", "may.secrecy", "may.inactive")
_ANSWERS = (
    *(Verb.ACKNOWLEDGE, Verb.COMPLETE, Verb.APPROVE, Verb.REJECT),
    *(Verb.RETURN, Verb.REFER, Verb.FILE, Verb.CLOSE),
)  # what is done with a step


@dataclass(frozen=True, slots=True)
class Barred:
    """Somebody who stands in for whoever is asked, and why they may not do this all the same (a text key)."""

    person: Person
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whose turn it is on a step, who may act for them now, and what the person who asks may do with it."""

    step: Step
    asked: tuple[Person, ...]
    stand_ins: tuple[Person, ...]
    barred: tuple[Barred, ...]
    verbs: tuple[Verb, ...]
    acts_for: Person | None  # where they may only for another
    reasons: tuple[str, ...]  # why they may not, as text keys; empty where they may


def explain(person: Person, record: Record, office: Office, at: datetime) -> tuple[Turn, ...]:
    """Return whose turn it is on every open step of *record* at the instant *at*, as *person* is to be told."""
    return tuple(_turn(person, record, step, office, at) for step in record.steps if step.state == OPEN)


def _turn(person: Person, record: Record, step: Step, office: Office, at: datetime) -> Turn:
    main = _answer_of(step)
    allowed, barred = [], []
    for one in office.stand_ins(step.to_person) if step.to_person is not None else ():
        reasons = may_act(one, record, main, at, step.number).reasons
        if not reasons:
            allowed.append(one)
        elif reasons[0] in BARRED:  # "not yours": who would stand in at another time
            barred.append(Barred(one, reasons[0]))
    verbs = tuple(v for v in _ANSWERS if may_act(person, record, v, at, step.number))
    right = right_of(person, record, step.number, at)
    return Turn(
        step=step,
        asked=tuple(p for p in asked_people(step, office) if p.active),
        stand_ins=tuple(allowed),
        barred=tuple(barred),
        verbs=verbs,
        acts_for=office.person(right.for_person) if right is not None else None,
        reasons=() if verbs else may_act(person, record, main, at, step.number).reasons,
    )


def _answer_of(step: Step) -> Verb:
    """The verb that answers what is asked; of a register, the one by which it passes a record on."""
    if step.to_person is None and step.custody:
        return Verb.REFER
    return min(step.disposition.closed_by)
