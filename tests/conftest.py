"""What every test may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import programs

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
