"""For all circuits and orders of commands (the rules of tests/circuit_lives.py)."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.circuit_lives import Way


def test_whatever_people_do_the_way_keeps_its_laws() -> None:
    plays = settings(max_examples=60, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Way, settings=plays)
