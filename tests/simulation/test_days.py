"""Days of a small registry, each from a seed: whatever goes wrong, the laws hold when it is over."""

import pytest

from tests.simulation.day import Day
from tests.simulation.laws import broken

IN_TEST, IN_SOAK = 150, 20_000


def _lived(first: int, last: int) -> list[str]:
    """What the days of these seeds break, with how to live each again."""
    return [
        f"{law}  (python -m tests.simulation --seed {seed})"
        for seed in range(first, last)
        for law in broken(Day(seed).live())
    ]


@pytest.mark.parametrize("seed", range(IN_TEST))
def test_a_day_that_goes_wrong_in_many_ways_ends_with_every_letter_once(seed: int) -> None:
    assert _lived(seed, seed + 1) == []


@pytest.mark.soak
@pytest.mark.parametrize("first", range(IN_TEST, IN_SOAK, 100))
def test_so_does_every_other_day(first: int) -> None:
    assert _lived(first, min(first + 100, IN_SOAK)) == []


def test_a_seed_is_the_same_day_again() -> None:
    once, again = Day(7).live(), Day(7).live()
    assert once.story == again.story
    assert once.weather.struck == again.weather.struck


def test_a_day_has_five_kinds_of_faults_at_least_and_a_hundred_presses() -> None:
    for seed in range(3):
        day = Day(seed).live()
        assert len(day.weather.rates) >= 5
        assert len(day.outside.truths) >= 20
        assert day.presses >= 100
