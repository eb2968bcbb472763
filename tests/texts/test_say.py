"""A sentence: its values stand apart from it and cannot break out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts import LANGUAGES, isolate, language_of, say
from texts.isolates import bare
from texts.say import knows

OPENING, CLOSING = "\u2066\u2067\u2068\u202a\u202b\u202d\u202e", "\u2069\u202c"
HOSTILE = st.text(st.characters() | st.sampled_from(OPENING + CLOSING + "\u200e\u200f\u061c{}"))


def depths(text: str) -> list[int]:
    """How many directional spans are open after each character."""
    depth, found = 0, []
    for c in text:
        depth += (c in OPENING) - (c in CLOSING)
        found.append(depth)
    return found


@given(HOSTILE)
def test_a_value_cannot_end_its_own_isolate(value: str) -> None:
    shown = isolate(value)
    assert depths(shown)[-1] == 0
    assert all(depth == 1 for depth in depths(shown)[:-1])


@given(HOSTILE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_a_value_says_the_sentence_stands_as_it_was_written(lang: str, value: str) -> None:
    before, after = say(lang, "event.Registered", reference="#").split(isolate("#"))  # type: ignore[arg-type]
    said = say(lang, "event.Registered", reference=value)  # type: ignore[arg-type]
    assert said == before + isolate(value) + after
    assert depths(said)[-1] == 0


@given(HOSTILE)
def test_a_bare_text_has_lost_its_marks_and_nothing_else(value: str) -> None:
    assert bare(value) == "".join(c for c in value if c not in OPENING + CLOSING + "\u200e\u200f\u061c")


def test_a_value_that_looks_like_a_place_holder_is_a_text_like_any_other() -> None:
    assert "{reference}" in say("ar", "event.Registered", reference="{reference}")


def test_a_sentence_without_its_values_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        say("ar", "event.Registered")
    with pytest.raises(KeyError):
        say("ar", "no.such.sentence")
    assert not knows("no.such.sentence")


@pytest.mark.parametrize(
    ("tag", "lang"),
    [("ar-KW", "ar"), ("en-US", "en"), ("EN", "en"), ("fr-FR", "ar"), ("english", "ar"), ("", "ar"), (None, "ar")],
)
def test_who_reads_neither_language_by_tag_reads_arabic(tag: str | None, lang: str) -> None:
    assert language_of(tag) == lang
