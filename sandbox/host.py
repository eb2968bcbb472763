################################################################
# The functions host of this machine: what Azure's does, and no more
################################################################
#
# Rule 1: HTTP in, queues, timers, keys, retries and poison, as host.json and the bindings say; the product is reached
#         through Microsoft's worker library alone.
# Rule 2: a request is answered when the messages it leaves are stored, so that an answer is never a promise.
# Rule 3: killed at any moment it comes back right: what ran is seen again, what was stored is still there.
# Rule 4: what people and tests steer stands under /sandbox/; it listens on loopback only.

import argparse
import asyncio
import fcntl
import json
import logging
import os
import secrets
import signal
import sys
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from aiohttp import web
from multidict import CIMultiDict

from sandbox.host_json import BadHostJson, read_host_json
from sandbox.invocations import Invocations, QueueFaults
from sandbox.kept import Kept
from sandbox.leash import NO_USE
from sandbox.listener import Listener
from sandbox.moved_clock import CannotGoBack, MovedClock
from sandbox.queues import Queues, SqliteQueues
from sandbox.routes import BadRoute, NoMatch, find, read_routes
from sandbox.tamper import CannotTamper, Tamper
from sandbox.timers import BadSchedule, Timer
from sandbox.worker import FunctionFailed, HttpCall, Worker

log = logging.getLogger("host")

MAX_BODY_BYTES = 210 * 1024 * 1024  # the platform's own limit
THREADS_END_WITHIN_S = 1.0  # after the grace that their functions had
NOT_COPIED = {"content-length", "transfer-encoding", "connection"}  # headers that the server writes itself


class Host:
    """One function app, served. Make it with `open_host`."""

    def __init__(
        self, root: Path, worker: Worker, queues: Queues, clock: MovedClock, folder: Path, kept: Kept, lock_s: float
    ) -> None:
        settings = read_host_json(root)
        functions = worker.functions.values()
        self._worker, self._queues, self._clock, self._kept = worker, queues, clock, kept
        self._routes = read_routes(functions, settings.route_prefix)
        self._keys = _function_keys(folder / "keys.json")
        self._invocations = Invocations(
            queues, encoding=settings.queues.message_encoding, timeout_s=settings.function_timeout_s
        )
        self._invocations.set_faults(QueueFaults(**kept.get("queue_faults", {})))
        self._gate = asyncio.Lock()
        self._listeners = {
            f.name: Listener(f, worker, self._invocations, queues, settings.queues, gate=self._gate, lock_s=lock_s)
            for f in functions
            if f.kind == "queueTrigger"
        }
        timers = Kept(folder / "timers.json")
        self._timers = {
            f.name: Timer(f, worker, self._invocations, clock, timers) for f in functions if f.kind == "timerTrigger"
        }
        self._tamper = Tamper(os.environ.get("DATABASE_URL", ""), kept)
        self._places = asyncio.Semaphore(settings.max_concurrent_requests)
        self._outstanding, self._most_outstanding = 0, settings.max_outstanding_requests
        self._feeding: list[asyncio.Task[None]] = []

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/sandbox/health", self._health)
        app.router.add_post("/sandbox/clock", self._move_clock)
        app.router.add_post("/sandbox/tamper", self._do_tamper)
        app.router.add_post("/sandbox/untamper", self._undo_tamper)
        app.router.add_get("/sandbox/faults", self._tell_faults)
        app.router.add_post("/sandbox/faults", self._set_faults)
        app.router.add_post("/admin/functions/{name}", self._fire)
        app.router.add_route("*", "/{path:.*}", self._call)
        return app

    def start(self) -> None:
        """Feed queue functions and fire timers from now on."""
        self._feeding = [asyncio.create_task(listener.listen()) for listener in self._listeners.values()]
        self._feeding += [asyncio.create_task(timer.run()) for timer in self._timers.values()]
        for task in self._feeding:
            task.add_done_callback(_must_not_end)

    async def stop(self, grace_s: float) -> None:
        """Take nothing new, and give what runs *grace_s* seconds to end."""
        for task in self._feeding:
            task.cancel()
        await asyncio.gather(*self._feeding, return_exceptions=True)
        await asyncio.gather(
            *(listener.drain(grace_s) for listener in self._listeners.values()),
            *(timer.drain(grace_s) for timer in self._timers.values()),
        )

    async def _call(self, request: web.Request) -> web.StreamResponse:
        found = find(self._routes, request.method, request.rel_url.raw_path)
        if isinstance(found, NoMatch):
            return web.Response(
                status=found.status, headers={"Allow": ", ".join(found.allowed)} if found.allowed else {}
            )
        if not self._may_call(found.route.level, request):
            return web.Response(status=401)
        if self._outstanding >= self._most_outstanding:
            return web.Response(status=429)
        self._outstanding += 1
        try:
            call = HttpCall(
                method=request.method,
                url=str(request.url),
                headers=_joined(request.headers),
                query=_joined(request.query),
                params=found.params,
                body=await request.read(),
            )
            name = found.route.function
            async with self._places:
                done = await self._invocations.finish(name, self._worker.http(name, call))
        except FunctionFailed:
            return web.Response(status=500)
        finally:
            self._outstanding -= 1
        if done.answer is None:
            return web.Response(status=204)
        headers = CIMultiDict((k, v) for k, v in done.answer.headers if k.lower() not in NOT_COPIED)
        return web.Response(status=done.answer.status, headers=headers, body=done.answer.body)

    def _may_call(self, level: str, request: web.Request) -> bool:
        if level == "ANONYMOUS":
            return True
        shown = (request.headers.get("x-functions-key") or request.query.get("code") or "").encode()
        good = [self._keys["master"]] if level == "ADMIN" else list(self._keys.values())
        return any(secrets.compare_digest(shown, key.encode()) for key in good)

    async def _fire(self, request: web.Request) -> web.Response:
        """Run a timer or queue function now; a queue function takes `{"input": text}` as its message."""
        name = request.match_info["name"]
        if timer := self._timers.get(name):
            timer.fire()
        elif listener := self._listeners.get(name):
            listener.deliver_directly(str((await _said(request)).get("input", "")).encode())
        else:
            return _refused(404, f"there is no timer or queue function {name}")
        return web.Response(status=202)

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "pid": os.getpid(),
                "functions": sorted(self._worker.functions),
                "offset_s": self._clock.offset_s,
                "queues": await self._depths(),
                "requests": self._outstanding,
                "running": {name: listener.running for name, listener in self._listeners.items()},
            }
        )

    async def _depths(self) -> dict[str, int]:
        """How much lies in this app's queues; a storage account may hold those of others too."""
        ours = {listener.queue for listener in self._listeners.values()}
        depths = await self._queues.depths()
        return {name: depth for name, depth in depths.items() if name.removesuffix("-poison") in ours}

    async def _move_clock(self, request: web.Request) -> web.Response:
        try:
            offset_s = float((await _said(request))["offset_s"])
        except (KeyError, TypeError, ValueError):
            return _refused(400, 'say {"offset_s": seconds}')
        async with self._gate:
            try:
                self._clock.move_to(offset_s)
            except CannotGoBack as error:
                return _refused(409, str(error))
            await asyncio.gather(*(listener.renew() for listener in self._listeners.values()))
        self._queues.wake()
        return web.json_response({"offset_s": self._clock.offset_s})

    async def _do_tamper(self, request: web.Request) -> web.Response:
        said = await _said(request)
        if not isinstance(said.get("record_id"), str) or not isinstance(said.get("seq", 0), int):
            return _refused(400, 'say {"record_id": id, "seq": number or nothing}')
        try:
            return web.json_response(await asyncio.to_thread(self._tamper.tamper, said["record_id"], said.get("seq")))
        except CannotTamper as error:
            return _refused(409, str(error))

    async def _undo_tamper(self, request: web.Request) -> web.Response:
        try:
            return web.json_response({"restored": await asyncio.to_thread(self._tamper.untamper)})
        except CannotTamper as error:
            return _refused(409, str(error))

    async def _tell_faults(self, request: web.Request) -> web.Response:
        faults = self._invocations.faults
        return web.json_response({"double_queue": faults.double, "shuffle_queue": faults.shuffle, "seed": faults.seed})

    async def _set_faults(self, request: web.Request) -> web.Response:
        said = await _said(request)
        try:
            double, seed = float(said.get("double_queue", 0)), int(said.get("seed", 0))
        except (TypeError, ValueError):
            return _refused(400, 'say {"double_queue": 0 to 1, "shuffle_queue": true or false, "seed": number}')
        faults = QueueFaults(double=min(1.0, max(0.0, double)), shuffle=bool(said.get("shuffle_queue")), seed=seed)
        self._invocations.set_faults(faults)
        self._kept.keep("queue_faults", {"double": faults.double, "shuffle": faults.shuffle, "seed": faults.seed})
        return await self._tell_faults(request)


def _must_not_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("the host cannot go on: %r", error)
        os.kill(os.getpid(), signal.SIGTERM)


def _joined(values: Any) -> dict[str, str]:
    """Names and values as the worker takes them: one value each, several joined by a comma."""
    joined: dict[str, str] = {}
    for name, value in values.items():
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


async def _said(request: web.Request) -> Mapping[str, Any]:
    """The JSON object in the body; anything else reads as an empty one."""
    try:
        said = json.loads(await request.read() or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)


def _function_keys(file: Path) -> dict[str, str]:
    """The keys that open functions which are not ANONYMOUS: made at the first start, then kept."""
    kept = Kept(file)
    for name in ("master", "default"):
        if not kept.get(name, ""):
            kept.keep(name, secrets.token_urlsafe(32))
    file.chmod(0o600)
    return {name: str(kept.get(name, "")) for name in ("master", "default")}


def _own(folder: Path) -> IO[str]:
    """Own *folder* as long as the process lives. Raises BlockingIOError when another host does."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "host.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _open_queues(folder: Path) -> Queues:
    """Azure Storage or Azurite when AzureWebJobsStorage is a connection string; else the file in *folder*."""
    connection = os.environ.get("AzureWebJobsStorage", "")  # noqa: SIM112 (Azure spells it so)
    if "AccountName=" in connection or "UseDevelopmentStorage" in connection:
        from sandbox.storage_queues import StorageQueues

        return StorageQueues(connection)
    return SqliteQueues(folder / "queues.db")


def _tenants_offset_s(tenant_url: str) -> float:
    """How far the tenant's clock was moved while no host ran; 0 when there is no tenant to be asked yet."""
    try:
        with urllib.request.urlopen(f"{tenant_url}/sandbox/state", timeout=5) as answer:  # noqa: S310 (given at start)
            return float(json.load(answer)["offset_s"])
    except (OSError, ValueError, KeyError):
        return 0.0


async def serve(root: Path, port: int, folder: Path, tenant_url: str, *, lock_s: float, grace_s: float) -> None:
    """Serve the function app in *root* until SIGTERM or SIGINT. Prints one JSON line with the address when ready."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    kept = Kept(folder / "controls.json")
    clock = MovedClock(kept)
    if tenant_url:
        clock.move_to(max(clock.offset_s, _tenants_offset_s(tenant_url)))
    worker = await Worker.start(str(root))
    queues = _open_queues(folder)
    host = Host(root, worker, queues, clock, folder, kept, lock_s)
    runner = web.AppRunner(host.application(), access_log=None, shutdown_timeout=grace_s)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host.start()
    print(json.dumps({"http": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await stop.wait()
    log.info("stopping: what runs has %g s", grace_s)
    await asyncio.gather(runner.cleanup(), host.stop(grace_s))
    await queues.close()
    threads = threading.Thread(target=worker.stop, daemon=True)
    threads.start()
    threads.join(THREADS_END_WITHIN_S)
    if threads.is_alive():
        log.warning("a function still runs after %g s; its message will be seen again", grace_s)
        os._exit(0)  # a thread cannot be stopped otherwise
    # Nobody tells a function app of its end, here as in Azure: what it holds open goes with the process.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description="Serve a function app on this machine.")
    parser.add_argument("--root", type=Path, default=Path(), help="the folder of function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="on loopback; 0 takes a free one")
    parser.add_argument("--folder", type=Path, required=True, help="where queues, timers and controls are kept")
    parser.add_argument("--tenant-url", default="", help="the tenant whose clock this one follows")
    parser.add_argument("--lock-s", type=float, default=5.0, help="seconds after a kill until a message is seen again")
    parser.add_argument("--grace-s", type=float, default=10.0, help="seconds that what runs is given at a stop")
    chosen = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)  # it says what is logged here once more
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    root = chosen.root.resolve()
    try:
        owned = _own(chosen.folder)
        waits = {"lock_s": chosen.lock_s, "grace_s": chosen.grace_s}
        asyncio.run(serve(root, chosen.port, chosen.folder, chosen.tenant_url, **waits))
        owned.close()
    except BlockingIOError:
        why = f"another functions host uses {chosen.folder}: stop it first"
    except FunctionFailed as error:
        why = f"the function app in {root} cannot be indexed: {error}\n{error.trace}"
    except (BadHostJson, BadRoute, BadSchedule, OSError) as error:
        why = f"the functions host cannot start: {error}"
    else:
        return
    print(why, file=sys.stderr, flush=True)
    sys.exit(NO_USE)


if __name__ == "__main__":
    main()
