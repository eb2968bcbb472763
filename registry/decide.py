################################################################
# Every change to a record is decided here
################################################################
#
# Rule 1: what may happen to a record is decided in this file and the ones it hands over to, and nowhere else.
# Rule 2: no clock, network or database: command, record, office and `now` come in, a Decision goes out.
# Rule 3: asking twice is harmless: the second answer is Nothing(), and nobody is told off.
# Rule 4: when something is due follows from what was decided and the office's calendar; no decision names it itself.
# Rule 5: where somebody acts for another, every event of theirs says so; no decision says it itself.
# Rule 6: the cards that must be sent or changed follow from the record before and after, and so does what must be done
#         to a draft's file, and what a letter is told of a reply to it; no decision names them itself.

from collections.abc import Callable
from datetime import datetime

from registry.acting import decide_step
from registry.annexes import decide_fetched, decide_hand_in, decide_refused
from registry.annotating import decide_annotate
from registry.answer_commands import NoteOurAnswer
from registry.answering import answers_told, decide_answer
from registry.changed import changed
from registry.circuit_commands import Draft, Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.circulating import decide_await, decide_circulate
from registry.commands import (
    Acknowledge,
    Admit,
    Annotate,
    Approve,
    AwaitReply,
    Circulate,
    Close,
    Command,
    Complete,
    ConfirmSender,
    Correct,
    Enter,
    File,
    HandIn,
    HandOver,
    JoinMatter,
    LeaveMatter,
    NoteAnnexFetched,
    NoteAnnexRefused,
    NoteCopy,
    NoteLink,
    NoteMachine,
    NoteMail,
    NoteMatter,
    NoteOpened,
    NoteOurs,
    NoteQuestionDrafted,
    NoteQuestionMailed,
    NoteRelation,
    NoteReplyDrafted,
    NoteReplySent,
    NoteStuck,
    NoteUnreached,
    Quarantine,
    Recall,
    Refer,
    Register,
    Reject,
    Relate,
    Release,
    Remind,
    Reopen,
    Return,
    Unrelate,
    Void,
)
from registry.confirming import decide_confirm
from registry.correcting import decide_correct
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatch_commands import DISPATCH_COMMANDS
from registry.dispatching import decide_dispatch
from registry.dispatching import due as letters_due
from registry.document_commands import (
    NoteChanged,
    NoteFreed,
    NoteFrozen,
    NoteHeld,
    NoteLooked,
    NoteLost,
    NotePlaced,
    NotePreview,
)
from registry.document_effects import files_due
from registry.documents import decide_pending_sign, decide_told, waits_for_a_look
from registry.drafting import decide_draft, decide_redraft, decide_submit, decide_withdraw
from registry.effects import SendReply, cards_due
from registry.ending import decide_reopen, decide_void
from registry.entering import decide_enter
from registry.events import EffectStuck, Event, ReplyDrafted, ReplySent
from registry.joining import (
    decide_join,
    decide_leave,
    decide_matter,
    decide_relate,
    decide_relation,
    decide_unrelate,
)
from registry.leaving import decide_hand_over
from registry.noting import decide_copy, decide_link, decide_machine, decide_mail, decide_ours
from registry.office import SYSTEM, Office
from registry.opening import decide_show
from registry.opening_commands import ShowSecret
from registry.reaching import decide_question_drafted, decide_question_mailed, decide_unreached
from registry.record import Record, evolve
from registry.referring import decide_refer
from registry.registering import decide_new
from registry.releasing import decide_admit, decide_release
from registry.reminding import decide_remind, timed
from registry.rights import right_of, right_to_recall
from registry.sealed_commands import NoteSealed
from registry.sealing import decide_sealed, seals_due
from registry.seats import decide_insert, decide_seat, decide_skip, decide_way_recall, is_of_the_way
from registry.taking_back import decide_opened, decide_recall


def decide(command: Command, record: Record | None, office: Office, now: datetime) -> Decision:
    """Judge *command* on *record* as it stands in *office* at *now*.

    Returns:
        Accepted with the events that happened and all the effects they ask for; Refused with a text key; Nothing where
        it came true before.
    """
    decision = _judge(command, record, office, now)
    if not isinstance(decision, Accepted):
        return decision
    signed = _signature(command, record, office, now)
    after, events = record, []
    for decided in decision.events:
        event = timed(signed(decided), after, office)
        after = evolve(command.record_id, after, event)
        events.append(event)
    assert after is not None, "an accepted decision has at least one event"
    cards, files = cards_due(record, after, office), files_due(record, after, office)
    letters = letters_due(record, after, office)
    # what is to be sealed comes first: of a circular's thousand cards most then go out with the issued file on them
    effects = (*decision.effects, *dict.fromkeys((*seals_due(record, after), *cards, *files, *letters)))
    told = answers_told(record, after, events[-1].by) if events else ()
    return Accepted(tuple(events), effects, then=(*decision.then, *told), after=after)


def _signature(command: Command, record: Record | None, office: Office, now: datetime) -> Callable[[Event], Event]:
    """What writes on an event by whom, for whom and in what capacity: what its decision says, unless whoever asks acts
    for another."""
    by = getattr(command, "by", None)
    person = office.person(by)
    right = None
    if person is not None and record is not None:
        if isinstance(command, Recall):
            right = right_to_recall(person, record, command.step, now)
        else:
            right = right_of(person, record, getattr(command, "step", None), now)
    if right is None:
        return lambda event: event
    return lambda event: (
        changed(event, capacity=right.capacity, on_behalf_of=right.for_person) if event.by == by else event
    )


def _judge(command: Command, record: Record | None, office: Office, now: datetime) -> Decision:
    if isinstance(command, Register | Quarantine):
        return decide_new(command, record, office, now)
    if isinstance(command, Enter):
        return decide_enter(command, record, office, now)
    if isinstance(command, Admit):
        return decide_admit(command, record, office, now)
    if isinstance(command, Draft):
        return decide_draft(command, record, office, now)
    if isinstance(command, DISPATCH_COMMANDS):
        return decide_dispatch(command, record, office, now)
    if isinstance(command, NoteOurAnswer):
        return decide_answer(command, record, office, now)
    if record is None:
        return Refused("record.unknown")
    match command:
        case Recall() if is_of_the_way(command.step, record):
            return decide_way_recall(command, record, office, now)
        case Sign() if waits_for_a_look(command, record, office, now):
            return decide_pending_sign(command, record, office, now)
        case Initial() | Sign():
            return decide_seat(command, record, office, now)
        case Approve() | Complete() | Return() | Reject() if _is_a_seat(command.step, record):
            return decide_seat(command, record, office, now)
        case Acknowledge() | Complete() | Approve() | Return() | Close() | Reject() | File():
            return decide_step(command, record, office, now)
        case Refer():
            return decide_refer(command, record, office, now)
        case Circulate() | AwaitReply() if record.is_draft:
            return Refused("draft.not_issued", {"reference": record.reference})
        case Circulate():
            return decide_circulate(command, record, office, now)
        case AwaitReply():
            return decide_await(command, record, office, now)
        case Recall():
            return decide_recall(command, record, office, now)
        case NoteOpened():
            return decide_opened(command, record, office, now)
        case Correct():
            return decide_correct(command, record, office, now)
        case Void():
            return decide_void(command, record, office, now)
        case Reopen():
            return decide_reopen(command, record, office, now)
        case Relate():
            return decide_relate(command, record, office, now)
        case Unrelate():
            return decide_unrelate(command, record, office, now)
        case NoteRelation():
            return decide_relation(command, record, office, now)
        case JoinMatter():
            return decide_join(command, record, office, now)
        case NoteMatter():
            return decide_matter(command, record, office, now)
        case LeaveMatter():
            return decide_leave(command, record, office, now)
        case Remind():
            return decide_remind(command, record, office, now)
        case HandOver():
            return decide_hand_over(command, record, office, now)
        case Annotate():
            return decide_annotate(command, record, office, now)
        case Release():
            return decide_release(command, record, office, now)
        case ConfirmSender():
            return decide_confirm(command, record, office, now)
        case NoteCopy():
            return decide_copy(command, record, now)
        case NoteMail():
            return decide_mail(command, record, office, now)
        case NoteMachine():
            return decide_machine(command, record, office, now)
        case NoteOurs():
            return decide_ours(command, record, now)
        case NoteLink():
            return decide_link(command, record, now)
        case NoteAnnexFetched():
            return decide_fetched(command, record, office, now)
        case NoteAnnexRefused():
            return decide_refused(command, record, office, now)
        case HandIn():
            return decide_hand_in(command, record, office, now)
        case NoteReplyDrafted():
            return _decide_drafted(command, record, now)
        case NoteReplySent():
            return _decide_sent(command, record, now)
        case NoteUnreached():
            return decide_unreached(command, record, office, now)
        case NoteQuestionDrafted():
            return decide_question_drafted(command, record, now)
        case NoteQuestionMailed():
            return decide_question_mailed(command, record, now)
        case NoteSealed():
            return decide_sealed(command, record, now)
        case NoteStuck():
            return _decide_stuck(command, record, now)
        case ShowSecret():
            return decide_show(command, record, office, now)
        case Redraft():
            return decide_redraft(command, record, office, now)
        case Submit():
            return decide_submit(command, record, office, now)
        case Withdraw():
            return decide_withdraw(command, record, office, now)
        case Insert():
            return decide_insert(command, record, office, now)
        case Skip():
            return decide_skip(command, record, office, now)
        case NotePlaced() | NoteChanged() | NoteFrozen() | NoteLooked():
            return decide_told(command, record, office, now)
        case NoteLost() | NoteHeld() | NoteFreed() | NotePreview():
            return decide_told(command, record, office, now)


def _is_a_seat(number: int, record: Record) -> bool:
    """Whether the step is that of somebody who sits in a stage of the record's circuit."""
    step = record.step(number)
    return step is not None and step.stage is not None


def _decide_drafted(ask: NoteReplyDrafted, record: Record, now: datetime) -> Decision:
    if record.reply is not None:
        return Nothing()
    drafted = ReplyDrafted(
        at=now, by=SYSTEM, mailbox=ask.mailbox, item_id=ask.item_id, internet_message_id=ask.internet_message_id
    )
    return Accepted((drafted,), (SendReply(record_id=ask.record_id, mailbox=ask.mailbox, item_id=ask.item_id),))


def _decide_sent(ask: NoteReplySent, record: Record, now: datetime) -> Decision:
    if record.reply is not None and record.reply.sent_at is not None:
        return Nothing()
    sent = ReplySent(
        at=now, by=SYSTEM, mailbox=ask.mailbox, item_id=ask.item_id, internet_message_id=ask.internet_message_id
    )
    return Accepted((sent,))


def _decide_stuck(ask: NoteStuck, record: Record, now: datetime) -> Decision:
    if ask.effect in record.stuck:
        return Nothing()
    return Accepted((EffectStuck(at=now, by=SYSTEM, effect=ask.effect, reason=ask.reason),))
