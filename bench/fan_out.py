"""P6: one letter before everybody: when has the last of 3,972 people a card, and is Teams ever asked too much?

In virtual time: the performer with its outbox and the pace of Teams are the product's, Teams is a service that refuses
what Microsoft's limits refuse, and a storm refuses more.
"""

from bench.measuring import Goal, Line, Table, column
from bench.side import Side

PEOPLE = 3_972
STORM_SHARE = 0.05  # of all calls, refused for a while although they were within the limits
FORCED_S = PEOPLE / 50


def measure(pairs: int) -> list[Table]:
    """One run each: time is virtual, and the same each time."""
    with Side("bench.sides.fan_out", {}) as side:
        calm, storm = [side(people=PEOPLE)], [side(people=PEOPLE, storm=STORM_SHARE)]
        control = [side(people=PEOPLE // 10, paced=False)]
    return [
        Table(
            f"P6: a card for each of {PEOPLE:,} people, in virtual time",
            [
                Line(
                    "all sent ÷ what fifty a second force",
                    column(calm, "took_s", 1 / FORCED_S),
                    "×",
                    Goal(at_most=1.05),
                ),
                Line("refused with 429", column(calm, "throttled"), "", Goal(at_most=0)),
                Line("most calls in a second", column(calm, "most_in_a_second"), "", Goal(at_most=50)),
                Line(
                    f"in a storm that refuses {STORM_SHARE:.0%}: ÷ what fifty a second force",
                    column(storm, "took_s", 1 / FORCED_S),
                    "×",
                    Goal(at_most=1.15),
                ),
                Line("in the storm: cards sent twice, or never", column(storm, "wrong"), "", Goal(at_most=0)),
                Line(
                    "control: no pace, refused with 429",
                    column(control, "throttled"),
                    "",
                    Goal(at_most=0),
                    control=True,
                ),
            ],
            [
                f"Fifty calls a second for the whole application force {FORCED_S:.1f} s. The effects are the outbox's "
                "own: claimed, paced, sent, noted, settled, on a store in memory.",
                "In the storm a call is refused with a Retry-After of one to three seconds before it counts.",
            ],
        )
    ]
