"""Clients that press: so many connections at once, each waiting for its answer before it presses again."""

import asyncio
import base64
import time
from collections.abc import Iterator

from bench.side import serve, told


async def _client(host: str, port: int, head: str, bodies: Iterator[bytes], took_s: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for body in bodies:
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status = await reader.readline()
        assert b" 200 " in status, status
        size_bytes = 0
        while (line := await reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size_bytes = int(value)
        await reader.readexactly(size_bytes)
        took_s.append(time.perf_counter() - began)
    writer.close()


async def _all(host: str, port: int, head: str, bodies: Iterator[bytes], at_once: int) -> list[float]:
    took_s: list[float] = []
    await asyncio.gather(*(_client(host, port, head, bodies, took_s) for _ in range(at_once)))
    return took_s


def main(host: str, port: int, path: str, authorization: str, at_once: int) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: {authorization}\r\n"
    )

    def measure(bodies: list[str]) -> dict[str, float]:
        began = time.perf_counter()
        took_s = sorted(asyncio.run(_all(host, port, head, iter([base64.b64decode(b) for b in bodies]), at_once)))
        wall_s = time.perf_counter() - began
        return {"per_s": len(took_s) / wall_s, "p99_ms": took_s[int(len(took_s) * 0.99)] * 1e3}

    serve(measure)


if __name__ == "__main__":
    main(**told())
