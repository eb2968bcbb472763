"""$batch, and the vault."""

import base64
from typing import Any

import pytest

from sandbox.tenant import tokens
from sandbox.tenant.services import open_tenant
from sandbox.tenant.tenant import Place
from sandbox.tenant.wire import Request, Response
from tests.sandbox.desk import NOON, REGISTRY, Desk, letter

MAIL = f"/users/{REGISTRY}/messages"


def batch(desk: Desk, *requests: dict[str, Any]) -> dict[str, Any]:
    told = desk.call("POST", "/v1.0/$batch", {"requests": list(requests)}, by="app")
    assert told.status == 200, told.body
    return {each["id"]: each for each in told.json()["responses"]}


def test_inner_requests_are_answered_each_in_its_own_way(desk: Desk) -> None:
    message = desk.arrive(letter())
    patch = {"headers": {"Content-Type": "application/json"}, "body": {"categories": ["مقيد"]}}
    told = batch(
        desk,
        {"id": "1", "method": "PATCH", "url": f"{MAIL}/{message}", **patch},
        {"id": "2", "method": "GET", "url": f"{MAIL}/AAkALgAA{'x' * 60}"},
        {"id": "3", "method": "GET", "url": "/users/huda@ministry.example/messages"},
        {"id": "4", "method": "DELETE", "url": f"{MAIL}/{message}"},
    )
    assert {key: each["status"] for key, each in told.items()} == {"1": 200, "2": 404, "3": 403, "4": 204}
    assert told["1"]["body"]["categories"] == ["مقيد"]
    assert told["2"]["body"]["error"]["code"] == "ErrorItemNotFound"
    assert "body" not in told["4"]


def test_answers_come_in_another_order_than_the_requests(desk: Desk) -> None:
    requests = [{"id": key, "method": "GET", "url": "/users"} for key in ("1", "2", "3")]
    told = desk.call("POST", "/v1.0/$batch", {"requests": requests}, by="app").json()
    assert [each["id"] for each in told["responses"]] == ["3", "2", "1"]


def test_who_depends_on_a_failed_request_fails_with_it(desk: Desk) -> None:
    told = batch(
        desk,
        {"id": "2", "method": "GET", "url": "/users", "dependsOn": ["1"]},
        {"id": "1", "method": "GET", "url": "/users/nobody@ministry.example"},
        {"id": "3", "method": "GET", "url": "/users", "dependsOn": ["2"]},
    )
    assert {key: each["status"] for key, each in told.items()} == {"1": 404, "2": 424, "3": 424}


def test_an_inner_request_is_throttled_alone_and_says_how_long(desk: Desk) -> None:
    desk.faults({"match": "GET /v1.0/users/*/messages", "fault": "429", "args": {"retry_after": 10}})
    told = batch(desk, {"id": "1", "method": "GET", "url": MAIL}, {"id": "2", "method": "GET", "url": "/users"})
    assert (told["1"]["status"], told["1"]["headers"]["Retry-After"], told["2"]["status"]) == (429, "10", 200)


def test_bytes_come_as_base64(desk: Desk) -> None:
    raw = letter()
    told = batch(desk, {"id": "1", "method": "GET", "url": f"{MAIL}/{desk.arrive(raw)}/$value"})
    assert base64.b64decode(told["1"]["body"]).endswith(raw)


@pytest.mark.parametrize(
    "requests",
    [
        None,
        [],
        [{"id": str(n), "method": "GET", "url": "/users"} for n in range(21)],
        [{"id": "1", "method": "GET", "url": "/users"}] * 2,
        [{"id": "1", "method": "GET", "url": "http://127.0.0.1:8400/v1.0/users"}],
        [{"id": "1", "method": "POST", "url": "/$batch"}],
        [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["1"]}],
        [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["9"]}],
        [{"method": "GET", "url": "/users"}],
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(desk: Desk, requests: Any) -> None:
    assert desk.call("POST", "/v1.0/$batch", {"requests": requests}, by="app").status == 400


################################################################
# The vault
################################################################


def secret(name: str, token: str | None, base: str = "https://127.0.0.1:8443") -> Response:
    tenant = open_tenant(place=Place(secrets={"graph-client-state": "قيمة"}))
    made = tokens.issue_to_app(tenant, token, [], NOON) if token else ""
    headers = {"authorization": f"Bearer {made}"} if token else {}
    return tenant.answer(Request("GET", f"{base}/secrets/{name}?api-version=7.6", headers), NOON)


def test_a_secret_is_had_for_a_token_of_the_vault() -> None:
    told = secret("graph-client-state/", tokens.VAULT)
    assert (told.status, told.json()["value"]) == (200, "قيمة")
    version = told.json()["id"].rpartition("/")[2]
    assert secret(f"graph-client-state/{version}", tokens.VAULT).json()["value"] == "قيمة"


@pytest.mark.parametrize("token", [None, tokens.GRAPH])
def test_without_such_a_token_the_challenge_says_where_to_get_one(token: str | None) -> None:
    told = secret("graph-client-state", token)
    assert told.status == 401
    assert 'resource="https://vault.azure.net"' in told.headers["www-authenticate"]
    assert "https://127.0.0.1:8443/c0ffee00" in told.headers["www-authenticate"]


def test_a_secret_or_version_that_is_not_there_is_404() -> None:
    for name in ("other", "graph-client-state/0123"):
        told = secret(name, tokens.VAULT)
        assert (told.status, told.json()["error"]["code"]) == (404, "SecretNotFound")


def test_a_batch_needs_a_token_itself(desk: Desk) -> None:
    assert desk.call("POST", "/v1.0/$batch", {"requests": []}).status == 401
