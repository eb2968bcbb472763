"""Programs that are not on every machine: found, or the test is skipped; and two of them started for tests."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.queue._shared.parser import DEVSTORE_ACCOUNT_KEY, DEVSTORE_ACCOUNT_NAME

REPOSITORY = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 60.0
NODE_MODULES = REPOSITORY / "node_modules"

# Where each program may stand, and what brings it.
PLACES = {
    "chromium": (["chromium", "chromium-browser", "google-chrome"], "apt-get install chromium"),
    "node": (["node"], "Node 20 or newer"),
    "initdb": (["initdb", "/usr/lib/postgresql/*/bin/initdb"], "apt-get install postgresql"),
    "pg_ctl": (["pg_ctl", "/usr/lib/postgresql/*/bin/pg_ctl"], "apt-get install postgresql"),
    "soffice": (["soffice"], "apt-get install libreoffice-writer-nogui"),
    "pdftotext": (["pdftotext"], "apt-get install poppler-utils"),
    "azurite": ([str(NODE_MODULES / "azurite" / "dist" / "src" / "azurite.js")], "npm ci"),
    "playwright-core": ([str(NODE_MODULES / "playwright-core" / "cli.js")], "npm ci"),
    "app-manifest": ([str(NODE_MODULES / "@microsoft" / "app-manifest" / "build" / "json-schemas")], "npm ci"),
}


def find_program(name: str) -> Path | None:
    """The program's path, or None when this machine lacks it."""
    for place in PLACES[name][0]:
        if "/" not in place:
            found = shutil.which(place)
        else:
            hits = sorted(Path("/").glob(place.lstrip("/")))
            found = str(hits[-1]) if hits else None
        if found:
            return Path(found)
    return None


def needs(name: str) -> Path:
    """Return the path of a program of PLACES. Without it the test is skipped; in CI, where everything is installed
    first, it fails."""
    if found := find_program(name):
        return found
    why = f"{name} is missing: {PLACES[name][1]}"
    if os.environ.get("CI"):
        pytest.fail(f"{why} (in CI a missing program fails)")
    pytest.skip(why)


@contextlib.contextmanager
def azurite() -> Iterator[str]:
    """A storage account in memory; gives its connection string (blobs and queues)."""
    command = [str(needs("node")), str(needs("azurite")), "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*command, "--inMemoryPersistence", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = threading.Timer(READY_WITHIN_S, process.kill)
        watch.start()
        try:
            assert process.stdout is not None
            ports: dict[str, str] = {}
            while len(ports) < 3:
                line = process.stdout.readline()
                assert line, "Azurite ended before it listened"
                if found := re.match(r"Azurite (\w+) service is successfully listening at \S+:(\d+)", line):
                    ports[found[1]] = found[2]
            watch.cancel()
            at = {name.lower(): f"http://127.0.0.1:{port}/{DEVSTORE_ACCOUNT_NAME}" for name, port in ports.items()}
            yield (
                f"DefaultEndpointsProtocol=http;AccountName={DEVSTORE_ACCOUNT_NAME};AccountKey={DEVSTORE_ACCOUNT_KEY};"
                f"BlobEndpoint={at['blob']};QueueEndpoint={at['queue']};"
            )
        finally:
            watch.cancel()
            process.terminate()
            process.communicate(timeout=20)


@contextlib.contextmanager
def postgres(*, fsync: bool = False) -> Iterator[str]:
    """A PostgreSQL server; gives the URL of its database `postgres`, as SQLAlchemy writes it. With *fsync* what it
    commits is on the disk, as in production."""
    initdb, pg_ctl = needs("initdb"), needs("pg_ctl")
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        folder = Path(name)
        (folder / "password").write_text("tests-only")
        as_owner = _as_somebody_but_root(folder)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        login = ["-A", "scram-sha-256", "-U", "app", f"--pwfile={folder}/password"]
        subprocess.run(
            [*as_owner, initdb, "-D", folder / "data", *login, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
        )
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync={'on' if fsync else 'off'}"
        subprocess.run(
            [*as_owner, pg_ctl, "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield f"postgresql+psycopg://app:tests-only@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*as_owner, pg_ctl, "-D", folder / "data", "-m", "immediate", "stop"], capture_output=True)


def _as_somebody_but_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: give *folder* to the user that Debian's package made, and run as that one."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    return ["runuser", "-u", "postgres", "--"]
