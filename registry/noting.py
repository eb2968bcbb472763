################################################################
# What is noted on a record that is there: its letter once more, an answer, a machine's word, another record
################################################################
#
# Rule 1: each says why it is noted here: the same mail or the same words, which of the record's mails it answers.
# Rule 2: nothing that a machine wrote is ever answered. That our reply did not arrive is put before the register: they
#         alone can see to it that whoever waits for it is told.
# Rule 3: noting the same mail twice changes nothing, and an answer is one answer in however many mailboxes it arrives.

from datetime import datetime

from registry.annexes import annexes_of
from registry.commands import NoteCopy, NoteLink, NoteMachine, NoteMail, NoteOurs
from registry.decisions import Accepted, Decision, Nothing
from registry.dispatching import told
from registry.effects import MarkMail
from registry.events import (
    AutoReplyReceived,
    CopyReceived,
    DeliveryFailed,
    Event,
    Linked,
    MailReceived,
    OursReturned,
    ReceiptReceived,
    Referred,
    Source,
)
from registry.forwarded import plain_subject
from registry.mail import Mail
from registry.office import SYSTEM, Office
from registry.recipients import told_of
from registry.record import Link, Record
from registry.vocabulary import FOR_FOLLOW_UP, FOR_INFORMATION


def decide_copy(ask: NoteCopy, record: Record, now: datetime) -> Decision:
    """Note the copy; a register that is to know of it is told once, however many come."""
    mail = ask.mail
    if any(same_item(source, mail) for source in (record.source, *record.mails)):
        return Nothing()
    same = "identity" if mail.message_id == record.source.internet_message_id else "content"
    events: tuple[Event, ...] = (CopyReceived(at=now, by=SYSTEM, source=source_of(mail), same_as=same),)
    if ask.refer_to is not None and ask.refer_to not in record.registers:
        events += (_to_register(record, ask.refer_to, FOR_INFORMATION, "second_mailbox", now),)
    return Accepted(events, _mark(record, mail))


def decide_mail(ask: NoteMail, record: Record, office: Office, now: datetime) -> Decision:
    mail = ask.mail
    if _noted(mail, record):
        return Nothing()
    noted = MailReceived(
        at=now,
        by=SYSTEM,
        subject=plain_subject(mail.letter.subject),
        sender=mail.sender,
        source=source_of(mail),
        answers=ask.answers,
    )
    return Accepted((noted, *annexes_of(ask, record, office, now)), _mark(record, mail))


def decide_machine(ask: NoteMachine, record: Record, office: Office, now: datetime) -> Decision:
    """Note a bounce, a receipt or an automatic reply; a bounce is put before the register, unless one is already, or
    before whoever dispatches, where it is about a recipient of what we issue."""
    mail = ask.mail
    if _noted(mail, record):
        return Nothing()
    events: tuple[Event, ...]
    of_recipient = told(mail.report, ask.answers, record, office, now)
    match mail.report:
        case None:
            subject = plain_subject(mail.letter.subject)
            events = (
                AutoReplyReceived(
                    at=now,
                    by=SYSTEM,
                    subject=subject,
                    sender=mail.sender,
                    source=source_of(mail),
                    answers=ask.answers,
                ),
            )
        case report if report.what == "failed":
            failed = DeliveryFailed(
                at=now,
                by=SYSTEM,
                source=source_of(mail),
                answers=ask.answers,
                status=report.status,
                recipients=report.recipients,
                words=report.said or None,
            )
            unit = record.registry_unit_id
            known = (s for s in record.open_steps if s.asked == FOR_FOLLOW_UP and s.to_person is None)
            asked = any(s.to_unit == unit for s in known)
            if of_recipient or told_of(record, (ask.answers,)) is not None:
                events = (failed, *of_recipient)
            else:
                events = (failed,) if asked else (failed, _to_register(record, unit, FOR_FOLLOW_UP, "bounce", now))
        case report:
            events = (
                ReceiptReceived(
                    at=now,
                    by=SYSTEM,
                    source=source_of(mail),
                    answers=ask.answers,
                    what=report.what,
                    recipients=report.recipients,
                ),
                *of_recipient,
            )
    return Accepted(events, _mark(record, mail))


def decide_ours(ask: NoteOurs, record: Record, now: datetime) -> Decision:
    if any(same_item(source, ask.mail) for source in record.mails):
        return Nothing()
    return Accepted((OursReturned(at=now, by=SYSTEM, source=source_of(ask.mail), known_by=ask.known_by),))


def decide_link(ask: NoteLink, record: Record, now: datetime) -> Decision:
    return Nothing() if ask.link in record.links else Accepted((linked(ask.link, now),))


def linked(link: Link, now: datetime) -> Linked:
    return Linked(at=now, by=SYSTEM, to_record=link.record_id, reference=link.reference, how=link.how)


def same_item(source: Source, mail: Mail) -> bool:
    """Whether *mail* is the very one that *source* names: an id counts in its own mailbox."""
    return (source.mailbox, source.item_id) == (mail.mailbox, mail.item_id)


def _noted(mail: Mail, record: Record) -> bool:
    """Whether the same answer is there: this very mail, or what came of it in another of our mailboxes."""
    return any(same_item(source, mail) or source.identity == mail.identity for source in record.mails)


def source_of(mail: Mail) -> Source:
    return Source(
        mailbox=mail.mailbox,
        item_id=mail.item_id,
        internet_message_id=mail.message_id,
        sha256=mail.sha256,
        size_bytes=mail.size_bytes,
        identity=mail.identity,
    )


def _mark(record: Record, mail: Mail) -> tuple[MarkMail, ...]:
    return (MarkMail(record_id=record.record_id, mailbox=mail.mailbox, item_id=mail.item_id),)


def _to_register(record: Record, unit: str, asked: str, rule: str, now: datetime) -> Referred:
    """Tell the clerks of *unit*; whoever holds the record goes on holding it."""
    return Referred(
        at=now,
        by=SYSTEM,
        step=len(record.steps) + 1,
        asked=asked,
        to_person=None,
        to_unit=unit,
        parent=None,
        cause="rule",
        rule=rule,
    )
