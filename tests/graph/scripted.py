"""A server that answers what a test wrote down, one answer for each request."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from graph.client import GraphClient, Manners


@dataclass(frozen=True, slots=True)
class Say:
    """An answer: `cut` promises more bytes than come; `nothing` closes the connection; `never` lets the caller wait."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    nothing: bool = False
    never: bool = False


def error(status: int, code: str = "", **headers: str) -> Say:
    body = f'{{"error":{{"code":"{code}","message":"whatever"}}}}'.encode() if code else b""
    return Say(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it came."""

    method: str
    path: str  # with its query, as on the wire
    headers: dict[str, str]
    body: bytes


class Script:
    """What is to be answered, in its order; the last answer stands for all that follow."""

    def __init__(self, *answers: Say) -> None:
        self.answers = list(answers) or [Say()]
        self.asked: list[Asked] = []
        self.at_work = self.most_at_work = 0
        self.gate: asyncio.Event | None = None  # while it is not set, nobody is answered
        self.arrived = asyncio.Semaphore(0)  # released by every request that comes in
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.raw_path, headers, await request.read()))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.arrived.release()
        try:
            if self.gate is not None:
                await self.gate.wait()
            say = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            return await self._say(request, say)
        finally:
            self.at_work -= 1

    async def _say(self, request: web.BaseRequest, say: Say) -> web.StreamResponse:
        assert request.transport is not None
        if say.never:
            await asyncio.Event().wait()
        if say.nothing:
            request.transport.abort()
            return web.Response()
        if not say.cut:
            return web.Response(status=say.status, body=say.body, headers=say.headers)
        answer = web.StreamResponse(
            status=say.status, headers={**say.headers, "content-length": str(len(say.body) + 9)}
        )
        await answer.prepare(request)
        await answer.write(say.body)
        request.transport.abort()
        return answer


@asynccontextmanager
async def scripted(*answers: Say) -> AsyncIterator[Script]:
    """A server on a free port, and its end."""
    script = Script(*answers)
    server = web.Server(script.handle)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    script.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield script
    finally:
        await runner.cleanup()


class Tokens:
    """Numbered tokens; a fresh one has the next number."""

    def __init__(self) -> None:
        self.number = 1

    async def __call__(self, scope: str, *, fresh: bool = False) -> str:
        self.number += fresh
        return f"token-{self.number}"


@asynccontextmanager
async def asking(
    *answers: Say, manners: Manners | None = None, make: Callable[..., GraphClient] = GraphClient
) -> AsyncIterator[tuple[GraphClient, Script]]:
    """A client and the server that it asks."""
    async with scripted(*answers) as script:
        client = make(f"{script.url}/v1.0", Tokens(), manners=manners)
        try:
            yield client, script
        finally:
            await client.close()
