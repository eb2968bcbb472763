"""Our requests are held to Microsoft's own description of Graph, where its folder is at hand."""

import json
from base64 import b64encode
from contextlib import nullcontext
from pathlib import Path

import pytest

from graph.client import GraphClient
from graph.wire import Ask
from tests.described import description, hold
from tests.graph.world import Judge, World, client_of


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


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    ("responses", "wrong"),
    [
        ([{"id": "1", "status": 200, "headers": {}, "body": {"value": [{"id": "7"}]}}], 0),
        ([{"id": "1", "status": 200, "headers": {}, "body": {"value": [{"id": 7}]}}], 1),
        ([{"id": "2", "status": 200, "headers": {}, "body": {"value": [{"id": "7"}]}}], 1),
        ([{"id": "1", "status": 204}], 0),
    ],
    ids=["right", "of another type", "of something else", "without a body"],
)
def test_an_answer_within_a_batch_is_held_to_it_as_well(
    tmp_path: Path, responses: list[dict[str, object]], wrong: int
) -> None:
    asked = {"requests": [{"id": "1", "method": "GET", "url": "/users?$select=id", "headers": {}}]}
    call = {
        "method": "POST",
        "url": "http://127.0.0.1/v1.0/$batch",
        "headers": {"content-type": "application/json"},
        "body": b64encode(json.dumps(asked).encode()).decode(),
        "status": 200,
        "spoilt": False,
        "answer_headers": {"content-type": "application/json"},
        "answer_body": b64encode(json.dumps({"responses": responses}).encode()).decode(),
    }
    (tmp_path / "exchanges.jsonl").write_text(json.dumps(call) + "\n")
    with pytest.raises(AssertionError) if wrong else nullcontext():
        hold(tmp_path / "exchanges.jsonl", requests=False)


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    ("answer", "spoilt", "found"),
    [
        (b'{"value":[{"id":7}]}', False, True),
        (b'{"value":[{"id":"7"}]}', False, False),
        (b'{"value":[{"i', False, True),
        (b'{"value":[{"i', True, False),
    ],
    ids=["of another type", "right", "half", "half on purpose"],
)
def test_an_answer_that_breaks_it_is_found(tmp_path: Path, answer: bytes, spoilt: bool, found: bool) -> None:
    call = {"method": "GET", "url": "http://127.0.0.1/v1.0/users?$select=id", "headers": {}, "body": "", "status": 200}
    told = {"answer_headers": {"content-type": "application/json"}, "answer_body": b64encode(answer).decode()}
    (tmp_path / "exchanges").write_text(json.dumps({**call, **told, "spoilt": spoilt}) + "\n")
    with pytest.raises(AssertionError, match="answered 200") if found else nullcontext():
        hold(tmp_path / "exchanges")
