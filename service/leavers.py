################################################################
# What waits for whoever has left goes to others
################################################################
#
# Rule 1: to whom is decided in registry/leaving.py; here what waits for somebody who is gone is only looked for.
# Rule 2: where many are gone at once it is the directory that is at fault, and nothing is moved.

import asyncio
import logging

from registry.commands import HandOver
from registry.decisions import Accepted
from service.ports import Store, Transaction, Wanted
from service.take import Taker

log = logging.getLogger("tarasul.leavers")

_MOST_MOVED = 5_000
_FEW = 5  # may leave between two looks …
_SHARE = 5  # … or one of so many of those for whom something waits


class Leavers:
    """Looks for what waits for people who have left."""

    def __init__(self, store: Store, taker: Taker) -> None:
        self._store, self._taker = store, taker

    async def look(self) -> int:
        """Pass on what waits for whoever is gone; how many steps that were."""
        gone, waiting = await asyncio.to_thread(self._store.read, _gone)
        if len(gone) > max(_FEW, waiting // _SHARE):
            log.error("so many have left at once that the directory must be wrong", extra={"gone": len(gone)})
            return 0
        moved = 0
        for person in gone:
            for record_id, step in await asyncio.to_thread(self._store.read, lambda tx, p=person: _steps(tx, p)):
                ask = HandOver(record_id=record_id, step=step)
                taken = await asyncio.to_thread(self._taker.take, ask, key=f"leaver:{record_id}:{step}")
                moved += isinstance(taken.decision, Accepted)
        if moved:
            log.info("passed on what waited for those who left", extra={"steps": moved, "gone": len(gone)})
        return moved


def _gone(tx: Transaction) -> tuple[list[str], int]:
    office, waiting = tx.office(), tx.waiting_people()
    gone = [who for who in waiting if (person := office.people.get(who)) is None or not person.active]
    return (gone if office.version else []), len(waiting)


def _steps(tx: Transaction, person: str) -> list[tuple[str, int]]:
    found = tx.find(Wanted(put_before=(person,), oldest_first=True, top=_MOST_MOVED))
    return [(record.record_id, s.number) for record in found for s in record.open_steps if s.to_person == person]
