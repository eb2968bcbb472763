"""Whom one finds by the letters of a name, where people are chosen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.actions import MOST_SOUGHT
from tests.bot.house import House, card_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.bot.test_secrets import card_in, verbs
from tests.values import OFFICE, PEOPLE

type Json = dict[str, Any]

MANY = {f"p{n}": replace(PEOPLE["salem"], person_id=f"p{n}", name=f"سالم {n}", upn=f"p{n}@x") for n in range(40)}
SPELT = {"amna": replace(PEOPLE["salem"], person_id="amna", name="آمنة الأحمد", unit_id="legal", upn="amna@x")}
LEFT = {"gone": replace(PEOPLE["salem"], person_id="gone", name="غادر السعيد", active=False)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path, replace(OFFICE, people={**PEOPLE, **MANY, **SPELT, **LEFT})) as house:
        house.register()
        yield house


async def found(house: House, query: Any, by: str = "huda", dataset: str | None = None, **options: Any) -> list[str]:
    token = house.token("huda")
    value = {"queryText": query, "dataset": f"people:{token}" if dataset is None else dataset, "queryOptions": options}
    turned = await house.bot.turn(house.activity(by, type="invoke", name="application/search", value=value))
    assert turned.body is not None
    assert (turned.body["statusCode"], turned.body["type"]) == (200, "application/vnd.microsoft.search.searchResponse")
    return [one["value"] for one in turned.body["value"]["results"]]


@pytest.mark.parametrize("query", ["آمنة", "امنه", "أمنة", "احمد", "الاحمد امنة", "amna@"])
async def test_a_name_is_found_however_it_is_spelt(house: House, query: str) -> None:
    assert await found(house, query) == ["amna"]


async def test_somebody_of_any_unit_is_found_by_post_or_unit(house: House) -> None:
    assert "laila" in await found(house, "القانونية ليلى")


async def test_whoever_may_not_be_asked_is_not_found(house: House) -> None:
    assert await found(house, "غادر") == []
    assert "huda" not in await found(house, "هدى")


async def test_no_more_are_found_than_are_shown(house: House) -> None:
    assert len(await found(house, "سالم")) == MOST_SOUGHT
    assert len(await found(house, "سالم", top=3)) == 3
    assert len(await found(house, "سالم", top=10**9)) == MOST_SOUGHT


async def test_nobody_searches_by_another_persons_card_or_by_none(house: House) -> None:
    assert await found(house, "آمنة", by="omar") == []
    assert await found(house, "آمنة", by="somebody") == []
    assert await found(house, "آمنة", dataset="people:forged") == []
    assert await found(house, "آمنة", dataset="graph.microsoft.com/users") == []


@pytest.mark.parametrize("query", ["", " ", None, 7, "x" * 10_000, "\u202e"])
async def test_whatever_is_typed_gets_an_answer(house: House, query: Any) -> None:
    assert await found(house, query) == []


async def test_the_form_on_the_card_offers_the_dialog_and_there_anybody_may_be_asked(house: House) -> None:
    form = card_of(await house.press("huda", "refer"))
    dialogs = [n["data"]["verb"] for _, n in walk(form) if "msteams" in n.get("data", {})]
    assert dialogs == ["refer_widely"]
    wide = card_in(await house.in_dialog("huda", "refer_widely", house.token("huda"), opens=True))
    assert wrong_with(wide, rtl=True) == []
    (to,) = [n for _, n in walk(wide) if n.get("id") == "to"]
    assert to["choices.data"] == {"type": "Data.Query", "dataset": f"people:{house.token('huda')}"}
    done = await house.in_dialog(
        "huda", "refer", house.token("huda"), to="amna", disposition="for_action", note="للعلم"
    )
    assert "refer" not in verbs(card_in(done))
    assert house.record().steps[-1].to_person == "amna"


async def test_what_was_chosen_stays_where_it_is_refused(house: House) -> None:
    token = house.token("huda")
    wide = card_in(await house.in_dialog("huda", "refer", token, to="amna", disposition="nothing", note="كلام"))
    (to,) = [n for _, n in walk(wide) if n.get("id") == "to"]
    assert to["value"] == "amna"
