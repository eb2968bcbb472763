"""A record's row: the folded record as JSON, kept so that no decision need fold a whole sheet."""

import msgspec

from registry.record import Record

_decoder = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


def record_of(state: bytes | memoryview) -> Record:
    return _decoder.decode(state)


def state_of(record: Record) -> bytes:
    return _encoder.encode(record)
