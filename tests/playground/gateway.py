################################################################
# Between Microsoft's Agents Playground and the product: the tokens that the Playground lacks
################################################################
#
# Rule 1: the product's door stays as it is. It reads keys at the address that its setting names, and this gateway
#         publishes one and signs with it what the Playground says, as Microsoft's channel would.
# Rule 2: what the product says to the Playground is let through for a token of the tenant's own alone, made for the
#         connector; else it is refused as Microsoft refuses it.
# Rule 3: nothing else is changed, but for what the Playground cannot do: it always says en-US, and it knows
#         Action.Execute. `LOCALE` is what is said; in a chat of `old_clients` a card comes with its Submit fallbacks.

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

type Json = dict[str, Any]

CONNECTOR = "https://api.botframework.com"
LOCALE = "ar-KW"
_KID = "gateway"
_KEPT = ("content-type", "accept")


class Gateway(threading.Thread):
    """Serves on a free port of 127.0.0.1 from `start` to `stop`.

    Set before anybody calls: `bot` is the address of the product's messages door, `playground` that of the
    Playground, `app_id` the bot's, `keys_url` where the tenant's Entra ID publishes its keys.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bot = self.playground = self.app_id = self.keys_url = ""
        self.url = ""
        self.exchanges: list[tuple[str, int]] = []  # every call either way: what it was, and its answer's status
        self.old_clients = False
        self.say: Callable[[str, str], Awaitable[None]] | None = None  # the bot's own wire: a place, and a text
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._up = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        assert self._up.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self.join()

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/openid"

    @property
    def service_url(self) -> str:
        """What the Playground names as the place to which the bot answers."""
        return f"{self.url}/_connector"

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_get("/openid", self._metadata)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/api/messages", self._to_bot)
        app.router.add_route("*", "/_connector/{rest:.*}", self._to_playground)
        for path, control in (("exchanges", self._told), ("old_clients", self._older), ("say", self._said)):
            app.router.add_route("*", f"/{path}", control)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as self._net:
            self._up.set()
            await self._stop.wait()
            await runner.cleanup()

    # ------------------------------------------------------------ the channel's keys

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response({"issuer": CONNECTOR, "jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        public: Json = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        more = {"kid": _KID, "use": "sig", "alg": "RS256", "endorsements": ["msteams"]}
        return web.json_response({"keys": [{**public, **more}]})

    def _token(self, service_url: str) -> str:
        now = int(time.time())
        claims = {"iss": CONNECTOR, "aud": self.app_id, "serviceurl": service_url, "iat": now, "nbf": now - 5}
        return jwt.encode({**claims, "exp": now + 3600}, self._key, "RS256", headers={"kid": _KID})

    # ------------------------------------------------------------ what the browser's test asks of us

    async def _told(self, _: web.Request) -> web.Response:
        return web.json_response(self.exchanges)

    async def _older(self, request: web.Request) -> web.Response:
        self.old_clients = await request.json()
        return web.Response(status=204)

    async def _said(self, request: web.Request) -> web.Response:
        asked = await request.json()
        assert self.say is not None
        await self.say(asked["place"], asked["text"])
        return web.Response(status=204)

    # ------------------------------------------------------------ what goes through

    async def _to_bot(self, request: web.Request) -> web.Response:
        activity: Json = await request.json()
        for part in (activity, *activity.get("entities", [])):
            if "locale" in part:
                part["locale"] = LOCALE
        headers = {"Authorization": f"Bearer {self._token(activity['serviceUrl'])}"}
        async with self._net.post(self.bot, json=activity, headers=headers) as told:
            return await self._passed_on(f"bot {activity['type']} {activity.get('name', '')}".strip(), told)

    async def _to_playground(self, request: web.Request) -> web.Response:
        try:
            await self._verify(request.headers.get("Authorization", ""))
        except jwt.PyJWTError as error:
            return web.json_response({"error": {"code": "Unauthorized", "message": repr(error)}}, status=401)
        body = await request.read()
        if self.old_clients and body:
            body = json.dumps(_with_fallbacks(json.loads(body))).encode()
        kept = {name: value for name, value in request.headers.items() if name.lower() in _KEPT}
        async with self._net.request(
            request.method, self.playground + request.path_qs, data=body, headers=kept
        ) as told:
            return await self._passed_on(f"playground {request.method}", told)

    async def _passed_on(self, what: str, told: aiohttp.ClientResponse) -> web.Response:
        self.exchanges.append((what, told.status))
        kept = {name: value for name, value in told.headers.items() if name.lower() in _KEPT}
        return web.Response(status=told.status, body=await told.read(), headers=kept)

    async def _verify(self, authorization: str) -> None:
        token = authorization.removeprefix("Bearer ")
        kid = jwt.get_unverified_header(token).get("kid")
        async with self._net.get(self.keys_url, ssl=False) as told:  # the tenant's own certificate, on this machine
            published = (await told.json())["keys"]
        keys = {one["kid"]: jwt.PyJWK(one).key for one in published}
        if kid not in keys:
            raise jwt.InvalidTokenError("a key that the tenant does not have")
        jwt.decode(token, keys[kid], algorithms=["RS256"], audience=CONNECTOR)


def _with_fallbacks(node: Any) -> Any:
    """The same, drawn by a client that knows no Action.Execute."""
    if isinstance(node, list):
        return [_with_fallbacks(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    if node.get("type") == "Action.Execute":
        return node["fallback"]
    return {name: _with_fallbacks(value) for name, value in node.items()}
