"""Acting for another, in the chat: the form, the cards of both, the list, and the answers to why and who."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.words import meant_by
from registry.delegation import Delegation
from tests.bot.house import House, card_of, shown_in, text_of
from tests.bot.test_handlers import first_line, inputs, said, verbs
from tests.values import OFFICE, PEOPLE, forwarded, mail
from texts import say

type Json = dict[str, Any]

FORM = {"to": "salem", "starts": "2026-11-21", "ends": "2026-11-27", "kinds": "", "secrecy": "restricted"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


def delegations(house: House, of: str = "huda") -> list[Delegation]:
    return house.store.read(lambda tx: tx.delegations_of(of, 10))


def token_of(house: House, person: str) -> str:
    (one, *_) = delegations(house, person)
    token = house.store.read(lambda tx: tx.token_of(one.delegation_id, 0, person))
    assert token is not None
    return token


async def delegated(house: House, **fields: str) -> None:
    """Huda delegates to Salem, who accepts."""
    turned = await house.press("huda", "delegate", "", **FORM | fields)
    assert "سُجّل التفويض" in said(card_of(turned)), said(card_of(turned))
    await house.press("salem", "accept_delegation", token_of(house, "salem"))


@pytest.mark.parametrize(
    ("text", "wish", "rest"),
    [
        ("تفويض", "delegate", ""),
        ("تفويض سالم", "delegate", "سالم"),
        ("Delegate to Salem", "delegate", "salem"),
        ("تفويضاتي", "delegations", ""),
        ("My delegations!", "delegations", ""),
        ("لماذا ١٢", "why", "12"),
        ("لماذا لا أستطيع 12/2026؟", "why", "12/2026"),
        ("من يستطيع 12", "why", "12"),
        ("who can 12?", "why", "12"),
        ("why can't I act on 12", "unknown", ""),
        ("why", "why", ""),
        ("who are you", "unknown", ""),
        ("المعلق عندي", "pending", ""),
        ("12", "number", "12"),
    ],
)
def test_what_is_written_is_understood(text: str, wish: str, rest: str) -> None:
    meant = meant_by(text)
    if (wish, rest) == ("unknown", "") and meant.wish == "why":
        assert meant.number == "12"
        return
    assert (meant.wish, meant.number) == (wish, rest)


async def test_the_form_is_opened_by_word_and_finds_people_by_a_part_of_their_name(house: House) -> None:
    (message,) = await house.say("huda", "تفويض")
    assert [c["value"] for c in _choices(shown_in(message), "to")][:2] == ["salem", "omar"]
    (message,) = await house.say("huda", "تفويض ليلى")
    assert [c["value"] for c in _choices(shown_in(message), "to")] == ["laila"]


async def test_the_form_makes_a_delegation_until_the_end_of_its_last_day(house: House) -> None:
    turned = await house.press("huda", "delegate", "", **FORM, note="إجازة")
    (one,) = delegations(house)
    assert turned.rang
    assert (one.from_person, one.to_person, one.note, one.may_pass_on) == ("huda", "salem", "إجازة", False)
    assert one.starts.astimezone(OFFICE.zone).isoformat() == "2026-11-21T00:00:00+03:00"
    assert one.until.astimezone(OFFICE.zone).isoformat() == "2026-11-28T00:00:00+03:00"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ends": "2026-11-20"}, "delegate.no_time"),
        ({"starts": "yesterday"}, "delegate.no_time"),
        ({"ends": "9999-12-30"}, "delegate.too_long"),
        ({"ends": "9999-12-31"}, "delegate.no_time"),
        ({"to": "ghost"}, "delegate.nobody"),
        ({"kinds": "quarantined_mail"}, "delegate.unknown_kind"),
        ({"secrecy": "top_secret"}, "delegate.too_secret"),
        ({"post": "finance"}, "delegate.order_missing"),
        ({"post": "legal", "order": "ق 1"}, "delegate.not_yours"),
    ],
)
async def test_what_cannot_be_is_said_above_the_form_and_what_was_chosen_stays(
    house: House, fields: dict[str, str], why: str
) -> None:
    card = card_of(await house.press("huda", "delegate", "", **FORM | fields, note="إجازة"))
    assert first_line(card) == say("ar", why)
    assert inputs(card)["note"] == "إجازة"
    assert delegations(house) == []


async def test_pressing_the_form_twice_makes_one_delegation(house: House) -> None:
    for _ in range(3):
        await house.press("huda", "delegate", "", **FORM)
    assert len(delegations(house)) == 1


async def test_the_substitute_accepts_on_the_card_and_may_hand_it_back(house: House) -> None:
    await house.press("huda", "delegate", "", **FORM)
    asked = card_of(await house.press("salem", "view", token_of(house, "salem")))
    assert verbs(asked) == ["accept_delegation", "decline_delegation", "delegations"]
    card = card_of(await house.press("salem", "accept_delegation", token_of(house, "salem")))
    assert "التفويض سارٍ" in said(card)
    assert verbs(card) == ["end_delegation", "delegations"]
    card = card_of(await house.press("salem", "end_delegation", token_of(house, "salem")))
    assert "أرجعه النائب" in said(card)


async def test_the_list_has_what_was_delegated_with_the_way_to_take_it_back(house: House) -> None:
    await delegated(house)
    (message,) = await house.say("huda", "تفويضاتي")
    assert PEOPLE["salem"].name in said(shown_in(message))
    card = card_of(await house.press("huda", "view", token_of(house, "huda")))
    assert verbs(card) == ["end_delegation", "delegations"]
    card = card_of(await house.press("huda", "end_delegation", token_of(house, "huda")))
    assert "استُرد" in said(card)
    assert delegations(house)[0].why == "revoked"


async def test_anothers_token_is_worth_nothing(house: House) -> None:
    await house.press("huda", "delegate", "", **FORM)
    for verb in ("accept_delegation", "end_delegation", "view"):
        turned = await house.press("laila", verb, token_of(house, "salem"))
        assert text_of(turned) == say("ar", "chat.not_your_card")
    assert delegations(house)[0].accepted_at is None


async def test_what_the_client_asks_by_itself_changes_nothing(house: House) -> None:
    await house.press("huda", "delegate", "", **FORM)
    await house.press("salem", "accept_delegation", token_of(house, "salem"), trigger="automatic")
    assert delegations(house)[0].accepted_at is None


async def test_a_substitute_decides_on_their_card_and_it_says_for_whom(house: House) -> None:
    house.register()
    await delegated(house)
    (message,) = await house.say("salem", "المعلق عندي")
    assert "طلب مستندات" in said(shown_in(message))
    card = card_of(await house.press("salem", "view", house.token("salem", 1)))
    assert "نيابةً عن" in said(card)
    card = card_of(await house.press("salem", "approve", house.token("salem", 1)))
    assert "سالم العازمي نيابةً عن هدى العلي" in _plain(said(card))
    assert house.record().steps[0].ended_for == "huda"


async def test_the_delegator_who_presses_after_is_told_who_did_it_for_them(house: House) -> None:
    house.register()
    await delegated(house)
    await house.press("salem", "approve", house.token("salem", 1))
    card = card_of(await house.press("huda", "approve", house.token("huda", 1)))
    assert "سالم العازمي نيابةً عن هدى العلي" in _plain(said(card))
    assert house.sheet().count("StepApproved") == 1


async def test_once_it_is_over_the_card_shows_nothing_of_the_letter_and_a_press_changes_nothing(house: House) -> None:
    house.register()
    await delegated(house)
    token = house.token("salem", 1)
    house.now += timedelta(days=8)
    for verb in ("view", "approve"):
        card = card_of(await house.press("salem", verb, token))
        assert "لم تعد هذه المراسلة عندك" in said(card)
        assert "طلب مستندات" not in said(card)
        assert verbs(card) == ["view"]
    assert house.record().steps[0].state == "open"


async def test_a_card_may_be_referred_for_another_and_not_back_to_them(house: House) -> None:
    house.register()
    await delegated(house)
    form = card_of(await house.press("salem", "refer", house.token("salem", 1)))
    assert "huda" not in [c["value"] for c in _choices(form, "to")]
    await house.press("salem", "refer", house.token("salem", 1), to="omar", disposition="for_action")
    assert house.record().steps[1].opened_for == "huda"


@pytest.mark.parametrize("words", ["لماذا 1", "من يستطيع 1", "who can س.ع/و/1/2026"])
async def test_whoever_asks_why_is_told_whose_turn_it_is_and_who_may_act_for_them(house: House, words: str) -> None:
    house.register()
    await delegated(house)
    (message,) = await house.say("noura", words)
    told = _plain(said(shown_in(message)))
    assert "هدى العلي" in told
    assert "ينوب عنه الآن: سالم العازمي" in told
    assert "أما أنت فلا" in told
    assert "طلب مستندات" not in told


async def test_of_a_record_that_somebody_may_not_know_of_nobody_is_named(house: House) -> None:
    house.register()
    (message,) = await house.say("omar", "why 1")
    assert message["text"] == say("en", "chat.no_such_number", number="1")


async def test_a_substitute_learns_why_a_record_above_their_ceiling_is_not_theirs(house: House) -> None:
    secret = replace(OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], clearance="secret")})
    house.store.write(lambda tx: tx.save_office(secret))
    house.register(mail(subject="سري: كشف"))
    from registry.commands import Refer

    house.take(Refer(record_id="r1", step=1, by="abdullah", asked="for_approval", to_person="huda"))
    await delegated(house)
    (message,) = await house.say("salem", "لماذا 1")
    assert say("ar", "may.not_delegated") in said(shown_in(message))
    (message,) = await house.say("salem", "1")
    assert "text" in message


async def test_a_question_without_a_number_asks_for_it(house: House) -> None:
    (message,) = await house.say("huda", "لماذا")
    assert "اكتب رقم المراسلة" in message["text"]


async def test_a_letter_that_the_substitute_put_forward_is_not_theirs_to_approve(house: House) -> None:
    house.register(forwarded(sender=_address("salem")))
    await delegated(house)
    card = card_of(await house.press("salem", "view", house.token("salem", 1)))
    assert "approve" not in verbs(card)
    card = card_of(await house.press("salem", "approve", house.token("salem", 1)))
    assert first_line(card) == say("ar", "may.own_work")


def _address(who: str) -> Any:
    from registry.mail import Address

    return Address(PEOPLE[who].name, PEOPLE[who].mail)


def _choices(card: Json, name: str) -> list[Json]:
    from tests.bot.rules_of_teams import walk

    found: list[Json] = next(node["choices"] for _, node in walk(card) if node.get("id") == name)
    return found


def _plain(text: str) -> str:
    from texts.isolates import bare

    return bare(text)
