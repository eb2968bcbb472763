################################################################
# A letter of ours on its way out: dispatched, drafted, sent; bounced, delivered, read, answered
################################################################
#
# Rule 1: a letter goes out once it is sealed: by a mail of its own to every recipient who takes mail, by the register's
#         hand to all others. What is more secret than the office allows is never mailed.
# Rule 2: as with every mail of ours, the draft's id is on record before it is sent; only that one may be sent.
# Rule 3: whoever dispatches holds the record until it went to everybody. What does not go out or comes back is put
#         before them, also after the record had ended: somebody must see to it.
# Rule 4: who answers in the thread, from where the letter went, has answered; whatever else names our letter may be an
#         answer, and a person says so.
# Rule 5: which mails are due follows from the record before and after; no decision names them itself.

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from registry.acting import refusal, words
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatch_commands import (
    Dispatch,
    DispatchCommand,
    NoteAnswer,
    NoteLetterDrafted,
    NoteLetterRefused,
    NoteLetterSent,
    Resend,
)
from registry.dispatch_effects import DispatchLetter, DraftLetter, SendLetter
from registry.dispatch_events import (
    Dispatched,
    LetterDrafted,
    LetterSent,
    Readdressed,
    RecipientMissed,
    RecipientReached,
)
from registry.effects import Effect, RefreshCard
from registry.entities import HAND, MAIL, is_address
from registry.events import Closed, Event, Referred, StepCompleted
from registry.issuing import dispatcher
from registry.joining import reply_linked
from registry.mail import Address, Mail, Report
from registry.office import SYSTEM, Office
from registry.reaching import mailbox_of
from registry.recipients import (
    ANSWERED,
    BOUNCED,
    CHOSEN,
    DELIVERED,
    DRAFTED,
    FAILED,
    ON_ITS_WAY,
    PENDING,
    READ,
    REFUSED,
    Addressed,
    Recipient,
    all_gone,
    is_dispatched,
    recipient_of,
    told_of,
)
from registry.record import OPEN, REFERRED, Link, Record, Step, asked_people, evolve
from registry.rights import may_act, stand_ins
from registry.vocabulary import FOR_ACTION, FOR_DRAFTING, FOR_FOLLOW_UP, INVERSE, REPLY, Status, Verb, may_see

DISPATCH = "dispatch"  # the cause of the step by which somebody sees to it that the letter reaches everybody
_RECEIPTS = {"delivered": DELIVERED, "displayed": READ}  # what proves that it arrived; the rest is only noted


def due(before: Record | None, after: Record, office: Office) -> tuple[Effect, ...]:
    """Return what must be done for the letter outside, and the cards that must change, now that the record has."""
    return tuple(_due(before, after, office)) if after.recipients and not after.is_draft else ()


def _due(before: Record | None, after: Record, office: Office) -> Iterator[Effect]:
    record_id, was_sealed = after.record_id, before is not None and before.sealed is not None
    if after.sealed is not None and not was_sealed and not is_dispatched(after):
        yield DispatchLetter(record_id=record_id)
    known = before.recipients if before is not None else ()
    for new in after.recipients:
        old = known[new.number - 1] if new.number <= len(known) else None
        again = old is None or old.attempt != new.attempt
        if new.state == PENDING and (again or old is None or old.state != PENDING):
            yield DraftLetter(record_id=record_id, recipient=new.number, attempt=new.attempt)
        if new.item_id and (again or old is None or old.item_id != new.item_id):
            yield SendLetter(
                record_id=record_id,
                recipient=new.number,
                attempt=new.attempt,
                mailbox=new.mailbox,
                item_id=new.item_id,
            )
    if before is not None and _shown(before) != _shown(after):
        for step in _steps_shown(before, after):
            people = (*asked_people(step, office), *stand_ins(after, step, office, after.updated_at))
            for person in dict.fromkeys(p.person_id for p in people):
                yield RefreshCard(record_id=record_id, step=step.number, person=person)


def _shown(record: Record) -> list[tuple[str, str, str | None]]:
    """What cards show of the recipients: that a mail is drafted and not sent yet is nobody's business."""
    return [(PENDING if r.state == DRAFTED else r.state, r.address, r.why) for r in record.recipients]


def _under_way(record: Record) -> bool:
    """Whether its cards say of somebody that it is still to go out to them."""
    return any(r.state == CHOSEN or r.state in ON_ITS_WAY for r in record.recipients)


def _steps_shown(before: Record, after: Record) -> Iterator[Step]:
    """Whose cards show it: whoever holds the record, and its drafter; everybody's once it is on its way to nobody any
    more. What is asked only now has a card of its own."""
    drafting = [s.number for s in after.steps if s.asked == FOR_DRAFTING][-1:]
    went = _under_way(before) and not _under_way(after)
    for step in after.steps[: len(before.steps)]:
        if went or (step.state in (OPEN, REFERRED) and step.custody) or step.number in drafting:
            yield step


def decide_dispatch(ask: DispatchCommand, record: Record | None, office: Office, now: datetime) -> Decision:
    """Judge a command of dispatch_commands.py."""
    if record is None:
        return Nothing() if isinstance(ask, NoteAnswer) else Refused("record.unknown")
    decision: Decision = _DECIDES[type(ask)](ask, record, office, now)
    return decision


# ---------------------------------------------------------------- on its way


def _dispatch(ask: Dispatch, record: Record, office: Office, now: datetime) -> Decision:
    """Fix to whom it goes, and by which way."""
    unfit = record.sealed is None or record.is_draft or record.ended
    if unfit or not record.recipients or is_dispatched(record):
        return Nothing()
    listed = tuple(_addressed(r, record, office) for r in record.recipients)
    return Accepted((Dispatched(at=now, by=SYSTEM, outside=listed),))


def _addressed(recipient: Recipient, record: Record, office: Office) -> Addressed:
    entity = office.entities.get(recipient.entity)
    mailed = entity is not None and entity.channel == MAIL and is_address(entity.address)
    if not mailed or not may_be_mailed(record, office) or sending_mailbox(record, office) is None:
        channel = entity.channel if entity is not None and entity.channel != MAIL else HAND
        mailed = False
    else:
        channel = MAIL
    return Addressed(
        number=recipient.number,
        entity=recipient.entity,
        ar=entity.ar if entity is not None else recipient.entity,
        en=entity.en if entity is not None else recipient.entity,
        channel=channel,
        address=entity.address if entity is not None and mailed else "",
        copy=recipient.copy,
    )


def may_be_mailed(record: Record, office: Office) -> bool:
    """Whether the office sends by mail what is as secret as *record*."""
    return may_see(office.mail_up_to, record.confidentiality)


def sending_mailbox(record: Record, office: Office) -> str | None:
    """Return the mailbox out of which a letter goes: its unit's, else the dispatcher's, else any register's."""
    own = mailbox_of(record, office)
    _, unit_id = dispatcher(record, office)
    units = (office.unit(unit_id), *office.units.values())
    return own or next((u.registry_for[0] for u in units if u is not None and u.registry_for), None)


def still_due(record: Record, number: int, attempt: int) -> bool:
    """Whether the mail of this attempt is still to be made or sent."""
    recipient = recipient_of(record, number)
    if recipient is None or recipient.attempt != attempt or record.status is Status.VOIDED:
        return False
    return recipient.state != REFUSED


def _drafted(ask: NoteLetterDrafted, record: Record, office: Office, now: datetime) -> Decision:
    recipient = _of_attempt(ask, record)
    if recipient is None or recipient.item_id:
        return Nothing()
    event = LetterDrafted(
        at=now,
        by=SYSTEM,
        recipient=ask.recipient,
        attempt=ask.attempt,
        mailbox=ask.mailbox,
        item_id=ask.item_id,
        internet_message_id=ask.internet_message_id,
    )
    return Accepted((event,))


def _sent(ask: NoteLetterSent, record: Record, office: Office, now: datetime) -> Decision:
    recipient = _of_attempt(ask, record)
    if recipient is None or recipient.sent_at is not None:
        return Nothing()
    sent = LetterSent(
        at=now,
        by=SYSTEM,
        recipient=ask.recipient,
        attempt=ask.attempt,
        internet_message_id=ask.internet_message_id,
    )
    return Accepted(_with_end((sent,), record, office, now))


def _refused(ask: NoteLetterRefused, record: Record, office: Office, now: datetime) -> Decision:
    recipient = _of_attempt(ask, record)
    if recipient is None or recipient.sent_at is not None or recipient.state in FAILED:
        return Nothing()
    return Accepted(_missed(recipient, record, office, now, state=REFUSED, why=ask.reason))


def _of_attempt(ask: NoteLetterDrafted | NoteLetterSent | NoteLetterRefused, record: Record) -> Recipient | None:
    recipient = recipient_of(record, ask.recipient)
    return recipient if recipient is not None and recipient.attempt == ask.attempt else None


def _with_end(events: tuple[Event, ...], record: Record, office: Office, now: datetime) -> tuple[Event, ...]:
    """*events*, and where by them it has gone to everybody, the end of whoever had to see to that."""
    after = record
    for event in events:
        after = evolve(record.record_id, after, event)
    if not all_gone(after) or after.ended:
        return events
    ended = [StepCompleted(at=now, by=SYSTEM, step=s.number, note=None) for s in _dispatching(after)]
    if not ended:
        return events
    over = {e.step for e in ended}
    if any(s.custody and s.state in (OPEN, REFERRED) and s.number not in over for s in after.steps):
        return (*events, *ended)
    watch = _watch(after, ended[-1].step, office, now)
    if watch is not None:
        return (*events, *ended, watch)
    return (*events, *ended, Closed(at=now, by=SYSTEM, outcome="issued", note=None))


def _watch(record: Record, step: int, office: Office, now: datetime) -> Referred | None:
    """Who follows up until the reply that is expected is there: whoever drafted it, while they are here."""
    drafter = office.person(record.drafter)
    replied = any(link.how == INVERSE["replies_to"] for link in record.links)
    if not record.expects_reply or replied or drafter is None or not drafter.active:
        return None
    return Referred(
        at=now,
        by=SYSTEM,
        step=len(record.steps) + 1,
        asked=FOR_FOLLOW_UP,
        to_person=drafter.person_id,
        to_unit=drafter.unit_id,
        parent=step,
        cause=DISPATCH,
        awaits=REPLY,
    )


def _dispatching(record: Record) -> list[Step]:
    """The open steps of whoever sees to it that it reaches everybody."""
    return [s for s in record.steps if s.cause == DISPATCH and s.state == OPEN and s.awaits is None]


# ---------------------------------------------------------------- what became of it


def told(report: Report | None, answers: str, record: Record, office: Office, now: datetime) -> tuple[Event, ...]:
    """Return what a mail system's *report* about the mail `answers` says of a recipient; nothing where it is about
    none, or says nothing new."""
    if report is None or not is_dispatched(record):
        return ()
    recipient = told_of(record, (answers, *report.about), report.our_key)
    if recipient is None:
        return ()
    if report.what == "failed":
        status = report.status or None
        return _missed(recipient, record, office, now, state=BOUNCED, why=_why(report.status), status=status)
    state = _RECEIPTS.get(report.what)
    if state is None:
        return ()
    reached = RecipientReached(at=now, by=SYSTEM, recipient=recipient.number, attempt=recipient.attempt, state=state)
    return _with_end((reached,), record, office, now) if _is_new(reached, record) else ()


def _is_new(event: Event, record: Record) -> bool:
    return evolve(record.record_id, record, event).recipients != record.recipients


def _missed(recipient: Recipient, record: Record, office: Office, now: datetime, **what: Any) -> tuple[Event, ...]:
    """That it did not reach *recipient*, and the task of whoever dispatches, unless they have it."""
    missed = RecipientMissed(at=now, by=SYSTEM, recipient=recipient.number, attempt=recipient.attempt, **what)
    if not _is_new(missed, record):
        return ()
    after = evolve(record.record_id, record, missed)
    if after.status is Status.VOIDED or _dispatching(after):
        return (missed,)
    return (missed, _task(after, office, now, SYSTEM, None))


def _task(record: Record, office: Office, now: datetime, by: str, capacity: str | None) -> Referred:
    to_person, to_unit = dispatcher(record, office)
    return Referred(
        at=now,
        by=by,
        capacity=capacity,
        step=len(record.steps) + 1,
        asked=FOR_ACTION,
        to_person=to_person,
        to_unit=to_unit,
        parent=None,
        cause=DISPATCH,
    )


def _why(status: str) -> str:
    """What a code of RFC 3463 means to whoever must act: a wrong address, a full mailbox, too large, refused there."""
    group = ".".join(status.split(".")[1:2])
    detail = status.rpartition(".")[2]
    if status.startswith("5.2.2") or status.startswith("4.2.2"):
        return "dispatch.why.full"
    if group in ("1", "2") or status.startswith("5.4.1"):
        return "dispatch.why.address"
    if group == "3" and detail == "4":
        return "dispatch.why.too_large"
    return "dispatch.why.refused_there" if group in ("5", "6", "7") else "dispatch.why.not_delivered"


def answer_to(mail: Mail, record: Record) -> Link | None:
    """Return how *mail*, which answers a mail of ours, has to do with the outgoing *record*; None where it is none."""
    if record.direction != "out" or not is_dispatched(record):
        return None
    recipient = told_of(record, mail.references)
    if recipient is None:
        how = "may_answer"
    else:
        trusted = mail.authentication.dmarc != "fail" and _same_domain(mail.sender, recipient.address)
        how = "replies_to" if trusted else "may_answer"
    return Link(record_id=record.record_id, reference=record.reference, how=how)


def _same_domain(sender: Address, address: str) -> bool:
    return bool(address) and sender.address.lower().rpartition("@")[2] == address.lower().rpartition("@")[2]


def answers(links: tuple[Link, ...], record_id: str, reference: str, mail: Mail) -> tuple[NoteAnswer, ...]:
    """Return what the records that a new letter answers, or names, are told of it."""
    return tuple(
        NoteAnswer(
            record_id=link.record_id,
            link=Link(record_id=record_id, reference=reference, how=link.how),
            references=mail.references,
            sender=mail.sender,
        )
        for link in links
        if link.how in ("replies_to", "may_answer", "number")
    )


def _answer(ask: NoteAnswer, record: Record, office: Office, now: datetime) -> Decision:
    """Link it; a certain answer ends the wait for it."""
    if record.direction != "out" or not is_dispatched(record) or record.status is Status.VOIDED:
        return Nothing()
    if any(link.record_id == ask.link.record_id for link in record.links):
        return Nothing()
    certain = ask.link.how == "replies_to"
    how = INVERSE["replies_to"] if certain else "may_be_answered_by"
    events = reply_linked(record, SYSTEM, ask.link.record_id, ask.link.reference, how, None, now)
    recipient = told_of(record, ask.references)
    if certain and recipient is not None and not any(isinstance(e, RecipientReached) for e in events):
        reached = RecipientReached(
            at=now, by=SYSTEM, recipient=recipient.number, attempt=recipient.attempt, state=ANSWERED
        )
        events = (events[0], reached, *events[1:]) if _is_new(reached, record) else events
    return Accepted(events)


# ---------------------------------------------------------------- once more


def _resend(ask: Resend, record: Record, office: Office, now: datetime) -> Decision:
    """Send it to a recipient once more: to an address that was put right, or to the same where it never arrived."""
    person, recipient, address = office.person(ask.by), recipient_of(record, ask.recipient), ask.address.strip()
    if person is None:
        return Refused("may.unknown_person")
    if recipient is not None and recipient.state in ON_ITS_WAY and recipient.address == address:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.RESEND, now)):
        return refusal(verdict.reasons[0], record, None, office, now)
    if recipient is None:
        return Refused("dispatch.nobody")
    if (why := _unfit(recipient, address, record, office)) is not None:
        return Refused(why, {"reference": record.reference})
    readdressed = Readdressed(
        at=now,
        by=ask.by,
        capacity="clerk" if person.clerk else "member",
        recipient=ask.recipient,
        attempt=recipient.attempt + 1,
        address=address,
        note=words(ask.note),
    )
    after = evolve(record.record_id, record, readdressed)
    if _dispatching(after):
        return Accepted((readdressed,))
    return Accepted((readdressed, _task(after, office, now, ask.by, readdressed.capacity)))


def _unfit(recipient: Recipient, address: str, record: Record, office: Office) -> str | None:
    """Why it cannot be sent to *recipient* once more, as a text key."""
    if not is_dispatched(record):
        return "dispatch.not_yet"
    if recipient.state in ON_ITS_WAY:
        return "dispatch.on_its_way"
    if not may_be_mailed(record, office):
        return "dispatch.secret"
    if not is_address(address):
        return "dispatch.no_address"
    if recipient.mailed and recipient.state not in FAILED and recipient.address.lower() == address.lower():
        return "dispatch.sent_already"
    return "dispatch.no_mailbox" if sending_mailbox(record, office) is None else None


_DECIDES: dict[type, Callable[[Any, Record, Office, datetime], Decision]] = {
    Dispatch: _dispatch,
    NoteLetterDrafted: _drafted,
    NoteLetterSent: _sent,
    NoteLetterRefused: _refused,
    NoteAnswer: _answer,
    Resend: _resend,
}
