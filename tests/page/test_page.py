"""The sandbox's page, driven in Chromium against the tenant, with a stand-in where the product would be.

The scenarios are in scenarios.mjs and run once, one after the other, in one browser; each is a test here.
"""

import asyncio
import json
import os
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.tenant.server import Options, Server
from sandbox.tenant.tenant import Place
from tests.described import hold
from tests.page.standin import StandIn
from tests.programs import needs

SCENARIOS = Path(__file__).with_name("scenarios.mjs")
NAMES = re.findall(r"^  async (\w+)\(\{", SCENARIOS.read_text("utf-8"), re.MULTILINE)
ENDS_WITHIN_S = 240


class Sandbox(threading.Thread):
    """Two tenants on loopback: one in front of the stand-in, one whose product is down."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.exchanges = folder / "exchanges.jsonl"
        self.up = threading.Event()
        self.addresses: list[str] = []

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        product = StandIn()
        runner = web.AppRunner(product.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        running = []
        for host in (f"http://127.0.0.1:{runner.addresses[0][1]}", "http://127.0.0.1:9"):
            how = Options(port=0, place=Place(host_url=host), exchanges=self.exchanges)
            server, ready = Server(how), asyncio.Event()
            running.append(asyncio.create_task(server.run(self._stop, ready)))
            await ready.wait()
            self.addresses.append(server.http_url)
        product.tenant_url = self.addresses[0]
        working = asyncio.create_task(product.work())
        self.up.set()
        await self._stop.wait()
        working.cancel()
        await asyncio.gather(working, *running, return_exceptions=True)
        await runner.cleanup()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of each scenario, by name: {error or null, ms}. PAGE_PICTURES keeps the pictures in that folder."""
    node, chromium = needs("node"), needs("chromium")
    needs("playwright-core")
    pictures = Path(os.environ.get("PAGE_PICTURES") or tmp_path_factory.mktemp("pictures"))
    pictures.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    sandbox.start()
    assert sandbox.up.wait(30)
    try:
        done = subprocess.run(
            [str(node), str(SCENARIOS), *sandbox.addresses, str(pictures)],
            env={**os.environ, "CHROMIUM": str(chromium)},
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_S,
        )
    finally:
        sandbox.stop()
    hold(sandbox.exchanges)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in told}


@pytest.mark.parametrize("rule", NAMES)
def test_the_page(rule: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[rule]["error"] is None, outcomes[rule]["error"]
