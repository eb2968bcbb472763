"""A quarter's mailbox read again whole: what it costs, and how little memory grows with it."""

import contextlib
from collections.abc import Callable

from bench.measuring import Goal, Line, Round, Table, column, in_turns, ratios
from bench.resync import PAGE, counted
from bench.side import Side

FEW, MANY = 4_120, 41_197  # letters; the second are those of the ministry's quarter
SAME = Goal(at_most=1.25)


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:

        def reads(count: int, kind: str = "known") -> Callable[[], Round]:
            pages = held.enter_context(Side("bench.graph_pages", {"count": count, "page": PAGE}))
            told = {"kind": kind, "base_url": f"{pages.ready['origin']}/selected/v1.0", "count": count}
            return counted(held.enter_context(Side("bench.sides.resync", told)), pages)

        sides = {"few": reads(FEW), "many": reads(MANY), "hoarding": reads(MANY, "hoarding")}
        found = in_turns(sides, max(1, pairs // 3))
    few, many, hoarding = found["few"], found["many"], found["hoarding"]

    return [
        Table(
            f"Catch-up of {MANY:,} letters that are held, beside {FEW:,}",
            [
                Line(f"memory at its peak above what it was, {FEW:,} letters", column(few, "grew_mb"), "MB"),
                Line(f"memory at its peak above what it was, {MANY:,} letters", column(many, "grew_mb"), "MB"),
                Line("memory, many ÷ few", ratios(many, few, "grew_mb"), "×", SAME),
                Line(
                    "control: whoever keeps every page ÷ few", ratios(hoarding, few, "grew_mb"), "×", SAME, control=True
                ),
                Line("CPU per letter (P2)", column(many, "cpu_us"), "µs", Goal(at_most=60)),
                Line("CPU per letter, many ÷ few", ratios(many, few, "cpu_us"), "×", SAME),
                Line("requests per letter (P3)", column(many, "requests"), "", Goal(at_most=0.011)),
            ],
            ["New letters cost their MIME as well: their CPU and requests are in the tables of `resync`."],
        )
    ]
