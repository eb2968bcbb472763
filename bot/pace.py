################################################################
# How fast Teams is asked: no faster than it takes
################################################################
#
# Rule 1: a call that would be one too many waits a little; where that is long it is said (Throttled), so that the
#         outbox waits and no worker sleeps.
# Rule 2: what counts is the instant at which a call goes out. Who waited looks again: others may have gone meanwhile.
# Rule 3: the limits of a chat are kept by each instance: its effects are one lane, and what another writes there is
#         little. That of the whole application is kept by all together: so many places in the database
#         (service/places.py), in each of which a call goes out, and then none for a while.

import asyncio
from collections import deque

from bot.limits import CALLS, SENT_IN_A_SECOND, SENT_IN_AN_HOUR, SENT_IN_HALF_A_MINUTE, SENT_IN_TWO_SECONDS
from registry.errors import Throttled
from service.places import Places
from service.ports import Clock, Store

CHAT_LIMITS = tuple(
    (limit.value, float(limit.window_s))
    for limit in (SENT_IN_A_SECOND, SENT_IN_TWO_SECONDS, SENT_IN_HALF_A_MINUTE, SENT_IN_AN_HOUR)
)
APPLICATION_LIMIT = (CALLS.value - 1, float(CALLS.window_s))  # clocks differ

# Seven places, and a little more than a seventh of a second in each for a call: never more than 49 in a second, whoever
# has them.
PLACES = 7
_FOR_A_CALL_S = 1.02 * APPLICATION_LIMIT[1] * PLACES / APPLICATION_LIMIT[0]
_SCOPE = "teams"
_STRETCH_S = 2.0  # renewed each second: whoever comes late has a place so soon

_PATIENCE_S = 10.0
_MOST_CHATS = 10_000  # that are remembered


class _Windows:
    """When calls went out, held to some limits."""

    def __init__(self, *limits: tuple[int, float]) -> None:
        self._limits = limits
        self.went: deque[float] = deque(maxlen=max(most for most, _ in limits))

    def wait_s(self, now_s: float) -> float:
        """How long until one more fits into all; 0 or less: it does now."""
        count = len(self.went)
        return max(
            (self.went[-most] + window_s - now_s for most, window_s in self._limits if count >= most), default=0.0
        )


def shared(store: Store, clock: Clock, owner: str) -> Places:
    """Return the places that all instances over *store* share."""
    return Places(store, clock, owner, most=PLACES, share=PLACES, stretch_s=_STRETCH_S)


class Pace:
    """The pace of one process, and of all that share *places*. Time is that of the running loop."""

    def __init__(self, places: Places | None = None) -> None:
        self._places = places
        self._all = _Windows(APPLICATION_LIMIT)
        self._chats: dict[str, _Windows] = {}

    async def turn(self, conversation_id: str) -> None:
        """Return when a call about this chat may go out. Raises Throttled where that is not soon, Unavailable where
        nobody can say."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _PATIENCE_S
        while True:
            while (wait_s := self._wait_s(conversation_id, loop.time())) > 0:
                if loop.time() + wait_s > until_s:
                    raise Throttled(wait_s)
                await asyncio.sleep(wait_s)
            if self._places is None:
                break
            await self._places.begin(_SCOPE, max(until_s - loop.time(), 0.0))
            if self._wait_s(conversation_id, loop.time()) <= 0:
                loop.call_later(_FOR_A_CALL_S, self._places.end, _SCOPE)
                break
            self._places.end(_SCOPE)  # others about this chat went meanwhile
        for windows in (self._chat(conversation_id), self._all):
            windows.went.append(loop.time())

    async def close(self) -> None:
        """Let go of our places, after what went out in them has had its while."""
        if self._places is not None:
            await asyncio.sleep(_FOR_A_CALL_S)
            await self._places.close()

    def _wait_s(self, conversation_id: str, now_s: float) -> float:
        alone_s = self._all.wait_s(now_s) if self._places is None else 0.0
        return max(self._chat(conversation_id).wait_s(now_s), alone_s)

    def _chat(self, conversation_id: str) -> _Windows:
        if (known := self._chats.pop(conversation_id, None)) is None:
            known = _Windows(*CHAT_LIMITS)
            if len(self._chats) >= _MOST_CHATS:
                del self._chats[next(iter(self._chats))]  # the one about which nothing was said for longest
        self._chats[conversation_id] = known
        return known
