"""Microsoft's own bot library uses the sandbox's Bot Connector over HTTP, and believes its channel."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import ChannelValidation, JwtTokenValidation, SimpleCredentialProvider
from msrest.authentication import BasicTokenAuthentication
from msrest.exceptions import HttpOperationError

from sandbox.tenant import presses, teams, tokens
from sandbox.tenant.server import Options, Server
from tests.sandbox.teams_desk import ADAPTIVE_CARD, CARD, DECIDED, HUDA, MINISTRY, oid

APP_ID = MINISTRY["app"]["app_id"]


class Line:
    """A tenant on a free port, and a client of Microsoft's at the other end."""

    def __init__(self, server: Server, net: aiohttp.ClientSession) -> None:
        self.server, self.net = server, net
        self.client: Any = None

    async def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with self.net.request(method, self.server.http_url + path, json=body, headers=headers) as answer:
            raw = await answer.read()
            return (await answer.json()) if raw else {}

    async def install(self, upn: str) -> None:
        now = datetime.now(UTC)
        token = tokens.issue_to_app(self.server.tenant, tokens.GRAPH, MINISTRY["app"]["roles"], now)
        app = teams.catalogue_id(self.server.tenant)
        binding = {"teamsApp@odata.bind": f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{app}"}
        await self.call("POST", f"/v1.0/users/{upn}/teamwork/installedApps", binding, token)

    async def messages(self, upn: str) -> list[dict[str, Any]]:
        return list((await self.call("GET", f"/sandbox/teams/{upn}/chats"))[0]["messages"])

    async def open_chat(self, upn: str) -> str:
        parameters = ConversationParameters(
            is_group=False,
            bot=ChannelAccount(id=f"28:{APP_ID}"),
            members=[ChannelAccount(id=oid(upn))],
            tenant_id=MINISTRY["tenant_id"],
            channel_data={"tenant": {"id": MINISTRY["tenant_id"]}},
        )
        return str((await self.client.conversations.create_conversation(parameters)).id)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    server, stop, ready = Server(Options(port=0)), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(server.run(stop, ready))
    await ready.wait()
    async with aiohttp.ClientSession() as net:
        made = Line(server, net)
        form = {"grant_type": "client_credentials", "client_id": APP_ID, "scope": f"{tokens.CONNECTOR}/.default"}
        form["client_secret"] = server.tenant.place.app_secret
        async with net.post(f"{server.http_url}/{MINISTRY['tenant_id']}/oauth2/v2.0/token", data=form) as told:
            token = await told.json()
        made.client = ConnectorClient(BasicTokenAuthentication(token), base_url=f"{server.http_url}/")
        yield made
    stop.set()
    await running


def card(content: dict[str, Any]) -> Activity:
    return Activity(type="message", attachments=[Attachment(content_type=ADAPTIVE_CARD, content=content)])


async def test_it_opens_a_chat_and_sends_replaces_answers_and_deletes_cards_there(line: Line) -> None:
    await line.install(HUDA)
    chat = await line.open_chat(HUDA)
    conversations = line.client.conversations

    sent = await conversations.send_to_conversation(chat, card(CARD))
    assert [m["card"] for m in await line.messages(HUDA)] == [CARD]

    await conversations.update_activity(chat, sent.id, card(DECIDED))
    assert [m["card"] for m in await line.messages(HUDA)] == [DECIDED]

    await conversations.reply_to_activity(chat, sent.id, Activity(type="message", text="تم"))
    await conversations.send_to_conversation(chat, Activity(type="typing"))
    assert [m["text"] for m in await line.messages(HUDA)] == ["", "تم"]

    await conversations.delete_activity(chat, sent.id)
    assert [m["text"] for m in await line.messages(HUDA)] == ["تم"]


async def test_it_reads_the_one_member_of_a_personal_chat(line: Line) -> None:
    await line.install(HUDA)
    chat = await line.open_chat(HUDA)
    (member,) = await line.client.conversations.get_conversation_members(chat)
    paged = await line.client.conversations.get_conversation_paged_members(chat)
    assert (member.aad_object_id, member.name) == (oid(HUDA), "هدى العلي")
    assert [each.id for each in paged.members] == [member.id]


async def test_it_is_told_that_the_app_is_not_installed(line: Line) -> None:
    with pytest.raises(HttpOperationError) as refused:
        await line.open_chat(HUDA)
    assert refused.value.response.status_code == 403
    told: Any = refused.value.error
    assert told.error.code == "ForbiddenOperationException"


async def test_it_believes_an_activity_of_the_channel_and_none_whose_service_url_was_changed(line: Line) -> None:
    await line.install(HUDA)
    tenant, now = line.server.tenant, datetime.now(UTC)
    chat = {"id": await line.open_chat(HUDA)}
    person = {"id": oid(HUDA), "name": "هدى", "language": "ar-KW"}
    told = presses.activity_from(tenant, chat, person, now, id="1", type="message", text="مساعدة")
    request = presses.to_bot(tenant, told, now)

    async def believed(activity: Activity) -> bool:
        claims = await JwtTokenValidation.authenticate_request(
            activity, request.headers["authorization"], SimpleCredentialProvider(APP_ID, "")
        )
        return bool(claims.is_authenticated)

    before = ChannelValidation.open_id_metadata_endpoint
    ChannelValidation.open_id_metadata_endpoint = f"{line.server.http_url}/botframework/.well-known/openidconfiguration"
    try:
        assert await believe_in_a_thread(believed, Activity().deserialize(told))
        with pytest.raises(PermissionError):
            await believe_in_a_thread(believed, Activity().deserialize(told | {"serviceUrl": "http://elsewhere/"}))
    finally:
        ChannelValidation.open_id_metadata_endpoint = before


async def believe_in_a_thread(believed: Any, activity: Activity) -> bool:
    """The library fetches the channel's keys with a blocking client, while our server needs this thread."""
    return await asyncio.to_thread(lambda: asyncio.run(believed(activity)))
