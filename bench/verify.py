"""R12: how many events of procedure sheets are verified in a second, beside the bare hash chain."""

import os

from bench.measuring import Goal, Line, Table, column, in_turns, ratios
from bench.side import Side

GOAL = Goal(at_least=1_000_000)


def measure(pairs: int) -> list[Table]:
    with Side("bench.sides.verify", {}) as side:
        sides = {"ours": lambda: side(floor=False), "floor": lambda: side(floor=True)}
        found = in_turns(sides, pairs)
    ours, floor = found["ours"], found["floor"]
    cores = os.cpu_count() or 1
    return [
        Table(
            "R12: events of a sheet verified, on one core",
            [
                Line("ours: chain, place, names, texts", column(ours, "per_s"), "/s", GOAL),
                Line("floor: the hash chain alone", column(floor, "per_s"), "/s", more_is_better=True),
                Line("ours ÷ floor", ratios(ours, floor, "per_s"), "×", more_is_better=True),
                Line("CPU of an event", column(ours, "cpu_us"), "µs"),
                Line(
                    f"ours on the {cores} cores of this machine, computed",
                    column(ours, "per_s", cores),
                    "/s",
                    more_is_better=True,
                ),
            ],
            [
                "Sheets of seven events, 415 bytes each on the average, four of them with texts; every hash is "
                "computed. A sheet without one of its lines was found broken before the run.",
                "The goal is that of a compiled language. A sheet depends on no other, so a register is verified on "
                " as many cores as there are; the last line says what that gives, and was not measured.",
            ],
        )
    ]
