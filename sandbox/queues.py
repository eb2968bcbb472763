################################################################
# Storage queues, as one SQLite file
################################################################
#
# Rule 1: what Azure Storage queues promise and no more: at least once, no order, a message that was received stays
#         hidden for a while, and only the newest pop receipt may touch it.
# Rule 2: `put` answers when the messages are on the disk (WAL, synchronous=FULL): whoever was told so may be killed.
# Rule 3: a text is kept as it was given: how a body is encoded in it is the host's matter.
# Rule 4: time is `time.time()`, so that a moved clock moves visibility and expiry too.

import asyncio
import sqlite3
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

MAX_MESSAGE_BYTES = 64 * 1024  # as stored; platform fact
MAX_RECEIVED = 32  # messages in one receive; platform fact
TIME_TO_LIVE_S = 7 * 24 * 3600.0


class MessageTooLarge(Exception):
    """A text is longer than a queue takes (64 KiB as stored); nothing was put."""


class StaleReceipt(Exception):
    """The message is gone, or somebody received it after us."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A text to put in a queue. It stays hidden for `delay_s` seconds."""

    queue: str
    text: str
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """A received message. `dequeue_count` counts this time too; the instants are aware UTC."""

    queue: str
    message_id: str
    pop_receipt: str
    text: str
    dequeue_count: int
    inserted_at: datetime
    expires_at: datetime
    next_visible_at: datetime


class Queues(Protocol):
    """The queues of one storage account. A queue is made when it is first named."""

    async def put(self, parcels: Sequence[Parcel]) -> None:
        """Store *parcels*. Raises MessageTooLarge before anything is stored."""

    async def receive(self, queue: str, *, at_most: int, lock_s: float) -> list[Message]:
        """Take up to *at_most* visible messages and hide them from others for *lock_s* seconds."""

    async def hold(self, message: Message, *, lock_s: float) -> Message:
        """Hide *message* for *lock_s* seconds from now (0: give it back at once); returns it with its new receipt.

        Raises:
            StaleReceipt: somebody else has it by now, or it is gone.
        """

    async def delete(self, message: Message) -> None:
        """Remove *message* for good. Raises StaleReceipt as `hold` does."""

    async def wait(self, queue: str, *, longest_s: float) -> None:
        """After an empty `receive`: return when another look is worth while, in *longest_s* seconds at most."""

    def wake(self) -> None:
        """Let everybody who waits look again, because the clock was moved."""

    async def depths(self) -> dict[str, int]:
        """How many messages each queue holds, hidden ones included."""

    async def close(self) -> None: ...


def check_size(parcels: Sequence[Parcel]) -> None:
    for parcel in parcels:
        if (size_bytes := len(parcel.text.encode())) > MAX_MESSAGE_BYTES:
            raise MessageTooLarge(f"queue {parcel.queue}: {size_bytes} bytes as stored, {MAX_MESSAGE_BYTES} allowed")


class Bells:
    """One bell for each queue: rung by whoever puts something there, heard by the listener that found it empty."""

    def __init__(self) -> None:
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def quiet(self, queue: str) -> None:
        """Called before a look into the queue: what rings from now on is news."""
        self._events[queue].clear()

    def ring(self, queues: Sequence[str] | None = None) -> None:
        for queue in self._events if queues is None else queues:
            self._events[queue].set()

    async def heard(self, queue: str, within_s: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._events[queue].wait(), max(0.0, within_s))
        return self._events[queue].is_set()


_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    pop_receipt TEXT NOT NULL,
    text TEXT NOT NULL,
    dequeue_count INTEGER NOT NULL,
    inserted_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    visible_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_turn ON messages (queue, visible_at, seq);
"""
_RECEIVE = """
UPDATE messages SET dequeue_count = dequeue_count + 1, visible_at = :until, pop_receipt = lower(hex(randomblob(12)))
WHERE seq IN (
    SELECT seq FROM messages WHERE queue = :queue AND visible_at <= :now AND expires_at > :now
    ORDER BY visible_at, seq LIMIT :at_most
)
RETURNING seq, queue, message_id, pop_receipt, text, dequeue_count, inserted_at, expires_at, visible_at
"""
_HOLD = """
UPDATE messages SET visible_at = :until, pop_receipt = lower(hex(randomblob(12)))
WHERE message_id = :message_id AND pop_receipt = :pop_receipt RETURNING pop_receipt
"""


class SqliteQueues:
    """The queues of this machine. One process at a time may use the file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="queues")  # the only one that touches the file
        self._bells = Bells()

    async def put(self, parcels: Sequence[Parcel]) -> None:
        check_size(parcels)

        def insert(now: float) -> None:
            self._db.executemany(
                "INSERT INTO messages (queue, message_id, pop_receipt, text, dequeue_count, inserted_at, expires_at,"
                " visible_at) VALUES (?, ?, '', ?, 0, ?, ?, ?)",
                [(p.queue, str(uuid.uuid4()), p.text, now, now + TIME_TO_LIVE_S, now + p.delay_s) for p in parcels],
            )

        await self._transaction(insert)
        self._bells.ring([p.queue for p in parcels])

    async def receive(self, queue: str, *, at_most: int, lock_s: float) -> list[Message]:
        def take(now: float) -> list[Message]:
            self._db.execute("DELETE FROM messages WHERE queue = ? AND expires_at <= ?", (queue, now))
            asked = {"queue": queue, "now": now, "until": now + lock_s, "at_most": min(at_most, MAX_RECEIVED)}
            rows = sorted(self._db.execute(_RECEIVE, asked).fetchall())
            return [Message(*row[1:6], *(datetime.fromtimestamp(at, UTC) for at in row[6:])) for row in rows]

        self._bells.quiet(queue)
        return await self._transaction(take)

    async def hold(self, message: Message, *, lock_s: float) -> Message:
        def renew(now: float) -> Message:
            asked = {"until": now + lock_s, "message_id": message.message_id, "pop_receipt": message.pop_receipt}
            row = self._db.execute(_HOLD, asked).fetchone()
            if row is None:
                raise StaleReceipt(f"{message.queue}: {message.message_id}")
            return replace(message, pop_receipt=row[0], next_visible_at=datetime.fromtimestamp(now + lock_s, UTC))

        held = await self._transaction(renew)
        self._bells.ring([message.queue])  # the listener must know of a nearer moment to look
        return held

    async def delete(self, message: Message) -> None:
        def remove(now: float) -> None:
            sql = "DELETE FROM messages WHERE message_id = ? AND pop_receipt = ? RETURNING seq"
            if not self._db.execute(sql, (message.message_id, message.pop_receipt)).fetchall():
                raise StaleReceipt(f"{message.queue}: {message.message_id}")

        await self._transaction(remove)

    async def wait(self, queue: str, *, longest_s: float) -> None:
        def next_turn(now: float) -> float | None:
            row = self._db.execute("SELECT min(visible_at) - ? FROM messages WHERE queue = ?", (now, queue)).fetchone()
            return None if row[0] is None else float(row[0])

        in_s = await self._transaction(next_turn)
        await self._bells.heard(queue, longest_s if in_s is None else min(in_s, longest_s))

    def wake(self) -> None:
        self._bells.ring()

    async def depths(self) -> dict[str, int]:
        def count(now: float) -> dict[str, int]:
            return dict(self._db.execute("SELECT queue, count(*) FROM messages GROUP BY queue").fetchall())

        return await self._transaction(count)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._hand, self._db.close)
        self._hand.shutdown()

    async def _transaction[T](self, work: Callable[[float], T]) -> T:
        """Run *work* with the instant, all or nothing, in the one thread that owns the file."""

        def run() -> T:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                done = work(time.time())
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            return done

        return await asyncio.get_running_loop().run_in_executor(self._hand, run)
