################################################################
# Whose mailbox it is, and who may reach it
################################################################
#
# Rule 1: an app reaches the mailboxes it is scoped to (RBAC for Applications: no role in the token says so);
#         a person reaches their own.
# Rule 2: every call counts against the limit of its app and mailbox.

import re
from datetime import datetime
from math import ceil
from urllib.parse import unquote

import jwt

from sandbox.tenant import graph, tokens
from sandbox.tenant.directory import find_user
from sandbox.tenant.limits import MAILBOX_CONCURRENCY, MAILBOX_REQUESTS, MAILBOX_UPLOAD, Limit
from sandbox.tenant.tenant import Tenant, canonical
from sandbox.tenant.wire import Request, Response, error_response, refuse
from sandbox.tenant.world import Thing

_MAIL = re.compile(r"/v1\.0/users/([^/]+)/(?:messages|mailFolders|sendMail)(?:/|$)", re.IGNORECASE)


def mailbox_of(tenant: Tenant, request: Request, now: datetime, user_id: str, right: str = "Mail.ReadWrite") -> Thing:
    """The owner of the mailbox, as the directory knows them, once the caller's right is established and counted.

    Raises:
        Refused: 401, 403 ErrorAccessDenied, 404 ErrorInvalidUser, 429.
    """
    who = graph.caller(tenant, request, now)
    owner = may_reach(tenant, who, user_id, right)
    bucket = f"{who.app_id}/{owner['mail']}"
    count(tenant, MAILBOX_REQUESTS, bucket, now)
    if request.body:
        count(tenant, MAILBOX_UPLOAD, bucket, now, len(request.body))
    return owner


def may_reach(tenant: Tenant, who: graph.Caller, user_id: str, right: str) -> Thing:
    """The owner of the mailbox, if the caller has this right in it. Raises Refused with 403 or 404."""
    if user_id == "me" and who.person is None:
        raise refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    owner = find_user(tenant, str(who.person) if user_id == "me" else user_id)
    if owner is None:
        raise refuse(404, "ErrorInvalidUser", f"The requested user '{user_id}' is invalid.")
    if not _may(tenant, who, owner, right):
        raise refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    return owner


def count(tenant: Tenant, limit: Limit, bucket: str, now: datetime, amount: int = 1) -> None:
    """Count against a limit of a mailbox. Raises Refused with 429 when it is used up."""
    wait_s = tenant.limits.take(limit, bucket, now, amount)
    if wait_s is not None:
        said = f"Application is over its limit of {limit.most} {limit.name}."
        raise refuse(429, "ApplicationThrottled", said, retry_after=str(ceil(wait_s)))


def _may(tenant: Tenant, who: graph.Caller, owner: Thing, right: str) -> bool:
    if who.person is not None:
        return owner["id"] == who.person and right in who.scopes
    app = tenant.ministry["app"]
    return owner["mail"] in app["mailboxes"] and right in app["mailbox_roles"]


def slot(tenant: Tenant, request: Request, now: datetime) -> str | None:
    """The bucket in which this call is one of MAILBOX_CONCURRENCY at a time; None for what is no mail."""
    found = _MAIL.match(canonical(request.path))
    if found is None:
        return None
    token = request.headers.get("authorization", "").partition(" ")[2]
    try:
        claims = tokens.read(tenant, token, (tokens.GRAPH,), now)
    except (jwt.PyJWTError, KeyError):
        return None
    owner = find_user(tenant, claims["oid"] if found[1] == "me" else unquote(found[1]))
    return f"{claims['appid']}/{owner['mail']}" if owner else None


def crowded() -> Response:
    """429, as Exchange answers a caller who asks too much of one mailbox at a time; it names no wait."""
    said = f"Application is over its MailboxConcurrency limit of {MAILBOX_CONCURRENCY}."
    return error_response(429, "ApplicationThrottled", said)
