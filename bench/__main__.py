################################################################
# python -m bench [measure …] [--pairs 7] [--write docs/performance.md]
################################################################
#
# Rule 1: one run prints everything: what the machine is, every table, every verdict. A goal that is missed is printed
#         as missed, and is no failure of the run; a control that is not refused is one (exit 1).
# Rule 2: `--write` puts each measure's tables between its own two marks of a document, with when they were taken and
#         under which load: a run of one measure leaves the others as they were.

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import arrival, card, catch_up, cold, drain, drive, fan_out, faults, forged, machine, resync, steps, verify
from bench.measuring import Table

MEASURES: dict[str, Callable[[int], list[Table]]] = {
    "resync": resync.measure,
    "catch_up": catch_up.measure,
    "faults": faults.measure,
    "drain": drain.measure,
    "drive": drive.measure,
    "fan_out": fan_out.measure,
    "steps": steps.measure,
    "verify": verify.measure,
    "card": card.measure,
    "forged": forged.measure,
    "arrival": arrival.measure,
    "cold": cold.measure,
}
MACHINE = "machine"  # the marks between which stands what all measures depend on


def between_marks(document: str, name: str, text: str) -> str:
    """Return *document* with *text* between the marks of *name*. Raises ValueError where it has none."""
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- the end of {name} -->"
    before, begun, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"no {begin} … {end} in the document")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def main(arguments: Sequence[str]) -> int:
    ask = argparse.ArgumentParser(prog="python -m bench", description="Measure the product beside its peers.")
    ask.add_argument("measures", nargs="*", metavar="measure", help=f"{', '.join(MEASURES)}; all where none is named")
    ask.add_argument("--pairs", type=int, default=7, help="rounds of each side; fewer than 7 prove nothing")
    ask.add_argument("--write", type=Path, help="a document that shows the last run between its marks")
    given = ask.parse_args(arguments)
    if unknown := set(given.measures) - MEASURES.keys():
        ask.error(f"no measure is called {', '.join(sorted(unknown))}")
    facts = "\n".join(f"* {fact}" for fact in machine.facts())
    began, blind = time.monotonic(), False
    print(facts, flush=True)
    if given.write:
        _write(given.write, MACHINE, facts)
    for name in given.measures or MEASURES:
        load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
        said = [
            f"*{name}*: run of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {given.pairs} interleaved pairs, load {load}."
        ]
        print(f"\n{said[0]}\n", flush=True)
        for table in MEASURES[name](given.pairs):
            said.append(table.as_text())
            print(said[-1] + "\n", flush=True)
            blind |= any(line.control and not line.fine for line in table.lines)
        if given.write:
            _write(given.write, name, "\n\n".join(said))
    print(f"{time.monotonic() - began:.0f} s in all")
    return 1 if blind else 0


def _write(path: Path, name: str, text: str) -> None:
    path.write_text(between_marks(path.read_text("utf-8"), name, text), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
