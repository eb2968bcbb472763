"""R12: how many events of procedure sheets are verified in a second, beside the bare hash chain."""

from functools import partial

from bench.measuring import Goal, Line, Table, column, in_turns, ratios
from bench.side import Side

GOAL = Goal(at_least=1_000_000)


def measure(pairs: int) -> list[Table]:
    with Side("bench.sides.verify", {}) as side:
        ways = ("ours", "hashes", "chain")
        found = in_turns({way: partial(side, way=way) for way in ways}, pairs)
    ours, hashes, chain = (found[way] for way in ways)
    return [
        Table(
            "R12: events of a sheet verified, in a second of one core",
            [
                Line("ours: chain, place, names, texts", column(ours, "per_s"), "/s", GOAL),
                Line("floor: the hashes of lines and texts alone", column(hashes, "per_s"), "/s", more_is_better=True),
                Line("floor: the hash chain alone, no texts", column(chain, "per_s"), "/s", more_is_better=True),
                Line("CPU of an event, ours ÷ floor with texts", ratios(ours, hashes, "cpu_us"), "×"),
                Line("CPU of an event", column(ours, "cpu_us"), "µs"),
            ],
            [
                "Sheets of seven events, 415 bytes each on the average, with eight texts; every hash is computed. A "
                "sheet without one of its lines was found broken before the run.",
                "The goal is that of a compiled language and of lines without texts: the fifteen hashes of such a "
                "sheet alone take Python more than a microsecond an event. Nothing is left out to come nearer to it.",
            ],
        )
    ]
