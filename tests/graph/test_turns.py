"""Turns: of what a mailbox takes at a time, all instances together never take more, and none is kept from its part."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph.client import GraphClient
from graph.limits import MAILBOX_CALLS_AT_ONCE
from graph.turns import EVERYTHING, OWN_CALLS, STRETCH_S, Alone, Together, Turns
from graph.wire import Ask
from registry.errors import Throttled, Unavailable
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.graph.scripted import Say, Script, Tokens, error, scripted
from tests.graph.world import REGISTRY, World
from tests.graph.world import Tokens as TenantTokens
from tests.simulation.kept import MemoryDatabase
from tests.simulation.virtual import VirtualLoop, run
from tests.values import NOON

MOST = MAILBOX_CALLS_AT_ONCE.value
BOX = "registry@ministry.example"


class Counted:
    """A store that counts its transactions, and is down when a test says so."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.written, self.read_, self.down = inner, 0, 0, False

    def write[T](self, work: Callable[[Any], T]) -> T:
        self.written += 1
        self._up()
        result: T = self._inner.write(work)
        return result

    def read[T](self, work: Callable[[Any], T]) -> T:
        self.read_ += 1
        self._up()
        result: T = self._inner.read(work)
        return result

    def close(self) -> None:
        self._inner.close()

    def _up(self) -> None:
        if self.down:
            raise Unavailable("the database: down")


class Mailbox:
    """A mailbox that counts who asks it at a time."""

    def __init__(self) -> None:
        self.at_work = self.most = self.asked = 0

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        self.at_work += 1
        self.asked += 1
        self.most = max(self.most, self.at_work)
        try:
            yield
        finally:
            self.at_work -= 1


class Instances:
    """Instances of us in virtual time, over one database."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop, self.store, self.box = loop, Counted(SqlStore(MemoryDatabase(), "ministry")), Mailbox()  # type: ignore[arg-type]
        self._names = itertools.count()

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.loop.time())

    def one(self) -> Together:
        return Together(self.store, self.clock, f"instance-{next(self._names)}", share=MOST - 1, elsewhere=8)  # type: ignore[arg-type]

    async def call(self, turns: Turns, takes_s: float, wait_s: float = 15.0) -> None:
        async with turns.turn(BOX, wait_s), self.box.asking():
            await asyncio.sleep(takes_s)

    async def work(self, turns: Turns, until_s: float, rng: Random, calls: list[float]) -> None:
        """Ask one thing after the other until then; notes how long each waited for its turn."""
        while self.loop.time() < until_s:
            asked = self.loop.time()
            takes_s = rng.choice((0.02, 0.05, 0.3, 1.0))
            await self.call(turns, takes_s)
            calls.append(self.loop.time() - asked - takes_s)
            if rng.random() < 0.1:
                await asyncio.sleep(rng.uniform(0, 2))


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_of_events_no_more_than_four_are_at_it_and_nobody_is_kept_from_it(seed: int) -> None:
    rng = Random(seed)

    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        waits: list[list[float]] = [[] for _ in range(5)]
        several = [all_of_us.one() for _ in waits]
        # Three callers in each: fifteen want what four may have.
        callers = [
            all_of_us.work(turns, 50, rng, mine) for turns, mine in zip(several, waits, strict=True) for _ in range(3)
        ]
        await asyncio.gather(*callers)
        for turns in several:
            await turns.close()
        assert all_of_us.box.most == MOST
        assert all(len(mine) > 5 for mine in waits)  # each instance came to its part
        assert max(map(max, waits)) < 15

    run(VirtualLoop(rng), life)


@pytest.mark.parametrize("seed", range(3))
def test_the_places_of_an_instance_that_was_killed_are_free_after_a_stretch(seed: int) -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        first, second, third = all_of_us.one(), all_of_us.one(), all_of_us.one()
        killed = [asyncio.create_task(all_of_us.call(turns, 3_600)) for turns in (first, first, first, second)]
        await asyncio.sleep(30)
        assert all_of_us.box.at_work == MOST  # they hold on as long as they are at work
        with pytest.raises(Throttled):
            await all_of_us.call(third, 0.1, wait_s=5)
        for places in [p for turns in (first, second) for p in turns._places._loops[loop].values()]:
            assert places.keeper is not None
            places.keeper.cancel()
        for task in killed:
            task.cancel()
        await asyncio.gather(*killed, return_exceptions=True)
        died = loop.time()
        await all_of_us.call(third, 0.1)
        assert loop.time() - died < STRETCH_S + 1
        await third.close()

    run(VirtualLoop(Random(seed)), life)


def test_many_calls_cost_few_transactions() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        turns = all_of_us.one()
        for _ in range(2_000):
            assert await turns.pause_s(BOX) <= 0
            await all_of_us.call(turns, 0.03)
        took_s = loop.time()
        assert all_of_us.store.written <= took_s / (STRETCH_S / 2) + 2
        assert all_of_us.store.read_ <= took_s + 2
        await turns.close()

    run(VirtualLoop(Random(1)), life)


def test_a_place_is_let_go_of_when_there_is_nothing_to_do() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        first, second, third = all_of_us.one(), all_of_us.one(), all_of_us.one()
        for turns in (first, second):
            await asyncio.gather(*(all_of_us.call(turns, 0.1) for _ in range(3)))
        await asyncio.sleep(1)
        assert all_of_us.store.read(lambda tx: tx.pauses(NOON)) == {}
        began = loop.time()
        await asyncio.gather(*(all_of_us.call(third, 0.1) for _ in range(3)))
        assert loop.time() - began < 0.5
        await third.close()

    run(VirtualLoop(Random(2)), life)


def test_who_waits_in_vain_is_told_when_to_come_again() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        first, second = all_of_us.one(), all_of_us.one()
        held = [asyncio.create_task(all_of_us.call(first, 60)) for _ in range(3)]
        await asyncio.sleep(1)
        await all_of_us.call(second, 0.1)  # one is left for others
        held += [asyncio.create_task(all_of_us.call(second, 60))]
        await asyncio.sleep(1)
        with pytest.raises(Throttled) as told:
            await all_of_us.call(all_of_us.one(), 0.1, wait_s=3)
        assert 0.5 <= told.value.retry_after_s <= 5
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        assert all_of_us.box.most == MOST

    run(VirtualLoop(Random(3)), life)


def test_a_caller_who_goes_away_takes_no_turn_with_them() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        turns, rng = all_of_us.one(), Random(4)
        for _ in range(200):
            call = asyncio.create_task(all_of_us.call(turns, 0.1))
            await asyncio.sleep(rng.uniform(0, 0.2))
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call
        await asyncio.gather(*(all_of_us.call(turns, 0.1) for _ in range(3)))
        assert all_of_us.box.at_work == 0
        await turns.close()

    run(VirtualLoop(Random(4)), life)


def test_while_the_database_is_down_nobody_begins_beyond_what_they_have() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        turns = all_of_us.one()
        await all_of_us.call(turns, 0.1)
        all_of_us.store.down = True
        await all_of_us.call(turns, 0.1)  # our place is ours for the rest of its stretch
        await asyncio.sleep(STRETCH_S)
        with pytest.raises(Unavailable):
            await all_of_us.call(turns, 0.1)
        assert await turns.pause_s(BOX) <= 0
        await turns.pause(BOX, 9)
        assert 8 < await turns.pause_s(BOX) <= 9
        all_of_us.store.down = False
        await all_of_us.call(turns, 0.1)
        await turns.close()

    run(VirtualLoop(Random(5)), life)


# ---------------------------------------------------------------- pauses


def test_a_pause_holds_for_all_instances_to_the_second_and_nothing_shortens_it() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        first, second = all_of_us.one(), all_of_us.one()
        assert await second.pause_s(BOX) <= 0
        await first.pause(BOX, 42.5)
        await asyncio.sleep(1.1)  # by then everybody has looked
        left_s = 42.5 - loop.time()
        assert await second.pause_s(BOX) == pytest.approx(left_s, abs=0.1)
        await second.pause(BOX, 3)
        await first.pause(BOX, 0.5)
        assert await first.pause_s(BOX) == pytest.approx(left_s, abs=0.1)
        assert await second.pause_s("another@ministry.example") <= 0
        assert await second.pause_s(OWN_CALLS) <= 0
        await asyncio.sleep(42.5 - loop.time())
        assert max(await first.pause_s(BOX), await second.pause_s(BOX)) <= 0.05

    run(VirtualLoop(Random(6)), life)


def test_a_pause_of_the_whole_application_holds_for_every_mailbox() -> None:
    async def life(loop: VirtualLoop) -> None:
        all_of_us = Instances(loop)
        first, second = all_of_us.one(), all_of_us.one()
        await first.pause(EVERYTHING, 5)
        for scope in (BOX, OWN_CALLS, "another@ministry.example"):
            assert 4 < await second.pause_s(scope) <= 5

    run(VirtualLoop(Random(7)), life)


async def test_alone_a_pause_holds_as_well_and_is_not_shortened() -> None:
    alone = Alone(3, 8)
    await alone.pause(BOX, 60)
    await alone.pause(BOX, 1)
    assert 59 < await alone.pause_s(BOX) <= 60
    with pytest.raises(Throttled):
        async with alone.turn("a", 1), alone.turn("a", 1), alone.turn("a", 1), alone.turn("a", 0.01):
            pass


# ---------------------------------------------------------------- several instances, one server


@asynccontextmanager
async def two_clients(script: Script, folder: Path) -> AsyncIterator[tuple[GraphClient, GraphClient]]:
    """Two instances over one database, as they stand in two processes."""
    url = stores.sqlite_url(folder)
    opened = [SqlStore(Database(url), "ministry") for _ in range(2)]
    turns = [Together(s, _now, f"i{n}", share=3, elsewhere=8) for n, s in enumerate(opened)]
    first, second = (GraphClient(f"{script.url}/v1.0", Tokens(), turns=t) for t in turns)
    try:
        yield first, second
    finally:
        await first.close()
        await second.close()
        for store in opened:
            store.close()


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("headers", "asked", "spared"),
    [
        ({"retry_after": "600"}, ["/1"], ["/other", "/own"]),
        ({"retry_after": "600.5"}, ["/1"], ["/other", "/own"]),
        ({"retry_after": "600", "x_ms_throttle_scope": "Tenant_Application/ReadWrite/1/2"}, ["/1"], []),
    ],
)
async def test_what_one_instance_was_told_the_other_keeps_to(
    tmp_path: Path, headers: dict[str, str], asked: list[str], spared: list[str]
) -> None:
    async with (
        scripted(error(429, "TooManyRequests", **headers), Say()) as script,
        two_clients(script, tmp_path) as two,
    ):
        first, second = two
        with pytest.raises(Throttled):
            await first.send(Ask("GET", "/1", mailbox=BOX))
        with pytest.raises(Throttled) as told:
            await second.send(Ask("POST", "/2", mailbox=BOX))
        assert 590 < told.value.retry_after_s <= float(headers["retry_after"])
        for path, mailbox in (("/other", "other@x"), ("/own", "")):
            with contextlib.suppress(Throttled):
                await second.send(Ask("GET", path, mailbox=mailbox))
    assert [a.path.removeprefix("/v1.0") for a in script.asked] == asked + spared


async def test_a_429_that_names_no_wait_is_a_pause_for_all_instances(tmp_path: Path) -> None:
    async with scripted(error(429), Say()) as script, two_clients(script, tmp_path) as (first, second):
        began = _now()
        await first.send(Ask("GET", "/1", mailbox=BOX))
        told = second.turns._store.read(lambda tx: tx.pauses(began))  # type: ignore[attr-defined]
    assert list(told) == [BOX]
    assert len(script.asked) == 2


def test_a_real_mailbox_is_never_asked_five_things_at_once_by_many_instances(world: World, tmp_path: Path) -> None:
    """Each instance is a thread with a loop and a database connection of its own, as in processes of their own."""
    url = stores.sqlite_url(tmp_path)

    def instance(number: int) -> int:
        store = SqlStore(Database(url), "ministry")
        turns = Together(store, _now, f"instance-{number}", share=MOST - 1, elsewhere=8)

        async def ask() -> int:
            client = GraphClient(f"{world.url}/v1.0", TenantTokens(world.app_token), turns=turns)
            path = f"/users/{REGISTRY}/mailFolders/inbox"
            try:
                await asyncio.gather(*(client.send(Ask("GET", path, mailbox=REGISTRY)) for _ in range(60)))
            finally:
                await client.close()
            return 60

        try:
            return asyncio.run(ask())
        finally:
            store.close()

    with ThreadPoolExecutor(4) as several:
        assert sum(several.map(instance, range(4))) == 240
    peaks = world.control("GET", "state")["mailbox_peaks"]
    assert max(peaks.values()) == MOST
