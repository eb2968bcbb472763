"""P9: what a door costs in a process that was just started; and how large the package is."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from bench import callers, letters
from bench.measuring import Goal, Line, Round, Table, column, in_turns, ratios
from bench.side import REPOSITORY, Side
from bench.sides.steps import Office
from graph.notifications import client_state
from tests import stores

PRODUCT = ("texts", "registry", "service", "store", "graph", "bot", "functions", "app")
SDK = ("msgraph-sdk", "msgraph-core", "microsoft-kiota-")  # whose size is stated apart
CPU, RSS, TIMES, SIZE = Goal(at_most=270), Goal(at_most=60), Goal(at_least=5), Goal(at_most=25)
DOORS = {
    "notification": "notification door",
    "messages": "messages door, a press",
    "api": "API, a list of records",
}


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        pages = held.enter_context(Side("bench.graph_pages", {"alone": callers.published()}))
        origin, url = pages.ready["origin"], stores.sqlite_url(folder)
        office = Office(url)
        held.callback(office.store.close)
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        env |= callers.settings(origin, folder, url) | {"PYTHONPATH": str(REPOSITORY)}
        first_page = json.dumps({"value": [letters.whole(n) for n in range(10)]}, ensure_ascii=False)

        def of(door: str, body: Callable[[], str], authorization: str = "") -> Callable[[], Round]:
            return lambda: _started(door, {"body": body(), "authorization": authorization}, env)

        sides = {
            "nothing": of("nothing", str),
            "indexed": of("indexed", str),
            "notification": of("notification", _notification),
            "messages": of(
                "messages",
                lambda: callers.press(office.token(office.registered())).decode(),
                callers.channel_token(),
            ),
            "api": of("api", str, callers.api_token(origin)),
            "sdk": of("sdk", lambda: first_page),
        }
        found = in_turns(sides, pairs)
    return [_started_table(found), _size_table()]


def _notification() -> str:
    state = client_state(callers.CLIENT_STATE_KEY, letters.MAILBOX, 1)
    item = {"subscriptionId": "s", "clientState": state, "changeType": "created", "resource": "users/x/messages/y"}
    return json.dumps({"value": [item]})


def _started(door: str, told: Mapping[str, Any], env: Mapping[str, str]) -> Round:
    """One request in a process of its own. Raises RuntimeError where it was not answered well."""
    file = REPOSITORY / "bench" / "sides" / "cold.py"
    ended = subprocess.run(
        [sys.executable, file, door], input=json.dumps(told), cwd=REPOSITORY, env=env, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(ended.stdout) if ended.returncode == 0 else {"status": 500}
    if not 200 <= found["status"] < 300:
        raise RuntimeError(f"{door}: {found} {ended.stderr}")
    return found


def _started_table(found: Mapping[str, list[Round]]) -> Table:
    def cpu(what: str, name: str, goal: Goal | None = None) -> Line:
        return Line(f"{what}: CPU", column(found[name], "cpu_ms"), "ms", goal)

    lines = [cpu("interpreter alone", "nothing"), cpu("function_app imported", "indexed")]
    for name, what in DOORS.items():
        lines += [
            cpu(what, name, CPU),
            Line(f"{what}: memory", column(found[name], "rss_mb"), "MB", RSS),
            Line(f"{what}: modules", column(found[name], "modules")),
            Line(f"{what}: msgraph-sdk's CPU ÷ ours", ratios(found["sdk"], found[name], "cpu_ms"), "×", TIMES),
        ]
    lines += [
        cpu("msgraph-sdk, ten messages parsed", "sdk"),
        Line("msgraph-sdk, ten messages parsed: memory", column(found["sdk"], "rss_mb"), "MB"),
        Line("msgraph-sdk, ten messages parsed: modules", column(found["sdk"], "modules")),
    ]
    return Table(
        "P9: cold start, a fresh process to its first answer",
        lines,
        [
            "Everything from the start of the interpreter: imports, settings, parts made, the database opened and its "
            "migrations looked at, keys fetched, the request answered. Bytecode lies ready, as in a package that was "
            "built for Azure.",
            "msgraph-sdk is imported and parses one page; it asks nobody and keeps nothing.",
        ],
    )


def _size_table() -> Table:
    """How large what Azure unpacks is: the product, and what requirements.txt names, without bytecode."""
    named = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", (REPOSITORY / "requirements.txt").read_text(), re.M)
    sizes = {name: _installed_mb(name) for name in named}
    sdk = sum(mb for name, mb in sizes.items() if name.startswith(SDK))
    own = sum(file.stat().st_size for room in PRODUCT for file in (REPOSITORY / room).rglob("*.py")) / 1e6
    largest = sorted(((mb, name) for name, mb in sizes.items() if not name.startswith(SDK)), reverse=True)[:6]
    return Table(
        "P9: the package, unzipped",
        [
            Line("product", [own], "MB"),
            Line("all without msgraph-sdk", [own + sum(sizes.values()) - sdk], "MB", SIZE),
            Line("msgraph-sdk with what is its own", [sdk], "MB"),
        ],
        [f"The largest: {', '.join(f'{name} {mb:.1f} MB' for mb, name in largest)}."],
    )


def _installed_mb(name: str) -> float:
    """Size of an installed distribution, or 0 where it is not for this machine."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0.0
    paths = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6
