"""Time that passes only when everybody waits: an event loop in which a day takes as long as its work."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any
from unittest.mock import patch


class Deadlock(AssertionError):
    """Everybody waits for somebody else, and nothing will ever happen again."""


class Due:
    """In place of asyncio's handles, which note for a debugger what nobody looks at: a third of what a call cost."""

    __slots__ = ("args", "callback", "context", "gone")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> None:
        self.callback, self.args, self.gone = callback, args, False
        self.context = copy_context() if context is None else context

    def cancel(self) -> None:
        self.gone = True

    def cancelled(self) -> bool:
        return self.gone


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop with a clock of its own, which jumps where others would wait; nothing comes in from the world. What goes
    to a thread is done here as well, at once or a moment later: so others come between, as they would, and always in
    the order that *rng* says."""

    _ready: deque[Due]  # as the base class has it, of handles

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self.now_s, self._rng = 0.0, rng
        self._later: list[tuple[float, int, Due]] = []
        self._numbers = count()

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        """In place of the base class's, which asks the world what came in: half of its time."""
        ready, later = self._ready, self._later
        while not ready:
            if not later:
                raise Deadlock("everybody waits")
            self.now_s = max(self.now_s, later[0][0])
            while later and later[0][0] <= self.now_s:
                ready.append(heappop(later)[2])
        for _ in range(len(ready)):
            due = ready.popleft()
            if not due.gone:
                try:
                    due.context.run(due.callback, *due.args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self.call_exception_handler({"message": f"{due.callback} raised", "exception": error})

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Due:
        due = Due(callback, args, context)
        self._ready.append(due)
        return due

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Due:
        due = Due(callback, args, context)
        heappush(self._later, (self.now_s + delay, next(self._numbers), due))
        return due

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Due:
        return self.call_later(when - self.now_s, callback, *args, context=context)

    async def sleep(self, delay: float, result: Any = None) -> Any:
        """In place of asyncio's, which cancels its timer each time, even when that has rung."""
        if delay <= 0:
            return await _sleep(delay, result)
        future = self.create_future()
        self.call_later(delay, _wake, future, result)
        return await future

    async def to_thread(self, func: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        """In place of asyncio's, which makes a context, a partial and a future where nobody else can come between."""
        if self._rng.random() < 0.6:
            return func(*args, **named)
        future = self.create_future()
        self.call_later(self._rng.random() * 0.02, _settle, future, partial(func, *args, **named))
        return await future

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future: asyncio.Future[Any] = self.create_future()
        if self._rng.random() < 0.6:
            _settle(future, func, *args)
        else:
            self.call_later(self._rng.random() * 0.02, _settle, future, func, *args)
        return future


_sleep = asyncio.sleep  # as it is where no loop of ours runs


def _wake(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


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


def run[T](loop: VirtualLoop, work: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run *work* in *loop*, to its end and the loop's."""
    try:
        asyncio.set_event_loop(loop)
        with patch.object(asyncio, "to_thread", loop.to_thread), patch.object(asyncio, "sleep", loop.sleep):
            result = loop.run_until_complete(work(loop))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        return result
    finally:
        asyncio.set_event_loop(None)
        loop.close()
