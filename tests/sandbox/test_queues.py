"""The queues' promises, on this machine's file and on Azurite alike."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from sandbox.queues import MAX_MESSAGE_BYTES, MessageTooLarge, Parcel, Queues, SqliteQueues, StaleReceipt
from sandbox.storage_queues import StorageQueues

SOON_S = 10.0  # a bound for what should happen at once


@pytest.fixture(params=["sqlite", "azurite"])
async def queues(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Queues]:
    made: Queues
    if request.param == "sqlite":
        made = SqliteQueues(tmp_path / "queues.db")
    else:
        made = StorageQueues(request.getfixturevalue("azurite"))
    yield made
    await made.close()


@pytest.fixture
def queue() -> str:
    return f"q-{uuid.uuid4().hex}"


async def test_a_message_is_received_once_and_then_hidden(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "نص")])
    (message,) = await queues.receive(queue, at_most=32, lock_s=30)
    assert (message.text, message.dequeue_count) == ("نص", 1)
    assert await queues.receive(queue, at_most=32, lock_s=30) == []


async def test_an_empty_or_unknown_queue_gives_nothing(queues: Queues, queue: str) -> None:
    assert await queues.receive(queue, at_most=1, lock_s=30) == []


async def test_no_more_is_received_than_asked_for(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, str(n)) for n in range(5)])
    first = await queues.receive(queue, at_most=3, lock_s=30)
    rest = await queues.receive(queue, at_most=3, lock_s=30)
    assert (len(first), len(rest)) == (3, 2)
    assert {m.text for m in first + rest} == {"0", "1", "2", "3", "4"}


async def test_a_released_message_comes_again_and_counts_up(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x")])
    (first,) = await queues.receive(queue, at_most=1, lock_s=30)
    await queues.hold(first, lock_s=0)
    (second,) = await queues.receive(queue, at_most=1, lock_s=30)
    assert second.message_id == first.message_id
    assert second.dequeue_count == 2
    assert second.pop_receipt != first.pop_receipt


async def test_a_lapsed_lock_frees_the_message_and_takes_the_old_receipts_force(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x")])
    (first,) = await queues.receive(queue, at_most=1, lock_s=1)
    async with asyncio.timeout(SOON_S):
        while not (again := await queues.receive(queue, at_most=1, lock_s=30)):
            await queues.wait(queue, longest_s=1)
    with pytest.raises(StaleReceipt):
        await queues.delete(first)
    with pytest.raises(StaleReceipt):
        await queues.hold(first, lock_s=5)
    await queues.delete(again[0])


async def test_a_renewed_lock_gives_a_new_receipt_and_only_that_one_counts(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x")])
    (first,) = await queues.receive(queue, at_most=1, lock_s=30)
    renewed = await queues.hold(first, lock_s=60)
    assert renewed.next_visible_at > first.next_visible_at
    with pytest.raises(StaleReceipt):
        await queues.delete(first)
    await queues.delete(renewed)
    with pytest.raises(StaleReceipt):
        await queues.delete(renewed)


async def test_a_deleted_message_is_gone(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x"), Parcel(queue, "y")])
    for message in await queues.receive(queue, at_most=2, lock_s=30):
        await queues.delete(message)
    assert (await queues.depths())[queue] == 0 if queue in await queues.depths() else True


async def test_64_kib_as_stored_fit_and_one_byte_more_puts_nothing_at_all(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x" * MAX_MESSAGE_BYTES)])
    (message,) = await queues.receive(queue, at_most=2, lock_s=30)
    assert len(message.text) == MAX_MESSAGE_BYTES
    with pytest.raises(MessageTooLarge, match="65537 bytes"):
        await queues.put([Parcel(queue, "small"), Parcel(queue, "x" * (MAX_MESSAGE_BYTES + 1))])
    assert await queues.receive(queue, at_most=2, lock_s=30) == []


async def test_a_message_lives_seven_days(queues: Queues, queue: str) -> None:
    await queues.put([Parcel(queue, "x")])
    (message,) = await queues.receive(queue, at_most=1, lock_s=30)
    assert round((message.expires_at - message.inserted_at).total_seconds()) == 7 * 24 * 3600
    assert abs((message.inserted_at - datetime.now(UTC)).total_seconds()) < 60


async def test_a_waiting_listener_hears_a_put_at_once(queues: Queues, queue: str) -> None:
    assert await queues.receive(queue, at_most=1, lock_s=30) == []
    waiting = asyncio.create_task(queues.wait(queue, longest_s=3600))
    await asyncio.sleep(0)
    await queues.put([Parcel(queue, "x")])
    await asyncio.wait_for(waiting, SOON_S)


async def test_a_put_between_the_empty_look_and_the_wait_is_heard(queues: Queues, queue: str) -> None:
    assert await queues.receive(queue, at_most=1, lock_s=30) == []
    await queues.put([Parcel(queue, "x")])
    await asyncio.wait_for(queues.wait(queue, longest_s=3600), SOON_S)


class TestTheFile:
    @pytest.fixture
    async def file(self, tmp_path: Path) -> AsyncIterator[SqliteQueues]:
        made = SqliteQueues(tmp_path / "queues.db")
        yield made
        await made.close()

    async def test_messages_come_in_the_order_they_were_put(self, file: SqliteQueues) -> None:
        await file.put([Parcel("q", str(n)) for n in range(10)])
        got = await file.receive("q", at_most=10, lock_s=30)
        assert [m.text for m in got] == [str(n) for n in range(10)]

    async def test_messages_outlive_the_process(self, tmp_path: Path) -> None:
        first = SqliteQueues(tmp_path / "other.db")
        await first.put([Parcel("q", "kept")])
        await first.close()
        second = SqliteQueues(tmp_path / "other.db")
        assert [m.text for m in await second.receive("q", at_most=1, lock_s=30)] == ["kept"]
        await second.close()

    async def test_it_is_written_through_to_the_disk(self, file: SqliteQueues) -> None:
        assert file._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL

    async def test_a_message_of_seven_days_ago_is_gone(self, file: SqliteQueues) -> None:
        with time_machine.travel("2026-11-01T10:00:00Z") as traveller:
            await file.put([Parcel("q", "old")])
            traveller.move_to("2026-11-08T10:00:01Z")
            assert await file.receive("q", at_most=1, lock_s=30) == []
            assert await file.depths() == {}

    async def test_a_delayed_message_wakes_the_listener_when_its_moment_comes(self, file: SqliteQueues) -> None:
        await file.put([Parcel("q", "later", delay_s=0.2)])
        assert await file.receive("q", at_most=1, lock_s=30) == []
        async with asyncio.timeout(SOON_S):
            while not (got := await file.receive("q", at_most=1, lock_s=30)):
                await file.wait("q", longest_s=3600)
        assert [m.text for m in got] == ["later"]

    async def test_a_moved_clock_wakes_the_listener(self, file: SqliteQueues) -> None:
        await file.put([Parcel("q", "tomorrow", delay_s=86400)])
        assert await file.receive("q", at_most=1, lock_s=30) == []
        waiting = asyncio.create_task(file.wait("q", longest_s=3600))
        await asyncio.sleep(0)
        with time_machine.travel(datetime.now(UTC).timestamp() + 86401):
            file.wake()
            await asyncio.wait_for(waiting, SOON_S)
            assert len(await file.receive("q", at_most=1, lock_s=30)) == 1
