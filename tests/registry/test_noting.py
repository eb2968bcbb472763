"""What comes in on a record that is there: noted once, with its reason, and never answered by a machine."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.step_card import verbs_of
from registry.commands import Approve, Close, Complete, NoteCopy, NoteLink, NoteMachine, NoteReplySent, Register
from registry.decisions import Nothing, Refused
from registry.effects import AskAction, DraftReply, MarkMail, SendReply
from registry.events import AutoReplyReceived, CopyReceived, DeliveryFailed, Linked, ReceiptReceived, Referred
from registry.mail import Address, Mail, Report
from registry.record import Link, fold, holders
from registry.rights import is_reader
from registry.vocabulary import Verb
from service.ports import CardView
from tests.bot.samples import view
from tests.values import NOON, PEOPLE, SECOND_MAILBOX, Desk, changed, forwarded, mail, registered

FAILED = Report(what="failed", status="5.1.1", recipients=("huda@ministry.example",), said="smtp; 550 5.1.1 no user")
POSTMASTER = Address("", "postmaster@ministry.example")


def answered() -> Desk:
    """Huda approved at once, and her reply has gone out."""
    desk = registered(forwarded())
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    desk.accept(NoteReplySent(record_id="r1", mailbox="m", item_id="d", internet_message_id="<9@m>"))
    return desk


def told(number: int = 9, **fields: Any) -> NoteMachine:
    word: Mail = mail(number, sender=POSTMASTER, **fields)
    return NoteMachine(record_id="r1", mail=word, answers="<9@m>")


def test_a_bounce_says_whom_our_reply_did_not_reach_and_why_and_is_put_before_the_register() -> None:
    desk = answered()
    noted, referred = desk.accept(told(report=FAILED)).events
    assert isinstance(noted, DeliveryFailed)
    assert (noted.status, noted.recipients, noted.answers) == ("5.1.1", ("huda@ministry.example",), "<9@m>")
    assert noted.words == "smtp; 550 5.1.1 no user"
    assert isinstance(referred, Referred)
    assert (referred.asked, referred.to_unit, referred.to_person) == ("for_follow_up", "registry", None)
    asked = [e for e in desk.decisions[-1].effects if isinstance(e, AskAction)]  # type: ignore[union-attr]
    assert {e.person for e in asked} == {"noura", "abdullah"}
    assert holders(desk.held) == ()
    assert [u.status for u in desk.held.undelivered] == ["5.1.1"]


def test_a_clerk_ends_it_with_or_without_words_and_nobody_else_does() -> None:
    desk = answered()
    desk.accept(told(report=FAILED))
    step = desk.last_step
    assert isinstance(desk.take(Complete(record_id="r1", step=step, by="huda")), Refused)
    desk.accept(Complete(record_id="r1", step=step, by="abdullah"))
    assert (desk.held.steps[-1].outcome, desk.held.ended) == ("completed", True)


def test_several_bounces_ask_the_register_once_until_it_has_dealt_with_them() -> None:
    desk = answered()
    for number in (9, 10, 11):
        desk.accept(told(number, report=FAILED))
    assert [s.asked for s in desk.held.steps[1:]] == ["for_follow_up"]
    assert len(desk.held.undelivered) == 3
    desk.accept(Complete(record_id="r1", step=desk.last_step, by="noura", note="أُبلغت هاتفياً"))
    desk.accept(told(12, report=FAILED))
    assert len(desk.held.open_steps) == 1


@pytest.mark.parametrize("what", ["delayed", "delivered", "displayed", "deleted", ""])
def test_a_receipt_is_noted_and_asks_nobody(what: str) -> None:
    desk = answered()
    accepted = desk.accept(told(report=Report(what=what, recipients=("huda@ministry.example",))))
    [noted] = accepted.events
    assert isinstance(noted, ReceiptReceived)
    assert (noted.what, noted.recipients) == (what, ("huda@ministry.example",))
    assert [type(e) for e in accepted.effects] == [MarkMail]


def test_an_automatic_reply_is_noted_and_asks_nobody() -> None:
    desk = answered()
    accepted = desk.accept(told(auto_submitted="auto-replied", subject="رد: خارج المكتب"))
    [noted] = accepted.events
    assert isinstance(noted, AutoReplyReceived)
    assert (noted.subject, noted.answers) == ("خارج المكتب", "<9@m>")
    assert [type(e) for e in accepted.effects] == [MarkMail]


@given(
    st.sampled_from([None, FAILED, Report(what="displayed"), Report()]),
    st.sampled_from(["", "auto-replied", "auto-generated"]),
    st.integers(1, 4),
)
def test_whatever_a_machine_writes_nothing_of_ours_answers_it(report: Report | None, auto: str, times: int) -> None:
    desk = answered()
    for number in range(times):
        decision = desk.accept(told(20 + number, report=report, auto_submitted=auto))
        assert not [e for e in decision.effects if isinstance(e, DraftReply | SendReply)]
    assert desk.take(told(20, report=report, auto_submitted=auto)) == Nothing()
    assert fold("r1", desk.events) == desk.held


@pytest.mark.parametrize("fields", [{"auto_submitted": "auto-generated"}, {"null_sender": True}])
def test_a_letter_that_an_official_s_machine_sent_is_registered_and_not_answered(fields: dict[str, Any]) -> None:
    desk = registered(forwarded(**fields))
    accepted = desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert desk.held.ended
    assert not [e for e in accepted.effects if isinstance(e, DraftReply)]
    by_hand = registered(forwarded()).accept(Approve(record_id="r1", step=1, by="huda"))
    assert [e for e in by_hand.effects if isinstance(e, DraftReply)]


# ---------------------------------------------------------------- copies and links


def copy(number: int = 2, **fields: Any) -> NoteCopy:
    again = forwarded(number, **{"mailbox": SECOND_MAILBOX, **fields})
    return NoteCopy(record_id="r1", mail=again, refer_to="legal")


def test_a_copy_says_whether_it_is_the_same_mail_or_the_same_words() -> None:
    desk = registered(forwarded())
    same = desk.accept(copy(message_id="<1@audit.example>")).events[0]
    words = desk.accept(copy(3)).events[0]
    assert isinstance(same, CopyReceived)
    assert isinstance(words, CopyReceived)
    assert (same.same_as, words.same_as) == ("identity", "content")


def test_a_register_that_is_to_know_of_a_copy_is_told_once_and_may_read_it() -> None:
    laila = PEOPLE["laila"]
    office = changed(laila=replace(laila, clerk=True))
    desk = Desk(office)
    desk.accept(Register(record_id="r1", mail=forwarded(), serial=1))
    desk.accept(copy())
    desk.accept(copy(3))
    assert [(s.asked, s.to_unit, s.custody) for s in desk.held.steps[1:]] == [("for_information", "legal", False)]
    assert [h.person for h in holders(desk.held)] == ["huda"]
    assert is_reader(office.people["laila"], desk.held)
    assert desk.held.registers == {"registry", "legal"}


def test_a_link_is_noted_once_and_says_how_it_is_known() -> None:
    desk = registered(mail())
    link = Link(record_id="r7", reference="س.ع/و/7/2026", how="register")
    [noted] = desk.accept(NoteLink(record_id="r1", link=link)).events
    assert isinstance(noted, Linked)
    assert desk.held.links == (link,)
    assert desk.take(NoteLink(record_id="r1", link=link)) == Nothing()


def test_of_a_secret_record_the_register_sees_that_its_reply_did_not_arrive_and_can_say_that_it_is_dealt_with() -> None:
    desk = registered(mail(subject="سري: خطة"))
    desk.accept(Close(record_id="r1", step=1, by="noura", note="تم"))
    desk.accept(told(report=FAILED))
    shown: CardView = view(desk.held, desk.last_step, "abdullah", "ar")
    assert verbs_of(shown, NOON) == [Verb.COMPLETE]
