"""What Azure is told and given: host.json, .funcignore, and the targets of make."""

import fnmatch
import os
import subprocess
from pathlib import Path

import pytest

from sandbox.host_json import BadHostJson, read_host_json
from scripts.refuse import places
from tests.stage import REPOSITORY

ROOMS = {"app", "bot", "documents", "functions", "graph", "registry", "service", "store", "texts"}


class TestHostJson:
    def test_queues_are_read_a_few_messages_at_a_time_and_tried_five_times(self) -> None:
        queues = read_host_json(REPOSITORY).queues
        assert 1 <= queues.batch_size + queues.new_batch_threshold <= 8
        assert queues.max_dequeue_count == 5
        assert 5 <= queues.visibility_timeout_s <= 30  # a failed message waits; the outbox keeps the real schedule
        assert queues.max_polling_interval_s <= 5  # a letter is seen within seconds
        assert queues.message_encoding == "base64"

    def test_the_doors_stand_under_api_and_no_function_runs_for_more_than_ten_minutes(self) -> None:
        settings = read_host_json(REPOSITORY)
        assert settings.route_prefix == "api"
        assert settings.function_timeout_s == 600
        assert settings.max_concurrent_requests <= settings.max_outstanding_requests

    @pytest.mark.parametrize(
        ("queues", "said"),
        [
            ('{"batchSize": 33}', "batchSize is 33; a whole number from 1 to 32"),
            ('{"visibilityTimeout": "30"}', "'30' is not a time span"),
            ('{"messageEncoding": "utf8"}', "say base64 or none"),
        ],
    )
    def test_what_the_platform_refuses_is_refused_here(self, tmp_path: Path, queues: str, said: str) -> None:
        (tmp_path / "host.json").write_text(f'{{"extensions": {{"queues": {queues}}}}}')
        with pytest.raises(BadHostJson, match=said):
            read_host_json(tmp_path)

    def test_what_is_not_said_is_the_platforms_default(self, tmp_path: Path) -> None:
        (tmp_path / "host.json").write_text('{"version": "2.0"}')
        settings = read_host_json(tmp_path)
        assert (settings.queues.batch_size, settings.queues.new_batch_threshold) == (16, 8)
        assert (settings.queues.visibility_timeout_s, settings.queues.max_polling_interval_s) == (0, 60)


def test_azure_gets_the_products_rooms_and_nothing_else() -> None:
    lines = (REPOSITORY / ".funcignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    tops = {name.split("/")[0] for name in tracked.split()}
    sent = {top for top in tops if not any(fnmatch.fnmatch(top, pattern) for pattern in ignored)}
    assert sent <= ROOMS | {"function_app.py", "host.json", "requirements.txt"}
    assert {"host.json", "requirements.txt"} <= sent


class TestMake:
    def test_make_alone_lists_the_targets(self) -> None:
        said = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
        for target in ("run", "test", "check", "soak", "bench", "lock", "clean"):
            assert f"make {target} " in said

    def test_without_python_3_13_it_says_what_to_install(self, tmp_path: Path) -> None:
        ended = _script("find-python", PATH=_only_shell(tmp_path), HOME=str(tmp_path), PYTHON="", PYENV_ROOT="")
        assert ended.returncode == 1
        assert "Python 3.13 is missing" in ended.stderr

    def test_another_python_is_not_taken_for_it(self, tmp_path: Path) -> None:
        _program(tmp_path / "python3.12", "exit 1")
        ended = _script("find-python", PYTHON=str(tmp_path / "python3.12"))
        assert ended.returncode == 1
        assert "is not a Python 3.13" in ended.stderr

    @pytest.mark.parametrize("found", ["", "v18.19.0"])
    def test_without_node_20_it_says_what_to_install(self, tmp_path: Path, found: str) -> None:
        path = _only_shell(tmp_path)
        if found:
            _program(tmp_path / "node", f"echo {found}")
            _program(tmp_path / "npm", "exit 0")
        ended = _script("find-node", PATH=path)
        assert ended.returncode == 1
        assert "Node 20 or newer with npm is missing" in ended.stderr
        assert (found or "no node") in ended.stderr

    def test_node_20_with_npm_is_enough(self, tmp_path: Path) -> None:
        path = _only_shell(tmp_path)
        _program(tmp_path / "node", "echo v20.1.0")
        _program(tmp_path / "npm", "exit 0")
        assert _script("find-node", PATH=path).returncode == 0

    def test_where_it_may_not_install_programs_it_names_what_is_missing(self, tmp_path: Path) -> None:
        ended = _script("install-programs", PATH=_only_shell(tmp_path))
        assert ended.returncode == 0
        assert "chromium" in ended.stderr


class TestRefusing:
    @pytest.mark.parametrize(
        "line",
        [
            "resolved https://registry." + "npmjs.org/x",
            "--index-url https://pypi." + "org/simple",
            "cd /" + "work/main",
            'open("/' + 'root/x")',
        ],
    )
    def test_what_belongs_to_one_machine_is_found(self, line: str) -> None:
        assert places(Path("a.txt"), f"fine\n{line}\n")[0].startswith("a.txt:2: ")

    def test_what_only_looks_like_it_is_let_be(self) -> None:
        fine = "the /users/root of it; docs/work/plan; https://learn.microsoft.com/graph/work/x"
        assert places(Path("a.txt"), fine) == []


def _script(name: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(REPOSITORY / "scripts" / name)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=30,
    )


def _only_shell(folder: Path) -> str:
    """A PATH with what a script itself needs and nothing else."""
    for tool in ("cat", "sh", "ls", "id"):
        (folder / tool).symlink_to(f"/bin/{tool}" if Path(f"/bin/{tool}").exists() else f"/usr/bin/{tool}")
    return str(folder)


def _program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
