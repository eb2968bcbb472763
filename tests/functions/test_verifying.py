"""The door of whoever holds a letter: a page or JSON, nobody signs in, and nobody asks without end."""

import json
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from app import wiring
from functions import verifying
from functions.rates import Rate
from service.verify_page import POLICY

TOLD = {
    **{key: {"ar": "نعم", "en": "yes"} for key in ("state_said", "entity", "kind_said", "issued_said", "level_said")},
    "state": "sealed",
    "reference": "ش.م/ص/1/2026",
    "sha256": "a" * 64,
    "limits_said": None,
}


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SimpleNamespace(verifying=SimpleNamespace(look=lambda token: TOLD if token == "ours" else None))
    monkeypatch.setattr(wiring, "house", lambda: known)
    monkeypatch.setattr(verifying, "_RATE", Rate(each=3, all_of_them=100))


async def ask(token: str, **headers: str) -> func.HttpResponse:
    request = func.HttpRequest(
        "GET", "https://x.example/api/v1/verify/x", headers=headers, route_params={"token": token}, body=b""
    )
    door: Any = verifying.verify_letter
    answer: func.HttpResponse = await door.build().get_user_function()(request)
    return answer


async def test_a_letter_of_ours_is_a_page_that_runs_nothing_of_others() -> None:
    answer = await ask("ours")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "ش.م/ص/1/2026" in answer.get_body().decode()


async def test_a_program_asks_for_json() -> None:
    answer = await ask("ours", accept="application/json")
    assert json.loads(answer.get_body())["state"] == "sealed"
    assert (await ask("theirs", accept="application/json")).mimetype == "application/problem+json"


async def test_what_is_none_of_ours_is_not_found() -> None:
    answer = await ask("theirs")
    assert answer.status_code == 404
    assert "لا يُعرف هذا الكتاب لدينا" in answer.get_body().decode()


async def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    answers = [await ask("theirs", **{"x-forwarded-for": "203.0.113.9:1"}) for _ in range(4)]
    assert [a.status_code for a in answers] == [404, 404, 404, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await ask("ours", **{"x-forwarded-for": "203.0.113.10:1"})).status_code == 200
