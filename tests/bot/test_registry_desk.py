"""The clerk's desk in the chat: mails released or dismissed, letters on paper entered, senders confirmed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.commands import Quarantine
from registry.errors import Unavailable
from registry.mail import Address, Mail
from registry.record import Record
from service.ports import Wanted
from tests.bot.house import House, card_of, shown_in, text_of
from tests.bot.test_handlers import first_line, inputs, said, verbs
from tests.values import OFFICE, mail

type Json = dict[str, Any]

PAPER = {
    "subject": "دعوة إلى اجتماع",
    "sender_name": "ديوان المحاسبة",
    "sender_address": "",
    "their_reference": "ص/44",
    "letter_date": "10/6/1448",
    "received_via": "hand",
    "urgency": "said",
    "confidentiality": "said",
    "to": "finance",
    "disposition": "for_action",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


def hold(house: House, letter: Mail | None = None, record_id: str = "q1") -> Record:
    ask = Quarantine(record_id=record_id, mail=letter or mail(), reasons=("quarantine.unknown_insider",))
    taken = house.taker.take(ask, key=f"mail:{record_id}")
    assert taken.record is not None
    return taken.record


def letters(house: House) -> list[Record]:
    return house.store.read(lambda tx: tx.find(Wanted(kind="incoming_letter")))


def token(house: House, by: str = "abdullah") -> str:
    return house.token(by, 1, "q1")


# ---------------------------------------------------------------- quarantine


async def test_a_quarantined_mail_is_registered_after_its_form_was_confirmed(house: House) -> None:
    hold(house)
    form = card_of(await house.press("abdullah", "register", token(house)))
    assert verbs(form) == ["release", "view"]
    assert inputs(form) == {
        "subject": "طلب مستندات الربع الثاني",
        "sender_name": "ديوان المحاسبة",
        "sender_address": "oversight@audit.example",
    }
    assert letters(house) == []
    turned = await house.press("abdullah", "release", token(house), **inputs(form))
    (made,) = letters(house)
    assert made.reference in said(card_of(turned))
    assert (turned.rang, made.released_from, verbs(card_of(turned))) == (True, "q1", [])


async def test_pressing_again_and_the_other_clerk_make_no_second_letter(house: House) -> None:
    hold(house)
    for by in ("abdullah", "abdullah", "noura", "abdullah"):
        turned = await house.press(by, "release", token(house, by))
        assert letters(house)[0].reference in said(card_of(turned))
    assert len(letters(house)) == 1


async def test_both_clerks_at_once_make_one_letter(house: House) -> None:
    hold(house)
    await asyncio.gather(*(house.press(by, "release", token(house, by)) for by in ("abdullah", "noura") * 4))
    assert len(letters(house)) == 1


async def test_a_mail_that_could_not_be_read_wants_its_subject_and_keeps_what_was_typed(house: House) -> None:
    hold(house, mail(sender=Address("", ""), subject="", text=""))
    turned = await house.press("abdullah", "release", token(house), sender_name="وزارة المالية")
    assert "اكتب الموضوع" in first_line(card_of(turned))
    assert inputs(card_of(turned))["sender_name"] == "وزارة المالية"
    await house.press("abdullah", "release", token(house), subject="تعميم", sender_name="وزارة المالية")
    (made,) = letters(house)
    assert (made.subject, made.original_sender) == ("تعميم", Address("وزارة المالية", ""))


async def test_a_mail_that_is_no_letter_is_dismissed_with_the_reason(house: House) -> None:
    hold(house)
    assert "اكتب السبب" in first_line(card_of(await house.press("abdullah", "close", token(house))))
    turned = await house.press("abdullah", "close", token(house), note="إعلان")
    assert "ليس كتاباً" in said(card_of(turned))
    assert house.record("q1").outcome == "dismissed"
    assert letters(house) == []


async def test_the_quarantined_mails_are_listed_where_a_clerk_asks(house: House) -> None:
    hold(house)
    house.register()
    (message,) = await house.say("abdullah", "المحجور")
    assert "س.ع/ح/1/2026" in said(shown_in(message))
    assert "س.ع/و/1/2026" not in said(shown_in(message))


@pytest.mark.parametrize("words", ["قيد المحجور 1", "ارفع الحجر عن ١", "release 1", "release quarantine 1/2026"])
async def test_a_mail_is_released_by_its_quarantine_number(house: House, words: str) -> None:
    hold(house)
    house.register()  # the letters have a number 1 as well
    (message,) = await house.say("noura", words)
    assert verbs(shown_in(message)) == ["release", "view"]
    await house.press("noura", "release", token(house, "noura"))
    assert len(letters(house)) == 2
    (message,) = await house.say("noura", words)
    assert "س.ع/و/2/2026" in said(shown_in(message)), "what has become of it"


async def test_who_keeps_no_register_is_not_told_of_quarantine(house: House) -> None:
    hold(house)
    (message,) = await house.say("huda", "release 1")
    assert "لا أجد" in message["text"]


# ---------------------------------------------------------------- a letter on paper


async def form_of(house: House, by: str = "abdullah") -> Json:
    (message,) = await house.say(by, "قيد")
    return message


async def enter(house: House, by: str = "abdullah", **more: Any) -> Any:
    return await house.press(by, "enter", "", **{**PAPER, **more})


async def test_a_clerk_gets_the_form_and_nobody_else(house: House) -> None:
    assert verbs(shown_in(await form_of(house))) == ["enter"]
    assert "لا يقيّد المراسلات إلا السجل" in (await form_of(house, "huda"))["text"]


async def test_the_form_makes_a_numbered_record_and_puts_it_before_the_head(house: House) -> None:
    turned = await enter(house)
    (made,) = letters(house)
    assert "قُيّد برقم" in first_line(card_of(turned))
    assert made.reference in said(card_of(turned))
    assert turned.rang
    assert (made.received_via, made.their_reference, made.urgency) == ("hand", "ص/44", "normal")
    assert [(s.to_person, s.asked) for s in made.steps] == [("huda", "for_action")]
    assert made.source.sha256 in house.archive.kept


async def test_a_form_enters_one_letter_however_often_it_is_pressed(house: House) -> None:
    first = card_of(await enter(house))
    assert card_of(await enter(house)) == first
    changed = card_of(await enter(house, subject="غير ما كان"))
    assert first == changed
    assert len(letters(house)) == 1
    await enter(house, card_id="card-2", subject="كتاب آخر")
    assert len(letters(house)) == 2


async def test_by_the_rules_and_as_the_letter_says_leave_it_to_the_registry(house: House) -> None:
    await enter(house, to="rules", subject="عاجل: عقد صيانة")
    (made,) = letters(house)
    assert (made.urgency, made.steps[0].to_person, made.steps[0].asked) == ("urgent", "laila", "for_approval")


async def test_what_is_missing_is_said_and_what_was_typed_stays(house: House) -> None:
    turned = await enter(house, sender_name=" ")
    assert "اكتب المرسل" in first_line(card_of(turned))
    assert (inputs(card_of(turned))["subject"], inputs(card_of(turned))["to"]) == ("دعوة إلى اجتماع", "finance")
    assert letters(house) == []


@pytest.mark.parametrize("by", ["huda", "omar"])
async def test_a_press_on_the_form_by_anybody_else_enters_nothing(house: House, by: str) -> None:
    await enter(house, by)
    assert letters(house) == []


async def test_a_stranger_and_a_client_that_asks_by_itself_enter_nothing(house: House) -> None:
    assert "دليل الوزارة" in text_of(await enter(house, "stranger"))
    await enter(house, trigger="automatic")
    assert letters(house) == []


async def test_without_the_archive_nothing_is_numbered_and_the_same_press_does_it_later(house: House) -> None:
    house.archive.faults.add("put", Unavailable("down"))
    assert "اضغط مرة أخرى" in text_of(await enter(house))
    assert letters(house) == []
    await enter(house)
    assert len(letters(house)) == 1


# ---------------------------------------------------------------- whose letter it is


async def test_a_clerk_confirms_or_corrects_the_proposed_sender_on_their_card(tmp_path: Path) -> None:
    from dataclasses import replace

    with House(tmp_path, replace(OFFICE, rules=())) as house:
        house.register()
        card = card_of(await house.press("abdullah", "view"))
        assert "المرسل المقترح" in said(card)
        assert "correct" in verbs(card)
        form = card_of(await house.press("abdullah", "correct"))
        assert inputs(form) == {"sender_name": "ديوان المحاسبة", "sender_address": "oversight@audit.example"}
        turned = await house.press("abdullah", "confirm_sender", sender_name="بنك التجربة")
        assert "ثُبّت المرسل" in first_line(card_of(turned))
        assert "correct" not in verbs(card_of(turned))
        record = house.record()
        assert (record.original_sender.name, record.proposed_sender and record.proposed_sender.name) == (
            "بنك التجربة",
            "ديوان المحاسبة",
        )


async def test_whoever_keeps_no_register_is_not_offered_to_correct_the_sender(house: House) -> None:
    house.register()
    assert "correct" not in verbs(card_of(await house.press("huda", "view")))
    turned = await house.press("huda", "confirm_sender", sender_name="غيره")
    assert "لا يقيّد" in first_line(card_of(turned))
    assert house.record().original_sender.name == "ديوان المحاسبة"


@pytest.mark.parametrize("verb", ["register", "release", "correct", "confirm_sender"])
async def test_of_a_secret_letter_no_form_shows_a_word_to_a_clerk_who_is_not_cleared(house: House, verb: str) -> None:
    house.register(mail(subject="سري: كشف الرواتب"))
    told = said(card_of(await house.press("abdullah", verb)))
    assert "الرواتب" not in told
    assert "ديوان" not in told
    hold(house, mail(2, subject="سري: كشف الرواتب"))
    told = said(card_of(await house.press("abdullah", "register", token(house))))
    assert "الرواتب" not in told
    await house.press("abdullah", "release", token(house))
    assert house.record("q1").released_as is not None, "by the number alone"
