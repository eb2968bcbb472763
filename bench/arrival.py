"""P11: how long from a letter in the registry's mailbox to its card in Teams, one after the other, whole and local.

The tenant rings as Graph does; the host takes the notification to its queue; the worker reads the mail, archives and
registers it; the outbox is rung, and the card goes out by HTTP to the tenant's connector, which has it at the end.
"""

import json
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import quantiles

from bench.measuring import Goal, Line, Table
from tests.acceptance.ministry import HUDA, Ministry, letter, opened

LETTERS = 40
GOAL = Goal(at_most=1.0)
LOOKED_EVERY_S = 0.03  # at the chat; the tests' Stage waits so long between two looks


def measure(pairs: int) -> list[Table]:
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as ministry:
        ministry.has_the_app(HUDA)
        numbers = count(100)
        for n in range(3):  # a process that has just begun is another measure's
            _one(ministry, f"تمهيد {n}")
        rounds = [[_one(ministry, f"كتاب {next(numbers)}") for _ in range(LETTERS)] for _ in range(min(pairs, 3))]
    centiles = [quantiles(one, n=100) for one in rounds]
    return [
        Table(
            "P11: from a letter in the mailbox to its card in Teams",
            [
                Line("p95", [c[94] for c in centiles], "s", GOAL),
                Line("p50", [c[49] for c in centiles], "s"),
            ],
            [
                f"{LETTERS} letters a round, each sent when the one before has its card; tenant, host and product are "
                f"processes of this machine, with a queue between the door and the worker. The chat is looked at every "
                f"{LOOKED_EVERY_S:g} s, which is in the figures.",
                "Graph's own delay before it notifies is not in it: Microsoft says a minute on the average.",
            ],
        )
    ]


def _one(ministry: Ministry, subject: str) -> float:
    began = time.monotonic()
    ministry.arrives(letter(subject))

    def came() -> bool:
        return subject in json.dumps(ministry.control("GET", f"teams/{HUDA}/chats"), ensure_ascii=False)

    ministry.awaited(came, f"a card about {subject}")
    return time.monotonic() - began
