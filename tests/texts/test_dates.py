"""Both calendars, in both languages, at the ministry's own midnight."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts.dates import both_dates, clock_time, gregorian_date, hijri_date, hijri_iso
from texts.isolates import bare

KUWAIT = ZoneInfo("Asia/Kuwait")


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:00:00+00:00")


@pytest.mark.parametrize(
    ("gregorian", "hijri"),
    [
        ("2026-11-21", "1448-06-11"),
        ("2024-03-11", "1445-09-01"),  # first of Ramadan
        ("2024-04-10", "1445-10-01"),  # Eid al-Fitr
        ("2024-07-07", "1446-01-01"),  # Hijri new year
        ("2000-01-01", "1420-09-24"),
        ("1924-08-01", "1343-01-01"),  # the first day of the tables
        ("2077-11-16", "1500-12-30"),  # the last one
    ],
)
def test_known_days_of_umm_al_qura(gregorian: str, hijri: str) -> None:
    assert hijri_iso(day(gregorian), KUWAIT) == hijri


@pytest.mark.parametrize("outside", ["1924-07-31", "2077-11-17", "1800-05-05", "9000-01-01"])
def test_where_the_tables_end_only_the_gregorian_day_is_shown(outside: str) -> None:
    at = day(outside)
    assert hijri_iso(at, KUWAIT) == hijri_date(at, KUWAIT, "ar") == ""
    assert both_dates(at, KUWAIT, "ar") == gregorian_date(at, KUWAIT, "ar")


def test_a_day_as_people_read_it() -> None:
    noon = day("2026-11-21")
    assert bare(both_dates(noon, KUWAIT, "ar")) == "11 جمادى الآخرة 1448هـ (21 نوفمبر 2026م)"
    assert bare(both_dates(noon, KUWAIT, "en")) == "11 Jumada II 1448 AH (21 November 2026)"


def test_the_day_turns_at_the_ministry_s_midnight() -> None:
    before, after = datetime(2026, 11, 20, 20, 59, tzinfo=UTC), datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    assert (hijri_iso(before, KUWAIT), hijri_iso(after, KUWAIT)) == ("1448-06-10", "1448-06-11")
    assert bare(gregorian_date(before, KUWAIT, "en")) == "20 November 2026"
    assert bare(gregorian_date(after, KUWAIT, "en")) == "21 November 2026"
    assert bare(clock_time(after, KUWAIT)) == "00:00"


@given(st.integers(0, 55_000))
def test_a_day_is_followed_by_the_next_one_or_by_the_first_of_the_next_month(days: int) -> None:
    today = datetime(1924, 8, 1, 9, tzinfo=UTC) + timedelta(days=days)
    year, month, of_month = map(int, hijri_iso(today, KUWAIT).split("-"))
    following = tuple(map(int, hijri_iso(today + timedelta(days=1), KUWAIT).split("-")))
    first_of_next = (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)
    assert following in {(year, month, of_month + 1), first_of_next}
    shortest = 29 if year > 1364 else 28  # the published tables have months of 28 days before
    assert of_month >= shortest or following != first_of_next
