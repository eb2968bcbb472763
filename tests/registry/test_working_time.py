"""When something is due: in working days of a calendar that is the entity's own."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.working_time import ABOVE, HEAD, HOLDER, DueRules, OversightBody, Period, Rung, WorkingCalendar
from tests.values import KUWAIT

USUAL = WorkingCalendar()
RAMADAN = Period(date(2027, 2, 8), date(2027, 3, 9), (time(9, 0), time(13, 30)))
NEW_YEAR = Period(date(2027, 1, 3), date(2027, 1, 4))


def kuwait(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=KUWAIT)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        (kuwait(2026, 11, 22, 8, 0), 0, kuwait(2026, 11, 22, 14, 0)),  # a Sunday
        (kuwait(2026, 11, 22, 8, 0), 1, kuwait(2026, 11, 23, 14, 0)),
        (kuwait(2026, 11, 22, 23, 59), 1, kuwait(2026, 11, 23, 14, 0)),  # late, but of the same day
        (kuwait(2026, 11, 26, 13, 0), 1, kuwait(2026, 11, 29, 14, 0)),  # a Thursday
        (kuwait(2026, 11, 27, 13, 0), 0, kuwait(2026, 11, 29, 14, 0)),  # a Friday
        (kuwait(2026, 11, 27, 13, 0), 1, kuwait(2026, 11, 29, 14, 0)),
        (kuwait(2026, 11, 22, 8, 0), 10, kuwait(2026, 12, 6, 14, 0)),
    ],
)
def test_days_count_from_the_day_after_and_only_where_the_office_works(
    asked: datetime, days: int, due: datetime
) -> None:
    assert USUAL.end_of(days, asked, KUWAIT) == due


def test_a_holiday_does_not_count() -> None:
    calendar = WorkingCalendar(periods=(NEW_YEAR,))
    assert calendar.end_of(1, kuwait(2026, 12, 31, 10, 0), KUWAIT) == kuwait(2027, 1, 5, 14, 0)


def test_in_ramadan_the_day_ends_when_it_does_in_ramadan() -> None:
    calendar = WorkingCalendar(periods=(RAMADAN,))
    assert calendar.end_of(1, kuwait(2027, 2, 7, 10, 0), KUWAIT) == kuwait(2027, 2, 8, 13, 30)
    assert calendar.start_of(1, kuwait(2027, 3, 9, 10, 0), KUWAIT) == kuwait(2027, 3, 10, 7, 30)
    assert calendar.hours_on(date(2027, 2, 12)) is None  # Ramadan has Fridays too


def test_of_two_periods_that_hold_a_day_the_first_is_meant() -> None:
    calendar = WorkingCalendar(periods=(Period(date(2027, 2, 10), date(2027, 2, 10)), RAMADAN))
    assert calendar.hours_on(date(2027, 2, 10)) is None


def test_a_calendar_on_which_nobody_ever_works_is_a_fault() -> None:
    with pytest.raises(ValueError, match="no working days"):
        WorkingCalendar(weekend=frozenset(range(7))).end_of(1, kuwait(2026, 11, 22, 8, 0), KUWAIT)


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CALENDARS = st.builds(
    WorkingCalendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=5),
    periods=st.lists(st.sampled_from((RAMADAN, NEW_YEAR)), max_size=2).map(tuple),
)


@given(CALENDARS, INSTANTS, st.integers(0, 30))
def test_more_days_are_never_sooner_and_the_office_works_until_then(
    calendar: WorkingCalendar, at: datetime, days: int
) -> None:
    due, later = (calendar.end_of(n, at, KUWAIT) for n in (days, days + 1))
    assert later >= due
    hours = calendar.hours_on(due.astimezone(KUWAIT).date())
    assert hours is not None
    assert hours[1] == due.astimezone(KUWAIT).time()


@given(CALENDARS, INSTANTS, st.integers(1, 30))
def test_between_lie_as_many_working_days_as_were_given(calendar: WorkingCalendar, at: datetime, days: int) -> None:
    first = at.astimezone(KUWAIT).date()
    last = calendar.end_of(days, at, KUWAIT).astimezone(KUWAIT).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(calendar.hours_on(day) is not None for day in between) == days


@given(CALENDARS, INSTANTS, st.integers(1, 20))
def test_forward_and_back_again_is_the_same_working_day(calendar: WorkingCalendar, at: datetime, days: int) -> None:
    start = calendar.start_of(0, at, KUWAIT)
    assert calendar.start_of(-days, calendar.start_of(days, start, KUWAIT), KUWAIT) == start


RULES = DueRules(
    days=(("", "very_urgent", 1), ("circular", "", 20), ("", "", 10)),
    oversight=(OversightBody("ديوان المحاسبة", ("ديوان المحاسبه",), 5),),
)
SUNDAY = kuwait(2026, 11, 22, 9, 0)


@pytest.mark.parametrize(
    ("kind", "urgency", "sender", "days"),
    [
        ("incoming_letter", "normal", "شركة الأرز", 10),
        ("incoming_letter", "very_urgent", "شركة الأرز", 1),
        ("circular", "normal", "", 20),
        ("incoming_letter", "normal", "ديوان المحاسبة - إدارة الرقابة", 5),  # any spelling of it
        ("incoming_letter", "very_urgent", "ديوان المحاسبة", 1),  # the sooner of the two
    ],
)
def test_a_record_is_due_by_its_kind_its_urgency_and_whose_letter_it_is(
    kind: str, urgency: str, sender: str, days: int
) -> None:
    assert RULES.due_at(kind, urgency, sender, SUNDAY, KUWAIT) == USUAL.end_of(days, SUNDAY, KUWAIT)


def test_what_no_row_names_has_no_time() -> None:
    assert DueRules(days=(("circular", "", 3),)).due_at("incoming_letter", "normal", "", SUNDAY, KUWAIT) is None


def test_who_is_asked_late_has_until_the_end_of_the_next_working_day() -> None:
    over = SUNDAY - timedelta(days=3)
    assert RULES.step_due_at(over, SUNDAY, KUWAIT) == USUAL.end_of(1, SUNDAY, KUWAIT)
    assert RULES.step_due_at(SUNDAY + timedelta(hours=1), SUNDAY, KUWAIT) == SUNDAY + timedelta(hours=1)


def test_the_ladder_is_climbed_on_mornings_of_working_days() -> None:
    rules = DueRules(days=(), ladder=(Rung(-1, HOLDER), Rung(0, HOLDER), Rung(1, HEAD), Rung(4, ABOVE)))
    due = kuwait(2026, 11, 26, 14, 0)  # a Thursday
    climbed, at = [], kuwait(2026, 11, 22, 9, 0)
    while (found := rules.next_rung_at(at, due, KUWAIT)) is not None:
        climbed.append(found.astimezone(KUWAIT).strftime("%a %H:%M"))
        at = found
    assert climbed == ["Wed 07:30", "Thu 07:30", "Sun 07:30", "Wed 07:30"]
    everything = rules.rungs_between(kuwait(2026, 11, 22, 9, 0), kuwait(2027, 1, 1, 0, 0), due, KUWAIT)
    assert [rung.to for rung in everything] == [HOLDER, HOLDER, HEAD, ABOVE]
