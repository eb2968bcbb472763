"""How Graph is asked: hosts, tokens, limits, waits, deadlines, and what is never asked twice."""

import asyncio
import gzip
import logging
import uuid

import aiohttp
import aiohttp.client_reqrep
import msgspec
import pytest

from graph.client import GraphClient, Manners
from graph.wire import Ask
from registry.errors import Gone, Misconfigured, Mistaken, TarasulError, Throttled, Unavailable
from tests.graph.scripted import Say, Tokens, asking, error, scripted

GET = Ask("GET", "/users")
POST = Ask("POST", "/users/a/messages/1/send")
IMPATIENT = Manners(patience_s=0.0)


class TestAsking:
    async def test_the_answer_is_its_json(self) -> None:
        async with asking(Say(body=b'{"id":"1"}')) as (client, script):
            assert await client.send(Ask("GET", "/users/a%40b", query={"$select": "id,mail", "q": "ك&="})) == {
                "id": "1"
            }
        assert script.asked[0].path == "/v1.0/users/a%40b?$select=id%2Cmail&q=%D9%83%26%3D"

    async def test_json_and_bytes_are_sent_as_they_are_given(self) -> None:
        async with asking() as (client, script):
            await client.send(Ask("POST", "/x", json={"a": "ك"}))
            await client.send(Ask("PUT", "/x", body=b"raw", headers={"content-type": "application/octet-stream"}))
            await client.send(POST)
        kinds = [(a.headers.get("content-type"), a.headers.get("content-length"), a.body) for a in script.asked]
        assert kinds[0] == ("application/json", "10", '{"a":"ك"}'.encode())
        assert kinds[1] == ("application/octet-stream", "3", b"raw")
        assert (kinds[2][1], kinds[2][2]) == ("0", b"")

    async def test_every_call_wants_immutable_ids_beside_its_own_preferences(self) -> None:
        async with asking() as (client, script):
            await client.send(GET)
            await client.send(Ask("GET", "/x", headers={"prefer": "odata.maxpagesize=200, a=b"}))
            await client.send(Ask("GET", "/x", headers={"prefer": 'idtype="ImmutableId", a=b'}))
        assert [a.headers["prefer"] for a in script.asked] == [
            'IdType="ImmutableId"',
            'IdType="ImmutableId", odata.maxpagesize=200, a=b',
            'IdType="ImmutableId", a=b',
        ]

    async def test_every_call_has_a_name_of_its_own_that_stands_in_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "tarasul.graph")
        async with asking(error(503), Say(headers={"request-id": "r1"}), Say()) as (client, script):
            await client.send(Ask("GET", "/users", mailbox="r@x"))
            await client.send(GET)
        names = [asked.headers["client-request-id"] for asked in script.asked]
        assert names[0] == names[1] != names[2]  # one call, however often it is tried
        assert uuid.UUID(names[0]).version == 4
        failed, done, _ = caplog.records
        assert (failed.levelname, done.levelname) == ("WARNING", "DEBUG")
        assert {failed.client_request_id, done.client_request_id} == {names[0]}  # type: ignore[attr-defined]
        assert (done.request_id, done.mailbox, done.tries) == ("r1", "r@x", 2)  # type: ignore[attr-defined]

    async def test_an_answer_is_read_into_a_type_and_one_that_does_not_fit_is_unavailable(self) -> None:
        class Named(msgspec.Struct):
            id: str

        decoder = msgspec.json.Decoder(Named)
        async with asking(Say(body=b'{"id":"1"}'), Say(body=b'{"name":"1"}')) as (client, _):
            assert (await client.read(GET, decoder)).id == "1"
            with pytest.raises(Unavailable):
                await client.read(GET, decoder)

    async def test_a_packed_answer_is_unpacked_and_not_beyond_its_limit(self) -> None:
        packed = Say(body=gzip.compress(b'{"id":"' + b"1" * 1_000_000 + b'"}'), headers={"content-encoding": "gzip"})
        async with asking(packed) as (client, script):
            assert len((await client.send(GET))["id"]) == 1_000_000
            with pytest.raises(Mistaken):
                await client.answer(Ask("GET", "/x", limit_bytes=100_000))
        assert script.asked[0].headers["accept-encoding"] == "gzip"

    async def test_an_answer_beyond_its_limit_is_not_read_to_the_end(self) -> None:
        async with asking(Say(body=b"x" * 2_000_000)) as (client, _):
            with pytest.raises(Mistaken):
                await client.answer(Ask("GET", "/x", limit_bytes=1_000_000))

    async def test_one_client_serves_several_loops(self) -> None:
        client = GraphClient("http://127.0.0.1:1/v1.0", Tokens(), manners=IMPATIENT)

        async def once() -> None:
            with pytest.raises(Unavailable):
                await client.send(GET)
            await client.close()

        await asyncio.to_thread(asyncio.run, once())
        await once()


class TestHosts:
    @pytest.mark.parametrize(
        "link",
        [
            "http://evil.example/v1.0/users",
            "http://127.0.0.1:1/v1.0/users",
            "http://127.0.0.1@evil.example/v1.0",
            "https://127.0.0.1:{port}/v1.0/users",
            "http://localhost:{port}/v1.0/users",
            "http://user@127.0.0.1:{port}/v1.0/users",
            "http://127.0.0.1:{port}\\@evil.example/",
            "http://[::ffff:127.0.0.1]:{port}/v1.0/users",
            "ftp://127.0.0.1:{port}/v1.0",
            "http://127.0.0.1:99999999/",
            "http://[/",
        ],
    )
    async def test_a_link_to_any_other_host_is_refused_unasked(self, link: str) -> None:
        async with asking() as (client, script):
            link = link.replace("{port}", script.url.rpartition(":")[2])
            assert not client.may_follow(link)
            with pytest.raises(Misconfigured):
                await client.send(Ask("GET", link))
        assert script.asked == []

    async def test_a_link_of_graph_is_followed_as_it_stands(self) -> None:
        async with asking() as (client, script):
            await client.send(Ask("GET", f"{script.url}/v1.0/x?$skiptoken=a%2Fb+c%7E&x='(y)'"))
        assert script.asked[0].path == "/v1.0/x?$skiptoken=a%2Fb+c%7E&x='(y)'"

    async def test_the_usual_port_may_be_named_or_not(self) -> None:
        client = GraphClient("https://graph.microsoft.com/v1.0/", Tokens())
        assert client.may_follow("https://GRAPH.microsoft.com:443/v1.0/x")
        assert not client.may_follow("http://graph.microsoft.com/v1.0/x")

    def test_an_address_of_graph_that_is_none_is_said_at_start(self) -> None:
        for address in ("graph.microsoft.com", "", "file:///v1.0"):
            with pytest.raises(Misconfigured, match="GRAPH_BASE_URL"):
                GraphClient(address, Tokens())

    async def test_a_redirect_is_not_followed(self) -> None:
        async with scripted() as other:
            moved = Say(302, b"", {"location": f"{other.url}/login"})
            async with asking(moved, manners=IMPATIENT) as (client, _):
                with pytest.raises(Unavailable):
                    await client.send(GET)
        assert other.asked == []


class TestTokens:
    async def test_a_refused_token_is_replaced_once(self) -> None:
        async with asking(error(401, "InvalidAuthenticationToken"), Say()) as (client, script):
            await client.send(POST)
        assert [a.headers["authorization"] for a in script.asked] == ["Bearer token-1", "Bearer token-2"]

    async def test_a_fresh_token_that_is_refused_too_is_an_operators_turn(self) -> None:
        async with asking(error(401)) as (client, script):
            with pytest.raises(Misconfigured):
                await client.send(GET)
        assert len(script.asked) == 2


class Late:
    """A way to the server on which the first connection is refused."""

    def __init__(self) -> None:
        self.refused = 0

    def client(self, base_url: str, token: Tokens, *, manners: Manners | None = None) -> GraphClient:
        trace = aiohttp.TraceConfig()

        async def refuse(*_: object) -> None:
            if not self.refused:
                self.refused += 1
                key = aiohttp.client_reqrep.ConnectionKey("127.0.0.1", 1, False, True, None, None, None)
                raise aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, "refused"))

        trace.on_connection_create_start.append(refuse)
        return GraphClient(base_url, token, manners=manners, traces=[trace])


class TestRepeating:
    @pytest.mark.parametrize(
        "fault",
        [
            *(
                error(429),
                error(500),
                error(502),
                error(503),
                error(504),
                error(429, "TooManyRequests", retry_after="0.05"),
            ),
            *(Say(body=b'{"a":', cut=True), Say(nothing=True), error(503, retry_after="0.01")),
            Say(body=gzip.compress(b'{"id":"1"}')[:-9], headers={"content-encoding": "gzip"}),
            Say(body=b"no gzip", headers={"content-encoding": "gzip"}),
        ],
    )
    async def test_a_question_is_asked_again_after_a_short_trouble(self, fault: Say) -> None:
        async with asking(fault, Say(body=b'{"id":"1"}')) as (client, script):
            assert await client.send(GET) == {"id": "1"}
        assert len(script.asked) == 2

    @pytest.mark.parametrize(
        "fault",
        [
            *(error(500), error(502), error(503), error(504), error(503, retry_after="0.01")),
            *(Say(201, b'{"a":', cut=True), Say(nothing=True)),
        ],
    )
    async def test_a_change_whose_outcome_is_unknown_is_never_asked_again(self, fault: Say) -> None:
        async with asking(fault, Say()) as (client, script):
            with pytest.raises(Unavailable):
                await client.send(POST)
        assert len(script.asked) == 1

    async def test_a_change_that_was_surely_not_made_is_asked_again(self) -> None:
        async with asking(error(429), error(429, retry_after="0.01"), Say(202, b"")) as (client, script):
            assert await client.send(POST) == {}
        assert len(script.asked) == 3

    async def test_a_change_that_was_never_sent_is_asked_again(self) -> None:
        late = Late()
        async with asking(Say(202, b""), make=late.client) as (client, script):
            assert await client.send(POST) == {}
        assert (late.refused, len(script.asked)) == (1, 1)

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 423, 507])
    async def test_what_time_does_not_mend_is_said_at_once(self, status: int) -> None:
        async with asking(error(status, "code"), manners=IMPATIENT) as (client, script):
            with pytest.raises(TarasulError):
                await client.send(GET)
        assert len(script.asked) == 1


class TestWaiting:
    async def test_a_long_wait_is_said_and_not_waited(self) -> None:
        async with asking(error(429, retry_after="600")) as (client, script):
            with pytest.raises(Throttled) as told:
                await client.send(GET)
        assert (told.value.retry_after_s, len(script.asked)) == (600.0, 1)

    async def test_whoever_asks_the_same_mailbox_meanwhile_is_told_without_asking(self) -> None:
        async with asking(error(429, retry_after="600"), Say()) as (client, script):
            with pytest.raises(Throttled):
                await client.send(Ask("GET", "/x", mailbox="a@x"))
            with pytest.raises(Throttled) as told:
                await client.send(Ask("POST", "/x", mailbox="a@x"))
            assert 590 < told.value.retry_after_s <= 600
            await client.send(Ask("GET", "/x", mailbox="b@x"))
            await client.send(GET)
        assert len(script.asked) == 3

    async def test_trouble_beyond_our_patience_is_left_to_the_outbox(self) -> None:
        async with asking(error(503), manners=Manners(patience_s=0.5)) as (client, script):
            with pytest.raises(Unavailable):
                await client.send(GET)
        assert len(script.asked) == 2

    async def test_a_call_ends_by_its_deadline_however_slow_the_answer(self) -> None:
        async with asking(Say(never=True)) as (client, _):
            with pytest.raises(Unavailable, match=r"in 0\.05 s"):
                await client.send(Ask("GET", "/x", deadline_s=0.05))

    async def test_waiting_for_ones_turn_counts_towards_the_deadline(self) -> None:
        async with asking(manners=Manners(at_once=1)) as (client, script):
            script.gate = asyncio.Event()
            first = asyncio.create_task(client.send(Ask("GET", "/1", mailbox="a@x")))
            await script.arrived.acquire()
            with pytest.raises(Unavailable):
                await client.send(Ask("GET", "/2", mailbox="a@x", deadline_s=0.05))
            script.gate.set()
            await first
        assert [a.path for a in script.asked] == ["/v1.0/1"]

    async def test_a_mailbox_is_never_asked_more_at_once_than_its_limit(self) -> None:
        async with asking() as (client, script):
            script.gate = asyncio.Event()
            calls = [asyncio.create_task(client.send(Ask("GET", f"/{n}", mailbox="a@x"))) for n in range(12)]
            for _ in range(3):
                await script.arrived.acquire()
            script.gate.set()
            await asyncio.gather(*calls)
        assert (script.most_at_work, len(script.asked)) == (3, 12)

    async def test_a_throttled_call_gives_up_its_turn_while_it_waits(self) -> None:
        async with asking(error(503), Say(), manners=Manners(at_once=1)) as (client, script):
            await asyncio.gather(*(client.send(Ask("GET", "/x", mailbox="a@x")) for _ in range(2)))
        assert len(script.asked) == 3


async def test_gone_stays_gone_and_names_the_request() -> None:
    async with asking(error(404, "ErrorItemNotFound", request_id="8d1c")) as (client, _):
        with pytest.raises(Gone, match="404 ErrorItemNotFound, request-id 8d1c"):
            await client.send(GET)
