################################################################
# Reminders: what is not done in time is recalled to whoever holds it
################################################################
#
# Rule 1: when, and to whom, is decided in registry/reminding.py; here what has come due is only looked for.
# Rule 2: each reminder is a command under a key of its own: two instances that look at once remind once.

import asyncio
import logging

from registry.commands import Remind
from registry.decisions import Accepted
from service.ports import Clock, Store
from service.take import Taker

log = logging.getLogger("tarasul.reminders")

_AT_ONCE = 50  # steps of one look: the rest is found by the next


class Reminders:
    """Looks for what is due to be recalled."""

    def __init__(self, store: Store, taker: Taker, clock: Clock) -> None:
        self._store, self._taker, self._clock = store, taker, clock

    async def look(self) -> int:
        """Remind of everything whose time has come; how many steps that were."""
        reminded = 0
        while due := await asyncio.to_thread(self._store.read, lambda tx: tx.to_remind(self._clock(), _AT_ONCE)):
            moved = 0
            for record_id, step, remind_at in due:
                key = f"remind:{record_id}:{step}:{remind_at.isoformat()}"
                taken = await asyncio.to_thread(self._taker.take, Remind(record_id=record_id, step=step), key=key)
                moved += isinstance(taken.decision, Accepted)
            reminded += moved
            if moved == 0:  # somebody else is at it
                break
        if reminded:
            log.info("reminded", extra={"steps": reminded})
        return reminded
