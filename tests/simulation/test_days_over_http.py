"""Days over HTTP: the product's Graph client and the sandbox's tenant, in weather, with the same laws at the end."""

import pytest

from tests.simulation.broken_products import CursorFirst
from tests.simulation.laws import broken
from tests.simulation.over_http import ON_THE_WIRE, HttpDay
from tests.simulation.process import Parts

IN_TEST, IN_SOAK = 2, 20


@pytest.mark.parametrize(
    "seed", [*range(IN_TEST), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(IN_TEST, IN_SOAK))]
)
def test_a_day_over_http_ends_with_every_letter_once(seed: int) -> None:
    day = HttpDay(seed).live()
    assert [f"{law}  (python -m tests.simulation --over-http --seed {seed})" for law in broken(day)] == []
    assert day.http.judge.found == []  # what Microsoft's description has against what we asked
    assert len(day.http.judge.calls) >= 200
    assert any(day.weather.struck[fault] for fault in ON_THE_WIRE)


def test_a_product_that_saves_its_cursor_before_the_letters_is_found_out() -> None:
    parts = Parts(intake=CursorFirst, counts=False)
    assert any(broken(HttpDay(seed, parts).live()) for seed in range(6))


@pytest.mark.soak
def test_a_seed_is_the_same_day_again_over_http_too() -> None:
    once, again = HttpDay(2).live(), HttpDay(2).live()
    assert once.story == again.story
    assert once.weather.struck == again.weather.struck
