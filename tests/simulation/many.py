"""Many days at once: what they break, and which faults struck on them; on every core where that is asked for."""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context

from tests.simulation.day import Day
from tests.simulation.laws import broken

IN_TEST = 2_000  # days of `make test`, from seed 0 on
TOGETHER = 25  # days of one test


@dataclass(slots=True)
class Lived:
    """What came of some days. `broken` names each law that does not hold, and how to live that day again."""

    days: int = 0
    broken: list[str] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Lived") -> None:
        self.days += other.days
        self.broken += other.broken
        self.struck.update(other.struck)


def lived(first: int, last: int) -> Lived:
    """Live the days of the seeds from *first* to before *last*."""
    _settle_down()
    told = Lived()
    for seed in range(first, last):
        day = Day(seed).live()
        told.days += 1
        told.struck.update(day.weather.struck)
        told.broken += [f"{law}  (python -m tests.simulation --seed {seed})" for law in broken(day)]
    return told


@cache
def _settle_down() -> None:
    """What was imported is not gone through again and again for garbage."""
    gc.collect()
    gc.freeze()


def groups(which: int, of: int) -> list[tuple[int, int]]:
    """The seeds of `make test` in groups, every *of*-th from the *which*-th on: (first, the one after the last)."""
    starts = range(which * TOGETHER, IN_TEST, of * TOGETHER)
    return [(first, min(first + TOGETHER, IN_TEST)) for first in starts]


def lived_on_every_core(first: int, last: int, say: Callable[[str], object], within_s: float = 1e9) -> Lived:
    """As `lived`, shared out among as many processes as there are cores; no more days are begun after *within_s*."""
    began, told = time.monotonic(), Lived()
    starts = list(range(first, last, TOGETHER))
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        waiting = {processes.submit(lived, start, min(start + TOGETHER, last)) for start in starts}
        for done in as_completed(waiting):
            if done.cancelled():
                continue
            told.add(done.result())
            took_s = time.monotonic() - began
            if told.days % (40 * TOGETHER) == 0:
                say(f"{told.days} days in {took_s:.0f} s, {len(told.broken)} laws broken")
            if done.result().broken:
                say("\n".join(done.result().broken))
            if took_s > within_s or len(told.broken) > 20:
                for one in waiting:
                    one.cancel()
    say(f"{told.days} days in {time.monotonic() - began:.0f} s, {len(told.broken)} laws broken")
    return told
