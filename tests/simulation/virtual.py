"""Time that passes only when everybody waits: an event loop in which a day takes as long as its work."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any


class Deadlock(AssertionError):
    """Everybody waits for somebody else, and nothing will ever happen again."""


class _Jumping(selectors.SelectSelector):
    """Where the loop would wait for the world, its clock jumps."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock("everybody waits")
        if timeout > 0:
            self.loop.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own. What goes to a thread is done here as well, at once or a moment later: so others
    come between, as they would, and always in the order that *rng* says."""

    def __init__(self, rng: Random) -> None:
        selector = _Jumping()
        super().__init__(selector)
        selector.loop, self.now_s, self._rng = self, 0.0, rng

    def time(self) -> float:
        return self.now_s

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future: asyncio.Future[Any] = self.create_future()
        if self._rng.random() < 0.6:
            _settle(future, func, *args)
        else:
            self.call_later(self._rng.random() * 0.02, _settle, future, func, *args)
        return future


def _settle(future: asyncio.Future[Any], func: Callable[..., Any], *args: Any) -> None:
    """Call, as a thread would: also where nobody waits any more."""
    try:
        result = func(*args)
    except BaseException as error:
        if not future.done():
            future.set_exception(error)
    else:
        if not future.done():
            future.set_result(result)


def run[T](rng: Random, work: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run *work* in a loop of its own, to its end."""
    loop = VirtualLoop(rng)
    try:
        asyncio.set_event_loop(loop)
        result = loop.run_until_complete(work(loop))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        return result
    finally:
        asyncio.set_event_loop(None)
        loop.close()
