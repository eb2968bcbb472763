################################################################
# A letter of ours that answers one that came in: begun from it, joined to it, and the end of what it asked for
################################################################
#
# Rule 1: whoever may read the letter may begin a reply to it, and nobody else learns that there is one. A reply is no
#         less secret than what it answers, when it is begun, written anew and submitted.
# Rule 2: both records say it: the reply from its beginning, the letter by events of its own that name the reply.
# Rule 3: what the letter is told follows from the reply before and after; no decision on the reply names it itself.
# Rule 4: once the reply has left, the letter is answered: whoever was asked to prepare a reply has done so.

from datetime import datetime
from zoneinfo import ZoneInfo

from registry.acting import answered
from registry.answer_commands import NoteOurAnswer
from registry.answer_events import AnswerBegun, AnswerDropped, AnswerLeft
from registry.answers import BEGUN, LEFT, UNLINKED, VOIDED, WITHDRAWN, answer_of
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.effects import Effect
from registry.entities import Entity, named_in
from registry.events import Event, Linked, StepCompleted
from registry.mail import Address
from registry.office import SYSTEM, Office, Person
from registry.record import OPEN, Record, evolve
from registry.rights import may_act
from registry.vocabulary import CONFIDENTIALITIES, FOR_REPLY, Kind, Status, Verb

REPLIES_TO = "replies_to"


def unanswerable(letter: Record | None, person: Person, kind: Kind, now: datetime) -> Refused | None:
    """Why *person* may not begin a reply of *kind* to *letter*; None where they may."""
    # whoever may not read it is told what they would be told of a letter that is not there
    if letter is None or not may_act(person, letter, Verb.READ, now):
        return Refused("reply.unknown_letter")
    if not (verdict := may_act(person, letter, Verb.REPLY, now)):
        return Refused(verdict.reasons[0], {"reference": letter.reference})
    return Refused("reply.goes_out", {"reference": letter.reference}) if kind.direction != "out" else None


def too_open(confidentiality: str, letter: Record | None) -> Refused | None:
    """Why what answers *letter* cannot be as little secret as that; None where it can, or where it answers nothing."""
    if letter is None or confidentiality not in CONFIDENTIALITIES:
        return None
    least = CONFIDENTIALITIES.index(letter.confidentiality)
    if CONFIDENTIALITIES.index(confidentiality) >= least:
        return None
    return Refused("reply.less_secret", {"reference": letter.reference})


def joined(letter: Record, by: str, capacity: str | None, now: datetime) -> Linked:
    """The reply's own line of what it answers."""
    return Linked(
        at=now, by=by, capacity=capacity, to_record=letter.record_id, reference=letter.reference, how=REPLIES_TO
    )


def date_of(letter: Record, zone: ZoneInfo) -> str:
    """The date by which a reply names *letter*: as it is printed on it, else the day on which it came (ISO)."""
    return letter.letter_date.strip() or letter.received_at.astimezone(zone).date().isoformat()


def sender_in(sender: Address, entities: tuple[Entity, ...]) -> Entity | None:
    """Return the entity that wrote: by its address, by a domain that no other has, or by its name."""
    address = sender.address.strip().lower()
    domain = address.rpartition("@")[2]
    by_address = [e for e in entities if address and e.address.lower() == address]
    by_domain = [e for e in entities if domain and e.address.lower().rpartition("@")[2] == domain]
    by_name = [e for e in entities if (e.code,) == named_in(sender.name, entities)]
    return next((found[0] for found in (by_address, by_domain, by_name) if len(found) == 1), None)


def answers_told(before: Record | None, after: Record, by: str) -> tuple[NoteOurAnswer, ...]:
    """Return what the letter that *after* answers, or *before* did, must be told."""
    was, now = _standing(before) if before is not None else None, _standing(after)
    letter = after.in_reply_to or (before.in_reply_to if before is not None else None)
    if letter is None or now == was:
        return ()
    return (
        NoteOurAnswer(
            record_id=letter, by=by, answer=after.record_id, reference=after.reference, state=now or UNLINKED
        ),
    )


def _standing(reply: Record) -> str | None:
    """How it stands with a reply; None where it is none."""
    if reply.in_reply_to is None:
        return None
    if reply.status is Status.VOIDED:
        return VOIDED
    if reply.is_draft:
        return WITHDRAWN if reply.ended else BEGUN
    return LEFT if reply.ended or any(r.sent_at is not None and not r.copy for r in reply.recipients) else BEGUN


def decide_answer(ask: NoteOurAnswer, record: Record | None, office: Office, now: datetime) -> Decision:
    """Note on the letter what became of a reply to it. Never refused: it is told with the reply's own change."""
    if record is None:
        return Nothing()
    known = answer_of(record, ask.answer)
    if ask.state == BEGUN:
        if known is not None:  # one that left and must be sent again has left all the same
            return Nothing()
        return Accepted((AnswerBegun(at=now, by=ask.by, answer=ask.answer, reference=ask.reference),))
    if known is None or known.state not in (BEGUN, LEFT) or known.state == ask.state:
        return Nothing()
    if ask.state != LEFT:
        dropped = AnswerDropped(at=now, by=ask.by, answer=ask.answer, reference=ask.reference, why=ask.state)
        return Accepted((dropped,))
    left = AnswerLeft(at=now, by=ask.by, answer=ask.answer, reference=ask.reference)
    return _prepared(left, record, now)


def _prepared(left: AnswerLeft, record: Record, now: datetime) -> Decision:
    """The reply went out, and so whoever was asked to prepare one has done it; where that was all, the record ends."""
    events: list[Event] = [left]
    effects: list[Effect] = []
    after = evolve(record.record_id, record, left)
    for number in [s.number for s in record.steps if s.asked == FOR_REPLY]:
        step = after.step(number)
        if step is None or step.state != OPEN or after.ended:
            continue
        done = StepCompleted(at=now, by=SYSTEM, step=number, note=left.reference)
        what_follows = answered(after, step, done, "answered", left.reference, now)
        events += what_follows.events
        effects += what_follows.effects
        for event in what_follows.events:
            after = evolve(record.record_id, after, event)
    return Accepted(tuple(events), tuple(effects))
