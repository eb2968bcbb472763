################################################################
# A Graph that fails in twenty-six ways
################################################################
#
# Rule 1: the folder of letters is the same for every client and fault; the fault strikes what asks for the page after
#         the first, so many times, and everything else is answered well. What it does is one function of FAULTS.
# Rule 2: a trial is a path of its own, `/<fault>/<anything>/v1.0/…`: nothing that one client did is seen by another.
# Rule 3: a second port stands for a host that is not Graph's. What it is asked with a token is counted.
# Rule 4: this file imports no room of the product: it stands for the other side.

import asyncio
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from bench import letters
from bench.side import serve, told

COUNT, PAGE = 40, 10  # letters of the folder; letters of a page
SILENCE_S = 3.0  # how long nothing is answered where that is the fault

_PAGE = re.compile(r"[?&]\$(?:skiptoken|skip)=(\d+)")
_VALUE = re.compile(r"/messages/([^/]+)/\$value")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire. `declared` is what Content-Length says; `pauses_s` come before each byte of the body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    declared: int | None = None
    pauses_s: float = 0.0
    wait_s: float = 0.0
    dead: bool = False  # the connection is closed without a word


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of the answer that was asked for; it strikes `times` times."""

    strike: Callable[[Answer, "Trial"], Answer]
    times: int = 1


def _status(status: int, code: str, *headers: tuple[str, str]) -> Callable[[Answer, "Trial"], Answer]:
    body = json.dumps({"error": {"code": code, "message": "It was told to fail here."}}).encode()
    return lambda good, trial: Answer(status, (*headers, ("content-type", "application/json")), body)


def _page_of_a_proxy(status: int) -> Callable[[Answer, "Trial"], Answer]:
    return lambda good, trial: Answer(status, (("content-type", "text/html"),), b"<h1>Sign in to the network</h1>")


def _wait_until(good: Answer, trial: "Trial") -> Answer:
    now = time.time()
    dates = (("date", formatdate(now, usegmt=True)), ("retry-after", formatdate(now + 1, usegmt=True)))
    return _status(429, "TooManyRequests", *dates)(good, trial)


def _cut(good: Answer, trial: "Trial") -> Answer:
    return replace(good, body=good.body[: len(good.body) // 2], declared=len(good.body))


def _half(good: Answer, trial: "Trial") -> Answer:
    return replace(good, body=good.body[: len(good.body) // 2])


def _half_packed(good: Answer, trial: "Trial") -> Answer:
    packed = gzip.compress(good.body)
    return replace(good, headers=(*good.headers, ("content-encoding", "gzip")), body=packed[: len(packed) // 2])


def _changed(change: Callable[[dict[str, Any], "Trial"], None]) -> Callable[[Answer, "Trial"], Answer]:
    def strike(good: Answer, trial: "Trial") -> Answer:
        page = json.loads(good.body)
        change(page, trial)
        return replace(good, body=json.dumps(page).encode())

    return strike


def _again(page: dict[str, Any], trial: "Trial") -> None:
    page["value"] = [trial.shown(n) for n in range(trial.page // 2, trial.page)] + page["value"]


def _empty(page: dict[str, Any], trial: "Trial") -> None:
    """Nothing, and a next page that shows what should have stood here."""
    page["value"] = []
    page["@odata.nextLink"] = trial.link(1)


def _elsewhere(page: dict[str, Any], trial: "Trial") -> None:
    page["@odata.nextLink"] = page["@odata.nextLink"].replace(trial.origin, trial.foreign)


def _moved(page: dict[str, Any], trial: "Trial") -> None:
    """A letter of the first page was moved there and back meanwhile: it has another id."""
    page["value"].append(trial.shown(0) | {"id": "another-id-of-letter-0"})


FAULTS: dict[str, Fault] = {
    "429, a wait in whole seconds": Fault(_status(429, "TooManyRequests", ("retry-after", "1")), 2),
    "429, a wait in decimals": Fault(_status(429, "TooManyRequests", ("retry-after", "0.4")), 2),
    "429, a wait as a date": Fault(_wait_until),
    "429, no wait named": Fault(_status(429, "TooManyRequests"), 2),
    "429 six times": Fault(_status(429, "TooManyRequests", ("retry-after", "0.3")), 6),
    "503 twice": Fault(_status(503, "serviceNotAvailable", ("retry-after", "0.5")), 2),
    "503 of a proxy": Fault(_page_of_a_proxy(503)),
    "504 twice": Fault(_status(504, "UnknownError"), 2),
    "500 once": Fault(_status(500, "generalException")),
    "401 in the midst": Fault(_status(401, "InvalidAuthenticationToken")),
    "403 for a while": Fault(_status(403, "ErrorAccessDenied")),
    "507 for a while": Fault(_status(507, "quotaLimitReached")),
    "410, the sync state is lost": Fault(_status(410, "syncStateNotFound")),
    "400, the sync state is lost": Fault(_status(400, "SyncStateInvalid")),
    "the connection is reset": Fault(lambda good, trial: Answer(dead=True)),
    "silence": Fault(lambda good, trial: Answer(dead=True, wait_s=SILENCE_S)),
    "a slow drip, then nothing": Fault(lambda good, trial: replace(_cut(good, trial), pauses_s=0.02)),
    "the body is cut": Fault(_cut),
    "half the JSON": Fault(_half),
    "a proxy's page with 200": Fault(_page_of_a_proxy(200)),
    "nothing with 200": Fault(lambda good, trial: replace(good, body=b"")),
    "half of what was packed": Fault(_half_packed),
    "the same letters on two pages": Fault(_changed(_again)),
    "an empty page with a next one": Fault(_changed(_empty)),
    "a next page at a foreign host": Fault(_changed(_elsewhere)),
    "an id that changes by a move": Fault(_changed(_moved)),
}


class Trial:
    """One client's way through one fault: what it asked, and how often the fault struck.

    Args:
        at: The path before `/v1.0`.
        count, page: How many letters there are, and on a page.
    """

    def __init__(self, origin: str, foreign: str, at: str, fault: Fault, count: int, page: int) -> None:
        self.origin, self.foreign, self._at, self._fault = origin, foreign, at, fault
        self._count, self.page = count, page
        self._struck = 0
        self.asked = 0

    def answer(self, target: str) -> Answer:
        self.asked += 1
        if (wanted := _VALUE.search(target)) is not None:
            return self._bytes(unquote(wanted[1]))
        found = _PAGE.search(unquote(target))
        at = int(found[1]) if found is not None else 0
        good = Answer(200, (("content-type", "application/json"),), json.dumps(self._shown(at, target)).encode())
        if at == 0 or self._struck >= self._fault.times:
            return good
        self._struck += 1
        return self._fault.strike(good, self)

    def shown(self, number: int) -> dict[str, Any]:
        return letters.selected(number) | {"id": f"letter-{number}"}

    def link(self, at: int, *, delta: bool = True) -> str:
        """The address of the page that begins with letter number *at* times the page's size."""
        folder = "mailFolders/inbox/messages/delta" if delta else "messages"
        return f"{self.origin}{self._at}/v1.0/users/{letters.MAILBOX}/{folder}?$skiptoken={at}"

    def _shown(self, at: int, target: str) -> dict[str, Any]:
        delta = "/delta" in target
        first, end = at * self.page, min((at + 1) * self.page, self._count)
        page: dict[str, Any] = {"value": [self.shown(n) for n in range(first, end)]}
        if end < self._count:
            return page | {"@odata.nextLink": self.link(at + 1, delta=delta)}
        return page | ({"@odata.deltaLink": self.link(at + 1).replace("skip", "delta")} if delta else {})

    def _bytes(self, item_id: str) -> Answer:
        number = 0 if item_id.startswith("another") else int(item_id.removeprefix("letter-"))
        return Answer(200, (("content-type", "text/plain"),), letters.mime(number))


class FaultPages:
    """The server. `origin` is Graph's; `leaks` counts the tokens that the foreign host was given."""

    def __init__(self, count: int = COUNT, page: int = PAGE) -> None:
        self._count, self.page = count, page
        self._trials: dict[str, Trial] = {}
        self._servers: list[asyncio.Server] = []
        self.origin = self.foreign = ""
        self.leaks: Counter[str] = Counter()

    async def start(self) -> None:
        for serve_one in (self._graph, self._elsewhere):
            self._servers.append(await asyncio.start_server(serve_one, "127.0.0.1", 0))
        self.origin, self.foreign = (
            "http://{}:{}".format(*server.sockets[0].getsockname()[:2]) for server in self._servers
        )

    async def stop(self) -> None:
        for server in self._servers:
            server.close()

    def asked(self, at: str) -> int:
        """How many requests the trial at the path *at* made."""
        return self._trials[at].asked if at in self._trials else 0

    async def _graph(self, read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        await self._each(read, write, self._answer)

    async def _elsewhere(self, read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        def answer(target: str, head: str) -> Answer:
            at = target.partition("/v1.0")[0]
            self.leaks[at] += "authorization:" in head.lower()
            return Answer(200, (("content-type", "application/json"),), b'{"value":[]}')

        await self._each(read, write, answer)

    def _answer(self, target: str, head: str) -> Answer:
        at = target.partition("/v1.0")[0]
        if at not in self._trials:
            fault = FAULTS[unquote(at.split("/")[1])]
            self._trials[at] = Trial(self.origin, self.foreign, at, fault, self._count, self.page)
        return self._trials[at].answer(target)

    async def _each(
        self, read: asyncio.StreamReader, write: asyncio.StreamWriter, answer: Callable[[str, str], Answer]
    ) -> None:
        try:
            while True:
                head = (await read.readuntil(b"\r\n\r\n")).decode("latin-1")
                if not await _write(write, answer(head.split(" ", 2)[1], head)):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            write.close()


async def _write(write: asyncio.StreamWriter, answer: Answer) -> bool:
    """Whether the connection goes on."""
    await asyncio.sleep(answer.wait_s)
    if answer.dead:
        write.transport.abort()
        return False
    length = len(answer.body) if answer.declared is None else answer.declared
    lines = [f"HTTP/1.1 {answer.status} It", *(f"{n}: {v}" for n, v in answer.headers), f"content-length: {length}"]
    write.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    if answer.pauses_s:
        for byte in answer.body[:100]:
            write.write(bytes([byte]))
            await write.drain()
            await asyncio.sleep(answer.pauses_s)
    else:
        write.write(answer.body)
    await write.drain()
    return answer.declared is None


async def _serve() -> None:
    pages = FaultPages()
    await pages.start()

    def figures(at: str) -> dict[str, Any]:
        return {"asked": pages.asked(at), "leaks": pages.leaks[at]}

    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, lambda: serve(figures, {"origin": pages.origin}))
    await pages.stop()


if __name__ == "__main__":
    told()
    asyncio.run(_serve())
