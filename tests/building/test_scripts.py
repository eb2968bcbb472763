"""What a newcomer is told whose machine lacks something; and that a machine that has it is taken as it is."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs import REPOSITORY


def run(script: str, path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script of ours on a machine that has what lies in *path* and nothing else."""
    return subprocess.run(
        ["/bin/sh", str(REPOSITORY / "scripts" / script)],
        env={"PATH": str(path), "HOME": str(path), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with `cat` and no more."""
    cat = shutil.which("cat")
    assert cat is not None
    (tmp_path / "cat").symlink_to(cat)
    return tmp_path


def put(machine: Path, name: str, body: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{body}\n")
    (machine / name).chmod(0o755)


class TestPython:
    def test_where_there_is_none_it_says_how_to_get_one(self, machine: Path) -> None:
        told = run("find-python", machine)
        assert told.returncode == 1
        assert "Python 3.13 is missing" in told.stderr
        for way in ("apt-get install python3.13", "brew install", "pyenv install", "PYTHON=/path/to/python3.13"):
            assert way in told.stderr

    def test_another_version_is_not_taken_for_it(self, machine: Path) -> None:
        put(machine, "python3", "exit 1")  # what sys.exit(version != 3.13) comes to
        assert run("find-python", machine).returncode == 1

    def test_one_that_is_named_is_tried_and_no_other(self, machine: Path) -> None:
        put(machine, "python3.13", "exit 0")
        told = run("find-python", machine, PYTHON="/nowhere/python")
        assert (told.returncode, told.stdout) == (1, "")
        assert "/nowhere/python is not a Python 3.13" in told.stderr

    def test_the_paths_comes_before_a_version_managers(self, machine: Path) -> None:
        managed = machine / ".pyenv" / "versions" / "3.13.1" / "bin"
        managed.mkdir(parents=True)
        put(managed, "python", "exit 0")
        assert run("find-python", machine).stdout.strip() == str(managed / "python")
        put(machine, "python3.13", "exit 0")
        assert run("find-python", machine).stdout.strip() == "python3.13"


class TestNode:
    @pytest.mark.parametrize(("version", "found"), [(None, "no node"), ("v18.20.0", "v18.20.0"), ("v9.1.0", "v9.1.0")])
    def test_where_it_is_missing_or_old_it_says_how_to_get_one(
        self, machine: Path, version: str | None, found: str
    ) -> None:
        put(machine, "npm", "exit 0")
        if version is not None:
            put(machine, "node", f"echo {version}")
        told = run("find-node", machine)
        assert told.returncode == 1
        assert f"Node 20 or newer with npm is missing (found: {found})" in told.stderr
        assert "apt-get install nodejs npm" in told.stderr

    def test_without_npm_it_is_of_no_use(self, machine: Path) -> None:
        put(machine, "node", "echo v22.0.0")
        assert run("find-node", machine).returncode == 1

    @pytest.mark.parametrize("version", ["v20.0.0", "v24.3.1"])
    def test_twenty_or_newer_will_do(self, machine: Path, version: str) -> None:
        put(machine, "npm", "exit 0")
        put(machine, "node", f"echo {version}")
        assert run("find-node", machine).returncode == 0
