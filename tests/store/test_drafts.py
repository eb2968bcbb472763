"""Drafts on every store: no number until they are signed, then the next of their series; found by what they say now."""

from itertools import count

import pytest

from registry.circuit_commands import Redraft, Sign, Submit, Withdraw
from registry.circuits import HEAD, SIGN, StageRule, Who
from registry.commands import Command
from registry.decisions import Accepted, Refused
from registry.record import Record
from service.ports import Store, Wanted
from service.take import Taken, Taker
from store.migrate import HEAD as NEWEST
from tests.circuit_values import draft, laid_down
from tests.values import NOON

SIGNED_BY_HUDA = StageRule(act=SIGN, who=(Who(HEAD),))


class Desk:
    def __init__(self, store: Store) -> None:
        self.store, self._taker, self._keys = store, Taker(store, lambda: NOON), count(1)
        store.write(lambda tx: tx.save_office(laid_down(SIGNED_BY_HUDA)))

    def take(self, command: Command) -> Taken:
        return self._taker.take(command, key=f"k{next(self._keys)}")

    def submitted(self, record_id: str, subject: str = "طلب") -> None:
        for command in (draft(record_id, subject=subject), Submit(record_id=record_id, step=1, by="omar")):
            assert isinstance(self.take(command).decision, Accepted)

    def signed(self, record_id: str) -> Record:
        record = self.take(Sign(record_id=record_id, step=2, by="huda")).record
        assert record is not None
        return record

    def found(self, **wanted: str | int) -> list[str]:
        return [r.record_id for r in self.store.read(lambda tx: tx.find(Wanted(**wanted)))]  # type: ignore[arg-type]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_many_drafts_stand_side_by_side_without_a_number(desk: Desk) -> None:
    for n in range(3):
        desk.submitted(f"m{n}")
    assert sorted(desk.found(kind="internal_memo", status="in_circuit")) == ["m0", "m1", "m2"]


def test_the_office_is_read_back_with_its_circuits_and_who_signs(desk: Desk) -> None:
    office = desk.store.read(lambda tx: tx.office())
    assert office.circuits == laid_down(SIGNED_BY_HUDA).circuits
    assert {p.person_id: p.signs for p in office.people.values() if p.signs} == {"huda": 1, "laila": 1, "hessa": 2}
    assert NEWEST >= "0003"


def test_numbers_follow_the_signatures_and_have_no_gap(desk: Desk) -> None:
    for n in range(3):
        desk.submitted(f"m{n}")
    assert desk.signed("m2").serial == 1
    refused = desk.take(Sign(record_id="m1", step=2, by="laila"))
    assert isinstance(refused.decision, Refused)
    desk.take(Withdraw(record_id="m1", by="omar", note="لا حاجة"))
    assert desk.signed("m0").serial == 2
    assert desk.found(serial=2, kind="internal_memo") == ["m0"]


def test_a_draft_is_found_by_what_it_says_now_and_later_by_its_number(desk: Desk) -> None:
    desk.submitted("m1", subject="أجهزة حاسوب")
    held = desk.take(
        Redraft(record_id="m1", by="omar", subject="أثاث مكتبي", text="نص", addressees=draft().addressees)
    ).record
    assert held is not None
    assert (desk.found(search="حاسوب"), desk.found(search="أثاث")) == ([], ["m1"])
    numbered = desk.take(Sign(record_id="m1", step=len(held.steps), by="huda")).record
    assert numbered is not None
    assert desk.found(search=numbered.reference) == ["m1"]
