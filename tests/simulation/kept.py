"""Where a day is kept, and what can be looked at there: dicts on most days, SQL on some, so that it is lived on too."""

import functools
import sqlite3
from collections.abc import Callable, Iterator
from typing import Protocol

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from service.ports import Asked, SeenMail, Store
from store.database import Connected
from store.instants import read_instant
from store.store import SqlStore
from tests import stores
from tests.fakes.store import FakeStore


class Kept(Protocol):
    """What was kept on a day, beside what the port shows of it."""

    def store(self) -> Store:
        """The store, as one more process opens it."""
        ...

    def seen(self) -> Iterator[SeenMail]:
        """Every verdict on a mail."""
        ...

    def undone(self) -> Iterator[tuple[str, str, str, str]]:
        """Every effect that is not done: its kind, record, state and error."""
        ...

    def asked(self) -> Iterator[Asked]:
        """Every card that was asked for."""
        ...

    def held_by(self, process: str) -> int:
        """How many effects a process has to itself."""
        ...

    def copies(self) -> set[tuple[str, str]]:
        """Every card that is known to stand somewhere: its token and its activity."""
        ...


class InMemory:
    """In dicts."""

    def __init__(self) -> None:
        self._store = FakeStore("ministry")

    def store(self) -> Store:
        return self._store

    def seen(self) -> Iterator[SeenMail]:
        yield from self._store.tables.mail.values()

    def undone(self) -> Iterator[tuple[str, str, str, str]]:
        for due in self._store.tables.outbox.values():
            yield type(due.effect).__name__, due.effect.record_id, due.state, due.error

    def asked(self) -> Iterator[Asked]:
        yield from self._store.tables.asks.values()

    def held_by(self, process: str) -> int:
        return sum(_is_of(due.owner, process) for due in self._store.tables.outbox.values())

    def copies(self) -> set[tuple[str, str]]:
        return {(token, activity_id) for token, _, activity_id in self._store.tables.cards}


class InSql:
    """In the real store's tables, on SQLite in memory. There is one at a time: a new one is empty, the last is gone."""

    def __init__(self) -> None:
        self._database = MemoryDatabase()

    def store(self) -> Store:
        return SqlStore(self._database, "ministry")  # type: ignore[arg-type]

    def seen(self) -> Iterator[SeenMail]:
        names = ("mailbox", "item_id", "identity", "message_id", "received_at", "verdict", "rule", "record_id")
        for row in self._rows(f"SELECT {', '.join(names)} FROM mail"):
            told = dict(zip(names, row, strict=True))
            yield SeenMail(**{**told, "received_at": read_instant(told["received_at"])})

    def undone(self) -> Iterator[tuple[str, str, str, str]]:
        yield from self._rows("SELECT kind, record_id, state, coalesce(error, '') FROM outbox WHERE state <> 'done'")

    def asked(self) -> Iterator[Asked]:
        for token, record_id, step, person, version in self._rows(
            "SELECT token, record_id, step, person_id, version FROM asks"
        ):
            yield Asked(token=token, record_id=record_id, step=step, person=person, version=version)

    def held_by(self, process: str) -> int:
        return sum(_is_of(owner, process) for (owner,) in self._rows("SELECT lease_owner FROM outbox"))

    def copies(self) -> set[tuple[str, str]]:
        return set(self._rows("SELECT token, activity_id FROM cards"))

    def _rows(self, statement: str) -> sqlite3.Cursor:
        return self._database.driver.execute(statement)


def _is_of(owner: str | None, process: str) -> bool:
    return owner is not None and owner.partition(":")[0] == process


@functools.cache
def _template() -> bytes:
    """A migrated database without a row, not in WAL mode: memory has none."""
    held = sqlite3.connect(":memory:")
    file = sqlite3.connect(stores.migrated_file())
    file.backup(held)
    file.close()
    body = bytearray(held.serialize())
    held.close()
    body[18] = body[19] = 1
    return bytes(body)


@functools.cache
def _connected() -> Connected:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    return Connected(engine)


class MemoryDatabase:
    """As store.database.Database, for one thread: one connection, nothing on disk, a new register in 50 µs."""

    def __init__(self) -> None:
        self._connected = _connected()
        self.driver: sqlite3.Connection = self._connected.driver
        self.driver.deserialize(_template())
        self.driver.execute("PRAGMA journal_mode=MEMORY")

    def write[T](self, work: Callable[[Connected], T]) -> T:
        self.driver.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connected)
        except BaseException:
            self.driver.execute("ROLLBACK")
            raise
        self.driver.execute("COMMIT")
        return result

    def read[T](self, work: Callable[[Connected], T]) -> T:
        return self.write(work)

    def close(self) -> None:
        """There is nothing to keep."""
