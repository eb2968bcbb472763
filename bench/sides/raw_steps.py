################################################################
# The floor of a step: what a driver alone must do, and nothing that an office needs
################################################################
#
# Rule 1: each step is one commit on disk: a guarded UPDATE of the record's row, a row of the outbox, a row of the audit
#         whose SHA-256 chains to the one before. No rights, no key, no reading of the record, no projections.
# Rule 2: as fast as the driver goes: on PostgreSQL one prepared statement and one round trip, on SQLite prepared
#         statements on one connection, which the clients take in turns (many that wait for the lock are slower).

import hashlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import psycopg

from bench.side import serve, spent, told

STEPS = 3  # of a record, one after the other

_TABLES = (
    "CREATE TABLE IF NOT EXISTS raw_records (id TEXT PRIMARY KEY, version INTEGER NOT NULL, head TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS raw_outbox (id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS raw_audit (id TEXT, seq INTEGER, body TEXT NOT NULL, hash TEXT NOT NULL, "
    "PRIMARY KEY (id, seq))",
)
_BODY = '{"at":"2026-11-21T09:00:00Z","by":"huda","step":1,"type":"StepApproved","v":1}' + "x" * 170
_ON_POSTGRES = """
WITH before AS (SELECT id, version, head FROM raw_records WHERE id = %(id)s AND version = %(version)s FOR UPDATE),
guarded AS (
    UPDATE raw_records SET version = before.version + 1,
           head = encode(sha256(convert_to(before.head || %(body)s, 'UTF8')), 'hex')
    FROM before WHERE raw_records.id = before.id
    RETURNING raw_records.id, raw_records.version, raw_records.head
),
asked AS (INSERT INTO raw_outbox SELECT id, version, %(body)s FROM guarded)
INSERT INTO raw_audit SELECT id, version, %(body)s, head FROM guarded RETURNING seq
"""


class OnSqlite:
    """See Rule 2."""

    def __init__(self, path: str) -> None:
        self._on = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._on.execute("PRAGMA journal_mode=WAL")
        self._on.execute("PRAGMA synchronous=FULL")
        for table in _TABLES:
            self._on.execute(table)

    def begin(self, ids: list[str]) -> None:
        with self._lock:
            self._on.execute("BEGIN IMMEDIATE")
            self._on.executemany("INSERT INTO raw_records VALUES (?, 0, '')", [(i,) for i in ids])
            self._on.execute("COMMIT")

    def step(self, record_id: str, version: int) -> None:
        with self._lock:
            execute = self._on.execute
            execute("BEGIN IMMEDIATE")
            (head,) = execute("SELECT head FROM raw_records WHERE id = ?", (record_id,)).fetchone()
            head = hashlib.sha256((head + _BODY).encode()).hexdigest()
            guarded = "UPDATE raw_records SET version = version + 1, head = ? WHERE id = ? AND version = ?"
            assert execute(guarded, (head, record_id, version)).rowcount == 1
            execute("INSERT INTO raw_outbox VALUES (?, ?, ?)", (record_id, version + 1, _BODY))
            execute("INSERT INTO raw_audit VALUES (?, ?, ?, ?)", (record_id, version + 1, _BODY, head))
            execute("COMMIT")

    def audit(self, record_id: str) -> list[tuple[str, str]]:
        """Bodies and hashes of a record's steps."""
        return self._on.execute("SELECT body, hash FROM raw_audit WHERE id = ? ORDER BY seq", (record_id,)).fetchall()


class OnPostgres:
    """See Rule 2. Each client thread has a connection of its own."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo, self._own = conninfo, threading.local()
        for table in _TABLES:
            self._on.execute(table)

    @property
    def _on(self) -> psycopg.Connection[Any]:
        if not hasattr(self._own, "connection"):
            self._own.connection = psycopg.connect(self._conninfo, autocommit=True)
        connection: psycopg.Connection[Any] = self._own.connection
        return connection

    def begin(self, ids: list[str]) -> None:
        self._on.cursor().executemany("INSERT INTO raw_records VALUES (%s, 0, '')", [(i,) for i in ids])

    def step(self, record_id: str, version: int) -> None:
        told = {"id": record_id, "version": version, "body": _BODY}
        assert self._on.execute(_ON_POSTGRES, told, prepare=True).fetchone() is not None


def main(clients: int, records: int, sqlite: str = "", postgres: str = "") -> None:
    floor: OnSqlite | OnPostgres = OnPostgres(postgres) if postgres else OnSqlite(sqlite)
    numbers = count(1)

    def live(record_id: str) -> int:
        for version in range(STEPS):
            floor.step(record_id, version)
        return STEPS

    with ThreadPoolExecutor(clients) as threads:

        def measure() -> dict[str, float]:
            ids = [f"{clients}-{next(numbers)}" for _ in range(records)]
            floor.begin(ids)
            with spent() as round_:
                steps = sum(threads.map(live, ids))
            return {"per_s": steps / round_.wall_s, "cpu_us": round_.cpu_s / steps * 1e6}

        serve(measure)


if __name__ == "__main__":
    main(**told())
