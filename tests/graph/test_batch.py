"""Many questions in one: each has its own answer, and is asked again alone or not at all."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from graph.batch import ask_all
from graph.client import GraphClient, Manners
from graph.wire import Answer, Ask
from registry.errors import Changed, Forbidden, Gone, Locked, Misconfigured, Mistaken, Throttled, Unavailable
from tests.graph.mails import plain
from tests.graph.scripted import Say, Tokens, asking, error
from tests.graph.world import REGISTRY, Judge, World, client_of

HURRIED = Manners(patience_s=3.0, deadline_s=20.0)


class Cloud:
    """Answers batches request by request, as `answer(number of the batch, request)` says; None leaves one out."""

    def __init__(self, answer: Callable[[int, dict[str, Any]], dict[str, Any] | None]) -> None:
        self._answer = answer
        self.batches: list[list[dict[str, Any]]] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = (await request.json())["requests"]
        self.batches.append(asked)
        told = [(each, self._answer(len(self.batches), each)) for each in asked]
        if any(answer == {"cut": True} for _, answer in told):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        answers = [{"id": each["id"], **answer} for each, answer in reversed(told) if answer is not None]
        return web.json_response({"responses": answers})

    @property
    def asked(self) -> list[list[str]]:
        return [[each["url"] for each in batch] for batch in self.batches]


@asynccontextmanager
async def cloud(
    answer: Callable[[int, dict[str, Any]], dict[str, Any] | None], manners: Manners = HURRIED
) -> AsyncIterator[tuple[GraphClient, Cloud]]:
    made = Cloud(answer)
    runner = web.ServerRunner(web.Server(made.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = GraphClient(f"http://127.0.0.1:{runner.addresses[0][1]}/v1.0", Tokens(), manners=manners)
    try:
        yield client, made
    finally:
        await client.close()
        await runner.cleanup()


def ok(_: int, each: dict[str, Any]) -> dict[str, Any]:
    return {"status": 200, "body": {"url": each["url"]}}


def failed(status: int, code: str = "", **headers: str) -> dict[str, Any]:
    return {
        "status": status,
        "headers": {name.replace("_", "-").title(): value for name, value in headers.items()},
        "body": {"error": {"code": code, "message": "whatever"}} if code else None,
    }


def gets(count: int, mailbox: str = "") -> list[Ask]:
    return [Ask("GET", f"/{n}", mailbox=mailbox) for n in range(count)]


async def test_each_answer_finds_its_question_however_many_there_are() -> None:
    async with cloud(ok) as (client, made):
        told = await ask_all(client, gets(45))
    assert [json.loads(a.body)["url"] for a in told if isinstance(a, Answer)] == [f"/{n}" for n in range(45)]
    assert [len(batch) for batch in made.batches] == [20, 20, 5]


async def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    async with cloud(ok) as (client, made):
        assert await ask_all(client, []) == []
    assert made.batches == []


async def test_a_single_question_needs_no_batch() -> None:
    async with asking(error(401), Say(body=b'{"id":"1"}'), error(404)) as (client, script):
        assert [json.loads(a.body)["id"] for a in await ask_all(client, gets(1)) if isinstance(a, Answer)] == ["1"]
        assert [type(told) for told in await ask_all(client, gets(1))] == [Gone]
    assert [a.path for a in script.asked] == ["/v1.0/0"] * 3


async def test_what_is_sent_is_what_would_be_sent_alone() -> None:
    async with cloud(ok) as (client, made):
        await ask_all(
            client,
            [
                Ask("GET", "/users/a%40b", query={"$select": "id,mail"}, headers={"prefer": "odata.maxpagesize=5"}),
                Ask("GET", f"{client.base_url}/x?$skiptoken=a%2Fb"),
                Ask("PUT", "/y", body=b"\x00raw", headers={"content-type": "application/octet-stream"}),
                Ask("PATCH", "/z", json={"a": "ك"}, repeatable=True),
            ],
        )
    first, second, fourth = made.batches[0]
    assert first["url"] == "/users/a%40b?$select=id%2Cmail"
    assert first["headers"]["prefer"] == 'IdType="ImmutableId", odata.maxpagesize=5'
    assert second["url"] == "/x?$skiptoken=a%2Fb"
    assert (fourth["body"], fourth["headers"]["content-type"]) == ({"a": "ك"}, "application/json")
    [third] = made.batches[1]
    assert base64.b64decode(third["body"]) == b"\x00raw"


async def test_a_link_to_another_host_is_refused_and_the_others_are_asked() -> None:
    async with cloud(ok) as (client, made):
        told = await ask_all(client, [Ask("GET", "https://evil.example/v1.0/x"), *gets(2)])
    assert isinstance(told[0], Misconfigured)
    assert all(isinstance(each, Answer) for each in told[1:])
    assert made.asked == [["/0", "/1"]]


async def test_each_error_is_its_own() -> None:
    said = {
        "/0": failed(404, "ErrorItemNotFound"),
        "/1": failed(409, "Conflict"),
        "/2": failed(403, "ErrorAccessDenied"),
        "/3": failed(401, "InvalidAuthenticationToken"),
        "/4": failed(400, "BadRequest"),
        "/5": failed(423, "resourceLocked"),
        "/6": failed(424, "FailedDependency"),
        "/7": {"status": 204},
        "/8": {"status": 200, "headers": {"Content-Type": "image/png"}, "body": base64.b64encode(b"\x89PNG").decode()},
    }
    impatient = Manners(patience_s=0)  # what is locked is else asked for again
    async with cloud(lambda _, each: said[each["url"]], impatient) as (client, made):
        told = await ask_all(client, gets(9))
    assert [type(each) for each in told[:7]] == [
        *(Gone, Changed, Forbidden, Misconfigured, Mistaken, Locked, Mistaken),
    ]
    assert [a.body for a in told[7:] if isinstance(a, Answer)] == [b"", b"\x89PNG"]
    assert len(made.batches) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_told_to_wait_is_asked_again_alone_and_not_before(status: int) -> None:
    times: list[float] = []

    def answer(number: int, each: dict[str, Any]) -> dict[str, Any]:
        times.append(asyncio.get_running_loop().time())
        if number == 1 and each["url"] in ("/1", "/3"):
            return failed(status, "TooManyRequests", retry_after={"/1": "0.2", "/3": "0.35"}[each["url"]])
        return ok(number, each)

    async with cloud(answer) as (client, made):
        told = await ask_all(client, [Ask("GET", f"/{n}", mailbox=f"{n}@x") for n in range(5)])
    assert all(isinstance(each, Answer) for each in told)
    assert made.asked[0] == ["/0", "/1", "/2", "/3", "/4"]
    assert sorted(url for batch in made.asked[1:] for url in batch) == ["/1", "/3"]
    assert times[5] - times[4] >= 0.2
    assert times[6] - times[4] >= 0.35


async def test_a_long_wait_is_said_and_the_others_are_answered() -> None:
    def answer(number: int, each: dict[str, Any]) -> dict[str, Any]:
        return failed(429, "TooManyRequests", retry_after="600") if each["url"] == "/0" else ok(number, each)

    async with cloud(answer) as (client, made):
        told = await ask_all(client, [Ask("GET", f"/{n}", mailbox=f"{n}@x") for n in range(3)])
        assert isinstance(told[0], Throttled)
        assert told[0].retry_after_s == 600
        assert all(isinstance(each, Answer) for each in told[1:])
        with pytest.raises(Throttled):  # and whoever asks that mailbox alone keeps to it
            await client.send(Ask("GET", "/0", mailbox="0@x"))
        assert 590 < await client.turns.pause_s("0@x") <= 600
    assert len(made.batches) == 1


@pytest.mark.parametrize(
    ("said", "asked_again"),
    [(failed(429), True), (failed(503), False), (failed(504, "UnknownError"), False), (None, False)],
)
async def test_a_change_is_made_again_only_where_it_was_surely_not_made(
    said: dict[str, Any] | None, asked_again: bool
) -> None:
    def answer(number: int, each: dict[str, Any]) -> dict[str, Any] | None:
        return said if number == 1 and each["url"] == "/1" else ok(number, each)

    async with cloud(answer) as (client, made):
        told = await ask_all(client, [Ask("POST", f"/{n}", json={}) for n in range(3)])
    assert isinstance(told[1], Answer if asked_again else Unavailable)
    assert made.asked[1:] == ([["/1"]] if asked_again else [])
    assert [isinstance(told[n], Answer) for n in (0, 2)] == [True, True]


async def test_what_may_be_repeated_is_asked_again_where_it_was_not_answered() -> None:
    async with cloud(lambda number, each: None if number < 3 else ok(number, each)) as (client, made):
        told = await ask_all(client, gets(2))
    assert all(isinstance(each, Answer) for each in told)
    assert len(made.batches) >= 3


async def test_a_lost_answer_leaves_in_doubt_only_what_may_not_be_repeated() -> None:
    def answer(number: int, each: dict[str, Any]) -> dict[str, Any]:
        return {"cut": True} if each["method"] == "POST" or number == 1 else ok(number, each)

    async with cloud(answer) as (client, made):
        told = await ask_all(client, [*gets(2), Ask("POST", "/p", json={}), *gets(1)])
    assert [isinstance(each, Answer) for each in told] == [True, True, False, True]
    assert isinstance(told[2], Unavailable)
    assert sum("/p" in batch for batch in made.asked) == 1


async def test_all_have_one_deadline_and_what_is_late_is_unavailable() -> None:
    async with cloud(lambda number, each: failed(503)) as (client, _):
        told = await ask_all(client, gets(2), deadline_s=0.2)
    assert all(isinstance(each, Unavailable) for each in told)


async def test_of_one_mailbox_no_batch_asks_more_than_is_ours_to_ask_at_once() -> None:
    async with cloud(ok) as (client, made):
        await ask_all(client, [*gets(7, "a@x"), *gets(2, "b@x")])
    assert [len(batch) for batch in made.batches] == [5, 3, 1]


# ---------------------------------------------------------------- against the sandbox


async def test_many_mails_are_read_in_batches_beside_others_who_ask_the_mailbox(
    world: World, graph: GraphClient, judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [world.arrive(plain(f"letter {n}", Message_ID=f"<{n}@batch.example>"))["id"] for n in range(9)]
    asks = [Ask("GET", f"/users/{REGISTRY}/messages/{i}", query={"$select": "id"}, mailbox=REGISTRY) for i in ids]
    alone = (graph.send(ask) for ask in asks)
    told, *_ = await asyncio.gather(ask_all(graph, asks), *alone)
    assert [json.loads(each.body)["id"] for each in told if isinstance(each, Answer)] == ids
    assert len(judge.batched) == 9
    assert caplog.records == []  # nobody was refused


async def test_where_the_mailbox_has_no_room_some_of_a_batch_are_throttled_alone(world: World, judge: Judge) -> None:
    """Two who know nothing of each other ask six at once of what takes four: Graph refuses two of them, alone."""
    one, other = client_of(world, judge), client_of(world, judge)
    asks = [Ask("GET", f"/users/{REGISTRY}/mailFolders/inbox", mailbox=REGISTRY)] * 3
    try:
        told = await asyncio.gather(*(ask_all(client, asks, deadline_s=20) for client in (one, other)))
    finally:
        await one.close()
        await other.close()
    assert all(isinstance(each, Answer) for several in told for each in several)
    assert max(world.control("GET", "state")["mailbox_peaks"].values()) > 4


async def test_in_bad_weather_every_answer_is_found_in_the_end(world: World, judge: Judge) -> None:
    world.faults(
        {"match": "GET /v1.0/users/*/mailFolders/*", "fault": "429", "rate": 0.3, "args": {"retry_after": 0.1}},
        {"match": "GET /v1.0/users/*/mailFolders/*", "fault": "503", "rate": 0.2, "args": {"retry_after": None}},
        {"match": "GET /v1.0/users/*/mailFolders/*", "fault": "lost", "rate": 0.1},
        {"match": "POST /v1.0/$batch", "fault": "lost", "rate": 0.1},
        {"match": "POST /v1.0/$batch", "fault": "half", "rate": 0.1},
        seed=3,
    )
    client = client_of(world, judge, Manners(patience_s=30, deadline_s=30))
    try:
        asks = [Ask("GET", f"/users/{REGISTRY}/mailFolders/inbox", mailbox=REGISTRY) for _ in range(12)]
        told = await ask_all(client, asks)
    finally:
        await client.close()
    assert all(isinstance(each, Answer) for each in told)
    assert world.struck() > 5
