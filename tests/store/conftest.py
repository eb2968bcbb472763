"""Every test of the store runs on both databases, and on the store in memory where it is about the port alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.ports import Store
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.fakes.store import FakeStore

DATABASES = ("sqlite", "postgres")
MEMORY = "memory"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Who asks for a `database` or its `url` looks at SQL; who asks for a `store` alone, at what the port says."""
    if "kept_in" in metafunc.fixturenames:
        sql = {"database", "url"} & set(metafunc.fixturenames)
        metafunc.parametrize("kept_in", DATABASES if sql else (*DATABASES, MEMORY))


@pytest.fixture
def kept_in() -> str:
    """Where: given by the parameters above."""
    raise NotImplementedError


@pytest.fixture
def url(kept_in: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database of this test's own."""
    if kept_in == "sqlite":
        return stores.sqlite_url(tmp_path)
    return stores.postgres_url(request.getfixturevalue("postgres"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def store(kept_in: str, request: pytest.FixtureRequest) -> Store:
    """A store of the entity `ministry`."""
    if kept_in == MEMORY:
        return FakeStore("ministry")
    return SqlStore(request.getfixturevalue("database"), "ministry")
