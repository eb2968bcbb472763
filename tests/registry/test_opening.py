"""Who is shown the words of a secret record, and by which sign-in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import Refer
from registry.decisions import Accepted, Refused
from registry.opening import OPEN_FOR
from registry.opening_commands import ShowSecret
from registry.opening_events import SecretShown
from tests.values import OFFICE, PEOPLE, Desk, mail, registered

SECOND = timedelta(seconds=1)


@pytest.fixture
def desk() -> Desk:
    """A secret letter with the register, put before Huda, who is cleared for it."""
    office = replace(OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], clearance="secret")})
    desk = registered(mail(subject="سري: خطة الطوارئ"), office)
    desk.accept(Refer(record_id="r1", step=1, by="noura", asked="for_action", to_person="huda"))
    return desk


def show(desk: Desk, by: str, ago: timedelta = SECOND) -> object:
    return desk.take(ShowSecret(record_id="r1", by=by, signed_in_at=desk.now - ago))


@pytest.mark.parametrize(("by", "capacity"), [("huda", "member"), ("noura", "clerk")])
def test_a_reader_who_is_cleared_and_has_just_signed_in_is_shown_it_and_the_sheet_says_so(
    desk: Desk, by: str, capacity: str
) -> None:
    decision = show(desk, by)
    assert isinstance(decision, Accepted)
    (event,) = decision.events
    assert isinstance(event, SecretShown)
    assert (event.by, event.capacity, decision.effects) == (by, capacity, ())


def test_a_clerk_who_routes_it_and_is_not_cleared_is_not(desk: Desk) -> None:
    assert show(desk, "abdullah") == Refused("may.secrecy", {"reference": desk.held.reference})


def test_whoever_may_not_read_it_is_not(desk: Desk) -> None:
    for by in ("omar", "salem"):
        refused = show(desk, by)
        assert isinstance(refused, Refused)
        assert refused.reason in ("may.stranger", "may.secrecy")
    assert show(desk, "nobody") == Refused("may.unknown_person")


def test_a_sign_in_opens_for_a_quarter_of_an_hour_and_not_before_it_was(desk: Desk) -> None:
    assert isinstance(show(desk, "huda", OPEN_FOR - SECOND), Accepted)
    assert show(desk, "huda", OPEN_FOR) == Refused("secret.sign_in")
    assert show(desk, "huda", -SECOND) == Refused("secret.sign_in")


def test_what_is_no_secret_is_not_opened_so() -> None:
    desk = registered()
    assert show(desk, "huda") == Refused("secret.is_none")
