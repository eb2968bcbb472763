################################################################
# How fast Teams is asked: no faster than it takes
################################################################
#
# Rule 1: a call that would be one too many waits a little; where that is long it is said (Throttled), so that the
#         outbox waits and no worker sleeps.
# Rule 2: what counts is the instant at which a call goes out. Who waited looks again: others may have gone meanwhile.
# Rule 3: the limits of a chat are kept exactly: nobody else writes there as us but another instance, and its calls are
#         few. That of the whole application is shared by all instances: Teams says so (429) where they are together
#         too fast, and the outbox asks again.

import asyncio
from collections import deque

from bot.limits import CALLS, SENT_IN_A_SECOND, SENT_IN_AN_HOUR, SENT_IN_HALF_A_MINUTE, SENT_IN_TWO_SECONDS
from registry.errors import Throttled

CHAT_LIMITS = tuple(
    (limit.value, float(limit.window_s))
    for limit in (SENT_IN_A_SECOND, SENT_IN_TWO_SECONDS, SENT_IN_HALF_A_MINUTE, SENT_IN_AN_HOUR)
)
APPLICATION_LIMIT = (CALLS.value - 1, float(CALLS.window_s))  # clocks differ

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


class Pace:
    """The pace of one process. Time is that of the running loop."""

    def __init__(self) -> None:
        self._all = _Windows(APPLICATION_LIMIT)
        self._chats: dict[str, _Windows] = {}

    async def turn(self, conversation_id: str) -> None:
        """Return when a call about this chat may go out. Raises Throttled where that is not soon."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _PATIENCE_S
        while (wait_s := max(self._chat(conversation_id).wait_s(loop.time()), self._all.wait_s(loop.time()))) > 0:
            if loop.time() + wait_s > until_s:
                raise Throttled(wait_s)
            await asyncio.sleep(wait_s)
        for windows in (self._chat(conversation_id), self._all):
            windows.went.append(loop.time())

    def _chat(self, conversation_id: str) -> _Windows:
        if (known := self._chats.pop(conversation_id, None)) is None:
            known = _Windows(*CHAT_LIMITS)
            if len(self._chats) >= _MOST_CHATS:
                del self._chats[next(iter(self._chats))]  # the one about which nothing was said for longest
        self._chats[conversation_id] = known
        return known
