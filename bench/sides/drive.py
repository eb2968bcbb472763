"""The product asks a drive what changed, durably: its own watch, its own delta, its own store, on a disk that syncs."""

import asyncio
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.drive_items import APP_ID, OURS_EVERY, item_id
from bench.side import serve, spent, told
from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.drafts import DriveDrafts
from service.draft_watch import DraftWatch
from service.take import Chance
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.values import OFFICE

PAGES_OF_A_VISIT = 50
ROOT = "root"


def clock() -> datetime:
    return datetime.now(UTC)


async def token(scope: str, *, fresh: bool = False) -> str:
    return "a-token-that-nobody-looks-at"


def drafts_lie_there(file: str, drive: str, count: int) -> int:
    """Every file of the drive that the product made is an open draft; how many that are."""
    rows = [(OFFICE.entity_id, f"r{n}", drive, item_id(n)) for n in range(count) if n % OURS_EVERY == 1]
    with sqlite3.connect(file) as database:
        database.executemany("INSERT INTO open_drafts (entity_id, record_id, drive, item) VALUES (?, ?, ?, ?)", rows)
    database.close()
    return len(rows)


def main(kind: str, base_url: str, drive: str, count: int, pages: int) -> None:
    assert kind == "ours"
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        url = stores.sqlite_url(Path(name))
        store = SqlStore(Database(url), OFFICE.entity_id)
        store.write(lambda tx: tx.save_office(OFFICE))
        open_drafts = drafts_lie_there(url.removeprefix("sqlite:///"), drive, count)
        graph = GraphClient(base_url, token)
        watch = DraftWatch(store, DriveDrafts(graph, LinkedFiles([]), app_id=APP_ID), clock, Chance())
        first = f"{base_url}/drives/{drive}/root/delta?token=0"
        visits = -(-pages // PAGES_OF_A_VISIT)

        async def read() -> int:
            return sum([await watch.look([drive]) for _ in range(visits)])

        def measure() -> dict[str, float]:
            store.write(lambda tx: tx.save_cursor(f"drive:{drive}", ROOT, first, clock()))
            with spent() as round_:
                looks = runner.run(read())
            kept = store.read(lambda tx: tx.cursor(f"drive:{drive}", ROOT))
            assert kept == f"{base_url}/drives/{drive}/root/delta?token={pages}", f"it ended at {kept}"
            assert looks == open_drafts, f"{looks} drafts are to be looked at"
            return {"items": count, "cpu_s": round_.cpu_s}

        serve(measure)
        runner.run(graph.close())
        store.close()


if __name__ == "__main__":
    main(**told())
