################################################################
# python -m bench [measure …] [--pairs 7] [--write docs/performance.md]
################################################################
#
# Rule 1: one run prints everything: what the machine is, every table, every verdict. A goal that is missed is printed
#         as missed, and is no failure of the run; a control that is not refused is one (exit 1).
# Rule 2: `--write` puts the same text between two marks of a document.

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import arrival, card, catch_up, cold, drain, fan_out, faults, forged, machine, resync, steps, verify
from bench.measuring import Table

MEASURES: dict[str, Callable[[int], list[Table]]] = {
    "resync": resync.measure,
    "catch_up": catch_up.measure,
    "faults": faults.measure,
    "drain": drain.measure,
    "fan_out": fan_out.measure,
    "steps": steps.measure,
    "verify": verify.measure,
    "card": card.measure,
    "forged": forged.measure,
    "arrival": arrival.measure,
    "cold": cold.measure,
}
BEGIN, END = "<!-- the last run: written by make bench -->", "<!-- the end of the last run -->"


def between_marks(document: str, text: str) -> str:
    """Return *document* with *text* between its marks. Raises ValueError where it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} … {END} in the document")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    ask = argparse.ArgumentParser(prog="python -m bench", description="Measure the product beside its peers.")
    ask.add_argument("measures", nargs="*", metavar="measure", help=f"{', '.join(MEASURES)}; all where none is named")
    ask.add_argument("--pairs", type=int, default=7, help="rounds of each side; fewer than 7 prove nothing")
    ask.add_argument("--write", type=Path, help="a document that shows the last run between its marks")
    given = ask.parse_args(arguments)
    if unknown := set(given.measures) - MEASURES.keys():
        ask.error(f"no measure is called {', '.join(sorted(unknown))}")
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        print(text, flush=True)

    began = time.monotonic()
    say("\n".join([f"Run of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {given.pairs} interleaved pairs.", ""]))
    say("\n".join([*(f"* {fact}" for fact in machine.facts()), ""]))
    blind = False
    for name in given.measures or MEASURES:
        for table in MEASURES[name](given.pairs):
            say(table.as_text() + "\n")
            blind |= any(line.control and not line.fine for line in table.lines)
    print(f"{time.monotonic() - began:.0f} s in all")
    if given.write:
        given.write.write_text(between_marks(given.write.read_text("utf-8"), "\n".join(said)), "utf-8")
    return 1 if blind else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
