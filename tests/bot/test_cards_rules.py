"""Every card keeps Microsoft's schema, Teams' rules and ours."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.cards import (
    LARGEST_BYTES,
    Pressed,
    Result,
    note_form,
    pending_card,
    record_card,
    referral_form,
    size_bytes,
    step_card,
)
from bot.cards.parts import LONGEST_NOTE, short, words
from registry.mail import Address
from registry.record import Annotation
from service.ports import CardView
from service.waiting import PAGE, Page, Waiting
from tests.bot.rules_of_teams import walk, wrong_with
from tests.bot.samples import RESULT, SAMPLES, view
from tests.values import NOON, OFFICE, PEOPLE, changed, forwarded, registered
from texts import LANGUAGES, Language, say


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_card_keeps_the_rules(name: str, lang: Language) -> None:
    assert wrong_with(SAMPLES[name](lang), rtl=lang == "ar") == []


def edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Put *value* at *path* of a card, such as `body.0.items`."""
    *places, last = path.split(".")

    def change(card: dict[str, Any]) -> None:
        node: Any = card
        for place in places:
            node = node[int(place)] if place.isdigit() else node[place]
        node[int(last) if last.isdigit() else last] = value

    return change


FAULTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "a field that the schema does not have": edit("body.1.sparkle", True),
    "a type that does not exist": edit("body.1.type", "Sparkle"),
    "no direction on a container": edit("body.0.rtl", None),
    "no direction on the card": edit("rtl", False),
    "more in the data of a button": edit("body.4.actions.0.data", {"token": "t", "verb": "approve", "by": "huda"}),
    "a button without a fallback": edit("body.4.actions.0.fallback", "drop"),
    "another press in the fallback": edit("body.4.actions.0.fallback.data.verb", "close"),
    "seven buttons": lambda card: card["body"][4]["actions"].extend(copy.deepcopy(card["body"][4]["actions"]) * 2),
    "an input that nobody reads": edit("body.3.id", "reason"),
    "a card that opens inside": edit("body.4.actions.0", {"type": "Action.ShowCard", "title": "x"}),
    "a link in what somebody wrote": edit("body.2.facts.0.value", "[here](http://x.example)"),
    "too much": edit("body.3.value", "س" * 12_000),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds(fault: str) -> None:
    card = SAMPLES["step-approval"]("ar")
    FAULTS[fault](card)
    assert wrong_with(card, rtl=True)


# ---------------------------------------------------------------- what people write

ARABIC = "قيد الإجراءات المطلوبة لاستكمال ملف المشتريات رقم ١٢-٣٤ \n"
written = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=3_000),
    st.text(alphabet='\n"\\[]()<>*_`#|~-\u2069\u202e\u0007😀', max_size=3_000),
    st.integers(0, 12_000).map(lambda n: (ARABIC * (n // len(ARABIC) + 1))[:n]),
    st.integers(0, 3_000).map(lambda n: '"\\\n😀' * (n // 4)),
)


def _full(subject: str, note: str, name: str, lang: Language) -> CardView:
    """A card with everything on it that can be written by somebody."""
    desk = registered(forwarded())
    record, step = desk.held, desk.held.steps[0]
    asked = replace(step, note=note, cause="answer", answers=(2, 3))
    done = replace(step, number=2, state="done", result=note, ended_by="omar", ended_at=NOON)
    notes = [Annotation(by=by, at=NOON, text=note, final=by != "huda") for by in ("omar", "salem", "laila", "huda")]
    record = replace(
        record,
        subject=subject,
        original_sender=Address(name, name),
        attachment_names=tuple(name for _ in record.attachments),
        steps=(asked, done, replace(done, number=3)),
        annotations=tuple(notes),
    )
    return replace(
        view(record, 1, "huda", lang), record=record, step=asked, said=say(lang, "refer.not_cleared", who=short(name))
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(subject=written, note=written, name=written, lang=st.sampled_from(LANGUAGES))
def test_whatever_is_written_a_card_is_small_enough_and_keeps_the_rules(
    subject: str, note: str, name: str, lang: Language
) -> None:
    shown = _full(subject, note, name, lang)
    assert wrong_with(step_card(shown, NOON, typed=note), rtl=lang == "ar") == []
    assert wrong_with(note_form(shown, note=note), rtl=lang == "ar") == []
    assert wrong_with(referral_form(shown, NOON, note=note), rtl=lang == "ar") == []
    assert wrong_with(record_card(shown.record, PEOPLE["huda"], OFFICE, lang, NOON), rtl=lang == "ar") == []
    why = say(lang, "refer.not_cleared", who=short(name))
    came = Pressed(shown.said, [Result(shown.record.reference, False, why)] * PAGE, note)
    page = Page((Waiting(shown.record, shown.step, "t" * 24),) * PAGE, 500, 20, PAGE, "t" * 24)
    drawn = pending_card(page, PEOPLE["huda"], OFFICE, lang, NOON, pressed=came)
    assert wrong_with(drawn, rtl=lang == "ar") == []


def test_a_long_text_is_cut_and_says_so() -> None:
    card = step_card(_full("م", ARABIC * 300, "م", "ar"), NOON)
    assert "… المزيد في السجل" in json.dumps(card, ensure_ascii=False)
    assert size_bytes(card) <= LARGEST_BYTES


def test_what_was_typed_stays_whole_in_the_input() -> None:
    typed = RESULT * (LONGEST_NOTE // len(RESULT))
    card = step_card(_full("م", "م", "م", "ar"), NOON, typed=typed)
    assert [node["value"] for _, node in walk(card) if node.get("id") == "note"] == [typed]


def test_a_unit_of_three_hundred_still_fits_on_the_referral_form() -> None:
    many = {
        f"p{n}": replace(PEOPLE["omar"], person_id=f"{n:036}", name=f"موظف له اسم طويل جداً رقم {n}") for n in range(300)
    }
    office = changed(OFFICE, **{p.person_id: p for p in many.values()})
    shown = replace(view(registered(forwarded(), office).held, 1, "huda", "ar"), office=office)
    card = referral_form(shown, NOON)
    choices = next(node["choices"] for _, node in walk(card) if node.get("id") == "to")
    assert wrong_with(card, rtl=True) == []
    assert len(choices) == 60
    assert "هؤلاء أول" in json.dumps(card, ensure_ascii=False)


def test_markdown_that_somebody_wrote_makes_no_link() -> None:
    trap = "[راجع هنا](http://evil.example) <http://evil.example> ![](http://evil.example/x.png)"
    card = step_card(_full(trap, trap, trap, "ar"), NOON)
    for path, node in walk(card):
        text = str(node.get("text", "")) + str(node.get("value", ""))
        assert node.get("type") in ("TextRun", "Input.Text") or ("](" not in text and "<http" not in text), path


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("رقم 12-34.", "رقم <12-34>."),
        ("الضمان LG-2026-00417", "الضمان <LG-2026-00417>"),
        ("عقد LG417-2026، السنة 2026/2027", "عقد <LG417-2026>، السنة <2026/2027>"),
        ("راسلوا a.b1@bank.example", "راسلوا <a.b1@bank.example>"),
        ("من 14 مستنداً", "من 14 مستنداً"),
    ],
)
def test_the_arabic_around_a_number_cannot_tear_it_apart(written: str, shown: str) -> None:
    line = words(written)
    assert line is not None
    assert line["inlines"][0]["text"] == f"<{shown}>".replace("<", "\u2068").replace(">", "\u2069")


def test_a_mark_that_ends_an_isolate_cannot_be_smuggled_in() -> None:
    card = step_card(_full("نص\u2069\u202eمقلوب", "\u2069\u2069", "\u2067x", "ar"), NOON)
    for path, node in walk(card):
        for text in (node.get("text"), node.get("value")):
            if isinstance(text, str):
                for line in text.split("\n"):
                    assert line.count("\u2068") == line.count("\u2069"), path
                    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


# ---------------------------------------------------------------- what may be seen


@pytest.mark.parametrize("name", [n for n in SAMPLES if "secret" in n])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_of_a_secret_record_shows_nothing_of_the_letter(name: str, lang: Language) -> None:
    said = json.dumps(SAMPLES[name](lang), ensure_ascii=False)
    for word in ("خطة", "ديوان", "oversight", "audit.example"):
        assert word not in said
    assert not [n for _, n in walk(SAMPLES[name](lang)) if n.get("id") == "note"], "no text is asked for"


def test_a_reader_below_the_records_secrecy_sees_nothing_of_the_letter() -> None:
    desk = registered(forwarded(subject="طلب", text="نرجو", sensitivity=""))
    record = replace(desk.held, confidentiality="restricted")
    clerk = replace(PEOPLE["huda"], clearance="normal")
    shown = replace(view(record, 1, "huda", "ar"), person=clerk)
    said = json.dumps(step_card(shown, NOON), ensure_ascii=False)
    assert record.subject not in said
    assert "أعلى من المسموح لك" in said
