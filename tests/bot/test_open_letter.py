"""The issued letter is opened from its card by whoever may read it, and by nobody else: by a link for one person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.circuit_commands import Sign, Submit
from registry.circuits import HEAD, SIGN, Addressee, StageRule, Who
from registry.commands import Acknowledge, Void
from registry.sealed_commands import NoteSealed
from service.links import Links
from tests.bot.house import PUBLIC_URL, House, card_of, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.circuit_values import CIRCUIT_PEOPLE, draft, laid_down
from texts import say

type Json = dict[str, Any]

PDF = "a" * 64
TO_LEGAL = (Addressee("legal", None, "for_circulation"),)


def sealed(house: House, **fields: Any) -> None:
    house.take(draft("m1", **{"kind": "circular", "addressees": TO_LEGAL} | fields))
    house.take(Submit(record_id="m1", step=1, by="omar"))
    house.take(Sign(record_id="m1", step=2, by="huda"))
    house.take(
        NoteSealed(
            record_id="m1",
            sha256=PDF,
            size_bytes=9,
            frozen="b" * 64,
            level="approval",
            certificate=None,
            stamped_at=None,
            manifest="d" * 64,
        )
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Omar's circular, which Huda signed, lies with Laila of Legal."""
    office = laid_down(StageRule(act=SIGN, who=(Who(HEAD),)))
    people = {**CIRCUIT_PEOPLE, **{p: replace(CIRCUIT_PEOPLE[p], clearance="secret") for p in ("huda", "omar")}}
    with House(tmp_path, replace(office, people=people)) as house:
        house.service.links = Links("k" * 32, PUBLIC_URL, house.clock)
        yield house


def buttons_of(card: Json) -> list[str]:
    return [node["verb"] for _, node in walk(card) if node.get("type") == "Action.Execute"]


def opened_by(house: House, card: Json) -> list[tuple[str, str | None]]:
    """What the links on a card open, and for whom."""
    assert wrong_with(card, rtl=card["rtl"]) == []
    found = []
    for url in (node["url"] for _, node in walk(card) if node.get("type") == "Action.OpenUrl"):
        parts = urlsplit(url)
        what = parts.path.removeprefix("/api/v1/records/")
        assert house.service.links is not None
        found.append((what, house.service.links.holder(parts.query.removeprefix("ticket="), what)))
    return found


@pytest.mark.parametrize(("person", "step"), [("laila", 3), ("huda", 2), ("omar", 1)])
async def test_whoever_had_it_before_them_opens_it(house: House, person: str, step: int) -> None:
    sealed(house)
    token = house.token(person, step, "m1")
    assert "open_letter" in buttons_of(card_of(await house.press(person, "view", token)))
    card = card_of(await house.press(person, "open_letter", token))
    assert opened_by(house, card) == [(f"m1/documents/{PDF}", person)]


async def test_whoever_has_acknowledged_it_opens_it_still_and_so_it_is_when_it_was_voided(house: House) -> None:
    sealed(house)
    token = house.token("laila", 3, "m1")
    house.take(Acknowledge(record_id="m1", step=3, by="laila"))
    house.take(Void(record_id="m1", by="huda", note="مواعيد خاطئة"))
    assert opened_by(house, card_of(await house.press("laila", "open_letter", token)))


async def test_before_it_is_sealed_there_is_nothing_to_open(house: House) -> None:
    house.take(draft("m1", kind="circular", addressees=TO_LEGAL))
    token = house.token("omar", 1, "m1")
    assert "open_letter" not in buttons_of(card_of(await house.press("omar", "view", token)))
    assert opened_by(house, card_of(await house.press("omar", "open_letter", token))) == []


async def test_the_card_of_another_opens_nothing(house: House) -> None:
    sealed(house)
    assert text_of(await house.press("salem", "open_letter", house.token("laila", 3, "m1"))) == say(
        "ar", "chat.not_your_card"
    )
    assert text_of(await house.press("salem", "open_letter", "m1")) == say("ar", "chat.unknown_card")


async def test_a_record_that_was_found_opens_its_letter_for_who_may_read_it(house: House) -> None:
    sealed(house)
    assert "open_letter" in buttons_of(card_of(await house.press("huda", "record", "m1")))
    card = card_of(await house.press("huda", "open_letter", "m1"))
    assert opened_by(house, card) == [(f"m1/documents/{PDF}", "huda")]


async def test_nobody_opens_it_where_others_read_along(house: House) -> None:
    sealed(house)
    for verb in ("record", "open_letter"):
        pressed = house.execute("huda", "m1", verb)
        turned = await house.bot.turn({**pressed, "conversation": house.in_group("huda")["conversation"]})
        assert turned.body is not None
        shown = turned.body["value"]
        assert isinstance(shown, str) or "open_letter" not in buttons_of(shown)
        assert isinstance(shown, str) or opened_by(house, shown) == []


async def test_a_secret_is_opened_in_the_dialog_and_never_in_the_chat(house: House) -> None:
    sealed(house, confidentiality="secret", addressees=())
    for token in (house.token("huda", 2, "m1"), "m1"):
        shown = card_of(await house.press("huda", "view" if token != "m1" else "record", token))
        assert "open_letter" not in buttons_of(shown)
        assert opened_by(house, card_of(await house.press("huda", "open_letter", token))) == []
        task = await house.in_dialog("huda", "open_secret", token, opens=True)
        if "code" in str(task):
            task = await house.in_dialog("huda", "open_code", token, code=await sign_in(house, "huda", task))
        assert "open_letter" in [n["data"]["verb"] for _, n in walk(card_in(task)) if n.get("type") == "Action.Submit"]
        opens = card_in(await house.in_dialog("huda", "open_letter", token))
        assert opened_by(house, opens) == [(f"m1/documents/{PDF}", "huda")]


def card_in(task: Json) -> Json:
    assert task["type"] == "continue", task
    card: Json = task["value"]["card"]["content"]
    return card


async def sign_in(house: House, person: str, task: Json) -> str:
    """Follow the link in the dialog as a browser would; the code that is shown at its end."""
    (link,) = [n["url"] for _, n in walk(card_in(task)) if n.get("type") == "Action.OpenUrl"]
    (ticket,) = parse_qs(urlsplit(link).query)["ticket"]
    house.step_up.address(ticket)
    return await house.step_up.returned(ticket, house.entrance.asked["state"], house.entrance.signs_in(person))
