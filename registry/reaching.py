################################################################
# Whom a question did not reach in Teams, and the mail that goes in its place
################################################################
#
# Rule 1: a person is written to once for a step, whatever else goes wrong; the mail asks, and decides nothing: the card
#         carries the same token whenever it comes.
# Rule 2: as with every mail of ours, the draft's id is on record before it is sent; only that one may be sent.

from datetime import datetime

from registry.commands import NoteQuestionDrafted, NoteQuestionMailed, NoteUnreached
from registry.decisions import Accepted, Decision, Nothing
from registry.effects import MailQuestion, SendQuestion
from registry.events import CardUnreached, QuestionDrafted, QuestionMailed
from registry.office import SYSTEM, Office
from registry.record import OPEN, Record, Unreached


def decide_unreached(ask: NoteUnreached, record: Record, office: Office, now: datetime) -> Decision:
    """Say on the sheet that the card did not come, and have a mail go to whoever has an address."""
    step = record.step(ask.step)
    if step is None or step.state != OPEN or _of(record, ask.step, ask.person) is not None:
        return Nothing()
    event = CardUnreached(at=now, by=SYSTEM, step=ask.step, person=ask.person, reason=ask.reason)
    person = office.person(ask.person)
    if person is None or not person.mail or mailbox_of(record, office) is None:
        return Accepted((event,))
    return Accepted((event,), (MailQuestion(record_id=ask.record_id, step=ask.step, person=ask.person),))


def decide_question_drafted(ask: NoteQuestionDrafted, record: Record, now: datetime) -> Decision:
    unreached = _of(record, ask.step, ask.person)
    if unreached is None or unreached.item_id is not None:
        return Nothing()
    drafted = QuestionDrafted(
        at=now, by=SYSTEM, step=ask.step, person=ask.person, mailbox=ask.mailbox, item_id=ask.item_id
    )
    send = SendQuestion(
        record_id=ask.record_id, step=ask.step, person=ask.person, mailbox=ask.mailbox, item_id=ask.item_id
    )
    return Accepted((drafted,), (send,))


def decide_question_mailed(ask: NoteQuestionMailed, record: Record, now: datetime) -> Decision:
    unreached = _of(record, ask.step, ask.person)
    if unreached is None or unreached.mailed_at is not None:
        return Nothing()
    mailed = QuestionMailed(
        at=now, by=SYSTEM, step=ask.step, person=ask.person, internet_message_id=ask.internet_message_id
    )
    return Accepted((mailed,))


def mailbox_of(record: Record, office: Office) -> str | None:
    """Return the mailbox out of which the record's mails go: the one it came to, else its register's."""
    unit = office.unit(record.registry_unit_id)
    registers = unit.registry_for if unit is not None else ()
    return record.source.mailbox or next(iter(registers), None)


def _of(record: Record, step: int, person: str) -> Unreached | None:
    return next((u for u in record.unreached if (u.step, u.person) == (step, person)), None)
