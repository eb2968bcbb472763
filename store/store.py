"""The store: a database, one entity's rows in it, and transactions over both."""

from collections.abc import Callable

from service.ports import Transaction
from store.database import Database
from store.offices import OfficeCache
from store.transaction import SqlTransaction


class SqlStore:
    """See service.ports.Store. `url` is a SQLAlchemy URL: sqlite:///file or postgresql://…"""

    def __init__(self, database: Database, entity_id: str) -> None:
        self.database, self.entity_id = database, entity_id
        self._offices = OfficeCache()

    def write[T](self, work: Callable[[Transaction], T]) -> T:
        return self.database.write(
            lambda connected: work(SqlTransaction(connected, self.entity_id, self._offices, writing=True))
        )

    def read[T](self, work: Callable[[Transaction], T]) -> T:
        return self.database.read(
            lambda connected: work(SqlTransaction(connected, self.entity_id, self._offices, writing=False))
        )

    def close(self) -> None:
        self.database.close()
