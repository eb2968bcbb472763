"""Whom to remind is found by when it is to be done, among the steps that are open."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import Approve, Register, Remind
from registry.decisions import Accepted, Nothing
from registry.office import Office
from registry.working_time import DueRules, OversightBody, Period, WorkingCalendar
from service.take import Taker
from store.store import SqlStore
from tests.values import NOON, OFFICE, UNITS, mail

DUE = replace(
    OFFICE,
    units={**UNITS, "finance": replace(UNITS["finance"], under="legal")},
    due=DueRules(
        days=(("", "", 10),),
        oversight=(OversightBody("ديوان المحاسبة", ("ديوان المحاسبة",), 5),),
        calendar=WorkingCalendar(periods=(Period(NOON.date(), NOON.date()),)),
    ),
)
LATE = NOON + timedelta(days=60)


class House:
    def __init__(self, store: SqlStore, office: Office) -> None:
        self.store, self.now = store, NOON
        self.store.write(lambda tx: tx.save_office(office))
        self.taker = Taker(store, lambda: self.now)

    def registers(self, number: int) -> None:
        taken = self.taker.take(Register(record_id=f"r{number}", mail=mail(number)), key=f"mail:{number}")
        assert isinstance(taken.decision, Accepted)

    def due(self, limit: int = 10) -> list[tuple[str, int]]:
        return [(record, step) for record, step, _ in self.store.read(lambda tx: tx.to_remind(self.now, limit))]


@pytest.fixture
def house(store: SqlStore) -> House:
    return House(store, DUE)


def test_the_rules_and_what_stands_above_whom_are_kept_with_the_office(store: SqlStore, house: House) -> None:
    fresh = SqlStore(store.database, "ministry").read(lambda tx: tx.office())
    assert (fresh.due, fresh.units) == (DUE.due, DUE.units)


def test_a_step_is_found_when_its_time_has_come_and_not_before(house: House) -> None:
    house.registers(1)
    remind_at = house.store.read(lambda tx: tx.to_remind(LATE, 10))[0][2]
    house.now = remind_at - timedelta(microseconds=1)
    assert house.due() == []
    house.now = remind_at
    assert house.due() == [("r1", 1)]


def test_who_waits_longest_is_found_first_and_no_more_than_were_asked_for(house: House) -> None:
    for number in (1, 2, 3):
        house.registers(number)
        house.now += timedelta(days=1)
    house.now = LATE
    assert (house.due(2), house.due()) == ([("r1", 1), ("r2", 1)], [("r1", 1), ("r2", 1), ("r3", 1)])


def test_what_was_recalled_is_found_again_at_its_next_time_only(house: House) -> None:
    house.registers(1)
    first = house.store.read(lambda tx: tx.to_remind(LATE, 10))[0][2]
    house.now = first
    assert isinstance(house.taker.take(Remind(record_id="r1", step=1), key="a").decision, Accepted)
    assert house.due() == []
    house.now = LATE
    assert house.due() == [("r1", 1)]
    house.taker.take(Remind(record_id="r1", step=1), key="b")
    assert house.due() == []
    assert house.taker.take(Remind(record_id="r1", step=1), key="c").decision == Nothing()


def test_what_was_decided_is_not_found(house: House) -> None:
    house.registers(1)
    house.taker.take(Approve(record_id="r1", step=1, by="huda"), key="a")
    house.now = LATE
    assert house.due() == []
