################################################################
# What a measurement is, and when a goal is met
################################################################
#
# Rule 1: two sides are measured in turns, A B, B A, A B …; a ratio is that of a pair measured one after the other.
# Rule 2: the median of the pairs is what is said; the worst stands beside it. A goal is met when the median meets it
#         and the worst pair misses it by no more than a quarter.
# Rule 3: a control is a measurement that must fail its goal: where it does not, the measure is worth nothing.

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

_WORST = 0.8  # of a goal, for the worst of the pairs

type Round = Mapping[str, float]  # what one side says of one round


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound: `at_most` or `at_least`."""

    at_most: float | None = None
    at_least: float | None = None

    def worst_of(self, values: Sequence[float]) -> float:
        return min(values) if self.at_least is not None else max(values)

    def met_by(self, values: Sequence[float]) -> bool:
        middle, worst = median(values), self.worst_of(values)
        if self.at_least is not None:
            return middle >= self.at_least and worst >= self.at_least * _WORST
        assert self.at_most is not None, "a goal has a bound"
        return middle <= self.at_most and worst <= self.at_most / _WORST

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: its value in every round. A `control` is expected to miss its goal.

    `more_is_better` says which value is the worst where there is no goal to say it.
    """

    what: str
    values: Sequence[float]
    unit: str = ""
    goal: Goal | None = None
    control: bool = False
    more_is_better: bool = False

    @property
    def fine(self) -> bool:
        """Whether it is as it should be: the goal met, or missed by a control."""
        return self.goal is None or self.goal.met_by(self.values) is not self.control

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        if self.control:
            return "refused, as it must be" if self.fine else "NOT REFUSED: the measure is blind"
        return "met" if self.fine else "missed"

    def cells(self) -> tuple[str, ...]:
        direction = self.goal or (Goal(at_least=0) if self.more_is_better else Goal(at_most=0))
        worst = direction.worst_of(self.values)
        goal = f"{self.goal} {self.unit}".strip() if self.goal is not None else ""
        return self.what, _said(median(self.values), self.unit), _said(worst, self.unit), goal, self.verdict


@dataclass(frozen=True, slots=True)
class Table:
    """What one measure found. `notes` say what a reader must know to believe it."""

    title: str
    lines: Sequence[Line]
    notes: Sequence[str] = field(default_factory=tuple)

    def as_text(self) -> str:
        """The table in Markdown, which reads well in a terminal too."""
        rows = [("figure", "median", "worst", "goal", "verdict"), *(line.cells() for line in self.lines)]
        widths = [max(len(row[n]) for row in rows) for n in range(5)]
        written = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
        written.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
        notes = [f"* {note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", *written, *([""] if notes else []), *notes])


def in_turns(sides: Mapping[str, Callable[[], Round]], pairs: int) -> dict[str, list[Round]]:
    """Measure every side *pairs* times, each round in the other order; a round before them warms up and is dropped."""
    found: dict[str, list[Round]] = {name: [] for name in sides}
    for number in range(-1, pairs):
        for name in sides if number % 2 else reversed(list(sides)):
            measured = sides[name]()
            if number >= 0:
                found[name].append(measured)
    return found


def column(rounds: Sequence[Round], name: str, scale: float = 1.0) -> list[float]:
    return [r[name] * scale for r in rounds]


def ratios(over: Sequence[Round], under: Sequence[Round], name: str) -> list[float]:
    """`over` divided by `under`, pair by pair."""
    return [a[name] / b[name] for a, b in zip(over, under, strict=True)]


def _said(value: Any, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 4
    return f"{value:,.{digits}f} {unit}".strip()
