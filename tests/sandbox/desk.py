"""A tenant in virtual time with a scripted product at its other end: what the tests of mail and Entra stand on."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.tenant.in_process import InProcess
from sandbox.tenant.services import open_tenant
from sandbox.tenant.wire import Request, Response
from tests.described import breaks

BASE = "http://127.0.0.1:8400"
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
REGISTRY, NOURA, HUDA, LAILA = (f"{name}@ministry.example" for name in ("registry", "noura", "huda", "laila"))
BOX = f"/v1.0/users/{REGISTRY}"
IMMUTABLE = 'IdType="ImmutableId"'
HOOK, LIFECYCLE = ("http://127.0.0.1:7071/api/graph/notifications", "http://127.0.0.1:7071/api/graph/lifecycle")


def to(*addresses: str) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


def letter(
    subject: str = "Budget",
    *,
    sender: str = "Bank <bank@outside.example>",
    key: str = "one",
    text: str = "hello",
    more: str = "",
) -> bytes:
    """A small letter from outside."""
    head = f"From: {sender}\r\nTo: {REGISTRY}\r\nSubject: {subject}\r\nMessage-ID: <{key}@outside.example>\r\n"
    return f"{head}Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n{more}\r\n{text}\r\n".encode()


def echo(request: Request) -> Response:
    """A product that passes every validation and takes every notification."""
    token = request.query.get("validationToken")
    return Response(202) if token is None else Response(200, {"content-type": "text/plain"}, token.encode())


class Desk:
    """Asks the tenant as the app or as a person, and lets time pass.

    `sent` is what the product was sent; `found` is what Microsoft's description holds against any exchange.
    """

    def __init__(self, description: Any = None, folder: Path | None = None) -> None:
        self.product: Callable[[Request], Response] = echo
        self.tenant = open_tenant(folder)
        self.driver = InProcess(self.tenant, self._take, NOON)
        self.sent: list[Request] = []
        self.found: list[str] = []
        self._description = description
        self.spoilt = False  # whether answers are spoilt on their way
        self._tokens: dict[str, str] = {}

    def _take(self, request: Request) -> Response:
        self.sent.append(request)
        return self.product(request)

    def call(
        self, method: str, path: str, body: Any = None, *, by: str | None = None, prefer: str = "", **headers: str
    ) -> Response:
        """Ask *path* (or a whole URL). *by* is "app" or a person's address; a keyword if_match is that header."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            sent["authorization"] = f"Bearer {self.token(by)}"
        if prefer:
            sent["prefer"] = prefer
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("content-type", "application/json")
            body = json.dumps(body).encode()
        url = path if path.startswith("http") else BASE + quote(path, safe="/$?=&'()%-_.~:@,;+!*")
        answer = self.driver.request(Request(method, url, sent, body or b""))
        self._judge(method, url, sent, body or b"", answer)
        return answer

    def token(self, by: str) -> str:
        if by not in self._tokens:
            if by == "app":
                app = self.tenant.ministry["app"]["app_id"]
                secret = self.tenant.place.app_secret
                form = {"client_id": app, "client_secret": secret, "grant_type": "client_credentials"}
                body = urlencode({**form, "scope": "https://graph.microsoft.com/.default"}).encode()
                told = self.driver.request(Request("POST", f"{BASE}/ministry.example/oauth2/v2.0/token", {}, body))
            else:
                told = self.driver.request(
                    Request("POST", f"{BASE}/sandbox/token", {}, json.dumps({"upn": by}).encode())
                )
            self._tokens[by] = told.json()["access_token"]
        return self._tokens[by]

    def sign_in_again(self) -> None:
        """Forget the tokens that were issued: they last an hour."""
        self._tokens.clear()

    def get(self, path: str, by: str = "app", **more: str) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.call("GET", path, by=by, **more)
        assert answer.status == 200, answer.body
        return answer.json()

    def arrive(self, raw: bytes, mailbox: str = REGISTRY, **headers: str) -> str:
        """Let a letter arrive from outside; returns its immutable id."""
        told = self.call("POST", "/sandbox/mail", raw, x_mailbox=mailbox, **headers)
        assert told.status == 201, told.body
        return str(told.json()["id"])

    def inbox(self, by: str, **more: str) -> list[dict[str, Any]]:
        user = REGISTRY if by == "app" else by
        page = self.get(f"/v1.0/users/{user}/mailFolders/inbox/messages?$top=100", by, **more)
        return list(page["value"])

    def delta(self, link: str = f"{BOX}/mailFolders/inbox/messages/delta", **more: str) -> tuple[list[Any], str]:
        """A whole round: everything on its pages, and the link to the next round."""
        items: list[Any] = []
        while True:
            page = self.get(link, **more)
            items += page["value"]
            if "@odata.deltaLink" in page:
                return items, page["@odata.deltaLink"]
            link = page["@odata.nextLink"]

    def subscribe(self, **changed: Any) -> Response:
        said = {
            "changeType": "created,updated,deleted",
            "notificationUrl": HOOK,
            "lifecycleNotificationUrl": LIFECYCLE,
            "resource": f"users/{REGISTRY}/mailFolders('inbox')/messages",
            "expirationDateTime": "2026-11-28T08:00:00Z",
            "clientState": "opaque",
        }
        return self.call("POST", "/v1.0/subscriptions", {**said, **changed}, by="app", prefer=IMMUTABLE)

    def faults(self, *rules: dict[str, Any], seed: int = 1) -> None:
        assert self.call("POST", "/sandbox/faults", {"seed": seed, "rules": list(rules)}).status == 200

    def notifications(self, url: str = HOOK) -> list[dict[str, Any]]:
        """The items of every notification that went to *url*."""
        posts = [json.loads(each.body) for each in self.sent if each.url == url]
        return [item for post in posts for item in post["value"]]

    def _judge(self, method: str, url: str, headers: dict[str, str], body: bytes, answer: Response) -> None:
        k = self._description
        described = k.resolve(url) if k is not None and "/v1.0/" in url else None
        if described is None or method.lower() not in described[1] or answer.status in (0, 503, 504) or self.spoilt:
            return  # a failing gateway answers as it likes, and what is spoilt on its way is not Graph's
        verdicts = [k.response(method, url, answer.status, answer.headers, answer.body)]
        if answer.status < 400:
            asked = k.request(method, url, headers, body)
            verdicts.append((breaks(asked), asked[1]))
        self.found += [f"{method} {url}: {each}" for each in _said(verdicts)]


def _said(verdicts: Iterable[tuple[list[str], list[str]]]) -> Iterable[str]:
    for errors, warnings in verdicts:
        yield from errors
        yield from (each for each in warnings if not each.startswith("text/plain body"))
