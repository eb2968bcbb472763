"""Live a day again and tell its story:  python -m tests.simulation --seed N [--days M] [--broken NAME]"""

import argparse
import sys

from tests.simulation.broken_products import BROKEN
from tests.simulation.day import Day
from tests.simulation.laws import broken
from tests.simulation.many import lived_on_every_core
from tests.simulation.over_http import HttpDay


def main() -> int:
    """Print the day of a seed, or for several the seeds that break a law; 1 where one does."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--days", type=int, default=1, help="so many seeds from this one on, on every core, untold")
    parser.add_argument("--broken", choices=BROKEN, help="with a product that is broken so")
    parser.add_argument("--over-http", action="store_true", help="over HTTP, against the sandbox's tenant")
    asked = parser.parse_args()
    if asked.over_http:
        return _told(asked.seed, HttpDay(asked.seed).live())
    if asked.days > 1 and not asked.broken:
        told = lived_on_every_core(asked.seed, asked.seed + asked.days, lambda what: print(what, flush=True))
        print("struck: " + ", ".join(f"{kind} {times}" for kind, times in sorted(told.struck.items())))
        print("\n".join(told.broken))
        return 1 if told.broken else 0
    parts, only = BROKEN[asked.broken] if asked.broken else (lambda: None, None)
    bad = 0
    for seed in range(asked.seed, asked.seed + asked.days):
        day = Day(seed, parts(), only).live()
        laws = broken(day)
        bad += bool(laws)
        if asked.days == 1:
            return _told(seed, day)
        for law in laws:
            print(f"seed {seed} BROKEN: {law}")
    print(f"{asked.days} days, {bad} of them break a law")
    return 1 if bad else 0


def _told(seed: int, day: Day) -> int:
    """Tell the story of a day, and what it breaks."""
    laws = broken(day)
    print(f"seed {seed}: {', '.join(sorted(day.weather.rates))}")
    print("\n".join(day.story))
    print(f"{len(day.outside.truths)} mails, {day.presses} presses, {day.deaths} processes died")
    struck = ", ".join(f"{kind} {times}" for kind, times in sorted(day.weather.struck.items()))
    print(f"struck: {struck or 'nothing'}")
    for law in laws:
        print(f"seed {seed} BROKEN: {law}")
    return 1 if laws else 0


if __name__ == "__main__":  # the processes of many days import this as well
    sys.exit(main())
