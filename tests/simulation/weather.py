################################################################
# What goes wrong on a day, and when: drawn from the day's seed
################################################################
#
# Rule 1: each day has its own faults, five kinds at least, each as likely as the day says; when all is to heal, none.
# Rule 2: a call fails before it did anything, or after it did everything and only its answer was lost.
# Rule 3: a process dies at any call and at any transaction, before or after. A dead one touches nothing any more.

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from registry.errors import Changed, Misconfigured, TarasulError, Throttled, Unavailable

READS = frozenset({"changes", "fetch", "listing", "actual", "subscribe_all", "renew_all", "folders"})
WRITES = frozenset(
    {
        "mark",
        "draft_reply",
        "draft_mail",
        "withdraw",
        "send_draft",
        "ask",
        "refresh",
        "install",
        "put",
        "tell",
        "send",
        "subscribe_all",
        "renew_all",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of failed call. `after` says that what was asked has been done all the same."""

    error: Callable[[Random], TarasulError]
    on: frozenset[str]
    after: bool = False
    lasts_s: float = 0.0  # how long the caller waits for it


FAULTS: dict[str, Fault] = {
    "429 whole": Fault(lambda rng: Throttled(rng.randint(1, 40)), READS | WRITES),
    "429 decimal": Fault(lambda rng: Throttled(round(rng.uniform(0.05, 3), 2)), READS | WRITES),
    "429 without a wait": Fault(lambda _: Unavailable("429"), READS | WRITES),
    "503": Fault(lambda _: Unavailable("503"), READS | WRITES),
    "503 with a wait": Fault(lambda rng: Throttled(rng.randint(5, 120)), READS | WRITES),
    "504 after success": Fault(lambda _: Unavailable("504"), WRITES, after=True),
    "reset before": Fault(lambda _: Unavailable("reset"), READS | WRITES),
    "reset after": Fault(lambda _: Unavailable("reset"), WRITES, after=True),
    "slow drip": Fault(lambda _: Unavailable("no answer in time"), READS | WRITES, after=True, lasts_s=29.0),
    "cut JSON": Fault(lambda _: Unavailable("cut"), READS | WRITES, after=True),
    "HTML instead of JSON": Fault(lambda _: Unavailable("HTML"), READS | WRITES),
    "401 that lasts": Fault(lambda _: Misconfigured("401"), READS - WRITES),
    "403": Fault(lambda _: Misconfigured("403"), READS - WRITES),
    "507": Fault(lambda _: Misconfigured("507"), READS - WRITES),
    "412": Fault(lambda _: Changed("412"), frozenset({"mark"})),
    "archive down": Fault(lambda _: Unavailable("archive"), frozenset({"put"})),
}
BELLS = (
    *("notification lost", "notification doubled", "notification late", "notifications silent"),
    *("notification missed", "lifecycle lost"),
)
WORLD = (
    *(
        "410 delta",
        "delta replays",
        "empty pages",
        "half a mail",
        "id changes",
        "mail moved",
        "mail deleted",
        "subscription lost",
    ),
    "reauthorization",
    *("clock skew", "crash", "database down", "commit unanswered", "queue doubles", "queue late", "queue loses"),
    *("press doubled", "press late", "app removed", "chat unknown"),
)
KINDS = (*FAULTS, *BELLS, *WORLD)


class Killed(BaseException):
    """The process is no more. Nothing catches this."""


@dataclass(slots=True)
class Weather:
    """The faults of one day."""

    rng: Random
    rates: dict[str, float]
    struck: Counter[str] = field(default_factory=Counter)
    fair: bool = False  # all is well from now on
    _of_method: dict[str, list[tuple[str, Fault]]] = field(default_factory=dict)

    @classmethod
    def of(cls, rng: Random, only: tuple[str, ...] | None = None) -> "Weather":
        """Draw a day's weather: from five kinds to all; *only* these kinds where they are given."""
        kinds = only if only is not None else tuple(rng.sample(KINDS, rng.randint(5, len(KINDS))))
        return cls(rng, {kind: rng.choice((0.02, 0.05, 0.15)) for kind in kinds})

    def strikes(self, kind: str, times: float = 1.0) -> bool:
        """Whether *kind* happens now, *times* as likely as on the whole day."""
        rate = self.rates.get(kind)
        if rate is None or self.fair or self.rng.random() >= rate * times:
            return False
        self.struck[kind] += 1
        return True

    def of_call(self, method: str) -> Fault | None:
        if self.fair:
            return None
        may = self._of_method.get(method)
        if may is None:
            fits = [(kind, FAULTS[kind]) for kind in self.rates if kind in FAULTS]
            may = self._of_method[method] = [(kind, fault) for kind, fault in fits if method in fault.on]
        for kind, fault in may:
            if self.strikes(kind, 0.5):
                return fault
        return None

    async def around[T](self, method: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call in this weather."""
        await asyncio.sleep(self.rng.random() * 0.3)
        fault = self.of_call(method)
        if fault is None:
            return await call()
        if fault.after:
            await call()
        await asyncio.sleep(fault.lasts_s)
        raise fault.error(self.rng)
