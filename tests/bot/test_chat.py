"""What people write to the bot, and who comes and goes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.commands import Close, Complete, Refer
from registry.errors import Throttled, Unavailable
from service.ports import ChatBlocked, Conversation, Transaction
from tests.bot.house import House, chat_of, shown_in
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import OFFICE, PEOPLE, changed, forwarded, mail

type Json = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.register()
        yield house


def conversation(house: House, person: str) -> Conversation | None:
    return house.store.read(lambda tx: tx.conversation(person))


async def card_for(house: House, person: str, text: str) -> Json:
    """The card that answers *text*."""
    (message,) = await house.say(person, text)
    return shown_in(message)


def said(card: Json) -> str:
    return json.dumps(card, ensure_ascii=False)


LISTS_OWN = ("page_next", "page_back")


def tokens(card: Json) -> list[str]:
    """Of the cards that the buttons lead to; not that of a list itself."""
    pressed = [n["data"] for _, n in walk(card) if n.get("type") == "Action.Execute" and "token" in n["data"]]
    return [d["token"] for d in pressed if d["verb"] not in LISTS_OWN and not d["verb"].startswith("all_")]


# ---------------------------------------------------------------- what waits


@pytest.mark.parametrize("text", ["المعلق عندي", "المعلّق عندى؟", "معلق", "pending", "  My  Pending! "])
async def test_what_waits_is_listed_with_a_button_that_opens_each_card(house: House, text: str) -> None:
    card = await card_for(house, "huda", text)
    assert "المعلق عندك" in said(card)
    assert tokens(card) == [house.token("huda")]
    assert wrong_with(card, rtl=True) == []


async def test_the_oldest_comes_first_and_what_ended_is_not_listed(house: House) -> None:
    for number in (2, 3):
        house.now = house.now.replace(hour=9 + number)
        house.register(mail(number, subject=f"كتاب {number}"), f"r{number}")
    house.take(Close(record_id="r2", step=1, by="huda", note="وردت خطأً"))
    card = await card_for(house, "huda", "المعلق عندي")
    assert tokens(card) == [house.token("huda", record_id="r1"), house.token("huda", record_id="r3")]


async def test_nothing_waiting_is_said(house: House) -> None:
    assert "Nothing is pending with you." in said(await card_for(house, "omar", "pending"))


async def test_a_clerk_sees_what_waits_for_the_register(tmp_path: Path) -> None:
    with House(tmp_path, replace(OFFICE, rules=())) as house:
        house.register(mail(subject="توريد"))
        for clerk in ("noura", "abdullah"):
            assert tokens(await card_for(house, clerk, "المعلق عندي")) == [house.token(clerk)]


async def test_the_list_can_be_asked_for_by_a_button(house: House) -> None:
    turned = await house.press("huda", "pending", token="")
    assert turned.body is not None
    assert tokens(turned.body["value"]) == [house.token("huda")]


# ---------------------------------------------------------------- a number


@pytest.mark.parametrize("text", ["1", "١", "رقم ١", "س.ع/و/1/2026", "1/2026", "\u2068س.ع/و/1/2026\u2069", "record 1"])
async def test_a_number_shows_the_readers_own_card_when_it_is_their_turn(house: House, text: str) -> None:
    card = await card_for(house, "huda", text)
    assert house.token("huda") in tokens(card)
    assert "اعتماد" in said(card)
    assert [c.activity_id for c in house.copies(house.token("huda"))] == list(house.teams.said[chat_of("huda")])


async def test_a_number_shows_state_holder_and_last_steps_to_whoever_may_read(house: House) -> None:
    house.take(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    house.take(Complete(record_id="r1", step=2, by="omar", note="تم"))
    card = await card_for(house, "omar", "1")
    assert "In action" in said(card)
    assert "For approval" in said(card)
    assert "Completed" in said(card)
    # nothing on it is theirs to decide; a reply may be begun by whoever reads the letter
    assert [n["data"]["verb"] for _, n in walk(card) if n.get("type") == "Action.Execute"] == ["reply"]


@pytest.mark.parametrize(("person", "text"), [("laila", "1"), ("huda", "2"), ("omar", "س.ع/و/1/2026")])
async def test_a_number_that_one_may_not_see_is_answered_like_one_that_is_not(
    house: House, person: str, text: str
) -> None:
    (message,) = await house.say(person, text)
    assert "لا أجد" in message["text"] or "I find no record" in message["text"]
    assert house.record().subject not in message["text"]


async def test_the_first_of_many_records_is_found_by_its_serial(house: House) -> None:
    for number in range(2, 70):
        house.register(forwarded(number), f"r{number}")
    assert house.token("huda", record_id="r1") in tokens(await card_for(house, "huda", "1"))


async def test_records_that_share_a_number_are_listed_for_the_reader_to_say_which(house: House) -> None:
    house.now = house.now.replace(year=2027)
    house.register(forwarded(2), "r2")
    card = await card_for(house, "huda", "1")
    assert "س.ع/و/1/2026" in said(card)
    assert "س.ع/و/1/2027" in said(card)
    assert house.token("huda", record_id="r2") in tokens(await card_for(house, "huda", "1/2027"))


async def test_a_secret_record_is_shown_by_its_number_alone(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        house.register(mail(subject="سري: خطة الطوارئ"))
        card = await card_for(house, "abdullah", "1")
        assert "خطة" not in said(card)
        assert "لا تُعرض تفاصيلها هنا" in said(card)


# ---------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("مساعدة", "ماذا تكتب لي"),
        ("مساعده", "ماذا تكتب لي"),
        ("help", "ماذا تكتب لي"),
        ("السلام عليكم", "أهلاً"),
        ("ما رأيك في الطقس", "لم أفهم ما كتبت"),
        ("", "لم أفهم ما كتبت"),
    ],
)
async def test_anything_else_is_answered_with_what_can_be_written(house: House, text: str, shown: str) -> None:
    card = await card_for(house, "huda", text)
    assert shown in said(card)
    assert "المعلق عندي" in said(card)


async def test_everybody_is_answered_in_their_own_language(house: House) -> None:
    assert "What you can write to me" in said(await card_for(house, "omar", "مساعدة"))
    assert "ماذا تكتب لي" in said(await card_for(house, "huda", "help"))


async def test_a_stranger_is_answered_politely_in_both_languages(house: House) -> None:
    (message,) = await house.say("mallory", "pending")
    assert "لا يعرفك دليل الوزارة" in message["text"]
    assert "does not know you" in message["text"]
    assert conversation(house, "mallory") is None


async def test_whoever_left_the_ministry_is_told_so(tmp_path: Path) -> None:
    with House(tmp_path, changed(huda=replace(PEOPLE["huda"], active=False))) as house:
        (message,) = await house.say("huda", "pending")
        assert "حسابك غير نشط" in message["text"]


async def test_a_chat_that_takes_nothing_for_a_moment_gets_its_answer_after_it(house: House) -> None:
    """Many cards may go to the same chat just now: Teams takes seven messages in a second."""
    for _ in range(2):
        house.teams.faults.add("send", Throttled(0.01))
    assert len(await house.say("huda", "مساعدة")) == 1


async def test_an_answer_that_cannot_be_sent_is_no_failure(house: House) -> None:
    for error in (Throttled(60), Unavailable("down"), ChatBlocked("chat.left")):
        house.teams.faults.add("send", error)
        assert await house.say("huda", "مساعدة") == []
    assert len(await house.say("huda", "مساعدة")) == 1


# ---------------------------------------------------------------- coming and going


def installed(house: House, person: str, action: str = "add") -> Json:
    return house.activity(person, type="installationUpdate", action=action)


def added(house: House, person: str, change: str = "membersAdded") -> Json:
    return house.activity(person, type="conversationUpdate", **{change: [{"id": f"29:{person}"}, {"id": "28:bot"}]})


async def test_where_somebodys_chat_is_is_kept_and_they_are_welcomed_once(house: House) -> None:
    for activity in (added(house, "huda"), installed(house, "huda"), installed(house, "huda", "add-upgrade")):
        await house.bot.turn(activity)
    (welcome,) = house.teams.said[chat_of("huda")].values()
    assert "أهلاً بك في تراسل" in said(shown_in(welcome))
    assert wrong_with(shown_in(welcome), rtl=True) == []
    kept = conversation(house, "huda")
    assert kept == Conversation(
        person="huda",
        conversation_id="a:huda",
        service_url="https://smba.example/emea/",
        user_mri="29:huda",
        bot_id="28:bot",
    )


def postpone_cards(house: House) -> None:
    """What the outbox holds was tried, and waits for the chats to become known."""
    later = house.now + timedelta(minutes=5)

    def work(tx: Transaction) -> None:
        for claimed in tx.claim("test", house.now, later, 50):
            tx.postpone(claimed.effect_id, "test", later, "the chat is not known yet")

    house.store.write(work)


async def test_the_bell_rings_when_cards_waited_for_the_chat(house: House) -> None:
    postpone_cards(house)
    assert (await house.bot.turn(installed(house, "huda"))).rang
    assert not (await house.bot.turn(installed(house, "laila"))).rang


async def test_whoever_removes_the_app_is_written_to_no_more_until_they_come_back(house: House) -> None:
    await house.bot.turn(installed(house, "huda"))
    for activity in (installed(house, "huda", "remove"), added(house, "huda", "membersRemoved")):
        await house.bot.turn(activity)
        kept = conversation(house, "huda")
        assert kept is not None
        assert kept.blocked == "chat.left"
        await house.bot.turn(installed(house, "huda"))
        kept = conversation(house, "huda")
        assert kept is not None
        assert kept.blocked is None


async def test_writing_to_the_bot_keeps_the_newest_address_of_the_chat(house: House) -> None:
    await house.bot.turn(installed(house, "huda"))
    moved = house.activity("huda", type="message", text="مساعدة", serviceUrl="https://smba.example/apac/")
    await house.bot.turn(moved)
    kept = conversation(house, "huda")
    assert kept is not None
    assert kept.service_url == "https://smba.example/apac/"


async def test_somebody_else_joining_or_leaving_is_none_of_ours(house: House) -> None:
    for change in ("membersAdded", "membersRemoved"):
        activity = house.activity("huda", type="conversationUpdate", **{change: [{"id": "29:omar"}]})
        assert not (await house.bot.turn(activity)).rang
    assert conversation(house, "huda") is None


async def test_a_welcome_that_cannot_be_sent_keeps_the_chat_all_the_same(house: House) -> None:
    postpone_cards(house)
    house.teams.faults.add("send", Unavailable("down"))
    assert (await house.bot.turn(installed(house, "huda"))).rang
    assert conversation(house, "huda") is not None


async def test_an_installation_that_cannot_be_kept_is_asked_for_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise Unavailable("the database: locked")

    monkeypatch.setattr(house.store, "write", down)
    with pytest.raises(Unavailable):
        await house.bot.turn(installed(house, "huda"))
