"""The product reads a folder of letters, durably: its own delta, its own intake, its own store, on a disk that syncs.

`known`: it holds a verdict on every letter already. `new`: it has seen none, and fetches and registers each. `naive` is
a control: known letters as a careless reader would take them, a transaction and a cursor for every single one.
`hoarding` is another: it keeps every page.
"""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import letters
from bench.side import serve, spent, told
from graph.client import GraphClient
from graph.delta import UNSAID
from graph.mailbox import OutlookMailbox
from service.folders import INBOX
from service.intake import Intake
from service.ports import Arrived, Changes, SeenMail, Transaction
from service.take import Taker
from store.archive import open_archive
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.values import OFFICE


class OneByOne(OutlookMailbox):
    """A mailbox that shows its letters one at a time, so that each costs what a page should cost."""

    def __init__(self, graph: GraphClient, address: str) -> None:
        super().__init__(graph, address)
        self._shown: list[Arrived] = []
        self._after: Changes | None = None

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        if self._after is None:
            self._after = await super().changes(folder, cursor)
            self._shown = list(self._after.arrived)
        item, page = self._shown.pop(0), self._after
        if self._shown:
            return Changes((item,), cursor or page.cursor, more=True)
        self._after = None
        return Changes((item,), page.cursor, more=page.more)


class Hoarding(OutlookMailbox):
    """A mailbox that keeps all that it ever showed."""

    def __init__(self, graph: GraphClient, address: str) -> None:
        super().__init__(graph, address)
        self.shown: list[Changes] = []

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        self.shown.append(await super().changes(folder, cursor))
        return self.shown[-1]


BOXES = {"naive": OneByOne, "hoarding": Hoarding}


def clock() -> datetime:
    return datetime.now(UTC)


async def token(scope: str, *, fresh: bool = False) -> str:
    return "a-token-that-nobody-looks-at"


def open_store(folder: Path) -> SqlStore:
    store = SqlStore(Database(stores.sqlite_url(folder)), OFFICE.entity_id)
    store.write(lambda tx: tx.save_office(OFFICE))
    store.write(lambda tx: tx.follow(letters.MAILBOX, [INBOX], clock()))
    return store


def keep_verdicts(store: SqlStore, count: int) -> None:
    """Letters 0 to *count* were seen before."""

    def work(tx: Transaction) -> None:
        for number in range(count):
            shown = letters.selected(number)
            seen = SeenMail(
                mailbox=letters.MAILBOX,
                item_id=shown["id"],
                identity=f"letter-{number}",
                message_id=shown["internetMessageId"],
                received_at=UNSAID,
                verdict="registered",
            )
            tx.see_mail(seen, UNSAID)

    store.write(work)


class Reader:
    """The intake of one mailbox in a folder of its own."""

    def __init__(self, base_url: str, folder: Path, kind: str) -> None:
        self.store = open_store(folder)
        self._graph = GraphClient(base_url, token)
        box = BOXES.get(kind, OutlookMailbox)(self._graph, letters.MAILBOX)
        archive = open_archive(f"file://{folder}/archive")
        taker = Taker(self.store, clock)
        self.intake = Intake(self.store, taker, clock, archive, {letters.MAILBOX: box}, owner="bench")

    async def close(self) -> None:
        await self._graph.close()
        self.store.close()

    def forget_cursor(self) -> None:
        def work(tx: Transaction) -> None:
            tx.save_cursor(letters.MAILBOX, INBOX, None, clock())
            tx.follow(letters.MAILBOX, [INBOX], clock())

        self.store.write(work)


def _memory_kb(name: str) -> int:
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))


def main(kind: str, base_url: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        folder = Path(name)
        kept = None if kind == "new" else Reader(base_url, folder, kind)
        if kept is not None:
            keep_verdicts(kept.store, count)

        before = 0

        def measure() -> dict[str, float]:
            nonlocal before
            reader = kept or Reader(base_url, folder, kind)
            if kept is not None:
                kept.forget_cursor()
            if not before:
                before = _memory_kb("VmRSS")
                Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here, over all rounds
            with spent() as round_:
                taken = runner.run(reader.intake.visit(letters.MAILBOX)).taken
            grew_mb = max(0, _memory_kb("VmHWM") - before) / 1024
            assert taken == (count if kind == "new" else 0), f"{taken} letters were taken"
            if kept is None:
                runner.run(reader.close())
            return {"letters": count, "cpu_s": round_.cpu_s, "wall_s": round_.wall_s, "grew_mb": grew_mb}

        serve(measure)
        if kept is not None:
            runner.run(kept.close())


if __name__ == "__main__":
    main(**told())
