################################################################
# How much a caller may ask: Microsoft's published limits, and what was used of them
################################################################
#
# Rule 1: a limit is data. What counts against it, and under which key, is said where it is taken.
# Rule 2: what was used is kept in memory only: after a restart everybody starts with a clean slate.

from collections import deque
from dataclasses import dataclass
from datetime import datetime

SLICES = 20  # a window slides in steps of a twentieth of its length


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many (requests, bytes, recipients) in any window of so many seconds."""

    name: str
    most: int
    window_s: float


# Source: https://learn.microsoft.com/graph/throttling-limits
MAILBOX_REQUESTS = Limit("requests per app and mailbox", 10_000, 600)
MAILBOX_UPLOAD = Limit("bytes uploaded per app and mailbox", 150 * 1024 * 1024, 300)
MAILBOX_CONCURRENCY = 4  # requests at a time per app and mailbox
SUBSCRIPTION_WRITES = Limit("subscription writes per app", 500, 20)
SUBSCRIPTION_LISTS = Limit("subscription lists per app", 25, 20)


@dataclass(slots=True)
class Slice:
    """What was used between two instants, in seconds since 1970; it counts until the later one leaves the window."""

    first_at: float
    last_at: float = 0.0
    used: int = 0


class Limits:
    """What was used of each limit, by key."""

    def __init__(self) -> None:
        self._used: dict[tuple[Limit, str], deque[Slice]] = {}
        self._within: dict[str, int] = {}
        self.peaks: dict[str, int] = {}  # by key, the most that were ever asked for at a time

    def take(self, limit: Limit, key: str, now: datetime, amount: int = 1) -> float | None:
        """Count *amount* against the limit, or return after how many seconds it would fit.

        As with the real services, what is refused is not counted.
        """
        at = now.timestamp()
        slices = self._used.setdefault((limit, key), deque())
        while slices and slices[0].last_at <= at - limit.window_s:
            slices.popleft()
        if sum(each.used for each in slices) + amount > limit.most:
            return slices[0].last_at + limit.window_s - at if slices else limit.window_s
        if not slices or at - slices[-1].first_at >= limit.window_s / SLICES:
            slices.append(Slice(at))
        slices[-1].last_at = at
        slices[-1].used += amount
        return None

    def enter(self, key: str, most: int) -> bool:
        """Whether one more may be at work under *key* at the same time; if so, `leave` says when it has done."""
        within = self._within.get(key, 0) + 1
        self.peaks[key] = max(within, self.peaks.get(key, 0))
        if within > most:
            return False
        self._within[key] = within
        return True

    def leave(self, key: str) -> None:
        self._within[key] -= 1
