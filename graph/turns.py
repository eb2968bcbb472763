################################################################
# Whose turn it is to ask a mailbox, and who is left alone
################################################################
#
# Rule 1: a mailbox is asked no more than four things at a time, by all instances of us together: a call is made in one
#         of four places, which instances lease from the database.
# Rule 2: a place costs a transaction for a stretch of seconds, not for each call: whoever has it makes one call after
#         the other in it, and lets go of it when there was nothing to do for a moment.
# Rule 3: nobody keeps a place from those who wait for it: who learns that somebody does gives one away.
# Rule 4: whoever is told to wait makes all instances wait that ask the same; no later answer shortens that.

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from weakref import WeakKeyDictionary

from graph.limits import MAILBOX_CALLS_AT_ONCE
from registry.errors import Throttled, Unavailable
from service.ports import Clock, Store

log = logging.getLogger("tarasul.graph")

EVERYTHING = "*"  # the scope of a pause that is the whole application's
OWN_CALLS = ""  # the scope of what is no mailbox's: directory, subscriptions, Teams

STRETCH_S = 10.0  # that a place is leased for; renewed at half of it
_LINGER_S = 0.5  # that a place is kept though there is nothing to do
_LOOK_AGAIN_S = 0.4  # while all places are others'
_MODEST_S = 1.0  # in which a place that was given away is not asked for again
_PAUSES_KEPT_S = 1.0
_ASKED_AGAIN_S = 2.0  # after a turn did not come in time


class Turns(Protocol):
    """Takes turns with whoever else asks the same Graph as the same application."""

    def turn(self, mailbox: str, wait_s: float) -> AbstractAsyncContextManager[None]:
        """Have a place for one call. Raises Throttled where none came in time."""
        ...

    async def pause_s(self, mailbox: str) -> float:
        """For how many seconds this mailbox is to be left alone; 0 or less: it is not."""
        ...

    async def pause(self, scope: str, wait_s: float) -> None:
        """Have everybody leave *scope* (a mailbox, OWN_CALLS, EVERYTHING) alone, and never shorter than before."""
        ...

    async def close(self) -> None:
        """Let go of what the running loop has."""
        ...


################################################################
# Alone: one process, which needs nobody's leave
################################################################


class Alone:
    """Takes turns within one process: for a tool or a test that has the mailbox to itself."""

    def __init__(self, at_once: int, elsewhere: int, clock: Clock | None = None) -> None:
        self._at_once, self._elsewhere = at_once, elsewhere
        self._clock = clock or (lambda: datetime.now(UTC))
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()
        self._until: dict[str, datetime] = {}

    @asynccontextmanager
    async def turn(self, mailbox: str, wait_s: float) -> AsyncIterator[None]:
        places = self._places.setdefault(asyncio.get_running_loop(), {})
        if mailbox not in places:
            places[mailbox] = asyncio.Semaphore(self._at_once if mailbox else self._elsewhere)
        try:
            async with asyncio.timeout(wait_s):
                await places[mailbox].acquire()
        except TimeoutError as why:
            raise _not_in_time(wait_s) from why
        try:
            yield
        finally:
            places[mailbox].release()

    async def pause_s(self, mailbox: str) -> float:
        return _left_s(self._until, mailbox, self._clock())

    async def pause(self, scope: str, wait_s: float) -> None:
        _prolong(self._until, scope, self._clock() + timedelta(seconds=wait_s))

    async def close(self) -> None:
        self._places.pop(asyncio.get_running_loop(), None)


################################################################
# Together: all instances over one database
################################################################


@dataclass(slots=True, eq=False)
class _Places:
    """The places that one loop has at one mailbox."""

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
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self.woken.set()


class Together:
    """Takes turns with all instances that share *store*.

    Args:
        owner: Who this process is; no two share a name.
        share: Of the places of a mailbox, how many one instance has at most: another finds one free.
    """

    def __init__(self, store: Store, clock: Clock, owner: str, *, share: int, elsewhere: int) -> None:
        self._store, self._clock, self._owner, self._share = store, clock, owner, share
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Places]] = WeakKeyDictionary()
        self._numbers: Iterator[int] = iter(range(1, 2**62))
        self._alone = Alone(share, elsewhere, clock)  # what is no mailbox's has no limit that others share
        self._until: dict[str, datetime] = {}
        self._look_at = datetime.min.replace(tzinfo=UTC)

    # ------------------------------------------------------------ pauses

    async def pause_s(self, mailbox: str) -> float:
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + timedelta(seconds=_PAUSES_KEPT_S)
            try:
                told = await asyncio.to_thread(self._store.read, lambda tx: tx.pauses(now))
            except Unavailable as error:
                log.warning("the pauses could not be read", extra={"why": str(error)})
            else:
                for scope, until in told.items():
                    _prolong(self._until, scope, until)
            now = self._clock()
        return _left_s(self._until, mailbox, now)

    async def pause(self, scope: str, wait_s: float) -> None:
        until = self._clock() + timedelta(seconds=wait_s)
        if not _prolong(self._until, scope, until):
            return
        try:
            await asyncio.to_thread(self._store.write, lambda tx: tx.pause(scope, until))
        except Unavailable as error:  # we wait all the same; the others will be told by Graph
            log.warning("a pause could not be kept", extra={"scope": scope, "why": str(error)})

    # ------------------------------------------------------------ turns

    @asynccontextmanager
    async def turn(self, mailbox: str, wait_s: float) -> AsyncIterator[None]:
        if not mailbox:
            async with self._alone.turn(mailbox, wait_s):
                yield
            return
        places = self._places(mailbox)
        await self._begin(places, wait_s)
        try:
            yield
        finally:
            self._end(places)

    async def close(self) -> None:
        await self._alone.close()
        for places in self._loops.pop(asyncio.get_running_loop(), {}).values():
            if places.keeper is not None:
                places.keeper.cancel()
                await asyncio.gather(places.keeper, return_exceptions=True)
            if places.held:
                await self._ask_for(places, 0)

    def _places(self, mailbox: str) -> _Places:
        here = self._loops.setdefault(asyncio.get_running_loop(), {})
        if mailbox not in here:
            owner = f"{self._owner}/{next(self._numbers)}"
            here[mailbox] = _Places(f"mailbox:{mailbox}", owner, self._clock())
        return here[mailbox]

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
                raise _not_in_time(wait_s) from why
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
        most = places.held if loop.time() < places.modest_until_s else self._share
        due = self._left_s(places) <= STRETCH_S / 2
        if places.giving and places.at_work <= places.usable:
            await self._ask_for(places, places.usable)
            places.modest_until_s = loop.time() + _MODEST_S
        elif due or min(needed, most) > places.held:
            least = max(places.at_work, places.most_at_work if due else places.held)
            await self._ask_for(places, max(least, min(needed, most)))
            places.most_at_work = places.at_work
        self._let_in(places)
        if places.waiting and places.held < self._share:
            return _LOOK_AGAIN_S * random.uniform(0.8, 1.2)
        return max(self._left_s(places) - STRETCH_S / 2, _LOOK_AGAIN_S)

    async def _ask_for(self, places: _Places, wanted: int) -> None:
        had, now = places.held, self._clock()
        until = now + timedelta(seconds=STRETCH_S)
        places.usable = min(places.usable, wanted)  # in what we let go of, nothing is begun any more
        try:
            told = await asyncio.to_thread(
                self._store.write,
                lambda tx: tx.take_turns(places.scope, places.owner, wanted, MAILBOX_CALLS_AT_ONCE.value, now, until),
            )
        except Unavailable as error:  # it may have been done: what is ours for certain is ours as long as it was
            places.held = min(places.held, wanted)
            self._refuse(places, error)
        else:
            places.held, places.until = told.held, until
            places.giving = places.held >= had > 0 and (places.giving or told.rung)
        places.usable = places.held - places.giving

    def _left_s(self, places: _Places) -> float:
        return (places.until - self._clock()).total_seconds()

    def _refuse(self, places: _Places, error: Unavailable) -> None:
        while places.waiting:
            places.waiting.popleft().set_exception(error)


def _left_s(until: dict[str, datetime], mailbox: str, now: datetime) -> float:
    ends = [end for scope in (mailbox, EVERYTHING) if (end := until.get(scope)) is not None]
    return (max(ends) - now).total_seconds() if ends else 0.0


def _prolong(until: dict[str, datetime], scope: str, end: datetime) -> bool:
    """Note a pause, if it is longer than the one that is known."""
    if scope in until and until[scope] >= end:
        return False
    until[scope] = end
    return True


def _not_in_time(wait_s: float) -> Throttled:
    log.warning("no turn in time", extra={"wait_s": wait_s})
    return Throttled(_ASKED_AGAIN_S * random.uniform(0.5, 1.5))
