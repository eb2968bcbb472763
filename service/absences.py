################################################################
# Whoever is away is asked who acts for them
################################################################
#
# Rule 1: only those are looked at for whom something waits, a few at each look, in turn.
# Rule 2: each absence is asked about once; whoever has delegated already for its time is not asked.
# Rule 3: what may not be read is unknown: nobody is asked for it, and nobody is called present.

import asyncio
import logging
from datetime import datetime, timedelta

from registry.effects import AskForDelegate
from registry.office import Office
from service.ports import Absence, Absences, Clock, NotKnown, Store, Transaction
from service.take import Chance

log = logging.getLogger("tarasul.absences")

_AT_ONCE = 100
_AHEAD = timedelta(days=3)  # how long before it begins somebody is asked
_DENIED_IN_A_ROW = 5  # then it is not ours to read, and the rest of the look is left out
_PLACE = ("absences", "person")  # where it is noted, beside the cursors, who was looked at last


class Away:
    """Looks whose automatic replies say that they are away."""

    def __init__(self, store: Store, absences: Absences, clock: Clock, chance: Chance | None = None) -> None:
        self._store, self._absences, self._clock = store, absences, clock
        self._chance = chance or Chance()

    async def look(self) -> int:
        """Look at the next few; how many were asked who acts for them. Raises Throttled, Unavailable."""
        asked = unknown = denied = 0
        for person in await asyncio.to_thread(self._store.read, self._next):
            try:
                absence = await self._absences.of(person)
            except NotKnown:
                unknown, denied = unknown + 1, denied + 1
                if denied >= _DENIED_IN_A_ROW:
                    break
                continue
            finally:
                await asyncio.to_thread(self._store.write, lambda tx, p=person: self._note(tx, p))
            denied = 0
            if absence is not None:
                asked += await asyncio.to_thread(self._store.write, lambda tx, p=person, a=absence: self._ask(tx, p, a))
        if asked or unknown:
            log.info("absences looked at", extra={"asked": asked, "unknown": unknown})
        return asked

    def _next(self, tx: Transaction) -> list[str]:
        """The next of those for whom something waits, after the one looked at last."""
        office, last = tx.office(), tx.cursor(*_PLACE) or ""
        people = [who for who in tx.waiting_people() if (p := office.person(who)) is not None and p.active]
        return [*(p for p in people if p > last), *(p for p in people if p <= last)][:_AT_ONCE]

    def _note(self, tx: Transaction, person: str) -> None:
        tx.save_cursor(*_PLACE, person, self._clock())

    def _ask(self, tx: Transaction, person: str, absence: Absence) -> bool:
        now, office = self._clock(), tx.office()
        starts = absence.starts or now
        if starts > now + _AHEAD or (absence.until is not None and absence.until <= now):
            return False
        if _is_covered(office, person, starts, absence.until, now):
            return False
        # who is away without an end is asked again every week
        name = f"{starts.isoformat()}" if absence.starts is not None else f"{now:%G-%V}"
        key = f"absence:{person}:{name}"
        if not tx.first_time(key, person, now):
            return False
        asks = AskForDelegate(record_id=key, person=person, starts=starts, until=absence.until)
        tx.request([asks], 0, now, self._chance.new_token)
        return True


def _is_covered(office: Office, person: str, starts: datetime, until: datetime | None, now: datetime) -> bool:
    """Whether they have delegated for some of that time, be it accepted or not yet."""
    last = until or max(starts, now) + timedelta(days=1)
    return any(d.from_person == person and d.starts < last and d.until > max(starts, now) for d in office.delegations)
