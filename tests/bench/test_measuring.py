"""How a measurement is judged and shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.__main__ import MACHINE, MEASURES, between_marks
from bench.measuring import Goal, Line, Round, Table, in_turns, ratios

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


@pytest.mark.parametrize(
    ("goal", "values", "met"),
    [
        (Goal(at_most=60), [50, 55, 74], True),
        (Goal(at_most=60), [50, 55, 76], False),  # the worst is more than a quarter beyond
        (Goal(at_most=60), [50, 61, 62], False),  # the median is beyond
        (Goal(at_least=5), [4.1, 5.0, 9], True),
        (Goal(at_least=5), [3.9, 6, 9], False),
        (Goal(at_least=5), [4.9, 4.9, 9], False),
    ],
)
def test_a_goal_is_met_by_the_median_and_nearly_by_the_worst(goal: Goal, values: list[float], met: bool) -> None:
    assert goal.met_by(values) is met


def test_a_missed_goal_is_said_to_be_missed() -> None:
    assert Line("ours", [100.0], "µs", Goal(at_most=60)).cells() == ("ours", "100 µs", "100 µs", "≤ 60 µs", "missed")


def test_a_control_that_meets_its_goal_shows_that_the_measure_is_blind() -> None:
    seen, blind = (Line("control", [v], "µs", Goal(at_most=60), control=True) for v in (100.0, 50.0))
    assert (seen.fine, blind.fine) == (True, False)
    assert "blind" in blind.verdict


def test_the_worst_of_a_rate_without_a_goal_is_its_least() -> None:
    assert Line("ours", [300.0, 200.0], "/s", more_is_better=True).cells()[2] == "200 /s"


def test_sides_are_measured_in_turns_after_a_round_that_does_not_count() -> None:
    asked: list[str] = []

    def side(name: str) -> Callable[[], Round]:
        def round_() -> Round:
            asked.append(name)
            return {"n": len(asked)}

        return round_

    found = in_turns({"a": side("a"), "b": side("b")}, 2)
    assert "".join(asked) == "ab" + "ba" + "ab"
    assert [r["n"] for r in found["a"]] == [4, 5]


def test_a_ratio_is_that_of_two_rounds_measured_together() -> None:
    assert ratios([{"s": 8}, {"s": 9}], [{"s": 4}, {"s": 3}], "s") == [2, 3]


def test_a_table_shows_every_figure_with_its_verdict() -> None:
    shown = Table("P0", [Line("ours", [40.0, 41.0, 44.0], "µs", Goal(at_most=60))], ["a note"]).as_text()
    assert "| ours   | 41.0 µs | 44.0 µs | ≤ 60 µs | met     |" in shown
    assert shown.endswith("* a note")


def test_a_measure_is_written_between_its_own_marks_and_nowhere_else() -> None:
    page = "before\n" + "\n".join(
        f"<!-- {name}: written by make bench -->\n{name}'s old\n<!-- the end of {name} -->" for name in ("cold", "card")
    )
    once = between_marks(page, "card", "new")
    assert once == page.replace("card's old\n", "\nnew\n\n")
    with pytest.raises(ValueError, match="in the document"):
        between_marks(page, "drain", "new")


def test_the_page_of_figures_has_marks_for_every_measure() -> None:
    page = PAGE.read_text("utf-8")
    for name in (MACHINE, *MEASURES):
        assert between_marks(page, name, "new") != page
