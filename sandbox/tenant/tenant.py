################################################################
# The heart of the tenant: answer(request, now) → response
################################################################
#
# Rule 1: no socket and no clock: the request and the instant come in, the response goes out.
# Rule 2: each service registers its routes here; this file knows none of them.
# Rule 3: what the tenant does later of its own accord (a notification, an activity, the carrying of mail) is put in
#         `deliveries`; whoever drives the tenant takes what is due and puts its requests to the product.

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from sandbox.tenant import faults
from sandbox.tenant.deliveries import Courier, Deliveries
from sandbox.tenant.limits import Limits
from sandbox.tenant.wire import NO_ANSWER, Job, Refused, Request, Response, Steps, error_response
from sandbox.tenant.world import World

# What a route's function takes: the tenant, the request, the instant, and the parts of the path its template names.
type Handler = Callable[..., Response | Steps]

# A path's first segment says whose it is; everything else is Entra's.
SERVICES = {
    **{"v1.0": "graph", "outlook": "graph", "v3": "connector", "secrets": "vault", "files": "files"},
    "sandbox": "controls",
}

# Whoever sends this header is spared the faults: the people at the page go on working while the cloud fails Tarasul.
SPARED = "x-sandbox-spared"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tenant stands and what it was given at start. No URL ends in a slash."""

    http_url: str = "http://127.0.0.1:8400"
    https_url: str = "https://127.0.0.1:8443"
    host_url: str = "http://127.0.0.1:7071"  # the functions host, where the product lives
    app_secret: str = field(default="sandbox-app-secret", repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # the vault's, by name
    convert: str = "plain"  # how documents become PDF where the control does not say (drive/convert.py)


class Routes:
    """The routes of one service, and the couriers of what it sends later."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, Handler]] = []
        self.couriers: dict[str, Courier] = {}
        self.beginnings: list[Callable[[Tenant], None]] = []

    def on(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Answer *method* on *template*: `{name}` takes one path segment, `{name:path}` the rest; decoded once."""

        def add(handler: Handler) -> Handler:
            self.rows.append((method, template, handler))
            return handler

        return add

    def courier(self, kind: str) -> Callable[[Courier], Courier]:
        """Carry the deliveries of this kind."""

        def add(carry: Courier) -> Courier:
            self.couriers[kind] = carry
            return carry

        return add

    def at_start(self, begin: Callable[["Tenant"], None]) -> Callable[["Tenant"], None]:
        """Call this whenever a tenant comes up, after a restart too."""
        self.beginnings.append(begin)
        return begin


class Tenant:
    """A tenant of one ministry: its world, its services."""

    def __init__(
        self, world: World, services: Iterable[Routes], ministry: dict[str, Any], place: Place | None = None
    ) -> None:
        services = tuple(services)
        self.world = world
        self.ministry = ministry
        self.place = place or Place()
        self.limits = Limits()
        self.deliveries = Deliveries(self, {k: c for service in services for k, c in service.couriers.items()})
        self._parts: dict[Any, Any] = {}
        self._asked = itertools.count(1)
        self._rows = _by_length(services)
        for begin in (begin for service in services for begin in service.beginnings):
            begin(self)

    def part[T](self, make: Callable[["Tenant"], T]) -> T:
        """The one *make(tenant)* of this tenant, made when first asked for: an index over its tables, say."""
        if make not in self._parts:
            self._parts[make] = make(self)
        made: T = self._parts[make]
        return made

    def handle(self, request: Request, now: datetime) -> Steps:
        """Answer *request*, yielding each request that must be put to the product on the way.

        The answer is NO_ANSWER when a fault says that the connection is to be cut.
        """
        path = canonical(request.path)
        service = service_of(path)
        struck = None
        if service != "controls" and SPARED not in request.headers:
            struck = faults.on_request(self.world, service, f"{request.method} {path}", now)
        if struck is not None and not struck.done_first:
            answer = struck.response
        else:
            answer = yield from self._dispatch(request, path, service, now)
            answer = struck.after(answer) if struck is not None else answer
        self.world.flush()
        return self.signed(answer, request, now)

    def answer(self, request: Request, now: datetime) -> Response:
        """Answer a request on whose way nobody else need be asked."""
        steps = self.handle(request, now)
        try:
            asked = next(steps)
            while isinstance(asked, Job):
                asked = steps.send(asked.run())
        except StopIteration as done:
            response: Response = done.value
            return response
        raise RuntimeError(f"{request.method} {request.path} must ask {asked.url} first: drive handle() instead")

    def _dispatch(self, request: Request, path: str, service: str, now: datetime) -> Steps:
        known_path = False
        for method, pattern, handler in self._rows(path):
            found = pattern.match(path)
            if found is None:
                continue
            known_path = True
            if method != request.method:
                continue
            try:
                answer = handler(self, request, now, **{k: unquote(v) for k, v in found.groupdict().items()})
                if isinstance(answer, Generator):
                    answer = yield from answer
            except Refused as refusal:
                return refusal.response
            return answer
        if known_path:
            return error_response(405, "MethodNotAllowed", f"{request.method} is not for {path}")
        if service == "graph":
            segment = unquote(path.rstrip("/").rpartition("/")[2])
            return error_response(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
        return error_response(404, "ResourceNotFound", f"{request.method} {path}")

    def signed(self, answer: Response, request: Request, now: datetime) -> Response:
        """The answer with the marks by which it is traced; Graph repeats them inside an error."""
        if answer.status == NO_ANSWER.status:
            return answer
        request_id = f"5a4db0c5-0000-4000-8000-{next(self._asked):012x}"
        marks = {"request-id": request_id, "date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        if client_request_id := request.headers.get("client-request-id"):
            marks["client-request-id"] = client_request_id
        body = answer.body
        told_in_json = answer.headers.get("content-type") == "application/json"
        if service_of(request.path) == "graph" and answer.status >= 400 and told_in_json and body:
            inner = {
                "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": client_request_id or request_id,
            }
            told = msgspec.json.decode(body)
            told["error"]["innerError"] = inner
            body = msgspec.json.encode(told)
        return replace(answer, headers={**answer.headers, **marks}, body=body)


def service_of(path: str) -> str:
    return SERVICES.get(path.split("/", 2)[1], "entra")


def canonical(path: str) -> str:
    """One spelling for what OData lets a caller spell in several ways: users('a')/delta() is users/a/delta.

    The path stays percent-encoded otherwise.
    """
    if "(" in path or "%28" in path:
        path = path.replace("%28", "(").replace("%29", ")").replace("%27", "'").replace("()", "")
        path = re.sub(r"/(\w+)\('([^']*)'\)", r"/\1/\2", path)
    path = path.replace("/microsoft.graph.", "/")
    if path.startswith("/v1.0/me") and path[8:9] in ("", "/"):
        path = f"/v1.0/users/me{path[8:]}"
    return path


type Rows = list[tuple[str, re.Pattern[str], Handler]]


@functools.cache
def _by_length(services: tuple[Routes, ...]) -> Callable[[str], Iterator[tuple[str, Any, Handler]]]:
    """The rows that may fit a path, the most literal first: looked up by how many segments it has."""
    rows = (row for service in services for row in service.rows)
    exact: defaultdict[int, Rows] = defaultdict(list)
    open_ended: Rows = []
    for method, template, handler in sorted(rows, key=lambda row: [part[:1] == "{" for part in row[1].split("/")]):
        pattern = re.sub(r"\\\{(\w+):path\\\}", r"(?P<\1>.+)", re.escape(template))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
        compiled = re.compile(f"^{pattern}/?$", re.IGNORECASE)
        (open_ended if ":path}" in template else exact[template.count("/")]).append((method, compiled, handler))

    def fitting(path: str) -> Iterator[tuple[str, re.Pattern[str], Handler]]:
        return itertools.chain(exact[path.rstrip("/").count("/")], open_ended)

    return fitting
