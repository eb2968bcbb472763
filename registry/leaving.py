################################################################
# What waits for somebody who has left
################################################################
#
# Rule 1: it goes to whoever has their post now (acting by order, or in the same post of the same unit), else to the
#         head of the unit, else to the head above, else to whoever asked, else to the register. By event: the sheet
#         says why.
# Rule 2: nobody gets what they are not cleared for. What nobody can have stays where it is, for an operator to see.

from collections.abc import Iterator
from datetime import datetime

from registry.commands import HandOver
from registry.decisions import Accepted, Decision, Nothing
from registry.delegation import ACTING
from registry.events import Referred
from registry.office import SYSTEM, Office, Person
from registry.record import OPEN, Record, Step
from registry.vocabulary import FOR_REVIEW, may_see


def decide_hand_over(ask: HandOver, record: Record, office: Office, now: datetime) -> Decision:
    """Put what waited for somebody who has left before whoever has it from now on."""
    step = record.step(ask.step)
    if step is None or step.state != OPEN or step.to_person is None:
        return Nothing()
    leaver = office.people.get(step.to_person)
    if leaver is not None and leaver.active:
        return Nothing()
    waiting = {asker.to_person for asker in _askers(record, step)}
    fit = [p for p in _successors(leaver, step, office, now) if may_see(p.clearance, record.confidentiality)]
    fit.sort(key=lambda person: person.person_id in waiting)  # whoever waits for the answer comes last
    fit += [p for p in _present(_askers(record, step), office) if may_see(p.clearance, record.confidentiality)]
    if fit:
        return Accepted((_passed(step, record, fit[0].person_id, step.to_unit or fit[0].unit_id, now),))
    if step.custody and step.parent is None:
        return Accepted((_passed(step, record, None, record.registry_unit_id, now),))
    return Nothing()


def _passed(step: Step, record: Record, to_person: str | None, to_unit: str, now: datetime) -> Referred:
    return Referred(
        at=now,
        by=SYSTEM,
        step=len(record.steps) + 1,
        asked=step.asked if to_person is not None else FOR_REVIEW,
        to_person=to_person,
        to_unit=to_unit,
        parent=step.parent,
        cause="leaver",
        answers=step.answers,
        resumes=step.number,
        note=step.note,
    )


def _successors(leaver: Person | None, step: Step, office: Office, now: datetime) -> Iterator[Person]:
    """Who has the post, acting or for good; the head of the unit; the head above."""
    for person in office.stand_ins(step.to_person):
        standings = (s for s in person.stands_for if s.is_for(step.to_person, step.to_unit) and s.works(now))
        if any(s.capacity == ACTING for s in standings):
            yield person
    for person in office.members(step.to_unit):
        if leaver is not None and leaver.post and person.post == leaver.post:
            yield person
    for head in (office.head(step.to_unit), office.head_above(step.to_unit)):
        if head is not None:
            yield head


def _askers(record: Record, step: Step) -> Iterator[Step]:
    """The steps of those who wait for this one, the nearest first."""
    parent = record.step(step.parent) if step.parent is not None else None
    while parent is not None:
        yield parent
        parent = record.step(parent.parent) if parent.parent is not None else None


def _present(steps: Iterator[Step], office: Office) -> list[Person]:
    people = (office.person(step.to_person) for step in steps)
    return [person for person in people if person is not None and person.active]
