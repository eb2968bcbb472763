"""A record's row: the folded record as JSON, kept so that no decision need fold a whole sheet.

A large one is kept packed: a circular to everybody has a step for each person, and every acknowledgement writes its
row. The last few of these are remembered by their bytes: cards are drawn and acknowledgements come one after another.
"""

import zlib

import msgspec

from registry.prepared import prepared
from registry.record import Record

PACKED_FROM_BYTES = 32 * 1024
_REMEMBERED = 4
_PACKED = b"\x78"  # how what zlib packs begins (RFC 1950); JSON begins with a brace

_decoder = prepared(Record)
_encoder = msgspec.json.Encoder()
_last: dict[bytes, Record] = {}  # a record is a value: whoever has it cannot change it


def record_of(state: bytes | memoryview) -> Record:
    """Read a row, packed or not."""
    row = bytes(state)
    if not row.startswith(_PACKED):
        return _decoder.decode(row)
    return _last.get(row) or _remember(row, _decoder.decode(zlib.decompress(row)))


def state_of(record: Record) -> bytes:
    """Write a row."""
    state = _encoder.encode(record)
    if len(state) < PACKED_FROM_BYTES:
        return state
    row = zlib.compress(state, 1)
    _remember(row, record)
    return row


def _remember(row: bytes, record: Record) -> Record:
    _last[row] = record
    for old in list(_last)[:-_REMEMBERED]:
        _last.pop(old, None)
    return record
