################################################################
# What was asked, taken back
################################################################
#
# Rule 1: whoever asked takes the question back until somebody has opened it: looked at its card, or acted. From then on
#         the answer says who opened it, and it is theirs to give it back.
# Rule 2: then they have the record again as they had it, with what others have answered meanwhile.
# Rule 3: a step that nobody could end any more goes to the register: see `withdrawn`.

from datetime import datetime

from registry.acting import capacity_of, put_before_asker, refusal, words
from registry.commands import NoteOpened, Recall
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import Event, Referred
from registry.office import SYSTEM, Office
from registry.record import DONE, OPEN, REFERRED, Record, Step, evolve
from registry.rights import is_asked, may_act
from registry.verb_events import StepOpened, StepRecalled
from registry.vocabulary import FOR_REVIEW, Verb, may_see


def decide_recall(ask: Recall, record: Record, office: Office, now: datetime) -> Decision:
    """Take back what was asked by the step."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    if step is not None and (step.outcome, step.ended_by) == ("recalled", ask.by):
        return Nothing()
    if not (verdict := may_act(person, record, Verb.RECALL, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    asker = record.step(step.parent or step.resumes or 0)
    capacity = capacity_of(person, asker, office) if asker is not None else "member"
    recalled = StepRecalled(at=now, by=ask.by, capacity=capacity, step=step.number, note=words(ask.note))
    back = _back(record, step, recalled) if step.custody and not record.ended else None
    return Accepted((recalled, back) if back is not None else (recalled,))


def decide_opened(ask: NoteOpened, record: Record, office: Office, now: datetime) -> Decision:
    """Note that whoever was asked by a person, or in a circuit, looked at it; only the first time says something."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None or step is None or step.state != OPEN or step.read_at is not None:
        return Nothing()
    if step.cause != "person" and step.stage is None:
        return Nothing()
    if not person.active or not is_asked(person, step):
        return Nothing()
    return Accepted((StepOpened(at=now, by=ask.by, capacity=capacity_of(person, step, office), step=step.number),))


def withdrawn(record: Record, confidentiality: str, office: Office, at: datetime) -> tuple[Event, ...]:
    """What must be taken from those who may not see the record any more, now that it is marked *confidentiality*.

    Where one of them holds it or waits for it, nobody could go on from there: it goes to the register, where a person
    must choose who sees it.
    """
    if record.ended:
        return ()
    blind = {s.number for s in record.steps if s.state != DONE and not _sees(s, confidentiality, office)}
    held = [s for s in record.steps if s.custody and s.state in (OPEN, REFERRED)]
    moves = any(s.number in blind for s in held)
    ended = blind | ({s.number for s in held} if moves else set())
    events: list[Event] = [StepRecalled(at=at, by=SYSTEM, step=n, note=None) for n in sorted(ended)]
    if moves:
        events.append(
            Referred(
                at=at,
                by=SYSTEM,
                step=len(record.steps) + 1,
                asked=FOR_REVIEW,
                to_person=None,
                to_unit=record.registry_unit_id,
                parent=None,
                cause="secrecy",
                rule="secret",
            )
        )
    return tuple(events)


def _sees(step: Step, confidentiality: str, office: Office) -> bool:
    """A register routes what it may not read, by the number."""
    if step.to_person is None:
        return True
    person = office.person(step.to_person)
    return person is not None and may_see(person.clearance, confidentiality)


def _back(record: Record, step: Step, recalled: StepRecalled) -> Referred | None:
    """The record, before whoever asked; None while others whom they asked still hold it."""
    after = evolve(record.record_id, record, recalled)
    if step.parent is None:
        return _again(after, record.step(step.resumes or 0), recalled, resumes=None)
    siblings = [s for s in after.steps if s.parent == step.parent and s.custody]
    if any(s.state in (OPEN, REFERRED) for s in siblings):
        return None
    said = {n for s in after.steps for n in s.answers}
    answered = [s for s in siblings if s.outcome in ("completed", "approved", "filed") and s.number not in said]
    if answered:
        return put_before_asker(after, answered[-1], siblings, recalled)
    return _again(after, after.step(step.parent), recalled, resumes=step.parent)


def _again(record: Record, had: Step | None, recalled: StepRecalled, *, resumes: int | None) -> Referred:
    assert had is not None, "whoever asked had a step"
    return Referred(
        at=recalled.at,
        by=recalled.by,
        capacity=recalled.capacity,
        step=len(record.steps) + 1,
        asked=had.asked,
        to_person=had.to_person,
        to_unit=had.to_unit,
        parent=had.parent,
        cause="recall",
        answers=had.answers,
        resumes=resumes,
        awaits=had.awaits,
    )
