"""Our requests are held to Microsoft's own description of Graph, where its folder is at hand."""

import pytest

from graph.client import GraphClient
from graph.wire import Ask
from tests.graph.world import Judge, World, client_of, description


@pytest.fixture
def described() -> None:
    if description() is None:
        pytest.skip("GRAPH_CONTRACT names no folder with Microsoft's description of Graph: no request was held to it")


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    "wrong",
    [
        Ask("GET", "/users", query={"$selekt": "id"}),
        Ask("GET", "/usrs"),
        Ask("POST", "/subscriptions", json={"changeTypes": "created"}),
        Ask("PATCH", "/users/registry%40ministry.example/messages/1", json={"categories": "one"}),
        Ask("DELETE", "/users"),
    ],
)
async def test_a_request_that_breaks_it_is_found(world: World, wrong: Ask) -> None:
    judge = Judge()
    client: GraphClient = client_of(world, judge)
    with pytest.raises(Exception, match="4"):
        await client.send(wrong)
    await client.close()
    assert len(judge.found) == 1


@pytest.mark.usefixtures("described")
async def test_a_request_that_keeps_to_it_is_not(graph: GraphClient, judge: Judge) -> None:
    await graph.send(Ask("GET", "/users", query={"$select": "id", "$top": "1"}))
    assert judge.found == []
