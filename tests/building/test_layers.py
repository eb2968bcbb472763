"""The import contracts of pyproject.toml: kept by the house, and each of them able to be broken."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.programs import REPOSITORY

IMPORTLINTER = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in IMPORTLINTER["contracts"]]

# One line for each contract, in a file of the house, that must break it.
OFFENCES = {
    "Imports go down only; neighbours on one line never import each other": ("graph/headers.py", "import store"),
    "The registry and the texts run no machine": ("registry/numbers.py", "import os"),
    "The service knows the world by its ports alone": ("service/replies.py", "import aiohttp"),
    "SQL is known in the store alone": ("app/log.py", "import sqlalchemy"),
    "Bot Framework is known in one file": ("bot/actions.py", "from botbuilder.schema import Activity"),
    "msgraph-sdk is known in the files that use it, and in the client below them": (
        "graph/mime.py",
        "from msgraph.generated.models.user import User",
    ),
    "Word, PDF and their signatures are known in documents alone": ("bot/words.py", "import lxml"),
    "A door decides nothing and opens nothing: it hands over to the house": (
        "functions/messages.py",
        "from registry.decide import decide",
    ),
    "The notification door reaches no database driver, no SDK and no part of the house that needs one": (
        "registry/errors.py",
        "import asyncio",
    ),
    "The sandbox imports no room of the product: it talks to it by HTTP": ("sandbox/routes.py", "import registry"),
    "No room of the product knows the sandbox": ("texts/search.py", "import sandbox"),
}


def linted(root: Path) -> dict[str, str]:
    """What the linter says of each contract of the house in *root*: KEPT or BROKEN."""
    program = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "COLUMNS": "300", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = {
        name: says[1]
        for name in CONTRACTS
        if (says := re.search(rf"^{re.escape(name)} (KEPT|BROKEN)", ended.stdout, re.MULTILINE))
    }
    assert len(found) == len(CONTRACTS), ended.stdout + ended.stderr
    return found


def test_the_house_keeps_every_contract() -> None:
    assert linted(REPOSITORY) == dict.fromkeys(CONTRACTS, "KEPT")


def test_every_contract_is_broken_by_what_it_forbids(tmp_path: Path) -> None:
    for room in IMPORTLINTER["root_packages"]:
        shutil.copytree(REPOSITORY / room, tmp_path / room, ignore=shutil.ignore_patterns("*.pyc", "page", "ministry"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for file, line in OFFENCES.values():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    assert set(OFFENCES) == set(CONTRACTS)
    assert linted(tmp_path) == dict.fromkeys(CONTRACTS, "BROKEN")
