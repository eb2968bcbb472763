################################################################
# A Graph of drives that costs nothing: every answer lies ready, over TLS
################################################################
#
# Rule 1: it answers whatever the product, rclone and onedrive ask for on their way, and counts it.
# Rule 2: what is asked for and is not here is said on stderr: a peer that was not answered is not measured.

import contextlib
import json
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from bench.drive_items import ROOT, Pages, answer
from bench.side import serve, told

_DRIVE = re.compile(rb"/drives/([^/?]+)")
_ITEM = re.compile(rb"/items/([^/?:]+)")
_TOKEN = re.compile(rb"[?&]token=(\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SIGNED_IN = {"token_type": "Bearer", "expires_in": 86_399, "access_token": "a", "refresh_token": "r", "scope": "s"}


class Drives:
    """Answers by path. `own`: whose drive `/me/drive` is."""

    def __init__(self, base: str, drives: Mapping[str, Mapping[str, Any]], own: str) -> None:
        self.asked = 0
        self._drives = {name.encode(): Pages(base, name, **told) for name, told in drives.items()}
        self._own = own.encode()

    def answer(self, target: bytes, body: bytes) -> bytes:
        self.asked += 1
        path = target.partition(b"?")[0].rstrip(b"/")
        if not path:
            return answer(b"{}")  # whether anybody is there
        if path.endswith(b"/token"):
            return answer(json.dumps(_SIGNED_IN).encode())
        if path.endswith(b"/$batch"):
            return answer(self._batch(body))
        named = _DRIVE.search(path)
        drive = self._drives[named[1] if named is not None else self._own]
        found = _ITEM.search(path)
        item = found[1] if found is not None and found[1] != b"root" else ROOT.encode()
        if b"/delta" in path:
            token = _TOKEN.search(target)
            return drive.delta[int(token[1]) if token is not None else 0]
        if path.endswith(b"/children"):
            return drive.children[item]
        if path.endswith((b"/drive", b"/drives/" + (named[1] if named is not None else b"-"))):
            return answer(drive.drive.encode())
        if (body := drive.items.get(item, b"")) and (found is not None or path.endswith(b"/root")):
            return answer(body)
        print("not answered:", target.decode(), file=sys.stderr)
        return _NOT_FOUND

    def _batch(self, body: bytes) -> bytes:
        asks = json.loads(body)["requests"]
        told = []
        for ask in asks:
            item = _ITEM.search(ask["url"].encode())
            named = _DRIVE.search(ask["url"].encode())
            assert item is not None
            assert named is not None
            shown = json.loads(self._drives[named[1]].items[item[1]])
            told.append({"id": ask["id"], "status": 200, "headers": {}, "body": shown})
        return json.dumps({"responses": told}).encode()


_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _talk(wire: socket.socket, context: ssl.SSLContext, drives: Drives) -> None:
    """Answer one client until it goes. A page is written at once, which costs less than asyncio's way through TLS."""
    with contextlib.suppress(OSError), context.wrap_socket(wire, server_side=True) as talk:
        read = b""
        while data := talk.recv(1 << 16):
            read += data
            while (end := read.find(b"\r\n\r\n")) >= 0:
                said = _LENGTH.search(read[:end])
                whole = end + 4 + (int(said[1]) if said is not None else 0)
                if len(read) < whole:
                    break
                target, body = read.split(b" ", 2)[1], read[end + 4 : whole]
                read = read[whole:]
                talk.sendall(drives.answer(target, body))


def main(host: str, port: int, certificate: str, drives: Mapping[str, Mapping[str, Any]], own: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", port))
    taken = listening.getsockname()[1]
    base = f"https://{host}{f':{taken}' if taken != 443 else ''}/v1.0"
    served = Drives(base, drives, own)

    def listen() -> None:
        while True:
            wire, _ = listening.accept()
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_talk, args=(wire, context, served), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    serve(lambda: {"asked": served.asked, "cpu_s": time.process_time()}, {"base_url": base})


if __name__ == "__main__":
    main(**told())
