"""What only a server can do to us: go away and come back."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from registry.numbers import Series
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.waiting import until

SERIES = Series("ministry", "registry", "incoming_letter", 2026)


def test_connections_that_died_while_nobody_used_them_are_not_noticed(postgres: str) -> None:
    """A server that was restarted in the night costs nobody their press in the morning."""
    store = SqlStore(Database(stores.postgres_url(postgres)), "ministry")
    with ThreadPoolExecutor(4) as threads:
        barrier = threading.Barrier(4)
        together = [threads.submit(store.read, lambda tx: barrier.wait(30)) for _ in range(4)]
        for done in together:
            done.result()
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert other.execute(text(f"SELECT count(pg_terminate_backend(pid)) {others}")).scalar() == 4
        until(lambda: not other.execute(text(f"SELECT count(*) {others}")).scalar())
    assert store.write(lambda tx: tx.draw(SERIES)) == 1
    store.close()
