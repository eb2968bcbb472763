"""A queue function is fed in spite of what happens to its queue."""

import asyncio
import contextlib
from pathlib import Path
from types import ModuleType
from typing import Any

from sandbox.host_json import QueueSettings
from sandbox.invocations import Invocations, encoded
from sandbox.listener import Listener
from sandbox.queues import Message, Parcel, SqliteQueues
from sandbox.worker import Function, Invoked, Worker

SETTINGS = QueueSettings(
    batch_size=4,
    new_batch_threshold=0,
    visibility_timeout_s=0,
    max_dequeue_count=5,
    max_polling_interval_s=0.1,
    message_encoding="base64",
)
FUNCTION = Function("work", "1", {"type": "queueTrigger", "name": "msg", "queueName": "work"}, {})


class Noting(Worker):
    """A worker with one function, which notes the bodies it is given."""

    def __init__(self) -> None:
        super().__init__(ModuleType("none"), {"work": FUNCTION})
        self.bodies: list[bytes] = []
        self.noted = asyncio.Event()

    async def queue(self, name: str, body: bytes, **about: Any) -> Invoked:
        self.bodies.append(body)
        self.noted.set()
        return Invoked()


class Flaky(SqliteQueues):
    """Queues that cannot be reached the first few times."""

    failures = 3

    async def receive(self, queue: str, *, at_most: int, lock_s: float) -> list[Message]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("out of reach")
        return await super().receive(queue, at_most=at_most, lock_s=lock_s)


async def _fed(queues: SqliteQueues, worker: Noting) -> None:
    """Listen until a body was noted and settled."""
    invocations = Invocations(queues, encoding="base64", timeout_s=10)
    listener = Listener(FUNCTION, worker, invocations, queues, SETTINGS, gate=asyncio.Lock(), lock_s=30)
    listening = asyncio.create_task(listener.listen())
    await asyncio.wait_for(worker.noted.wait(), 10)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await listener.drain(10)


async def test_queues_out_of_reach_are_asked_again(tmp_path: Path) -> None:
    queues, worker = Flaky(tmp_path / "q.db"), Noting()
    await queues.put([Parcel("work", encoded(b"at last", "base64"))])
    await _fed(queues, worker)
    assert worker.bodies == [b"at last"]
    assert await queues.depths() == {}
    await queues.close()


async def test_a_text_in_another_encoding_is_poison_at_once_and_unchanged(tmp_path: Path) -> None:
    queues, worker = SqliteQueues(tmp_path / "q.db"), Noting()
    await queues.put([Parcel("work", "not base64!"), Parcel("work", encoded("نص".encode(), "base64"))])
    await _fed(queues, worker)
    assert worker.bodies == ["نص".encode()]
    (poison,) = await queues.receive("work-poison", at_most=5, lock_s=30)
    assert poison.text == "not base64!"
    await queues.close()


async def test_a_message_whose_host_died_on_every_try_is_poison_unseen(tmp_path: Path) -> None:
    queues, worker = SqliteQueues(tmp_path / "q.db"), Noting()
    await queues.put([Parcel("work", encoded(b"deadly", "base64"))])
    for _ in range(SETTINGS.max_dequeue_count):
        (taken,) = await queues.receive("work", at_most=1, lock_s=30)
        await queues.hold(taken, lock_s=0)
    await queues.put([Parcel("work", encoded(b"harmless", "base64"))])
    await _fed(queues, worker)
    assert worker.bodies == [b"harmless"]
    assert await queues.depths() == {"work-poison": 1}
    await queues.close()
