"""The simulator notices: a product that is broken in a known way breaks a law within a few days."""

import pytest

from tests.simulation.broken_products import BROKEN, CursorFirst
from tests.simulation.day import Day
from tests.simulation.laws import broken
from tests.simulation.process import Parts

_WITHIN = 200  # days


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_product_is_found_out(name: str) -> None:
    parts, only = BROKEN[name]
    assert any(broken(Day(seed, parts(), only).live()) for seed in range(_WITHIN)), f"nobody noticed that {name}"


def test_what_our_own_delta_loses_the_count_brings_back() -> None:
    """Delta that forgets is no longer seen outside, where the day is counted: a letter is late, and never lost."""
    for seed in range(6):
        laws = broken(Day(seed, Parts(intake=CursorFirst)).live())
        assert [law for law in laws if "only the count found it" not in law] == []
