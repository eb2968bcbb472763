################################################################
# A Graph that costs nothing: every answer lies ready, another process serves it
################################################################
#
# Rule 1: what is measured must wait for nobody: answers are bytes made before the first request.
# Rule 2: it counts what it is asked and what it costs itself, so that a reader can see it was not in the way.

import asyncio
import json
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bench import letters
from bench.side import serve, told

_NUMBER = re.compile(rb"(?:skiptoken=|/messages/)(\d+)")


class Pages:
    """The answers by the beginning of their path: `/whole`, `/selected` (folders of letters), and what stands alone.

    Args:
        count: How many letters lie in the folder.
        page: How many stand on one page, whatever the client asks for.
        new: How many letters have bytes of their own; `/new` shows no others.
        alone: Other paths, each with the JSON that it answers; `{origin}` in it stands for this server.
    """

    def __init__(self, origin: str, count: int, page: int, new: int, alone: Mapping[str, Any]) -> None:
        self.asked = 0
        self._folders = {
            b"/whole": _rendered(f"{origin}/whole", count, page, letters.whole),
            b"/selected": _rendered(f"{origin}/selected", count, page, letters.selected),
            b"/new": _rendered(f"{origin}/new", new, page, _numbered),
        }
        self._bytes = [_answer(letters.mime(n), "text/plain") for n in range(new)]
        said = {path: json.dumps(body).replace("{origin}", origin) for path, body in alone.items()}
        self._alone = {path.encode(): _answer(body.encode()) for path, body in said.items()}

    def answer(self, target: bytes) -> bytes:
        self.asked += 1
        if (alone := self._alone.get(target.partition(b"?")[0])) is not None:
            return alone
        numbered = _NUMBER.search(target)
        if b"/$value" in target:
            assert numbered is not None
            return self._bytes[int(numbered[1])]
        if b"/messages" not in target:
            return _NO_FOLDERS_BELOW if b"/childFolders" in target else _INBOX
        delta, listing = self._folders[target[: target.index(b"/", 1)]]
        pages = delta if b"/delta" in target else listing
        return pages[int(numbered[1]) if numbered is not None else 0]


def _numbered(number: int) -> dict[str, Any]:
    """As `selected`, with an id by which the bytes are found again."""
    return letters.selected(number) | {"id": str(number)}


def _rendered(base: str, count: int, page: int, make: Any) -> tuple[list[bytes], list[bytes]]:
    """The pages of a folder, as a delta and as a listing."""
    made = [json.dumps(make(n), ensure_ascii=False) for n in range(count)]
    bodies = [",".join(made[start : start + page]) for start in range(0, count, page)]
    at = f"{base}/v1.0/users/{letters.MAILBOX}"
    delta, listing = f"{at}/mailFolders/inbox/messages/delta", f"{at}/messages"
    return (
        [_page(b, delta, n + 1 if n + 1 < len(bodies) else None, ends=True) for n, b in enumerate(bodies)],
        [_page(b, listing, n + 1 if n + 1 < len(bodies) else None, ends=False) for n, b in enumerate(bodies)],
    )


def _page(body: str, path: str, following: int | None, *, ends: bool) -> bytes:
    if following is not None:
        link = f'"@odata.nextLink":"{path}?$skiptoken={following}",'
    else:
        link = f'"@odata.deltaLink":"{path}?$deltatoken=end",' if ends else ""
    return _answer(f'{{"@odata.context":"$metadata#messages",{link}"value":[{body}]}}'.encode())


def _answer(body: bytes, kind: str = "application/json; odata.metadata=minimal") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_INBOX = _answer(b'{"id":"the-inbox","displayName":"Inbox","childFolderCount":0}')
_NO_FOLDERS_BELOW = _answer(b'{"value":[]}')


class _Connection(asyncio.Protocol):
    """One client. Requests have no body that matters: GET alone is measured."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._read = pages, b""
        self._out: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            target = self._read.split(b" ", 2)[1]
            self._read = self._read[end + 4 :]
            assert self._out is not None
            self._out.write(self._pages.answer(target))


async def _serve(count: int = 0, page: int = 1, new: int = 0, alone: Mapping[str, Any] = MappingProxyType({})) -> None:
    loop = asyncio.get_running_loop()
    served: list[Pages] = []
    server = await loop.create_server(lambda: _Connection(served[0]), "127.0.0.1", 0)
    origin = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
    served.append(Pages(origin, count, page, new, alone))

    def figures() -> dict[str, Any]:
        return {"asked": served[0].asked, "cpu_s": time.process_time()}

    await loop.run_in_executor(None, lambda: serve(figures, {"origin": origin}))


if __name__ == "__main__":
    asyncio.run(_serve(**told()))
