"""What SQLite is told, so that what was answered survives a power cut."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.errors import Unavailable
from registry.numbers import Series
from store.database import Connected, Database
from store.migrate import migrate
from store.store import SqlStore
from tests import stores
from tests.waiting import until

SERIES = Series("ministry", "registry", "incoming_letter", 2026)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(stores.sqlite_url(tmp_path))
    yield opened
    opened.close()


def pragma(name: str) -> str:
    return f"PRAGMA {name}"


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_it_is_in_force_on_the_writer_s_connection_and_on_every_reader_s(
    database: Database, name: str, value: str | int
) -> None:
    def ask(connected: Connected) -> str | int:
        return connected.driver.execute(pragma(name)).fetchone()[0]  # type: ignore[no-any-return]

    assert database.write(ask) == value
    assert database.read(ask) == value


def test_the_folder_s_own_entries_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[str] = set()
    honest = os.fsync

    def fsync(handle: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{handle}"))
        honest(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    database = Database(f"sqlite:///{tmp_path}/a/b/register.db")
    migrate(database)
    database.close()
    assert synced == {str(tmp_path), f"{tmp_path}/a", f"{tmp_path}/a/b"}


@pytest.mark.parametrize(("waiting", "shared"), [(20, 1), (100, 2)])  # 64 at most share one
def test_transactions_that_wait_together_share_one_commit(database: Database, waiting: int, shared: int) -> None:
    store, commits, at_work, go_on = SqlStore(database, "ministry"), [], threading.Event(), threading.Event()

    def hold(connected: Connected) -> None:
        connected.driver.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        at_work.set()
        go_on.wait(30)

    threads = [threading.Thread(target=database.write, args=(hold,))]
    threads[0].start()
    at_work.wait(30)
    threads += [threading.Thread(target=store.write, args=(lambda tx: tx.draw(SERIES),)) for _ in range(waiting)]
    for thread in threads[1:]:
        thread.start()
    writer = database._writer
    assert writer is not None
    until(lambda: len(writer._waiting) == waiting)
    go_on.set()
    for thread in threads:
        thread.join()
    assert store.write(lambda tx: tx.draw(SERIES)) == waiting + 1
    assert len(commits) == 1 + shared + 1  # the one that held, those together, the last


def test_nobody_is_answered_when_the_commit_fails_and_nothing_is_kept(database: Database) -> None:
    store = SqlStore(database, "ministry")
    assert store.write(lambda tx: tx.draw(SERIES)) == 1

    def full(connected: Connected) -> None:
        connected.driver.execute("PRAGMA max_page_count=1")  # the disk is full from here on
        connected.driver.execute("CREATE TABLE big AS SELECT zeroblob(1000000) AS b")

    with pytest.raises(Unavailable):
        database.write(full)
    assert store.write(lambda tx: tx.draw(SERIES)) == 2


def test_whoever_holds_the_file_too_long_makes_it_unavailable(database: Database) -> None:
    store = SqlStore(database, "ministry")
    database.write(lambda connected: connected.driver.execute("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        store.write(lambda tx: tx.draw(SERIES))
    other.execute("ROLLBACK")
    other.close()
    assert store.write(lambda tx: tx.draw(SERIES)) == 1


def test_claiming_looks_at_what_waits_and_not_at_what_is_done(database: Database) -> None:
    from store import statements as sql

    compiled = sql.claim.on(database.engine)
    values = compiled.fill(dict.fromkeys(("entity_id", "owner", "now", "until", "limit"), ""))
    plan = database.read(lambda on: on.driver.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", values).fetchall())
    steps = "\n".join(str(row[-1]) for row in plan)
    assert "outbox_waiting" in steps
    assert "outbox_lane" in steps
    assert "SCAN outbox" not in steps
