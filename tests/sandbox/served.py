"""The tenant as a process on free ports, and somebody it can notify."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.certificates import Certificates
from tests.described import hold
from tests.stage import REPOSITORY, Answer, ask


@dataclass(frozen=True, slots=True)
class Served:
    """A running tenant."""

    http: str
    https: str
    certificates: Certificates
    process: subprocess.Popen[bytes]

    def call(self, method: str, path: str, *, by: str | None = None, **sent: Any) -> Answer:
        """Ask it over plain HTTP; *by* is a person's address."""
        token = self.token(by) if by else None
        return ask(method, path if path.startswith("http") else self.http + path, token=token, **sent)

    def token(self, upn: str) -> str:
        return str(ask("POST", f"{self.http}/sandbox/token", json={"upn": upn}).json()["access_token"])

    def end(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def serve(certificates: Certificates, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Start a tenant, and end it afterwards if it still runs; what it answered is held to Microsoft's description."""
    exchanges = Path(mkdtemp(prefix="tarasul-tests-")) / "exchanges.jsonl"
    argv = [sys.executable, "-m", "sandbox.tenant", "--port", "0", "--tls-port", "0", "--exchanges", str(exchanges)]
    argv += ["--certificates", str(certificates.folder), *arguments]
    process = subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, env=env)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Served(told["http"], told["https"], certificates, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)
        if process.stdout is not None:
            process.stdout.close()
    hold(exchanges, requests=False)


@dataclass
class Listener:
    """A product that echoes validation tokens and takes every notification."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, within_s: float = 20) -> list[dict[str, Any]]:
        """The bodies of *count* POSTs, as soon as they have come."""
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.bodies) >= count, within_s), f"{self.bodies}"
            return list(self.bodies)


@contextmanager
def listen() -> Iterator[Listener]:
    listener = Listener()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            token = parse_qs(urlsplit(self.path).query).get("validationToken")
            self.send_response(200 if token else 202)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            if token:
                self.wfile.write(token[0].encode())
            else:
                with listener.heard:
                    listener.bodies.append({"path": self.path, **json.loads(body)})
                    listener.heard.notify_all()

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    listener.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
