################################################################
# Places that all instances of us share, so many at a time
################################################################
#
# Rule 1: of what may be done so and so often at a time, each time is a place in the database; instances lease them.
# Rule 2: a place costs a transaction for a stretch of seconds, not for each call: whoever has it makes one call after
#         the other in it, and lets go of it when there was nothing to do for a moment.
# Rule 3: nobody keeps a place from those who wait for it: who learns that somebody does gives one away. Where places
#         have been scarce of late, whoever has one learns it sooner.
#
# Mailboxes are kept so (graph/turns.py), and the pace of Teams (bot/pace.py).

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from registry.errors import Throttled, Unavailable
from service.ports import Clock, Store

log = logging.getLogger("tarasul.places")

_LINGER_S = 0.5  # that a place is kept though there is nothing to do
_LOOK_AGAIN_S = 1.2  # for one more, while all other places are others'
_MODEST_S = 1.0  # in which a place that was given away is not asked for again
_SCARCE_S = 10.0  # that places are taken to be scarce after somebody had to wait for one
_SOONER = 0.15  # of a stretch, after which a place that is scarce is renewed
_ASKED_AGAIN_S = 2.0  # after a turn did not come in time


@dataclass(slots=True, eq=False)
class _Places:
    """The places that one loop has in one scope."""

    scope: str
    owner: str
    until: datetime
    held: int = 0
    usable: int = 0  # in how many of them a call may be begun
    giving: bool = False  # one away, to somebody who waits for it
    at_work: int = 0
    most_at_work: int = 0  # since they were last renewed
    idle_since_s: float = 0.0
    modest_until_s: float = 0.0
    scarce_until_s: float = 0.0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self.woken.set()


class Places:
    """The places of one process, in as many scopes as it asks for.

    Args:
        owner: Who this process is; no two share a name.
        most: How many places a scope has.
        share: How many of them one instance has at most. Where it is fewer than all, another finds one free.
        stretch_s: That a place is leased for; it is renewed at half of that.
    """

    def __init__(
        self, store: Store, clock: Clock, owner: str, *, most: int, share: int, stretch_s: float = 10.0
    ) -> None:
        self._store, self._clock, self._owner = store, clock, owner
        self._most, self._share, self._stretch_s = most, share, stretch_s
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Places]] = WeakKeyDictionary()
        self._numbers: Iterator[int] = iter(range(1, 2**62))

    @asynccontextmanager
    async def turn(self, scope: str, wait_s: float) -> AsyncIterator[None]:
        """Have a place for one call. Raises Throttled where none came in time."""
        await self.begin(scope, wait_s)
        try:
            yield
        finally:
            self.end(scope)

    async def begin(self, scope: str, wait_s: float) -> None:
        """As `turn`, until `end` is called in the same loop."""
        await self._begin(self._places(scope), wait_s)

    def end(self, scope: str) -> None:
        if (places := self._loops.get(asyncio.get_running_loop(), {}).get(scope)) is not None:  # else all was closed
            self._end(places)

    async def close(self) -> None:
        """Let go of what the running loop has."""
        for places in self._loops.pop(asyncio.get_running_loop(), {}).values():
            if places.keeper is not None:
                places.keeper.cancel()
                await asyncio.gather(places.keeper, return_exceptions=True)
            if places.held:
                await self._ask_for(places, 0)

    def _places(self, scope: str) -> _Places:
        here = self._loops.setdefault(asyncio.get_running_loop(), {})
        if scope not in here:
            owner = f"{self._owner}/{next(self._numbers)}"
            here[scope] = _Places(scope, owner, self._clock())
        return here[scope]

    async def _begin(self, places: _Places, wait_s: float) -> None:
        if not places.waiting and self._has_room(places):
            self._start(places)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        places.waiting.append(turn)
        if places.keeper is None:
            places.keeper = asyncio.create_task(self._keep(places))
        places.wake()
        try:
            async with asyncio.timeout(wait_s):
                await asyncio.shield(turn)
        except BaseException as why:
            if turn in places.waiting:
                places.waiting.remove(turn)
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self._end(places)  # it came in the very moment in which we gave up
            if isinstance(why, TimeoutError):
                raise not_in_time(wait_s) from why
            raise

    def _has_room(self, places: _Places) -> bool:
        return places.at_work < places.usable and self._clock() < places.until

    def _start(self, places: _Places) -> None:
        places.at_work += 1
        places.most_at_work = max(places.most_at_work, places.at_work)

    def _end(self, places: _Places) -> None:
        places.at_work -= 1
        places.idle_since_s = asyncio.get_running_loop().time()
        self._let_in(places)
        if places.at_work == 0 or places.at_work < places.held > places.usable:
            places.wake()

    def _let_in(self, places: _Places) -> None:
        while places.waiting and self._has_room(places):
            self._start(places)
            places.waiting.popleft().set_result(None)

    # ------------------------------------------------------------ keeping places

    async def _keep(self, places: _Places) -> None:
        """Have as many places as are needed while there is something to do; then let go of them."""
        try:
            while (wait_s := await self._look(places)) > 0:
                places.woken.clear()
                try:
                    async with asyncio.timeout(wait_s):
                        await places.woken.wait()
                except TimeoutError:
                    pass
        finally:
            places.keeper = None
            if places.waiting:
                self._refuse(places, Unavailable("nobody keeps our places any more"))

    async def _look(self, places: _Places) -> float:
        """Do what is to be done now; return after how many seconds to look again, 0 where there is nothing left."""
        loop = asyncio.get_running_loop()
        needed = places.at_work + len(places.waiting)
        if not needed:
            if (left_s := places.idle_since_s + _LINGER_S - loop.time()) > 0 and places.held:
                return left_s
            await self._ask_for(places, 0)
            return _LOOK_AGAIN_S if places.waiting else 0.0
        most = self._share
        if loop.time() < places.modest_until_s:
            most = places.held
        elif loop.time() < places.scarce_until_s:
            most = min(places.held + 1, self._share)
        due = self._left_s(places) <= self._renew_left_s(places)
        if places.giving and places.at_work <= places.usable:
            await self._ask_for(places, places.usable)
            places.modest_until_s = loop.time() + _MODEST_S
        elif due or min(needed, most) > places.held:
            least = max(places.at_work, places.most_at_work if due else places.held)
            await self._ask_for(places, max(least, min(needed, most)))
            places.most_at_work = places.at_work
        self._let_in(places)
        if places.waiting and places.held < self._share:
            wait_s = _LOOK_AGAIN_S if places.held else _LOOK_AGAIN_S / 4  # who has none comes before who has some
            return wait_s * random.uniform(0.8, 1.2)
        return max(self._left_s(places) - self._renew_left_s(places), _LOOK_AGAIN_S)

    async def _ask_for(self, places: _Places, wanted: int) -> None:
        had, now = places.held, self._clock()
        until = now + timedelta(seconds=self._stretch_s)
        places.usable = min(places.usable, wanted)  # in what we let go of, nothing is begun any more
        try:
            told = await asyncio.to_thread(
                self._store.write,
                lambda tx: tx.take_turns(places.scope, places.owner, wanted, self._most, now, until),
            )
        except Unavailable as error:  # it may have been done: what is ours for certain is ours as long as it was
            places.held = min(places.held, wanted)
            self._refuse(places, error)
        else:
            places.held, places.until = told.held, until
            places.giving = places.held >= had > 0 and (places.giving or told.rung)
            if told.rung or told.held < wanted:
                places.scarce_until_s = asyncio.get_running_loop().time() + _SCARCE_S
        places.usable = places.held - places.giving

    def _renew_left_s(self, places: _Places) -> float:
        """How much of its stretch is left when a place is renewed."""
        scarce = asyncio.get_running_loop().time() < places.scarce_until_s
        return self._stretch_s * (1 - _SOONER if scarce else 0.5)

    def _left_s(self, places: _Places) -> float:
        return (places.until - self._clock()).total_seconds()

    def _refuse(self, places: _Places, error: Unavailable) -> None:
        while places.waiting:
            places.waiting.popleft().set_exception(error)


def not_in_time(wait_s: float) -> Throttled:
    log.warning("no turn in time", extra={"wait_s": wait_s})
    return Throttled(_ASKED_AGAIN_S * random.uniform(0.5, 1.5))
