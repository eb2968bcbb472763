"""How a record ends that should not have been made, and how one goes on after its end."""

from datetime import datetime

from registry.acting import capacity_of, refusal, words
from registry.commands import Reopen, Void
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import Referred
from registry.office import Office
from registry.record import Record, Step
from registry.rights import is_clerk, may_act
from registry.verb_events import Reopened, Voided
from registry.vocabulary import FOR_REVIEW, Status, Verb


def decide_void(ask: Void, record: Record, office: Office, now: datetime) -> Decision:
    """End the record with its number kept. Whoever forwarded the letter is not answered: nothing was done."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if record.status is Status.VOIDED and record.ended_by == ask.by:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.VOID, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if (note := words(ask.note)) is None:
        return Refused("say.reason_missing")
    capacity = "clerk" if is_clerk(person, record.registry_unit_id) else "head"
    return Accepted((Voided(at=now, by=ask.by, capacity=capacity, note=note),))


def decide_reopen(ask: Reopen, record: Record, office: Office, now: datetime) -> Decision:
    """Go on: whoever ended it has it again; where a clerk opens it, it lies with the register.

    Not while the answer to the first end is on its way: what it says would be wrong before it arrives.
    """
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if not (verdict := may_act(person, record, Verb.REOPEN, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if _reply_on_its_way(record):
        return Refused("reopen.reply_on_its_way", {"reference": record.reference})
    if (note := words(ask.note)) is None:
        return Refused("say.reason_missing")
    clerk = is_clerk(person, record.registry_unit_id)
    last = None if clerk else _last_of(record, ask.by)
    capacity = "clerk" if last is None else capacity_of(person, last, office)
    referred = Referred(
        at=now,
        by=ask.by,
        capacity=capacity,
        step=len(record.steps) + 1,
        asked=last.asked if last is not None else FOR_REVIEW,
        to_person=ask.by if last is not None else None,
        to_unit=last.to_unit if last is not None else record.registry_unit_id,
        parent=None,
        cause="reopening",
        answers=last.answers if last is not None else (),
        note=note,
        awaits=last.awaits if last is not None else None,
    )
    return Accepted((Reopened(at=now, by=ask.by, capacity=capacity, note=note), referred))


def _reply_on_its_way(record: Record) -> bool:
    if not record.needs_reply or {"DraftReply", "SendReply"} & set(record.stuck):
        return False
    return record.reply is None or record.reply.sent_at is None


def _last_of(record: Record, person: str) -> Step | None:
    """The last step by which *person* held the record."""
    return next((s for s in reversed(record.steps) if s.to_person == person and s.custody), None)
