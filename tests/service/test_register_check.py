"""The whole register is looked through: each sheet by itself, and against what days stated of it."""

import base64
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.check_register import told
from app.signing import is_signed, signer
from registry.commands import Approve
from registry.sheet import FIRST_PREV_HASH, chain_hash
from service.reconcile import day_of
from service.register_check import Finding, Looked, look_through
from service.statement import Statements
from tests.service.house import Registry, letter
from tests.values import KUWAIT, MAILBOX

TODAY = date(2026, 11, 21)
KEY = "a key of thirty-two characters or more"
type Harm = Callable[[Registry, str], None]


@pytest.fixture
async def kept(house: Registry) -> Registry:
    """Three letters in a register, two days stated, one of them with all three."""
    await stating(house).state_due()
    for number in (1, 2, 3):
        house.box.arrive(letter(number))
    await house.intake.visit(MAILBOX)
    house.later(13.5 * 3600)
    await stating(house).state_due()
    return house


def stating(house: Registry) -> Statements:
    return Statements(house.store, house.archive, house.reconciler, house.clock, KUWAIT, sign=signer(KEY))


async def looked(house: Registry, signed: Any = is_signed) -> Looked:
    return await look_through(house.store, house.archive, signed, day_of(house.now, KUWAIT))


def does(house: Registry, statement: str, **values: Any) -> None:
    house.store.database.write(lambda on: on.cold.execute(text(statement), values))


def flips_a_line(house: Registry, record_id: str) -> None:
    changed = house.store.read(lambda tx: tx.sheet(record_id))[1].canonical.replace(b'"by"', b'"By"')
    does(house, "UPDATE events SET canonical = :c WHERE record_id = :r AND seq = 2", c=changed, r=record_id)


def takes_the_last_line(house: Registry, record_id: str) -> None:
    last = len(house.store.read(lambda tx: tx.sheet(record_id)))
    does(house, "DELETE FROM events WHERE record_id = :r AND seq = :n", r=record_id, n=last)


def writes_it_anew(house: Registry, record_id: str) -> None:
    """All of a sheet, chained anew from the line that was changed: by itself it verifies."""
    before = FIRST_PREV_HASH
    for line in house.store.read(lambda tx: tx.sheet(record_id)):
        changed = line.canonical.replace(b'"urgency":"normal"', b'"urgency":"urgent"')
        row = {"c": changed, "p": before, "h": chain_hash(before, changed), "r": record_id, "n": line.seq}
        does(
            house,
            "UPDATE events SET canonical = :c, prev_hash = :p, hash = :h WHERE record_id = :r AND seq = :n",
            **row,
        )
        before = row["h"]
    does(house, "UPDATE records SET head_hash = :h WHERE record_id = :r", h=before, r=record_id)


def takes_it_away(house: Registry, record_id: str) -> None:
    for table in ("records", "events", "event_texts"):
        does(house, f"DELETE FROM {table} WHERE record_id = :r", r=record_id)


async def test_a_register_that_nobody_touched_holds(kept: Registry) -> None:
    found = await looked(kept)
    assert (found.found, found.records, found.statements, len(found.keys)) == ([], 3, 2, 1)
    assert found.lines == sum(len(kept.store.read(lambda tx, r=r: tx.sheet(r.record_id))) for r in kept.records())


async def test_what_happened_since_a_statement_is_no_fault(kept: Registry) -> None:
    record = kept.records()[0]
    kept.take(Approve(record_id=record.record_id, step=1, by="huda", note="تم"))
    assert (await looked(kept)).found == []


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (flips_a_line, ["sheet.line_changed"]),
        (takes_the_last_line, ["sheet.line_missing", f"not as stated on {TODAY}"]),
        (writes_it_anew, [f"not as stated on {TODAY}"]),
        (takes_it_away, ["gone"]),
    ],
)
async def test_what_was_done_to_a_sheet_is_found_and_named(kept: Registry, harm: Harm, why: list[str]) -> None:
    harmed = kept.records()[1].record_id
    harm(kept, harmed)
    found = (await looked(kept)).found
    assert ({f.about for f in found}, [f.why for f in found]) == ({harmed}, why)


async def test_a_statement_that_is_gone_or_changed_is_a_finding(kept: Registry) -> None:
    of_today = await stating(kept).of(TODAY)
    assert of_today is not None
    (name,) = [n for n, body in kept.archive.kept.items() if of_today["sha256"].encode() in body]
    kept.archive.kept[name] += b" "
    assert [f.about for f in (await looked(kept)).found] == [TODAY.isoformat()]
    del kept.archive.kept[name]
    assert (await looked(kept)).found == [Finding(TODAY.isoformat(), "the statement is gone")]


async def test_a_signature_that_does_not_hold_is_a_finding_for_each_statement(kept: Registry) -> None:
    found = (await looked(kept, lambda *_: False)).found
    days = [TODAY.isoformat(), (TODAY - timedelta(days=1)).isoformat()]
    assert found == [Finding(day, "the statement's signature does not hold") for day in days]


def test_a_signature_is_that_of_its_key_and_its_text() -> None:
    signature, other = signer(KEY)(b"a text"), signer(KEY + "!")(b"a text")
    value = base64.b64decode(signature.value)
    assert is_signed(b"a text", signature.public_key, value)
    assert not is_signed(b"another", signature.public_key, value)
    assert not is_signed(b"a text", other.public_key, value)
    assert not is_signed(b"a text", "bm8ga2V5", value)


async def test_what_is_printed_is_a_line_for_each_finding_and_one_for_the_whole(kept: Registry) -> None:
    takes_it_away(kept, kept.records()[0].record_id)
    *findings, whole = [json.loads(line) for line in told(await looked(kept)).splitlines()]
    assert [finding["why"] for finding in findings] == ["gone"]
    assert (whole["records"], whole["statements"], whole["findings"]) == (3, 2, 1)
