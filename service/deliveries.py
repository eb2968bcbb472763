################################################################
# Letters on paper: scanned, or brought by hand
################################################################
#
# Rule 1: the bytes are in the archive before anything is said of them: every file, and the slip that names them.
# Rule 2: the caller's key makes a letter once. The same key with another slip is told apart.
# Rule 3: a file that another record has, as a scan or as the annex of a mail, is not entered silently: the caller is
#         told which record that is, and enters it `again` if they mean it; the new record names the first.

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from registry.commands import Enter
from registry.decisions import Decision
from registry.delivery import Delivery
from registry.mail import Address, Letter, Part
from registry.record import Record
from service.once import KeyReused, take_once
from service.ports import Archive, Clock, Store, Transaction
from service.same_files import ANNEX, SCAN, first_with
from service.take import Taken, Taker, Undone
from service.unsafe import remarks_of
from texts import clean
from texts.names import safe_name

SLIP_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class File:
    """One scanned file, as it was handed in."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What somebody writes about a letter on paper. Empty fields are left to the registry's rules."""

    unit_id: str
    way: str
    subject: str
    sender: Address
    letter_date: str = ""
    their_reference: str = ""
    urgency: str = ""
    confidentiality: str = ""
    to_unit: str = ""
    asked: str = ""
    received_at: datetime | None = None  # None: now
    again: bool = False  # enter it although another record has its files


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of it. `record` is the one that was made, now or by the same key before."""

    decision: Decision
    record: Record | None
    repeated: bool = False
    rang: bool = False


class KnownFiles(Exception):
    """One of the files is known already: this record has it."""

    def __init__(self, record_id: str) -> None:
        super().__init__(record_id)
        self.record_id = record_id


class Deliveries:
    """Enters letters on paper."""

    def __init__(self, store: Store, taker: Taker, clock: Clock, archive: Archive) -> None:
        self._store, self._taker, self._clock, self._archive = store, taker, clock, archive

    async def enter(
        self,
        slip: Slip,
        files: Sequence[File] = (),
        *,
        handed: Sequence[Part] = (),
        by: str | None,
        on_behalf_of: str | None = None,
        key: str,
    ) -> Entered:
        """Enter a letter once for the *key* of whoever asks; *handed* are files that lie in the archive already.

        Raises:
            KeyReused, KnownFiles: See the rules above; nothing was entered.
            Unavailable: The archive or the database is; the same may be asked again.
        """
        parts = [*handed, *[await self._keep(number, file) for number, file in enumerate(files, start=1)]]
        written = _write(slip, parts, by, on_behalf_of)
        digest = await self._archive.put(written)
        delivery = Delivery(
            unit_id=slip.unit_id,
            way=slip.way,
            letter=Letter(
                sender=Address(clean(slip.sender.name), clean(slip.sender.address)),
                subject=clean(slip.subject),
                text="",
                sent_at=clean(slip.letter_date),
            ),
            received_at=slip.received_at or self._clock(),
            sha256=digest,
            size_bytes=len(written),
            parts=tuple(parts),
            their_reference=clean(slip.their_reference),
            urgency=slip.urgency,
            confidentiality=slip.confidentiality,
            to_unit=slip.to_unit,
            asked=slip.asked,
        )
        record_id = self._taker.chance.new_id()
        ask = Enter(record_id=record_id, delivery=delivery, by=by, on_behalf_of=on_behalf_of)
        try:
            taken = await asyncio.to_thread(
                self._store.write, lambda tx: self._take(tx, ask, key=key, again=slip.again)
            )
        except Undone as undone:
            return Entered(undone.taken.decision, undone.taken.record)
        return Entered(taken.decision, taken.record, taken.repeated, bool(taken.effects))

    async def _keep(self, number: int, file: File) -> Part:
        digest, kind = await self._archive.put(file.body), clean(file.content_type)
        name = safe_name(file.name, kind, number)
        found = await asyncio.to_thread(remarks_of, file.body)
        return Part(name=name, content_type=kind, size_bytes=len(file.body), sha256=digest, remarks=found)

    def _take(self, tx: Transaction, ask: Enter, *, key: str, again: bool) -> Taken:
        files = ask.delivery.parts
        first = first_with(tx, files, SCAN, ANNEX)
        if first is not None:
            ask = replace(ask, delivery=replace(ask.delivery, same_as=first.record_id, same_reference=first.reference))
        taken = take_once(tx, self._taker, ask, key=key, digest=ask.delivery.sha256, at=self._clock())
        if taken.repeated:
            return taken
        if first is None:  # somebody may have entered them at this very moment
            known = first_with(tx, files, SCAN)
            first = known if known is not None and known.record_id != ask.record_id else None
        if first is not None and not again:
            raise KnownFiles(first.record_id)
        return taken


def _write(slip: Slip, parts: Sequence[Part], by: str | None, on_behalf_of: str | None) -> bytes:
    """The slip as it is archived: what was handed in, by whom, and every file by its hash."""
    said = asdict(slip)
    said["received_at"] = slip.received_at.astimezone(UTC).isoformat() if slip.received_at is not None else None
    files = [
        {"name": p.name, "content_type": p.content_type, "size_bytes": p.size_bytes, "sha256": p.sha256} for p in parts
    ]
    whole = {"v": 1, **said, "files": files, "by": by, "on_behalf_of": on_behalf_of}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


__all__ = ["SLIP_TYPE", "Deliveries", "Entered", "File", "KeyReused", "KnownFiles", "Slip"]
