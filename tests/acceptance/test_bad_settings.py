"""Settings that are missing, wrong or contradict each other, and a port in use: said at once, and no letter is lost.

The rest of bad input is in test_bad_mail.py and test_bad_calls.py.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.ministry import HUDA, LAILA, Ministry, letter, opened
from tests.stage import REPOSITORY, Stage
from texts import say

FREE = ("--port", "0", "--tenant-port", "0", "--tenant-tls-port", "0")
WRONG = {"TIME_ZONE": "Asia/Nowhere", "GRAPH_CLIENT_STATE": "too short", "LEASE_S": "soon"}
WHAT_IS_WRONG = ("GRAPH_CLIENT_STATE must have 32", "there is no Asia/Nowhere", "LEASE_S must be a number")
# Says that this is Azure, with everything on this machine.
CONTRADICTORY = {"WEBSITE_SITE_NAME": "tarasul"}
WHAT_CONTRADICTS = (
    "DATABASE_URL must be PostgreSQL in Azure",
    "ARCHIVE_URL must be a blob container in Azure",
    "GRAPH_BASE_URL must be https in Azure",
)


def make_run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What `make run` does once everything is installed; it gives up long before it has waited its two minutes."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "--folder", str(folder), *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("env", "said"), [(WRONG, WHAT_IS_WRONG), (CONTRADICTORY, WHAT_CONTRADICTS)])
def test_make_run_says_at_once_all_that_must_be_put_right(
    tmp_path: Path, env: dict[str, str], said: tuple[str, ...]
) -> None:
    ended = make_run(tmp_path / "state", *FREE, **env)
    assert ended.returncode == 1
    why = ended.stderr.splitlines()[-1]
    assert why.startswith("sandbox: the product cannot start: ")
    for part in (*said, "See docs/settings.md"):
        assert part in why


def test_make_run_says_which_port_is_in_use_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = make_run(tmp_path / "state", *FREE, "--tenant-port", str(port))
    assert ended.returncode == 1
    assert f"port {port} for the tenant is in use" in ended.stderr
    assert 'make run ARGS="--tenant-port 0"' in ended.stderr


def test_a_letter_that_comes_while_a_setting_is_wrong_is_registered_once_it_is_right(tmp_path: Path) -> None:
    with Stage(tmp_path / "state", env=WRONG, ready="/api/health/live") as stage:
        ministry = Ministry(stage)
        try:
            ministry.arrives(letter("كتاب وصل والإعداد خاطئ"))
            ready = stage.product("GET", "/api/health/ready")
            assert (ready.status, ready.json()["ready"], ready.json()["misconfigured"]) == (503, False, True)
            assert all(part in ready.json()["missing"][0] for part in WHAT_IS_WRONG)

            told = ministry.api("records", status=503)
            for language, name in (("ar", "detail_ar"), ("en", "detail")):
                assert told[name] == say(language, "api.misconfigured", why=ready.json()["missing"][0])

            assert stage.product("POST", "/api/graph/notifications", body=b"{}").status >= 500, "Graph asks again"
            assert ministry.says(LAILA, "pending") >= 500, "Teams tells her that it did not get there"
        finally:
            ministry.close()
    with opened(tmp_path) as ministry:
        record = ministry.registered("كتاب وصل والإعداد خاطئ")
        ministry.asked(HUDA, record["reference"], "approve")
        assert ministry.day()["green"]
