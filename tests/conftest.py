"""What every test may ask for."""

from collections.abc import Iterator

import pytest

from tests import programs


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
