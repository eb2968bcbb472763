"""Hostile letters opened in Chromium, under the headers that the API sends: nothing runs, nothing is asked for."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from graph.letter_page import HEADERS, letter_page
from tests.graph.test_letter_page import PNG, hostile, mail
from tests.programs import needs

CALLS_HOME = """
<img src="HOME/img"><script src="HOME/script"></script><iframe src="HOME/frame"></iframe><object data="HOME/o"></object>
<link rel=stylesheet href="HOME/css"><link rel=dns-prefetch href="HOME"><link rel=prefetch href="HOME/prefetch">
<body background="HOME/body" onload="location='HOME/load'"><video src="HOME/v" autoplay></video><base href="HOME/">
<p style="background:url(HOME/style)">x<meta http-equiv=refresh content="0;url=HOME/refresh">
<svg><image href="HOME/svg"/></svg><style>@import "HOME/import"; p{background:url(HOME/p)}</style>
<img src=x onerror="fetch('HOME/error')"><form action="HOME/form"><input autofocus onfocus="alert(1)"></form>
<a href="HOME/a" ping="HOME/ping">x</a>
"""


@contextmanager
def served(pages: list[bytes], headers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The pages under /0, /1 … with the API's headers, and every path that was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            number = self.path[1:]
            known = number.isdecimal() and int(number) < len(pages)
            self.send_response(200 if known else 204)
            for name, value in {**headers, "Content-Type": "text/html; charset=utf-8"}.items():
                self.send_header(name, value)
            self.end_headers()
            if known:
                self.wfile.write(pages[int(number)])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()


def opened(address: str, count: int) -> list[dict[str, Any]]:
    needs("chromium")
    command = ["node", str(Path(__file__).with_name("letters.mjs")), address, str(count)]
    ended = subprocess.run(command, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def test_no_letter_asks_for_anything_or_runs_when_it_is_opened() -> None:
    pages: list[bytes] = []
    with served(pages, HEADERS) as (address, asked):
        made = (hostile(seed).replace("http://t.example", address) for seed in range(7))
        letters = [CALLS_HOME.replace("HOME", address), *made]
        pages += [letter_page(mail(f'<p>كتاب</p><img src="cid:pic@x">{page}', PNG)).encode() for page in letters]
        found = opened(address, len(pages))
        assert [one["asked"] for one in found] == [[f"{address}/{n}"] for n in range(len(pages))]
        assert asked == [f"/{n}" for n in range(len(pages))]


def test_the_same_letter_uncleaned_and_without_the_headers_calls_home() -> None:
    """The negative control: the log of what is asked sees it."""
    pages: list[bytes] = []
    with served(pages, {}) as (address, asked):
        pages.append(CALLS_HOME.replace("HOME", address).encode())
        opened(address, 1)
        assert {"/img", "/script"} <= set(asked)
