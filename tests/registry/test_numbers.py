"""Which series a number comes from, and how it is written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.numbers import Mentioned, Series, mentioned, reference, series_of
from registry.vocabulary import KINDS
from tests.values import KUWAIT, NOON, OFFICE, UNITS

LETTER, QUARANTINE = KINDS["incoming_letter"], KINDS["quarantined_mail"]


def test_a_series_is_of_one_entity_unit_kind_and_year() -> None:
    assert series_of(OFFICE, UNITS["registry"], LETTER, NOON) == Series("ministry", "registry", "incoming_letter", 2026)
    assert series_of(OFFICE, UNITS["registry"], QUARANTINE, NOON).kind == "quarantined_mail"


def test_the_year_turns_at_the_ministry_s_midnight() -> None:
    last, first = datetime(2026, 12, 31, 20, 59, tzinfo=UTC), datetime(2026, 12, 31, 21, 0, tzinfo=UTC)
    assert [series_of(OFFICE, UNITS["registry"], LETTER, at).year for at in (last, first)] == [2026, 2027]


@given(st.datetimes(timezones=st.timezones()))
def test_the_year_is_the_ministry_s_in_whatever_zone_the_instant_is_written(at: datetime) -> None:
    try:
        expected = at.astimezone(KUWAIT).year
    except OverflowError:
        return  # the first and last hours of the calendar
    assert series_of(OFFICE, UNITS["registry"], LETTER, at).year == expected


def test_a_number_is_written_as_the_kind_says() -> None:
    assert reference(UNITS["registry"], LETTER, 123, 2026) == "س.ع/و/123/2026"
    assert reference(UNITS["registry"], QUARANTINE, 4, 2026) == "س.ع/ح/4/2026"


NUMBERS = st.builds(
    Mentioned,
    unit_id=st.just("registry"),
    kind=st.sampled_from(sorted(KINDS)),
    year=st.integers(2000, 2999),
    serial=st.integers(1, 999_999_999),
)
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@given(NUMBERS, st.booleans(), st.booleans(), st.sampled_from(["رقم ", "(", "", "\n", "كتابكم: "]))
def test_a_number_that_we_wrote_is_found_in_whatever_digits_and_however_it_is_isolated(
    number: Mentioned, arabic: bool, isolated: bool, before: str
) -> None:
    written = reference(UNITS["registry"], KINDS[number.kind], number.serial, number.year)
    written = written.translate(ARABIC_DIGITS) if arabic else written
    text = f"{before}\u2068{written}\u2069، والسلام" if isolated else f"{before}{written}، والسلام"
    assert mentioned(text, OFFICE) == (number,)


@pytest.mark.parametrize(
    "text", ["س.ع/و/1/20261", "س.ع/و/1", "ش.م/و/1/2026", "xس.ع/و/1/2026", "س.ع/ز/1/2026", "س.ع/و/x/2026", ""]
)
def test_what_only_looks_like_a_number_of_ours_is_none(text: str) -> None:
    assert mentioned(text, OFFICE) == ()


def test_of_many_numbers_a_few_are_looked_up() -> None:
    listed = " ".join(f"س.ع/و/{n}/2026" for n in range(1, 1_000))
    assert [m.serial for m in mentioned(listed, OFFICE)] == [1, 2, 3]
