################################################################
# python -m sandbox.tenant: the tenant as a process
################################################################
#
# Rule 1: one line of JSON on standard output says where it answers, once it does; everything else goes to the log.

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from sandbox.tenant.server import Options, Server
from sandbox.tenant.tenant import Place


def options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m sandbox.tenant", description="Serve the sandbox tenant.")
    parser.add_argument("--port", type=int, default=8400, help="plain HTTP; 0 takes a free port")
    parser.add_argument("--tls-port", type=int, default=8443, help="the same over TLS; 0 takes a free port")
    parser.add_argument("--certificates", type=Path, help="folder with server.pem (key and certificate)")
    parser.add_argument("--folder", type=Path, help="where the tenant is kept; without it nothing survives")
    parser.add_argument("--fresh", action="store_true", help="forget what the folder holds")
    parser.add_argument("--host-url", default="http://127.0.0.1:7071", help="the functions host")
    parser.add_argument("--mailbox-call-ms", type=float, default=10, help="the least time a mailbox call takes")
    parser.add_argument("--secrets", type=Path, help="JSON file with the vault's secrets by name")
    parser.add_argument("--exchanges", type=Path, help="file to which the product's Graph calls are added, for tests")
    given = parser.parse_args(arguments)
    secrets = json.loads(given.secrets.read_text("utf-8")) if given.secrets else {}
    app_secret = os.environ.get("SANDBOX_APP_SECRET", Place().app_secret)
    convert = os.environ.get("SANDBOX_CONVERT", "office")
    return Options(
        port=given.port,
        tls_port=given.tls_port,
        certificates=given.certificates,
        folder=given.folder,
        fresh=given.fresh,
        place=Place(host_url=given.host_url.rstrip("/"), app_secret=app_secret, secrets=secrets, convert=convert),
        mailbox_call_s=given.mailbox_call_ms / 1000,
        exchanges=given.exchanges,
    )


async def serve(given: Options) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = Server(given)
    running = asyncio.create_task(server.run(stop, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        print(json.dumps({"http": server.http_url, "https": server.https_url}), flush=True)
    waiting.cancel()
    await running


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(serve(options(sys.argv[1:])))
    except OSError as why:
        sys.exit(f"The tenant cannot be served: {why}")


if __name__ == "__main__":
    main()
