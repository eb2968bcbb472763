"""What a press does: read, take, show."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.handlers import Turned
from registry.commands import Annotate, Complete, Quarantine, Refer
from registry.errors import Unavailable
from registry.record import DONE, OPEN, REFERRED
from tests.bot.house import House, card_of, chat_of, shown_in, text_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import OFFICE, PEOPLE, changed, mail
from texts import say

type Json = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.register()
        yield house


def verbs(card: Json) -> list[str]:
    return [node["verb"] for _, node in walk(card) if node.get("type") == "Action.Execute"]


def inputs(card: Json) -> dict[str, str | None]:
    return {n["id"]: n.get("value") for _, n in walk(card) if str(n.get("type")).startswith("Input.")}


def said(card: Json) -> str:
    return json.dumps(card, ensure_ascii=False)


def first_line(card: Json) -> str:
    """What stands above everything else."""
    return next(str(n["text"]) for _, n in walk(card) if "text" in n)


async def handed_to_omar(house: House, asked: str = "for_action") -> None:
    await house.press("huda", "refer", to="omar", disposition=asked, note="للأهمية")


# ---------------------------------------------------------------- each verb


async def test_approving_closes_the_record_and_rings(house: House) -> None:
    turned = await house.press("huda", "approve", note="موافق")
    assert house.record().status.value == "closed"
    assert turned.rang
    assert "تم الاعتماد" in said(card_of(turned))
    assert verbs(card_of(turned)) == ["more"]


async def test_returning_needs_a_reason_and_says_so_on_the_card(house: House) -> None:
    await handed_to_omar(house)
    turned = await house.press("omar", "return", token=house.token("omar"), note="  ")
    assert first_line(card_of(turned)) == "Write the reason first, then press again."
    assert not turned.rang
    assert house.record().steps[1].state == OPEN


async def test_returning_puts_it_before_whoever_asked(house: House) -> None:
    await handed_to_omar(house)
    turned = await house.press("omar", "return", note="ليست من اختصاصي")
    assert "Returned" in said(card_of(turned))
    assert house.record().steps[-1].to_person == "huda"


async def test_completing_needs_the_result_and_what_was_typed_stays(house: House) -> None:
    await handed_to_omar(house)
    turned = await house.press("omar", "complete", note="\n ")
    assert first_line(card_of(turned)) == "Write the result first, then press again."
    turned = await house.press("omar", "complete", token=house.token("omar", 2), note="جُهّزت المستندات")
    assert turned.rang
    assert house.record().steps[1].result == "جُهّزت المستندات"


async def test_acknowledging_a_copy_ends_it(house: House) -> None:
    await handed_to_omar(house, "for_information")
    turned = await house.press("omar", "acknowledge")
    assert house.record().steps[1].outcome == "acknowledged"
    assert "Acknowledged" in said(card_of(turned))
    assert house.record().steps[0].state == OPEN


async def test_closing_needs_a_reason_and_takes_the_cards_words(house: House) -> None:
    assert "اكتب السبب" in first_line(card_of(await house.press("huda", "close")))
    await house.press("huda", "close", note="وردت خطأً")
    assert house.record().outcome_note == "وردت خطأً"


async def test_a_press_on_refer_shows_the_form_with_the_words_that_were_typed(house: House) -> None:
    turned = await house.press("huda", "refer", note="للأهمية")
    card = card_of(turned)
    assert verbs(card) == ["refer", "view"]
    assert inputs(card) == {"to": None, "disposition": "for_action", "note": "للأهمية"}
    assert not turned.rang
    assert house.sheet() == ["Registered", "Referred"]


async def test_the_form_lists_ones_own_unit_then_the_heads_of_the_others(house: House) -> None:
    card = card_of(await house.press("huda", "refer"))
    choices = next(n["choices"] for _, n in walk(card) if n.get("id") == "to")
    assert [c["value"] for c in choices] == ["salem", "omar", "laila", "noura"]
    assert choices[1]["title"].replace("\u2068", "").replace("\u2069", "") == "عمر الفهد — باحث مالي"


async def test_the_form_refers(house: House) -> None:
    turned = await house.press("huda", "refer", to="omar", disposition="for_action", note="للأهمية")
    assert turned.rang
    step = house.record().steps[1]
    assert (step.to_person, step.asked, step.note) == ("omar", "for_action", "للأهمية")
    assert "بانتظار من أحلتها إليه" in said(card_of(turned))


async def test_a_copy_for_information_leaves_the_card_open_and_says_that_it_went(house: House) -> None:
    turned = await house.press("huda", "refer", to="omar", disposition="for_information")
    card = card_of(turned)
    assert "أُحيلت إلى" in first_line(card)
    assert "approve" in verbs(card)
    assert house.record().steps[0].state == OPEN


@pytest.mark.parametrize(
    ("to", "disposition", "why"),
    [
        ("nobody", "for_action", "اختر زميلاً نشطاً"),
        ("badr", "for_action", "اختر زميلاً نشطاً"),
        ("huda", "for_action", "لا تُحال المراسلة إلى من يحيلها"),
        ("omar", "for_signature", "لا يُطلب هذا إلا من رئيس وحدة"),
        ("omar", "", "اختر المطلوب"),
        ("omar", "approve everything", "اختر المطلوب"),
    ],
)
async def test_a_referral_that_may_not_be_keeps_the_form_and_what_was_typed(
    house: House, to: str, disposition: str, why: str
) -> None:
    turned = await house.press("huda", "refer", to=to, disposition=disposition, note="للأهمية")
    card = card_of(turned)
    assert why in first_line(card)
    assert inputs(card)["note"] == "للأهمية"
    assert house.sheet() == ["Registered", "Referred"]
    assert not turned.rang


# ---------------------------------------------------------------- notes


async def test_a_note_is_a_draft_for_its_author_until_it_is_final(house: House) -> None:
    form = card_of(await house.press("huda", "annotate"))
    assert verbs(form) == ["annotate_final", "annotate_draft", "view"]
    turned = await house.press("huda", "annotate_draft", note="أسأل سالم")
    assert first_line(card_of(turned)) == "حُفظت المسودة، ولا يراها غيرك."
    assert "أسأل سالم" in said(card_of(turned))
    assert inputs(card_of(await house.press("huda", "annotate")))["note"] == "أسأل سالم"
    await handed_to_omar(house)
    assert "أسأل سالم" not in said(card_of(await house.press("omar", "view"))), "a draft is its author's alone"
    await house.press("huda", "annotate_final", token=house.token("huda", 1), note="")
    assert [(a.text, a.final) for a in house.record().annotations] == [("أسأل سالم", True)]
    assert "أسأل سالم" in said(card_of(await house.press("omar", "view")))


async def test_a_note_without_words_is_refused_on_the_form(house: House) -> None:
    card = card_of(await house.press("huda", "annotate_final", note=" "))
    assert "اكتب الملاحظة أولاً" in first_line(card)
    assert verbs(card) == ["annotate_final", "annotate_draft", "view"]


async def test_going_back_to_earlier_words_of_a_draft_is_a_new_draft(house: House) -> None:
    for note in ("الأولى", "الثانية", "الأولى"):
        await house.press("huda", "annotate_draft", note=note)
    assert [a.text for a in house.record().annotations] == ["الأولى"]


async def test_the_same_note_delivered_twice_is_one_line_on_the_sheet(house: House) -> None:
    press = house.execute("huda", house.token("huda"), "annotate_final", note="راجعته")
    await house.bot.turn(press)
    await house.bot.turn(press)
    assert house.sheet().count("AnnotationFinal") == 1


# ---------------------------------------------------------------- twice, late, by itself


async def test_a_second_press_shows_who_decided_and_when(house: House) -> None:
    first = await house.press("huda", "approve")
    second = await house.press("huda", "approve", token=house.token("huda", 1))
    assert not second.rang
    assert house.sheet().count("StepApproved") == 1
    assert card_of(second) == card_of(first)
    assert "هدى العلي" in said(card_of(second))
    assert "12:00" in said(card_of(second))


async def test_another_verb_on_an_ended_step_says_what_was_recorded(house: House) -> None:
    token = house.token("huda")
    await house.press("huda", "approve")
    turned = await house.press("huda", "return", token=token, note="أعد")
    assert "سُجّل الإجراء من قبل" in first_line(card_of(turned))
    assert "تم الاعتماد" in first_line(card_of(turned))
    assert house.sheet().count("StepReturned") == 0


async def test_five_presses_at_once_are_one_decision(house: House) -> None:
    press = house.execute("huda", house.token("huda"), "approve")
    answers = await asyncio.gather(*(house.bot.turn({**press, "id": f"a{n}"}) for n in range(5)))
    assert house.sheet().count("StepApproved") == 1
    assert [a.rang for a in answers].count(True) == 1
    assert all("تم الاعتماد" in said(card_of(a)) for a in answers)


async def test_pressing_a_card_whose_record_moved_on_says_so(house: House) -> None:
    token = house.token("huda")
    await handed_to_omar(house)
    turned = await house.press("huda", "approve", token=token)
    assert "تمت الإحالة" in first_line(card_of(turned))
    assert house.record().steps[0].state == REFERRED


@pytest.mark.parametrize("verb", ["approve", "refer", "close", "annotate_final", "nonsense"])
async def test_what_the_client_asks_by_itself_changes_nothing(house: House, verb: str) -> None:
    before = house.record()
    turned = await house.press("huda", verb, trigger="automatic", to="omar", disposition="for_action", note="x")
    assert house.record() == before
    assert not turned.rang
    assert "approve" in verbs(card_of(turned)), "the card as it now is"


async def test_view_shows_the_card_as_it_now_is(house: House) -> None:
    token = house.token("huda")
    await handed_to_omar(house)
    house.take(Complete(record_id="r1", step=2, by="omar", note="تم"))
    card = card_of(await house.press("huda", "view", token=token))
    assert "عادت إليك في بطاقة أحدث" in said(card)


# ---------------------------------------------------------------- the wrong person, the wrong data


@pytest.mark.parametrize("verb", ["approve", "refer", "return", "close", "view", "annotate", "annotate_final"])
@pytest.mark.parametrize("person", ["omar", "laila", "abdullah"])
async def test_somebody_elses_card_shows_and_changes_nothing(house: House, verb: str, person: str) -> None:
    before = house.record()
    turned = await house.press(person, verb, token=house.token("huda"), to="salem", disposition="for_action", note="x")
    assert house.record() == before
    assert not turned.rang
    told = text_of(turned)
    assert ("not yours" in told) or ("ليست لك" in told)
    assert before.subject not in told
    assert before.reference not in told


async def test_a_token_that_we_never_gave_is_refused_politely(house: House) -> None:
    for token in ("", "x", "tok' OR '1'='1", "\u0000", "ط" * 5000):
        assert "لا أعرف هذه البطاقة" in text_of(await house.press("huda", "approve", token=token))


async def test_a_button_that_we_do_not_have_is_refused_politely(house: House) -> None:
    for verb in ("", "voided", "APPROVE", "read", "__class__"):
        assert "لا أعرف هذا الزر" in text_of(await house.press("huda", verb))
    assert house.sheet() == ["Registered", "Referred"]


async def test_what_else_stands_in_the_data_does_not_matter(house: House) -> None:
    press = house.execute("omar", house.token("huda"), "approve", by="huda", actor="huda", step=1, record_id="r1")
    press["value"]["action"]["data"]["from"] = {"aadObjectId": "huda"}
    assert "not yours" in text_of(await house.bot.turn(press))
    assert house.record().steps[0].state == OPEN


async def test_a_stranger_is_told_so_in_both_languages(house: House) -> None:
    told = text_of(await house.press("mallory", "approve", token=house.token("huda")))
    assert "لا يعرفك دليل الوزارة" in told
    assert "does not know you" in told


async def test_whoever_has_left_the_ministry_may_do_nothing(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        house.register()
        token = house.token("huda")
        gone = changed(huda=replace(PEOPLE["huda"], active=False))
        house.store.write(lambda tx: tx.save_office(gone))
        turned = await house.press("huda", "approve", token=token)
        assert "حسابك غير نشط" in first_line(card_of(turned))
        assert verbs(card_of(turned)) == []
        assert house.record().steps[0].state == OPEN


async def test_a_text_that_is_too_long_is_refused_and_not_cut_unseen(house: House) -> None:
    await handed_to_omar(house)
    turned = await house.press("omar", "complete", note="س" * 3_001)
    card = card_of(turned)
    assert "longer than \u20683000\u2069 characters" in first_line(card)
    assert wrong_with(card, rtl=False) == []
    assert house.record().steps[1].state == OPEN


@pytest.mark.parametrize("value", [None, 7, "approve", [], {}, {"action": 1}, {"action": {"type": "Action.Submit"}}])
async def test_an_invoke_of_a_card_that_makes_no_sense_is_a_bad_request(house: House, value: Any) -> None:
    turned = await house.bot.turn(house.activity("huda", type="invoke", name="adaptiveCard/action", value=value))
    assert turned.body is not None
    assert turned.body["statusCode"] == 400


async def test_an_invoke_that_is_not_ours_has_no_answer(house: House) -> None:
    assert await house.bot.turn(house.activity("huda", type="invoke", name="config/fetch", value={})) == Turned(None)


async def test_a_card_pressed_in_a_group_shows_nothing(house: House) -> None:
    press = house.execute("huda", house.token("huda"), "view")
    press["conversation"]["conversationType"] = "groupChat"
    turned = await house.bot.turn(press)
    assert text_of(turned) == say("ar", "group.decide_in_person")


async def test_a_database_that_is_down_loses_nothing_and_says_press_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = house.token("huda")

    def down(*_: Any) -> None:
        raise Unavailable("the database: locked")

    with monkeypatch.context() as broken:
        broken.setattr(house.store, "write", down)
        turned = await house.press("huda", "approve", token=token)
        assert "اضغط مرة أخرى" in text_of(turned)
        assert not turned.rang
    assert (await house.press("huda", "approve", token=token)).rang


# ---------------------------------------------------------------- a step of the register


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[House]:
    """A letter that no rule sends further: the clerks have it."""
    with House(tmp_path, replace(OFFICE, rules=())) as house:
        house.register(mail(subject="توريد"))
        yield house


async def test_every_clerk_has_a_card_of_their_own(registry: House) -> None:
    tokens = {registry.token(clerk) for clerk in ("noura", "abdullah")}
    assert len(tokens) == 2
    for clerk in ("noura", "abdullah"):
        assert verbs(card_of(await registry.press(clerk, "view"))) == ["refer", "annotate", "close", "more"]


async def test_what_one_clerk_did_the_other_clerks_card_says(registry: House) -> None:
    other = registry.token("noura")
    await registry.press("abdullah", "refer", to="huda", disposition="for_action", note="للأهمية")
    turned = await registry.press("noura", "refer", token=other)
    assert "تمت الإحالة" in first_line(card_of(turned))
    assert "عبدالله الرشيدي" in first_line(card_of(turned))
    assert len(registry.record().steps) == 2


async def test_a_clerk_may_act_on_a_colleagues_card_and_acts_as_themselves(registry: House) -> None:
    await registry.press("abdullah", "close", token=registry.token("noura"), note="وردت خطأً")
    assert registry.record().steps[0].ended_by == "abdullah"


@pytest.mark.parametrize("person", ["huda", "laila"])
async def test_a_card_of_the_register_is_no_card_of_anybody_else(registry: House, person: str) -> None:
    turned = await registry.press(person, "close", token=registry.token("noura"), note="x")
    assert "ليست لك" in text_of(turned)
    assert registry.record().steps[0].state == OPEN


async def test_a_quarantined_mail_can_be_registered_noted_or_dismissed_and_not_referred(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        quarantine = Quarantine(record_id="r1", mail=mail(), reasons=("quarantine.no_sender",))
        house.taker.take(quarantine, key="mail:1")
        card = card_of(await house.press("abdullah", "view"))
        assert verbs(card) == ["register", "annotate", "close"]
        assert "لا مرسل في الرسالة" in said(card)


async def test_a_secret_letter_is_referred_unread_to_whoever_is_cleared(tmp_path: Path) -> None:
    cleared = changed(laila=replace(PEOPLE["laila"], clearance="secret"))
    with House(tmp_path, cleared) as house:
        house.register(mail(subject="سري: خطة الطوارئ"))
        card = card_of(await house.press("abdullah", "refer"))
        assert [c["value"] for _, n in walk(card) if n.get("id") == "to" for c in n["choices"]] == ["noura", "laila"]
        assert "خطة" not in said(card)
        turned = await house.press("abdullah", "refer", to="laila", disposition="for_approval")
        assert turned.rang
        shown = card_of(await house.press("laila", "view"))
        assert verbs(shown) == ["refer"]
        assert "خطة" not in said(shown)


# ---------------------------------------------------------------- clients without Execute


async def test_a_submit_writes_the_message_anew(house: House) -> None:
    house.teams.said[chat_of("huda")]["card-1"] = {"type": "message"}
    turned = await house.submit("huda", "approve", "card-1")
    assert (turned.body, turned.rang) == (None, True)
    (message,) = house.teams.said[chat_of("huda")].values()
    assert "تم الاعتماد" in said(shown_in(message))


async def test_a_submit_that_is_refused_is_told_by_a_message_too(house: House) -> None:
    await handed_to_omar(house)
    house.teams.said[chat_of("omar")]["card-1"] = {"type": "message"}
    await house.submit("omar", "complete", "card-1", note="")
    card, told = house.teams.said[chat_of("omar")].values()
    assert first_line(shown_in(card)) == told["text"] == "Write the result first, then press again."


async def test_a_submit_is_taken_even_when_its_message_cannot_be_written(house: House) -> None:
    house.teams.faults.add("update", Unavailable("down"))
    turned = await house.submit("huda", "approve", "card-1")
    assert turned.rang
    assert house.record().steps[0].state == DONE


async def test_what_the_message_of_a_press_now_shows_is_refreshed_with_the_others(house: House) -> None:
    token = house.token("huda")
    await house.press("huda", "view", token=token, card_id="list-7")
    await house.press("huda", "view", token=token, card_id="list-7")
    assert [(c.conversation_id, c.activity_id) for c in house.copies(token)] == [("a:huda", "list-7")]


async def test_every_card_that_answers_keeps_the_rules(house: House) -> None:
    await handed_to_omar(house)
    house.take(Annotate(record_id="r1", by="huda", note="راجعته", final=True))
    house.take(Refer(record_id="r1", step=2, by="omar", asked="for_information", to_person="salem"))
    for verb in ("view", "refer", "annotate", "complete", "return"):
        assert wrong_with(card_of(await house.press("omar", verb, token=house.token("omar", 2))), rtl=False) == []
