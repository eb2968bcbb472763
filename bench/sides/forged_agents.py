"""microsoft-agents' door: its middleware for aiohttp, then its adapter. Runs in an environment of its own."""

import asyncio
import base64
import importlib
import json
import logging
from types import SimpleNamespace
from typing import Any

import jwt
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import json_response

from bench.side import serve, spent, told

_SDK = "microsoft_agents.hosting"


class Agent:
    """Answers every invoke."""

    reached = False

    async def on_turn(self, context: Any) -> None:
        self.reached = True


class Nobody:
    """Makes clients for what nobody calls."""

    async def create_connector_client(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(close=self.create_user_token_client)

    async def create_user_token_client(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(close=self.create_connector_client)


def main(app_id: str, tenant_id: str, keys: dict[str, Any]) -> None:
    logging.disable(logging.CRITICAL)
    setattr(jwt.PyJWKClient, "fetch_data", lambda _: keys)  # noqa: B010 (whichever address it would ask)
    hosting: Any = importlib.import_module(f"{_SDK}.aiohttp")
    middleware: Any = importlib.import_module(f"{_SDK}.aiohttp.jwt_authorization_middleware")
    core: Any = importlib.import_module(f"{_SDK}.core")
    config = core.AgentAuthConfiguration(client_id=app_id, tenant_id=tenant_id)
    config._connections = {"SERVICE_CONNECTION": config}  # as its connection manager does with what it reads
    adapter = hosting.CloudAdapter(channel_service_client_factory=Nobody())

    async def status(authorization: str | None, body: bytes) -> int:
        agent = Agent()

        async def handle(request: Any) -> Any:
            async def read() -> Any:
                return json.loads(body)

            whole = SimpleNamespace(
                method="POST", json=read, headers={}, get_claims_identity=lambda: request["claims_identity"]
            )
            told_back = await adapter.process_request(whole, agent)
            return json_response(status=told_back.status_code)

        headers = {} if authorization is None else {"Authorization": authorization}
        request = make_mocked_request("POST", "/api/messages", headers=headers, app={"agent_configuration": config})
        try:
            answer = await middleware._jwt_authorization_middleware(request, handle)
        except Exception:
            return 200 if agent.reached else 500
        return 200 if agent.reached else int(answer.status)

    def measure(calls: list[tuple[str, str | None, str]]) -> dict[str, object]:
        async def all_of_them() -> dict[str, int]:
            return {name: await status(header, base64.b64decode(body)) for name, header, body in calls}

        with spent() as cost:
            statuses = asyncio.run(all_of_them())
        return {"statuses": statuses, "cpu_us": cost.cpu_s / len(calls) * 1e6}

    serve(measure)


if __name__ == "__main__":
    main(**told())
