################################################################
# The heart of the tenant: answer(request, now) → response
################################################################
#
# Rule 1: no socket and no clock: the request and the instant come in, the response goes out.
# Rule 2: each service registers its routes here; this file knows none of them.
# Rule 3: what the tenant sends to the product of its own accord (notifications, activities) is put in `deliveries`, and
#         whoever drives the tenant takes what is due and reports how it went.

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.tenant.wire import Request, Response, Steps, json_response
from sandbox.tenant.world import World

# What a route's function takes: the tenant, the request, the instant, and the parts of the path its template names.
type Handler = Callable[..., Response | Steps]


class Routes:
    """The routes of one service. Templates: `{name}` takes one path segment, `{name:path}` the rest; decoded once."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, re.Pattern[str], Handler]] = []

    def on(self, method: str, template: str) -> Callable[[Handler], Handler]:
        pattern = re.sub(r"\\\{(\w+)\\:path\\\}", r"(?P<\1>.+)", re.escape(template).replace(":", "\\:"))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)

        def add(handler: Handler) -> Handler:
            self.rows.append((method, re.compile(f"^{pattern}/?$", re.IGNORECASE), handler))
            return handler

        return add


class Tenant:
    """A tenant of one ministry: its world, its services."""

    def __init__(self, world: World, services: Iterable[Routes], people: dict[str, Any]) -> None:
        self.world = world
        self.ministry = people
        self._rows = [row for service in services for row in service.rows]

    def handle(self, request: Request, now: datetime) -> Steps:
        """Answer *request*, yielding each request that must be put to the product on the way."""
        known_path = False
        for method, pattern, handler in self._rows:
            found = pattern.match(request.path)
            if found is None:
                continue
            known_path = True
            if method == request.method:
                answer = handler(self, request, now, **{k: unquote(v) for k, v in found.groupdict().items()})
                if not isinstance(answer, Response):
                    answer = yield from answer
                self.world.flush()
                return answer
        status = 405 if known_path else 404
        return json_response(
            {"error": {"code": "ResourceNotFound", "message": f"{request.method} {request.path}"}}, status
        )

    def answer(self, request: Request, now: datetime) -> Response:
        """Answer a request on whose way nobody else need be asked."""
        steps = self.handle(request, now)
        try:
            asked = next(steps)
        except StopIteration as done:
            response: Response = done.value
            return response
        raise RuntimeError(f"{request.method} {request.path} must ask {asked.url} first: drive handle() instead")
