"""A link opens one document for one person for some minutes, and nothing else."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from service.links import LASTS, Links
from tests.values import NOON

WHAT = f"m1/documents/{'a' * 64}"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> object:
        return self.now


def made() -> tuple[Links, Clock, str]:
    clock = Clock()
    links = Links("k" * 32, "https://tarasul.ministry.example/", clock)  # type: ignore[arg-type]
    parts = urlsplit(links.to(WHAT, "hessa"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"https://tarasul.ministry.example/api/v1/records/{WHAT}"
    return links, clock, parse_qs(parts.query)["ticket"][0]


def test_it_opens_what_it_is_for_for_whom_it_is_until_it_ends() -> None:
    links, clock, ticket = made()
    assert links.holder(ticket, WHAT) == "hessa"
    clock.now += LASTS
    assert links.holder(ticket, WHAT) == "hessa"
    clock.now += timedelta(seconds=1)
    assert links.holder(ticket, WHAT) is None


@pytest.mark.parametrize("what", ["", WHAT[:-1], WHAT.replace("m1", "m2"), f"{WHAT}/"])
def test_it_opens_nothing_else(what: str) -> None:
    links, _, ticket = made()
    assert links.holder(ticket, what) is None


def test_no_character_of_it_can_be_another() -> None:
    links, _, ticket = made()
    for place, letter in enumerate(ticket):
        other = "0" if letter != "0" else "1"
        assert links.holder(f"{ticket[:place]}{other}{ticket[place + 1 :]}", WHAT) is None


@pytest.mark.parametrize("ticket", ["", ".", "..", "x.y.z", "9" * 400, "٩٩.hessa.ab", "1.hessa.\u0661", "-1.hessa.00"])
def test_what_is_no_ticket_opens_nothing(ticket: str) -> None:
    links, _, _ = made()
    assert links.holder(ticket, WHAT) is None


def test_another_key_makes_another_ticket() -> None:
    _, clock, ticket = made()
    other = Links("j" * 32, "https://tarasul.ministry.example", clock)  # type: ignore[arg-type]
    assert other.holder(ticket, WHAT) is None
