"""Whatever is delivered twice and out of order, by Graph, by Teams, by the queues or by a finger, is done once."""

from pathlib import Path

from tests.acceptance.ministry import Card, Ministry, Shown, opened
from tests.acceptance.way import go, judge, numbers_have_no_gap

SECONDS_APART = 2

EVERYTHING_TWICE = [
    {"match": delivery, "fault": "double", "args": {"s": SECONDS_APART}}
    for delivery in ("notifications", "connector", "mail")
]


def test_everything_delivered_twice_and_shuffled_is_done_once(ministry: Ministry) -> None:
    ministry.faults(*EVERYTHING_TWICE, seed=11)
    twice = {"double_queue": 1, "shuffle_queue": True, "seed": 11}
    ministry.control("POST", "host/faults", json=twice)

    def three_times(card: Card, verb: str, **inputs: str) -> Card:
        """The same press under the same id, and once more from a client that knows no Execute, all at once."""
        same = f"press-{card.activity_id}-{verb}"
        pressing = [
            ministry.pressing(card, verb, client_activity_id=same, **inputs),
            ministry.pressing(card, verb, client_activity_id=same, **inputs),
            ministry.pressing(card, verb, as_submit=True, **inputs),
        ]
        shown: list[Shown] = [each.result() for each in pressing]
        assert [each.status for each in shown] == [200, 200, 200]
        first, second = shown[0].card, shown[1].card
        assert first is not None
        assert second is not None
        assert verb not in first.verbs
        assert first.words == second.words
        return first

    letters = [go(ministry, f"كتاب رقم {n}/2026 بشأن الموازنة", decide=three_times) for n in (1, 2)]
    ministry.at_rest()
    assert ministry.struck() > 0
    for went in letters:
        judge(ministry, went)
    numbers_have_no_gap(ministry)
    day = ministry.day()
    assert (day["green"], day["missing"], day["seen"], day["registered"]) == (True, [], 2, 2)


def test_a_letter_goes_its_way_although_nobody_ever_tells_of_anything(tmp_path: Path) -> None:
    """Every notification of Graph and all that Teams tells of installed apps is lost: timers and questions make up."""
    with opened(tmp_path) as ministry:
        ministry.faults(*({"match": told, "fault": "drop"} for told in ("notifications", "connector")), seed=12)
        with ministry.time_flies(40):
            went = go(ministry, "كتاب رقم 3/2026 بشأن الموازنة")
        assert ministry.struck() >= 3
        ministry.faults()
        judge(ministry, went)
