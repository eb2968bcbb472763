"""One letter is put before everybody, in virtual time: the product's outbox and pace, and Teams as it limits."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from bench.published import TEAMS, Microsoft, refused_for
from bench.side import serve, told
from bench.sides.drain import START, Line, Queue, chat_of, meet
from bot.chats import TeamsChats
from registry.commands import Register
from registry.effects import AskAction
from service.annexes import Annexes
from service.letters import Letters
from service.perform import Performer
from service.take import Taker
from store.store import SqlStore
from tests.fakes.archive import FakeArchive
from tests.fakes.installs import FakeInstalls
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.shared_files import FakeSharedFiles
from tests.simulation.kept import MemoryDatabase
from tests.simulation.virtual import VirtualLoop, run
from tests.values import MAILBOX, OFFICE, mail

GIVES_UP_AFTER_S = 3_600.0


class Stormy(Microsoft):
    """Teams, which refuses what its limits refuse and, of all else, so large a share."""

    def storm(self, share: float) -> None:
        self._chance, self._share = Random(1448), share
        self.asked_at: list[float] = []
        self.came: Counter[str] = Counter()
        self.stormed = 0

    async def _card(self, method: str, url: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._chance.random() < self._share:
            self.stormed += 1
            return refused_for(self._chance.choice((0.6, 1.6, 2.6)))
        self.asked_at.append(self.clock())
        answer = await super()._card(method, url, body)
        if answer[0] == 200 and method == "POST":
            self.came[url.split("/conversations/")[1].split("/")[0]] += 1
        return answer


class Unpaced:
    async def turn(self, _: str) -> None:
        """The control: as fast as it goes."""


class FanOut:
    """One letter before the register, and so many people who keep it."""

    def __init__(self, loop: VirtualLoop, people: int, storm: float, *, paced: bool) -> None:
        self._loop = loop
        clerk = OFFICE.people["abdullah"]
        names = [f"p{n}" for n in range(people)]
        everybody = {n: replace(clerk, person_id=n, upn=f"{n}@ministry.example") for n in names}
        self.office = replace(OFFICE, people=everybody, rules=())
        self._database = MemoryDatabase()
        store = SqlStore(self._database, OFFICE.entity_id)  # type: ignore[arg-type]
        store.write(lambda tx: tx.save_office(self.office))
        for name in self.office.people:
            store.write(partial(meet, chat_of(name)))
        self.store, self.taker = store, Taker(store, self.clock)
        self.outside = Stormy(loop.time, [], lambda _: None)
        self.outside.storm(storm)
        line = Line(self.outside)
        if not paced:
            line.pace = Unpaced()  # type: ignore[assignment]
        self.performer = Performer(
            store,
            self.taker,
            self.clock,
            owner="fan out",
            mailboxes={MAILBOX: FakeMailbox(MAILBOX, self.clock)},
            chats=TeamsChats(line, self.clock, TEAMS),
            installs=FakeInstalls(),
            annexes=Annexes(FakeArchive(), FakeSharedFiles()),
            letters=Letters(store, FakeArchive(), {}),
        )
        self.effects = Queue(self._perform)

    def clock(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())

    async def run(self) -> dict[str, float]:
        registered = self.taker.take(Register(record_id="r1", mail=mail()), key="mail")
        asked = sum(isinstance(effect, AskAction) for effect in registered.effects)
        began = self._loop.time()
        for _ in range(4):
            self.effects.put()
        while self._left() and self._loop.time() < GIVES_UP_AFTER_S:
            await asyncio.sleep(0.5)
            self._bell()
        out = self.outside
        times = out.asked_at
        most = max(sum(1 for at in times[n : n + 80] if at < start + 1.0) for n, start in enumerate(times))
        return {
            "people": asked,
            "took_s": max(times) - began,
            "throttled": float(out.refused),
            "stormed": float(out.stormed),
            "most_in_a_second": float(most),
            "wrong": float(sum(often != 1 for often in out.came.values()) + abs(asked - len(out.came))),
        }

    def _left(self) -> bool:
        rows = self._database.driver.execute("SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1")
        return rows.fetchone() is not None

    async def _perform(self) -> None:
        await self.performer.perform_due()
        self._bell()

    def _bell(self) -> None:
        due_at = self.store.read(lambda tx: tx.next_due_at())
        if due_at is not None and due_at <= self.clock():
            self.effects.put()


def main() -> None:
    logging.disable(logging.CRITICAL)

    def measure(people: int, storm: float = 0.0, paced: bool = True) -> dict[str, float]:
        return run(VirtualLoop(Random(1448)), lambda loop: FanOut(loop, people, storm, paced=paced).run())

    told()
    serve(measure)


if __name__ == "__main__":
    main()
