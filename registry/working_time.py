################################################################
# Working time: when something is due, and when it is recalled
################################################################
#
# Rule 1: only the days count on which the office works: weekends, holidays and Ramadan's hours are the entity's data.
# Rule 2: what is due stays due at that instant, whatever the calendar says later: a change holds for what is asked from
#         then on.
# Rule 3: nothing here reads a clock.

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from texts import search_key

_LOOKS_AHEAD_DAYS = 3_660  # where no day of ten years is a working day, the calendar is at fault


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; `hours` differ from the usual ones, None: nobody works."""

    first: date
    last: date
    hours: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """When the office works. `weekend` are days of the week, Monday is 0.

    The default is a week from Sunday to Thursday; hours and days off are the entity's to say (docs/settings.md).
    """

    weekend: frozenset[int] = frozenset({4, 5})
    hours: tuple[time, time] = (time(7, 30), time(14, 0))
    periods: tuple[Period, ...] = ()  # holidays and Ramadans; where two hold the same day, the one that stands first

    def hours_on(self, day: date) -> tuple[time, time] | None:
        """When the office works on *day*; None where it does not."""
        for period in self.periods:
            if period.first <= day <= period.last:
                if period.hours is None:
                    return None
                return period.hours if day.weekday() not in self.weekend else None
        return self.hours if day.weekday() not in self.weekend else None

    def end_of(self, days: int, at: datetime, zone: ZoneInfo) -> datetime:
        """Return the end of the *days*-th working day after the day of *at*. Aware, UTC.

        A letter that comes on Thursday evening with one day's time is due when Sunday's work ends.
        """
        day, hours = self._day(days, at.astimezone(zone).date())
        return datetime.combine(day, hours[1], zone).astimezone(UTC)

    def start_of(self, days: int, at: datetime, zone: ZoneInfo) -> datetime:
        """Return the beginning of the *days*-th working day after the day of *at*; before it, where *days* is negative;
        of the day itself for 0. Aware, UTC."""
        day, hours = self._day(days, at.astimezone(zone).date())
        return datetime.combine(day, hours[0], zone).astimezone(UTC)

    def _day(self, days: int, day: date) -> tuple[date, tuple[time, time]]:
        left, a_day = abs(days), timedelta(days=1 if days >= 0 else -1)
        for _ in range(_LOOKS_AHEAD_DAYS):
            if left:
                day += a_day
            hours = self.hours_on(day)
            if left and hours is not None:
                left -= 1
            if not left:
                if hours is not None:
                    return day, hours
                day += a_day
        raise ValueError("the calendar has no working days")


@dataclass(frozen=True, slots=True)
class OversightBody:
    """A body whose letters have a time of their own, in working days. Known by any of `words` in the sender's name."""

    name: str
    words: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder: on the morning of the `days`-th working day after the day on which it is due (negative:
    before it), it is said `to` the holder, and to the head of the holder's unit, or to the head of the unit above."""

    days: int
    to: str


HOLDER, HEAD, ABOVE = "holder", "head", "above"
RUNGS = (HOLDER, HEAD, ABOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRules:
    """How long something may take, in working days, and what happens when it takes longer.

    What no row names has no time of its own: nobody is reminded of it.
    """

    days: tuple[tuple[str, str, int], ...]  # (kind, urgency, working days); "" is any; the first that fits holds
    oversight: tuple[OversightBody, ...] = ()
    ladder: tuple[Rung, ...] = (Rung(-1, HOLDER), Rung(0, HOLDER), Rung(1, HEAD), Rung(4, ABOVE))
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)

    def due_at(self, kind: str, urgency: str, sender: str, since: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when a record that was entered at *since* is due: by its sender or by its kind and urgency, whichever
        is sooner."""
        days = [body.days for body in self.oversight if _names(sender, body.words)]
        days += [n for of_kind, of_urgency, n in self.days if of_kind in ("", kind) and of_urgency in ("", urgency)][:1]
        return self.calendar.end_of(min(days), since, zone) if days else None

    def step_due_at(self, record_due_at: datetime, asked_at: datetime, zone: ZoneInfo) -> datetime:
        """Return when a step of the record is due: with the record. Where that is over already, whoever is asked has
        until the end of the next working day."""
        return record_due_at if record_due_at > asked_at else self.calendar.end_of(1, asked_at, zone)

    def rungs_between(self, after: datetime, until: datetime, due_at: datetime, zone: ZoneInfo) -> list[Rung]:
        """Return the rungs that are climbed after *after* and not after *until*."""
        return [r for r in self.ladder if after < self.calendar.start_of(r.days, due_at, zone) <= until]

    def next_rung_at(self, after: datetime, due_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the first rung after *after* is climbed; None where there is none any more."""
        climbed = (self.calendar.start_of(r.days, due_at, zone) for r in self.ladder)
        return min((at for at in climbed if at > after), default=None)


def _names(sender: str, words: tuple[str, ...]) -> bool:
    key = search_key(sender)
    return any(search_key(word) in key for word in words)
