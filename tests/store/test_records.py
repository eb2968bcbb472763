"""A record's row: read as it was written, packed where it is large, and as older ones were."""

from dataclasses import replace

import msgspec

from store.records import PACKED_FROM_BYTES, record_of, state_of
from tests.values import registered


def test_a_small_row_is_plain_json_as_it_always_was() -> None:
    record = registered().held
    row = state_of(record)
    assert row == msgspec.json.encode(record)
    assert record_of(row) == record_of(memoryview(row)) == record


def test_a_large_row_is_packed_and_read_as_it_was_written() -> None:
    record = registered().held
    steps = tuple(replace(record.steps[0], number=n) for n in range(1, 400))
    for mixed in (replace(record, steps=steps), replace(record, steps=steps[:300])):
        row = state_of(mixed)
        assert len(row) < PACKED_FROM_BYTES < len(msgspec.json.encode(mixed))
        assert record_of(row) == record_of(memoryview(row)) == mixed


def test_a_large_row_that_was_written_plainly_before_is_read() -> None:
    record = registered().held
    large = replace(record, steps=tuple(replace(record.steps[0], number=n) for n in range(1, 400)))
    assert record_of(msgspec.json.encode(large)) == large


def test_what_nobody_remembers_is_unpacked_anew() -> None:
    record = registered().held
    many = [
        replace(record, steps=tuple(replace(record.steps[0], number=n) for n in range(1, m))) for m in range(300, 310)
    ]
    rows = [state_of(one) for one in many]
    assert [record_of(row) for row in rows] == many
