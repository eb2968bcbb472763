"""Notes on a record: a draft is its author's and may change; a final note stands for ever."""

import pytest

from registry.commands import Annotate, Approve, Close, Refer
from registry.decisions import Nothing, Refused
from registry.events import AnnotationDrafted, AnnotationFinal
from registry.record import holders
from tests.values import Desk, mail, registered


def draft(note: str | None, by: str = "huda") -> Annotate:
    return Annotate(record_id="r1", by=by, note=note, final=False)


def final(note: str | None = None, by: str = "huda") -> Annotate:
    return Annotate(record_id="r1", by=by, note=note, final=True)


def notes(desk: Desk) -> list[tuple[str, str, bool]]:
    return [(a.by, a.text, a.final) for a in desk.held.annotations]


def test_a_draft_may_change_and_only_the_last_one_counts() -> None:
    desk = registered()
    desk.accept(draft("أولى"))
    desk.accept(draft("ثانية"))
    assert notes(desk) == [("huda", "ثانية", False)]
    assert [type(e) for e in desk.events[2:]] == [AnnotationDrafted, AnnotationDrafted]


def test_finishing_without_words_makes_the_draft_final() -> None:
    desk = registered()
    desk.accept(draft("تُراجع الميزانية"))
    desk.accept(final())
    assert notes(desk) == [("huda", "تُراجع الميزانية", True)]
    assert isinstance(desk.events[-1], AnnotationFinal)


def test_a_final_note_stands_beside_every_later_one() -> None:
    desk = registered()
    desk.accept(final("أولى"))
    desk.accept(draft("مسودة"))
    desk.accept(final("ثانية"))
    assert notes(desk) == [("huda", "أولى", True), ("huda", "ثانية", True)]


def test_one_person_s_draft_is_not_another_s() -> None:
    desk = registered()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    desk.accept(draft("من هدى"))
    desk.accept(draft("من عمر", by="omar"))
    desk.accept(final(by="omar"))
    assert notes(desk) == [("huda", "من هدى", False), ("omar", "من عمر", True)]


def test_writing_the_same_again_changes_nothing() -> None:
    desk = registered()
    desk.accept(draft("ملاحظة"))
    assert desk.take(draft("  ملاحظة ")) == Nothing()
    desk.accept(final("ملاحظة"))
    assert desk.take(final("ملاحظة")) == Nothing()


@pytest.mark.parametrize("ask", [draft(None), draft("  "), final(None), final("\n")])
def test_a_note_says_something(ask: Annotate) -> None:
    assert registered().take(ask) == Refused("say.note_missing")


def test_who_may_read_a_record_may_write_on_it_and_nobody_else() -> None:
    desk = registered()
    desk.accept(final("من السجل", by="abdullah"))
    for stranger in ("omar", "laila"):
        decision = desk.take(final("سؤال", by=stranger))
        assert isinstance(decision, Refused)
        assert decision.reason == "may.stranger"
    assert desk.take(final("سؤال", by="ghost")) == Refused("may.unknown_person")


def test_the_event_says_in_what_capacity_its_author_wrote() -> None:
    desk = registered()
    desk.accept(final("أ"))
    desk.accept(final("ب", by="abdullah"))
    assert [a.capacity for a in desk.held.annotations] == ["head", "clerk"]
    outside = registered(mail(subject="العقد رقم 7"))
    outside.accept(final("ج", by="laila"))
    assert outside.held.annotations[0].capacity == "head"


def test_a_note_takes_the_turn_from_nobody() -> None:
    desk = registered()
    before = holders(desk.held)
    desk.accept(final("ملاحظة"))
    assert holders(desk.held) == before


@pytest.mark.parametrize(
    "ending", [Approve(record_id="r1", step=1, by="huda"), Close(record_id="r1", step=1, by="huda", note="مكرر")]
)
def test_nothing_is_written_on_a_closed_record(ending: Approve | Close) -> None:
    desk = registered()
    desk.accept(ending)
    decision = desk.take(final("بعد فوات الأوان"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.ended"
