"""A tenant for each module, and a client whose every request is held to Microsoft's description."""

from collections.abc import AsyncIterator, Iterator

import pytest

from graph.client import GraphClient
from tests.graph.world import Judge, World, client_of, running


@pytest.fixture(scope="module")
def tenant() -> Iterator[World]:
    with running() as world:
        yield world


@pytest.fixture
def world(tenant: World) -> Iterator[World]:
    """The module's tenant, where nothing fails until a test says so."""
    yield tenant
    tenant.faults()


@pytest.fixture
def judge() -> Iterator[Judge]:
    """What was asked, and what Microsoft's description has against it: nothing, if GRAPH_CONTRACT names its folder."""
    judge = Judge()
    yield judge
    assert judge.found == []


@pytest.fixture
async def graph(world: World, judge: Judge) -> AsyncIterator[GraphClient]:
    client = client_of(world, judge)
    yield client
    await client.close()
