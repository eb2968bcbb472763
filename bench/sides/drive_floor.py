"""What no Python client goes below: a socket with TLS and orjson, nothing kept. Runs in the peers' environment."""

import importlib
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from bench.side import serve, spent, told


def main(kind: str, base_url: str, drive: str, count: int, pages: int) -> None:
    orjson: Any = importlib.import_module("orjson")
    at = urlsplit(base_url)
    port = at.port or 443
    wire = ssl.create_default_context().wrap_socket(
        socket.create_connection((at.hostname, port)), server_hostname=at.hostname
    )
    stream = wire.makefile("rb", buffering=1 << 18)

    def page(target: str) -> Any:
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        size_bytes = 0
        while (line := stream.readline()) != b"\r\n":
            if line.startswith(b"Content-Length:"):
                size_bytes = int(line[15:])
        return orjson.loads(stream.read(size_bytes))

    def measure() -> dict[str, float]:
        found, asked, target = 0, 0, f"{at.path}/drives/{drive}/root/delta?token=0"
        with spent() as round_:
            while target:
                shown = page(target)
                asked += 1
                found += len(shown["value"])
                target = shown.get("@odata.nextLink", "").removeprefix(f"{at.scheme}://{at.netloc}")
        assert (found, asked) == (count + 21, pages), f"{found} items on {asked} pages"
        return {"items": count, "cpu_s": round_.cpu_s}

    serve(measure)


if __name__ == "__main__":
    main(**told())
