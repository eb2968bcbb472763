"""Presses on cards, in process: whole turns, and the same turns taken apart.

A turn is all between the bytes of the request and the bytes of the answer: the channel's token verified, the press read
and looked up, the approval decided and on disk, the decided card drawn.
"""

import asyncio
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import callers
from bench.side import serve, spent, told
from bench.sides.steps import Office
from bot.actions import Press, read
from bot.cards import step_card
from bot.channel import Channel
from bot.desk import Desk
from bot.handlers import Bot
from graph.downloads import LinkedFiles
from registry.commands import Approve
from service.deliveries import Deliveries
from service.handed import HandedFiles
from service.service import Service
from tests import stores


def clock() -> datetime:
    return datetime.now(UTC)


async def no_token(*, fresh: bool = False) -> str:
    raise AssertionError("a press is answered without asking anybody")


class NoArchive:
    """A press on a card reads and writes no bytes."""

    async def put(self, body: bytes) -> str:
        raise AssertionError("a press on a card archives nothing")

    async def get(self, sha256: str) -> bytes:
        raise AssertionError("a press on a card reads no archive")


class Presses:
    """A bot before a register, and people who press."""

    def __init__(self, office: Office, origin: str) -> None:
        self.office = office
        self.service = Service(office.store, office.taker, clock)
        self.desk = Desk(self.service)
        self.channel = Channel(
            app_id=callers.APP_ID,
            tenant_id=callers.TENANT_ID,
            token=no_token,
            openid_metadata_url=f"{origin}/openid",
            service_hosts=("smba.trafficmanager.net",),
        )
        deliveries = Deliveries(office.store, office.taker, clock, NoArchive())
        self.bot = Bot(self.channel, self.service, deliveries, HandedFiles(NoArchive(), LinkedFiles(())))

    def bodies(self, count: int) -> list[bytes]:
        """Presses that nobody made yet, each on a letter of its own."""
        ids = [self.office.registered() for _ in range(count)]
        return [callers.press(self.office.token(record_id)) for record_id in ids]

    async def whole(self, bodies: list[bytes], authorization: str) -> dict[str, float]:
        """CPU of a turn, and of the verification alone, in microseconds."""
        with spent() as turns:
            for body in bodies:
                answer = await self.bot.receive(body, authorization)
                said = json.dumps(answer.body, ensure_ascii=False)
                assert answer.status == 200, answer
                assert answer.rang, said
        with spent() as verified:
            for _ in bodies:
                await self.channel.verify(authorization)
        each = 1e6 / len(bodies)
        return {"turn_us": turns.cpu_s * each, "verify_us": verified.cpu_s * each}

    async def apart(self, bodies: list[bytes]) -> dict[str, float]:
        """CPU of each part of a turn, in microseconds, called one after the other as a turn calls them."""
        found: defaultdict[str, float] = defaultdict(float)
        began = time.process_time()

        def lap(name: str) -> None:
            nonlocal began
            now = time.process_time()
            found[name] += now - began
            began = time.process_time()

        for body in bodies:
            press = read(json.loads(body))
            assert isinstance(press, Press)
            lap("read_us")
            view = self.desk.look(press.token, press.by).view
            assert view is not None
            lap("look_us")
            ask = Approve(record_id=view.record.record_id, step=view.step.number, by=press.by)
            taken = self.service.take(ask, key=f"press:{press.token}:approve")
            lap("take_us")
            assert taken.record is not None
            step = taken.record.step(view.step.number)
            assert step is not None
            json.dumps(step_card(replace(view, record=taken.record, step=step), clock()), ensure_ascii=False)
            lap("draw_us")
        return {name: cpu_s * 1e6 / len(bodies) for name, cpu_s in found.items()}


def main(origin: str, authorization: str, forged: str, turns: int) -> None:
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        presses = Presses(Office(stores.sqlite_url(Path(name))), origin)
        (body,) = presses.bodies(1)
        refused = runner.run(presses.bot.receive(body, forged))
        assert refused.status == 401, "a forged token was let in: what is measured is not a verified turn"

        def measure() -> dict[str, float]:
            whole = runner.run(presses.whole(presses.bodies(turns), authorization))
            return whole | runner.run(presses.apart(presses.bodies(turns)))

        serve(measure)
        runner.run(presses.channel.close())
        presses.office.store.close()


if __name__ == "__main__":
    main(**told())
