"""A name is found however it was typed."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from texts import search_key

ARABIC = st.text(st.characters(min_codepoint=0x0621, max_codepoint=0x064A) | st.sampled_from(" 12٣۴"), min_size=1)
UNSEEN = st.sampled_from("\u200c\u200d\u200e\u200f\u202b\u202c\u2066\u2067\u2068\u2069\u061c\ufeffـ\u064b\u0650\u0651")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("احمد", "أحمد"),
        ("إدارة", "اداره"),
        ("آل سعود", "ال سعود"),
        ("مصطفي", "مصطفى"),
        ("مسؤول", "مسوول"),
        ("شئون", "شيون"),
        ("الشُّؤُونُ المَالِيَّةُ", "الشوون الماليه"),
        ("تـــراسل", "تراسل"),
        ("١٢٣/٢٠٢٦", "123/2026"),
        ("۱۲۳", "123"),
        ("کتاب علی", "كتاب علي"),  # as a Persian keyboard writes them
        ("ﷲ", "الله"),
        ("ﻻ", "لا"),
        ("\u2068س.ع/و/12/2026\u2069", "س.ع/و/12/2026"),
        ("LG-2026-00417", "lg-2026-00417"),
        ("  كتاب \n وارد ", "كتاب وارد"),
    ],
)
def test_what_was_typed_finds_what_was_meant(typed: str, meant: str) -> None:
    assert search_key(typed) == search_key(meant)


@given(st.text())
@example("ǰẞİΐ\u0345")
@example("\u1e9e\ufdfa")
def test_a_key_of_a_key_is_itself(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@given(ARABIC, UNSEEN, st.data())
def test_marks_that_nobody_sees_change_nothing(text: str, mark: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    assert search_key(text[:at] + mark + text[at:]) == search_key(text)


@given(st.text())
def test_how_letters_are_composed_changes_nothing(text: str) -> None:
    assert search_key(unicodedata.normalize("NFC", text)) == search_key(unicodedata.normalize("NFD", text))


@given(st.text())
def test_a_key_has_no_spaces_at_its_ends_and_none_doubled(text: str) -> None:
    key = search_key(text)
    assert key == " ".join(key.split(" ")) == key.strip()
    assert "  " not in key


def test_different_words_keep_different_keys() -> None:
    assert search_key("وزير") != search_key("وزيرة")
    assert search_key("12") != search_key("21")
