################################################################
# The whole register, looked through: every sheet against itself, and against what was stated of it
################################################################
#
# Rule 1: a sheet verifies by itself, is as long as its record says and ends with the head that its record carries.
# Rule 2: what a day's statement says of a record still stands on its sheet. So a sheet that was written anew from its
#         first line on, cut short, or taken away by whoever owns the database, is found by a text that lies elsewhere.
# Rule 3: the statements are walked from the newest back, each by the name that its successor has for it. One that is
#         not there, or not what was signed, is a finding and no reason to stop.
# Rule 4: nothing is changed, and nobody waits: each record is read in a moment of its own, beside a running product.

import asyncio
import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from registry.errors import Gone, Unavailable
from registry.sheet import verify
from service.ports import Archive, Store, Transaction
from service.statement import newest

_EVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

type IsSigned = Callable[[bytes, str, bytes], bool]
"""Whether the text was signed under the public key (base64) with the signature."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not hold. `about` is a record id or a statement's date; `why` a key of the texts, or a plain word."""

    about: str
    why: str
    seq: int | None = None


@dataclass(slots=True)
class Looked:
    """What was looked through. `keys` are the public keys (base64) under which statements were signed."""

    records: int = 0
    lines: int = 0
    statements: int = 0
    keys: set[str] = field(default_factory=set)
    found: list[Finding] = field(default_factory=list)


type _Stated = dict[str, list[tuple[str, int, str]]]  # of each record: date, seq, hash


async def look_through(store: Store, archive: Archive, is_signed: IsSigned, today: date) -> Looked:
    """Look through every sheet and every statement of the entity. Raises Unavailable where the database is."""
    looked, stated = Looked(), defaultdict[str, list[tuple[str, int, str]]](list)
    last = await asyncio.to_thread(store.read, lambda tx: newest(tx, today))
    if last is not None:
        await _statements(last, archive, is_signed, looked, stated)
    there = {record_id for record_id, _, _ in await asyncio.to_thread(store.read, lambda tx: tx.heads(*_EVER))}
    for record_id in sorted(there | stated.keys()):
        lines, found = await asyncio.to_thread(store.read, lambda tx, r=record_id: _sheet(tx, r, stated.get(r, [])))
        looked.records += 1
        looked.lines += lines
        looked.found += found
    return looked


def _sheet(tx: Transaction, record_id: str, stated: list[tuple[str, int, str]]) -> tuple[int, list[Finding]]:
    """How many lines a record's sheet has, and what does not hold of it."""
    kept, sheet = tx.record(record_id), tx.sheet(record_id)
    if kept is None:
        return len(sheet), [Finding(record_id, "gone")]
    found = []
    if (broken := verify(sheet)) is not None:
        found.append(Finding(record_id, broken.reason, broken.seq))
    elif len(sheet) != kept.record.version:
        found.append(Finding(record_id, "sheet.line_missing", len(sheet) + 1))
    elif sheet[-1].hash != kept.head_hash:
        found.append(Finding(record_id, "sheet.line_changed", len(sheet)))
    hashes = {entry.seq: entry.hash for entry in sheet}
    found += [Finding(record_id, f"not as stated on {on}", seq) for on, seq, said in stated if hashes.get(seq) != said]
    return len(sheet), found


# ---------------------------------------------------------------- what was stated


async def _statements(
    last: tuple[str, str], archive: Archive, is_signed: IsSigned, looked: Looked, stated: _Stated
) -> None:
    """Read the statements from the *last* back, and gather what they say of records."""
    on, archived = last
    while archived:
        looked.statements += 1
        try:
            kept: dict[str, Any] = json.loads(await archive.get(archived))
        except Gone:
            looked.found.append(Finding(on, "the statement is gone"))
            return
        except Unavailable as why:
            looked.found.append(Finding(on, f"the statement cannot be read: {why}"))
            return
        looked.found += [Finding(on, why) for why in _unsigned(kept, is_signed, looked.keys)]
        said = json.loads(kept["statement"])
        for head in said.get("heads", ()):
            stated[head["record"]].append((said["date"], head["seq"], head["hash"]))
        before = said["previous"]
        on, archived = (before["date"], before["archived"]) if before is not None else ("", "")


def _unsigned(kept: dict[str, Any], is_signed: IsSigned, keys: set[str]) -> Iterator[str]:
    """What is wrong with the signature of a statement; that nobody signed it is no fault of it."""
    text, signature = kept["statement"].encode(), kept["signature"]
    if hashlib.sha256(text).hexdigest() != kept["sha256"]:
        yield "the statement is not the text that it names"
    if signature is not None:
        keys.add(signature["public_key"])
        if not is_signed(text, signature["public_key"], base64.b64decode(signature["value"])):
            yield "the statement's signature does not hold"
