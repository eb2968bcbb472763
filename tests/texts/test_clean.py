"""What is kept can be kept on every database and shown to everybody."""

from hypothesis import given
from hypothesis import strategies as st

from texts import clean

ANYTHING = st.text(st.characters(codec=None) | st.sampled_from("\x00\x07\r\n\t\ud800\udfff\x7f\x85"))


@given(ANYTHING)
def test_a_clean_text_can_be_written_anywhere_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert once.encode().decode() == clean(once)
    assert not set(once) & set("\x00\x07\x1b\x7f\r")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)) | st.sampled_from("\n\t")))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


def test_line_ends_become_one_kind() -> None:
    assert clean("a\r\nb\rc\n\n") == "a\nb\nc\n\n"
