"""Whoever does not know the key rings for nobody, and does not learn that they did not (goals R7, T9)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from tests.acceptance.forged import CHECK_IS_OFF, DOORS, Door, Knock, knocks

IN_TEST, IN_SOAK, IN_CONTROL = 2_000, 10_000, 100
HANDS = 4
GROWS_AT_MOST = 150 * 2**20  # bytes, while four hands hold ten megabytes each


def at(door: Door, seed: int, count: int) -> list[str]:
    """Knock *count* times, with several hands; what was answered otherwise than it should, a genuine ring between."""
    knock = door.hands()
    expected = [knock(door.genuine(each)) for each in DOORS]
    assert [status for status, _, _ in expected] == [202, 202]
    assert expected[0] == expected[1]
    told = expected[0]
    calls = list(knocks(seed, count))

    def work(hand: int) -> list[str]:
        mine, wrong = door.hands(), []
        for each in islice(calls, hand, None, HANDS):
            answer = mine(each)
            if each.echo is None and answer != told:
                wrong.append(f"{each.kind}: {answer[0]} {answer[1]} {answer[2][:80]!r}")
            if each.echo is not None and not echoed(each, answer):
                wrong.append(f"{each.kind}: {answer[0]} {answer[1]} {answer[2][:80]!r}")
        return wrong

    with ThreadPoolExecutor(HANDS) as hands:
        found = [line for lines in hands.map(work, range(HANDS)) for line in lines]
    assert knock(door.genuine()) == told
    return found


def echoed(knock: Knock, answer: tuple[int, dict[str, str], bytes]) -> bool:
    status, headers, body = answer
    plain = headers.get("content-type", "").partition(";")[0] == "text/plain"
    guarded = headers.get("x-content-type-options") == "nosniff" and "set-cookie" not in headers
    return status == 200 and plain and guarded and body.decode() == knock.echo


@pytest.mark.parametrize(
    ("seed", "count"), [(1448, IN_TEST), pytest.param(2026, IN_SOAK, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_forged_notifications_do_nothing_and_are_answered_as_the_genuine_ones(
    tmp_path: Path, seed: int, count: int
) -> None:
    kinds = Counter(knock.kind for knock in knocks(seed, count))
    assert len(kinds) == 19
    with Door(tmp_path) as door:
        assert at(door, seed, 19) == []  # all that is loaded at first is loaded
        before = door.most_memory_bytes()
        assert at(door, seed + 1, count - 19) == []
        assert door.rung() == 6  # the genuine ones, three in each run
        assert (door.calls_out(), door.kept()) == (0, [])
        assert door.most_memory_bytes() - before < GROWS_AT_MOST


def test_a_door_that_does_not_check_is_found_out(tmp_path: Path) -> None:
    """The same knocks, where any clientState is as good as ours."""
    with Door(tmp_path, before=CHECK_IS_OFF) as door:
        assert at(door, 7, IN_CONTROL) == []
        assert door.rung() > 3 + IN_CONTROL / 2
