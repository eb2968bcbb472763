"""A stranger asks often enough, and no more often."""

from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from functions.rates import Rate, address_of

NOON = datetime(2026, 11, 21, 9, 0, 20, tzinfo=UTC)


def test_an_address_is_bounded_and_others_go_on() -> None:
    rate = Rate(each=2, all_of_them=100)
    assert [rate.wait_s("a", NOON) for _ in range(3)] == [0, 0, 40]
    assert rate.wait_s("b", NOON) == 0
    assert rate.wait_s("a", NOON + timedelta(seconds=40)) == 0


def test_all_together_are_bounded_whatever_address_they_give() -> None:
    rate = Rate(each=5, all_of_them=3)
    assert [rate.wait_s(str(n), NOON) for n in range(4)] == [0, 0, 0, 40]


def test_addresses_are_not_remembered_without_end() -> None:
    rate = Rate(each=1, all_of_them=1_000_000)
    for number in range(10_050):
        rate.wait_s(str(number), NOON)
    assert len(rate._asked) <= 10_000


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.9:51334", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9:443", "203.0.113.9"),  # what the caller says of itself comes first
        ("[2001:db8::1]:443", "[2001:db8::1]"),
        ("", "-"),
    ],
)
def test_the_address_is_what_the_platform_s_front_saw(header: str, address: str) -> None:
    request = func.HttpRequest("GET", "https://x.example", headers={"x-forwarded-for": header}, body=b"")
    assert address_of(request) == address
