"""For all lives of a record: the rules of tests/lives.py hold."""

from hypothesis import settings

from tests.lives import Life

TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
