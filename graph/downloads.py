################################################################
# Files that Microsoft 365 hands out at a link that opens itself
################################################################
#
# Rule 1: a link is followed to the hosts of the allow-list and nowhere else: https (http on this machine alone), the
#         scheme's own port there, no user name before the host. It is judged as the very address that is then asked.
# Rule 2: such a link is its own key. No token, no cookie and no referrer go with the question, and no redirect is
#         followed.
# Rule 3: a file is read piece by piece, to its limit and no further; nothing is unpacked, opened or looked into.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4 (downloadUrl),
#         https://learn.microsoft.com/graph/api/resources/driveitem (@microsoft.graph.downloadUrl)

import asyncio
from collections.abc import Collection
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from graph.wire import wait_of
from registry.errors import Misconfigured, Throttled, Unavailable
from service.ports import NotFetched

_CHUNK_BYTES = 256 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NO_LONGER = (401, 403, 404, 410)  # the link's time is over, or what it led to is gone


class LinkedFiles:
    """The Downloads port. *hosts* are names such as `ministry-my.sharepoint.com`, or `*.svc.ms` for all below it; none:
    nothing is ever fetched."""

    def __init__(self, hosts: Collection[str], *, deadline_s: float = 30.0) -> None:
        self._hosts, self._deadline_s = frozenset(host.lower() for host in hosts), deadline_s
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    def may_fetch(self, link: str) -> bool:
        """Whether *link* leads to a host of the list."""
        return self._url_of(link) is not None

    async def fetch(self, link: str, limit_bytes: int) -> bytes:
        """Return the file at *link*.

        Raises:
            NotFetched: It is not on our list, not there any more, or too large: asking again does not help.
            Unavailable, Throttled: The host is busy or down, or what came is not the whole file.
        """
        url = self._url_of(link)
        if url is None:
            raise NotFetched("file.elsewhere")
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._read(url, limit_bytes)
        except TimeoutError as why:
            raise Unavailable(f"{url.host} did not give the file within {self._deadline_s:g} s") from why
        except aiohttp.ClientConnectorCertificateError as why:
            raise Misconfigured(f"{url.host} cannot be trusted") from why
        except (aiohttp.ClientError, OSError) as why:
            raise Unavailable(f"no whole file from {url.host}: {type(why).__name__}") from why

    async def close(self) -> None:
        """Close the session of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def _read(self, url: URL, limit_bytes: int) -> bytes:
        async with self._session().get(url, allow_redirects=False, headers={"accept-encoding": "identity"}) as told:
            headers = {name.lower(): value for name, value in told.headers.items()}
            if told.status in _NO_LONGER:
                raise NotFetched("file.gone")
            if told.status in (429, 503) and (wait_s := wait_of(headers)) is not None:
                raise Throttled(wait_s)
            if told.status != 200 or headers.get("content-encoding", "identity") != "identity":
                raise Unavailable(f"{url.host} answered {told.status}")
            pieces, size = [], 0
            async for piece in told.content.iter_chunked(_CHUNK_BYTES):
                size += len(piece)
                if size > limit_bytes:
                    raise NotFetched("file.too_large")
                pieces.append(piece)
        return b"".join(pieces)

    def _url_of(self, link: str) -> URL | None:
        """The address to ask; None where the list does not have its host."""
        if not link.isascii() or "\\" in link or any(c <= " " for c in link):
            return None
        try:
            url = URL(link, encoded=True)
            host, port = (url.host or "").lower(), url.port
        except ValueError:
            return None
        here = url.scheme == "http" and host in _LOOPBACK
        usual = url.scheme == "https" and port == 443
        if not self._listed(host) or not (here or usual) or url.user is not None or url.password is not None:
            return None
        return url

    def _listed(self, host: str) -> bool:
        above = (f"*{host[n:]}" for n, letter in enumerate(host) if letter == ".")
        return host in self._hosts or any(each in self._hosts for each in above)

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return session
