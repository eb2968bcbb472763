"""The real store's statements on a database in memory: one connection, nothing on disk, a new register in 50 µs."""

import functools
import sqlite3
from collections.abc import Callable

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from store.database import Connected
from tests import stores


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
    """As store.database.Database, for one thread. There is one at a time: a new one is empty, and the last is gone."""

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
