"""Whoever is away and has something waiting is asked once who acts for them; what is denied is not known."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from registry.commands import Refer
from registry.delegating import Delegate
from service.absences import Away
from service.delegations import Delegations
from service.ports import Absence, AwayView
from tests.fakes.absences import FakeAbsences
from tests.service.house import Registry
from tests.values import OFFICE

DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path, OFFICE)
    opened.meet("huda", "omar")
    yield opened
    opened.store.close()


def away(house: Registry, absences: FakeAbsences) -> Away:
    return Away(house.store, absences, house.clock)


def asked(house: Registry, person: str = "huda") -> list[AwayView]:
    return [view for view in house.chats.others[f"a:{person}"].values() if isinstance(view, AwayView)]


async def test_whoever_is_away_is_asked_by_card_once(house: Registry) -> None:
    await house.registered()
    absences = FakeAbsences()
    absences.away["huda"] = Absence(house.now - DAY, house.now + 7 * DAY)
    for _ in range(3):
        await away(house, absences).look()
        house.now += timedelta(hours=1)
    await house.performer().perform_due()
    (view,) = asked(house)
    assert (view.starts, view.until) == (absences.away["huda"].starts, absences.away["huda"].until)


async def test_for_whom_nothing_waits_nothing_is_read(house: Registry) -> None:
    absences = FakeAbsences()
    assert await away(house, absences).look() == 0
    assert absences.asked == []


async def test_denied_is_unknown_and_nobody_is_asked(house: Registry) -> None:
    await house.registered()
    absences = FakeAbsences()
    absences.denied.add("huda")
    assert await away(house, absences).look() == 0
    await house.performer().perform_due()
    assert asked(house) == []


async def test_who_is_present_or_back_or_away_later_is_not_asked(house: Registry) -> None:
    await house.registered()
    absences = FakeAbsences()
    assert await away(house, absences).look() == 0
    absences.away["huda"] = Absence(house.now - 3 * DAY, house.now)
    assert await away(house, absences).look() == 0
    absences.away["huda"] = Absence(house.now + 4 * DAY, house.now + 9 * DAY)
    assert await away(house, absences).look() == 0
    house.now += DAY
    assert await away(house, absences).look() == 1


async def test_who_has_delegated_for_that_time_is_not_asked(house: Registry) -> None:
    await house.registered()
    book = Delegations(house.store, house.clock)
    ask = Delegate(
        delegation_id="d1",
        by="huda",
        from_person="huda",
        to_person="salem",
        starts=house.now,
        until=house.now + 2 * DAY,
    )
    book.take(ask, key="1")
    absences = FakeAbsences()
    absences.away["huda"] = Absence(house.now, house.now + 7 * DAY)
    assert await away(house, absences).look() == 0


async def test_without_an_end_it_is_asked_again_each_week(house: Registry) -> None:
    await house.registered()
    absences = FakeAbsences()
    absences.away["huda"] = Absence(None, None)
    looks = []
    for _ in range(15):
        looks.append(await away(house, absences).look())
        house.now += DAY
    assert 2 <= sum(looks) <= 3


async def test_each_gets_their_turn(house: Registry) -> None:
    record = await house.registered()
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_information", to_person="omar"))
    absences = FakeAbsences()
    for _ in range(2):
        await away(house, absences).look()
    assert absences.asked == ["huda", "omar", "huda", "omar"]
