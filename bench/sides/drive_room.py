################################################################
# A room without a network, where Graph's own names lead to our server: the only place where rclone and onedrive can be
# measured, for their addresses are written into them
################################################################
#
# Rule 1: the network and the mounts are this process's own (`unshare -n -m`): nothing of them is left when it ends, and
#         nobody in it reaches anything else.
# Rule 2: everybody in it is answered by one server, over TLS, under one authority that all of them trust.
# Rule 3: a peer is a program that starts for each round; what its mere start costs is measured beside it and taken off.

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import trustme

from bench.drive_items import FOLDERS
from bench.side import Side, serve, told

GRAPH = ("graph.microsoft.com", "login.microsoftonline.com")
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_TOKEN = {"access_token": "a", "token_type": "Bearer", "refresh_token": "r", "expiry": "2099-01-01T00:00:00Z"}


def shut_in(folder: Path, authority: trustme.CA) -> None:
    """Make the room: loopback alone, Graph's names on it, one more authority that is trusted."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(GRAPH)}\n", "ascii")
    bundle = folder / "bundle.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    for mine, there in ((hosts, "/etc/hosts"), (bundle, _BUNDLE)):
        subprocess.run(["mount", "--bind", str(mine), there], check=True)


def ran(command: Sequence[str], home: Path) -> tuple[float, str]:
    """The CPU that a program and its children took, in seconds, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        command, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, timeout=600, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != 0:
        print(ended.stdout[-2_000:], ended.stderr[-2_000:], file=sys.stderr)
        raise RuntimeError(f"{command[0]} ended with {ended.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ended.stdout + ended.stderr


def rclone(drive: str, count: int) -> dict[str, float]:
    """It lists a drive with everything below, and keeps nothing."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        config = home / "rclone.conf"
        config.write_text(
            f"[at]\ntype = onedrive\ntoken = {json.dumps(_TOKEN)}\ndrive_id = {drive}\ndrive_type = business\n", "utf-8"
        )
        start_s, _ = ran(["rclone", "--config", str(config), "version"], home)
        cpu_s, said = ran(["rclone", "--config", str(config), "lsf", "-R", "at:"], home)
    assert len(said.splitlines()) == count + FOLDERS, f"rclone listed {len(said.splitlines())}"
    return {"items": count, "cpu_s": cpu_s - start_s, "start_s": start_s}


def onedrive(count: int) -> dict[str, float]:
    """It reads the delta of its own drive, and says what it would do; it writes its database as ever."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "files").mkdir()
        (home / "refresh_token").write_text("r", "ascii")
        plain = ["onedrive", "--confdir", name, "--syncdir", str(home / "files")]
        start_s, _ = ran([*plain, "--display-config"], home)
        cpu_s, said = ran([*plain, "--synchronize", "--download-only", "--dry-run", "--verbose"], home)
    assert said.count("Downloading file ") >= count, f"onedrive saw {said.count('Downloading file ')}"
    return {"items": count, "cpu_s": cpu_s - start_s, "start_s": start_s}


def main(
    drives: Mapping[str, Mapping[str, Any]],
    sides: Mapping[str, Mapping[str, Any]],
    peers: Mapping[str, Any],
    alone: str,
    shut: bool,
) -> None:
    """Serve rounds by the side's name. *alone*: the interpreter of the floor. *shut*: whether this is a room."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as held:
        folder, authority = Path(name), trustme.CA(organization_name="bench")
        own = authority.issue_cert(*GRAPH, "127.0.0.1")
        own.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        if shut:
            shut_in(folder, authority)
        trusting = {"SSL_CERT_FILE": str(folder / "ca.pem")}
        at = {"host": GRAPH[0], "port": 443} if shut else {"host": "127.0.0.1", "port": 0}
        server = held.enter_context(
            Side(
                "bench.drive_pages",
                {**at, "certificate": str(folder / "server.pem"), "drives": drives, "own": peers["own"]},
            )
        )
        base = server.ready["base_url"]
        rounds: dict[str, Callable[[], Mapping[str, float]]] = {}
        for side, what in sides.items():
            module = "bench.sides.drive_floor" if what["kind"] == "floor" else "bench.sides.drive"
            python = alone if what["kind"] == "floor" else sys.executable
            rounds[side] = held.enter_context(Side(module, {"base_url": base, **what}, python=python, env=trusting))
        if shut:
            rounds["rclone"] = lambda: rclone(*peers["rclone"])
            rounds["onedrive"] = lambda: onedrive(drives[peers["own"]]["count"])

        def measured(side: str) -> dict[str, float]:
            before, found, after = server(), rounds[side](), server()
            return {
                "cpu_us": found["cpu_s"] / found["items"] * 1e6,
                "requests": (after["asked"] - before["asked"]) / found["items"],
                "server_share": (after["cpu_s"] - before["cpu_s"]) / found["cpu_s"] * 100,
                "start_ms": found.get("start_s", 0.0) * 1e3,
            }

        serve(measured)


if __name__ == "__main__":
    main(**told())
