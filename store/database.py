################################################################
# Transactions, on SQLite and on PostgreSQL alike
################################################################
#
# Rule 1: `write(work)` runs *work* once in one transaction and returns what it returned; an exception undoes it all.
# Rule 2: SQLite has one writer at a time. What waits for its turn is committed together (each in a savepoint of its
#         own), so that many small transactions share one fsync; nobody is answered before the commit.
# Rule 3: hot statements are written once in SQLAlchemy Core, compiled once, and run on the driver's own connection.

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy.exc
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.sql import ClauseElement

from registry.errors import Misconfigured, Unavailable
from store.folders import make_folder, sync_folder

type Row = Sequence[Any]
_BUSY_S = 30.0
_TOGETHER = 64  # transactions that share a commit at most


# Of each connection that reads: enough for the upper pages of the indexes. What is below them is read once when a whole
# mailbox is read again, and the system keeps it as well.
_READ_CACHE_KB = 256


class Statement:
    """A Core statement, compiled once for each driver. Its parameters are named."""

    def __init__(self, core: ClauseElement) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    def on(self, engine: Engine) -> "_Compiled":
        """The driver's form of it."""
        name = engine.dialect.name
        if name not in self._compiled:
            made: Any = self._core.compile(dialect=engine.dialect)
            places = tuple(made.positiontup) if made.positiontup is not None else None
            constants = {n: b.value for n, b in made.binds.items() if not b.required}
            self._compiled[name] = _Compiled(str(made), places, constants)
        return self._compiled[name]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The driver's SQL; the order of the parameters where the driver takes them by place; those that never vary."""

    sql: str
    places: tuple[str, ...] | None
    constants: Mapping[str, Any]

    def fill(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them. Raises KeyError for one that is missing."""
        if self.constants:
            values = {**self.constants, **values}
        return [values[n] for n in self.places] if self.places is not None else values


class Connected:
    """A connection: hot statements on the driver's own, cold ones through SQLAlchemy, in the same transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._cold: Connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self.driver: Any = self._cold.connection.driver_connection
        self.postgres = engine.dialect.name == "postgresql"
        self._pipeline: Any = None

    @property
    def cold(self) -> Connection:
        """SQLAlchemy's connection. It knows no pipeline, so what was sent without waiting is waited for."""
        self.wait()
        return self._cold

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Execute *statement* and return the driver's cursor; `fetchone` and `fetchall` give tuples."""
        compiled = statement.on(self.engine)
        return self.driver.execute(compiled.sql, compiled.fill(values))

    def run_many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.on(self.engine)
        self.driver.cursor().executemany(compiled.sql, [compiled.fill(row) for row in rows])

    def hurry(self) -> None:
        """From here until `wait`, statements are sent without waiting for answers that nobody fetches, where the driver
        can (PostgreSQL). One that fails raises at the next answer that is fetched; what follows it is not executed."""
        if self.postgres and self._pipeline is None:
            pipeline = self.driver.pipeline()
            pipeline.__enter__()
            self._pipeline = pipeline

    def wait(self) -> None:
        """Wait for all answers. Raises what a statement raised that nobody waited for."""
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def close(self) -> None:
        self._cold.close()

    def put_away(self) -> None:
        """Close it for good: nobody is handed its connection again."""
        self._cold.invalidate()
        self._cold.close()


class Database:
    """A database by its URL. Close it when done: what was asked for is finished, and what was committed stays."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._idle: list[Connected] = []
        self._lock = threading.Lock()
        self._writer = _Writer(self.engine) if self.engine.dialect.name == "sqlite" else None

    def write[T](self, work: Callable[[Connected], T]) -> T:
        """Run *work* in a transaction of its own and return its result, once it is on disk.

        Raises:
            Unavailable: The database is busy or down. Nothing was changed, unless the connection broke in the very
                moment of the commit: what must not happen twice is given a key (service.take).
        """
        if self._writer is not None:
            return self._writer.run(work)
        return self._run("BEGIN", work)

    def read[T](self, work: Callable[[Connected], T]) -> T:
        """Run *work* on one unmoving view of the data. What it tries to write is refused."""
        return self._run("BEGIN" if self._writer else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        for connected in self._idle:
            connected.close()
        self._idle.clear()
        self.engine.dispose()

    def _run[T](self, begin: str, work: Callable[[Connected], T]) -> T:
        try:
            connected = self._begin(begin)
            try:
                result = work(connected)
                connected.driver.execute("COMMIT")
                connected.wait()
            except BaseException:
                self._roll_back(connected)
                raise
        except Exception as error:
            told = _told(error)
            if told is error:
                raise
            raise told from error
        self._hand_back(connected)
        return result

    def _begin(self, begin: str) -> Connected:
        """A connection in a transaction. One that died while nobody used it is put away for a new one."""
        while True:
            with self._lock:
                idle = self._idle.pop() if self._idle else None
            connected = idle or Connected(self.engine)
            if idle is None and self._writer is not None:
                connected.driver.execute("PRAGMA query_only=ON")
                connected.driver.execute(f"PRAGMA cache_size=-{_READ_CACHE_KB}")
            try:
                connected.driver.execute(begin)
                return connected
            except BaseException:
                connected.put_away()
                if idle is None:
                    raise

    def _roll_back(self, connected: Connected) -> None:
        try:
            with contextlib.suppress(psycopg.Error):  # of statements that nobody waited for; the first was raised
                connected.wait()
            connected.driver.execute("ROLLBACK")
        except (sqlite3.Error, psycopg.Error):  # a dead connection must not be handed to the next one
            connected.put_away()
        else:
            self._hand_back(connected)

    def _hand_back(self, connected: Connected) -> None:
        with self._lock:
            self._idle.append(connected)


class _Wish:
    """A transaction that somebody waits for. `called` is released when it was answered, or when it must lead."""

    __slots__ = ("answered", "called", "error", "result", "work")

    def __init__(self, work: Callable[[Connected], Any]) -> None:
        self.work = work
        self.called = threading.Lock()
        self.called.acquire()
        self.answered = False
        self.result: Any = None
        self.error: BaseException | None = None

    def answer(self, result: Any, error: BaseException | None = None) -> None:
        self.result, self.error, self.answered = result, error, True


class _Writer:
    """SQLite's one writer: a connection, and a queue for it. Whoever comes first commits for all who wait by then, and
    calls the first of those who came meanwhile to go on: no thread of its own, and none is woken without need."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Wish] = deque()
        self._changing = threading.Condition()
        self._led, self._closed = False, False
        self._connected: Connected | None = None

    def run[T](self, work: Callable[[Connected], T]) -> T:
        wish = _Wish(work)
        with self._changing:
            if self._closed:
                raise Unavailable("the database: it was closed")
            self._waiting.append(wish)
            leads, self._led = not self._led, True
        if not leads:
            wish.called.acquire()
        if not wish.answered:
            self._lead()
        if wish.error is not None:
            raise wish.error
        result: T = wish.result
        return result

    def close(self) -> None:
        """Finish what was asked for so far, and end."""
        with self._changing:
            self._closed = True
            self._changing.wait_for(lambda: not self._led)
            connected, self._connected = self._connected, None
        if connected is not None:
            connected.close()

    def _lead(self) -> None:
        """Commit what waits, one's own wish first among it; then let the next lead."""
        with self._changing:
            batch = [self._waiting.popleft() for _ in range(min(_TOGETHER, len(self._waiting)))]
        try:
            self._connected = self._connected or Connected(self._engine)
            _commit_together(self._connected, batch)
        except BaseException as error:
            if self._connected is not None:
                self._connected.put_away()
                self._connected = None
            for wish in batch:
                if not wish.answered:
                    wish.answer(None, _told(error))
        finally:
            with self._changing:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
                self._changing.notify_all()
            for one in (*batch, *([following] if following is not None else [])):
                one.called.release()


def _commit_together(connected: Connected, batch: Sequence[_Wish]) -> None:
    """Commit *batch* as one. What fails of it alone is undone alone; what fails as a whole raises, none answered."""
    if len(batch) == 1:
        return _commit_alone(connected, batch[0])
    driver = connected.driver
    outcomes: list[tuple[Any, BaseException | None]] = []
    driver.execute("BEGIN IMMEDIATE")
    for wish in batch:
        driver.execute("SAVEPOINT one")
        try:
            outcomes.append((wish.work(connected), None))
        except BaseException as error:
            driver.execute("ROLLBACK TO one")
            outcomes.append((None, _told(error)))
        driver.execute("RELEASE one")
    driver.execute("COMMIT")
    for wish, outcome in zip(batch, outcomes, strict=True):
        wish.answer(*outcome)


def _commit_alone(connected: Connected, wish: _Wish) -> None:
    """As `_commit_together` for a single one, which needs no savepoint: SQLite copies every page that one covers."""
    driver = connected.driver
    driver.execute("BEGIN IMMEDIATE")
    try:
        result = wish.work(connected)
    except BaseException as error:
        driver.execute("ROLLBACK")
        return wish.answer(None, _told(error))
    driver.execute("COMMIT")
    wish.answer(result)


def _told(error: BaseException) -> BaseException:
    """Return *error*, a database that is busy or down said in our own words."""
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError | psycopg.OperationalError | sqlalchemy.exc.TimeoutError):
        return Unavailable(f"the database: {cause}")
    return error


def _engine(url: str) -> Engine:
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        return _sqlite(made)
    if made.get_backend_name() == "postgresql":
        return create_engine(made.set(drivername="postgresql+psycopg"), pool_size=32, max_overflow=32)
    raise Misconfigured(f"DATABASE_URL: {made.get_backend_name()} is neither sqlite nor postgresql")


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    if not url.database or str(path) == ":memory:":
        raise Misconfigured("DATABASE_URL: SQLite needs a file; a register in memory is lost with the process")
    make_folder(path.parent)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S, "check_same_thread": False}, pool_size=32)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")  # what savepoints keep aside; it is of no use after a crash
        sync_folder(path.parent)  # the entries of the file, its -wal and its -shm outlive a power cut

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn to write-ahead logging. Two processes that meet a new file at once refuse each other this, whatever the
    timeout says: who is refused tries again."""
    until_s = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.01)
        else:
            return
