################################################################
# What goes over the wire, without a wire
################################################################
#
# A handler takes a Request and answers a Response. No socket, no clock and no thread is known here, so that thousands
# of simulated days run in one process; server.py puts HTTP around it.

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case; `url` is absolute; `body` is what came, undecoded.

    `timeout_s` counts for requests to the product: longer than this, in seconds, and the caller has stopped listening.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 30.0

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return urlsplit(self.url).path

    @property
    def base(self) -> str:
        """Scheme, host and port: what the caller knows us by."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON; an empty one reads as `{}`. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. Header names are in lower case.

    Attributes:
        cut: Half of the body is sent, and then the connection is cut.
        drip_s: Seconds over which the body is sent, a little at a time.
        spoilt: Something else than what the service answered, by a fault.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    drip_s: float = 0.0
    spoilt: bool = False

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


# Nobody answered: refused, timed out, cut off. A failed call to the product ends so, and a request that a fault cuts.
NO_ANSWER = Response(0)

# Nobody answers, and the connection stays: until the caller gives up or dies, or the faults are set anew.
HELD = Response(NO_ANSWER.status, {"held": "true"})


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    """Answer *value* as Graph writes JSON; a keyword `retry_after="3"` becomes the header `retry-after`."""
    sent = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Response(status, sent, msgspec.json.encode(value))


def error_response(status: int, code: str, message: str, **headers: str) -> Response:
    """An error as Graph, the connector and the vault all write it."""
    return json_response({"error": {"code": code, "message": message}}, status, **headers)


class Refused(Exception):
    """Raised on the way to an answer: this is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def refuse(status: int, code: str, message: str, **headers: str) -> Refused:
    return Refused(error_response(status, code, message, **headers))


@dataclass(frozen=True, slots=True)
class Job:
    """Something slow that knows nothing of the tenant: whoever drives the handler does it where nobody else waits for
    it, and sends back what it returned."""

    run: Callable[[], Response]


# A handler that must ask the product something before it can answer (the validation of a notification URL, a press on
# a card) yields the Request and is sent the Response; whoever drives it does the calling. A call that got no answer at
# all is sent back as NO_ANSWER.
type Steps = Generator[Request | Job, Response, Response]
