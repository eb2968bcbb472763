"""Links that open themselves: followed to the hosts of the list, with nothing of ours, and to their end or limit."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from graph.downloads import LinkedFiles
from registry.errors import Throttled, Unavailable
from service.ports import NotFetched

HOSTS = ("ministry-my.sharepoint.com", "ministry.sharepoint.com")
TARGETS = (
    *("169.254.169.254", "127.0.0.1", "localhost", "[::1]", "[::ffff:169.254.169.254]", "0.0.0.0", "2130706433"),
    *("0x7f.1", "017700000001", "evil.example", "metadata.google.internal", "ministry.sharepoint.com.evil.example"),
    *("evilministry.sharepoint.com", "ministry.sharepoint.com.", "xn--mnistry-5va.sharepoint.com", "MINISTRY", ""),
    *(
        "ministry.sharepoint.com%2eevil.example",
        "ministry.sharepoint.com%00.evil.example",
        "10.0.0.1",
        "[fe80::1%25lo]",
    ),
)
SHAPES: tuple[Callable[[str, str], str], ...] = (
    lambda host, good: f"https://{host}/file",
    lambda host, good: f"http://{host}/file",
    lambda host, good: f"https://{good}@{host}/file",
    lambda host, good: f"https://{good}:x@{host}/file",
    lambda host, good: f"https://{host}\\@{good}/file",
    lambda host, good: f"https://{good}\\@{host}/file",
    lambda host, good: f"https://{good}%40{host}/file",
    lambda host, good: f"https:\\\\{host}/file",
    lambda host, good: f"//{host}/file",
    lambda host, good: f"https://{host}#@{good}/file",
    lambda host, good: f"https://{host}?@{good}/file",
    lambda host, good: f"\thttps://{host}/{good}",
    lambda host, good: f"https://{host}\r\nHost: {good}/file",
    lambda host, good: f"http://{good}/file",
    lambda host, good: f"https://{good}:8443/{host}",
    lambda host, good: f"https://user@{good}/{host}",
    lambda host, good: f"ftp://{good}/{host}",
    lambda host, good: f"file://{good}/etc/passwd?{host}",
    lambda host, good: f"gopher://{host}:70/_{good}",
    lambda host, good: f"javascript:fetch('https://{host}/')//{good}",
    lambda host, good: f"https://{good.replace('i', 'ı')}/{host}",
    lambda host, good: f"https://{good} .{host}/",
    lambda host, good: f"https:///{good}/{host}",
    lambda host, good: f"https:{host}/{good}",
    lambda host, good: f"https://{good}.{host}/file",
)


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Any]) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A server on this machine; its address, and what it was asked."""
    asked: list[web.Request] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        told = answer(request)
        return await told if asyncio.iscoroutine(told) else told

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}", asked  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


async def test_of_five_hundred_hostile_links_none_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    async def connect(self: Any, request: Any, *_: Any, **__: Any) -> Any:
        connected.append(request.url)
        raise aiohttp.ClientConnectionError("counted")

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connect)
    chance, files = random.Random(10), LinkedFiles(HOSTS)
    tried = {shape(host, good) for shape in SHAPES for host in TARGETS for good in HOSTS}
    hostile = chance.sample(sorted(tried - {f"https://{good}/file" for good in HOSTS}), 500)
    for link in (*hostile, *SHAPES_ALL_OF_ONE):
        with pytest.raises(NotFetched) as why:
            await files.fetch(link, 10)
        assert why.value.reason == "file.elsewhere", link
    assert connected == []
    for link in ("https://ministry.sharepoint.com/file", "https://Ministry-My.SharePoint.com:443/file?a=%2F"):
        with pytest.raises(Unavailable):  # the negative control: these are followed, and counted
            await files.fetch(link, 10)
    assert len(connected) == 2
    await files.close()


SHAPES_ALL_OF_ONE = [shape("169.254.169.254", HOSTS[0]) for shape in SHAPES[:4]]


async def test_no_token_cookie_or_referrer_goes_along() -> None:
    def answer(request: web.Request) -> web.Response:
        told = web.Response(body=b"%PDF")
        told.set_cookie("a", "b")
        return told

    files = LinkedFiles(("127.0.0.1",))
    async with serving(answer) as (url, asked):
        for _ in range(2):
            assert await files.fetch(f"{url}/f?tempauth=%2Fx%3D", 10) == b"%PDF"
        assert asked[1].raw_path == "/f?tempauth=%2Fx%3D"
        assert {name.lower() for name in asked[1].headers} <= {"host", "accept", "accept-encoding", "user-agent"}
    await files.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    files = LinkedFiles(("127.0.0.1",))
    async with serving(lambda r: web.Response(status=status, headers={"location": "/elsewhere"})) as (url, asked):
        with pytest.raises(Unavailable):
            await files.fetch(f"{url}/f", 10)
        assert [r.path for r in asked] == ["/f"]
    await files.close()


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, {}, NotFetched("file.gone")),
        (403, {}, NotFetched("file.gone")),
        (404, {}, NotFetched("file.gone")),
        (410, {}, NotFetched("file.gone")),
        (429, {"retry-after": "3"}, Throttled(3)),
        (503, {}, Unavailable("503")),
        (504, {}, Unavailable("504")),
        (200, {"content-encoding": "gzip"}, Unavailable("packed")),
    ],
)
async def test_what_is_no_file_is_said_by_whose_turn_it_is(
    status: int, headers: dict[str, str], error: Exception
) -> None:
    files = LinkedFiles(("127.0.0.1",))
    async with serving(lambda r: web.Response(status=status, headers=headers, body=b"x")) as (url, _):
        with pytest.raises(type(error)) as why:
            await files.fetch(f"{url}/f", 10)
        assert getattr(why.value, "reason", "") == getattr(error, "reason", "")
    await files.close()


async def test_a_file_is_read_to_its_limit_and_no_further_and_by_its_deadline() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        told = web.StreamResponse()
        await told.prepare(request)
        while True:
            try:
                await told.write(bytes(64 * 1024))
            except ConnectionError:
                return told

    async def dripping(request: web.Request) -> web.StreamResponse:
        told = web.StreamResponse()
        await told.prepare(request)
        await told.write(b"x")
        await asyncio.sleep(30)
        return told

    files = LinkedFiles(("127.0.0.1",), deadline_s=0.3)
    async with serving(endless) as (url, _):
        with pytest.raises(NotFetched, match="too_large"):
            await files.fetch(f"{url}/f", 200_000)
    async with serving(dripping) as (url, _):
        with pytest.raises(Unavailable):
            await files.fetch(f"{url}/f", 200_000)
    await files.close()


async def test_without_hosts_nothing_is_fetched() -> None:
    with pytest.raises(NotFetched, match="elsewhere"):
        await LinkedFiles(()).fetch("https://ministry.sharepoint.com/f", 10)
