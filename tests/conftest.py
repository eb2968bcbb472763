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


# Three workers share two cores: a ministry mostly waits, and a simulated day never does. What takes longest goes first,
# so that nobody is left with a long file while the others have nothing to do; and the two halves of the days one after
# the other, so that there is something to wait for beside each.
_LONGEST_FIRST = (
    "simulation/test_days.py",
    *("acceptance/test_kills.py", "page/test_page.py", "acceptance/test_page.py", "acceptance/test_verbs.py"),
    *("acceptance", "simulation", "playground", "page", "sandbox", "bot/test_cards_drawn.py", "graph", "store"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the random order of pytest-randomly within each rank."""
    here = Path(__file__).parent
    ranks = {path: _rank(path.relative_to(here)) for path in {item.path for item in items}}
    items.sort(key=lambda item: ranks[item.path])


def _rank(file: Path) -> int:
    named = (str(file), file.parts[0])
    return next((rank for rank, name in enumerate(_LONGEST_FIRST) if name in named), len(_LONGEST_FIRST))
