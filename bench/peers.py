"""Peers in environments of their own, by pinned versions; made once, and again where the pins change."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.side import REPOSITORY

PINNED = ("O365==2.1.10", "orjson==3.13.0")
AGENTS = ("microsoft-agents-hosting-aiohttp==1.9.0", "PyJWT==2.15.1", "cryptography==50.0.2")
TEAMS = ("microsoft-teams-apps==2.1.1", "PyJWT==2.15.1", "cryptography==50.0.2")

FOLDER = REPOSITORY / ".tarasul" / "bench"


class Missing(Exception):
    """The peers cannot be installed."""


def python(pinned: tuple[str, ...] = PINNED) -> Path:
    """The interpreter that has the peers *pinned*. Raises Missing with what pip said."""
    digest = hashlib.sha256(" ".join((sys.version, *pinned)).encode()).hexdigest()[:12]
    venv = FOLDER / f"peers-{digest}"
    made = venv / "made"
    if not made.exists():
        print(f"installing the peers ({', '.join(pinned)}) …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        installed = subprocess.run([*pip, *pinned], capture_output=True, text=True)
        if installed.returncode != 0:
            raise Missing(installed.stderr.strip().splitlines()[-1])
        made.touch()
    return venv / "bin" / "python"
