################################################################
# The day's count: the proof that nothing is missing
################################################################
#
# Rule 1: seen = registered + copies + replies + ours + quarantined + ignored, for each mailbox and day, where *seen* is
#         a fresh listing by received time together with whatever delta ever showed: a fault in our own delta cannot
#         hide itself.
# Rule 2: a mail that the listing or delta showed and nobody judged is taken at once, or noted as gone; what is missing
#         after that is named.
# Rule 3: a verdict counts only where its record is there and whole. A record that is gone is told, and its letter is
#         registered anew, if it is there to be read; one that is not whole is told until an operator mended it.
# Rule 4: a count says when it was made. A day that does not add up is never green.

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from registry.errors import TarasulError
from service.intake import Intake
from service.ports import Arrived, Clock, Mailbox, SeenMail, Store

log = logging.getLogger("tarasul.reconcile")

_FIRST_HOUR = timedelta(hours=1)
SHOWN = "shown"  # by delta, and not judged yet
_COLUMNS = {
    "registered": "registered",
    "copy": "copies",
    "reply": "replies",
    "ours": "ours",
    "quarantined": "quarantined",
    "ignored": "ignored",
    "gone": "ignored",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One mailbox's day. `missing` are the item ids that were seen and have no verdict."""

    mailbox: str
    seen: int
    registered: int = 0
    copies: int = 0
    replies: int = 0
    ours: int = 0
    quarantined: int = 0
    ignored: int = 0
    missing: tuple[str, ...] = ()
    listed: bool = True  # False: the mailbox could not be listed, so nothing is proven
    lost: tuple[str, ...] = ()  # records that a verdict names, and that are not there or not whole

    @property
    def green(self) -> bool:
        judged = self.registered + self.copies + self.replies + self.ours + self.quarantined + self.ignored
        return self.listed and not self.missing and not self.lost and judged == self.seen


@dataclass(frozen=True, slots=True)
class Side:
    """A mailbox's day by name: its count, what a fresh listing shows (None: it failed), and every verdict."""

    count: DayCount
    listed: Mapping[str, Arrived] | None
    judged: tuple[SeenMail, ...]


def count_day(
    mailbox: str, listed: Mapping[str, Arrived] | None, judged: Sequence[SeenMail], lost: Iterable[str] = ()
) -> DayCount:
    """Add up one mailbox's day from what a listing shows (None: it failed) and what was judged.

    What was gone when we wanted to read it, and is listed now, came back: it has no verdict yet. What a delta page
    showed and nobody judged has none either, whether or not it is still there.
    """
    back = set(listed or ())
    verdicts = {
        s.item_id: s.verdict for s in judged if s.verdict != SHOWN and (s.verdict != "gone" or s.item_id not in back)
    }
    seen = {s.item_id for s in judged} | back
    columns = Counter(_COLUMNS[v] for v in verdicts.values())
    return DayCount(
        mailbox=mailbox,
        seen=len(seen),
        missing=tuple(sorted(seen - set(verdicts))),
        listed=listed is not None,
        lost=tuple(lost),
        **columns,
    )


def day_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants between which *day* lies in *zone*."""
    start = datetime.combine(day, time(), zone)
    return start.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


class Reconciler:
    """Counts days."""

    def __init__(
        self, store: Store, intake: Intake, clock: Clock, mailboxes: Mapping[str, Mailbox], zone: ZoneInfo
    ) -> None:
        self._store, self._intake, self._clock = store, intake, clock
        self._mailboxes, self._zone = mailboxes, zone

    def days_due(self) -> list[date]:
        """Today; in the first hour of a day yesterday once more; and each day of the last week that ended red."""
        now = self._clock()
        due = {day_of(now, self._zone), day_of(now - _FIRST_HOUR, self._zone)}
        last_week = [day_of(now, self._zone) - timedelta(days=n) for n in range(1, 8)]
        kept = self._store.read(lambda tx: {day: tx.day_counts(day.isoformat()) for day in last_week})
        red = {d for d, counts in kept.items() if any(not read_count(body).green for _, body in counts.values())}
        return sorted(due | red)

    async def count(self, day: date) -> list[DayCount]:
        """Count *day* in every mailbox, heal what is missing, and keep the result."""
        return [side.count for side in await self.both_sides(day)]

    async def both_sides(self, day: date) -> list[Side]:
        """As `count`, with what was counted."""
        sides = [await self._count_one(mailbox, day) for mailbox in self._mailboxes]
        for counted in (side.count for side in sides):
            extra = {"mailbox": counted.mailbox, "seen": counted.seen, "missing": len(counted.missing)}
            log.log(logging.INFO if counted.green else logging.ERROR, "the day's count", extra=extra)
        return sides

    def is_green(self, day: date) -> bool:
        """Whether the last count of *day* was green in every mailbox."""
        kept = self._store.read(lambda tx: tx.day_counts(day.isoformat()))
        return bool(kept) and all(read_count(body).green for _, body in kept.values())

    async def _count_one(self, mailbox: str, day: date) -> Side:
        start, end = bounds(day, self._zone)
        listed = await self._list(mailbox, start, end)
        side = await self._add_up(mailbox, listed, start, end)
        if side.count.lost and listed is not None:
            await self._forget_lost(mailbox, side.count.lost)
            side = await self._add_up(mailbox, listed, start, end)
        if side.count.missing and listed is not None:
            shown = {s.item_id: _arrived(s) for s in side.judged if s.verdict == SHOWN}
            missing = [(listed.get(i) or shown[i]) for i in side.count.missing if i in listed or i in shown]
            missing.sort(key=lambda item: item.received_at)
            try:
                await self._intake.take_missing(mailbox, missing)
            except Exception:
                log.exception("a missing mail could not be taken", extra={"mailbox": mailbox})
            side = await self._add_up(mailbox, listed, start, end)
        body = json.dumps(asdict(side.count))
        as_of = self._clock()
        await asyncio.to_thread(self._store.write, lambda tx: tx.save_day_count(day.isoformat(), mailbox, as_of, body))
        return side

    async def _forget_lost(self, mailbox: str, lost: Sequence[str]) -> None:
        """Of records that are gone from our tables nothing is believed any more: their letters are read anew."""
        log.error("records are lost", extra={"mailbox": mailbox, "records": list(lost)})
        await asyncio.to_thread(self._store.write, lambda tx: tx.forget_lost(lost))

    async def _list(self, mailbox: str, start: datetime, end: datetime) -> dict[str, Arrived] | None:
        box, listed = self._mailboxes[mailbox], {}
        try:
            for folder in await self._intake.folders.of(mailbox):
                listed.update({item.item_id: item async for item in box.listing(folder, start, end)})
            return listed
        except TarasulError as error:
            log.error("the mailbox could not be listed", extra={"mailbox": mailbox, "why": str(error)})
            return None

    async def _add_up(self, mailbox: str, listed: Mapping[str, Arrived] | None, start: datetime, end: datetime) -> Side:
        judged, lost = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.mail_between(mailbox, start, end), tx.lost(mailbox, start, end))
        )
        return Side(count_day(mailbox, listed, judged, lost), listed, tuple(judged))


def _arrived(seen: SeenMail) -> Arrived:
    return Arrived(item_id=seen.item_id, message_id=seen.message_id, received_at=seen.received_at)


def read_count(body: str) -> DayCount:
    """Read a count as it was kept."""
    values = json.loads(body)
    return DayCount(**{**values, "missing": tuple(values["missing"]), "lost": tuple(values.get("lost", ()))})
