################################################################
# Whose turn it is to ask a mailbox, and who is left alone
################################################################
#
# Rule 1: a mailbox is asked no more than four things at a time, by all instances of us together: a call is made in one
#         of four places, which instances lease from the database.
#         How places are shared: service/places.py.
# Rule 2: whoever is told to wait makes all instances wait that ask the same; no later answer shortens that.

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol
from weakref import WeakKeyDictionary

from graph.limits import MAILBOX_CALLS_AT_ONCE
from registry.errors import Unavailable
from service.places import Places, not_in_time
from service.ports import Clock, Store

log = logging.getLogger("tarasul.graph")

EVERYTHING = "*"  # the scope of a pause that is the whole application's
OWN_CALLS = ""  # the scope of what is no mailbox's: directory, subscriptions, Teams

STRETCH_S = 10.0  # that a place is leased for; renewed at half of it
_PAUSES_KEPT_S = 1.0


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
            raise not_in_time(wait_s) from why
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


class Together:
    """Takes turns with all instances that share *store*.

    Args:
        owner: Who this process is; no two share a name.
        share: Of the places of a mailbox, how many one instance has at most: another finds one free.
    """

    def __init__(self, store: Store, clock: Clock, owner: str, *, share: int, elsewhere: int) -> None:
        self._store, self._clock = store, clock
        most = MAILBOX_CALLS_AT_ONCE.value
        self._places = Places(store, clock, owner, most=most, share=share, stretch_s=STRETCH_S)
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
        turn = self._places.turn(f"mailbox:{mailbox}", wait_s) if mailbox else self._alone.turn(mailbox, wait_s)
        async with turn:
            yield

    async def close(self) -> None:
        await self._alone.close()
        await self._places.close()


def _left_s(until: dict[str, datetime], mailbox: str, now: datetime) -> float:
    ends = [end for scope in (mailbox, EVERYTHING) if (end := until.get(scope)) is not None]
    return (max(ends) - now).total_seconds() if ends else 0.0


def _prolong(until: dict[str, datetime], scope: str, end: datetime) -> bool:
    """Note a pause, if it is longer than the one that is known."""
    if scope in until and until[scope] >= end:
        return False
    until[scope] = end
    return True
