################################################################
# Bot Framework, as far as we speak it: the one file that knows it
################################################################
#
# Rule 1: nobody else imports botbuilder, botframework or msrest, and none of their models leaves this file: activities
#         are plain dicts. They are imported when the first activity or message comes; that costs most of a second.
# Rule 2: whoever calls must prove to be the channel, with `verify`, before a byte of the body is read. A forged call is
#         401, a good one that is not for us 403, and neither is ever 5xx; keys out of reach are 503.
# Rule 3: our token goes to the hosts of the allow-list and nowhere else. No redirect is followed.
# Rule 4: the wire is aiohttp's in both directions: botbuilder's own (`requests`) would hold up the loop, knows no
#         deadline for a call as a whole, and repeats what must not be repeated.
#
# Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from bot.keys import CHANNEL, ChannelKeys, Forged
from bot.limits import CLOCKS_APART
from bot.pace import Pace
from bot.refusals import read_refusal
from bot.wire import Wire, is_safe, split
from registry.errors import Misconfigured, Unavailable
from service.ports import Conversation

type Activity = dict[str, Any]


class TokenSource(Protocol):
    """Gives our token for the connector; `fresh`: one that was not given before."""

    def __call__(self, *, fresh: bool = False) -> Awaitable[str]: ...


ISSUER = "https://api.botframework.com"  # the public cloud's; national clouds have others
SCOPE = "https://api.botframework.com/.default"

_SKEW_S = CLOCKS_APART.value
_LARGEST_TOKEN = 16 * 1024
_MOST_CONNECTORS = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the channel. A body is JSON."""

    status: int
    body: dict[str, Any] | None = None


class Channel:
    """Teams' channel to this bot.

    Args:
        token: Gives our token for the connector; whoever gives it keeps it. `msal_tokens` makes one of these.
        service_hosts: Hosts that we answer at; `*.example.org` stands for every host below it.
        look_again_s: How long a key that we do not know is not looked for a second time.
        deadline_s: How long sending one message may take, all in all.
        pace: How fast messages go out; one that is this channel's alone where it is not given.
    """

    def __init__(
        self,
        *,
        app_id: str,
        tenant_id: str,
        token: TokenSource,
        openid_metadata_url: str,
        service_hosts: Collection[str],
        issuer: str = ISSUER,
        look_again_s: float = 300.0,
        deadline_s: float = 15.0,
        pace: Pace | None = None,
    ) -> None:
        self._app_id, self._tenant_id, self._issuer = app_id, tenant_id, issuer
        self._token, self._hosts, self._deadline_s = token, tuple(h.lower() for h in service_hosts), deadline_s
        self._wire, self._pace = Wire(), pace or Pace()
        self._keys = ChannelKeys(openid_metadata_url, self._wire, look_again_s)
        self._extractor: Any = None
        self._adapter: Any = None
        self._connectors: dict[str, Any] = {}

    async def close(self) -> None:
        await self._pace.close()
        await self._wire.close()

    # ------------------------------------------------------------ what comes in

    async def receive(
        self,
        body: bytes,
        authorization: str | None,
        turn: Callable[[Activity], Awaitable[dict[str, Any] | None]],
    ) -> Answer:
        """Answer one call of the channel: *turn* gets the activity and gives the body that answers an invoke.

        401 or 403 for whoever is not the channel, 400 for a body that is no activity, 501 for an invoke that *turn*
        does not know, 503 where the channel's keys or what *turn* needs are out of reach; else 200.
        """
        try:
            claims = await self.verify(authorization)
            activity = _activity(body)
            if activity is None:
                return Answer(400)
            self._fit(claims, activity)
            told = await turn(activity)
        except Forged as forged:
            return Answer(forged.status)
        except Unavailable:
            return Answer(503)
        if activity.get("type") == "invoke" and told is None:
            return Answer(501)
        return Answer(200, told)

    async def verify(self, authorization: str | None) -> Mapping[str, Any]:
        """Return the claims of the channel's token.

        Raises:
            Forged: It is not the channel's, not for this bot, or not good now.
            Unavailable: The channel's keys cannot be had.
        """
        if authorization is None or len(authorization) > _LARGEST_TOKEN:
            raise Forged(401, "no token, or none of a token's size")
        try:
            identity = await self._verifier().get_identity_from_auth_header(authorization, CHANNEL, [])
        except (Forged, Unavailable):
            raise
        except Exception as error:  # botbuilder tells a forgery by whatever its parts raise
            raise Forged(401, type(error).__name__) from error
        if identity is None:
            raise Forged(401, "not a token of the channel")
        claims: Mapping[str, Any] = identity.claims
        if claims.get("iss") != self._issuer:
            raise Forged(401, "a list of issuers")  # which botbuilder lets pass when it is the list that it allows
        if not isinstance(claims.get("exp"), int):
            raise Forged(401, "a token for ever")
        if claims.get("aud") != self._app_id:
            raise Forged(403, "for another bot")
        return claims

    def _verifier(self) -> Any:
        """botbuilder's verifier, held to one algorithm and one issuer, with keys that never hold up the loop."""
        if self._extractor is None:
            from botframework.connector.auth import VerifyOptions
            from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor

            options = VerifyOptions([self._issuer], None, _SKEW_S, False)
            self._extractor = JwtTokenExtractor(options, self._keys.url, ["RS256"])
            self._extractor.open_id_metadata = self._keys
        return self._extractor

    def _fit(self, claims: Mapping[str, Any], activity: Activity) -> None:
        """Refuse an activity that the token was not made for, or that comes from where we do not answer."""
        service_url, claimed = activity.get("serviceUrl"), claims.get("serviceurl")
        if activity.get("channelId") != CHANNEL:
            raise Forged(403, "another channel")
        if not isinstance(service_url, str) or not isinstance(claimed, str) or _plain(service_url) != _plain(claimed):
            raise Forged(401, "a token for another service URL")
        if not self._is_allowed(service_url):
            raise Forged(403, "a service host that is not on the list")
        data, conversation = activity.get("channelData"), activity.get("conversation")
        tenant = data.get("tenant") if isinstance(data, dict) else None
        named = [
            place[name]
            for place, name in ((tenant, "id"), (conversation, "tenantId"))
            if isinstance(place, dict) and place.get(name) is not None
        ]
        if not named or any(tenant_id != self._tenant_id for tenant_id in named):
            raise Forged(403, "another tenant")

    def _is_allowed(self, service_url: str) -> bool:
        parts = split(service_url)
        host = parts.hostname or ""
        return is_safe(parts) and any(
            host == listed or (listed.startswith("*.") and host.endswith(listed[1:])) for listed in self._hosts
        )

    # ------------------------------------------------------------ what goes out

    async def send(self, chat: Conversation, activity: Activity) -> str:
        """Say *activity* in the chat, and return its id.

        Raises:
            NotInstalled, ChatBlocked, Gone, Throttled, Unavailable, Misconfigured, Mistaken: as in bot/refusals.py.
        """
        return await self._call(chat.service_url, chat.conversation_id, None, activity)

    async def update(self, service_url: str, conversation_id: str, activity_id: str, activity: Activity) -> None:
        """Put *activity* in the place of one of our own. Raises as `send`; Gone where that stands no more."""
        await self._call(service_url, conversation_id, activity_id, activity)

    async def _call(self, service_url: str, conversation_id: str, activity_id: str | None, said: Activity) -> str:
        from botbuilder.core import CloudAdapterBase, TurnContext
        from botbuilder.schema import Activity as Model
        from botbuilder.schema import ConversationAccount

        if not self._is_allowed(service_url):
            raise Misconfigured(f"{split(service_url).hostname} is not among the hosts that get our token")
        self._adapter = self._adapter or CloudAdapterBase(self)
        activity = Model.deserialize({**said, "channelId": CHANNEL, "serviceUrl": service_url})
        activity.id, activity.conversation = activity_id, ConversationAccount(id=conversation_id)
        await self._pace.turn(conversation_id)
        context = TurnContext(self._adapter, activity)
        context.turn_state[CloudAdapterBase.BOT_CONNECTOR_CLIENT_KEY] = self._connector(service_url)
        try:
            async with asyncio.timeout(self._deadline_s):
                if activity_id is None:
                    (sent,) = await self._adapter.send_activities(context, [activity])
                else:
                    sent = await self._adapter.update_activity(context, activity)
        except TimeoutError as error:
            raise Unavailable(f"the connector did not answer within {self._deadline_s:g} s") from error
        return str(sent.id) if sent is not None and sent.id else ""

    def _connector(self, service_url: str) -> Any:
        """botbuilder's client of the connector at *service_url*, kept: making one costs more than ten messages."""
        if service_url not in self._connectors:
            from botframework.connector.aio import ConnectorClient
            from msrest.pipeline.async_abc import AsyncPipeline
            from msrest.pipeline.universal import RawDeserializer

            if len(self._connectors) >= _MOST_CONNECTORS:
                self._connectors.clear()
            sender: Any = _Sender(self._wire, self._token)
            self._connectors[service_url] = ConnectorClient(
                self, service_url, pipeline_type=lambda _: AsyncPipeline([RawDeserializer()], sender)
            )
        return self._connectors[service_url]


class _Sender:
    """msrest's way out, by our wire. Refusals are raised here, before msrest makes something else of them."""

    def __init__(self, wire: Wire, token: TokenSource) -> None:
        self._wire, self._token = wire, token

    def build_context(self) -> None:
        return None

    async def send(self, request: Any, **_: Any) -> Any:
        from msrest.pipeline import Response
        from yarl import URL

        asked = request.http_request
        url = URL(asked.url, encoded=True)
        for fresh in (False, True):  # refused with 401 it was not done: once more, with a token of now
            headers = {**asked.headers, "Authorization": f"Bearer {await self._token(fresh=fresh)}"}
            status, told, body = await self._wire.ask(asked.method, url, data=asked.data, headers=headers)
            if status != 401:
                break
        if not 200 <= status < 300:
            raise read_refusal(status, told, body)
        return Response(request, _Told(body if _activity(body) is not None else b"{}"))


class _Told:
    """A good answer as msrest reads it; msrest leaves what it made of it in `context`."""

    status_code = 200
    headers: Mapping[str, str] = MappingProxyType({"content-type": "application/json"})

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.context: Any = None

    def text(self) -> str:
        return self._body.decode("utf-8", "replace")


def msal_tokens(make_app: Callable[[], Any]) -> TokenSource:
    """Return a source of tokens from a `msal.ConfidentialClientApplication`, which is made when first needed.

    msal blocks: it is asked in a thread, and only once for as long as the token is good.
    """
    held, good_until = "", float("-inf")
    app: Any = None
    asking = asyncio.Lock()

    def acquire(fresh: bool) -> Any:
        nonlocal app
        app = app or make_app()
        if fresh:
            app.remove_tokens_for_client()  # msal keeps what it got, for as long as that should be good
        return app.acquire_token_for_client([SCOPE])

    async def token(*, fresh: bool = False) -> str:
        nonlocal held, good_until
        async with asking:
            if time.monotonic() < good_until and not fresh:
                return held
            try:
                got = await asyncio.to_thread(acquire, fresh)
            except OSError as error:  # what requests raises is an OSError
                raise Unavailable(f"no token for the connector: {type(error).__name__}") from error
            except ValueError as error:  # an authority that is none, or not https
                raise Misconfigured(f"no token for the connector: {error}") from error
            if "access_token" not in got:
                raise Misconfigured(f"no token for the connector: {got.get('error')} {got.get('error_description')}")
            held = str(got["access_token"])
            good_until = time.monotonic() + float(got.get("expires_in", 0)) - _SKEW_S
            return held

    return token


def _activity(body: bytes) -> Activity | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _plain(service_url: str) -> str:
    """The same for two spellings of one service URL."""
    parts = split(service_url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}"
