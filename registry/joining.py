################################################################
# Records that have to do with one another: links, and matters
################################################################
#
# Rule 1: a link stands on both records, each saying it from its own side, or on neither.
# Rule 2: a matter is what belongs together: every record of it says the same id. Who joins two records joins all that
#         belongs to either; who leaves goes alone.
# Rule 3: nobody links what they may not read.
# Rule 4: the reply that a record waits for ends that wait when it is linked.

from datetime import datetime

from registry.acting import put_before_asker, refusal, words
from registry.circulating import awaiting
from registry.commands import Command, JoinMatter, LeaveMatter, NoteMatter, NoteRelation, Relate, Unrelate
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatch_events import RecipientReached
from registry.events import Closed, Event, Linked, Referred, StepCompleted
from registry.office import SYSTEM, Office, Person
from registry.recipients import ANSWERED, all_gone, is_dispatched
from registry.record import Link, Record, evolve
from registry.rights import is_clerk, may_act
from registry.verb_events import MatterJoined, MatterLeft, Unlinked
from registry.vocabulary import INVERSE, Status, Verb

MOST_IN_A_MATTER = 200  # records that are joined in one transaction


def decide_relate(ask: Relate, record: Record, office: Office, now: datetime) -> Decision:
    """Link the record with another one, as `relation` says it."""
    person = office.person(ask.by)
    if (reason := _unfit(ask, person, record, office, now)) is not None:
        return reason
    assert person is not None, "_unfit refuses nobody"
    assert ask.other is not None, "_unfit refuses what is not there"
    if _is_linked(record, ask.to_record, ask.relation):
        return Nothing()
    there = Link(record_id=record.record_id, reference=record.reference, how=INVERSE[ask.relation])
    events = reply_linked(
        record, ask.by, ask.to_record, ask.other.reference, ask.relation, _capacity(person, record), now
    )
    return Accepted(events, then=(NoteRelation(record_id=ask.to_record, by=ask.by, link=there),))


def decide_unrelate(ask: Unrelate, record: Record, office: Office, now: datetime) -> Decision:
    """Say that the link was wrong; the line that made it stands."""
    person = office.person(ask.by)
    if (reason := _unfit(ask, person, record, office, now)) is not None:
        return reason
    assert person is not None, "_unfit refuses nobody"
    assert ask.other is not None, "_unfit refuses what is not there"
    if not _is_linked(record, ask.to_record, ask.relation):
        return Nothing()
    there = Link(record_id=record.record_id, reference=record.reference, how=INVERSE[ask.relation])
    ended = Unlinked(
        at=now,
        by=ask.by,
        capacity=_capacity(person, record),
        to_record=ask.to_record,
        reference=ask.other.reference,
        how=ask.relation,
    )
    return Accepted((ended,), then=(NoteRelation(record_id=ask.to_record, by=ask.by, link=there, ended=True),))


def decide_relation(ask: NoteRelation, record: Record, office: Office, now: datetime) -> Decision:
    """The other side of a link."""
    person = office.person(ask.by)
    capacity = _capacity(person, record) if person is not None else None
    there, how = ask.link, ask.link.how
    if _is_linked(record, there.record_id, how) is not ask.ended:
        return Nothing()
    if ask.ended:
        return Accepted(
            (
                Unlinked(
                    at=now,
                    by=ask.by,
                    capacity=capacity,
                    to_record=there.record_id,
                    reference=there.reference,
                    how=how,
                ),
            )
        )
    return Accepted(reply_linked(record, ask.by, there.record_id, there.reference, how, capacity, now))


def decide_join(ask: JoinMatter, record: Record, office: Office, now: datetime) -> Decision:
    """Join the record, and all that belongs to it, to the matter of the other one."""
    person = office.person(ask.by)
    if (reason := _unfit(ask, person, record, office, now)) is not None:
        return reason
    assert person is not None, "_unfit refuses nobody"
    assert ask.other is not None, "_unfit refuses what is not there"
    other = ask.other
    if record.matter_id is not None and record.matter_id == other.matter_id:
        return Nothing()
    if len(ask.members) > MOST_IN_A_MATTER:
        return Refused("matter.too_large", {"most": str(MOST_IN_A_MATTER)})
    matter_id = other.matter_id or record.matter_id or ask.matter_id
    moves = matter_id != record.matter_id
    joined = MatterJoined(
        at=now, by=ask.by, capacity=_capacity(person, record), matter_id=matter_id, reference=other.reference
    )
    also: list[Command] = [
        NoteMatter(record_id=member, by=ask.by, matter_id=matter_id, reference=other.reference)
        for member in ask.members
        if moves and member != record.record_id
    ]
    if other.matter_id is None:
        also.append(NoteMatter(record_id=ask.to_record, by=ask.by, matter_id=matter_id, reference=record.reference))
    return Accepted((joined,), then=tuple(also))


def decide_matter(ask: NoteMatter, record: Record, office: Office, now: datetime) -> Decision:
    """What comes along into a matter."""
    if record.matter_id == ask.matter_id:
        return Nothing()
    person = office.person(ask.by)
    capacity = _capacity(person, record) if person is not None else None
    return Accepted(
        (MatterJoined(at=now, by=ask.by, capacity=capacity, matter_id=ask.matter_id, reference=ask.reference),)
    )


def decide_leave(ask: LeaveMatter, record: Record, office: Office, now: datetime) -> Decision:
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if record.matter_id is None:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.LINK, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if (note := words(ask.note)) is None:
        return Refused("say.reason_missing")
    left = MatterLeft(at=now, by=ask.by, capacity=_capacity(person, record), matter_id=record.matter_id, note=note)
    return Accepted((left,))


def _unfit(
    ask: Relate | Unrelate | JoinMatter, person: Person | None, record: Record, office: Office, now: datetime
) -> Refused | None:
    if person is None:
        return Refused("may.unknown_person")
    if not (verdict := may_act(person, record, Verb.LINK, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if not isinstance(ask, JoinMatter) and ask.relation not in INVERSE:
        return Refused("link.unknown_relation")
    if ask.to_record == record.record_id:
        return Refused("link.to_itself")
    # whoever may not read it is told what they would be told of a number that nobody has
    if ask.other is None or not ask.other.rules.listed or not may_act(person, ask.other, Verb.READ, now):
        return Refused("link.unknown_record")
    if ask.other.status is Status.VOIDED and not isinstance(ask, Unrelate):
        return Refused("link.voided", {"reference": ask.other.reference})
    return None


def _is_linked(record: Record, to_record: str, how: str) -> bool:
    return any((link.record_id, link.how) == (to_record, how) for link in record.links)


def _capacity(person: Person, record: Record) -> str:
    return "clerk" if is_clerk(person, record.registry_unit_id) else "member"


def reply_linked(
    record: Record, by: str, to_record: str, reference: str, how: str, capacity: str | None, now: datetime
) -> tuple[Event, ...]:
    """The link; where it names the reply that the record waits for, the end of that wait as well, and what is then
    known of whoever replied."""
    linked = Linked(at=now, by=by, capacity=capacity, to_record=to_record, reference=reference, how=how)
    if how != "replied_by":
        return (linked,)
    events: tuple[Event, ...] = (linked,)
    if by != SYSTEM and len(record.recipients) == 1 and is_dispatched(record):
        only = record.recipients[0]
        if only.state != ANSWERED:
            events += (
                RecipientReached(
                    at=now, by=by, capacity=capacity, recipient=only.number, attempt=only.attempt, state=ANSWERED
                ),
            )
    watch = awaiting(record)
    if watch is None:
        return events
    completed = StepCompleted(at=now, by=by, capacity=capacity, step=watch.number, note=reference)
    after = evolve(record.record_id, record, completed)
    asker = record.step(watch.parent) if watch.parent is not None else None
    siblings = [s for s in after.steps if s.parent == watch.parent and s.custody]
    if asker is not None and asker.cause == "dispatch" and all_gone(record) and len(siblings) == 1:
        # it went to everybody and came back answered: whoever dispatched it has nothing left to see to
        closed = Closed(at=now, by=by, capacity=capacity, outcome="answered", note=reference)
        return (*events, completed, closed)
    ended = after.step(watch.number)
    assert ended is not None, "it was there a moment ago"
    back: Referred = put_before_asker(after, ended, siblings, completed)
    return (*events, completed, back)
