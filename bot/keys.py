################################################################
# The channel's keys: who may speak for Teams
################################################################
#
# Rule 1: keys are read once a day, and when one is missing; the latter at most once in a while, so that forged tokens
#         cannot make us call out.
# Rule 2: reading them never holds up the loop, and many who wait for them wait for one reading.
# Rule 3: keys that are a day old serve one more day where no newer ones can be had; then nobody is let in.

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from bot.limits import KEYS_LAST
from bot.wire import Wire, is_safe, split
from registry.errors import Unavailable

CHANNEL = "msteams"

_ANSWER_WITHIN_S = 5.0
_LAST_S = float(KEYS_LAST.value)
_ASKED_AGAIN_S = 5.0  # after they could not be had


class Forged(Exception):
    """The call is not the channel's (401), or is and not meant for us (403)."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Key:
    """A key as botbuilder's verifier wants it."""

    public_key: Any
    endorsements: frozenset[str]


class ChannelKeys:
    """The keys that the channel's OpenID metadata at *url* names. Stands in the place of botbuilder's own."""

    def __init__(
        self, url: str, wire: Wire, look_again_s: float, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.url, self._wire, self._look_again_s, self._seconds = url, wire, look_again_s, seconds
        self._keys: dict[str, Key] = {}
        self._read_at = self._failed_at = float("-inf")
        self._reading = asyncio.Lock()

    async def get(self, kid: str | None) -> Key:
        """Return the key. Raises Forged where the channel has none of this name; Unavailable where we cannot ask."""
        if not isinstance(kid, str):
            raise Forged(401, "no key named")
        now = self._seconds()
        if now - self._read_at > (_LAST_S if kid in self._keys else self._look_again_s):
            async with self._reading:
                if now > self._read_at:  # else somebody read them while we waited
                    await self._read_anew(kid, now)
        if (key := self._keys.get(kid)) is None:
            raise Forged(401, "a key that the channel does not have")
        if CHANNEL not in key.endorsements:
            raise Forged(403, "a key that is not endorsed for this channel")
        return key

    async def _read_anew(self, kid: str, now: float) -> None:
        try:
            await self._read()
        except Unavailable:
            self._failed_at = self._seconds()
            if kid not in self._keys or now - self._read_at > 2 * _LAST_S:
                raise

    async def _read(self) -> None:
        if self._seconds() - self._failed_at < _ASKED_AGAIN_S:
            raise Unavailable("the channel's keys could not be had a moment ago")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                metadata = await self._json(self.url)
                listed = (await self._json(str(metadata.get("jwks_uri")))).get("keys")
        except TimeoutError as error:
            raise Unavailable("the channel's keys did not come in time") from error
        keys = dict(filter(None, map(_key, listed if isinstance(listed, list) else [])))
        if not keys:
            raise Unavailable("the channel shows no keys")
        self._keys, self._read_at = keys, self._seconds()

    async def _json(self, url: str) -> dict[str, Any]:
        parts = split(url)
        if not is_safe(parts):
            raise Unavailable("the channel's keys are said to be at an address that is not https")
        status, _, body = await self._wire.ask("GET", url)
        try:
            told = json.loads(body) if status == 200 else None
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise Unavailable(f"the channel's keys: {parts.hostname} answered {status}")
        return told


def _key(jwk: Any) -> tuple[str, Key] | None:
    try:
        public_key = jwt.algorithms.RSAAlgorithm.from_jwk(jwk)
        return str(jwk["kid"]), Key(public_key, frozenset(map(str, jwk.get("endorsements") or ())))
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError):
        return None  # a key of a kind that we do not use
