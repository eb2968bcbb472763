"""A registry at work for each test of the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.house import Registry


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path)
    yield made
    made.store.close()
