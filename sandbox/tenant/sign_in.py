################################################################
# Entra ID's sign-in page: people prove who they are, and an app learns it by a code (OpenID Connect, PKCE)
################################################################
#
# Rule 1: a code is good once, for ten minutes, for the app and the address that it was made for, and for whoever knows
#         the verifier of its challenge.
# Rule 2: whoever stands before the page may be anybody of the ministry, as a person who knows a password may; how long
#         ago they signed in may be said too, as of somebody whose session is old.
#
# Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow

import base64
import hashlib
import html
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.tenant import directory, tokens
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response
from sandbox.tenant.world import Thing

ROUTES = Routes()

CODE_LASTS = timedelta(minutes=10)
NEEDED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
_PAGE = """<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>Sign in</title><style>
body{{font:1rem/1.6 "Segoe UI",Tahoma,sans-serif;margin:12vh auto;max-width:26rem;padding:0 1rem}}
button{{font:inherit;padding:.4rem 1.2rem}} select{{font:inherit;width:100%;margin:.6rem 0}}</style></head><body>
<h1>تسجيل الدخول · Sign in</h1><form method="post" action="{action}">{hidden}
<label>الحساب · Account <select name="upn">{people}</select></label>
<p><button id="sign-in">دخول · Sign in</button></p></form></body></html>
"""


def _page(status: int, body: str) -> Response:
    return Response(status, {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}, body.encode())


def _wrong(tenant: Tenant, asked: dict[str, str]) -> str:
    """What is wrong with the request, as Entra's page would say; such a one is never sent back to anybody."""
    if missing := [name for name in NEEDED if not asked.get(name)]:
        return f"AADSTS900144: The request must contain the following parameter: '{missing[0]}'."
    if asked["client_id"].lower() != tenant.ministry["app"]["app_id"]:
        return f"AADSTS700016: Application '{asked['client_id']}' was not found in the directory."
    if asked["redirect_uri"] != f"{tenant.place.host_url}/api/sign-in/done":
        return "AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return "AADSTS9002313: Invalid request."
    return "" if "openid" in asked.get("scope", "").split() else "AADSTS70011: The scope is not valid."


@ROUTES.on("GET", "/{tenant_id}/oauth2/v2.0/authorize")
def sign_in_page(tenant: Tenant, request: Request, now: datetime, tenant_id: str) -> Response:
    asked = request.query
    if wrong := _wrong(tenant, asked):
        return _page(400, html.escape(wrong))
    hint = asked.get("login_hint", "").lower()
    users = tenant.part(directory.Directory).users.values()
    people = "".join(_choice(user, hint) for user in users if user["accountEnabled"])
    hidden = "".join(_hidden(name, value) for name, value in asked.items())
    return _page(200, _PAGE.format(action=html.escape(request.path), hidden=hidden, people=people))


def _choice(user: Thing, hint: str) -> str:
    upn, name = html.escape(user["userPrincipalName"]), html.escape(user["displayName"])
    return f'<option value="{upn}"{" selected" if upn.lower() == hint else ""}>{name}</option>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'


@ROUTES.on("POST", "/{tenant_id}/oauth2/v2.0/authorize")
def sign_in(tenant: Tenant, request: Request, now: datetime, tenant_id: str) -> Response:
    """`upn` signs in; `signed_in_s_ago` says that they did so that long ago, as if the page let them pass."""
    asked = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    if wrong := _wrong(tenant, asked):
        return _page(400, html.escape(wrong))
    user = directory.find_user(tenant, asked.get("upn", ""))
    if user is None or not user["accountEnabled"]:
        return _back(asked, error="access_denied")
    code = secrets.token_urlsafe(32)
    signed_in_at = now - timedelta(seconds=float(asked.get("signed_in_s_ago") or 0))
    tenant.world.table("codes")[code] = {
        "oid": user["id"],
        "auth_time": int(signed_in_at.timestamp()),
        "ends": (now + CODE_LASTS).timestamp(),
        **{name: asked[name] for name in NEEDED},
    }
    return _back(asked, code=code)


def _back(asked: dict[str, str], **told: str) -> Response:
    return Response(302, {"location": f"{asked['redirect_uri']}?{urlencode({**told, 'state': asked['state']})}"})


def redeemed(tenant: Tenant, form: dict[str, str], now: datetime) -> dict[str, Any] | None:
    """The tokens for a code; None where it is not good. Whatever becomes of it, it is good no more."""
    codes = tenant.world.table("codes")
    kept = codes.get(form.get("code", ""))
    if kept is None:
        return None
    codes.pop(form["code"])
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if challenge != kept["code_challenge"] or form.get("redirect_uri") != kept["redirect_uri"]:
        return None
    user = directory.find_user(tenant, kept["oid"])
    if user is None or now.timestamp() >= kept["ends"]:
        return None
    who = {"oid": user["id"], "sub": user["id"], "name": user["displayName"], "nonce": kept["nonce"]}
    app_id = tenant.ministry["app"]["app_id"]
    id_token = tokens.issue(tenant, app_id, now, {**who, "auth_time": kept["auth_time"]})
    access = tokens.issue_to_person(tenant, tokens.GRAPH, user, "User.Read", now)
    return {"access_token": access, "id_token": id_token, "scope": "openid profile"}
