################################################################
# Entra ID: tokens for an app and for a person, and the metadata by which others check them
################################################################
#
# Rule 1: one app is registered, with one secret. Whoever asks as another is refused as Entra refuses.
# Rule 2: what an app or a person may is written in the ministry's people.json; a token repeats it.

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import jwt

from sandbox.tenant import directory, sign_in, tokens
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Refused, Request, Response, json_response

ROUTES = Routes()

# What the page's people may.
DELEGATED = (
    "Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite User.Read User.ReadBasic.All Chat.ReadWrite Files.ReadWrite.All"
)
GRAPH_NAMES = (tokens.GRAPH, "00000003-0000-0000-c000-000000000000")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _denied(status: int, error: str, aadsts: int, message: str, now: datetime) -> Refused:
    """An error as the token endpoint writes it (RFC 6749, with Entra's numbers)."""
    said = {"error": error, "error_description": f"AADSTS{aadsts}: {message}", "error_codes": [aadsts]}
    return Refused(json_response({**said, "timestamp": now.strftime("%Y-%m-%d %H:%M:%SZ")}, status))


def _require_tenant(tenant: Tenant, name: str, now: datetime) -> None:
    if name.lower() not in (tenant.ministry["tenant_id"], tenant.ministry["domain"]):
        raise _denied(400, "invalid_request", 90002, f"Tenant '{name}' not found.", now)


@ROUTES.on("GET", "/{tenant_id}/v2.0/.well-known/openid-configuration")
def openid_configuration(tenant: Tenant, request: Request, now: datetime, tenant_id: str) -> Response:
    _require_tenant(tenant, tenant_id, now)
    base = f"{tenant.place.https_url}/{tenant.ministry['tenant_id']}"
    return json_response(
        {
            "issuer": tokens.issuer(tenant),
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": "AS",
        }
    )


@ROUTES.on("GET", "/{tenant_id}/discovery/v2.0/keys")
def entra_keys(tenant: Tenant, request: Request, now: datetime, tenant_id: str) -> Response:
    _require_tenant(tenant, tenant_id, now)
    return json_response(tenant.part(tokens.Keys).published("entra", issuer=tokens.issuer(tenant)))


@ROUTES.on("GET", "/botframework/.well-known/openidconfiguration")
def channel_configuration(tenant: Tenant, request: Request, now: datetime) -> Response:
    return json_response(
        {
            "issuer": tokens.CONNECTOR,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{request.base}/botframework/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
    )


@ROUTES.on("GET", "/botframework/keys")
def channel_keys(tenant: Tenant, request: Request, now: datetime) -> Response:
    return json_response(tenant.part(tokens.Keys).published("channel", endorsements=["msteams"]))


def channel_token(tenant: Tenant, service_url: str, now: datetime) -> str:
    """The token by which Teams' channel proves itself to the bot, in an activity of this *service_url*."""
    return tokens.channel_token(tenant, service_url, now)


@ROUTES.on("POST", "/{tenant_id}/oauth2/v2.0/token")
def token(tenant: Tenant, request: Request, now: datetime, tenant_id: str) -> Response:
    _require_tenant(tenant, tenant_id, now)
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    app = tenant.ministry["app"]
    if form.get("client_id", "").lower() != app["app_id"]:
        said = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
        raise _denied(400, "unauthorized_client", 700016, said, now)
    if "client_secret" not in form:
        said = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise _denied(401, "invalid_client", 7000218, said, now)
    if form["client_secret"] != tenant.place.app_secret:
        raise _denied(401, "invalid_client", 7000215, "Invalid client secret provided.", now)
    grant = form.get("grant_type")
    if grant == "client_credentials":
        made = _for_app(tenant, form, now)
    elif grant == "authorization_code":
        told = sign_in.redeemed(tenant, form, now)
        if told is None:
            raise _denied(400, "invalid_grant", 70008, "The provided authorization code is not valid.", now)
        return granted(**told)
    elif grant == JWT_BEARER and form.get("requested_token_use") == "on_behalf_of":
        made = _for_person(tenant, form, now)
    else:
        said = f"The app requested an unsupported grant type '{grant}'."
        raise _denied(400, "unsupported_grant_type", 70003, said, now)
    return granted(made)


def granted(access_token: str, **more: Any) -> Response:
    """The answer that carries a token. It is said to end a second early, as Entra does."""
    ends = {"expires_in": tokens.LIFETIME_S - 1, "ext_expires_in": tokens.LIFETIME_S - 1}
    return json_response({"token_type": "Bearer", **ends, "access_token": access_token, **more})


def _for_app(tenant: Tenant, form: dict[str, str], now: datetime) -> str:
    """Client credentials: everything the app was granted in one resource, which `<resource>/.default` asks for."""
    app = tenant.ministry["app"]
    scope = form.get("scope", "")
    resource, slash, default = scope.rpartition("/")
    if not slash or default != ".default" or " " in scope:
        said = f"The provided value for scope {scope} is not valid: it must be a resource with /.default after it."
        raise _denied(400, "invalid_scope", 1002012, said, now)
    if resource in GRAPH_NAMES:
        return tokens.issue_to_app(tenant, tokens.GRAPH, app["roles"], now)
    if resource in (tokens.CONNECTOR, tokens.VAULT):
        return tokens.issue_to_app(tenant, resource, [], now)
    if resource == f"api://{app['app_id']}":
        return tokens.issue_to_app(tenant, resource, app.get("api_roles", []), now)
    said = f"The resource principal named {resource} was not found in the tenant."
    raise _denied(400, "invalid_resource", 500011, said, now)


def _for_person(tenant: Tenant, form: dict[str, str], now: datetime) -> str:
    """On behalf of the person whose token for this app is shown."""
    app_id = tenant.ministry["app"]["app_id"]
    try:
        shown = tokens.read(tenant, form.get("assertion", ""), (f"api://{app_id}", app_id), now)
    except jwt.PyJWTError as why:
        raise _denied(400, "invalid_grant", 50013, f"Assertion failed: {why}", now) from why
    user = directory.find_user(tenant, shown["oid"])
    if user is None or "scp" not in shown:
        raise _denied(400, "invalid_grant", 50013, "Assertion is not a person's token.", now)
    asked = [s for s in form.get("scope", "").split() if s not in ("openid", "profile", "offline_access", "email")]
    names = [s.removeprefix(f"{tokens.GRAPH}/") for s in asked]
    if not names or any("://" in name for name in names):
        raise _denied(400, "invalid_scope", 70011, f"The scope {form.get('scope')} is not valid.", now)
    scopes = DELEGATED if ".default" in names else " ".join(n for n in names if n in DELEGATED.split())
    if not scopes:
        said = "The user or administrator has not consented to use the application."
        raise _denied(400, "invalid_grant", 65001, said, now)
    return tokens.issue_to_person(tenant, tokens.GRAPH, user, scopes, now)
