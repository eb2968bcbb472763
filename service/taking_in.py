################################################################
# An export taken into a register that does not have the record: the sheet and the documents, byte for byte
################################################################
#
# Rule 1: what does not verify, is masked, is of another entity, or is here already, is refused, and nothing is kept.
# Rule 2: nothing is asked of anybody for it: no card, no mail. An open record waits in the register for its holder.
# Rule 3: its number is never drawn again, and the ids and files by which it is known are known here as well.

import asyncio
import json

from registry.events import Registered
from registry.numbers import Series
from registry.record import Record, fold
from registry.sheet import Entry, PrivateText, read_entry
from registry.sheet import verify as verify_sheet
from service.ports import Archive, Clock, SeenMail, Store, Transaction, Wanted
from service.take import note_ids
from service.verify import read_zip, wrong_with


class NotTakenIn(Exception):
    """The export is refused: why, in a few words for the operator."""


class TakingIn:
    """Takes exports into a register."""

    def __init__(self, store: Store, archive: Archive, clock: Clock, entity_id: str) -> None:
        self._store, self._archive, self._clock, self._entity_id = store, archive, clock, entity_id

    async def take_in(self, raw: bytes, head: str | None = None) -> Record:
        """Keep the record of the export *raw*, whose sheet ends with *head* where that is known.

        Raises:
            NotTakenIn: See Rule 1.
            Unavailable: The archive or the database is; the same may be asked again.
        """
        parts = _verified(raw, head)
        record_id = json.loads(parts["manifest.json"])["record_id"]
        entries = [_entry(record_id, line) for line in parts["sheet.jsonl"].decode().splitlines()]
        try:
            record = fold(record_id, map(read_entry, entries))
        except (ValueError, AssertionError, IndexError) as why:
            raise NotTakenIn(f"its sheet is none that this version reads: {why}") from why
        if record is None or verify_sheet(entries) is not None:
            raise NotTakenIn("its sheet does not verify")
        if json.loads(parts["record.json"])["masked"]:
            raise NotTakenIn("it is masked: whoever exported it was not cleared for it")
        if record.entity_id != self._entity_id:
            raise NotTakenIn(f"it is a record of {record.entity_id}, and this is the register of {self._entity_id}")
        for name, body in parts.items():
            if name.startswith("documents/"):
                await self._archive.put(body)
        await asyncio.to_thread(self._store.write, lambda tx: self._keep(tx, record, entries))
        return record

    def _keep(self, tx: Transaction, record: Record, entries: list[Entry]) -> None:
        if tx.record(record.record_id) is not None:
            raise NotTakenIn(f"the register has {record.reference} already")
        if record.serial is not None and record.year is not None:  # a draft of ours has no number yet
            same_number = Wanted(serial=record.serial, year=record.year, kind=record.kind, top=200)
            if any(r.registry_unit_id == record.registry_unit_id for r in tx.find(same_number)):
                raise NotTakenIn(f"the register has another record under the number {record.reference}")
            tx.reserve(Series(record.entity_id, record.registry_unit_id, record.kind, record.year), record.serial)
        tx.save(None, record, entries)
        now = self._clock()
        for entry in entries:
            event = read_entry(entry)
            note_ids(tx, record, event, now)
            if isinstance(event, Registered) and event.source.mailbox:
                tx.see_mail(_seen(record), now)


def _verified(raw: bytes, head: str | None) -> dict[str, bytes]:
    """The parts of an export that is as it was written. Raises NotTakenIn."""
    parts, wrong = read_zip(raw)
    try:
        wrong += wrong_with(parts, head) if parts or not wrong else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:
        raise NotTakenIn(f"it is no export that can be read: {why}") from why
    if wrong:
        raise NotTakenIn("it does not verify: " + ", ".join(f"{where} ({what})" for where, what in wrong))
    return parts


def _entry(record_id: str, line: str) -> Entry:
    told = json.loads(line)
    texts = tuple(PrivateText(t["field"], t["salt"], t["text"]) for t in told["texts"])
    canonical = told["canonical"].encode()
    return Entry(record_id, told["seq"], told["type"], canonical, told["prev_hash"], told["hash"], texts)


def _seen(record: Record) -> SeenMail:
    """The verdict by which the same mail is known when it comes again."""
    source = record.source
    return SeenMail(
        mailbox=source.mailbox,
        item_id=source.item_id,
        identity=source.identity,
        message_id=source.internet_message_id,
        received_at=record.received_at,
        verdict="registered" if record.rules.listed else "quarantined",
        record_id=record.record_id,
    )
