"""Looking for records in the chat, and commands that are not quite written as they should be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.words import meant_by
from registry.commands import Refer
from registry.mail import Address
from service.digest import DIGEST
from service.ports import Wanted
from service.views import Viewer
from tests.bot.house import House, card_of, shown_in, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import PEOPLE, mail
from texts import say

type Json = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.register(mail(1, subject="تمديد عقد النظافة", sender=Address("شركة الأرز", "info@cedar.example")), "r1")
        house.register(mail(2, subject="طلب مستندات الربع الثاني"), "r2")
        house.register(mail(3, subject="تأخر توريد الأجهزة"), "r3")
        house.register(mail(4, subject="سري: خطة الطوارئ للمستندات"), "r4")
        house.take(Refer(record_id="r2", step=1, by="huda", asked="for_action", to_person="omar"))
        yield house


async def answer(house: House, person: str, text: str) -> Json:
    (message,) = await house.say(person, text)
    return message


def said(message: Json) -> str:
    return json.dumps(message, ensure_ascii=False)


def opened(card: Json) -> list[tuple[str, str]]:
    return [
        (n["data"]["verb"], n["data"]["token"])
        for _, n in walk(card)
        if n.get("type") == "Action.Execute" and n["data"]["verb"] in ("view", "record")
    ]


@pytest.mark.parametrize(
    "text",
    ["بحث عن مستندات", "ابحث عن المستندات", "بحث: مُسْتَنَدَات", "search مستندات", "طلب المستندات", "والمستندات الربع"],
)
async def test_words_of_the_subject_find_it_however_they_are_spelt(house: House, text: str) -> None:
    message = await answer(house, "omar", text)
    assert "طلب مستندات الربع الثاني" in said(message)
    assert "تمديد" not in said(message)


@pytest.mark.parametrize("text", ["ابحث عن شركة الارز", "find cedar.example", "بحث ديوان محاسبه"])
async def test_the_senders_name_and_address_find_it(house: House, text: str) -> None:
    found = said(await answer(house, "noura", text))
    assert "شركة الأرز" in found or "ديوان المحاسبة" in found


async def test_several_are_listed_each_with_a_button_that_opens_it(house: House) -> None:
    message = await answer(house, "huda", "ابحث عن ديوان")
    card = shown_in(message)
    assert wrong_with(card, rtl=True) == []
    assert opened(card) == [("record", "r2"), ("view", house.token("huda", 1, "r3"))]
    shown = card_of(await house.press("huda", "record", "r2"))
    assert "قيد الإجراء" in said(shown)


async def test_nobody_finds_what_they_may_not_read(house: House) -> None:
    assert "لا أجد" in (await answer(house, "laila", "بحث عن مستندات"))["text"]
    refused = await house.press("laila", "record", "r2")
    assert text_of(refused) == say("ar", "chat.unknown_card")


@pytest.mark.parametrize("person", ["abdullah", "noura"])
async def test_a_secret_is_found_by_its_number_and_by_none_of_its_words(house: House, person: str) -> None:
    """Else a search would be a question about what it says; and whoever may see it does not see it in a chat."""
    assert "لا أجد" in (await answer(house, person, "ابحث عن الطوارئ"))["text"]
    by_number = said(await answer(house, person, f"بحث {house.record('r4').reference}"))
    assert "خطة" not in by_number
    assert "سري" in by_number


def test_the_api_does_not_let_a_search_ask_about_words_that_one_may_not_see(house: House) -> None:
    def found(person: str, search: str) -> list[str]:
        page = house.service.records(Viewer(PEOPLE[person]), Wanted(search=search))
        return [item["record_id"] for item in page.items]

    assert found("abdullah", "الطوارئ") == []
    assert found("abdullah", house.record("r4").reference) == ["r4"]
    assert found("noura", "الطوارئ") == ["r4"]


async def test_nothing_found_is_said_with_the_words(house: House) -> None:
    assert "كهرباء" in (await answer(house, "huda", "ابحث عن كهرباء"))["text"]


async def test_free_words_that_no_record_holds_are_answered_with_help(house: House) -> None:
    assert "لم أفهم" in said(await answer(house, "huda", "ما رأيك في الطقس"))


async def test_many_are_cut_and_it_is_said_how_to_narrow_it(house: House) -> None:
    for number in range(5, 15):
        house.register(mail(number, subject=f"فاتورة {number}"), f"r{number}")
    card = shown_in(await answer(house, "huda", "بحث فاتورة"))
    assert len(opened(card)) == 6
    assert "وهناك غيرها" in said(card)


# ---------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("المعلفق عندي", "pending"),
        ("المعلق عنذي", "pending"),
        ("pendng", "pending"),
        ("penidng", "pending"),
        ("مساعة", "help"),
        ("qarantine", "quarantine"),
        ("thnaks", "greeting"),
        ("stop digset", "digest_off"),
    ],
)
def test_a_slip_of_the_hand_is_seen_through(text: str, wish: str) -> None:
    assert (meant_by(text).wish, meant_by(text).guessed) == (wish, True)


@pytest.mark.parametrize("text", ["regster", "registr", "تسجل كتاب", "قد كتاب"])
async def test_what_would_change_the_register_is_asked_about_and_never_guessed(house: House, text: str) -> None:
    message = await answer(house, "abdullah", text)
    assert "هل تقصد" in message["text"]
    assert "attachments" not in message


@pytest.mark.parametrize("text", ["relase 4", "ارفغ 4", "aprove 4", "approve", "close 1", "اعتمد 1"])
async def test_a_release_or_a_decision_is_never_guessed(house: House, text: str) -> None:
    before = house.sheet("r1"), house.sheet("r4")
    message = await answer(house, "abdullah", text)
    assert not any(n.get("verb") == "release" for _, n in walk(message))
    assert (house.sheet("r1"), house.sheet("r4")) == before


async def test_words_that_a_record_holds_are_no_slip(house: House) -> None:
    house.register(mail(9, subject="المعلق الرياضي"), "r9")
    assert "المعلق الرياضي" in said(await answer(house, "huda", "المعلق الرياضي"))


async def test_the_digest_is_stopped_and_started_in_the_chat(house: House) -> None:
    for text, kept in (("أوقف الموجز", "off"), ("شغّل الموجز", "on"), ("stop digest", "off")):
        await answer(house, "huda", text)
        assert house.store.read(lambda tx: tx.preference("huda", DIGEST)) == kept
