"""How a person who holds a record asks another to act."""

from datetime import datetime

from registry.acting import capacity_of, refusal, words
from registry.circulating import may_circulate
from registry.commands import Refer
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import Referred
from registry.office import Office, Person
from registry.record import OPEN, Record, Step
from registry.rights import may_act
from registry.vocabulary import ASKED_FROM_CARDS, DISPOSITIONS, Verb, may_see


def decide_refer(ask: Refer, record: Record, office: Office, now: datetime) -> Decision:
    """Open a step for the person or unit asked; a clerk hands the record over, anybody else waits for the answer."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    target = office.person(ask.to_person) if ask.to_person else office.head(ask.to_unit or "")
    if target is not None and _is_done_already(ask, target, record):
        return Nothing()
    step = record.step(ask.step)
    if not (verdict := may_act(person, record, Verb.REFER, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office, now)
    assert step is not None, "may_act knows the step"
    if ask.asked not in DISPOSITIONS:
        return Refused("refer.unknown_disposition")
    if ask.asked in record.rules.unasked:
        return Refused("refer.not_for_this_kind")
    if DISPOSITIONS[ask.asked].by_heads and not may_circulate(person, office):
        return Refused("refer.not_for_you")
    if (reason := _unfit(target, person, step, record, office, ask.asked)) is not None:
        return Refused(reason, {"who": target.name if target else ""})
    assert target is not None, "_unfit refuses nobody"
    custody = DISPOSITIONS[ask.asked].custody
    hands_over = step.to_person is None and custody
    return Accepted(
        (
            Referred(
                at=now,
                by=ask.by,
                capacity=capacity_of(person, step, office),
                step=len(record.steps) + 1,
                asked=ask.asked,
                to_person=target.person_id,
                to_unit=target.unit_id,
                parent=None if hands_over else step.number,
                cause="person",
                resumes=step.number if hands_over else None,
                note=words(ask.note),
            ),
        )
    )


def offered(person: Person, record: Record, office: Office) -> tuple[str, ...]:
    """Return what *person* may ask in a referral of *record*: what fits its kind, and who they are."""
    may = may_circulate(person, office)
    fits = (code for code in ASKED_FROM_CARDS if code not in record.rules.unasked)
    return tuple(code for code in fits if may or not DISPOSITIONS[code].by_heads)


def _unfit(target: Person | None, by: Person, step: Step, record: Record, office: Office, asked: str) -> str | None:
    if target is None or not target.active:
        return "refer.nobody"
    if target.person_id in (by.person_id, step.to_person):
        return "refer.to_oneself"
    if not may_see(target.clearance, record.confidentiality):
        return "refer.not_cleared"
    if target.person_id in _askers(record, step):
        return "refer.to_the_one_who_asked"
    if DISPOSITIONS[asked].of_heads and target != office.head(target.unit_id):
        return "refer.not_a_head"
    return None


def _askers(record: Record, step: Step) -> set[str]:
    """Everyone who waits for this step: asking one of them would have nobody hold the record's answer."""
    waiting: set[str] = set()
    parent = record.step(step.parent) if step.parent is not None else None
    while parent is not None:
        if parent.to_person:
            waiting.add(parent.to_person)
        parent = record.step(parent.parent) if parent.parent is not None else None
    return waiting


def _is_done_already(ask: Refer, target: Person, record: Record) -> bool:
    """The same person asked the same of the same one from this step, and it is still open."""
    return any(
        (s.opened_by, s.asked, s.to_person) == (ask.by, ask.asked, target.person_id)
        for s in record.steps
        if s.state == OPEN and s.cause == "person" and ask.step in (s.parent, s.resumes)
    )
