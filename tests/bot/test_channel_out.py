"""What we send: exactly once, exactly as it was drawn, and our token to nobody but the channel."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msal
import pytest
from aiohttp import web

from bot.channel import Channel, msal_tokens
from bot.chats import card_message, text_message
from registry.errors import Misconfigured, Mistaken, Throttled, Unavailable
from sandbox import certificates
from sandbox.tenant import chats
from service.ports import Conversation
from tests.bot.issuer import APP_ID, TENANT_ID, Loopback
from tests.bot.samples import SAMPLES
from tests.bot.teams_world import teams_world

type Json = dict[str, Any]


class Connector(Loopback):
    """Records what it is sent. `answers` are given in their order, the last one for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[web.Response | None] = []  # None: no answer, until the end
        self.bodies: list[Any] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        if self.answers:
            answer = self.answers.pop(0)
            if answer is None:
                await asyncio.Event().wait()
            assert answer is not None
            return answer
        return web.json_response({"id": "1700"}, status=201)

    def chat(self, conversation_id: str = "a:1") -> Conversation:
        return Conversation(
            person="huda",
            conversation_id=conversation_id,
            service_url=f"{self.url}/emea/",
            user_mri="29:1",
            bot_id="28:b",
        )


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    async with Connector() as connector:
        yield connector


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    channel = channel_with()
    yield channel
    await channel.close()


async def good_token(*, fresh: bool = False) -> str:
    return "our-newer-token" if fresh else "our-token"


def channel_with(**how: Any) -> Channel:
    plain: Json = {
        "app_id": APP_ID,
        "tenant_id": TENANT_ID,
        "token": good_token,
        "openid_metadata_url": "https://login.botframework.com/v1/.well-known/openidconfiguration",
        "service_hosts": ("127.0.0.1",),
    }
    return Channel(**plain | how)


async def test_a_message_goes_out_as_it_was_made_with_our_token(channel: Channel, connector: Connector) -> None:
    card = SAMPLES["step-approve-result"]("ar")
    message = card_message(card) | {"channelData": {"notification": {"alert": True}}}
    assert await channel.send(connector.chat(), message) == "1700"
    (request,), (body,) = connector.asked, connector.bodies
    assert (request.method, request.path) == ("POST", "/emea/v3/conversations/a:1/activities")
    assert request.headers["Authorization"] == "Bearer our-token"
    assert body["attachments"] == [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]
    assert {name: body[name] for name in message} == message
    assert body["conversation"] == {"id": "a:1"}


async def test_an_update_goes_to_the_place_of_the_first(channel: Channel, connector: Connector) -> None:
    chat = connector.chat()
    await channel.update(chat.service_url, chat.conversation_id, "1700", text_message("اعتُمد"))
    (request,) = connector.asked
    assert (request.method, request.path) == ("PUT", "/emea/v3/conversations/a:1/activities/1700")


async def test_ids_are_escaped_in_the_address(channel: Channel, connector: Connector) -> None:
    await channel.send(connector.chat("19:a/b@c;messageid=1%?#x"), text_message("x"))
    path = connector.asked[0].raw_path
    assert path == "/emea/v3/conversations/19%3Aa%2Fb%40c%3Bmessageid%3D1%25%3F%23x/activities"


@pytest.mark.parametrize(
    "service_url",
    [
        "https://mallory.example/",
        "https://127.0.0.1.mallory.example/",
        "https://127.0.0.1@mallory.example/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "",
        "https://[",
        "http://smba.trafficmanager.net/",
    ],
)
async def test_our_token_goes_to_no_host_but_those_on_the_list(service_url: str) -> None:
    async def never(*, fresh: bool = False) -> str:
        raise AssertionError("a token was asked for")

    channel = channel_with(token=never, service_hosts=("127.0.0.1", "smba.trafficmanager.net"))
    with pytest.raises(Misconfigured):
        await channel.update(service_url, "a:1", "1", text_message("x"))


async def test_what_our_token_is_refused_for_is_asked_once_more_with_one_of_now(
    channel: Channel, connector: Connector
) -> None:
    """A key was changed, a session revoked, a clock set right: what we hold is no good, and we cannot know."""
    connector.answers = [web.json_response({"error": {"code": "InvalidAuthenticationToken"}}, status=401)]
    assert await channel.send(connector.chat(), text_message("x")) == "1700"
    assert [r.headers["Authorization"] for r in connector.asked] == ["Bearer our-token", "Bearer our-newer-token"]


async def test_refused_with_a_token_of_now_it_is_the_operators_to_mend(channel: Channel, connector: Connector) -> None:
    refused = {"error": {"code": "InvalidAuthenticationToken"}}
    connector.answers = [web.json_response(refused, status=401) for _ in range(2)]
    with pytest.raises(Misconfigured, match="401"):
        await channel.send(connector.chat(), text_message("x"))
    assert len(connector.asked) == 2


async def test_a_redirect_is_not_followed(channel: Channel, connector: Connector) -> None:
    async with Connector() as elsewhere:
        for status in (301, 302, 307, 308):
            connector.answers = [web.Response(status=status, headers={"Location": f"{elsewhere.url}/steal"})]
            with pytest.raises(Misconfigured):
                await channel.send(connector.chat(), text_message("x"))
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_nothing_is_sent_a_second_time_by_itself(channel: Channel, connector: Connector, status: int) -> None:
    for send in (
        channel.send(connector.chat(), text_message("x")),
        channel.update(connector.chat().service_url, "a:1", "1", text_message("x")),
    ):
        connector.asked.clear()
        connector.answers = [web.Response(status=status, headers={"Retry-After": "3"})]
        with pytest.raises(Unavailable) as error:
            await send
        assert len(connector.asked) == 1
        assert isinstance(error.value, Throttled) == (status in (429, 503))


async def test_a_message_that_is_too_large_is_ours_to_mend(channel: Channel, connector: Connector) -> None:
    connector.answers = [web.json_response({"error": {"code": "MessageSizeTooBig"}}, status=413)]
    with pytest.raises(Mistaken):
        await channel.send(connector.chat(), text_message("x"))


async def test_a_connector_that_does_not_answer_is_given_up_at_the_deadline(connector: Connector) -> None:
    channel = channel_with(deadline_s=0.2)
    connector.answers = [None]
    with pytest.raises(Unavailable):
        await channel.send(connector.chat(), text_message("x"))
    assert await channel.send(connector.chat(), text_message("y")) == "1700"
    await channel.close()


async def test_nobody_there_is_unavailable(channel: Channel) -> None:
    async with Connector() as gone:
        chat = gone.chat()
    with pytest.raises(Unavailable):
        await channel.send(chat, text_message("x"))


async def test_slow_answers_hold_up_neither_the_loop_nor_its_threads(channel: Channel, connector: Connector) -> None:
    connector.answers = [None] * 40
    threads = threading.active_count()
    several = [connector.chat(f"a:{n}") for n in range(40)]  # one chat takes fewer at once
    waiting = [asyncio.create_task(channel.send(each, text_message("x"))) for each in several]
    async with asyncio.timeout(20):
        while len(connector.bodies) < 40:
            await asyncio.to_thread(lambda: None)
    assert threading.active_count() <= threads + 2
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_answer_without_an_id_is_taken(channel: Channel, connector: Connector) -> None:
    connector.answers = [web.Response(status=202), web.json_response({}, status=200)]
    for _ in range(2):
        assert await channel.send(connector.chat(), text_message("x")) == ""


# ---------------------------------------------------------------- our token


class TestTokensByMsal:
    @pytest.fixture
    def trust(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        laid_out = certificates.lay_out(tmp_path / "certificates")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(laid_out.bundle))
        return laid_out.folder

    async def test_one_token_serves_many_messages(self, trust: Path) -> None:
        made: list[Any] = []
        async with teams_world(certificates=trust) as world:

            def make() -> msal.ConfidentialClientApplication:
                made.append(
                    msal.ConfidentialClientApplication(
                        chats.app_id(world.tenant),
                        client_credential=world.tenant.place.app_secret,
                        authority=f"{world.server.https_url}/{world.tenant.ministry['tenant_id']}",
                        instance_discovery=False,
                    )
                )
                return made[-1]

            source = msal_tokens(make)
            assert made == [], "nothing is asked before the first message"
            channel = world.channel(source)
            chat = world.install("huda@ministry.example")
            await asyncio.gather(*(channel.send(chat, text_message(str(n))) for n in range(5)))
            assert len(await world.messages("huda@ministry.example")) == 5
            (before,) = {await source() for _ in range(5)}
            assert len(made) == 1
            await world.ask("POST", "/sandbox/clock", {"advance_s": 5})
            assert await source(fresh=True) != before, "what msal keeps is no token of now"

    async def test_a_wrong_secret_is_the_operators_to_mend(self, trust: Path) -> None:
        async with teams_world(certificates=trust) as world:
            source = msal_tokens(
                lambda: msal.ConfidentialClientApplication(
                    chats.app_id(world.tenant),
                    client_credential="wrong",
                    authority=f"{world.server.https_url}/{world.tenant.ministry['tenant_id']}",
                    instance_discovery=False,
                )
            )
            with pytest.raises(Misconfigured, match="AADSTS7000215"):
                await source()

    async def test_an_authority_out_of_reach_is_asked_again_later(self) -> None:
        def nobody() -> msal.ConfidentialClientApplication:
            return msal.ConfidentialClientApplication(
                APP_ID, client_credential="x", authority="https://127.0.0.1:1/t", instance_discovery=False
            )

        with pytest.raises(Unavailable):
            await msal_tokens(nobody)()

    async def test_an_authority_without_tls_is_the_operators_to_mend(self) -> None:
        def plain() -> msal.ConfidentialClientApplication:
            return msal.ConfidentialClientApplication(
                APP_ID, client_credential="x", authority="http://127.0.0.1:1/t", instance_discovery=False
            )

        with pytest.raises(Misconfigured):
            await msal_tokens(plain)()


def test_the_json_of_a_card_is_what_its_size_was_counted_from() -> None:
    for name, draw in SAMPLES.items():
        assert json.loads(json.dumps(draw("ar"), ensure_ascii=False)) == draw("ar"), name
