################################################################
# python -m tests.acceptance.mortal <socket> <database URL> <product>: processes of the product, born to be killed
################################################################
#
# Rule 1: everything is loaded once, in a process that does nothing else; each "live <seconds>" on its stdin forks one
#         of the product with its clock so far ahead. Its pid is printed, and when it is dead the signal that did it.
# Rule 2: that one is made of the product's own parts over its database. What lies outside it, mailbox, chats, archive,
#         is asked over the socket, in the process that kills.
# Rule 3: its jobs come over the socket too, as from queues and doors: a job that is not answered comes again.

import asyncio
import logging
import os
import pickle
import struct
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.handlers import Bot
from service.annexes import Annexes
from service.deliveries import Deliveries
from service.handed import HandedFiles
from service.intake import Intake
from service.letters import Letters
from service.perform import Performer
from service.ports import Arrived, Changes
from service.service import Service
from service.take import Taker
from store import statements
from store.database import Database, Statement, _engine
from store.store import SqlStore
from tests.fakes.downloads import FakeDownloads
from tests.fakes.shared_files import FakeSharedFiles
from tests.values import MAILBOX, OFFICE

HANDS = 4  # jobs at once
LEASE_S = 60.0


class Wire:
    """Questions to the world outside, each with its answer; many at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._ids = reader, writer, count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def ask(self, part: str, method: str, *args: Any, **named: Any) -> Any:
        number = next(self._ids)
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        send(self._writer, (number, part, method, args, named))
        answer = await answered
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def listen(self) -> None:
        while True:
            number, answer = await receive(self._reader)
            self._waiting.pop(number).set_result(answer)


def send(writer: asyncio.StreamWriter, what: object) -> None:
    body = pickle.dumps(what)
    writer.write(struct.pack("!I", len(body)) + body)


async def receive(reader: asyncio.StreamReader) -> Any:
    """The next thing that was sent. Raises EOFError (IncompleteReadError) when the other side is gone."""
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    return pickle.loads(await reader.readexactly(length))


class Reached:
    """A part of the world outside. Its coroutines are those of the part there."""

    def __init__(self, wire: Wire, part: str) -> None:
        self._wire, self._part = wire, part

    def __getattr__(self, method: str) -> Any:
        async def call(*args: Any, **named: Any) -> Any:
            return await self._wire.ask(self._part, method, *args, **named)

        return call

    async def listing(self, *args: Any) -> AsyncIterator[Arrived]:
        for item in await self._wire.ask(self._part, "listing", *args):
            yield item


class CursorFirst(Intake):
    """The cursor is kept before the letters of its page are."""

    async def _page(self, mailbox: str, folder: str, cursor: str | None) -> Changes:
        page = await super()._page(mailbox, folder, cursor)
        await asyncio.to_thread(self._save_cursor, mailbox, folder, page.cursor)
        return page


PRODUCTS: dict[str, type[Intake]] = {"ours": Intake, "cursor first": CursorFirst}


async def live(path: str, url: str, product: str, ahead_s: float) -> None:
    """Do what there is to be done, until killed."""
    wire = Wire(*await asyncio.open_unix_connection(path))
    listening = asyncio.create_task(wire.listen())
    store, owner = SqlStore(Database(url), OFFICE.entity_id), f"process-{os.getpid()}"
    ahead = timedelta(seconds=ahead_s)

    def clock() -> datetime:
        return datetime.now(UTC) + ahead

    boxes: Any = {MAILBOX: Reached(wire, "box")}
    archive, chats, installs, teams = (Reached(wire, part) for part in ("archive", "chats", "installs", "teams"))
    taker = Taker(store, clock)
    deliveries, handed = Deliveries(store, taker, clock, archive), HandedFiles(archive, FakeDownloads())
    bot = Bot(teams, Service(store, taker, clock), deliveries, handed)
    intake = PRODUCTS[product](store, taker, clock, archive, boxes, owner=owner, lease_s=LEASE_S)
    performer = Performer(
        store,
        taker,
        clock,
        owner=owner,
        mailboxes=boxes,
        chats=chats,
        installs=installs,
        lease_s=LEASE_S,
        annexes=Annexes(archive, FakeSharedFiles()),
        letters=Letters(store, archive, boxes),
    )

    def effects_due() -> bool:
        due_at = store.read(lambda tx: tx.next_due_at())
        return due_at is not None and due_at <= clock()

    async def work() -> None:
        while True:
            number, kind, said = await wire.ask("jobs", "next")
            answer: Any = None
            match kind:
                case "keep":
                    await intake.folders.look()
                    rings = False
                case "visit":
                    rings = (await intake.visit(MAILBOX)).taken > 0
                case "perform":
                    await performer.perform_due()
                    rings = await asyncio.to_thread(effects_due)
                case _:
                    turned = await bot.turn(said)
                    answer, rings = turned.body, turned.rang
            await wire.ask("jobs", "done", number, answer, rings)

    await asyncio.gather(listening, *(work() for _ in range(HANDS)))


def main(path: str, url: str, product: str) -> None:
    logging.disable(logging.CRITICAL)
    engine = _engine(url)
    for statement in vars(statements).values():
        if isinstance(statement, Statement):
            statement.on(engine)  # without a connection: what is open must not be shared by those who are born
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(live(path, url, product, float(line.split()[1])))
            except BaseException as error:  # whoever listens is gone, or we are broken: said once, and over
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(1)
        print(pid, flush=True)  # noqa: T201
        _, status = os.waitpid(pid, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
