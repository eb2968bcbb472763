"""`python -m sandbox` as a person sees it: one address, a product that comes back, a clean end."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.small_app import APP, NEVER
from tests.stage import REPOSITORY, ask

FREE = ["--port", "0", "--tenant-port", "0", "--tenant-tls-port", "0"]


class Run:
    """One `python -m sandbox`, its lines, and what it says of itself in sandbox.json."""

    def __init__(self, folder: Path, *arguments: str, root: Path = APP) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--root", str(root), "--folder", str(folder), *FREE, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "TICK_SCHEDULE": NEVER, "NOTES": str(folder.parent / "notes")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            self.lines.extend(line.rstrip() for line in iter(stream.readline, ""))

    @property
    def told(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            told: dict[str, Any] = json.loads((self.folder / "sandbox.json").read_text())
            return told
        return {}

    def until[T](self, condition: Callable[[], T]) -> T:
        end = time.monotonic() + 60
        while not (given := condition()):
            assert time.monotonic() < end, "\n".join(self.lines)
            time.sleep(0.03)
        return given

    def wait_ready(self) -> None:
        self.until(lambda: any("is ready" in line for line in self.lines))

    def ended(self) -> int:
        status = self.process.wait(60)
        self._reader.join(60)
        return status


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started = Run(tmp_path / "state")
    yield started
    if started.process.poll() is None:
        started.process.terminate()
        started.ended()


def test_it_prints_one_address_brings_a_killed_product_back_and_leaves_nothing_running(run: Run) -> None:
    run.wait_ready()
    told = run.told
    addresses = [re.search(r"http://\S+", line) for line in run.lines if "is ready" in line]
    assert [found[0] for found in addresses if found] == [told["urls"]["page"]]
    settings = ask("GET", told["urls"]["product"] + "/api/settings").json()
    assert settings["PUBLIC_URL"] == told["urls"]["product"]
    assert ask("GET", told["urls"]["tenant"] + "/sandbox/state").json()["registry_mailboxes"]

    os.kill(told["pids"]["product"], signal.SIGKILL)
    run.until(lambda: run.told["pids"]["product"] != told["pids"]["product"])
    run.until(lambda: _answers(told["urls"]["product"] + "/api/health/ready"))
    assert any("the product ended (SIGKILL); again in" in line for line in run.lines)

    pids = run.told["pids"]
    run.lines.clear()
    os.killpg(run.process.pid, signal.SIGINT)  # as Ctrl-C does, to whoever is in the foreground
    assert run.ended() == 0
    assert not [line for line in run.lines if line.startswith("sandbox")]
    assert not [name for name, pid in pids.items() if _lives(pid)]


def test_killed_itself_it_takes_its_children_along(run: Run) -> None:
    run.wait_ready()
    pids = run.told["pids"]
    run.process.kill()
    run.ended()
    run.until(lambda: not [name for name, pid in pids.items() if _lives(pid)])


def test_a_product_that_cannot_start_is_given_up_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "function_app.py").write_text("import no_such_module\n")
    (tmp_path / "app" / "host.json").write_text('{"version": "2.0"}')
    run = Run(tmp_path / "state", root=tmp_path / "app")
    assert run.ended() == 1
    assert any("No module named 'no_such_module'" in line for line in run.lines)
    assert run.lines[-1] == "sandbox: the product cannot start; its lines above say why"
    assert not [name for name, pid in run.told["pids"].items() if _lives(pid)]


def test_two_sandboxes_never_share_a_folder(run: Run) -> None:
    run.until(lambda: run.told)
    second = Run(run.folder)
    assert second.ended() == 1
    assert "another sandbox runs in" in second.lines[-1]


def test_a_folder_without_a_function_app_is_named(tmp_path: Path) -> None:
    run = Run(tmp_path / "state", root=tmp_path)
    assert run.ended() == 1
    assert run.lines == [f"sandbox: there is no function_app.py in {tmp_path}"]


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return ask("GET", url).status == 200
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
