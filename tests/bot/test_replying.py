"""A reply begins from the card of its letter: for who may read it, once for each form, with no secret in the chat."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.circuit_commands import Withdraw
from registry.commands import Correct, Refer, Void
from registry.mail import Address
from registry.record import Record
from tests.bot.house import House, card_of, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.bot.test_open_letter import card_in, sign_in
from tests.dispatch_values import SENDING_OFFICE
from tests.values import mail
from texts import say

type Json = dict[str, Any]

WORDS = "طلب مستندات الربع الثاني"
TYPED = {"kind": "outgoing_letter", "subject": f"رداً على: {WORDS}", "text": "نفيدكم.", "outside": "cbk"}
CLEARED = {p: replace(SENDING_OFFICE.people[p], clearance="very_secret", language="ar") for p in ("huda", "omar")}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The bank's letter lies with Omar, to whom Huda referred it so that he prepares a reply."""
    with House(tmp_path, replace(SENDING_OFFICE, people={**SENDING_OFFICE.people, **CLEARED})) as house:
        house.register(mail(1, sender=Address("البنك المركزي", "officer@bank.example"), subject=WORDS))
        step = house.record().steps[-1]
        by = step.to_person or "noura"
        house.take(Refer(record_id="r1", step=step.number, by=by, asked="for_reply", to_person="omar"))
        yield house


def verbs_of(card: Json) -> list[str]:
    return [n["data"]["verb"] for _, n in walk(card) if n.get("type") == "Action.Execute"]


def inputs_of(card: Json) -> dict[str, str]:
    return {n["id"]: n.get("value", "") for _, n in walk(card) if str(n.get("type")).startswith("Input.")}


def drafts_of(house: House) -> list[Record]:
    return [house.record(a.record_id) for a in house.record().answers]


def doing(card: Json) -> str:
    (verb,) = [v for v in verbs_of(card) if v.startswith("reply_it")]
    return verb


async def test_the_form_begins_with_whom_it_answers_about_what_and_how_secret_it_is(house: House) -> None:
    assert "reply" in verbs_of(card_of(await house.press("omar", "view")))
    form = card_of(await house.press("omar", "reply"))
    assert wrong_with(form, rtl=form["rtl"]) == []
    filled = inputs_of(form)
    assert (filled["subject"], filled["outside"]) == (f"رداً على: {WORDS}", "cbk")
    assert f"«{WORDS}»" in filled["text"]
    assert filled["party"] == "البنك المركزي"
    assert filled["confidentiality"] == house.record().confidentiality
    assert filled["kind"] == "outgoing_letter"
    assert drafts_of(house) == [], "a form changes nothing"


async def test_pressed_twice_is_one_reply_and_its_drafter_has_it(house: House) -> None:
    verb = doing(card_of(await house.press("omar", "reply")))
    turned = await house.press("omar", verb, **TYPED)
    assert turned.rang
    assert say("ar", "card.reply_begun") in json.dumps(card_of(turned), ensure_ascii=False)
    again = (await house.press("omar", verb, **TYPED), await house.press("omar", verb, **TYPED | {"text": "غيره"}))
    for one in again:
        assert say("ar", "card.reply_begun") in json.dumps(card_of(one), ensure_ascii=False)
    (draft,) = drafts_of(house)
    assert (draft.in_reply_to, draft.drafter, draft.subject) == ("r1", "omar", TYPED["subject"])
    assert [r.entity for r in draft.recipients] == ["cbk"]
    assert house.store.read(lambda tx: tx.token_of(draft.record_id, 1, "omar")) is not None


async def test_another_one_is_begun_on_purpose_and_its_form_says_that_there_is_one(house: House) -> None:
    first = doing(card_of(await house.press("omar", "reply")))
    await house.press("omar", first, **TYPED)
    form = card_of(await house.press("omar", "reply"))
    assert say("ar", "card.reply_again") in json.dumps(form, ensure_ascii=False)
    await house.press("omar", doing(form), **TYPED)
    assert len(drafts_of(house)) == 2


async def test_whoever_has_an_older_form_is_shown_first_that_somebody_began_one_meanwhile(house: House) -> None:
    old = doing(card_of(await house.press("omar", "reply")))
    found = card_of(await house.press("huda", "reply", "r1"))
    await house.press("huda", doing(found), "r1", **TYPED)
    form = card_of(await house.press("omar", old, **TYPED))
    assert say("ar", "card.reply_again") in json.dumps(form, ensure_ascii=False)
    assert inputs_of(form)["text"] == TYPED["text"], "what was typed stands in it"
    assert [d.drafter for d in drafts_of(house)] == ["huda"]
    await house.press("omar", doing(form), **TYPED)
    assert [d.drafter for d in drafts_of(house)] == ["huda", "omar"]


async def test_one_that_was_withdrawn_does_not_stand_in_the_way_of_the_next(house: House) -> None:
    await house.press("omar", doing(card_of(await house.press("omar", "reply"))), **TYPED)
    (draft,) = drafts_of(house)
    house.take(Withdraw(record_id=draft.record_id, by="omar", note="لا"))
    await house.press("omar", doing(card_of(await house.press("omar", "reply"))), **TYPED)
    assert [d.outcome for d in drafts_of(house)] == ["withdrawn", None]


async def test_less_secret_than_the_letter_is_refused_with_the_reason_and_the_words_stay(house: House) -> None:
    verb = doing(card_of(await house.press("omar", "reply")))
    house.take(Correct(record_id="r1", by="noura", note="درجته أعلى", confidentiality="restricted"))
    form = card_of(await house.press("omar", verb, **TYPED, confidentiality="normal"))
    why = say("ar", "reply.less_secret", reference=house.record().reference)
    assert why in [n.get("text") for _, n in walk(form)]
    assert inputs_of(form)["text"] == TYPED["text"]
    (levels,) = [n["choices"] for _, n in walk(form) if n.get("id") == "confidentiality"]
    assert [c["value"] for c in levels] == ["restricted"], "nothing secret is written in the chat"
    assert drafts_of(house) == []


@pytest.mark.parametrize("verb", ["reply", "reply_it:0", "reply_it", "reply_it:x"])
async def test_whoever_may_not_read_it_begins_nothing(house: House, verb: str) -> None:
    token = house.token("omar")
    assert text_of(await house.press("salem", verb, token, **TYPED)) == say("ar", "chat.not_your_card")
    assert text_of(await house.press("salem", verb, "r1", **TYPED)) == say("ar", "chat.unknown_card")
    assert text_of(await house.press("salem", verb, "no-such", **TYPED)) == say("ar", "chat.unknown_card")
    assert drafts_of(house) == []


async def test_what_was_voided_is_not_answered(house: House) -> None:
    verb = doing(card_of(await house.press("omar", "reply")))
    house.take(Void(record_id="r1", by="noura", note="مكرر"))
    assert "reply" not in verbs_of(card_of(await house.press("omar", "view")))
    await house.press("omar", verb, **TYPED)
    assert drafts_of(house) == []


async def test_what_the_client_asks_by_itself_begins_nothing(house: House) -> None:
    verb = doing(card_of(await house.press("omar", "reply")))
    await house.press("omar", verb, trigger="automatic", **TYPED)
    assert drafts_of(house) == []


async def test_a_secret_is_answered_in_the_dialog_and_no_word_of_it_comes_into_the_chat(house: House) -> None:
    house.take(Correct(record_id="r1", by="noura", note="درجته أعلى", confidentiality="secret"))
    token = house.token("omar")
    for verb in ("view", "reply", "reply_it:0"):
        card = card_of(await house.press("omar", verb, token, **TYPED))
        assert WORDS not in json.dumps(card, ensure_ascii=False)
        assert "reply" not in verbs_of(card)
    assert drafts_of(house) == []
    task = await house.in_dialog("omar", "open_secret", token, opens=True)
    await house.in_dialog("omar", "open_code", token, code=await sign_in(house, "omar", task))
    form = card_in(await house.in_dialog("omar", "reply", token))
    (levels,) = [n["choices"] for _, n in walk(form) if n.get("id") == "confidentiality"]
    assert [c["value"] for c in levels] == ["secret", "very_secret"]
    await house.in_dialog("omar", "reply_it:0", token, **TYPED, confidentiality="secret")
    (draft,) = drafts_of(house)
    assert draft.confidentiality == "secret"
    own = card_of(await house.press("omar", "view", house.token("omar", 1, draft.record_id)))
    assert WORDS not in json.dumps(own, ensure_ascii=False)
