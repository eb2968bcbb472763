################################################################
# A queue function is fed
################################################################
#
# Rule 1: as host.json says: up to batchSize messages at once, more when no more than newBatchThreshold still run.
# Rule 2: a message stays hidden while it runs, by renewing a short lock; after a kill it is seen when that lapses.
# Rule 3: done: deleted. Failed: seen again after visibilityTimeout, and after maxDequeueCount tries put in
#         `<queue>-poison`. A text that cannot be decoded goes there at once.
# Rule 4: nobody asks in a circle: the queue says when another look is worth while.

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from sandbox.host_json import QueueSettings
from sandbox.invocations import Invocations, decoded
from sandbox.queues import Message, Parcel, Queues, StaleReceipt
from sandbox.worker import Function, FunctionFailed, Worker

log = logging.getLogger("host")


class Listener:
    """Feeds one queue function.

    Args:
        gate: Held during each `receive` and while the clock is moved, so that no running message looks free meanwhile.
        lock_s: Seconds that a running message stays hidden without being renewed.
    """

    def __init__(
        self,
        function: Function,
        worker: Worker,
        invocations: Invocations,
        queues: Queues,
        settings: QueueSettings,
        *,
        gate: asyncio.Lock,
        lock_s: float,
    ) -> None:
        self.function, self._worker, self._invocations, self._queues = function, worker, invocations, queues
        self._settings, self._gate, self._lock_s = settings, gate, lock_s
        self.queue = str(function.trigger["queueName"])
        self._running: set[asyncio.Task[object]] = set()
        self._held: dict[str, Message] = {}
        self._room = asyncio.Event()

    @property
    def running(self) -> int:
        return len(self._running)

    async def listen(self) -> None:
        """Feed the function until cancelled. What runs then goes on; `drain` waits for it."""
        while True:
            try:
                await self._feed()
            except Exception as error:  # the storage account may be out of reach for a while
                log.error("%s: queue %s cannot be read, asked again later: %s", self.function.name, self.queue, error)
                await asyncio.sleep(self._settings.max_polling_interval_s)

    async def _feed(self) -> None:
        """Begin one batch, or wait until there is one."""
        while self.running > self._settings.new_batch_threshold:
            self._room.clear()
            await self._room.wait()
        async with self._gate:
            batch = await self._queues.receive(self.queue, at_most=self._settings.batch_size, lock_s=self._lock_s)
            for message in batch:
                self._held[message.message_id] = message
                self._begin(self._deliver(message))
        if not batch:
            await self._queues.wait(self.queue, longest_s=self._settings.max_polling_interval_s)

    async def drain(self, within_s: float) -> None:
        """Wait for what runs; what takes longer is left to be seen again after its lock lapses."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def renew(self) -> None:
        """Renew the lock of everything that runs."""
        for message in list(self._held.values()):
            with contextlib.suppress(StaleReceipt):
                self._held[message.message_id] = await self._queues.hold(message, lock_s=self._lock_s)

    def deliver_directly(self, body: bytes) -> None:
        """Run the function with *body* now, past the queue."""
        now = datetime.now(UTC)
        self._begin(self._took(body, Message(self.queue, str(uuid.uuid4()), "", "", 1, now, now, now)))

    def _begin(self, delivery: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(delivery)
        self._running.add(task)
        task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        self._room.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s: a message could not be settled and will be seen again: %s", self.function.name, error)

    async def _deliver(self, message: Message) -> None:
        keeper = asyncio.create_task(self._keep_hidden(message.message_id))
        try:
            done = await self._run(message)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            held = self._held.pop(message.message_id)
        try:
            if done:
                await self._queues.delete(held)
            elif message.dequeue_count >= self._settings.max_dequeue_count:
                await self._poison(held)
            else:
                await self._queues.hold(held, lock_s=self._settings.visibility_timeout_s)
        except StaleReceipt:
            log.warning("%s: message %s was delivered again meanwhile", self.function.name, message.message_id)

    async def _run(self, message: Message) -> bool:
        """Whether the function took the message."""
        if message.dequeue_count > self._settings.max_dequeue_count:
            log.error("%s: message %s killed its host too often", self.function.name, message.message_id)
            return False
        try:
            body = decoded(message.text, self._settings.message_encoding)
        except ValueError:
            encoding = self._settings.message_encoding
            log.error("%s: message %s is not %s-encoded", self.function.name, message.message_id, encoding)
            await self._queues.put([Parcel(f"{self.queue}-poison", message.text)])
            return True
        return await self._took(body, message)

    async def _took(self, body: bytes, message: Message) -> bool:
        running = self._worker.queue(
            self.function.name,
            body,
            message_id=message.message_id,
            pop_receipt=message.pop_receipt,
            dequeue_count=message.dequeue_count,
            inserted_at=message.inserted_at,
            expires_at=message.expires_at,
            next_visible_at=message.next_visible_at,
        )
        try:
            await self._invocations.finish(self.function.name, running)
        except FunctionFailed:
            return False
        return True

    async def _poison(self, message: Message) -> None:
        """The copy first: between the two steps a kill leaves the message twice, never nowhere."""
        log.error("%s: message %s goes to %s-poison", self.function.name, message.message_id, self.queue)
        await self._queues.put([Parcel(f"{self.queue}-poison", message.text)])
        await self._queues.delete(message)

    async def _keep_hidden(self, message_id: str) -> None:
        while True:
            await asyncio.sleep(self._lock_s / 3)
            try:
                self._held[message_id] = await self._queues.hold(self._held[message_id], lock_s=self._lock_s)
            except StaleReceipt:
                log.warning("%s: the lock of message %s lapsed while it ran", self.function.name, message_id)
                return
