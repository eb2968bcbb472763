"""P12: after a day without Graph, how long a backlog takes, beside the time that Microsoft's published limits force."""

import os

from bench import published
from bench.measuring import Goal, Line, Table
from bench.side import Side
from bench.sides.drain import LETTERS, STEPS

BACKLOG = float(os.environ.get("BENCH_BACKLOG", "0.1"))  # of ten reference days; 1 takes some minutes of CPU a run
GOAL = Goal(at_most=1.2)


def measure(pairs: int) -> list[Table]:
    """One run each: time is virtual, and the same each time."""
    with Side("bench.sides.drain", {}) as side:
        ours = side(backlog=BACKLOG, at_once=published.MAILBOX_AT_ONCE)
        alone = side(backlog=BACKLOG, at_once=published.MAILBOX_AT_ONCE - 1)
        control = side(backlog=BACKLOG / 4, at_once=1)

    def ratio(told: dict[str, float]) -> list[float]:
        return [told["took_s"] / max(told["mail_forced_s"], told["teams_forced_s"])]

    return [
        Table(
            f"P12: {ours['letters']:,} letters and {ours['steps']:,} steps after an outage, in virtual time",
            [
                Line("ours ÷ what the limits force, all four places at the mailbox", ratio(ours), "×", GOAL),
                Line("one instance alone, which leaves a place to others", ratio(alone), "×"),
                Line("control: one call at a time", ratio(control), "×", GOAL, control=True),
                Line("took", [ours["took_s"]], "s"),
                Line("forced by the mailbox's limits", [ours["mail_forced_s"]], "s"),
                Line("forced by Teams' limits", [ours["teams_forced_s"]], "s"),
                Line("calls to the mailbox, for a letter", [ours["mail_calls"] / ours["letters"]]),
                Line("calls to Teams, for a step", [ours["teams_calls"] / ours["steps"]]),
                Line("refused with 429", [ours["refused"]]),
            ],
            [
                f"{BACKLOG:g} of ten reference days ({LETTERS:,} letters, {STEPS:,} steps); BENCH_BACKLOG=1 works off "
                "all of it. Every letter is fetched, registered, marked, referred, decided and answered.",
                f"Limits: {published.MAILBOX_AT_ONCE} calls at a time and {published.MAILBOX_CALLS:,} in "
                f"{published.MAILBOX_WINDOW_S:g} s of a mailbox; {published.TEAMS_CALLS} a second of the application, "
                "and 7, 8, 60 and 1,800 in 1, 2, 30 and 3,600 s of a chat. A call takes "
                f"{published.GRAPH_CALL_S:g} s, which nobody publishes: it is assumed.",
                "What the limits force is computed from the calls that were let through. CPU takes no time here.",
            ],
        )
    ]
