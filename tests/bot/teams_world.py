"""A tenant of the sandbox over HTTP, served in the test's own loop: installs, chats, refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import aiohttp

from bot.channel import Channel, TokenSource
from sandbox.tenant import chats, tokens
from sandbox.tenant.server import Options, Server
from sandbox.tenant.tenant import Place
from service.ports import Conversation
from tests.described import hold

type Json = dict[str, Any]


class TeamsWorld:
    """The tenant, and a channel to it. The app is installed for people by `install`."""

    def __init__(self, server: Server, net: aiohttp.ClientSession) -> None:
        self.server, self.tenant, self._net = server, server.tenant, net
        self.channels: list[Channel] = []

    def channel(self, token: TokenSource | None = None, **how: Any) -> Channel:
        plain: Json = {
            "app_id": chats.app_id(self.tenant),
            "tenant_id": self.tenant.ministry["tenant_id"],
            "token": token or self.token,
            "openid_metadata_url": f"{self.server.http_url}/botframework/.well-known/openidconfiguration",
            "service_hosts": ("127.0.0.1",),
        }
        self.channels.append(Channel(**plain | how))
        return self.channels[-1]

    async def token(self, *, fresh: bool = False) -> str:
        return tokens.issue_to_app(self.tenant, tokens.CONNECTOR, [], self.server.now())

    def person(self, upn: str) -> str:
        someone = chats.person(self.tenant, upn)
        assert someone is not None
        return str(someone["id"])

    def install(self, upn: str) -> Conversation:
        """Install the app; the bot's chat with that person."""
        person = self.person(upn)
        chats.install(self.tenant, person, self.server.now())
        return Conversation(
            person=person,
            conversation_id=chats.chat_id(self.tenant, person),
            service_url=f"{self.server.http_url}/",
            user_mri=chats.mri(self.tenant, person),
            bot_id=chats.bot(self.tenant)["id"],
        )

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self._net.request(method, f"{self.server.http_url}{path}", json=body) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def refuse(self, upn: str, code: str | None, times: int | None = None) -> None:
        await self.ask("POST", f"/sandbox/teams/{upn}/refusal", {"code": code, "times": times})

    async def messages(self, upn: str) -> list[Json]:
        """What stands in the person's chat with the bot, oldest first."""
        shown: list[Json] = (await self.ask("GET", f"/sandbox/teams/{upn}/chats"))[0]["messages"]
        return shown


@asynccontextmanager
async def teams_world(
    host_url: str = "http://127.0.0.1:1", certificates: Path | None = None
) -> AsyncIterator[TeamsWorld]:
    """Serve a tenant on free ports; it brings activities to *host_url*. What Graph is asked and answers is judged."""
    place, exchanges = Place(host_url=host_url), Path(mkdtemp(prefix="tarasul-tests-")) / "exchanges.jsonl"
    how = Options(port=0, tls_port=0, certificates=certificates, place=place, mailbox_call_s=0, exchanges=exchanges)
    server = Server(how)
    stop, ready = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(server.run(stop, ready))
    async with aiohttp.ClientSession() as net:
        await ready.wait()
        world = TeamsWorld(server, net)
        try:
            yield world
        finally:
            for channel in world.channels:
                await channel.close()
            stop.set()
            await running
    hold(exchanges)
