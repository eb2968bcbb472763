"""How fast Teams is asked, in virtual time."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from bot.pace import APPLICATION_LIMIT, CHAT_LIMITS, Pace, shared
from registry.errors import Throttled
from store.store import SqlStore
from tests.simulation.kept import MemoryDatabase
from tests.simulation.virtual import VirtualLoop, run
from tests.values import NOON


def went(calls: list[str]) -> list[tuple[float, str]]:
    """When calls about these chats went out, all wanted at once and asked again where they were told to wait."""

    async def all_at_once(loop: VirtualLoop) -> list[tuple[float, str]]:
        pace, out = Pace(), []

        async def call(chat: str) -> None:
            while True:
                try:
                    await pace.turn(chat)
                except Throttled as told:
                    await asyncio.sleep(told.retry_after_s)
                else:
                    out.append((loop.time(), chat))
                    return

        await asyncio.gather(*(call(chat) for chat in calls))
        return out

    return run(VirtualLoop(Random(1)), all_at_once)


def most_in(times: list[float], window_s: float) -> int:
    return max(sum(start <= at < start + window_s for at in times) for start in times)


@pytest.mark.parametrize(("most", "window_s"), CHAT_LIMITS)
def test_no_chat_is_asked_more_often_than_it_takes(most: int, window_s: float) -> None:
    times = [at for at, _ in went(["a"] * 130)]
    assert most_in(times, window_s - 1e-6) <= most


def test_all_chats_together_are_asked_no_more_often_than_the_application_may_and_hardly_less() -> None:
    times = [at for at, _ in went([f"chat-{n}" for n in range(1_000)])]
    most, window_s = APPLICATION_LIMIT
    assert most_in(times, window_s - 1e-6) <= most
    assert max(times) <= 1.05 * 1_000 / 50


def _went_from(instances: int, calls: int, *, together: bool) -> list[list[float]]:
    """When the calls of each instance went out, each about a chat of its own; the second begins five seconds late."""

    async def life(loop: VirtualLoop) -> list[list[float]]:
        store = SqlStore(MemoryDatabase(), "ministry")  # type: ignore[arg-type]
        out: list[list[float]] = []

        async def instance(number: int) -> None:
            await asyncio.sleep(5.0 * (number == 1))
            pace = Pace(
                shared(store, lambda: NOON + timedelta(seconds=loop.time()), f"i{number}") if together else None
            )
            mine: list[float] = []
            out.append(mine)

            async def call(chat: str) -> None:
                while True:
                    try:
                        await pace.turn(chat)
                    except Throttled as told:
                        await asyncio.sleep(told.retry_after_s)
                    else:
                        mine.append(loop.time())
                        return

            await asyncio.gather(*(call(f"{number}-{n}") for n in range(calls)))
            await pace.close()

        await asyncio.gather(*(instance(n) for n in range(instances)))
        store.close()
        return out

    return run(VirtualLoop(Random(1)), life)


@pytest.mark.parametrize("instances", [1, 2, 3])
def test_all_instances_together_ask_no_more_often_than_the_application_may_and_hardly_less(instances: int) -> None:
    each = _went_from(instances, 500, together=True)
    times = sorted(at for mine in each for at in mine)
    most, window_s = APPLICATION_LIMIT
    assert len(times) == 500 * instances
    assert most_in(times, window_s) <= most
    assert max(times) <= 1.4 * 500 * instances / 50


def test_an_instance_that_comes_late_has_its_turn_within_seconds() -> None:
    _, late = sorted(_went_from(2, 700, together=True), key=min)
    assert 5.0 <= min(late) < 8.0


def test_instances_that_each_keep_a_pace_of_their_own_are_too_fast_together() -> None:
    times = sorted(at for mine in _went_from(2, 500, together=False) for at in mine)
    assert most_in(times, 1.0) > 1.5 * APPLICATION_LIMIT[0]


def test_a_chat_that_must_wait_keeps_no_other_waiting() -> None:
    others = [at for at, chat in went(["busy"] * 40 + [f"chat-{n}" for n in range(20)]) if chat != "busy"]
    assert max(others) < 1.0


def test_a_long_wait_is_said_and_not_waited_out() -> None:
    async def work(_: VirtualLoop) -> float:
        pace = Pace()
        for _ in range(60):
            await pace.turn("a")
        with pytest.raises(Throttled) as caught:
            await pace.turn("a")
        return caught.value.retry_after_s

    wait_s = run(VirtualLoop(Random(1)), work)
    assert 10 < wait_s < 30
