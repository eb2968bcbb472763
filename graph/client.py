################################################################
# Every call to Graph
################################################################
#
# Rule 1: no link is followed but to the very host that GRAPH_BASE_URL names; the token goes nowhere else, and no
#         redirect is followed.
# Rule 2: a call has its turn (graph/turns.py): a mailbox is asked no more than four things at a time, by all instances
#         together; and whoever is told to wait makes everybody wait who asks the same.
# Rule 3: a call ends by its deadline. Inside it only short waits are waited out; a long one is said, so that the outbox
#         waits and no worker sleeps.
# Rule 4: what may not be repeated is repeated only where it was surely not done: refused with 429 or 401, or never
#         sent. A lost answer or a 5xx is never such a case.
# Rule 5: every call asks for immutable ids and names itself with a client-request-id, which stands in the log.

import asyncio
import logging
import random
import time
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

import aiohttp
import msgspec
from yarl import URL

from graph.limits import MAILBOX_CALLS_AT_ONCE
from graph.turns import EVERYTHING, Alone, Turns
from graph.wire import Answer, Ask, decipher, judge, read_json
from registry.errors import Misconfigured, Mistaken, TarasulError, Throttled, Unavailable

if TYPE_CHECKING:
    from kiota_abstractions.request_option import RequestOption
    from msgraph.graph_service_client import GraphServiceClient

log = logging.getLogger("tarasul.graph")

IMMUTABLE_IDS = 'IdType="ImmutableId"'

FIRST_WAIT_S = 0.3  # doubled with each try
_CHUNK_BYTES = 256 * 1024
_LINKS = (302, 303, 307)


class TokenSource(Protocol):
    """Where tokens come from. It keeps them itself; `fresh` asks it for one that it has not given before."""

    async def __call__(self, scope: str, *, fresh: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How Graph is asked. Of the calls that a mailbox takes at a time, one is left for another instance of us."""

    at_once: int = MAILBOX_CALLS_AT_ONCE.value - 1  # calls of one mailbox
    at_once_elsewhere: int = 8  # calls that are no mailbox's
    deadline_s: float = 30.0
    patience_s: float = 5.0  # for all waits inside one call
    turn_s: float = 15.0  # for a turn, while others ask the same mailbox
    page: int = 200  # items asked for on a page


@dataclass(slots=True)
class _Call:
    """One call, however often it is tried."""

    ask: Ask
    url: URL
    request_id: str
    began: float  # monotonic seconds
    tries: int = 0
    patience_s: float = 0.0
    fresh_token: bool = False


class _NeverSent(Unavailable):
    """No connection came about: what was asked was surely not done."""


class _Refused(Exception):
    """An answer that is no success, with what it means, and who is to wait if it says so (a mailbox, or EVERYTHING)."""

    def __init__(self, status: int, meaning: TarasulError, scope: str) -> None:
        super().__init__(str(meaning))
        self.status, self.meaning, self.scope = status, meaning, scope


class GraphClient:
    """Microsoft Graph over HTTP. Safe to share; one session for each event loop, closed with `close`."""

    def __init__(
        self,
        base_url: str,
        token: TokenSource,
        *,
        scope: str = "https://graph.microsoft.com/.default",
        manners: Manners | None = None,
        turns: Turns | None = None,
        user_agent: str = "NONISV|Tarasul|Tarasul/0.1",
        traces: Sequence[aiohttp.TraceConfig] = (),
    ) -> None:
        """
        Args:
            base_url: "https://graph.microsoft.com/v1.0" or a national cloud's; everything is asked there.
            scope: What tokens are asked for; a national cloud has another.
            turns: With whom turns are taken; None: with nobody, we are the only instance.
            traces: Who else sees what goes over the wire.
        """
        self.base_url = base_url.rstrip("/")
        self.manners = manners or Manners()
        self._origin = _origin_of(self.base_url)
        if self._origin is None:
            raise Misconfigured(f"GRAPH_BASE_URL is no http(s) address: {base_url}")
        self._token, self._scope, self._user_agent, self._traces = token, scope, user_agent, list(traces)
        self.turns = turns or Alone(self.manners.at_once, self.manners.at_once_elsewhere)
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    ################################################################
    # Asking
    ################################################################

    async def send(self, ask: Ask) -> dict[str, Any]:
        """Ask, and return the JSON object that is answered; `{}` for an empty answer. Raises what `decipher` raises."""
        answer = await self.answer(ask)
        return decipher(answer.status, answer.headers, answer.body)

    async def read[T](self, ask: Ask, decoder: msgspec.json.Decoder[T]) -> T:
        """Ask, and return the answer as *decoder* reads it. Raises what `decipher` raises."""
        return read_json((await self.answer(ask)).body, decoder)

    async def answer(self, ask: Ask) -> Answer:
        """Ask, and return the answer whole. Raises what `decipher` raises for what is no success."""
        deadline_s = self.manners.deadline_s if ask.deadline_s is None else ask.deadline_s
        call = _Call(ask, self.url_of(ask), str(uuid.uuid4()), time.monotonic(), patience_s=self.manners.patience_s)
        try:
            async with asyncio.timeout(deadline_s):
                return await self._tried(call)
        except TimeoutError as why:
            self._note(call, "no answer in time")
            raise Unavailable(f"no answer from Graph in {deadline_s:g} s") from why

    def may_follow(self, link: str) -> bool:
        """Whether *link* leads to the very host that we ask."""
        return _origin_of(link) == self._origin

    async def close(self) -> None:
        """Close the session of the running loop, and let go of its turns."""
        await self.turns.close()
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    ################################################################
    # Trying
    ################################################################

    async def _tried(self, call: _Call) -> Answer:
        while True:
            await self._pause(call)
            try:
                async with self.turns.turn(call.ask.mailbox, self.manners.turn_s):
                    if await self.turns.pause_s(call.ask.mailbox) > 0:
                        continue  # it began while we waited for our turn
                    call.tries += 1
                    return await self._once(call)
            except _Refused as refused:
                self._note(call, str(refused))
                await self._get_over(call, refused)
            except Throttled:
                raise  # no turn came
            except Unavailable as why:
                self._note(call, str(why))
                if not (call.ask.may_be_repeated or isinstance(why, _NeverSent)):
                    raise
                await self._wait(call, FIRST_WAIT_S * 2 ** (call.tries - 1), why)

    async def _get_over(self, call: _Call, refused: _Refused) -> None:
        """Prepare another try after an answer that was no success, or raise what it means."""
        meaning = refused.meaning
        if refused.status == 401 and not call.fresh_token:
            call.fresh_token = True
            return
        own_s = FIRST_WAIT_S * 2 ** (call.tries - 1)
        if isinstance(meaning, Throttled):
            await self.turns.pause(refused.scope, meaning.retry_after_s)
        elif refused.status == 429:  # without a wait that it names: everybody makes ours
            await self.turns.pause(refused.scope, own_s)
        surely_not_done = refused.status == 429
        if not isinstance(meaning, Unavailable) or not (call.ask.may_be_repeated or surely_not_done):
            raise meaning
        if isinstance(meaning, Throttled) and meaning.retry_after_s <= call.patience_s:
            return  # the pause that everybody makes is ours too
        if isinstance(meaning, Throttled):
            raise meaning
        await self._wait(call, own_s, meaning)

    async def _pause(self, call: _Call) -> None:
        """Wait while this mailbox is to be left alone. Raises Throttled where that is longer than our patience."""
        while (wait_s := await self.turns.pause_s(call.ask.mailbox)) > 0:
            await self._wait(call, wait_s, Throttled(wait_s), exactly=True)

    async def _wait(self, call: _Call, wait_s: float, otherwise: TarasulError, *, exactly: bool = False) -> None:
        """Wait, a little longer than said so that not all come back at once; or raise, where patience is at its end."""
        if wait_s > call.patience_s:
            raise otherwise
        wait_s += random.uniform(0, 0.1) if exactly else wait_s * random.uniform(0, 0.5)
        call.patience_s -= wait_s
        await asyncio.sleep(wait_s)

    ################################################################
    # The wire
    ################################################################

    async def _once(self, call: _Call) -> Answer:
        """One request. Raises _Refused, Unavailable; Misconfigured where there is no token or no trust."""
        ask = call.ask
        headers = await self._headers(call)
        body = msgspec.json.encode(ask.json) if ask.json is not None else ask.body
        if ask.json is not None:
            headers["content-type"] = "application/json"
        try:
            async with self._session().request(
                ask.method, call.url, data=body or None, headers=headers, allow_redirects=False
            ) as reply:
                told = {name.lower(): value for name, value in reply.headers.items()}
                packed = await _whole(reply, ask.limit_bytes)
                answer = Answer(reply.status, told, _unpacked(packed, told, ask.limit_bytes))
        except (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL) as why:
            raise Misconfigured(f"Graph cannot be trusted or found: {why}") from why
        except aiohttp.ClientConnectorError as why:
            raise _NeverSent(f"no connection to Graph: {why}") from why
        except (aiohttp.ClientError, OSError) as why:
            raise Unavailable(f"no whole answer from Graph: {type(why).__name__}: {why}") from why
        try:
            if not (ask.for_link and answer.status in _LINKS):
                judge(answer.status, answer.headers, answer.body)
        except TarasulError as meaning:
            raise _Refused(answer.status, meaning, paused_by(answer.headers, ask.mailbox)) from meaning
        self._note(call, str(answer.status), answer, level=logging.DEBUG)
        return answer

    async def _headers(self, call: _Call) -> dict[str, str]:
        token = await self._token(self._scope, fresh=call.fresh_token)
        return {
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": self._user_agent,
            **call.ask.headers,
            "prefer": self.preferences(call.ask),
            "authorization": f"Bearer {token}",
            "client-request-id": call.request_id,
            "return-client-request-id": "true",
        }

    def preferences(self, ask: Ask) -> str:
        """What is preferred of an answer: what *ask* says, and immutable ids always."""
        wished = [p.strip() for p in ask.headers.get("prefer", "").split(",") if "idtype" not in p.lower()]
        return ", ".join(filter(None, (IMMUTABLE_IDS, *wished)))

    def url_of(self, ask: Ask) -> URL:
        """Where *ask* goes. Raises Misconfigured for another host than Graph's."""
        absolute = "://" in ask.path
        url = ask.path if absolute else self.base_url + ask.path
        if not self.may_follow(url):
            host = url.partition("://")[2].partition("/")[0][:100]
            raise Misconfigured(f"a link leads to a host that is not Graph's: {host!r}")
        if ask.query:
            pairs = (f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in ask.query.items())
            url += ("&" if "?" in url else "?") + "&".join(pairs)
        try:
            return URL(url, encoded=True)
        except ValueError as why:
            raise Mistaken(f"no address: {why}") from why

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            # Waits are ended by the call's own deadline; cookies have no place between machines.
            session = self._sessions[loop] = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # it takes half a packed answer for a whole one
                trace_configs=self._traces,
            )
        return session

    def _note(self, call: _Call, said: str, answer: Answer | None = None, *, level: int = logging.WARNING) -> None:
        if log.isEnabledFor(level):
            extra = {
                "method": call.ask.method,
                "path": call.url.raw_path,
                "mailbox": call.ask.mailbox,
                "client_request_id": call.request_id,
                "request_id": answer.headers.get("request-id") if answer is not None else None,
                "tries": call.tries,
                "ms": round((time.monotonic() - call.began) * 1000),
            }
            log.log(level, "graph: %s", said, extra=extra)


def paused_by(headers: Mapping[str, str], mailbox: str) -> str:
    """Who is to wait for an answer that says so: who asks the same mailbox, or everybody, where it names as the scope
    of the limit the application or the tenant ("Tenant_Application/ReadWrite/…")."""
    scope = headers.get("x-ms-throttle-scope", "").partition("/")[0].lower()
    return EVERYTHING if scope in ("application", "tenant_application", "tenant") else mailbox


async def _whole(reply: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The body, read piece by piece so that one beyond the limit costs no memory. Raises Mistaken for such a one."""
    pieces, size = [], 0
    async for piece in reply.content.iter_chunked(_CHUNK_BYTES):
        size += len(piece)
        if size > limit_bytes:
            raise Mistaken(f"an answer longer than {limit_bytes} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _unpacked(body: bytes, headers: Mapping[str, str], limit_bytes: int) -> bytes:
    """The body as it was before it was packed. Raises Unavailable for one that was cut, Mistaken for one too long."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Unavailable(f"an answer packed by {encoding[:20]!r}, for which nobody asked")
    unpacking = zlib.decompressobj(wbits=31)  # 31: with the header and the sum of gzip
    try:
        unpacked = unpacking.decompress(body, limit_bytes + 1)
    except zlib.error as why:
        raise Unavailable(f"a packed answer that cannot be read: {why}") from why
    if len(unpacked) > limit_bytes:
        raise Mistaken(f"an answer longer than {limit_bytes} bytes")
    if not unpacking.eof:
        raise Unavailable("a packed answer that was cut off")
    return unpacked


def _origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what has none, or tries to look like another (user@host, a backslash)."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or "\\" in url:
        return None
    return parts.scheme, parts.hostname.lower(), port


def sdk(graph: GraphClient) -> "GraphServiceClient":
    """Return msgraph-sdk, asking through *graph*; it is loaded here, on first use (0.3 s).

    It neither retries nor redirects: that is done here, or on purpose not done.
    """
    from httpx import AsyncClient
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    from graph.transport import GraphTransport

    # The token is put on by the transport: an SDK without one cannot send it elsewhere.
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), AsyncClient(transport=GraphTransport(graph)))
    adapter.base_url = graph.base_url
    return GraphServiceClient(request_adapter=adapter)


def unparsed() -> "list[RequestOption]":
    """Return the options by which msgraph-sdk gives the answer (an httpx.Response) as it came, not its own models."""
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_http.middleware.options import ResponseHandlerOption

    return [ResponseHandlerOption(NativeResponseHandler())]
