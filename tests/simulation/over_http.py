################################################################
# A day over HTTP: the product's own Graph client, the sandbox's tenant, sockets, and a clock that jumps
################################################################
#
# Rule 1: mail and subscriptions go over the loopback, both ways: what we ask Graph, and how Graph rings at our doors.
#         What goes wrong on the way is the tenant's doing. Chats, the archive and the database are those of any day.
# Rule 2: time jumps only when nothing is on its way over a socket.
# Rule 3: the same laws. The world of the tenant is looked at from within, spared its faults.

import asyncio
import json
import selectors
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

from aiohttp import web

from graph.client import GraphClient, Manners
from graph.mailbox import KEY, OutlookMailbox
from graph.notifications import client_state, read_hints, read_lifecycle
from graph.subscriptions import GraphSubscriptions
from graph.turns import Alone
from graph.wire import Answer, Ask
from sandbox.tenant import services
from sandbox.tenant.server import Options, Server
from sandbox.tenant.tenant import Place
from sandbox.tenant.wire import Request, Response
from tests.fakes.archive import FakeArchive
from tests.fakes.shared_files import FakeSharedFiles
from tests.graph.world import Judge
from tests.simulation.day import Day
from tests.simulation.outside import Chats, Installs, Outside, Truth
from tests.simulation.virtual import Deadlock, VirtualLoop
from tests.simulation.weather import Weather
from tests.values import MAILBOX, SECOND_MAILBOX

_BOXES = (MAILBOX, SECOND_MAILBOX)
_STATE_KEY = "the key of a simulated day"
_ON_ITS_WAY_S = 0.0002  # real seconds in which what was sent over the loopback comes, as a rule
_LOOKS = 3

# What goes wrong on the way, by the names of sandbox/tenant/faults.py: whom it strikes, and what is said with it.
ON_THE_WIRE: dict[str, tuple[str, dict[str, Any]]] = {
    "429": ("graph", {}),
    "503": ("graph", {}),
    "504": ("graph", {}),
    "504_after": ("graph", {}),
    "lost": ("graph", {}),
    "reset": ("graph", {}),
    "half": ("graph", {}),
    "cut": ("graph", {}),
    "drip": ("graph", {}),
    "proxy": ("graph", {}),
    "nothing": ("graph", {}),
    "401": ("GET */messages/delta", {}),  # an effect that meets it waits for an operator: no day heals that
    "409": ("POST /v1.0/subscriptions", {}),
    "410": ("GET */messages/delta", {}),
    "412": ("PATCH */messages/*", {}),
    "507": ("GET */messages/delta", {}),
    "empty_page": ("graph", {}),
    "replay": ("graph", {}),
    "double": ("notifications", {"s": 5}),
    "shuffle": ("notifications", {"s": 30}),
    "drop": ("notifications", {}),
    "delay": ("notifications", {"s": 300}),
}
_HERE = (
    *("mail moved", "mail deleted", "subscription lost", "clock skew", "crash", "database down", "commit unanswered"),
    *("queue doubles", "queue late", "queue loses", "press doubled", "press late", "app removed", "chat unknown"),
    *("archive down", "reauthorization"),
)


class _Sockets(selectors.DefaultSelector):
    """Where the loop would wait and nothing is on its way, its clock jumps."""

    loop: "WebLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.on_their_way and timeout is None:
            ready = super().select(5)
        for _ in range(_LOOKS if self.loop.on_their_way else 0):
            if not ready:
                time.sleep(_ON_ITS_WAY_S)
                ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock("everybody waits")
        if not ready and timeout is not None:
            self.loop.now_s += max(timeout, 0)
        return ready


class WebLoop(asyncio.SelectorEventLoop):
    """As VirtualLoop, with sockets. `on_their_way` counts the calls that were not answered yet."""

    def __init__(self, rng: Random) -> None:
        sockets = _Sockets()
        super().__init__(sockets)
        sockets.loop, self.now_s, self._rng, self.on_their_way = self, 0.0, rng, 0

    def time(self) -> float:
        return self.now_s

    to_thread = VirtualLoop.to_thread
    run_in_executor = VirtualLoop.run_in_executor  # type: ignore[assignment]
    sleep = staticmethod(asyncio.sleep)  # other threads sleep too

    async def counting[T](self, call: Any) -> T:
        self.on_their_way += 1
        try:
            told: T = await call
            return told
        finally:
            self.on_their_way -= 1


class _Client(GraphClient):
    """The product's, whose calls are counted while they are on their way."""

    loop: WebLoop

    async def answer(self, ask: Ask) -> Answer:
        return await self.loop.counting(super().answer(ask))


class TenantBox(OutlookMailbox):
    """A registry mailbox by Graph, and as it is looked at from within the tenant."""

    def __init__(self, graph: GraphClient, address: str, world: "OverHttp") -> None:
        super().__init__(graph, address, clock=world.clock)
        self._world = world

    def ids_in(self, folder: str) -> set[str]:
        return {item["id"] for item in self._in(folder, "$select=id")}

    @property
    def sent(self) -> dict[str, Any]:
        return self._keyed("sentitems")

    @property
    def drafts(self) -> dict[str, Any]:
        return self._keyed("drafts")

    def _keyed(self, folder: str) -> dict[str, Any]:
        """What lies in *folder* and bears our key, as the laws look at replies."""
        ours = quote(f"singleValueExtendedProperties($filter=id eq '{KEY}')", safe="$()=")
        found = self._in(folder, f"$select=id&$expand={ours}")
        with_key = {item["id"]: item.get("singleValueExtendedProperties", ()) for item in found}
        return {i: SimpleNamespace(key=p[0]["value"]) for i, p in with_key.items() if p}

    def _in(self, folder: str, query: str) -> list[dict[str, Any]]:
        path = f"/users/{self.address}/mailFolders/{folder}/messages?$top=1000&{query}"
        found: list[dict[str, Any]] = self._world.within("GET", f"/v1.0{path}")["value"]
        return found


class OverHttp(Outside):
    """The world of a day whose mailboxes are the tenant's."""

    def __init__(self, day: "HttpDay", server: Server, door: str) -> None:
        self.rng, self.weather, self.clock = day.rng, day.weather, day.now
        self.wire = Weather(day.rng, {})  # nothing but what the tenant does
        self.server, self._token, self._token_at = server, "", datetime.min.replace(tzinfo=day.now().tzinfo)
        self.judge = Judge()
        base, traces = f"{server.http_url}/v1.0", [self.judge.trace()]
        manners = Manners(page=7)
        turns = Alone(manners.at_once, manners.at_once_elsewhere, day.now)
        self.client = _Client(base, self._give_token, manners=manners, traces=traces, turns=turns)
        self.client.loop = day.loop
        self.boxes = {a: TenantBox(self.client, a, self) for a in _BOXES}  # type: ignore[assignment, misc]
        self.chats = Chats()
        self.installs = Installs(self.chats, day.people.introduced)
        self.archive, self.shared = FakeArchive(), FakeSharedFiles()
        self.truths: list[Truth] = []
        self.subscriptions = GraphSubscriptions(  # type: ignore[assignment]
            self.client,
            f"{door}/notifications",
            f"{door}/lifecycle",
            partial(client_state, _STATE_KEY, epoch=1),
            day.now,
        )
        self._cases = {a: self._new_folder(a) for a in _BOXES}

    # ------------------------------------------------------------ what the world does

    def arrive(self, mailbox: str, raw: bytes, letter: str, must_be: frozenset[str]) -> Truth:
        dmarc = "fail" if "quarantined" in must_be else "pass"
        told = self.within("POST", "/sandbox/mail", raw, {"x-mailbox": mailbox, "x-sandbox-dmarc": dmarc})
        truth = Truth(mailbox, letter, must_be, [told["id"]], told["internet_message_id"])
        self.truths.append(truth)
        return truth

    def move(self, truth: Truth) -> None:
        into = self._cases[truth.mailbox]
        to = "inbox" if truth.ids[0] in self.boxes[truth.mailbox].ids_in(into) else into  # type: ignore[attr-defined]
        self.within("POST", f"{self._message(truth)}/move", {"destinationId": to})

    def delete(self, truth: Truth) -> None:
        for _ in range(2):  # the first DELETE only puts it with the recoverable items
            self.within("DELETE", self._message(truth))
        truth.deleted = True

    def there(self, mailbox: str) -> set[str]:
        box: Any = self.boxes[mailbox]
        return box.ids_in("inbox") | box.ids_in(self._cases[mailbox])

    def befall(self, event: str) -> None:
        """Something becomes of one of the subscriptions."""
        known = list(self.server.tenant.world.table("subscriptions"))
        if known:
            path = f"/sandbox/subscriptions/{self.rng.choice(known)}/lifecycle"
            self.within("POST", path, {"event": event})

    def set_faults(self, rules: list[dict[str, Any]], seed: int = 1) -> None:
        self.within("POST", "/sandbox/faults", {"seed": seed, "rules": rules})

    def struck(self) -> dict[str, int]:
        return {rule["fault"]: rule["struck"] for rule in self.within("GET", "/sandbox/faults")["rules"]}

    # ------------------------------------------------------------ how the tenant is asked from within

    def within(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Ask the tenant itself, not over the wire and by nobody's leave."""
        spared = {
            "x-sandbox-spared": "1",
            "prefer": 'IdType="ImmutableId"',
            "authorization": f"Bearer {self._fresh_token()}",
            "content-type": "application/json",
        }
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        url = f"{self.server.http_url}{path}"
        told = self.server.tenant.answer(Request(method, url, {**spared, **(headers or {})}, sent), self.clock())
        assert told.status < 300, (method, path, told)
        self.server.look_again()
        return told.json() if told.body else None

    async def _give_token(self, scope: str, *, fresh: bool = False) -> str:
        return self._fresh_token(fresh=fresh)

    def _fresh_token(self, *, fresh: bool = False) -> str:
        if fresh or (self.clock() - self._token_at).total_seconds() > 1_800:
            tenant = self.server.tenant
            form = {
                "grant_type": "client_credentials",
                "client_id": tenant.ministry["app"]["app_id"],
                "client_secret": tenant.place.app_secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            url = f"{self.server.http_url}/{tenant.ministry['tenant_id']}/oauth2/v2.0/token"
            told = tenant.answer(
                Request("POST", url, {"x-sandbox-spared": "1"}, urlencode(form).encode()), self.clock()
            )
            self._token, self._token_at = str(told.json()["access_token"]), self.clock()
        return self._token

    def _new_folder(self, mailbox: str) -> str:
        path = f"/v1.0/users/{mailbox}/mailFolders/inbox/childFolders"
        return str(self.within("POST", path, {"displayName": "cases"})["id"])

    def _message(self, truth: Truth) -> str:
        return f"/v1.0/users/{truth.mailbox}/messages/{quote(truth.ids[0], safe='')}"


class _TenantServer(Server):
    """The sandbox's own server, by the day's clock; what it asks our doors is counted while it is on its way."""

    clock: Callable[[], datetime] | None = None
    loop: WebLoop

    def now(self) -> datetime:
        return self.clock() if self.clock is not None else super().now()

    def look_again(self) -> None:
        self._wake.set()

    async def _ask(self, request: Request) -> Response:
        return await self.loop.counting(super()._ask(request))


class HttpDay(Day):
    """A day as any other, over HTTP."""

    loop: WebLoop

    def _weather(self, only: tuple[str, ...] | None) -> Weather:
        self.on_the_wire = {
            fault: self.rng.choice((0.01, 0.03, 0.08))
            for fault in self.rng.sample(sorted(ON_THE_WIRE), self.rng.randint(5, 14))
        }
        return Weather.of(self.rng, only or tuple(self.rng.sample(_HERE, self.rng.randint(2, len(_HERE)))))

    def _new_loop(self, rng: Random) -> VirtualLoop:
        self.loop = WebLoop(rng)
        return self.loop  # type: ignore[return-value]

    async def _live(self, loop: VirtualLoop) -> None:
        with patch.object(time, "monotonic", loop.time):  # what waits by the machine's clock waits by ours
            async with AsyncExitStack() as self._open_here:
                await super()._live(loop)

    async def _open(self) -> Outside:
        door = await self._open_doors()
        with patch.object(services, "ministry", _ministry):
            server = _TenantServer(Options(port=0, place=Place(host_url=door), mailbox_call_s=0.02))
        server.clock, server.loop = self.now, self.loop
        stop, up = asyncio.Event(), asyncio.Event()
        serving = self.loop.create_task(server.run(stop, up))
        await self.loop.counting(up.wait())

        async def close() -> None:
            await self.http.client.close()
            stop.set()
            await self.loop.counting(serving)

        self._open_here.push_async_callback(close)
        self.http = OverHttp(self, server, f"{door}/api/graph")
        self._clear_up(False)
        return self.http

    async def _open_doors(self) -> str:
        """Our doors for what Graph rings with: as functions/notifications.py, with this day's queues behind them."""

        async def notified(asked: web.Request) -> web.Response:
            for hint in read_hints(await asked.read(), (_STATE_KEY,), _BOXES):
                self.visit(hint.mailbox)
            return _taken(asked)

        async def told_of_life(asked: web.Request) -> web.Response:
            for hint in read_lifecycle(await asked.read(), (_STATE_KEY,), _BOXES):
                self.life(hint.mailbox, hint.subscription_id, hint.event)
            return _taken(asked)

        app = web.Application()
        app.router.add_post("/api/graph/notifications", notified)
        app.router.add_post("/api/graph/lifecycle", told_of_life)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        self._open_here.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def _clear_up(self, fair: bool) -> None:
        super()._clear_up(fair)
        rules = [
            {"match": ON_THE_WIRE[fault][0], "fault": fault, "rate": rate, "args": ON_THE_WIRE[fault][1]}
            for fault, rate in self.on_the_wire.items()
        ]
        if fair:
            self.weather.struck.update(self.http.struck())
        self.http.set_faults([] if fair else rules, self.seed)

    def _notify(self, mailbox: str) -> None:
        """Graph rings by itself."""

    def _lose_subscription(self) -> None:
        self.http.befall("subscriptionRemoved")

    def _ask_for_authorization(self) -> None:
        self.http.befall("reauthorizationRequired")


def _taken(asked: web.Request) -> web.Response:
    token = asked.query.get("validationToken")
    return web.Response(status=202) if token is None else web.Response(text=token, content_type="text/plain")


_told = services.ministry


def _ministry() -> dict[str, Any]:
    """The sandbox's, with a second registry mailbox."""
    told = _told()
    second = {"id": "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0101", "address": SECOND_MAILBOX, "name": "عقود"}
    told["registry_mailboxes"] = [*told["registry_mailboxes"], second]
    told["app"]["mailboxes"] = [*told["app"]["mailboxes"], SECOND_MAILBOX]
    return told
