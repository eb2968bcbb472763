"""The sandbox tenant for the tests of graph/: on a free port, in a thread; what we ask is held to Microsoft's words."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp

from graph.client import GraphClient, Manners
from sandbox.tenant.server import Options, Server
from tests.described import batched, breaks, description, hold
from tests.stage import Answer, ask

REGISTRY = "registry@ministry.example"
SECRET = "sandbox-app-secret"


class World:
    """A running tenant, and what people and tests do to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.state = ask("GET", f"{url}/sandbox/state").json()
        self.app_token = str(self._app_token()["access_token"])

    def control(self, method: str, path: str, **sent: Any) -> Any:
        answer = ask(method, f"{self.url}/sandbox/{path}", **sent)
        assert answer.status < 300, answer
        return answer.json() if answer.body else None

    def control_bytes(self, path: str) -> bytes:
        """What a path of the sandbox's own answers, as bytes."""
        answer = ask("GET", f"{self.url}{path}")
        assert answer.status < 300, answer
        return answer.body

    def faults(self, *rules: dict[str, Any], seed: int = 1) -> None:
        """Put these in the place of those before; none: all is well again."""
        self.control("POST", "faults", json={"seed": seed, "rules": list(rules)})

    def struck(self) -> int:
        """How often the rules struck."""
        return sum(rule["struck"] for rule in self.control("GET", "faults")["rules"])

    def arrive(self, raw: bytes, *, dmarc: str = "pass", mailbox: str = REGISTRY) -> dict[str, str]:
        """A letter from outside comes; returns id and internet_message_id."""
        told: dict[str, str] = self.control(
            "POST", "mail", body=raw, headers={"X-Mailbox": mailbox, "X-Sandbox-Dmarc": dmarc}
        )
        return told

    def graph(self, method: str, path: str, *, by: str | None = None, **sent: Any) -> Answer:
        """A Graph call of the app, or of a person; nobody's fault strikes it."""
        token = str(self.control("POST", "token", json={"upn": by})["access_token"]) if by else self.app_token
        headers = {"X-Sandbox-Spared": "1", "Prefer": 'IdType="ImmutableId"', **sent.pop("headers", {})}
        return ask(method, f"{self.url}/v1.0{path}", token=token, headers=headers, **sent)

    def item(self, item_id: str, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.graph("GET", f"/users/{REGISTRY}/messages/{quote(item_id)}{query}").json()
        return found

    def in_folder(self, folder: str, query: str = "?$top=1000") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.graph(
            "GET", f"/users/{REGISTRY}/mailFolders/{folder}/messages{query}"
        ).json()["value"]
        return found

    def _app_token(self) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.state["app_id"],
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        path = f"/{self.state['tenant_id']}/oauth2/v2.0/token"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return ask("POST", self.url + path, body=urlencode(form).encode(), headers=kind).json()


@contextmanager
def running(host_url: str = "http://127.0.0.1:1") -> Iterator[World]:
    """A tenant of its own, and its end, where what it answered is held to Microsoft's description."""
    from sandbox.tenant.tenant import Place

    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    exchanges = Path(tempfile.mkdtemp(prefix="tarasul-tests-")) / "exchanges.jsonl"
    server = Server(Options(port=0, place=Place(host_url=host_url), mailbox_call_s=0.002, exchanges=exchanges))

    async def serve() -> None:
        up = asyncio.Event()
        serving = asyncio.create_task(server.run(stop, up))
        await up.wait()
        ready.set()
        await serving

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield World(server.http_url)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
    hold(exchanges, requests=False)  # requests are judged test by test, see Judge


class Tokens:
    """Tokens of the app; counts how often a fresh one was asked for."""

    def __init__(self, token: str) -> None:
        self.token, self.fresh = token, 0

    async def __call__(self, scope: str, *, fresh: bool = False) -> str:
        self.fresh += fresh
        return self.token


class _Exchange:
    """What was sent of one request so far."""

    def __init__(self, trace_request_ctx: object = None) -> None:
        self.sent = b""


class Judge:
    """Holds what goes over the wire to Microsoft's description, where GRAPH_CONTRACT names its folder."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.calls: list[tuple[str, str, int]] = []  # method, URL, status
        self.batched: list[tuple[str, str]] = []  # method, path of what was asked in batches
        self.headers: list[dict[str, str]] = []
        self._contract = description()

    def trace(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig(_Exchange)  # type: ignore[arg-type]  # any class will do

        async def sent(_: Any, context: Any, chunk: Any) -> None:
            context.sent += chunk.chunk

        async def ended(_: Any, context: Any, end: Any) -> None:
            url, status = str(end.url), end.response.status
            self.calls.append((end.method, url, status))
            self.headers.append({k.lower(): v for k, v in end.headers.items()})
            if url.endswith("/$batch"):
                inner = batched(url, context.sent)
                self.batched += [(method, each.partition("/v1.0")[2]) for method, each, *_ in inner]
                self.found += [f"a batch of {len(inner)}"] if not 1 <= len(inner) <= 20 else []
                for each in inner if self._contract is not None else ():
                    self._note(*each[:2], self._contract.request(*each))
            elif self._contract is not None:
                self._note(end.method, url, self._contract.request(end.method, url, self.headers[-1], context.sent))

        trace.on_request_chunk_sent.append(sent)
        trace.on_request_end.append(ended)
        return trace

    def _note(self, method: str, url: str, verdict: tuple[list[str], list[str]]) -> None:
        self.found += [f"{method} {url}: {said}" for said in (*breaks(verdict), *verdict[1])]


def client_of(
    world: World, judge: Judge, manners: Manners | None = None, make: type[GraphClient] = GraphClient
) -> GraphClient:
    return make(f"{world.url}/v1.0", Tokens(world.app_token), manners=manners, traces=[judge.trace()])
