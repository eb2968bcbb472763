"""Every way to forge a call is refused whatever invoke it brings; and a good call is answered whatever is in it."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channel import Channel
from tests.bot.house import House
from tests.bot.issuer import Issuer, activity, as_bytes, sign
from tests.bot.test_channel_in import FORGED, channel_of, forged, refuse_turn

type Json = dict[str, Any]

INVOKES: dict[str, Json] = {
    "composeExtension/query": {"commandId": "search", "parameters": [{"name": "query", "value": "1"}]},
    "composeExtension/queryLink": {"url": "https://tarasul.ministry.example/api/v1/records/r1"},
    "composeExtension/fetchTask": {"commandId": "register", "messagePayload": {"id": "1", "body": {"content": "x"}}},
    "composeExtension/submitAction": {"commandId": "register", "data": {"verb": "enter", "token": "a" * 64}},
    "adaptiveCard/action": {"action": {"type": "Action.Execute", "verb": "all_approve", "data": {"pick1": "true"}}},
}
ODD: tuple[Any, ...] = (None, 7, -1, [], {}, "x", "ا" * 4_000, {"a": {"b": []}}, True, [[]], "\u0000", 1e308)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer() as issuer:
        yield issuer


@pytest.fixture
async def channel(issuer: Issuer) -> AsyncIterator[Channel]:
    channel = channel_of(issuer)
    yield channel
    await channel.close()


@pytest.mark.parametrize("name", INVOKES)
async def test_every_way_to_forge_a_call_is_refused_for_it(channel: Channel, name: str) -> None:
    assert len(FORGED) >= 60
    for kind in FORGED:
        authorization, body = forged(kind)
        try:
            whole = json.loads(body)
        except ValueError:
            whole = None
        repeated = isinstance(whole, dict) and as_bytes(whole) != body  # a name twice does not live through reading
        if isinstance(whole, dict) and not repeated:
            body = as_bytes({**whole, "type": "invoke", "name": name, "value": INVOKES[name]})
        answer = await channel.receive(body, authorization, refuse_turn)
        assert answer.status in (401, 403), kind
        assert answer.body is None


def mutated(chance: random.Random, node: Any) -> Any:
    """The same with some of its parts something else."""
    if chance.random() < 0.15:
        return chance.choice(ODD)
    if isinstance(node, dict):
        kept = {key: mutated(chance, value) for key, value in node.items() if chance.random() > 0.1}
        return kept | ({chance.choice(("token", "from", "id")): chance.choice(ODD)} if chance.random() < 0.2 else {})
    return [mutated(chance, one) for one in node] if isinstance(node, list) else node


async def test_a_good_call_is_answered_whatever_is_in_it_and_changes_nothing(channel: Channel, tmp_path: Path) -> None:
    """Signed by the channel, from a person's own chat and from where others read along: never a fault of ours."""
    chance = random.Random(1448)
    with House(tmp_path) as house:
        house.register()
        before = house.sheet(), house.record()
        for _ in range(250):
            name = chance.choice(list(INVOKES))
            value = mutated(chance, INVOKES[name])
            where = {"conversationType": chance.choice(("personal", "groupChat", "channel", 7, None))}
            whole = activity(type="invoke", name=name, value=value)
            whole["conversation"] = {**whole["conversation"], **where}
            whole["from"] = {"aadObjectId": chance.choice(("huda", "abdullah", "badr", "x", "", 7)), "id": "29:x"}

            async def turn(told: Json) -> Json | None:
                return (await house.bot.turn(told)).body

            answer = await channel.receive(as_bytes(whole), f"Bearer {sign()}", turn)
            assert answer.status == 200, (name, value, answer)
            assert answer.body is not None
        assert (house.sheet(), house.record()) == before
