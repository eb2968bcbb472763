################################################################
# Key Vault: the secrets that were given at start
################################################################
#
# Rule 1: without a token for the vault, the challenge that says where to get one; with it, the secret or 404.

import hashlib
from datetime import datetime

import jwt

from sandbox.tenant import tokens
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Refused, Request, Response, error_response, json_response, refuse

ROUTES = Routes()

CREATED = 1_767_225_600  # 2026-01-01, seconds


@ROUTES.on("GET", "/secrets/{name}")
@ROUTES.on("GET", "/secrets/{name}/{version}")
def get_secret(tenant: Tenant, request: Request, now: datetime, name: str, version: str | None = None) -> Response:
    _require_token(tenant, request, now)
    value = tenant.place.secrets.get(name)
    current = hashlib.sha256(f"{name}={value}".encode()).hexdigest()[:32]
    if value is None or version not in (None, current):
        message = f"A secret with (name/id) {name}{'/' + version if version else ''} was not found in this key vault."
        raise refuse(404, "SecretNotFound", message)
    times = {"created": CREATED, "updated": CREATED, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}
    secret_id = f"{request.base}/secrets/{name}/{current}"
    return json_response({"value": value, "id": secret_id, "attributes": {"enabled": True, **times}, "tags": {}})


def _require_token(tenant: Tenant, request: Request, now: datetime) -> None:
    authority = f"{tenant.place.https_url}/{tenant.ministry['tenant_id']}"
    challenge = f'Bearer authorization="{authority}", resource="{tokens.VAULT}"'
    token = request.headers.get("authorization", "").partition(" ")[2]
    try:
        tokens.read(tenant, token, (tokens.VAULT,), now)
    except (jwt.PyJWTError, KeyError) as why:
        message = f"AKV10000: Request is missing a Bearer or PoP token, or it is not valid: {why}"
        raise Refused(error_response(401, "Unauthorized", message, www_authenticate=challenge)) from why
