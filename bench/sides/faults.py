"""The product reads a folder of letters while Graph fails: its delta, intake and store, visited as the timer visits.

A visit may end with an error: then it is made again a moment later, as by the timer or a notification; what counts is
that every letter is registered once at the end. `visits` says how many it took. `once` is the control: one visit, and
no patience inside it.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import letters
from bench.side import serve, told
from bench.sides.resync import clock, open_store, token
from graph.client import GraphClient, Manners
from graph.mailbox import OutlookMailbox
from registry.errors import TarasulError
from service.intake import Intake
from service.ports import Wanted
from service.take import Taker
from store.archive import open_archive

VISITS = 6
PAUSE_S = 0.4  # between visits: minutes in service
PATIENT = Manners(deadline_s=1.5, patience_s=3.0)
HASTY = Manners(deadline_s=1.5, patience_s=0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial came to. `letters` counts different ones, `records` all that were registered."""

    letters: int
    records: int
    visits: int
    error: str

    def passes(self, count: int) -> bool:
        return self.letters == self.records == count and not self.error


async def read_through(base_url: str, folder: Path, *, once: bool = False, manners: Manners = PATIENT) -> Outcome:
    """Visit the mailbox behind *base_url* until a visit goes well, with everything kept in *folder*."""
    graph = GraphClient(base_url, token, manners=HASTY if once else manners)
    store = open_store(folder)
    box = {letters.MAILBOX: OutlookMailbox(graph, letters.MAILBOX)}
    archive = open_archive(f"file://{folder}/archive")
    intake = Intake(store, Taker(store, clock), clock, archive, box, owner="faults")
    visits, error = 0, "not visited"
    while error and visits < (1 if once else VISITS):
        await asyncio.sleep(PAUSE_S if visits else 0)
        visits += 1
        try:
            await intake.visit(letters.MAILBOX)
            error = ""
        except TarasulError as why:
            error = f"{type(why).__name__}: {why}"
    records = store.read(lambda tx: tx.find(Wanted(top=1_000)))
    await graph.close()
    store.close()
    return Outcome(len({r.subject for r in records}), len(records), visits, error)


def main(once: bool = False) -> None:
    with asyncio.Runner() as runner:

        def measure(base_url: str) -> dict[str, object]:
            with tempfile.TemporaryDirectory() as folder:
                found = runner.run(read_through(base_url, Path(folder), once=once))
            return {"ids": found.letters, "all": found.records, "visits": found.visits, "error": found.error}

        serve(measure)


if __name__ == "__main__":
    main(**told())
