################################################################
# The `due` of the organisation file: how long things may take, and when the office works
################################################################
#
# Rule 1: it is data of the entity: without it nothing has a time, and nobody is reminded.
# Rule 2: what is wrong with it is named, all of it together, in words for the operator.

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from registry.vocabulary import KINDS, URGENCIES
from registry.working_time import RUNGS, DueRules, OversightBody, Period, Rung, WorkingCalendar

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KEYS = {"weekend", "hours", "periods", "days", "oversight", "ladder"}
_MOST_DAYS = 1_000


def read_due_rules(body: Any) -> tuple[DueRules | None, list[str]]:
    """Return the rules that *body* (the JSON as it was read; docs/settings.md) holds, or every fault of it."""
    if not isinstance(body, dict):
        return None, ["due must be an object"]
    reading = _Reading()
    for name in sorted(body.keys() - _KEYS):
        reading.wrong.append(f"due says {name}, which nobody reads")
    defaults = DueRules(days=())
    weekend = reading.each(body, "weekend", _weekday, "a day of the week in English")
    hours = reading.one(body, "hours", _hours, "hours as 07:30-14:00")
    periods = reading.each(body, "periods", _period, "from and to as 2027-01-01, and hours if the office works then")
    days = reading.each(body, "days", _days, "days, and a kind or an urgency that there is")
    oversight = reading.each(body, "oversight", _oversight, "name, any_words and days")
    ladder = reading.each(body, "ladder", _rung, f"days and to: {', '.join(RUNGS)}")
    if weekend is not None and len(set(weekend)) == len(_DAYS):
        reading.wrong.append("due.weekend leaves no day on which the office works")
    if reading.wrong:
        return None, reading.wrong
    usual = defaults.calendar
    calendar = WorkingCalendar(
        weekend=frozenset(weekend) if weekend is not None else usual.weekend,
        hours=hours or usual.hours,
        periods=tuple(periods or ()),
    )
    return DueRules(
        days=tuple(days or ()),
        oversight=tuple(oversight or ()),
        ladder=tuple(ladder) if ladder is not None else defaults.ladder,
        calendar=calendar,
    ), []


class _Reading:
    """Reads values, and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def one[T](self, body: dict[str, Any], name: str, read: Callable[[Any], T], shape: str) -> T | None:
        if name not in body:
            return None
        try:
            return read(body[name])
        except (ValueError, TypeError, KeyError, AttributeError):
            self.wrong.append(f"due.{name} needs {shape}")
            return None

    def each[T](self, body: dict[str, Any], name: str, read: Callable[[Any], T], shape: str) -> list[T] | None:
        if name not in body:
            return None
        if not isinstance(body[name], list):
            self.wrong.append(f"due.{name} is a list")
            return None
        values: list[T] = []
        for place, value in enumerate(body[name], start=1):
            try:
                values.append(read(value))
            except (ValueError, TypeError, KeyError, AttributeError):
                self.wrong.append(f"due.{name}, number {place}, needs {shape}")
        return values


def _weekday(value: Any) -> int:
    return _DAYS.index(value.lower())


def _hours(value: Any) -> tuple[time, time]:
    begins, ends = (time.fromisoformat(part.strip()) for part in value.split("-"))
    if begins >= ends:
        raise ValueError(value)
    return begins, ends


def _period(value: Any) -> Period:
    first, last = date.fromisoformat(value["from"]), date.fromisoformat(value["to"])
    if last < first or last - first > timedelta(days=366):
        raise ValueError(value)
    return Period(first, last, _hours(value["hours"]) if "hours" in value else None)


def _days(value: Any) -> tuple[str, str, int]:
    kind, urgency = value.get("kind", ""), value.get("urgency", "")
    if kind not in ("", *KINDS) or urgency not in ("", *URGENCIES):
        raise ValueError(value)
    return kind, urgency, _count(value["days"])


def _oversight(value: Any) -> OversightBody:
    words = tuple(value["any_words"])
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(value)
    return OversightBody(str(value["name"]), words, _count(value["days"]))


def _rung(value: Any) -> Rung:
    if value["to"] not in RUNGS or not -_MOST_DAYS <= _whole(value["days"]) <= _MOST_DAYS:
        raise ValueError(value)
    return Rung(value["days"], value["to"])


def _count(value: Any) -> int:
    if not 0 <= _whole(value) <= _MOST_DAYS:
        raise ValueError(value)
    return int(value)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value
