"""Deciding on several items of a list at once, and paging through it."""

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.handlers import Turned
from registry.commands import Approve, Refer
from registry.errors import Unavailable
from registry.record import OPEN
from service.waiting import KEPT_FOR, PAGE
from tests.bot.house import House, card_of, chat_of, shown_in, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import mail

type Json = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three letters wait for Huda's approval."""
    with House(tmp_path) as house:
        for number in (1, 2, 3):
            house.now += timedelta(minutes=1)
            house.register(mail(number, subject=f"كتاب {number}"), f"r{number}")
        yield house


async def list_of(house: House, person: str = "huda") -> Json:
    (message,) = await house.say(person, "المعلق عندي")
    return shown_in(message)


def token_of(card: Json, verb: str) -> str:
    return next(str(d["token"]) for d in pressable(card) if d["verb"] == verb)


def pressable(card: Json) -> list[Json]:
    return [n["data"] for _, n in walk(card) if n.get("type") == "Action.Execute"]


def ticks(card: Json) -> dict[str, str]:
    return {n["id"]: n["value"] for _, n in walk(card) if n.get("type") == "Input.Toggle"}


def said(card: Json) -> str:
    return json.dumps(card, ensure_ascii=False)


async def press(house: House, card: Json, verb: str, *picked: int, by: str = "huda", **more: Any) -> Turned:
    inputs = {f"pick{n}": "true" for n in picked}
    return await house.press(by, verb, token_of(card, verb), **inputs, **more)


def states(house: House) -> list[str]:
    return [house.record(f"r{n}").status.value for n in (1, 2, 3)]


# ---------------------------------------------------------------- several at once


async def test_what_is_ticked_is_approved_each_by_itself_and_the_rest_is_left(house: House) -> None:
    turned = await press(house, await list_of(house), "all_approve", 1, 3)
    card = card_of(turned)
    assert states(house) == ["closed", "in_action", "closed"]
    assert turned.rang
    assert said(card).count("تم الاعتماد") == 2
    assert list(ticks(card)) == ["pick1"]
    assert wrong_with(card, rtl=True) == []


async def test_one_that_is_refused_says_why_and_stays_ticked_with_the_words(house: House) -> None:
    house.take(Refer(record_id="r2", step=1, by="huda", asked="for_follow_up", to_person="omar"))
    house.take(Refer(record_id="r3", step=1, by="huda", asked="for_action", to_person="omar"))
    card = await list_of(house, "omar")
    assert list(ticks(card)) == ["pick1", "pick2"]
    done = card_of(await press(house, card, "all_complete", 1, 2, by="omar"))
    assert "No. \u2068س.ع/و/2/2026\u2069: \u2068Completed\u2069" in said(done)
    assert "Write the result first" in said(done)
    assert ticks(done) == {"pick1": "true"}
    assert house.record("r3").steps[1].state == OPEN
    again = card_of(await press(house, done, "all_complete", 1, by="omar", note="تم الصرف"))
    assert house.record("r3").steps[1].result == "تم الصرف"
    assert ticks(again) == {}


async def test_a_return_takes_the_lists_words_for_each(house: House) -> None:
    for record_id in ("r1", "r2"):
        house.take(Refer(record_id=record_id, step=1, by="huda", asked="for_action", to_person="omar"))
    await press(house, await list_of(house, "omar"), "all_return", 1, 2, by="omar", note="ليست من اختصاصي")
    assert [house.record(r).steps[1].result for r in ("r1", "r2")] == ["ليست من اختصاصي"] * 2


async def test_nothing_ticked_is_said_and_changes_nothing(house: House) -> None:
    turned = await press(house, await list_of(house), "all_approve", note="موافق")
    assert "لم تحدد شيئاً" in said(card_of(turned))
    assert "موافق" in said(card_of(turned))
    assert not turned.rang
    assert states(house) == ["in_action"] * 3


async def test_decided_on_the_card_and_on_the_list_is_decided_once(house: House) -> None:
    card = await list_of(house)
    await house.press("huda", "approve", house.token("huda", record_id="r1"))
    turned = await press(house, card, "all_approve", 1, 2)
    assert house.sheet("r1").count("StepApproved") == 1
    assert states(house) == ["closed", "closed", "in_action"]
    assert "تم الاعتماد" in said(card_of(turned))


async def test_what_somebody_else_decided_meanwhile_is_explained(house: House) -> None:
    card = await list_of(house, "huda")
    await house.press("huda", "return", house.token("huda", record_id="r1"), note="ناقصة")
    house.take(Approve(record_id="r2", step=1, by="huda"))
    shown = card_of(await press(house, card, "all_approve", 1, 2))
    assert "سُجّل الإجراء من قبل" in said(shown)
    assert house.sheet("r1").count("StepApproved") == 0


async def test_the_same_press_five_times_at_once_decides_once(house: House) -> None:
    card = await list_of(house)
    pressed = await asyncio.gather(*(press(house, card, "all_approve", 1, 2, 3) for _ in range(5)))
    assert states(house) == ["closed"] * 3
    assert all(house.sheet(f"r{n}").count("StepApproved") == 1 for n in (1, 2, 3))
    assert all(said(card_of(turned)).count("تم الاعتماد") == 3 for turned in pressed)


async def test_somebody_elses_list_shows_and_changes_nothing(house: House) -> None:
    card = await list_of(house)
    turned = await press(house, card, "all_approve", 1, 2, 3, by="laila")
    assert "ليست لك" in text_of(turned)
    assert states(house) == ["in_action"] * 3


async def test_a_list_that_is_too_old_is_explained_and_shown_as_it_now_is(house: House) -> None:
    card = await list_of(house)
    house.now += KEPT_FOR + timedelta(minutes=1)
    await list_of(house)
    shown = card_of(await press(house, card, "all_approve", 1))
    assert "القائمة التي ضغطت عليها قديمة" in said(shown)
    assert states(house) == ["in_action"] * 3
    assert len(ticks(shown)) == 3


async def test_what_the_client_asks_by_itself_decides_nothing(house: House) -> None:
    turned = await press(house, await list_of(house), "all_approve", 1, 2, 3, trigger="automatic")
    assert len(ticks(card_of(turned))) == 3
    assert states(house) == ["in_action"] * 3


async def test_a_client_that_knows_no_execute_gets_the_list_written_anew(house: House) -> None:
    card = await list_of(house)
    value = {"token": token_of(card, "all_approve"), "verb": "all_approve", "pick2": "true"}
    (card_id,) = house.teams.said[chat_of("huda")]
    await house.bot.turn(house.activity("huda", type="message", text="", value=value, replyToId=card_id))
    assert states(house) == ["in_action", "closed", "in_action"]
    assert "تم الاعتماد" in said(shown_in(house.teams.said[chat_of("huda")][card_id]))


async def test_where_the_database_is_away_each_item_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await list_of(house)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(house.taker, "take", away)
    shown = card_of(await press(house, card, "all_approve", 1, 2))
    assert said(shown).count("تعذّر تسجيل الإجراء الآن") == 2
    assert ticks(shown) == {"pick1": "true", "pick2": "true", "pick3": "false"}


async def test_of_a_secret_nothing_is_shown_or_decided_on_a_list(house: House) -> None:
    house.register(mail(9, subject="سري: خطة الطوارئ"), "r9")
    house.take(Refer(record_id="r9", step=1, by="noura", asked="for_approval", to_person="noura"))
    card = await list_of(house, "noura")
    assert "خطة" not in said(card)
    assert "all_approve" not in [d["verb"] for d in pressable(card)]


async def test_whatever_is_edited_in_a_press_decides_on_nothing_but_the_readers_own(house: House) -> None:
    """Mutated data: other places, other lists, other verbs, other types."""
    chance, mine = random.Random(4), await list_of(house)
    token = token_of(mine, "all_approve")
    values: list[Any] = ["true", True, 1, None, [], {}, "false", "TRUE", "1", {"$ne": 1}]
    for _ in range(300):
        names = [f"pick{chance.choice((0, -1, 4, 6, 7, 20, 21, 99))}" for _ in range(3)]
        data = {name: chance.choice(values) for name in names} | {"picked": [1, 2, 3], "items": ["r1"]}
        other = chance.choice((token, token[:-1], token + "x", "", house.token("huda", record_id="r1"), 7, None))
        verb = chance.choice(("all_approve", "all_return", "all_close", "all_", "page_next", "all_complete"))
        by = chance.choice(("huda", "laila", "badr", "stranger"))
        activity = house.execute(by, other, verb, **data)  # type: ignore[arg-type]
        turned = await house.bot.turn(activity)
        assert turned.body is not None
    assert states(house) == ["in_action"] * 3


# ---------------------------------------------------------------- pages


async def test_a_long_list_is_paged_forwards_and_back(house: House) -> None:
    for number in range(4, 13):
        house.now += timedelta(minutes=1)
        house.register(mail(number, subject=f"كتاب {number}"), f"r{number}")
    first = await list_of(house)
    assert len(ticks(first)) == PAGE
    assert "1\u2069 إلى \u20685\u2069، والمجموع \u206812" in said(first)
    second = card_of(await press(house, first, "page_next"))
    third = card_of(await press(house, second, "page_next"))
    assert "كتاب 11" in said(third)
    assert "page_next" not in [d["verb"] for d in pressable(third)]
    back = card_of(await press(house, third, "page_back"))
    assert said(back).count("كتاب ") == said(second).count("كتاب ")
    assert "كتاب 6" in said(back)


async def test_a_page_whose_items_are_all_done_is_followed_by_what_came_after_them(house: House) -> None:
    for number in range(4, 13):
        house.now += timedelta(minutes=1)
        house.register(mail(number, subject=f"كتاب {number}"), f"r{number}")
    first = await list_of(house)
    done = card_of(await press(house, first, "all_approve", 1, 2, 3, 4, 5))
    assert "كتاب 6" in said(done)
    assert "كتاب 10" in said(done)
    stale = card_of(await press(house, first, "page_next"))
    assert "كتاب 6" in said(stale)
    last = card_of(await press(house, done, "page_next"))
    assert list(ticks(last)) == ["pick1", "pick2"]
