"""The morning's digest: once for each person and working day, whoever looks and whatever dies."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from registry.commands import Approve, Refer
from registry.errors import Unavailable
from registry.working_time import DueRules, Period, WorkingCalendar
from service.digest import DIGEST, Digests
from service.ports import ChatBlocked
from tests.service.house import LEASE_S, Registry, letter
from tests.values import KUWAIT, OFFICE

SUNDAY = date(2026, 11, 22)  # the letters come on the Saturday before it


def at(hour: int, minute: int = 0, day: date = SUNDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=KUWAIT).astimezone(UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path)
    opened.meet("huda", "omar", "abdullah", "noura")
    yield opened
    opened.store.close()


async def looked(house: Registry, when: datetime) -> int:
    house.now = when
    asked = await Digests(house.store, house.clock).look()
    await house.performer().perform_due()
    return asked


def told(house: Registry, person: str) -> list[list[str]]:
    """The numbers on each digest that *person* got."""
    return [[one.record.reference for one in page.rows] for page in house.chats.digests[f"a:{person}"]]


async def test_whoever_has_something_to_do_is_told_when_the_days_work_begins(house: Registry) -> None:
    record = await house.registered()
    assert await looked(house, at(7, 29)) == 0
    assert await looked(house, at(7, 31)) == 1
    assert told(house, "huda") == [[record.reference]]
    assert told(house, "omar") == []


async def test_it_is_told_once_a_day_however_often_anybody_looks(house: Registry) -> None:
    await house.registered()
    for minute in range(31, 59, 5):
        await looked(house, at(7, minute))
    await asyncio.gather(*(Digests(house.store, house.clock).look() for _ in range(4)))
    assert len(told(house, "huda")) == 1
    await looked(house, at(8, day=SUNDAY + timedelta(days=1)))
    assert len(told(house, "huda")) == 2


async def test_what_came_after_the_work_began_is_told_the_next_morning(house: Registry) -> None:
    house.now = at(7, 40)
    await house.registered()
    assert await looked(house, at(7, 41)) == 0
    assert await looked(house, at(7, 41, SUNDAY + timedelta(days=1))) == 1


async def test_a_clerk_is_told_what_waits_for_the_register(tmp_path: Path) -> None:
    house = Registry(tmp_path, replace(OFFICE, rules=()))
    house.meet("abdullah", "noura", "huda")
    record = await house.registered()
    assert await looked(house, at(8)) == 2
    assert told(house, "abdullah") == told(house, "noura") == [[record.reference]]
    house.store.close()


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (at(8, day=date(2026, 11, 27)), "a Friday"),
        (at(8, day=date(2026, 11, 25)), "a holiday"),
        (at(14, 0), "the work is over"),
    ],
)
async def test_out_of_working_hours_nobody_is_told(tmp_path: Path, when: datetime, why: str) -> None:
    holiday = WorkingCalendar(periods=(Period(date(2026, 11, 25), date(2026, 11, 25)),))
    house = Registry(tmp_path, replace(OFFICE, due=DueRules(days=(), calendar=holiday)))
    house.meet("huda")
    await house.registered()
    assert await looked(house, when) == 0, why
    house.store.close()


async def test_after_an_outage_in_the_morning_it_is_told_late_and_once(house: Registry) -> None:
    await house.registered()
    assert await looked(house, at(13, 55)) == 1
    assert len(told(house, "huda")) == 1


async def test_what_was_done_before_it_went_out_is_not_told(house: Registry) -> None:
    record = await house.registered()
    house.now = at(7, 31)
    assert await Digests(house.store, house.clock).look() == 1
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    await house.performer().perform_due()
    assert told(house, "huda") == []


async def test_whoever_wants_none_gets_none_until_they_want_it_again(house: Registry) -> None:
    await house.registered()
    house.store.write(lambda tx: tx.save_preference("huda", DIGEST, "off"))
    assert await looked(house, at(8)) == 0
    house.store.write(lambda tx: tx.save_preference("huda", DIGEST, "on"))
    assert await looked(house, at(8, day=SUNDAY + timedelta(days=1))) == 1
    assert len(told(house, "huda")) == 1


async def test_overdue_comes_first(tmp_path: Path) -> None:
    """Two letters, of which the one that came last was due first."""
    rules = DueRules(days=(("", "urgent", 1), ("", "", 30)))
    house = Registry(tmp_path, replace(OFFICE, due=rules))
    house.meet("huda", "omar")
    first = await house.registered()
    house.later(60)
    urgent = await house.registered(letter(2, subject="عاجل: كتاب"))
    assert urgent.urgency == "urgent"
    await looked(house, at(8, day=SUNDAY + timedelta(days=2)))
    assert told(house, "huda") == [[urgent.reference, first.reference]]
    (page,) = house.chats.digests["a:huda"]
    assert page.late == 1
    house.store.close()


async def test_killed_between_two_people_the_rest_is_asked_for_and_nobody_twice(house: Registry) -> None:
    record = await house.registered()
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_information", to_person="omar"))
    house.now = at(8)
    one = Digests(house.store, house.clock)
    # as far as it came: one person asked for, the day not marked as told
    house.store.write(lambda tx: one._ask(tx, people=["huda"], day=SUNDAY.isoformat(), now=house.now))
    assert await looked(house, at(8, 5)) == 1
    assert len(told(house, "huda")) == len(told(house, "omar")) == 1


async def test_while_teams_is_away_it_waits_but_never_into_another_day(house: Registry) -> None:
    await house.registered()
    house.chats.refusals["a:huda"] = Unavailable("away")
    await looked(house, at(8))
    del house.chats.refusals["a:huda"]
    house.later(LEASE_S * 20)
    await house.performer().perform_due()
    assert len(told(house, "huda")) == 1

    house.chats.refusals["a:huda"] = Unavailable("away")
    await looked(house, at(8, day=SUNDAY + timedelta(days=1)))
    del house.chats.refusals["a:huda"]
    await looked(house, at(8, day=SUNDAY + timedelta(days=2)))
    assert len(told(house, "huda")) == 2


async def test_a_chat_that_cannot_be_written_to_costs_nobody_a_thing(house: Registry) -> None:
    await house.registered()
    await house.performer().perform_due()
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await looked(house, at(8))
    assert house.store.read(lambda tx: tx.stuck()) == []
