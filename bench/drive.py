"""P4: what a drive whose items all changed costs, beside rclone and abraunegg/onedrive, at Graph's own addresses."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from bench import peers
from bench.drive_items import FOLDERS
from bench.measuring import Goal, Line, Round, Table, column, in_turns, ratios
from bench.side import Side

COUNT, PAGE = 20_000, 200  # items of the drive; of a page of its delta
SMALL = 2_000  # onedrive is slow and reads a smaller drive; figures are per item
NAIVE = 100  # the control: a page, and so a commit, for every item
ROOM = ("unshare", "--net", "--mount", "--propagation", "private")
PROGRAMS = ("rclone", "onedrive")  # of Debian


def measure(pairs: int) -> list[Table]:
    shut = _may_be_shut() and _installed()
    drives = {
        "b!large": {"count": COUNT, "page": PAGE},
        "b!small": {"count": SMALL, "page": PAGE},
        "b!naive": {"count": NAIVE, "page": 1},
    }
    sides = {
        "ours": _side("ours", "b!large", drives),
        "floor": _side("floor", "b!large", drives),
        "naive": _side("ours", "b!naive", drives),
    }
    told = {
        "drives": drives,
        "sides": sides,
        "peers": {"own": "b!small", "rclone": ("b!large", COUNT)},
        "alone": str(peers.python()),
        "shut": shut,
    }
    with Side("bench.sides.drive_room", told, within=ROOM if shut else ()) as room:
        names = [*sides, *(PROGRAMS if shut else ())]
        found = in_turns({name: partial(room, side=name) for name in names}, pairs)
    return [_table(found, shut)]


def _side(kind: str, drive: str, drives: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    count, page = drives[drive]["count"], drives[drive]["page"]
    return {"kind": kind, "drive": drive, "count": count, "pages": -(-(count + FOLDERS + 1) // page)}


def _may_be_shut() -> bool:
    """Whether this machine gives us a network and mounts of our own."""
    return shutil.which(ROOM[0]) is not None and subprocess.run([*ROOM, "true"], check=False).returncode == 0


def _installed() -> bool:
    """Install the peers where they are not here; they are programs of the system, and stay."""
    if all(map(shutil.which, PROGRAMS)):
        return True
    print(f"installing the peers ({', '.join(PROGRAMS)}) …", file=sys.stderr)
    if shutil.which("apt-get") is None:
        return False
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PROGRAMS])
    return all(subprocess.run(c, env=env, stdout=sys.stderr, check=False).returncode == 0 for c in commands)


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return said.split("\n", 1)[0].strip()


def _table(found: Mapping[str, list[Round]], shut: bool) -> Table:
    def cpu(what: str, name: str, goal: Goal | None = None, *, control: bool = False) -> Line:
        return Line(what, column(found[name], "cpu_us"), "µs", goal, control)

    def times(what: str, over: str, under: str, goal: Goal | None = None) -> Line:
        return Line(what, ratios(found[over], found[under], "cpu_us"), "×", goal)

    lines = [
        cpu("ours: delta, told apart, cursor synced", "ours", Goal(at_most=30)),
        cpu("floor: a socket with TLS and orjson, keeps nothing", "floor"),
        times("ours ÷ floor", "ours", "floor"),
        cpu("control: a page and a commit for every item", "naive", Goal(at_most=30), control=True),
        Line("the server's CPU, of ours", column(found["ours"], "server_share"), "%", Goal(at_most=10)),
        Line("ours: requests of Graph per item", column(found["ours"], "requests")),
    ]
    notes = [
        f"{COUNT:,} files in {FOLDERS} folders, pages of {PAGE}; one in a thousand was made by us, is an open draft, "
        "and is looked at in a batch. All are shown the same items, with all that Graph tells of one.",
        "The cursor is synced with every page (SQLite, WAL, synchronous=FULL).",
    ]
    if not shut:
        return Table("P4: CPU per item of a drive's delta", lines, [*notes, _NO_ROOM])
    lines[2:2] = [
        cpu("rclone: lists, keeps nothing", "rclone"),
        cpu("onedrive: its database written, nothing fetched", "onedrive"),
        times("onedrive ÷ ours", "onedrive", "ours", Goal(at_least=15)),
        times("ours ÷ rclone", "ours", "rclone", Goal(at_most=1.6)),
    ]
    lines.append(Line("onedrive: requests of Graph per item", column(found["onedrive"], "requests")))
    return Table(
        "P4: CPU per item of a drive's delta",
        lines,
        [
            *notes,
            f"{_version('rclone')}, {_version('onedrive')}. What their mere start costs is taken off. "
            f"rclone lists children, a thousand on a page; onedrive reads {SMALL:,} items of the same kind.",
            "All of them are in a network of their own, where Graph's names lead to this server.",
        ],
    )


_NO_ROOM = "This machine gives no network of one's own, or the peers cannot be installed: they are not in it."
