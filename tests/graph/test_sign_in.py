"""Whose sign-in it is, by Entra's id_token: everything that is not for us, for this sign-in and of now is none."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from graph.entra import TokenChecker
from graph.sign_in import EntraSignIn
from registry.errors import Unavailable
from service.sign_in import NotSignedIn
from tests.graph.test_entra import APP, NOON, TENANT, Entra, entra

assert entra, "the fixture"

BACK = "https://tarasul.ministry.example/api/sign-in/done"
PAGE = "https://login.example/authorize"
AT = int(NOON.timestamp())
GOOD: dict[str, Any] = {"aud": APP, "nonce": "n1", "auth_time": AT - 60, "scp": None, "azp": None, "roles": None}


class Endpoint:
    """Entra's token endpoint, which answers what a test says."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.asked = answer, ("", "", "")

    async def __call__(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        self.asked = (code, redirect_uri, verifier)
        return self.answer


def page(entra: Entra, answer: dict[str, Any]) -> EntraSignIn:
    checker = TokenChecker(entra.url, TENANT, {APP}, lambda: entra.now)
    return EntraSignIn(PAGE, APP, BACK, Endpoint(answer), checker)


def test_the_page_is_asked_to_let_the_person_prove_it_again() -> None:
    address = EntraSignIn(PAGE, APP, BACK, Endpoint({}), None).address(  # type: ignore[arg-type]
        state="s", nonce="n", challenge="c", hint="huda@ministry.example"
    )
    assert address.startswith(f"{PAGE}?")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    claims = json.loads(asked.pop("claims"))
    assert claims == {"id_token": {"auth_time": {"essential": True}}}
    assert asked == {
        "client_id": APP,
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "prompt": "login",
        "max_age": "900",
        "login_hint": "huda@ministry.example",
    }


async def test_a_good_token_says_who_and_when(entra: Entra) -> None:
    proven = await page(entra, {"id_token": entra.token(**GOOD)}).proven("c", verifier="v", nonce="n1")
    assert (proven.person, proven.at.timestamp()) == ("person-1", AT - 60)


WRONG: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000009"},
    "the api's audience": {"aud": f"api://{APP}"},
    "another nonce": {"nonce": "n2"},
    "no nonce": {"nonce": None},
    "another tenant": {"tid": "c0ffee00-1111-4222-8333-444455550000"},
    "another issuer": {"iss": "https://login.example/other/v2.0"},
    "nobody": {"oid": None},
    "over": {"exp": AT - 301},
    "not yet": {"nbf": AT + 301},
    "no time of proof": {"auth_time": None},
    "a time that is none": {"auth_time": "now"},
    "a time before time": {"auth_time": -5},
    "signed by a stranger": {"key": "stranger"},
    "a key that nobody published": {"kid": "k2"},
}


@pytest.mark.parametrize("what", WRONG)
async def test_any_other_token_is_no_sign_in(entra: Entra, what: str) -> None:
    told = {"id_token": entra.token(**(GOOD | WRONG[what]))}
    with pytest.raises(NotSignedIn):
        await page(entra, told).proven("c", verifier="v", nonce="n1")


@pytest.mark.parametrize("answer", [{}, {"error": "invalid_grant"}, {"id_token": 7}, {"id_token": "a.b.c"}])
async def test_an_answer_without_a_token_is_no_sign_in(entra: Entra, answer: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        await page(entra, answer).proven("c", verifier="v", nonce="n1")


async def test_an_unsigned_token_is_no_sign_in(entra: Entra) -> None:
    head, body, _ = entra.token(**GOOD).split(".")
    for token in (f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}."):
        with pytest.raises(NotSignedIn):
            await page(entra, {"id_token": token}).proven("c", verifier="v", nonce="n1")


async def test_without_a_nonce_of_ours_no_token_is_good(entra: Entra) -> None:
    with pytest.raises(NotSignedIn):
        await page(entra, {"id_token": entra.token(**(GOOD | {"nonce": ""}))}).proven("c", verifier="v", nonce="")


async def test_entras_keys_out_of_reach_are_no_verdict(entra: Entra) -> None:
    entra.down = True
    with pytest.raises(Unavailable):
        await page(entra, {"id_token": entra.token(**GOOD)}).proven("c", verifier="v", nonce="n1")
