################################################################
# What every Graph service needs: who asks, what they may, and how a collection is answered
################################################################
#
# Rule 1: rights are judged here and in mail/access.py, nowhere else.
# Rule 2: links are absolute, on the address by which the caller reached us, and opaque.

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from sandbox.tenant import tokens
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the app in its own name, or for a person (`person` is their Entra id)."""

    app_id: str
    person: str | None
    roles: frozenset[str]
    scopes: frozenset[str]


def caller(tenant: Tenant, request: Request, now: datetime) -> Caller:
    """Who asks, by the bearer token. Raises Refused with 401."""
    claims = tokens.bearer(tenant, request, (tokens.GRAPH,), now)
    scopes = frozenset(claims.get("scp", "").split())
    return Caller(claims["appid"], claims["oid"] if scopes else None, frozenset(claims.get("roles", ())), scopes)


def require(who: Caller, role: str, *scopes: str) -> None:
    """Refuse with 403 unless the app was granted *role*, or the person's token has one of *scopes*."""
    granted = role in who.roles if who.person is None else bool(who.scopes.intersection(scopes))
    if not granted:
        raise refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def instant(at: datetime) -> str:
    """An instant as Outlook writes it: UTC, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


LARGEST_BODY = 4 * 1024 * 1024  # bytes; what is larger goes by an upload session


def require_small(request: Request) -> None:
    if len(request.body) > LARGEST_BODY:
        raise refuse(413, "RequestEntityTooLarge", "The request is larger than 4 MB.")


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object a request carries. Raises Refused with 400, or 413 when it is too large."""
    require_small(request)
    try:
        value = request.json()
    except ValueError as why:
        raise refuse(400, "BadRequest", "Unable to read JSON request payload.") from why
    if not isinstance(value, dict):
        raise refuse(400, "BadRequest", "Unable to read JSON request payload: an object is expected.")
    return value


def action_parameters(request: Request) -> dict[str, Any]:
    """The parameters of an action, whose names Graph takes in any case; given here in lower case."""
    return {name.lower(): value for name, value in body_of(request).items()}


def preferences(request: Request) -> dict[str, str]:
    """What the Prefer header asks: names in lower case, values without quotes."""
    pairs = (part.strip().partition("=") for part in request.headers.get("prefer", "").split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name}


def wants_immutable_ids(request: Request) -> bool:
    return preferences(request).get("idtype") == "ImmutableId"


def context(request: Request, tail: str) -> str:
    return f"{request.base}/v1.0/$metadata#{tail}"


def collection(
    request: Request,
    tail: str,
    items: list[dict[str, Any]],
    *,
    next_link: str | None = None,
    delta_link: str | None = None,
    count: int | None = None,
) -> Response:
    """A page of a collection."""
    said: dict[str, Any] = {"@odata.context": context(request, tail)}
    if count is not None:
        said["@odata.count"] = count
    if next_link is not None:
        said["@odata.nextLink"] = next_link
    if delta_link is not None:
        said["@odata.deltaLink"] = delta_link
    return json_response({**said, "value": items})


def page_link(request: Request, options: dict[str, str], **changed: Any) -> str:
    """The same request with its options changed: the link to another page of a plain listing."""
    said = {**options, **{name: str(value) for name, value in changed.items()}}
    query = "&".join(f"%24{name}={quote(value, safe='')}" for name, value in said.items())
    return f"{request.base}{request.path}?{query}"


################################################################
# Opaque tokens of delta links
################################################################


def seal(tenant: Tenant, state: dict[str, Any]) -> str:
    """A token that nobody but this tenant makes; it dies with the tenant's world."""
    packed = msgspec.json.encode(state)
    return base64.urlsafe_b64encode(_mark(tenant, packed) + packed).decode().rstrip("=")


def unseal(tenant: Tenant, token: str) -> dict[str, Any] | None:
    """What `seal` packed, or None for what this world never made."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    mark, packed = raw[:8], raw[8:]
    if not hmac.compare_digest(mark, _mark(tenant, packed)):
        return None
    state: dict[str, Any] = msgspec.json.decode(packed)
    return state


def _mark(tenant: Tenant, packed: bytes) -> bytes:
    return hmac.digest(tenant.part(_secret), packed, hashlib.sha256)[:8]


def _secret(tenant: Tenant) -> bytes:
    keys = tenant.part(tokens.Keys)
    return str(keys.private(keys.kids("entra")[0]).private_numbers().d).encode()


def sync_state_lost(fresh_link: str) -> Exception:
    """410: the caller must begin again, at *fresh_link*."""
    message = "The sync state generation is not found; it is obsolete or invalid."
    return refuse(410, "syncStateNotFound", message, location=fresh_link)
