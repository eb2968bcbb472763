"""The other half of the days of test_days.py."""

import pytest

from tests.simulation.many import groups, lived


@pytest.mark.parametrize(("first", "last"), groups(1, 2))
def test_a_day_that_goes_wrong_in_many_ways_ends_with_every_letter_once(first: int, last: int) -> None:
    assert lived(first, last).broken == []
