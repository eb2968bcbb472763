################################################################
# What changes in the drives that hold open drafts
################################################################
#
# Rule 1: drives are asked what changed since we asked last; whatever file of ours is named is looked at, as an effect.
# Rule 2: the cursor is kept together with the looks it led to: nothing that was shown is missed, whoever is killed.
# Rule 3: one drive that cannot be asked does not keep the others waiting.

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from registry.document_effects import LookAtDraft
from registry.errors import Gone, TarasulError
from service.drafts_port import DraftChanges, Drafts, NoDrive
from service.ports import Clock, Store, Transaction
from service.take import Chance

log = logging.getLogger("tarasul.draft_watch")

_ROOT = "root"
_MOST_PAGES = 50  # of one drive in one visit; the rest at the next


class DraftWatch:
    """Looks for changes in the drives of open drafts."""

    def __init__(self, store: Store, drafts: Drafts, clock: Clock, chance: Chance) -> None:
        self._store, self._drafts, self._clock, self._chance = store, drafts, clock, chance

    async def look(self, drives: Iterable[str] | None = None) -> int:
        """Ask *drives* (by default all that hold an open draft) what changed; return how many drafts are to be looked
        at. Raises Unavailable where the database is."""
        held: dict[str, dict[str, str]] = defaultdict(dict)
        for drive, item, record_id in await asyncio.to_thread(self._store.read, lambda tx: tx.open_drafts()):
            held[drive][item] = record_id
        asked = held if drives is None else {d: held[d] for d in drives if d in held}
        looks = 0
        for drive, items in asked.items():
            try:
                looks += await self._visit(drive, items)
            except TarasulError as why:
                log.warning("a drive could not be asked", extra={"drive": drive, "why": f"{type(why).__name__}: {why}"})
        return looks

    async def look_at(self, record_id: str) -> bool:
        """Somebody opens the card of a draft: look at its file, whatever the drive tells. False where it has none."""

        def work(tx: Transaction) -> bool:
            found = any(record == record_id for _, _, record in tx.open_drafts())
            if found:
                self._request(tx, [record_id])
            return found

        return await asyncio.to_thread(self._store.write, work)

    async def _visit(self, drive: str, items: Mapping[str, str]) -> int:
        place = (f"drive:{drive}", _ROOT)
        cursor = await asyncio.to_thread(self._store.read, lambda tx: tx.cursor(*place))
        looks = 0
        for _ in range(_MOST_PAGES):
            anew = cursor is None
            try:
                page = await self._drafts.changes(drive, cursor)
            except (Gone, NoDrive):
                if not anew:
                    cursor = None
                    continue
                page = DraftChanges(changed=(), gone=tuple(items), cursor="", more=False)  # the drive is gone
            named = {state.place.item for state in page.changed} | set(page.gone)
            due = [record for item, record in items.items() if anew or page.look or item in named]
            await asyncio.to_thread(self._keep, place, page.cursor or None, due)
            looks += len(due)
            cursor = page.cursor
            if not page.more:
                break
        return looks

    def _keep(self, place: tuple[str, str], cursor: str | None, due: list[str]) -> None:
        def work(tx: Transaction) -> None:
            tx.save_cursor(*place, cursor, self._clock())
            self._request(tx, due)

        self._store.write(work)

    def _request(self, tx: Transaction, record_ids: Iterable[str]) -> None:
        looks = [LookAtDraft(record_id=record_id) for record_id in record_ids]
        tx.request(looks, 0, self._clock(), self._chance.new_token)
