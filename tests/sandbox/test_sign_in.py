"""The sandbox's sign-in page: a code is good once, for the app, the address and the verifier that it was made for."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.tenant.wire import Response
from tests.sandbox.desk import HUDA, Desk
from tests.sandbox.test_entra import APP, TENANT, ask, claims

BACK = "http://127.0.0.1:7071/api/sign-in/done"
VERIFIER = "v" * 43
ASKED = {
    "client_id": APP,
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid profile",
    "state": "s1",
    "nonce": "n1",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    "code_challenge_method": "S256",
    "login_hint": HUDA,
}
PAGE = f"/{TENANT}/oauth2/v2.0/authorize"


def signs_in(desk: Desk, **more: str) -> dict[str, str]:
    """What goes back to the app when Huda, or `upn`, signs in."""
    sent = desk.call("POST", PAGE, urlencode({**ASKED, "upn": HUDA, **more}).encode())
    assert sent.status == 302, sent.body
    address = urlsplit(sent.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == BACK
    return {name: value for name, (value,) in parse_qs(address.query).items()}


def redeem(desk: Desk, code: str, **more: str) -> Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask(desk, **{**form, **more})


def test_the_page_names_the_one_who_is_hinted_at(desk: Desk) -> None:
    page = desk.call("GET", f"{PAGE}?{urlencode(ASKED)}")
    assert page.status == 200
    assert f'value="{HUDA}" selected' in page.body.decode()


def test_a_code_is_worth_a_token_that_says_who_signed_in_and_when(desk: Desk) -> None:
    back = signs_in(desk, signed_in_s_ago="120")
    told = redeem(desk, back["code"]).json()
    found: dict[str, Any] = claims(desk, told["id_token"])
    assert (back["state"], found["nonce"], found["aud"], found["tid"]) == ("s1", "n1", APP, TENANT)
    assert found["iat"] - found["auth_time"] == 120


def test_a_code_is_good_once_whatever_became_of_it(desk: Desk) -> None:
    code = signs_in(desk)["code"]
    assert redeem(desk, code, code_verifier="w" * 43).status == 400
    assert redeem(desk, code).status == 400
    again = signs_in(desk)["code"]
    assert [redeem(desk, again).status for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "wrong", [{"redirect_uri": "http://127.0.0.1:7071/api/elsewhere"}, {"code": "guessed"}, {"code_verifier": ""}]
)
def test_a_code_for_something_else_is_none(desk: Desk, wrong: dict[str, str]) -> None:
    assert redeem(desk, **{"code": signs_in(desk)["code"], **wrong}).json()["error"] == "invalid_grant"


def test_whoever_is_nobody_is_not_signed_in(desk: Desk) -> None:
    assert signs_in(desk, upn="nobody@ministry.example") == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "11111111-1111-1111-1111-111111111111"},
        {"nonce": ""},
        {"code_challenge_method": "plain"},
        {"scope": "User.Read"},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(desk: Desk, wrong: dict[str, str]) -> None:
    assert desk.call("GET", f"{PAGE}?{urlencode({**ASKED, **wrong})}").status == 400
    assert desk.call("POST", PAGE, urlencode({**ASKED, "upn": HUDA, **wrong}).encode()).status == 400
