"""Whom Teams does not reach is asked by mail; the card follows when it can, and one decision comes of both."""

from typing import Any

import pytest

from registry.commands import Approve
from registry.errors import Misconfigured, TarasulError, Throttled, Unavailable
from registry.events import CardUnreached, QuestionDrafted, QuestionMailed, StepApproved
from registry.record import Record
from service.ports import ChatBlocked
from service.views import Viewer
from tests.service.house import Registry, chat_of, letter
from tests.values import MAILBOX

AN_HOUR_S = 3_600


async def waiting(house: Registry, **text: str) -> Record:
    """A letter that waits for Huda."""
    return await house.registered(letter(1, "bank@bank.example", **text))


def mailed(house: Registry) -> list[tuple[str, str]]:
    """Whom the mailbox wrote to, and under which subject."""
    return [(reply.to.address, reply.subject) for reply in house.box.sent.values()]


def lines(house: Registry, record: Record, *kinds: type) -> list[Any]:
    return [event for event in house.sheet(record.record_id) if isinstance(event, kinds)]


async def hours_pass(house: Registry, hours: int) -> None:
    for _ in range(hours * 4):
        await house.performer().perform_due()
        house.later(AN_HOUR_S / 4)


async def test_who_blocks_the_chat_is_written_to_at_once(house: Registry) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await house.performer().perform_due()
    [(to, subject)] = mailed(house)
    assert to == "huda@ministry.example"
    assert record.reference in subject
    assert record.subject in subject
    [mail] = house.box.sent.values()
    assert "حظر الموظف المحادثة" in mail.html
    assert [type(e).__name__ for e in lines(house, record, CardUnreached, QuestionDrafted, QuestionMailed)] == [
        "CardUnreached",
        "QuestionDrafted",
        "QuestionMailed",
    ]


@pytest.mark.parametrize("error", [Unavailable("502"), Throttled(60)], ids=["down", "throttled"])
async def test_when_teams_is_down_for_an_hour_they_are_written_to_and_the_card_follows(
    house: Registry, error: TarasulError
) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = error
    house.later(AN_HOUR_S / 2)
    await hours_pass(house, 1)
    house.later(-AN_HOUR_S / 2)
    await hours_pass(house, 6)
    assert [to for to, _ in mailed(house)] == ["huda@ministry.example"]
    [told] = lines(house, record, CardUnreached)
    assert told.reason == "chat.down"
    del house.chats.refusals["a:huda"]
    await hours_pass(house, 1)
    assert len(house.cards_of("huda")) == 1
    assert len(mailed(house)) == 1


async def test_a_short_outage_is_no_reason_to_write(house: Registry) -> None:
    await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = Unavailable("502")
    for _ in range(5):
        await house.performer().perform_due()
        house.later(600)
    del house.chats.refusals["a:huda"]
    await hours_pass(house, 3)
    assert mailed(house) == []


async def test_one_decision_comes_of_mail_and_card(house: Registry) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await house.performer().perform_due()
    del house.chats.refusals["a:huda"]
    house.service.met(chat_of("huda"))  # she lifts the block
    await house.performer().perform_due()
    assert len(house.cards_of("huda")) == 1
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    again = house.service.take(Approve(record_id=record.record_id, step=1, by="huda"), key="another press")
    assert again.effects == ()
    assert len(lines(house, record, StepApproved)) == 1


async def test_what_is_answered_before_the_mail_is_written_is_not_written_any_more(house: Registry) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    house.box.faults.add("draft_mail", Unavailable("503"))
    await house.performer().perform_due()
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    await hours_pass(house, 1)
    assert mailed(house) == []


async def test_a_person_without_teams_is_written_to(house: Registry) -> None:
    await waiting(house)
    house.installs.faults.add("install", Misconfigured("huda has no Teams"))
    await house.performer().perform_due()
    assert [to for to, _ in mailed(house)] == ["huda@ministry.example"]


async def test_of_a_secret_letter_the_mail_says_the_number_alone(house: Registry) -> None:
    record = await waiting(house, subject="سري للغاية: مناقصة", text="السعر السري مئة")
    house.meet("noura", "abdullah")
    for clerk in ("noura", "abdullah"):
        house.chats.refusals[f"a:{clerk}"] = ChatBlocked("chat.blocked_by_policy")
    await house.performer().perform_due()
    assert sorted(to for to, _ in mailed(house)) == ["abdullah@ministry.example", "noura@ministry.example"]
    for mail in house.box.sent.values():
        assert record.reference in mail.subject
        assert record.reference in mail.html
        assert "مناقصة" not in mail.subject + mail.html
        assert "مئة" not in mail.html


@pytest.mark.parametrize("call", ["draft_mail", "send_draft"])
async def test_a_mail_that_was_drafted_when_they_answered_is_withdrawn(house: Registry, call: str) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    house.box.faults.add(call, Unavailable("504"), done=call == "draft_mail")
    await house.performer().perform_due()
    assert len(house.box.drafts) == 1
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    await hours_pass(house, 1)
    assert house.box.drafts == {}
    assert mailed(house) == []


@pytest.mark.parametrize("call", ["draft_mail", "send_draft"])
async def test_a_lost_answer_writes_one_mail(house: Registry, call: str) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    house.box.faults.add(call, Unavailable("504"), done=True)
    await hours_pass(house, 1)
    assert len(mailed(house)) == 1
    assert len(lines(house, record, QuestionMailed)) == 1


async def test_an_answer_to_the_mail_is_an_answer_to_the_record(house: Registry) -> None:
    record = await waiting(house)
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await house.performer().perform_due()
    [mail] = house.box.sent.values()
    house.box.arrive(letter(2, "huda@ministry.example", subject="رد", In_Reply_To=mail.message_id))
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered", "reply"]
    assert house.record(record.record_id).steps[0].state == "open"


async def test_the_api_says_whom_a_question_reached_and_how(house: Registry) -> None:
    record = await waiting(house)

    def state() -> list[tuple[str, str]]:
        shown = house.service.show(Viewer(None), record.record_id)
        assert shown is not None
        return [(d["person"], d["state"]) for d in shown["deliveries"]]

    assert state() == [("huda", "waiting")]
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    house.box.faults.add("draft_mail", Misconfigured("403"))
    await house.performer().perform_due()
    assert state() == [("huda", "unreached")]
    del house.chats.refusals["a:huda"]
    house.service.met(chat_of("huda"))
    await house.performer().perform_due()
    assert state() == [("huda", "sent")]
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    assert state() == [("huda", "answered")]
