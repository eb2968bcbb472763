"""The channel's side, as Microsoft runs it: OpenID metadata, keys, and tokens for activities. And a connector."""

import asyncio
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

type Json = dict[str, Any]

APP_ID = "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001"
TENANT_ID = "c0ffee00-1111-4222-8333-444455556666"
ISSUER = "https://api.botframework.com"
SERVICE_URL = "https://smba.trafficmanager.net/emea/c0ffee00/"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A signing key; the same for the same name. Making one is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Loopback:
    """An HTTP server on a free port of this machine."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self.was_asked = asyncio.Event()
        self._app = web.Application()
        self._app.router.add_route("*", "/{path:.*}", self._serve)

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.was_asked.set()
        return await self.answer(request)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError


class Issuer(Loopback):
    """Publishes the channel's keys, and signs with them. `keys` are the published ones: kid → (key, endorsements)."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, tuple[str, Any]] = {"kid-1": ("channel", ["msteams", "webchat"])}
        self.instead: Callable[[], web.Response] | None = None  # what is answered in place of the truth
        self.hold: asyncio.Event | None = None  # answers wait for this

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/openid"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.hold is not None:
            await self.hold.wait()
        if self.instead is not None:
            return self.instead()
        if request.path == "/openid":
            return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})
        return web.json_response({"keys": [self.published(kid) for kid in self.keys]})

    def published(self, kid: str) -> Json:
        name, endorsements = self.keys[kid]
        row: Json = jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
        more = {} if endorsements is None else {"endorsements": endorsements}
        return {**row, "kid": kid, "use": "sig", "alg": "RS256", **more}


def claims(**changed: Any) -> Json:
    """Those of a good token, with *changed* in them; None takes a claim out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": APP_ID, "serviceurl": SERVICE_URL, "iat": now, "nbf": now - 5, "exp": now + 3600}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def sign(
    payload: Json | None = None, name: str = "channel", alg: str = "RS256", kid: Any = "kid-1", **headers: Any
) -> str:
    """A token: a good one unless something else is asked for."""
    more = headers if kid is None else {"kid": kid, **headers}
    return jwt.encode(claims() if payload is None else payload, key(name), alg, headers=more)


def activity(**changed: Any) -> Json:
    """A press as Teams sends it, with *changed* in it; None takes a field out."""
    good = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "from": {"id": "29:1", "aadObjectId": "huda"},
        "recipient": {"id": "28:bot"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT_ID},
        "channelData": {"tenant": {"id": TENANT_ID}},
        "value": {"action": {"type": "Action.Execute", "verb": "approve", "data": {"token": "t"}}},
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def as_bytes(told: Any) -> bytes:
    return json.dumps(told).encode()
