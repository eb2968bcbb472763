"""The tenant of the sandbox for its tests, and Microsoft's own description of Graph to hold it to."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.certificates import Certificates, lay_out
from tests import described
from tests.sandbox.desk import Desk
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="session")
def description() -> Any:
    """Microsoft's description of Graph, or None where the folder is not there."""
    return described.description()


@pytest.fixture
def contract(description: Any) -> Any:
    """Microsoft's description of Graph; skips without it."""
    if description is None:
        pytest.skip(f"{described.FOLDER} names no folder with Microsoft's description of Graph")
    return description


@pytest.fixture
def desk(description: Any) -> Iterator[Desk]:
    """A tenant without sockets. What it exchanges is held to Microsoft's description where that is at hand."""
    made = Desk(description)
    yield made
    assert made.found == []


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return lay_out(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def served(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One tenant as a process, for all tests that leave it as they found it."""
    secrets = tmp_path_factory.mktemp("vault") / "secrets.json"
    secrets.write_text('{"graph-client-state": "قيمة سرية"}', "utf-8")
    with serve(certificates, "--secrets", str(secrets)) as running:
        yield running
