################################################################
# The same queues in Azure Storage, or in Azurite
################################################################
#
# Rule 1: only what sandbox/queues.py's Queues says; the contract suite runs on both.
# Rule 2: the service cannot ring, so a listener asks again after 0.1 s, then twice as long each time up to its limit.

import math
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from sandbox.queues import MAX_RECEIVED, TIME_TO_LIVE_S, Bells, Message, Parcel, StaleReceipt, check_size

FIRST_POLL_S = 0.1


class StorageQueues:
    """The queues of the storage account that *connection_string* names. Waits are in whole seconds there."""

    def __init__(self, connection_string: str) -> None:
        self._service = QueueServiceClient.from_connection_string(connection_string)
        self._clients: dict[str, QueueClient] = {}
        self._bells = Bells()
        self._next_poll_s: defaultdict[str, float] = defaultdict(lambda: FIRST_POLL_S)

    async def put(self, parcels: Sequence[Parcel]) -> None:
        check_size(parcels)
        for parcel in parcels:
            client = await self._client(parcel.queue)
            await client.send_message(
                parcel.text, visibility_timeout=round(parcel.delay_s), time_to_live=int(TIME_TO_LIVE_S)
            )
        self._bells.ring([p.queue for p in parcels])

    async def receive(self, queue: str, *, at_most: int, lock_s: float) -> list[Message]:
        self._bells.quiet(queue)
        client = await self._client(queue)
        count = min(at_most, MAX_RECEIVED)
        pages = client.receive_messages(messages_per_page=count, max_messages=count, visibility_timeout=_whole(lock_s))
        got = [_message(queue, row) async for row in pages]
        if got:
            self._next_poll_s[queue] = FIRST_POLL_S
        return got

    async def hold(self, message: Message, *, lock_s: float) -> Message:
        client = await self._client(message.queue)
        try:
            done = await client.update_message(
                message.message_id, message.pop_receipt, visibility_timeout=_whole(lock_s)
            )
        except HttpResponseError as error:
            raise _stale(message, error) from error
        self._bells.ring([message.queue])
        return replace(
            message, pop_receipt=str(done.pop_receipt), next_visible_at=done.next_visible_on or datetime.now(UTC)
        )

    async def delete(self, message: Message) -> None:
        client = await self._client(message.queue)
        try:
            await client.delete_message(message.message_id, message.pop_receipt)
        except HttpResponseError as error:
            raise _stale(message, error) from error

    async def wait(self, queue: str, *, longest_s: float) -> None:
        wait_s = min(self._next_poll_s[queue], longest_s)
        rung = await self._bells.heard(queue, wait_s)
        self._next_poll_s[queue] = FIRST_POLL_S if rung else wait_s * 2

    def wake(self) -> None:
        self._bells.ring()

    async def depths(self) -> dict[str, int]:
        found = {}
        async for queue in self._service.list_queues():
            properties = await (await self._client(str(queue.name))).get_queue_properties()
            found[str(queue.name)] = int(properties.approximate_message_count or 0)
        return found

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        await self._service.close()

    async def _client(self, queue: str) -> QueueClient:
        if queue not in self._clients:
            client = self._service.get_queue_client(queue)
            with suppress(ResourceExistsError):
                await client.create_queue()
            self._clients[queue] = client
        return self._clients[queue]


def _whole(seconds: float) -> int:
    return math.ceil(seconds)


def _message(queue: str, row: QueueMessage) -> Message:
    now = datetime.now(UTC)
    return Message(
        queue,
        str(row.id),
        str(row.pop_receipt),
        str(row.content),
        int(row.dequeue_count or 1),
        row.inserted_on or now,
        row.expires_on or now,
        row.next_visible_on or now,
    )


def _stale(message: Message, error: HttpResponseError) -> Exception:
    """404: the message is gone; 400 PopReceiptMismatch: somebody received it after us. Anything else stays itself."""
    return StaleReceipt(f"{message.queue}: {message.message_id}") if error.status_code in (400, 404) else error
