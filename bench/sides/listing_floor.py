"""What no Python client goes below: a blocking socket and orjson, nothing kept. Runs in the peers' environment."""

import importlib
import socket
from typing import Any
from urllib.parse import urlsplit

from bench import letters
from bench.side import serve, spent, told


def main(base_url: str) -> None:
    orjson: Any = importlib.import_module("orjson")
    at = urlsplit(base_url)
    first = f"{at.path}/users/{letters.MAILBOX}/mailFolders/inbox/messages/delta"
    wire = socket.create_connection((at.hostname, at.port))
    stream = wire.makefile("rb", buffering=1 << 18)

    def page(target: str) -> Any:
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        size_bytes = 0
        while (line := stream.readline()) != b"\r\n":
            if line.startswith(b"Content-Length:"):
                size_bytes = int(line[15:])
        return orjson.loads(stream.read(size_bytes))

    def measure() -> dict[str, float]:
        count, target = 0, first
        with spent() as round_:
            while target:
                shown = page(target)
                count += len(shown["value"])
                following = shown.get("@odata.nextLink", "")
                target = following.removeprefix(f"{at.scheme}://{at.netloc}")
        return {"letters": count, "cpu_s": round_.cpu_s, "wall_s": round_.wall_s}

    serve(measure)


if __name__ == "__main__":
    main(**told())
