################################################################
# What happens when the last one has signed: a number, and the addressees
################################################################
#
# Rule 1: the number belongs to the signature: both are one decision, and a draft that is never signed costs none.
# Rule 2: everybody to whom it goes is asked by name, at the moment of issue; where a unit has no head, what is to be
#         read goes to the clerks who keep its register, and for everything else the drafter is asked to see to it.
# Rule 3: what only has to be read does not keep the record open: it is closed, and the acknowledgements come in.

from collections.abc import Iterator
from datetime import datetime

from registry.circuit_events import Numbered
from registry.circuits import EVERYONE, Addressee
from registry.decisions import Refused
from registry.events import Closed, Event, Referred
from registry.numbers import reference, series_of
from registry.office import Office, Person
from registry.record import DONE, Record
from registry.vocabulary import DISPOSITIONS, FOR_ACTION, may_see


def issue(record: Record, serial: int, office: Office, cause: Event, now: datetime) -> list[Event] | Refused:
    """Return what follows from the last signature *cause* on *record*."""
    unit = office.unit(record.registry_unit_id)
    if unit is None:
        return Refused("issue.no_unit")
    year = series_of(office, unit, record.rules, now).year
    number = reference(unit, record.rules, serial, year)
    numbered = Numbered(at=now, by=cause.by, capacity=cause.capacity, serial=serial, year=year, reference=number)
    sent = list(_deliveries(record, office, cause, now))
    if any(DISPOSITIONS[e.asked].custody for e in sent):
        return [numbered, *sent]
    closed = Closed(at=now, by=cause.by, capacity=cause.capacity, outcome="issued", note=None)
    return [numbered, *sent, closed]


def acknowledged(record: Record) -> tuple[int, int]:
    """Return how many of those to whom it went have answered for it, and how many they are."""
    sent = [s for s in record.steps if s.cause == "issue"]
    return sum(s.state == DONE and s.outcome in ("acknowledged", "completed", "approved") for s in sent), len(sent)


def nobody_there(addressee: Addressee, record: Record, office: Office) -> Refused | None:
    """Return why nothing can be put before *addressee*; None where it can."""
    if addressee.unit == EVERYONE:
        return None
    if addressee.person is None and office.unit(addressee.unit) is None:
        return Refused("issue.nobody_there", {"who": addressee.unit})
    target = _target(addressee, office)
    if target is None:
        unit = office.unit(addressee.unit)
        read_only = addressee.person is None and not DISPOSITIONS[addressee.asked].custody
        there = read_only and bool(office.clerks(addressee.unit))
        return None if there else Refused("issue.nobody_there", {"who": unit.ar if unit is not None else ""})
    if not may_see(target.clearance, record.confidentiality):
        return Refused("refer.not_cleared", {"who": target.name})
    return None


def _target(addressee: Addressee, office: Office) -> Person | None:
    if addressee.person is None:
        return office.head(addressee.unit)
    person = office.person(addressee.person)
    return person if person is not None and person.active else office.head(addressee.unit)


def _deliveries(record: Record, office: Office, cause: Event, now: datetime) -> Iterator[Referred]:
    number, told = len(record.steps), set[str | None]()
    for addressee in _each(record, office):
        target = _target(addressee, office)
        to_person, to_unit = target.person_id if target is not None else None, addressee.unit
        asked = addressee.asked
        if nobody_there(addressee, record, office) is not None:
            to_person, to_unit, asked = record.drafter, record.registry_unit_id, FOR_ACTION
        if (to_person or to_unit) in told:
            continue
        told.add(to_person or to_unit)
        number += 1
        yield _sent(record, cause, now, number, asked, to_person, to_unit)
    if record.rules.direction == "out":
        why = "dispatch" if record.recipients else "issue"
        yield _sent(record, cause, now, number + 1, FOR_ACTION, *dispatcher(record, office), why)


def dispatcher(record: Record, office: Office) -> tuple[str | None, str]:
    """Return who sees to it that *record* goes out: the first register that somebody keeps, else its drafter."""
    register = next((u.unit_id for u in office.units.values() if office.clerks(u.unit_id)), None)
    return (None, register) if register is not None else (record.drafter, record.registry_unit_id)


def _each(record: Record, office: Office) -> Iterator[Addressee]:
    """The addressees, everyone by name."""
    for addressee in record.addressees:
        if addressee.unit != EVERYONE:
            yield addressee
            continue
        for person in sorted(office.people.values(), key=lambda p: p.person_id):
            if person.active and may_see(person.clearance, record.confidentiality):
                yield Addressee(person.unit_id, person.person_id, addressee.asked)


def _sent(
    record: Record,
    cause: Event,
    now: datetime,
    step: int,
    asked: str,
    to_person: str | None,
    to_unit: str,
    why: str = "issue",
) -> Referred:
    return Referred(
        at=now,
        by=cause.by,
        capacity=cause.capacity,
        step=step,
        asked=asked,
        to_person=to_person,
        to_unit=to_unit,
        parent=None,
        cause=why,
    )
