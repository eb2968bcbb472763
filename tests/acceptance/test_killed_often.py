"""The product is killed a hundred times, and in the long run a thousand: nothing lost, nothing doubled (goals R2, T1).

At every call out of the process, before it and after it, and at random instants, by kill -9 and by SIGTERM. The
processes are the product's own parts over its real database; test_kills.py kills the whole product under its host.
"""

import signal
from pathlib import Path

import pytest

from tests import stores
from tests.acceptance.lethal import CALLS, Death, deaths, killed

IN_TEST, IN_SOAK, IN_SOAK_POSTGRES = 100, 1_000, 300
ONLY_AT_FIRST = "install"  # the app comes to a person once


def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    found = killed(stores.sqlite_url(tmp_path), list(deaths(1448, IN_TEST)))
    assert found.wrong == []
    assert found.kills == IN_TEST
    assert len(found.at_calls) > len(CALLS), str(found)


@pytest.mark.soak
@pytest.mark.parametrize(("database", "kills"), [("sqlite", IN_SOAK), ("postgres", IN_SOAK_POSTGRES)])
def test_a_thousand_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, kills: int
) -> None:
    if database == "sqlite":
        url = stores.sqlite_url(tmp_path)
    else:
        url = stores.postgres_url(request.getfixturevalue("postgres"))
    found = killed(url, list(deaths(2026, kills)))
    assert found.wrong == []
    assert found.kills == kills
    boundaries = {f"{when} {call}" for call in CALLS if call != ONLY_AT_FIRST for when in ("before", "after")}
    assert boundaries <= set(found.at_calls), str(found)


@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.soak), True], ids=["before", "after"])
def test_killed_when_the_app_comes_to_somebody_nothing_is_lost(tmp_path: Path, after: bool) -> None:
    planned = [Death(signal.SIGKILL, ONLY_AT_FIRST, after=after), Death(signal.SIGTERM, ONLY_AT_FIRST, after=after)]
    found = killed(stores.sqlite_url(tmp_path), planned)
    assert (found.wrong, found.at_calls.total()) == ([], 2)


@pytest.mark.parametrize(
    ("planned", "broken", "said"),
    [
        pytest.param([Death(signal.SIGKILL, "fetch")] * 2, {"product": "cursor first"}, "made 0 records", id="lost"),
        pytest.param(
            [Death(signal.SIGKILL, "draft_reply", after=True)] * 8,
            {"finds_drafts": False},
            "drafts were left lying",
            id="doubled",
        ),
    ],
)
def test_a_product_that_loses_or_doubles_is_found_out(
    tmp_path: Path, planned: list[Death], broken: dict[str, object], said: str
) -> None:
    """The cursor kept before the letters are; a draft made without looking for the one from before."""
    found = killed(stores.sqlite_url(tmp_path), planned, **broken)
    assert any(said in fault for fault in found.wrong), str(found)
