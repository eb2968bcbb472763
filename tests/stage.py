"""The sandbox and the product as processes, for tests: started on free ports, killed, started again, watched.

with Stage(tmp_path) as stage:
    token = stage.token(upn="huda@ministry.example")
    stage.tenant("POST", "/v1.0/me/sendMail", json={...}, token=token)
    record = stage.until(lambda: stage.product("GET", "/api/v1/records", token=...).json()["items"])
    stage.kill_host()
    stage.start_host()
"""

import json as json_module
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.layout import Child, Ports, plan
from tests.described import hold

REPOSITORY = Path(__file__).resolve().parent.parent
NOT_INHERITED = (
    "DATABASE_URL",
    "ARCHIVE_URL",
    "AzureWebJobsStorage",
    "ORGANISATION",
    "TIME_ZONE",
    "GRAPH_CLIENT_STATE",
    "STATEMENT_KEY",
)
END_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer of any status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json_module.loads(self.body)


class Stage:
    """Tenant and host around the function app in *root*, with their state in *folder*.

    Args:
        env: Settings beside those of the sandbox; they win over what the test's own environment holds.
        lock_s: Seconds after a kill until a queue message that ran is seen again.
        ready: The product's path that answers 200 when it is ready.
        tenant_arguments: More for the tenant's command line; see sandbox/tenant/__main__.py.
    """

    def __init__(
        self,
        folder: Path,
        *,
        root: Path = REPOSITORY,
        env: Mapping[str, str] | None = None,
        lock_s: float = 1.0,
        ready: str = "/api/health/ready",
        tenant_arguments: Sequence[str] = (),
    ) -> None:
        self._exchanges = folder.with_name(f"{folder.name}-exchanges.jsonl")
        if "--exchanges" not in tenant_arguments:
            tenant_arguments = (*tenant_arguments, "--exchanges", str(self._exchanges))
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        laid_out = plan(
            root, folder, Ports(0, 0, 0), env={"SANDBOX_CONVERT": "plain", **inherited, **(env or {})}, lock_s=lock_s
        )
        tenant = replace(laid_out.tenant, arguments=(*laid_out.tenant.arguments, *tenant_arguments))
        self.layout = replace(laid_out, tenant=tenant)
        self.urls = self.layout.urls
        self.state = self.layout.state
        self.log: list[str] = []
        self._ready = ready
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Self:
        try:
            self.start_tenant()
            self.start_host()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            error.add_note("the last lines of the log:\n" + "\n".join(self.log[-60:]))
        else:
            hold(self._exchanges)

    def close(self) -> None:
        """End both processes as an operator would: the product first, whose last calls the tenant still answers."""
        for name in ("product", "tenant"):
            if name in self._processes:
                self._end(name)
        for reader in self._readers:
            reader.join(END_WITHIN_S)

    def _end(self, name: str) -> None:
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.log.append(f"stage: the {name} did not end within {END_WITHIN_S:g} s")
        assert process.stdin is not None
        process.stdin.close()

    def start_tenant(self, *, wait: bool = True) -> None:
        self._start(self.layout.tenant)
        if wait:
            self.wait_ready()

    def start_host(self, *, wait: bool = True) -> None:
        self._start(self.layout.host)
        if wait:
            self.wait_ready()

    def kill_tenant(self) -> None:
        self._kill("tenant")

    def kill_host(self) -> None:
        """kill -9, whatever it is doing."""
        self._kill("product")

    def stop_host(self) -> None:
        """SIGTERM, and wait for the clean end."""
        process = self._processes.pop("product")
        process.terminate()
        process.wait(END_WITHIN_S)

    def wait_ready(self) -> None:
        """Wait for whatever of the two runs."""
        for name, path in (("tenant", "/sandbox/state"), ("product", self._ready)):
            if name in self._processes:
                self._wait_answers(name, path)

    def tenant(self, method: str, path: str, **sent: Any) -> Answer:
        """Ask the tenant; see `ask` for what may be sent."""
        return ask(method, self.urls["tenant"] + path, **sent)

    def product(self, method: str, path: str, **sent: Any) -> Answer:
        """Ask the product, or its host under /sandbox/ and /admin/; see `ask` for what may be sent."""
        return ask(method, self.urls["product"] + path, **sent)

    def token(self, **asked: Any) -> str:
        """A token from the tenant: `upn=…`, with `audience="api"` for the product's API, or `roles=[…]`."""
        return str(self.tenant("POST", "/sandbox/token", json=asked).json()["access_token"])

    def until[T](self, condition: Callable[[], T], within_s: float = 30.0, what: str = "") -> T:
        """Return what *condition* gives as soon as it is true.

        Raises:
            AssertionError: it is not within *within_s* seconds; names *what* was awaited.
        """
        end = time.monotonic() + within_s
        while not (given := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {within_s:g} s: {what or condition}; last: {given!r}")
            time.sleep(0.03)
        return given

    def _start(self, child: Child) -> None:
        process = subprocess.Popen(
            child.argv,
            env=dict(child.env),
            stdin=subprocess.PIPE,  # the leash: when this test process is gone, so is the child
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._processes[child.name] = process
        reader = threading.Thread(target=self._collect, args=(child.name, process), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _collect(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.log.append(f"{name}: {line.decode(errors='replace').rstrip()}")

    def _kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _wait_answers(self, name: str, path: str) -> None:
        url, last = self.urls[name] + path, "nothing"

        def answers() -> bool:
            nonlocal last
            if self._processes[name].poll() is not None:
                raise RuntimeError(f"the {name} ended:\n" + "\n".join(self.log[-60:]))
            try:
                answer = ask("GET", url)
            except OSError as error:
                last = repr(error)
                return False
            last = f"{answer.status} {answer.body[:500]!r}"
            return answer.status == 200

        try:  # longer than a lease lasts: whoever was killed may have held one
            self.until(answers, within_s=180, what=f"{url} answers 200")
        except AssertionError as error:
            error.add_note(f"it answered last: {last}\n" + "\n".join(self.log[-30:]))
            raise


def ask(
    method: str,
    url: str,
    *,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    within_s: float = 60.0,
) -> Answer:
    """Send one request and return its answer, whatever its status. OSError: there was none."""
    sent = dict(headers or {})
    if json is not None:
        body = json_module.dumps(json).encode()
        sent.setdefault("Content-Type", "application/json")
    if token:
        sent["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=body, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=within_s) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())
