################################################################
# Tokens: the keys that sign them, how they are made, how they are read
################################################################
#
# Rule 1: RS256 and nothing else. Keys are made once and kept in the world, so that tokens outlive a restart.
# Rule 2: Entra's key and the bot channel's are two; the channel's can be changed for a new one while we run.
# Rule 3: a token is judged at the instant the tenant lives in, which may be shifted.

import functools
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Refused, Request, error_response, refuse

GRAPH = "https://graph.microsoft.com"
CONNECTOR = "https://api.botframework.com"
VAULT = "https://vault.azure.net"

type Claims = dict[str, Any]

# What is left to judge is judged here, at the tenant's own instant.
SIGNATURE_AND_ISSUER: Options = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}

LIFETIME_S = 3600
CACHED_TOKENS = 2000


@functools.cache
def _new_key(name: str) -> str:
    """A private key as PEM. Making one takes 100 ms, so the worlds of one process that have no folder share theirs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


class Keys:
    """The tenant's signing keys, by what they sign for: "entra" or "channel"."""

    def __init__(self, tenant: Tenant) -> None:
        self._table = tenant.world.table("keys")
        self._loaded: dict[str, rsa.RSAPrivateKey] = {}
        self.read: dict[str, Claims] = {}  # tokens verified before, without the judgement of their time
        self.channel_tokens: dict[str, tuple[datetime, str]] = {}

    def kids(self, purpose: str) -> list[str]:
        """The ids of this purpose's keys, the one that signs last."""
        kids = [kid for kid in self._table if self._table[kid]["purpose"] == purpose]
        return kids or [self.change(purpose)]

    def change(self, purpose: str) -> str:
        """Sign with a new key from now on; those before stay published."""
        kid = f"{purpose}-{sum(k['purpose'] == purpose for k in self._table.values()) + 1}"
        self._table[kid] = {"purpose": purpose, "pem": _new_key(kid)}
        self.channel_tokens.clear()
        return kid

    def private(self, kid: str) -> rsa.RSAPrivateKey:
        if kid not in self._loaded:
            loaded = serialization.load_pem_private_key(self._table[kid]["pem"].encode(), None)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise TypeError(f"{kid} is no RSA key")
            self._loaded[kid] = loaded
        return self._loaded[kid]

    def published(self, purpose: str, **more: Any) -> dict[str, Any]:
        """The JSON Web Key Set of this purpose; *more* stands in every key."""
        rows = []
        for kid in self.kids(purpose):
            row = jwt.algorithms.RSAAlgorithm.to_jwk(self.private(kid).public_key(), as_dict=True)
            rows.append({**row, "kid": kid, "use": "sig", "alg": "RS256", **more})
        return {"keys": rows}

    def sign(self, purpose: str, claims: Claims) -> str:
        kid = self.kids(purpose)[-1]
        return jwt.encode(claims, self.private(kid), "RS256", headers={"kid": kid})


def issuer(tenant: Tenant) -> str:
    """The same whichever of the tenant's two addresses was asked."""
    return f"{tenant.place.https_url}/{tenant.ministry['tenant_id']}/v2.0"


def issue(tenant: Tenant, audience: str, now: datetime, claims: Claims, lifetime_s: int = LIFETIME_S) -> str:
    """Sign an access token of this tenant's Entra ID."""
    at = int(now.timestamp())
    app_id = tenant.ministry["app"]["app_id"]
    frame = {"aud": audience, "iss": issuer(tenant), "iat": at, "nbf": at - 5, "exp": at + lifetime_s}
    by = {"tid": tenant.ministry["tenant_id"], "appid": app_id, "azp": app_id, "ver": "2.0"}
    return tenant.part(Keys).sign("entra", frame | by | claims)


def issue_to_app(tenant: Tenant, audience: str, roles: list[str], now: datetime) -> str:
    """A token by which the app acts in its own name."""
    app = tenant.ministry["app"]
    principal = app.get("principal_id", app["app_id"])
    return issue(tenant, audience, now, {"oid": principal, "sub": principal, "idtyp": "app", "roles": roles})


def issue_to_person(tenant: Tenant, audience: str, user: dict[str, Any], scopes: str, now: datetime) -> str:
    """A token by which the app acts for a person; *user* is the directory's entry."""
    who = {"oid": user["id"], "sub": user["id"], "name": user["displayName"], "scp": scopes}
    return issue(tenant, audience, now, {**who, "preferred_username": user["userPrincipalName"], "idtyp": "user"})


def channel_token(tenant: Tenant, service_url: str, now: datetime) -> str:
    """The token by which Teams' channel proves itself to the bot, in an activity of this *service_url*."""
    keys = tenant.part(Keys)
    made_at, token = keys.channel_tokens.get(service_url, (now - timedelta(days=1), ""))
    if not timedelta(0) <= now - made_at < timedelta(minutes=30):
        at = int(now.timestamp())
        claims = {"iss": CONNECTOR, "aud": tenant.ministry["app"]["app_id"], "serviceurl": service_url}
        token = keys.sign("channel", {**claims, "iat": at, "nbf": at - 5, "exp": at + LIFETIME_S})
        keys.channel_tokens[service_url] = (now, token)
    return token


def read(tenant: Tenant, token: str, audiences: tuple[str, ...], now: datetime) -> Claims:
    """The claims of a token that this tenant's Entra ID issued for one of *audiences* and that is good *now*.

    Raises:
        jwt.PyJWTError: it is not; the message says why.
    """
    keys = tenant.part(Keys)
    claims = keys.read.get(token)
    if claims is None:
        kid = str(jwt.get_unverified_header(token).get("kid"))
        if kid not in keys.kids("entra"):
            raise jwt.InvalidTokenError("signed by nobody known here")
        public = keys.private(kid).public_key()
        claims = jwt.decode(token, public, ["RS256"], issuer=issuer(tenant), options=SIGNATURE_AND_ISSUER)
        if len(keys.read) >= CACHED_TOKENS:
            keys.read.clear()
        keys.read[token] = claims
    if claims["aud"] not in audiences:
        raise jwt.InvalidAudienceError("Access token validation failure. Invalid audience.")
    if not claims["nbf"] - 300 <= now.timestamp() < claims["exp"]:
        raise jwt.ExpiredSignatureError("Lifetime validation failed, the token is expired.")
    return claims


def bearer(tenant: Tenant, request: Request, audiences: tuple[str, ...], now: datetime) -> Claims:
    """The claims of the request's bearer token.

    Raises:
        Refused: 401 as Graph writes it.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    challenge = f'Bearer realm="", authorization_uri="{tenant.place.https_url}/common/oauth2/authorize"'
    if scheme.lower() != "bearer" or not token:
        answer = error_response(401, "InvalidAuthenticationToken", "Access token is empty.", www_authenticate=challenge)
        raise Refused(answer)
    try:
        return read(tenant, token, audiences, now)
    except (jwt.PyJWTError, KeyError) as why:
        raise refuse(401, "InvalidAuthenticationToken", str(why), www_authenticate=challenge) from why
