"""A process killed (-9) while it writes leaves whole transactions: what it answered is there, nothing is half."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from registry.commands import Register
from registry.record import Record, fold
from registry.sheet import read_entry, verify
from service.ports import Wanted
from service.take import Taker
from store.store import SqlStore
from tests.values import NOON, OFFICE, mail
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4
ANSWERS_BEFORE_EACH = 40


def run_and_kill(url: str, first: int) -> list[int]:
    """Let a process register letters and kill it in the midst of it; return the letters that it said were kept."""
    command = [sys.executable, "-m", "tests.store.registers_until_killed", url, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [int(process.stdout.readline()) for _ in range(ANSWERS_BEFORE_EACH)]
        process.kill()
        answered += [int(line) for line in process.stdout.read().splitlines() if line]
    return answered


def test_what_was_answered_is_kept_and_nothing_is_half(store: SqlStore, url: str) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    answered: set[int] = set()
    for n in range(KILLS):
        answered |= set(run_and_kill(url, 1 + n * 100_000))
        until(lambda: nobody_is_at_work(store))
        records: list[Record] = store.read(lambda tx: tx.find(Wanted(top=100_000)))
        assert answered <= {int(r.record_id[1:]) for r in records}
        assert sorted(r.serial for r in records) == list(range(1, len(records) + 1))
        for record in records:
            assert_whole(store, record)
        assert rows(store, "inbox", "record_id") == {r.record_id for r in records}
    taken = Taker(store, lambda: NOON).take(Register(record_id="last", mail=mail(9)), key="last")
    assert taken.record is not None
    assert taken.record.serial == len(records) + 1


def nobody_is_at_work(store: SqlStore) -> bool:
    """A server may still be busy with what a killed client sent."""
    if store.database.engine.dialect.name == "sqlite":
        return True
    others = "pid <> pg_backend_pid() AND datname = current_database() AND state <> 'idle'"
    busy = text(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")
    return store.database.read(lambda on: on.cold.execute(busy).scalar()) == 0


def assert_whole(store: SqlStore, record: Record) -> None:
    """The record, its lines, what must be done for it: all of a transaction or nothing."""
    entries = store.read(lambda tx: tx.sheet(record.record_id))
    assert verify(entries) is None
    assert fold(record.record_id, [read_entry(e) for e in entries]) == record
    effects = 3 if record.ended else 2  # the mark and the card, and the card's refreshing
    kept = text("SELECT count(*) FROM outbox WHERE record_id = :r")
    found = store.database.read(lambda on: on.cold.execute(kept, {"r": record.record_id}).scalar())
    assert found == effects
    assert (record.version == 3) is record.ended


def rows(store: SqlStore, table: str, column: str) -> set[str]:
    return store.database.read(lambda on: {row[0] for row in on.cold.execute(text(f"SELECT {column} FROM {table}"))})
