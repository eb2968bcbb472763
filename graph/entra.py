################################################################
# Who calls our API: Entra ID's tokens, checked
################################################################
#
# Rule 1: signature (RS256 by a key that Entra publishes for our tenant), issuer, audience, tenant and time must all be
#         right. Whatever else is sent is refused, and never a fault of ours.
# Rule 2: keys are fetched from our authority alone, whatever a token names; kept a day at most; fetched again for an
#         unknown key, but not more often than every five minutes.
# Rule 3: what a caller may do is decided elsewhere; here it is only said who they are.
#
# Source: https://learn.microsoft.com/entra/identity-platform/access-tokens

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt

from registry.errors import Unavailable
from service.ports import Clock

log = logging.getLogger("tarasul.graph")

KEPT_FOR = timedelta(hours=24)
ASKED_AGAIN_AFTER = timedelta(minutes=5)
TRIED_AGAIN_AFTER = timedelta(seconds=5)  # while there are no keys at all
SKEW_S = 300
LONGEST_TOKEN = 16 * 1024
SHORTEST_KEY_BITS = 2048
_FETCH_S = 10.0
_LAST_INSTANT = 253402300799.0  # that a datetime can be

# The signature is checked by PyJWT; everything about time and place here, by our own clock.
_SIGNATURE_ONLY = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
}


class Denied(Exception):
    """The caller is not whom our API knows. The reason is for the log; a caller is not told what was wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: an app in its own name (`roles`), or one for a person (`scopes`; `oid` is the person)."""

    oid: str
    roles: frozenset[str]
    scopes: frozenset[str]
    app_id: str


class TokenChecker:
    """Checks bearer tokens.

    Args:
        authority_url: "https://login.microsoftonline.com", or a national cloud's.
        audiences: What our API is called in tokens: `api://<app id>`, and the bare id in tokens of version 2.
        clock: Aware UTC.
        v1_issuer_url: The issuer of version 1 tokens ends its address in the tenant; other clouds have others.
    """

    def __init__(
        self,
        authority_url: str,
        tenant_id: str,
        audiences: Collection[str],
        clock: Clock = lambda: datetime.now(UTC),
        *,
        v1_issuer_url: str = "https://sts.windows.net",
    ) -> None:
        authority = authority_url.rstrip("/")
        self._tenant_id, self._audiences, self._clock = tenant_id.lower(), frozenset(audiences), clock
        self._issuers = frozenset({f"{authority}/{tenant_id}/v2.0", f"{v1_issuer_url.rstrip('/')}/{tenant_id}/"})
        self._keys_url = f"{authority}/{tenant_id}/discovery/v2.0/keys"
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._fetching = asyncio.Lock()

    async def check(self, authorization: str | None) -> Caller:
        """Return who calls, by the value of the Authorization header.

        Raises:
            Denied: The header is missing, or its token is not one of Entra's for us, now.
            Unavailable: Entra's keys cannot be had.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Denied("no bearer token")
        return _caller(await self._claims(token))

    async def signed_in(self, id_token: str, nonce: str) -> tuple[str, datetime]:
        """Return who signed in and when they last proved who they are, by an id_token made for *nonce*.

        Raises: as `check`.
        """
        claims = await self._claims(id_token)
        oid, at = claims.get("oid"), _seconds(claims.get("auth_time"))
        if not isinstance(oid, str) or not oid:
            raise Denied("claims")
        if not nonce or claims.get("nonce") != nonce:
            raise Denied("nonce")
        if at is None or at < 0:
            raise Denied("no auth_time")
        return oid, datetime.fromtimestamp(min(at, _LAST_INSTANT), UTC)

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise Denied("a token of too many characters")
        key = await self._key(_kid_of(token))
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"], options=_SIGNATURE_ONLY)  # type: ignore[arg-type]
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as why:
            raise Denied(f"signature: {type(why).__name__}") from why
        self._require_place(claims)
        self._require_time(claims)
        return dict(claims)

    def _require_place(self, claims: dict[str, Any]) -> None:
        if str(claims.get("iss")) not in self._issuers:
            raise Denied("issuer")
        if str(claims.get("aud")) not in self._audiences:
            raise Denied("audience")
        if str(claims.get("tid")).lower() != self._tenant_id:
            raise Denied("tenant")

    def _require_time(self, claims: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        ends, begins = _seconds(claims.get("exp")), _seconds(claims.get("nbf", 0))
        if ends is None or begins is None:
            raise Denied("no time")
        if now >= ends + SKEW_S:
            raise Denied("expired")
        if now < begins - SKEW_S:
            raise Denied("not yet valid")

    ################################################################
    # Keys
    ################################################################

    async def _key(self, kid: str) -> jwt.PyJWK:
        asked_for = self._fetching.locked() or self._may_ask(ASKED_AGAIN_AFTER)
        if self._stale() or (kid not in self._keys and asked_for):
            async with self._fetching:
                if self._stale():
                    if not self._may_ask(TRIED_AGAIN_AFTER):
                        raise Unavailable("Entra's keys could not be had a moment ago")
                    await self._fetch()
                elif kid not in self._keys and self._may_ask(ASKED_AGAIN_AFTER):
                    await self._fetch()
        if kid not in self._keys:
            raise Denied("signed with a key that is not Entra's")
        return self._keys[kid]

    def _stale(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= KEPT_FOR

    def _may_ask(self, after: timedelta) -> bool:
        return self._asked_at is None or self._clock() - self._asked_at >= after

    async def _fetch(self) -> None:
        self._asked_at = self._clock()
        try:
            async with (
                asyncio.timeout(_FETCH_S),
                aiohttp.ClientSession() as session,
                session.get(self._keys_url, allow_redirects=False) as answer,
            ):
                answer.raise_for_status()
                told = jwt.PyJWKSet.from_json(await answer.text())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, jwt.PyJWTError, AttributeError) as why:
            if self._keys and not self._stale():  # only an unknown key was looked for
                log.warning("Entra's keys could not be fetched again: %s", why)
                return
            raise Unavailable(f"Entra's keys cannot be had: {type(why).__name__}") from why
        self._keys = {key.key_id: key for key in told.keys if key.key_id and _is_good(key)}
        self._fetched_at = self._asked_at


def _kid_of(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as why:
        raise Denied("no token") from why
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise Denied("another algorithm, or no key named")
    kid: str = header["kid"]
    return kid


def _is_good(key: jwt.PyJWK) -> bool:
    return key.key_type == "RSA" and key.public_key_use in (None, "sig") and key.key.key_size >= SHORTEST_KEY_BITS


def _seconds(value: object) -> float | None:
    """A NumericDate (RFC 7519), None for what is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not -1e12 < value < 1e12:
        return None
    return float(value)


def _caller(claims: dict[str, Any]) -> Caller:
    oid, roles = claims.get("oid"), claims.get("roles", [])
    scopes, app_id = claims.get("scp", ""), claims.get("azp") or claims.get("appid")
    if not isinstance(oid, str) or not oid or not isinstance(scopes, str) or not isinstance(app_id, str):
        raise Denied("claims")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Denied("claims")
    return Caller(oid, frozenset(roles), frozenset(scopes.split()), app_id)
