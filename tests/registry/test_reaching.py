"""Whom a question did not reach in Teams is asked by mail, once; the card alone decides."""

from dataclasses import replace

from registry.commands import Approve, NoteQuestionDrafted, NoteQuestionMailed, NoteUnreached
from registry.decisions import Nothing
from registry.effects import MailQuestion, SendQuestion
from registry.reaching import mailbox_of
from tests.values import MAILBOX, OFFICE, PEOPLE, Desk, changed, forwarded, registered

UNREACHED = NoteUnreached(record_id="r1", step=1, person="huda", reason="chat.blocked_by_person")
DRAFTED = NoteQuestionDrafted(record_id="r1", step=1, person="huda", mailbox=MAILBOX, item_id="d1")
MAILED = NoteQuestionMailed(record_id="r1", step=1, person="huda", internet_message_id="<d1@ministry.example>")


def unreached() -> Desk:
    desk = registered(forwarded())
    desk.accept(UNREACHED)
    return desk


def test_who_was_not_reached_is_written_to() -> None:
    decided = registered(forwarded()).accept(UNREACHED)
    assert [type(e).__name__ for e in decided.events] == ["CardUnreached"]
    assert list(decided.effects) == [MailQuestion(record_id="r1", step=1, person="huda")]


def test_a_person_is_written_to_once_for_a_step_whatever_else_goes_wrong() -> None:
    again = replace(UNREACHED, reason="chat.down")
    assert isinstance(unreached().take(again), Nothing)


def test_nobody_is_written_to_for_what_is_answered() -> None:
    desk = registered(forwarded())
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert isinstance(desk.take(UNREACHED), Nothing)


def test_of_somebody_without_an_address_the_sheet_says_that_they_were_not_reached() -> None:
    desk = registered(forwarded(), office=changed(huda=replace(PEOPLE["huda"], mail="")))
    decided = desk.accept(UNREACHED)
    assert [type(e).__name__ for e in decided.events] == ["CardUnreached"]
    assert decided.effects == ()


def test_the_draft_is_on_record_before_it_is_sent_and_a_second_one_never_is() -> None:
    desk = unreached()
    assert list(desk.accept(DRAFTED).effects) == [
        SendQuestion(record_id="r1", step=1, person="huda", mailbox=MAILBOX, item_id="d1")
    ]
    assert isinstance(desk.take(replace(DRAFTED, item_id="d2")), Nothing)
    sent_at = desk.now
    desk.accept(MAILED)
    assert isinstance(desk.take(MAILED), Nothing)
    [missed] = desk.held.unreached
    assert (missed.item_id, missed.mailed_at) == ("d1", sent_at)


def test_what_was_never_missed_is_neither_drafted_nor_mailed() -> None:
    desk = registered(forwarded())
    assert isinstance(desk.take(DRAFTED), Nothing)
    assert isinstance(desk.take(MAILED), Nothing)


def test_the_mail_goes_out_of_the_mailbox_to_which_the_letter_came_else_of_its_register() -> None:
    record = registered(forwarded(mailbox="contracts@ministry.example")).held
    assert mailbox_of(record, OFFICE) == "contracts@ministry.example"
    on_paper = replace(record, source=replace(record.source, mailbox=""))
    assert mailbox_of(on_paper, OFFICE) == MAILBOX
