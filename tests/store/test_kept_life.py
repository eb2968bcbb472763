"""For all lives of a record: what is kept is what happened (the rules of tests/lives.py, played on every store)."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import text

from registry.commands import Admit, Command, JoinMatter, Quarantine, Register, Release
from registry.decisions import Accepted, Decision
from registry.record import Record
from registry.sheet import read_entry, verify
from service.ports import Store, Wanted
from service.take import Chance, Taker
from store.store import SqlStore
from tests.lives import Life
from tests.values import OFFICE, Desk, mail


def lives_on(store: Store) -> type[Life]:
    """Lives on *store*, each a record of its own."""
    numbers = itertools.count(1)

    class KeptLife(Life):
        def begin(self) -> None:
            self.desk = Desk(record_id=f"r{next(numbers)}")
            self.fresh = ""
            self.taker = Taker(store, lambda: self.desk.now, Chance(new_id=lambda: self.fresh))
            self.keys = itertools.count(1)
            other = Register(record_id=f"{self.desk.record_id}-other", mail=mail(7))
            self.taker.take(other, key=other.record_id)

        def other(self) -> Record:
            stored = store.read(lambda tx: tx.record(f"{self.desk.record_id}-other"))
            assert stored is not None
            return stored.record

        def take(self, command: Command) -> Decision:
            """It is taken on the store; the desk follows what the store answered."""
            key = f"{self.desk.record_id}:{next(self.keys)}"
            before, held = self.desk.now, self.desk.record
            if isinstance(command, JoinMatter):
                self.fresh = command.matter_id
                matter = held.matter_id if held is not None else None
                found = store.read(lambda tx: tx.find(Wanted(matter=matter))) if matter is not None else []
                members = tuple(sorted(r.record_id for r in found))
                command = replace(command, members=members)
            taken = self.taker.take(command, key=key)
            if isinstance(command, Register | Quarantine) and taken.record is not None:
                command = replace(command, serial=taken.record.serial)
            if isinstance(command, Release) and isinstance(taken.decision, Accepted):
                (admit,) = taken.decision.then
                assert isinstance(admit, Admit)
                command = replace(command, serial=admit.serial)
            decision = self.desk.take(command)
            assert decision == taken.decision
            assert taken.record == (self.desk.record if isinstance(decision, Accepted) else held)
            again = self.taker.take(command, key=key)
            assert again.repeated is isinstance(decision, Accepted)
            assert again.record == self.desk.record
            assert isinstance(decision, Accepted) or self.desk.now == before
            return decision

        @invariant()
        def what_is_kept_is_what_happened(self) -> None:
            r = self.desk.record_id
            stored, entries = store.read(lambda tx: (tx.record(r), tx.sheet(r)))
            assert stored is not None
            assert stored.record == self.desk.held
            assert [read_entry(e) for e in entries] == self.desk.events
            assert (verify(entries), stored.head_hash) == (None, entries[-1].hash)
            if not isinstance(store, SqlStore):
                return
            assert _rows(store, "open_steps", "person_id, unit_id, asked, step, custody", r) == {
                (s.to_person, s.to_unit, s.asked, s.number, s.custody) for s in self.desk.held.open_steps
            }
            assert _rows(store, "readers", "person_id", r) == {(p,) for p in self.desk.held.participants}

    return KeptLife


def _rows(store: SqlStore, table: str, columns: str, record_id: str) -> set[tuple[object, ...]]:
    statement = text(f"SELECT {columns} FROM {table} WHERE record_id = :r")
    return store.database.read(lambda on: {tuple(row) for row in on.cold.execute(statement, {"r": record_id})})


def test_what_is_kept_is_what_happened(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    plays = settings(max_examples=25, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(lives_on(store), settings=plays)


@pytest.mark.usefixtures("database")
def test_the_machine_sees_what_was_not_kept(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A negative control: a store that forgets who holds a record does not pass."""
    store.write(lambda tx: tx.save_office(OFFICE))
    monkeypatch.setattr("store.transaction.SqlTransaction._save_open_steps", lambda *_: None)
    plays = settings(max_examples=5, stateful_step_count=3, deadline=None, database=None, report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lives_on(store), settings=plays)
