"""Days of a small registry, each from a seed: whatever goes wrong, the laws hold when it is over.

Half of the seeds of `make test` are in test_more_days.py, so that two workers share them.
"""

import os
import sys
from collections import Counter

import pytest

from tests.simulation.day import Day
from tests.simulation.many import IN_TEST, groups, lived, lived_on_every_core
from tests.simulation.weather import KINDS

IN_SOAK = int(os.environ.get("SOAK_DAYS", "20000"))
SOAK_S = float(os.environ.get("SOAK_SECONDS", "1e9"))


@pytest.mark.parametrize(("first", "last"), groups(0, 2))
def test_a_day_that_goes_wrong_in_many_ways_ends_with_every_letter_once(first: int, last: int) -> None:
    assert lived(first, last).broken == []


@pytest.mark.soak
def test_so_does_every_other_day(capsys: pytest.CaptureFixture[str]) -> None:
    def say(what: str) -> None:
        with capsys.disabled():
            sys.stderr.write(f"\n{what}")

    told = lived_on_every_core(IN_TEST, IN_TEST + IN_SOAK, say, SOAK_S)
    assert told.broken == []
    assert told.days == IN_SOAK or SOAK_S < 1e9


def test_a_seed_is_the_same_day_again() -> None:
    for seed in (7, 40):
        once, again = Day(seed).live(), Day(seed).live()
        assert once.story == again.story
        assert once.weather.struck == again.weather.struck


def test_a_day_is_the_same_in_memory_and_in_sql() -> None:
    for seed in (0, 1, 5):
        in_sql, in_memory = Day(seed, in_sql=True).live(), Day(seed, in_sql=False).live()
        assert in_sql.story == in_memory.story
        assert in_sql.weather.struck == in_memory.weather.struck


def test_a_day_has_five_kinds_of_faults_at_least_and_a_hundred_presses() -> None:
    for seed in range(3):
        day = Day(seed).live()
        assert len(day.weather.rates) >= 5
        assert len(day.outside.truths) >= 20
        assert day.presses >= 100


def test_every_kind_of_fault_strikes_on_the_days_of_a_test_run() -> None:
    struck: Counter[str] = Counter()
    for first in range(0, IN_TEST, 5):
        struck.update(lived(first, first + 5).struck)
        if all(struck[kind] for kind in KINDS):
            return
    pytest.fail(f"never struck: {[kind for kind in KINDS if not struck[kind]]}")
