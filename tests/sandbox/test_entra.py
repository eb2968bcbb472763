"""Entra ID: who gets which token, and how a token is checked."""

from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from jwt.types import Options

from sandbox.tenant import tokens
from sandbox.tenant.wire import Response
from tests.sandbox.desk import BASE, BOX, HUDA, REGISTRY, Desk

TENANT = "c0ffee00-1111-4222-8333-444455556666"
APP = "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001"
GRAPH = "https://graph.microsoft.com"


def ask(desk: Desk, tenant: str = TENANT, **form: str) -> Response:
    usual = {"client_id": APP, "client_secret": "sandbox-app-secret", "grant_type": "client_credentials"}
    body = urlencode({**usual, "scope": f"{GRAPH}/.default", **form}).encode()
    return desk.call("POST", f"/{tenant}/oauth2/v2.0/token", body)


# Its times are judged elsewhere: these tests live in a year of their own.
TIMELESS: Options = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


def claims(desk: Desk, token: str) -> dict[str, Any]:
    """As any client reads it: by the published keys."""
    keys = jwt.PyJWKSet.from_dict(desk.call("GET", f"/{TENANT}/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, Any] = jwt.decode(token, key, ["RS256"], options=TIMELESS)
    return found


def test_an_app_with_its_secret_gets_a_token_with_its_roles(desk: Desk) -> None:
    told = ask(desk).json()
    found = claims(desk, told["access_token"])
    assert told["token_type"] == "Bearer"
    assert found["aud"] == GRAPH
    assert found["roles"] == desk.tenant.ministry["app"]["roles"]
    assert found["exp"] - found["iat"] == told["expires_in"] + 1


def test_mail_rights_stand_in_no_token_for_they_are_scoped_in_exchange(desk: Desk) -> None:
    assert not [role for role in claims(desk, ask(desk).json()["access_token"])["roles"] if role.startswith("Mail.")]


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"client_secret": "guess"}, 401, 7000215),
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 400, 700016),
        ({"scope": "User.Read"}, 400, 1002012),
        ({"scope": "https://elsewhere.example/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
        ({"tenant": "other.example"}, 400, 90002),
    ],
)
def test_whoever_asks_wrongly_is_told_by_entras_own_number(
    desk: Desk, form: dict[str, str], status: int, number: int
) -> None:
    told = ask(desk, **form)
    assert (told.status, told.json()["error_codes"]) == (status, [number])
    assert told.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_the_issuer_is_the_same_whichever_address_is_asked(desk: Desk) -> None:
    path = f"/{TENANT}/v2.0/.well-known/openid-configuration"
    by_http, by_https = (desk.call("GET", f"{base}{path}").json() for base in (BASE, "https://127.0.0.1:8443"))
    assert by_http == by_https
    assert by_http["issuer"] == claims(desk, ask(desk).json()["access_token"])["iss"]
    assert by_http["token_endpoint"].startswith("https://")


def test_on_behalf_of_a_person_the_app_gets_that_persons_token(desk: Desk) -> None:
    shown = desk.call("POST", "/sandbox/token", {"upn": HUDA, "audience": "api"}).json()["access_token"]
    assert claims(desk, shown)["scp"] == "access_as_user"
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    told = ask(
        desk, grant_type=grant, requested_token_use="on_behalf_of", assertion=shown, scope="User.Read offline_access"
    )
    found = claims(desk, told.json()["access_token"])
    assert (found["oid"], found["scp"]) == (claims(desk, shown)["oid"], "User.Read")


def test_an_apps_own_token_is_nobodys_assertion(desk: Desk) -> None:
    shown = desk.call("POST", "/sandbox/token", {"roles": ["Records.Read"], "audience": "api"}).json()["access_token"]
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    told = ask(desk, grant_type=grant, requested_token_use="on_behalf_of", assertion=shown, scope="User.Read")
    assert (told.status, told.json()["error"]) == (400, "invalid_grant")


def test_a_token_for_the_api_carries_the_roles_asked_for(desk: Desk) -> None:
    shown = desk.call("POST", "/sandbox/token", {"roles": ["Records.Read"], "audience": "api"}).json()["access_token"]
    found = claims(desk, shown)
    assert (found["aud"], found["roles"]) == (f"api://{APP}", ["Records.Read"])


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer not.a.token", "Basic abc"])
def test_without_a_good_token_graph_answers_401_and_says_where_to_get_one(desk: Desk, token: str) -> None:
    told = desk.call("GET", f"{BOX}/messages", authorization=token)
    assert (told.status, told.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "authorization_uri" in told.headers["www-authenticate"]


def test_a_token_ends_an_hour_after_it_was_issued(desk: Desk) -> None:
    assert desk.call("GET", f"{BOX}/messages", by="app").status == 200
    desk.driver.advance(3600)
    told = desk.call("GET", f"{BOX}/messages", by="app")
    assert (told.status, "expired" in told.json()["error"]["message"]) == (401, True)


def test_a_token_for_another_service_is_not_for_graph(desk: Desk) -> None:
    other = ask(desk, scope="https://vault.azure.net/.default").json()["access_token"]
    assert desk.call("GET", f"{BOX}/messages", authorization=f"Bearer {other}").status == 401


def test_a_token_signed_by_somebody_else_is_refused(desk: Desk) -> None:
    stranger = Desk()
    keys = stranger.tenant.part(tokens.Keys)
    keys.kids("entra")
    keys.change("entra")
    forged = tokens.issue_to_app(stranger.tenant, GRAPH, ["User.Read.All"], desk.driver.now)
    assert desk.call("GET", "/v1.0/users", authorization=f"Bearer {forged}").status == 401


def test_an_unsigned_token_is_refused(desk: Desk) -> None:
    unsigned = jwt.encode(claims(desk, desk.token("app")), "", "none")
    assert desk.call("GET", "/v1.0/users", authorization=f"Bearer {unsigned}").status == 401


def test_an_app_without_the_role_is_refused(desk: Desk) -> None:
    bare = tokens.issue_to_app(desk.tenant, GRAPH, [], desk.driver.now)
    told = desk.call("GET", "/v1.0/users", authorization=f"Bearer {bare}")
    assert (told.status, told.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_the_bots_channel_publishes_keys_endorsed_for_teams(desk: Desk) -> None:
    metadata = desk.call("GET", "/botframework/.well-known/openidconfiguration").json()
    assert metadata["issuer"] == "https://api.botframework.com"
    keys = desk.call("GET", metadata["jwks_uri"]).json()["keys"]
    assert [key["endorsements"] for key in keys] == [["msteams"]]


def test_a_channel_token_names_the_service_url_and_the_bot(desk: Desk) -> None:
    token = tokens.channel_token(desk.tenant, "http://127.0.0.1:8400/", desk.driver.now)
    keys = jwt.PyJWKSet.from_dict(desk.call("GET", "/botframework/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    found = jwt.decode(token, key, ["RS256"], options=TIMELESS)
    assert (found["iss"], found["aud"]) == ("https://api.botframework.com", APP)
    assert found["serviceurl"] == "http://127.0.0.1:8400/"


def test_after_a_change_of_key_the_channel_signs_with_the_new_one_and_publishes_both(desk: Desk) -> None:
    before = tokens.channel_token(desk.tenant, "http://127.0.0.1:8400/", desk.driver.now)
    new = desk.call("POST", "/sandbox/channel-key").json()["kid"]
    after = tokens.channel_token(desk.tenant, "http://127.0.0.1:8400/", desk.driver.now)
    kids = [jwt.get_unverified_header(token)["kid"] for token in (before, after)]
    published = [key["kid"] for key in desk.call("GET", "/botframework/keys").json()["keys"]]
    assert kids[0] != kids[1] == new
    assert set(kids) <= set(published)


def test_a_person_reaches_only_their_own_mailbox(desk: Desk) -> None:
    told = desk.call("GET", f"/v1.0/users/{REGISTRY}/messages", by=HUDA)
    assert (told.status, told.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    assert desk.call("GET", "/v1.0/me/messages", by=HUDA).status == 200
