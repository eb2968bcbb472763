"""teams.py's door: its server's handler of a request. Runs in an environment of its own."""

import asyncio
import base64
import importlib
import json
import logging
from types import SimpleNamespace
from typing import Any

import jwt

from bench.side import serve, spent, told


class Routes:
    def register_route(self, *_: Any) -> None:
        """Nobody comes by HTTP."""


def main(app_id: str, tenant_id: str, keys: dict[str, Any]) -> None:
    logging.disable(logging.CRITICAL)
    setattr(jwt.PyJWKClient, "fetch_data", lambda _: keys)  # noqa: B010 (whichever address it would ask)
    api: Any = importlib.import_module("microsoft_teams.api")
    http: Any = importlib.import_module("microsoft_teams.apps.http.http_server")
    server = http.HttpServer(Routes())
    server.initialize(credentials=SimpleNamespace(client_id=app_id, tenant_id=tenant_id))

    async def answer(_: Any) -> Any:
        return api.InvokeResponse(status=200, body={})

    server.on_request = answer

    async def status(authorization: str | None, body: bytes) -> int:
        try:
            read = json.loads(body)
        except ValueError:
            return 500  # its adapter reads the body before it asks who calls
        headers = {} if authorization is None else {"authorization": authorization}
        return int((await server.handle_request({"body": read, "headers": headers}))["status"])

    def measure(calls: list[tuple[str, str | None, str]]) -> dict[str, object]:
        async def all_of_them() -> dict[str, int]:
            return {name: await status(header, base64.b64decode(body)) for name, header, body in calls}

        with spent() as cost:
            statuses = asyncio.run(all_of_them())
        return {"statuses": statuses, "cpu_us": cost.cpu_s / len(calls) * 1e6}

    serve(measure)


if __name__ == "__main__":
    main(**told())
