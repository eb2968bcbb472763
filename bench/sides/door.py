"""The messages door behind plain HTTP, in this process: request in, `functions.messages`, answer out.

Azure's host and its worker stand between the two in production and cost what they cost; here aiohttp stands there.
"""

import asyncio
import base64
from typing import Any

import azure.functions as func
from aiohttp import web

from app.settings import settings
from app.wiring import house
from bench import callers
from bench.side import serve, spent, told
from bench.sides.steps import Office
from functions import messages


class Rung:
    """Where the door puts its messages."""

    def set(self, value: Any) -> None:
        self.value = value


async def press(request: web.Request) -> web.Response:
    asked = func.HttpRequest(
        request.method, str(request.url), headers=request.headers, body=await request.read(), params={}
    )
    answer = await messages.receive_activity(asked, Rung())
    return web.Response(status=answer.status_code, body=answer.get_body(), content_type=answer.mimetype)


async def main() -> None:
    """In the side: each round prepares presses, or tells what this process has spent since the last one."""
    loop = asyncio.get_running_loop()
    app = web.Application()
    app.router.add_post("/api/messages", press)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    office = Office(settings().database_url)
    assert office.store.entity_id == house().organisation.entity_id
    between = spent()
    begun = between.__enter__()

    def measure(prepare: int = 0) -> dict[str, Any]:
        nonlocal between, begun
        between.__exit__(None, None, None)
        found: dict[str, Any] = {"cpu_s": begun.cpu_s}
        if prepare:
            ids = [office.registered() for _ in range(prepare)]
            bodies = [callers.press(office.token(record_id)) for record_id in ids]
            found["bodies"] = [base64.b64encode(body).decode() for body in bodies]
        between = spent()
        begun = between.__enter__()
        return found

    await loop.run_in_executor(None, lambda: serve(measure, {"host": host, "port": port}))
    await runner.cleanup()
    office.store.close()
    await house().channel.close()


if __name__ == "__main__":
    told()
    asyncio.run(main())
