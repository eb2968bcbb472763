"""What is meant by what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import Meant, meant_by
from texts import search_key

WRITTEN = {
    "pending": ["المعلق عندي", "المعلّق عندى", "المعلقه عندي", "  المعلق   عندي؟ ", "ما عندي؟", "PENDING", "my pending"],
    "help": ["مساعدة", "مساعده", "المساعدة", "؟", "?", "Help!", "أوامر", "اوامر"],
    "greeting": [
        "السلام عليكم",
        "السلام عليكم ورحمة الله وبركاته",
        "مرحبا",
        "أهلاً",
        "اهلا",
        "صباح الخير",
        "Hi",
        "hello!",
    ],
    "unknown": ["", " ", "ما رأيك في الطقس", "12 13", "عندي 3 أسئلة عن العقد", "1234567890", "http://x.example/12"],
}


@pytest.mark.parametrize(("wish", "text"), [(wish, text) for wish, texts in WRITTEN.items() for text in texts])
def test_spelling_spaces_and_points_do_not_matter(wish: str, text: str) -> None:
    assert meant_by(text).wish == wish


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("١٢", "12"),
        ("۱۲", "12"),
        ("#12", "12"),
        ("رقم 12.", "12"),
        ("المراسلة رقم ١٢/٢٠٢٦", "12/2026"),
        ("اعرض الكتاب 12", "12"),
        ("س.ع/و/12/2026", "س.ع/و/12/2026"),
        ("أ.م/و/12/2026", "ا.م/و/12/2026"),
        ("\u2068س.ع/و/12/2026\u2069", "س.ع/و/12/2026"),
        ("where is record 7", "7"),
        ("GR/In/7/2026", "gr/in/7/2026"),
    ],
)
def test_a_number_is_found_in_any_digits_and_with_words_about_it(text: str, number: str) -> None:
    assert meant_by(text) == Meant("number", number)


@given(st.text(max_size=200))
def test_whatever_is_written_means_something_and_never_fails(text: str) -> None:
    meant = meant_by(text)
    assert (meant.number != "") == (meant.wish == "number")
    assert search_key(meant.number) == meant.number
