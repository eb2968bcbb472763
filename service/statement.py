################################################################
# The statement of a closed day: both sides of its count by name, signed, and kept where nothing is changed
################################################################
#
# Rule 1: a day is stated once, when it is over; a red one again when it has come to add up. No day is left out, and
#         each statement names the one before it by its hash, so that none can be taken away unseen.
# Rule 2: what is signed is a text, kept as it was signed; who checks it needs no program of ours.
# Rule 3: it names the head of every record that changed on the day: who owns the database and writes a sheet anew, cuts
#         it short or takes it away is found by a text that lies elsewhere, signed.
# Rule 4: it is in the archive before anybody is told of it, and the operators are told once, in the morning.

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from registry.effects import TellDay
from registry.office import Office, Person
from service.ports import Archive, Clock, SeenMail, Store, Transaction
from service.reconcile import Reconciler, Side, bounds, day_of

log = logging.getLogger("tarasul.statement")

_OVER_AFTER = timedelta(hours=1)  # what came just before midnight has its verdict by then
_LONGEST_SILENCE = 31  # days without a statement that are made up for
_YEAR = 366
_STAYS_RED = 7  # days in which a red one may still come to add up
_TOLD_AT = time(7, 30)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Signature:
    """Under what a statement was signed: the algorithm, the public key and the signature, both in base64."""

    algorithm: str
    public_key: str
    value: str


type Sign = Callable[[bytes], Signature]


class Statements:
    """States days.

    Args:
        sign: None where no key is named: statements are chained all the same, and say that nobody signed them.
        operators: User names of whom to tell; none: the heads of the registers.
    """

    def __init__(
        self,
        store: Store,
        archive: Archive,
        reconciler: Reconciler,
        clock: Clock,
        zone: ZoneInfo,
        *,
        sign: Sign | None = None,
        operators: Sequence[str] = (),
    ) -> None:
        self._store, self._archive, self._reconciler, self._clock = store, archive, reconciler, clock
        self._zone, self._sign, self._operators = zone, sign, tuple(operators)

    async def state_due(self) -> list[date]:
        """State every day that is over and was not stated, the oldest first; which they were."""
        stated = []
        for day in await asyncio.to_thread(self._days_due):
            if await self._state(day):
                stated.append(day)
        return stated

    async def of(self, day: date) -> dict[str, Any] | None:
        """The last statement of *day* as it was kept: `statement` (the text that was signed), `sha256`, `signature`."""
        kept = await asyncio.to_thread(self._store.read, lambda tx: _last(tx, day))
        if kept is None:
            return None
        body: dict[str, Any] = json.loads(await self._archive.get(kept.sha256))
        return body | {"number": kept.number}

    # ------------------------------------------------------------ which days

    def _days_due(self) -> list[date]:
        over = day_of(self._clock() - _OVER_AFTER, self._zone) - timedelta(days=1)

        def work(tx: Transaction) -> list[date]:
            due: list[date] = []
            for back in range(_LONGEST_SILENCE):
                day = over - timedelta(days=back)
                if _last(tx, day) is not None:
                    return due
                due.append(day)
            return [over]  # the first statement of all

        unstated = self._store.read(work)
        week = [over - timedelta(days=n) for n in range(_STAYS_RED)]
        mended = [day for day in week if day not in unstated and self._came_to_add_up(day)]
        return sorted({*unstated, *mended})

    def _came_to_add_up(self, day: date) -> bool:
        """Whether *day* was stated as red, and its last count is green."""
        kept = self._store.read(lambda tx: _last(tx, day))
        return kept is not None and not kept.green and self._reconciler.is_green(day)

    # ------------------------------------------------------------ stating one

    async def _state(self, day: date) -> bool:
        sides = await self._reconciler.both_sides(day)
        office, last, before, heads = await asyncio.to_thread(
            self._store.read,
            lambda tx: (tx.office(), _last(tx, day), _before(tx, day), tx.heads(*bounds(day, self._zone))),
        )
        green = bool(sides) and all(side.count.green for side in sides)
        if last is not None and (last.green or not green):
            return False  # somebody else was here meanwhile; or there is nothing new to say
        number = last.number + 1 if last is not None else 1
        text = _text(day, number, sides, heads, office, before, self._clock())
        signature = self._sign(text.encode()) if self._sign is not None else None
        kept = {
            "statement": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "signature": {
                "algorithm": signature.algorithm,
                "public_key": signature.public_key,
                "value": signature.value,
            }
            if signature is not None
            else None,
        }
        sha256 = await self._archive.put(json.dumps(kept, ensure_ascii=False, sort_keys=True).encode())
        return await asyncio.to_thread(self._keep, day, number, green, sha256, sides)

    def _keep(self, day: date, number: int, green: bool, sha256: str, sides: Sequence[Side]) -> bool:
        """Note that *day* was stated, and ask that the operators be told; False where somebody else did."""
        key = _key(day, number)
        kept = f"{'green' if green else 'red'}:{sha256}"

        def work(tx: Transaction) -> bool:
            now = self._clock()
            if not tx.first_time(key, kept, now):
                return False
            told = [_told(key, person, day, green, sides) for person in self._whom(tx.office())]
            tx.request(told, 0, max(now, self._morning(now)), str)
            return True

        stated = self._store.write(work)
        if stated:
            level = logging.INFO if green else logging.ERROR
            log.log(level, "a day was stated", extra={"day": day.isoformat(), "green": green, "sha256": sha256})
        return stated

    def _whom(self, office: Office) -> list[Person]:
        named = [person for name in self._operators if (person := office.by_address(name)) is not None]
        heads = [office.head(unit.unit_id) for unit in office.units.values() if unit.registry_for]
        return named or list({p.person_id: p for p in heads if p is not None}.values())

    def _morning(self, now: datetime) -> datetime:
        return datetime.combine(day_of(now, self._zone), _TOLD_AT, self._zone).astimezone(UTC)


# ---------------------------------------------------------------- what was stated


@dataclass(frozen=True, slots=True)
class _Kept:
    """A statement that was made: the how-manieth of its day, whether it added up, and its name in the archive."""

    day: date
    number: int
    green: bool
    sha256: str


def _key(day: date, number: int) -> str:
    return f"statement:{day.isoformat()}:{number}"


def _last(tx: Transaction, day: date) -> _Kept | None:
    found, number = None, 1
    while kept := tx.taken_for(_key(day, number)):
        colour, _, sha256 = kept.partition(":")
        found = _Kept(day, number, colour == "green", sha256)
        number += 1
    return found


def newest(tx: Transaction, today: date) -> tuple[str, str] | None:
    """The date of the newest statement and its name in the archive; None where none was made for a year."""
    days = (today - timedelta(days=back) for back in range(_YEAR))
    return next(((k.day.isoformat(), k.sha256) for d in days if (k := _last(tx, d)) is not None), None)


def _before(tx: Transaction, day: date) -> _Kept | None:
    """The statement that one of *day* follows: an earlier one of the same day, else of the day before it."""
    days = (day - timedelta(days=back) for back in range(_LONGEST_SILENCE + 1))
    return next((kept for d in days if (kept := _last(tx, d)) is not None), None)


def _text(
    day: date,
    number: int,
    sides: Sequence[Side],
    heads: Sequence[tuple[str, int, str]],
    office: Office,
    before: _Kept | None,
    made_at: datetime,
) -> str:
    """What is signed: JSON with sorted names and no blanks."""
    said = {
        "v": 1,
        "entity": office.entity_id,
        "date": day.isoformat(),
        "number": number,
        "made_at": _instant(made_at),
        "previous": {"date": before.day.isoformat(), "number": before.number, "archived": before.sha256}
        if before is not None
        else None,
        "mailboxes": [_side(side) for side in sides],
        "heads": [{"record": record, "seq": seq, "hash": hashed} for record, seq, hashed in heads],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _side(side: Side) -> dict[str, Any]:
    """One mailbox: what was seen, what became of it, and what is on one side only."""
    listed = side.listed or {}
    seen = {i: (a.message_id, a.received_at) for i, a in listed.items()}
    seen |= {s.item_id: (s.message_id, s.received_at) for s in side.judged if s.item_id not in seen}
    return {
        "mailbox": side.count.mailbox,
        "green": side.count.green,
        "listed": side.count.listed,
        "seen": [
            {"item": item, "message_id": message_id, "received_at": _instant(at), "there": item in listed}
            for item, (message_id, at) in sorted(seen.items())
        ],
        "judged": [_verdict(s) for s in side.judged if s.item_id not in side.count.missing],
        "missing": list(side.count.missing),
        "lost": list(side.count.lost),
    }


def _verdict(seen: SeenMail) -> dict[str, Any]:
    return {
        "item": seen.item_id,
        "letter": seen.identity,
        "verdict": seen.verdict,
        "rule": seen.rule,
        "record": seen.record_id,
    }


def _told(key: str, person: Person, day: date, green: bool, sides: Sequence[Side]) -> TellDay:
    names = [_name(side, item) for side in sides for item in side.count.missing]
    names += [lost for side in sides for lost in side.count.lost]
    return TellDay(
        record_id=key,
        person=person.person_id,
        day=day.isoformat(),
        green=green,
        seen=sum(side.count.seen for side in sides),
        registered=sum(side.count.registered for side in sides),
        quarantined=sum(side.count.quarantined for side in sides),
        unlisted=tuple(side.count.mailbox for side in sides if not side.count.listed),
        missing=len(names),
        named=tuple(names[:_MOST_NAMED]),
    )


def _name(side: Side, item: str) -> str:
    """Of a letter that nobody judged only its identity is known: nothing of its words may be said."""
    named = {s.item_id: s.message_id for s in side.judged} | {i: a.message_id for i, a in (side.listed or {}).items()}
    return named.get(item) or item


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
