"""What changed between two versions: one page, its words alone, for who may read the record."""

from collections.abc import Callable

import pytest

from documents.word import words_of
from service.comparing import Comparing, compared
from service.document_views import to_compare
from service.service import Service
from service.views import Viewer
from tests.document_values import frozen, hash_of, note_changed
from tests.draft_house import DraftHouse, written
from texts import LANGUAGES, Language


def page(was: str, now: str, lang: Language = "ar") -> str:
    desk = frozen()
    desk.accept(note_changed(desk, "two"))
    document = desk.held.document
    assert document is not None
    one, two = document.versions
    return compared(desk.held, one, two, (was, now), desk.office, lang)


@pytest.mark.parametrize(
    ("was", "now", "shown"),
    [
        ("نرجو الموافقة على 500 دينار.", "نرجو الموافقة على 900 دينار.", "<del>500</del><ins>900</ins>"),
        ("سطر", "سطر\nسطر جديد", "<ins>سطر جديد</ins>"),
        ("سطر\nقديم", "سطر", "<del>قديم</del>"),
        ("كما هو", "كما هو", "لا اختلاف"),
    ],
)
def test_what_came_and_went_is_marked(was: str, now: str, shown: str) -> None:
    assert shown in page(was, now)


def test_what_somebody_wrote_stays_text() -> None:
    shown = page("<script>alert(1)</script>", "<img src=x onerror=alert(1)> & co")
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;" in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_runs_in_the_direction_of_its_language(lang: Language) -> None:
    shown = page("أ", "ب", lang)
    assert f'lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"' in shown
    assert "default-src 'none'" in shown


def test_the_same_versions_give_the_same_page() -> None:
    assert page("أ", "ب") == page("أ", "ب")


def test_what_is_compared_first_is_what_was_decided_on_before() -> None:
    desk = frozen()
    assert to_compare(desk.held) is None
    desk.accept(note_changed(desk, "two"))
    assert to_compare(desk.held) == (hash_of("one"), hash_of("two"))


def compared_for(words: Callable[[bytes], str]) -> tuple[DraftHouse, Comparing]:
    house = DraftHouse()
    house.begin()
    house.perform()
    house.edit("ثان")
    house.go(2)
    service = Service(house.store, house.taker, house.clock)
    return house, Comparing(service, house.archive, words)


def ask(house: DraftHouse, comparing: Comparing, who: str, before: str, after: str) -> str | None:
    return house.run(comparing.page(Viewer(house.office.person(who)), "m1", before, after, "ar"))


def test_only_who_may_read_the_record_and_only_its_versions() -> None:
    house, comparing = compared_for(lambda body: body.decode())
    document = house.record.document
    assert document is not None
    one, two = (v.sha256 for v in document.versions)
    assert "ثان" in (ask(house, comparing, "omar", one, two) or "")
    assert ask(house, comparing, "laila", one, two) is None
    assert ask(house, comparing, "omar", one, "a" * 64) is None


def test_a_file_that_cannot_be_opened_safely_says_nothing() -> None:
    house, comparing = compared_for(words_of)
    document = house.record.document
    assert document is not None
    one, two = (v.sha256 for v in document.versions)
    assert "لا اختلاف" in (ask(house, comparing, "omar", one, two) or "")
    assert house.archive.kept[two] == written("ثان")
