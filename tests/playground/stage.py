"""The product with Microsoft's Agents Playground for its Teams, and the gateway between the two.

with playing(folder) as world:
    world.playground   # the Playground's address: a browser there is HUDA, in whose chat with the bot she writes
"""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from bot.channel import SCOPE, Channel
from service.ports import Conversation
from tests.playground.gateway import Gateway
from tests.programs import needs
from tests.stage import Stage

type Json = dict[str, Any]

HUDA, OTHERS = "huda", ("omar", "maryam", "salem", "noura", "abdullah")  # the Playground wants five others
PERSONAL, GROUP, CHANNEL = "a:huda", "19:committee@thread.v2", "19:incoming@thread.tacv2"
GROUP_NAME, CHANNEL_NAME = "لجنة المالية", "الوارد"
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class World:
    stage: Stage
    gateway: Gateway
    playground: str


@contextmanager
def playing(folder: Path) -> Iterator[World]:
    """Everything started, in *folder*. The Playground ends with it."""
    with Gateway() as gateway:
        stage = Stage(folder / "state")
        host = stage.layout.host
        told = {**host.env, "BOT_OPENID_METADATA_URL": gateway.metadata_url}
        stage.layout = replace(stage.layout, host=replace(host, env=told))
        with stage:
            state = stage.tenant("GET", "/sandbox/state").json()
            gateway.app_id = state["app_id"]
            gateway.bot = f"{stage.urls['product']}/api/messages"
            gateway.keys_url = f"{stage.urls['tenant_tls']}/{state['tenant_id']}/discovery/v2.0/keys"
            gateway.say = _own_wire(stage, gateway, state)
            with _playground(folder / "playground", gateway, state) as address:
                gateway.playground = address
                yield World(stage, gateway, address)


def _own_wire(stage: Stage, gateway: Gateway, state: Json) -> Callable[[str, str], Awaitable[None]]:
    """What says a text in the group or the channel unasked, by the bot's own wire and with a token of the tenant's."""

    async def say(place: str, text: str) -> None:
        env = stage.layout.host.env
        form = {"client_id": state["app_id"], "client_secret": env["AZURE_CLIENT_SECRET"], "scope": SCOPE}
        form["grant_type"] = "client_credentials"
        entra = f"{stage.urls['tenant_tls']}/{state['tenant_id']}/oauth2/v2.0/token"

        async def token(*, fresh: bool = False) -> str:
            async with aiohttp.ClientSession() as net, net.post(entra, data=form, ssl=False) as told:
                return str((await told.json())["access_token"])

        channel = Channel(
            app_id=state["app_id"],
            tenant_id=state["tenant_id"],
            token=token,
            openid_metadata_url=gateway.metadata_url,
            service_hosts=("127.0.0.1",),
        )
        chat = {"group": GROUP, "channel": CHANNEL}[place]
        bot_id, at = f"28:{state['app_id']}", gateway.service_url
        there = Conversation(person="", conversation_id=chat, service_url=at, user_mri="", bot_id=bot_id)
        await channel.send(there, {"type": "message", "text": text})
        await channel.close()

    return say


@contextmanager
def _playground(folder: Path, gateway: Gateway, state: Json) -> Iterator[str]:
    node, cli = needs("node"), needs("agents-playground")
    folder.mkdir()
    (folder / ".m365agentsplayground.yml").write_text(json.dumps(_people(state), ensure_ascii=False), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loopback = Path(__file__).with_name("loopback.cjs")
    asked = ["-e", f"{gateway.url}/api/messages", "--service-url", gateway.service_url, "-c", "msteams"]
    process = subprocess.Popen(
        [str(node), "-r", str(loopback), str(cli), "start", *asked, "-p", str(port), "--disable-telemetry"],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = threading.Timer(_READY_WITHIN_S, process.kill)
    watch.start()
    try:
        assert process.stdout is not None
        said = ""
        while "Listening" not in said:
            line = process.stdout.readline()
            assert line, f"the Playground ended before it listened: {said}"
            said += line
        watch.cancel()
        yield f"http://127.0.0.1:{port}"
    finally:
        watch.cancel()
        process.terminate()
        process.communicate(timeout=20)


def _people(state: Json) -> Json:
    """The Playground's own settings, which are YAML and so may be JSON: people of the ministry, and where they meet."""
    people = {person["upn"].partition("@")[0]: person for person in state["people"]}

    def one(name: str) -> Json:
        person = people[name]
        given, _, surname = person["name"].partition(" ")
        return {
            "id": f"29:{name}",
            "name": person["name"],
            "userPrincipleName": person["upn"],  # as the Playground spells it
            "aadObjectId": person["id"],
            "givenName": given,
            "surname": surname,
            "email": person["upn"],
        }

    return {
        "version": "0.1.1",
        "tenantId": state["tenant_id"],
        "bot": {"id": f"28:{state['app_id']}", "name": "تراسل"},
        "currentUser": one(HUDA),
        "users": [one(name) for name in OTHERS],
        "personalChat": {"id": PERSONAL},
        "groupChat": {"id": GROUP, "name": GROUP_NAME},
        "team": {
            "id": "19:ministry@thread.tacv2",
            "name": "الوزارة",
            "aadGroupId": "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0099",
            "channels": [{"id": CHANNEL, "name": CHANNEL_NAME}],
        },
    }
