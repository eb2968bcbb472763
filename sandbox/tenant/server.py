################################################################
# The tenant's HTTP skin: two sockets, the page, and the hands that carry deliveries
################################################################
#
# Rule 1: what an answer is, the tenant decides; here it is only put on the wire.
# Rule 2: one clock: the machine's plus the tenant's offset. What is due is waited for, not polled.
# Rule 3: loopback only.

import asyncio
import base64
import json
import logging
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.tenant import batch, faults
from sandbox.tenant.controls import offset_s
from sandbox.tenant.limits import MAILBOX_CONCURRENCY
from sandbox.tenant.mail.access import crowded, slot
from sandbox.tenant.services import bring_samples, open_tenant
from sandbox.tenant.tenant import SPARED, Place, Tenant, service_of
from sandbox.tenant.wire import HELD, NO_ANSWER, Job, Request, Response

LOG = logging.getLogger("tenant")

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "sandbox" / "page"
VENDOR = {
    "/vendor/adaptivecards.min.js": "adaptivecards/dist/adaptivecards.min.js",
    "/vendor/adaptivecards.css": "adaptivecards/dist/adaptivecards.css",
    "/vendor/markdown-it.min.js": "markdown-it/dist/browser/markdown-it.umd.min.js",
}
LARGEST_BODY = 160 * 1024 * 1024
CARRIED_AT_ONCE = 16
HELD_LOOK_S = 0.05
DRIPS = 40  # pieces of a body that drips
RECORDED_BYTES = 256 * 1024  # a longer body is left out of the record
LEFT_TO_AIOHTTP = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Options:
    """How the tenant is to be served. A port of 0 takes any free one."""

    port: int = 8400
    tls_port: int = 8443
    certificates: Path | None = None  # a folder with server.pem; without it nothing is served over TLS
    folder: Path | None = None
    fresh: bool = False
    place: Place = field(default_factory=Place)
    # How long a mailbox call takes at least: without it no two would ever be at work at the same time.
    mailbox_call_s: float = 0.01
    # A file to which every Graph call of the product is added, one JSON object a line, for tests to judge.
    exchanges: Path | None = None


class Server:
    """A tenant on two sockets: plain HTTP, and the same over TLS."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._sockets = [_listen(options.port)]
        self.http_url = f"http://127.0.0.1:{self._sockets[0].getsockname()[1]}"
        self.https_url = options.place.https_url
        if options.certificates is not None:
            self._sockets.append(_listen(options.tls_port))
            self.https_url = f"https://127.0.0.1:{self._sockets[1].getsockname()[1]}"
        place = replace(options.place, http_url=self.http_url, https_url=self.https_url)
        self.tenant: Tenant = open_tenant(options.folder, place, fresh=options.fresh)
        bring_samples(self.tenant, self.now())
        self._wake = asyncio.Event()
        self._hands = asyncio.Semaphore(CARRIED_AT_ONCE)
        self._carrying: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=offset_s(self.tenant))

    async def run(self, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
        """Serve until *stop* is set; *ready* is set once both sockets answer."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        async with aiohttp.ClientSession(auto_decompress=False) as self._net:
            await web.SockSite(runner, self._sockets[0]).start()
            if self._options.certificates is not None:
                tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                tls.load_cert_chain(self._options.certificates / "server.pem")
                await web.SockSite(runner, self._sockets[1], ssl_context=tls).start()
            carrier = asyncio.create_task(self._carry_what_is_due())
            stopped = asyncio.create_task(stop.wait())
            if ready is not None:
                ready.set()
            try:
                await asyncio.wait((carrier, stopped), return_when=asyncio.FIRST_COMPLETED)
                if carrier.done():
                    carrier.result()  # raises what ended it: without it nothing would be carried any more
            finally:
                tasks = [carrier, stopped, *self._carrying]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await runner.cleanup()
                self.tenant.world.close()

    async def _serve(self, asked: web.Request) -> web.StreamResponse:
        if asked.method in ("GET", "HEAD") and (file := page_file(asked.path)) is not None:
            return web.FileResponse(file, headers={"Cache-Control": "no-cache"})
        headers = {name.lower(): value for name, value in asked.headers.items()}
        url = f"{asked.scheme}://{asked.host}{asked.raw_path}"
        request = Request(asked.method, url, headers, await asked.read())
        answer = await self._answer(request)
        if self._options.exchanges is not None and service_of(request.path) == "graph" and SPARED not in headers:
            with self._options.exchanges.open("a") as lines:
                lines.write(json.dumps(_recorded(request, answer)) + "\n")
        if answer is HELD:
            await self._hold(asked)
        if answer.status == NO_ANSWER.status:
            if asked.transport is not None:
                asked.transport.abort()
            return web.Response()
        sent = {name: value for name, value in answer.headers.items() if name not in LEFT_TO_AIOHTTP}
        if answer.cut or answer.drip_s:
            return await _drip(asked, answer, sent)
        return web.Response(status=answer.status, headers=sent, body=answer.body)

    async def _hold(self, asked: web.Request) -> None:
        """Keep the caller waiting until they are gone or the faults are set anew."""
        rules = faults.rules(self.tenant.world)
        while asked.transport is not None and faults.rules(self.tenant.world) is rules:  # noqa: ASYNC110 (who goes, rings nobody)
            await asyncio.sleep(HELD_LOOK_S)

    async def _answer(self, request: Request) -> Response:
        now = self.now()
        if batch.is_batch(request):
            return await self._answer_batch(request, now)
        bucket = slot(self.tenant, request, now)
        if bucket is None:
            return await self._handled(request, now)
        if not self.tenant.limits.enter(bucket, MAILBOX_CONCURRENCY):
            return self.tenant.signed(crowded(), request, now)
        try:
            await asyncio.sleep(self._options.mailbox_call_s)
            return await self._handled(request, self.now())
        finally:
            self.tenant.limits.leave(bucket)

    async def _answer_batch(self, request: Request, now: datetime) -> Response:
        held, request = batch.enter(self.tenant, request, now)
        try:
            await asyncio.sleep(self._options.mailbox_call_s if held else 0)
            return await self._handled(request, self.now())
        finally:
            for bucket in held:
                self.tenant.limits.leave(bucket)

    async def _handled(self, request: Request, now: datetime) -> Response:
        try:
            answer: Response = await self._walk(self.tenant.handle(request, now))
        except Exception:
            LOG.exception("%s %s", request.method, request.path)
            answer = Response(500)
        self._wake.set()
        return answer

    async def _walk(self, steps: Generator[Request | Job, Response, Any]) -> Any:
        """Put each request that is yielded to the product, and return what the walk ends with."""
        try:
            asked = next(steps)
            while True:
                asked = steps.send(await self._ask(asked))
        except StopIteration as done:
            return done.value

    async def _ask(self, request: Request | Job) -> Response:
        if isinstance(request, Job):
            return await asyncio.to_thread(request.run)
        try:
            async with self._net.request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                timeout=aiohttp.ClientTimeout(total=request.timeout_s),
                allow_redirects=False,
            ) as told:
                headers = {name.lower(): value for name, value in told.headers.items()}
                return Response(told.status, headers, await told.read())
        except (aiohttp.ClientError, TimeoutError, ValueError) as why:
            LOG.info("%s %s: no answer (%r)", request.method, request.url, why)
            return NO_ANSWER

    async def _carry_what_is_due(self) -> None:
        deliveries = self.tenant.deliveries
        while True:
            now = self.now()
            while (key := deliveries.take_due(now)) is not None:
                task = asyncio.create_task(self._carry(key))
                self._carrying.add(task)
                task.add_done_callback(self._carrying.discard)
            due = deliveries.next_due()
            self._wake.clear()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, (due - now).total_seconds())):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _carry(self, key: str) -> None:
        async with self._hands:
            try:
                await self._walk(self.tenant.deliveries.carry(key, self.now()))
            except Exception:
                LOG.exception("delivery %s", key)
        self._wake.set()


async def _drip(asked: web.Request, answer: Response, headers: dict[str, str]) -> web.StreamResponse:
    """Send a little of the body at a time, all in all over `drip_s`; of one that is cut only the half."""
    told = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(answer.body))})
    await told.prepare(asked)
    body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
    piece = max(1, len(body) // DRIPS)
    for start in range(0, len(body), piece):
        await told.write(body[start : start + piece])
        await asyncio.sleep(answer.drip_s / DRIPS)
    if answer.cut and asked.transport is not None:
        asked.transport.close()
    return told


def _recorded(request: Request, answer: Response) -> dict[str, Any]:
    """A call as it was asked and answered, without the token; bodies in Base64, null where they are too long."""

    def body(whole: bytes) -> str | None:
        return base64.b64encode(whole).decode() if len(whole) <= RECORDED_BYTES else None

    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
        "body": body(request.body),
        "status": answer.status,
        "answer_headers": dict(answer.headers),
        "answer_body": body(answer.body),
        "spoilt": answer.spoilt,
    }


def page_file(path: str) -> Path | None:
    """The file of the page that a path names, or None for what is no part of it."""
    if path in VENDOR:
        return next((f for f in [ROOT / "node_modules" / VENDOR[path]] if f.is_file()), None)
    file = (PAGE / ("index.html" if path == "/" else path.lstrip("/"))).resolve()
    return file if file.is_relative_to(PAGE) and file.is_file() else None


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
