"""What every test may ask for."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import programs

# What is started a hundred times is compiled once, also where the environment says that no bytecode is to be kept.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is slow, not wrong: no example is timed.
settings.register_profile("tarasul", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tarasul")


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of a storage account in memory."""
    with programs.azurite() as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server's database `postgres`; make databases of your own in it."""
    with programs.postgres() as url:
        yield url


# What takes longest goes first, so that no worker is left with a long file while the other has nothing to do.
_LONGEST_FIRST = ("acceptance", "simulation", "page", "sandbox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the random order of pytest-randomly within each rank."""

    rooms = {path: path.relative_to(Path(__file__).parent).parts[0] for path in {item.path for item in items}}

    def rank(item: pytest.Item) -> int:
        room = rooms[item.path]
        return _LONGEST_FIRST.index(room) if room in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=rank)
