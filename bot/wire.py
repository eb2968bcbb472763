"""HTTP to the channel, both for its keys and for what we send: one session, no redirects, hosts that are safe."""

import asyncio
from typing import Any
from urllib.parse import SplitResult, urlsplit

from registry.errors import Mistaken, Unavailable

_LARGEST_ANSWER = 1024 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Wire:
    """One aiohttp session, made in the loop that uses it."""

    def __init__(self) -> None:
        self._session: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, method: str, url: Any, **sent: Any) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body. Raises Unavailable where there is no answer."""
        import aiohttp

        try:
            async with self._open().request(method, url, allow_redirects=False, **sent) as told:
                body = await told.content.read(_LARGEST_ANSWER)
                return told.status, {name.lower(): value for name, value in told.headers.items()}, body
        except aiohttp.InvalidURL as error:
            raise Mistaken("a URL that is none") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{split(str(url)).hostname}: {type(error).__name__}") from error

    def _open(self) -> Any:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            import aiohttp

            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            self._loop = loop
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def split(url: str) -> SplitResult:
    """Return the parts of *url*; those of an empty URL where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def is_safe(parts: SplitResult) -> bool:
    """Whether a secret may go there: https, or this machine; and no user name that would hide the host."""
    on_this_machine = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return parts.username is None and (parts.scheme == "https" or on_this_machine)
