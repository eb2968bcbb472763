"""Which series a number comes from, and how it is written."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from registry.numbers import Series, reference, series_of
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
