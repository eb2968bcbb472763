################################################################
# The sandbox and the product, started together
################################################################
#
# Rule 1: tenant and host are processes of their own and speak HTTP only; each may be killed at any time and is started
#         again with its state, slower each time it keeps dying.
# Rule 2: one address is printed, when the product says that it is ready.
# Rule 3: whoever started it gets a clean end by Ctrl-C, and nothing is left running, whatever ends this process.

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from sandbox.kept import Kept
from sandbox.layout import HERE, LOCK, CannotStart, Child, Layout, Ports, plan, start_over
from sandbox.leash import NO_USE

READY = "/api/health/ready"
READY_WITHIN_S = 120.0
END_WITHIN_S = 20.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0  # before a dead child is started again
STEADY_AFTER_S = 30.0  # a child that lived this long is not one that keeps dying
TRIES_BEFORE_READY = 3
NO_OFFICE = "there is no LibreOffice here: letters become a plain PDF, whose words are in it but not seen"


class Supervisor:
    """Keeps tenant and host running. `<state>/sandbox.json` says where and as which processes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._told = Kept(layout.state / "sandbox.json")
        self._told.keep("ready", False)
        self._told.keep("urls", layout.urls)
        self._pids = {"supervisor": os.getpid()}
        self._ready = False
        self._ending = asyncio.Event()
        self._given_up = ""

    async def run(self) -> str:
        """Run until SIGINT or SIGTERM. Returns why it gave up, or nothing."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._ending.set)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep(self._layout.tenant))
            starting = tasks.create_task(self._start_in_turn(tasks))
            await self._ending.wait()
            starting.cancel()
        return self._given_up

    async def _keep(self, child: Child) -> None:
        """Start *child* again whenever it dies, until the end."""
        wait_s, deaths = FIRST_WAIT_S, 0
        while not self._ending.is_set():
            began = time.monotonic()
            status = await self._live(child)
            if self._ending.is_set():
                return
            deaths += 1
            if not self._ready and (status == NO_USE or deaths >= TRIES_BEFORE_READY):
                self._give_up(f"the {child.name} cannot start; its lines above say why")
                return
            wait_s = FIRST_WAIT_S if time.monotonic() - began > STEADY_AFTER_S else wait_s
            print(f"sandbox  | the {child.name} ended ({_cause(status)}); again in {wait_s:g} s", flush=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _live(self, child: Child) -> int:
        """One life of *child*; returns how it ended (negative: the signal)."""
        process = await asyncio.create_subprocess_exec(
            *child.argv,
            env=dict(child.env),
            stdin=asyncio.subprocess.PIPE,  # the leash
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C comes to us alone
            limit=2**20,
        )
        self._pids[child.name] = process.pid
        self._told.keep("pids", self._pids)
        assert process.stdout is not None
        reading = asyncio.create_task(_copy_lines(process.stdout, child.name))
        ended = asyncio.create_task(process.wait())
        asked = asyncio.create_task(self._ending.wait())
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not ended.done():
            process.terminate()
            await asyncio.wait((ended,), timeout=END_WITHIN_S)
            if not ended.done():
                print(f"sandbox  | the {child.name} does not end; killed", flush=True)
                process.kill()
        status = await ended
        await reading
        return status

    async def _start_in_turn(self, tasks: asyncio.TaskGroup) -> None:
        """Start the product when its tenant answers, and print the one address when the product is ready."""
        until = time.monotonic() + READY_WITHIN_S
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            await self._await_ready(session, self._layout.urls["tenant"] + "/sandbox/state", until)
            tasks.create_task(self._keep(self._layout.host))
            await self._await_ready(session, self._layout.urls["product"] + READY, until)
        self._ready = True
        self._told.keep("ready", True)
        print(f"\nTarasul is ready: {self._layout.urls['page']}\n", flush=True)

    async def _await_ready(self, session: aiohttp.ClientSession, url: str, until: float) -> None:
        """Ask *url* until it answers 200. Give up at the moment *until* with its last answer, or at once where it says
        that a setting must be put right first."""
        said = "nothing"
        while time.monotonic() < until:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
                    text = await answer.text()
                    said = f"{answer.status} {text[:500]}"
                    if wrong := _wrong_settings(text):
                        self._give_up(f"the product cannot start: {wrong}")
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                said = str(error)
            await asyncio.sleep(0.1)
        else:
            self._give_up(f"not ready within {READY_WITHIN_S:g} s; {url} said last: {said}")
        await asyncio.Event().wait()  # until cancelled, as everything is at the end

    def _give_up(self, why: str) -> None:
        self._given_up = why
        self._ending.set()


def _wrong_settings(told: str) -> str:
    """What the product says of its settings, where waiting does not help."""
    try:
        body = json.loads(told)
    except ValueError:
        return ""
    if not isinstance(body, dict) or not body.get("misconfigured"):
        return ""
    return "; ".join(map(str, body.get("missing", ())))


async def _copy_lines(stream: asyncio.StreamReader, name: str) -> None:
    while line := await stream.readline():
        print(f"{name:<8} | {line.decode(errors='replace').rstrip()}", flush=True)


def _cause(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Run a small ministry's Microsoft 365 and the product on this machine."
    )
    parser.add_argument("--root", type=Path, default=HERE.parent, help="the folder of function_app.py")
    parser.add_argument("--folder", type=Path, default=Path(".tarasul"), help="where everything is kept")
    parser.add_argument("--fresh", action="store_true", help="start over: forget what is kept")
    parser.add_argument("--port", type=int, default=Ports().product, help="the product's port; 0 takes a free one")
    parser.add_argument("--tenant-port", type=int, default=Ports().tenant, help="the tenant's, where the page is")
    parser.add_argument("--tenant-tls-port", type=int, default=Ports().tenant_tls, help="the tenant's for https")
    parser.add_argument("--lock-s", type=float, default=5.0, help="seconds after a kill until a message is seen again")
    chosen = parser.parse_args()
    try:
        _check(chosen.root)
        if chosen.fresh:
            with _owned(chosen.folder):
                start_over(chosen.folder)
        with _owned(chosen.folder):
            ports = Ports(chosen.tenant_port, chosen.tenant_tls_port, chosen.port)
            layout = plan(chosen.root, chosen.folder, ports, lock_s=chosen.lock_s)
            if not shutil.which("soffice"):
                print(f"sandbox  | {NO_OFFICE}", flush=True)
            why = asyncio.run(_run(layout))
    except CannotStart as error:
        sys.exit(f"sandbox: {error}")
    if why:
        sys.exit(f"sandbox: {why}")


async def _run(layout: Layout) -> str:
    return await Supervisor(layout).run()


def _check(root: Path) -> None:
    if not (root / "function_app.py").exists():
        raise CannotStart(f"there is no function_app.py in {root.resolve()}")
    if not (HERE.parent / "node_modules" / "adaptivecards").is_dir():
        raise CannotStart("the page's npm packages are missing: `make run` installs them (it needs Node 20 or newer)")


@contextlib.contextmanager
def _owned(state: Path) -> Iterator[None]:
    """Own the state folder: two sandboxes in one would undo each other's work."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"another sandbox runs in {state}: stop it, or choose another --folder") from error
        yield


if __name__ == "__main__":
    main()
