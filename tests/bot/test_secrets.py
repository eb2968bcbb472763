"""A secret is read in a dialog, by whoever signed in anew, for minutes; the chat never holds a word of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.commands import Refer
from tests.bot.house import House, card_of, chat_of, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import OFFICE, PEOPLE, mail
from texts import say

type Json = dict[str, Any]

WORDS = "خطة الطوارئ"
OFFICE_OF_SECRETS = replace(OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], clearance="secret")})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A secret letter, which Noura of the register put before Huda."""
    with House(tmp_path, OFFICE_OF_SECRETS) as house:
        house.register(mail(subject=f"سري: {WORDS}"))
        ask = Refer(record_id="r1", step=1, by="noura", asked="for_action", to_person="huda")
        assert house.take(ask).record is not None
        yield house


def card_in(task: Json) -> Json:
    assert task["type"] == "continue", task
    card: Json = task["value"]["card"]["content"]
    return card


def said(card: Json) -> str:
    return json.dumps(card, ensure_ascii=False)


def verbs(card: Json) -> list[str]:
    return [node["data"]["verb"] for _, node in walk(card) if node.get("type") == "Action.Submit"]


async def sign_in(house: House, person: str, task: Json) -> str:
    """Follow the link in the dialog as a browser would; the code that is shown at its end."""
    (link,) = [node["url"] for _, node in walk(card_in(task)) if node.get("type") == "Action.OpenUrl"]
    (ticket,) = parse_qs(urlsplit(link).query)["ticket"]
    house.step_up.address(ticket)
    state = house.entrance.asked["state"]
    return await house.step_up.returned(ticket, state, house.entrance.signs_in(person))


async def opened(house: House, person: str = "huda", token: str | None = None) -> Json:
    token = token or house.token(person)
    first = await house.in_dialog(person, "open_secret", token, opens=True)
    return await house.in_dialog(person, "open_code", token, code=await sign_in(house, person, first))


async def test_the_card_in_the_chat_offers_to_read_it_and_shows_nothing(house: House) -> None:
    card = card_of(await house.press("huda", "view"))
    assert WORDS not in said(card)
    opens = [n for _, n in walk(card) if n.get("data", {}).get("msteams") == {"type": "task/fetch"}]
    assert [n["data"]["verb"] for n in opens] == ["open_secret"]


async def test_before_the_sign_in_the_dialog_shows_nothing(house: House) -> None:
    card = card_in(await house.in_dialog("huda", "open_secret", house.token("huda"), opens=True))
    assert WORDS not in said(card)
    assert wrong_with(card, rtl=True) == []
    assert "SecretShown" not in house.sheet()


async def test_after_it_the_words_are_shown_and_the_sheet_says_so(house: House) -> None:
    task = await opened(house)
    card = card_in(task)
    assert WORDS in said(card)
    assert wrong_with(card, rtl=True) == []
    assert "12:16" in task["value"]["title"]
    assert house.sheet()[-2:] == ["SecretShown", "StepOpened"]
    assert not [n for _, n in walk(card) if n.get("type") == "Action.Execute"], "a dialog knows none"
    assert "refresh" not in card


async def test_the_sheet_says_it_once_for_each_sign_in(house: House) -> None:
    await opened(house)
    await house.in_dialog("huda", "open_secret", house.token("huda"), opens=True)
    assert house.sheet().count("SecretShown") == 1
    house.now += timedelta(minutes=16)
    await opened(house)
    assert house.sheet().count("SecretShown") == 2


async def test_once_the_time_is_over_each_press_masks_it_again_and_does_nothing(house: House) -> None:
    await opened(house)
    house.now += timedelta(minutes=15)
    for verb in ("open_secret", "view", "complete", "annotate", "refer"):
        task = await house.in_dialog("huda", verb, house.token("huda"), note="تم")
        assert WORDS not in said(card_in(task))
    assert "StepCompleted" not in house.sheet()


async def test_what_is_decided_in_the_dialog_is_decided_and_the_chat_stays_masked(house: House) -> None:
    await opened(house)
    task = await house.in_dialog("huda", "complete", house.token("huda"), note="نُفذت الخطة")
    assert WORDS in said(card_in(task))
    assert "نُفذت الخطة" in said(card_in(task))
    assert "StepCompleted" in house.sheet()
    assert WORDS not in said(card_of(await house.press("huda", "view")))
    everything = said({"all": [*house.teams.said[chat_of("huda")].values()]})
    assert WORDS not in everything
    assert "نُفذت" not in everything


async def test_the_rarer_verbs_open_as_well(house: House) -> None:
    card = card_in(await opened(house))
    assert {"annotate", "return", "complete", "refer", "more"} <= {*verbs(card)}
    form = card_in(await house.in_dialog("huda", "refer", house.token("huda")))
    assert "note" in {n.get("id") for _, n in walk(form)}
    assert card_in(await house.in_dialog("huda", "more", house.token("huda")))


async def test_a_clerk_who_is_cleared_opens_the_record_that_they_found(house: House) -> None:
    (card,) = await house.say("noura", "1")
    assert WORDS not in said(card)
    assert WORDS in said(card_in(await opened(house, "noura", "r1")))


async def test_whoever_is_not_cleared_or_not_a_reader_is_not_even_asked_to_sign_in(house: House) -> None:
    token = house.token("huda")
    for person in ("omar", "abdullah", "salem"):
        for known in (token, "r1"):
            task = await house.in_dialog(person, "open_secret", known, opens=True)
            assert task["type"] == "message"
    stranger = await house.in_dialog("somebody", "open_secret", token, opens=True)
    assert stranger["type"] == "message"


async def test_another_persons_sign_in_opens_it_for_nobody_else(house: House) -> None:
    await opened(house, "noura", "r1")
    task = await house.in_dialog("huda", "open_secret", house.token("huda"), opens=True)
    assert WORDS not in said(card_in(task))


async def test_a_wrong_code_says_so_and_the_same_sign_in_is_good_still(house: House) -> None:
    token = house.token("huda")
    code = await sign_in(house, "huda", await house.in_dialog("huda", "open_secret", token, opens=True))
    wrong = await house.in_dialog("huda", "open_code", token, code="12")
    assert say("ar", "sign_in.wrong_code") in said(card_in(wrong))
    assert WORDS in said(card_in(await house.in_dialog("huda", "open_code", token, code=code)))


@pytest.mark.parametrize("verb", ["annotate", "annotate_final", "correct", "confirm_sender", "edit", "insert"])
async def test_no_form_with_its_words_comes_into_the_chat_whatever_is_pressed(house: House, verb: str) -> None:
    turned = await house.press("huda", verb, opened=True, note="سر")
    shown = said(card_of(turned)) if "value" in (turned.body or {}) else text_of(turned)
    assert WORDS not in shown
    assert say("ar", "card.open_first") in shown
    assert "AnnotationFinal" not in house.sheet()


async def test_a_dialog_is_not_opened_where_others_read_along(house: House) -> None:
    await opened(house)
    value = {"data": {"token": house.token("huda"), "verb": "open_secret"}}
    asked = house.in_group("huda", type="invoke", name="task/fetch", value=value)
    turned = await house.bot.turn(asked)
    assert WORDS not in said(turned.body or {})


@pytest.mark.parametrize("value", [None, [], "x", {}, {"data": None}, {"data": {"token": 7, "verb": []}}])
async def test_a_dialog_with_anything_in_it_gets_an_answer(house: House, value: Any) -> None:
    for name in ("task/fetch", "task/submit"):
        turned = await house.bot.turn(house.activity("huda", type="invoke", name=name, value=value))
        assert turned.body is not None
        assert turned.body["task"]["type"] == "message"
