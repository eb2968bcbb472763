"""Our door: forged calls as bytes and a header, through the channel's whole verification. Or, as the control, through
what a decoder of tokens alone makes of them: signature, audience, end."""

import asyncio
import base64
from typing import Any

import jwt

from bench import callers
from bench.side import serve, spent, told
from bot.channel import Activity, Channel


async def no_token(*, fresh: bool = False) -> str:
    raise AssertionError("whoever is refused is not answered by a call of ours")


async def turn(_: Activity) -> Activity:
    return {"statusCode": 200}


def decoded(authorization: str | None, key: jwt.PyJWK) -> int:
    """The control."""
    try:
        token = (authorization or "").removeprefix("Bearer ")
        jwt.decode(token, key, algorithms=["RS256"], audience=callers.APP_ID, leeway=300)
    except jwt.PyJWTError:
        return 401
    except ValueError:
        return 500
    return 200


def main(origin: str, key: dict[str, Any]) -> None:
    with asyncio.Runner() as runner:
        channel = Channel(
            app_id=callers.APP_ID,
            tenant_id=callers.TENANT_ID,
            token=no_token,
            openid_metadata_url=f"{origin}/openid",
            service_hosts=("smba.trafficmanager.net", "*.botframework.com"),
        )

        def measure(calls: list[tuple[str, str | None, str]], naive: bool = False) -> dict[str, object]:
            statuses: dict[str, int] = {}
            with spent() as cost:
                for name, authorization, body in calls:
                    if naive:
                        statuses[name] = decoded(authorization, jwt.PyJWK(key))
                        continue
                    answer = runner.run(channel.receive(base64.b64decode(body), authorization, turn))
                    statuses[name] = answer.status
            return {"statuses": statuses, "cpu_us": cost.cpu_s / len(calls) * 1e6}

        serve(measure)
        runner.run(channel.close())


if __name__ == "__main__":
    main(**told())
