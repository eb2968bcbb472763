################################################################
# From the office's rules to the circuit of one record
################################################################
#
# Rule 1: a circuit is planned when the record is submitted: who heads a unit then sits in it by name.
# Rule 2: what cannot be planned is refused, and the refusal says what is missing and whose turn it is: a circuit that
#         nobody can finish is never begun.
# Rule 3: where the drafter would decide on their own draft, the head above them does.

from collections.abc import Iterable

from registry.circuits import (
    ABOVE,
    ALL,
    ANY,
    APPROVE,
    HEAD,
    MODES,
    MOST_SEATS,
    MOST_STAGES,
    OPEN,
    OPINION,
    PERSON,
    QUORUM,
    SIGN,
    WAITING,
    Circuits,
    Seat,
    Stage,
    StageRule,
    Who,
)
from registry.decisions import Refused
from registry.office import Office, Person
from registry.record import Record
from registry.vocabulary import may_see
from texts import search_key


def plan(record: Record, office: Office) -> tuple[Stage, ...] | Refused:
    """Return the stages that *record* goes through, or why it cannot."""
    rule = office.circuits.rule(record.kind, record.registry_unit_id, record.level)
    if rule is None:
        return Refused("circuit.none")
    stages: list[Stage] = []
    for number, laid_down in enumerate(rule.stages, start=1):
        seats = _seats(laid_down, record, office)
        if isinstance(seats, Refused):
            return seats
        if not seats or (laid_down.mode == QUORUM and len(seats) < laid_down.quorum):
            return Refused("circuit.nobody", {"stage": str(number)})
        groups = [(seat,) for seat in seats] if laid_down.in_turn else [seats]
        stages += [
            Stage(
                number=len(stages) + n,
                act=laid_down.act,
                seats=group,
                mode=ALL if laid_down.in_turn else laid_down.mode,
                quorum=laid_down.quorum,
                fixed=laid_down.fixed or laid_down.act == SIGN,
            )
            for n, group in enumerate(groups, start=1)
        ]
    return fault(stages, record, office) or tuple(stages)


def fault(stages: Iterable[Stage], record: Record, office: Office) -> Refused | None:
    """Return why these stages can be nobody's way; None where they can."""
    listed = list(stages)
    if not listed or listed[-1].act != SIGN or len(listed) > MOST_STAGES:
        return Refused("circuit.no_signature")
    approve = {seat.person for s in listed if s.act == APPROVE for seat in s.seats}
    for stage in (s for s in listed if s.state in (WAITING, OPEN)):
        if stage.mode not in MODES or not 1 <= stage.needed <= len(stage.seats) <= MOST_SEATS:
            return Refused("circuit.nobody", {"stage": str(stage.number)})
        if len({seat.person for seat in stage.seats}) < len(stage.seats):
            return Refused("circuit.twice")
        for seat in stage.seats:
            person = office.person(seat.person)
            if (why := _unfit(person, stage, record)) is not None:
                return Refused(why, {"who": person.name if person is not None else ""})
            if stage.act == SIGN and seat.person in approve:
                return Refused("circuit.one_person", {"who": person.name if person is not None else ""})
    return None


def _unfit(person: Person | None, stage: Stage, record: Record) -> str | None:
    if person is None or not person.active:
        return "refer.nobody"
    if person.person_id == record.drafter:
        return "circuit.own_draft"
    if not may_see(person.clearance, record.confidentiality):
        return "refer.not_cleared"
    if stage.act == SIGN and person.signs < max(record.level, 1):
        return "circuit.level"
    return None


def seat_now(seat: Seat, stage: Stage, record: Record, office: Office) -> Seat:
    """Return who takes *seat* when its stage is opened: where its person has left, whoever heads their unit by then."""
    person = office.person(seat.person)
    if person is not None and person.active:
        return seat
    taken = {s.person for s in stage.seats}
    for head in (office.head(seat.unit), office.head_above(seat.unit)):
        if head is not None and head.person_id not in taken and _unfit(head, stage, record) is None:
            return Seat(head.person_id, seat.unit)
    return seat


def _seats(laid_down: StageRule, record: Record, office: Office) -> tuple[Seat, ...] | Refused:
    found: dict[str, Seat] = {}
    for who in laid_down.who:
        people = [p for p in _people(who, record, office) if p.person_id != record.drafter]
        if not people and laid_down.act != OPINION and laid_down.mode != ANY:
            return Refused("circuit.no_holder", {"who": _named(who, office)})
        for person in people:
            found.setdefault(person.person_id, Seat(person.person_id, person.unit_id))
    return tuple(found.values())


def _people(who: Who, record: Record, office: Office) -> list[Person]:
    unit = who.of or record.registry_unit_id
    match who.way:
        case way if way == HEAD:
            head = office.head(unit)
            if head is None or head.person_id == record.drafter:
                head = office.head_above(unit)
            return [head] if head is not None else []
        case way if way == ABOVE:
            above = office.head_above(unit)
            return [above] if above is not None else []
        case way if way == PERSON:
            named = office.by_address(who.of) or office.person(who.of)
            return [named] if named is not None and named.active else []
        case _:
            key = search_key(who.of)
            held = (p for p in office.people.values() if p.active and search_key(p.post) == key)
            return sorted(held, key=lambda p: p.person_id)


def _named(who: Who, office: Office) -> str:
    unit = office.unit(who.of)
    return unit.ar if unit is not None else who.of


def level_of(person_upn: str, heads: Iterable[str], circuits: Circuits) -> int:
    """Return the level at which somebody signs: the highest that names them or a unit which they head."""
    headed = set(heads)
    if not circuits.levels:
        return 1 if headed else 0
    upn = person_upn.lower()
    return max(
        (n for n, level in enumerate(circuits.levels, start=1) if upn in level.people or headed & set(level.heads_of)),
        default=0,
    )
