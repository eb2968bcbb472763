"""Where others read along: nothing that a member may not see."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.handlers import Turned
from registry.commands import Refer
from service.ports import ChatBlocked, Conversation
from tests.bot.house import GROUP, House, card_of, chat_of, shown_in, text_of
from tests.bot.rules_of_teams import wrong_with
from tests.values import mail
from texts import say

type Json = dict[str, Any]

NEVER = ("مستندات", "خطة", "ديوان", "audit.example", "عمر", "هدى", "سري")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A letter with Omar, a secret one with the register; everybody has the bot in a chat of their own."""
    with House(tmp_path) as house:
        house.register(mail(1, subject="طلب مستندات الربع الثاني"), "r1")
        house.register(mail(2, subject="سري: خطة الطوارئ"), "r2")
        house.take(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
        for person in ("huda", "omar", "laila", "noura"):
            house.service.met(chat(person))
        yield house


def chat(person: str) -> Conversation:
    return Conversation(
        person=person, conversation_id=chat_of(person), service_url="s", user_mri=f"29:{person}", bot_id="28:bot"
    )


async def asks(house: House, person: str, text: str, kind: str = "groupChat") -> tuple[list[Json], list[Json]]:
    """Somebody mentions the bot in a group; what it says there, and in their own chat."""
    places = (GROUP, chat_of(person))
    before = [set(house.teams.said[place]) for place in places]
    mention = {"type": "mention", "text": "<at>تراسل</at>", "mentioned": {"id": "28:bot"}}
    activity = house.in_group(person, kind, type="message", text=f"<at>تراسل</at> {text}", entities=[mention])
    await house.bot.turn(activity)
    there, own = (
        [m for n, m in house.teams.said[place].items() if n not in old]
        for place, old in zip(places, before, strict=True)
    )
    return there, own


async def presses(house: House, person: str, verb: str, token: str, **more: Any) -> Turned:
    activity = house.in_group(person) | {
        key: value for key, value in house.execute(person, token, verb, **more).items() if key != "conversation"
    }
    return await house.bot.turn(activity)


def said(node: Any) -> str:
    return json.dumps(node, ensure_ascii=False)


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
async def test_a_number_is_answered_there_by_the_number_alone_and_in_person_by_the_card(
    house: House, kind: str
) -> None:
    (there,), (own,) = await asks(house, "omar", "رقم 1", kind)
    card = shown_in(there)
    assert wrong_with(card, rtl=False) == []
    assert "س.ع/و/1/2026" in said(card)
    assert not any(word in said(there) for word in NEVER)
    assert card["refresh"]["userIds"] == ["29:omar", "29:huda", "29:noura"]
    assert "طلب مستندات" in said(own)


@pytest.mark.parametrize("text", ["المعلق عندي", "ابحث عن مستندات", "طلب مستندات الربع", "أوقف الموجز"])
async def test_everything_else_is_answered_in_person(house: House, text: str) -> None:
    (there,), own = await asks(house, "omar", text)
    assert there["text"] == say("en", "group.in_person")
    assert len(own) == 1


async def test_help_is_answered_there(house: House) -> None:
    for text in ("مساعدة", "", "السلام عليكم"):
        (there,), own = await asks(house, "huda", text)
        assert there["text"] == say("ar", "group.help")
        assert own == []


async def test_whoever_has_no_chat_with_the_bot_is_told_to_open_one(house: House) -> None:
    (there,), _ = await asks(house, "salem", "المعلق عندي")
    assert there["text"] == say("ar", "group.no_chat")


async def test_where_nothing_can_be_said_in_person_it_is_not_said_to_have_been(house: House) -> None:
    house.teams.faults.add("send", ChatBlocked("chat.blocked_by_person"))
    (there,), own = await asks(house, "huda", "المعلق عندي")
    assert there["text"] == say("ar", "group.no_chat")
    assert own == []


async def test_who_may_not_read_it_and_a_stranger_learn_nothing(house: House) -> None:
    (there,), own = await asks(house, "laila", "رقم 1")
    assert "لا أجد" in there["text"]
    assert own == []
    (there,), _ = await asks(house, "nobody", "رقم 1")
    assert say("ar", "chat.stranger") in there["text"]


async def test_a_group_never_becomes_somebodys_own_chat(house: House) -> None:
    await asks(house, "huda", "المعلق عندي")
    await asks(house, "salem", "رقم 1")
    assert house.store.read(lambda tx: tx.conversation("huda")) == chat("huda")
    assert house.store.read(lambda tx: tx.conversation("salem")) is None


# ---------------------------------------------------------------- presses there


async def test_whoever_may_read_it_gets_their_own_view(house: House) -> None:
    for trigger in ("manual", "automatic"):
        card = card_of(await presses(house, "omar", "record", "r1", trigger=trigger))
        assert "طلب مستندات" in said(card)


async def test_whoever_may_not_is_told_so_and_shown_nothing(house: House) -> None:
    for person in ("laila", "salem"):
        assert text_of(await presses(house, person, "record", "r1")) == say("ar", "group.not_for_you")
    assert text_of(await presses(house, "omar", "record", "r9")) == say("en", "group.not_for_you")


async def test_of_a_secret_even_ones_own_view_shows_no_word(house: House) -> None:
    card = card_of(await presses(house, "noura", "record", "r2"))
    assert "خطة" not in said(card)
    (there,), _ = await asks(house, "noura", "رقم 2")
    assert shown_in(there)["refresh"]["userIds"] == []
    assert not any(word in said(there) for word in NEVER)


async def test_nothing_is_decided_there_and_no_copy_of_a_card_is_kept_there(house: House) -> None:
    token = house.token("omar", 2, "r1")
    for verb in ("approve", "complete", "return", "view", "refer", "annotate", "pending", "enter", "all_complete"):
        assert text_of(await presses(house, "omar", verb, token, note="x")) == say("en", "group.decide_in_person")
    assert house.record("r1").steps[1].state == "open"
    assert all(copy.conversation_id != GROUP for copy in house.copies(token))


async def test_a_client_that_knows_no_execute_gets_its_view_in_person(house: House) -> None:
    value = {"token": "r1", "verb": "record"}
    await house.bot.turn(house.in_group("omar", type="message", text="", value=value, replyToId="m1"))
    (there,) = house.teams.said[GROUP].values()
    assert there["text"] == say("en", "group.in_person")
    (own,) = house.teams.said[chat_of("omar")].values()
    assert "طلب مستندات" in said(own)
