################################################################
# The procedure sheet: events as bytes that anyone can verify
################################################################
#
# Rule 1: an event is stored as its canonical bytes (RFC 8785 JSON), and read back from them alone.
# Rule 2: hash = SHA-256(prev_hash as 64 hex characters ‖ canonical bytes); the first prev_hash is 64 zeros.
# Rule 3: free text and private persons' names stand in the bytes as {"sha256": SHA-256(salt ‖ text)}; text and salt lie
#         beside them. Erasing both leaves the chain whole and the field reads as ERASED.

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_origin, get_type_hints

import msgspec

from registry.events import EVENTS, Event
from registry.mail import Address
from registry.prepared import prepared

FIRST_PREV_HASH = "0" * 64
ERASED = "█"
_V = 1
for _kind in EVENTS.values():
    prepared(_kind)
_canonical_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class PrivateText:
    """A text that stands on the sheet as a hash: which field, its salt (hex), the text."""

    field: str
    salt: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a sheet, as it is stored. `seq` counts from 1."""

    record_id: str
    seq: int
    type: str
    canonical: bytes
    prev_hash: str
    hash: str
    texts: tuple[PrivateText, ...] = ()


def write_entry(record_id: str, seq: int, event: Event, prev_hash: str, new_salt: Callable[[], str]) -> Entry:
    """Return *event* as the line that follows the one hashed *prev_hash*. `new_salt` gives 32 fresh hex characters."""
    body: dict[str, Any] = {"v": _V, "type": type(event).__name__, "record_id": record_id, "seq": seq}
    texts: list[PrivateText] = []
    for name in _names(type(event)):
        value = getattr(event, name)
        if name in event.later and value in (None, ()):
            continue
        if name in event.private and value is not None:
            private = PrivateText(name, new_salt(), value if isinstance(value, str) else _canonical(_plain(value)))
            texts.append(private)
            body[name] = {"sha256": text_hash(private)}
        else:
            body[name] = _plain(value)
    canonical = _canonical(body).encode()
    return Entry(
        record_id, seq, type(event).__name__, canonical, prev_hash, chain_hash(prev_hash, canonical), tuple(texts)
    )


def read_entry(entry: Entry, kinds: Mapping[str, type[Event]] = EVENTS) -> Event:
    """Return the event that *entry* holds, one of *kinds*: a record's, unless it is another sheet's.

    Raises:
        ValueError: The bytes are not such an event.
    """
    body = json.loads(entry.canonical)
    kind = kinds.get(str(body.get("type"))) if isinstance(body, dict) else None
    if kind is None or body.get("v") != _V:
        raise ValueError(f"{entry.record_id}/{entry.seq}: no event of ours")
    texts = {t.field: t.text for t in entry.texts}
    values: dict[str, Any] = {}
    try:
        for name, hint in _hints(kind).items():
            if name in kind.later and name not in body:
                continue
            value = body.get(name)
            hidden = name in kind.private and value is not None
            values[name] = _private(texts.get(name), name, hint, body) if hidden else value
        event: Event = msgspec.convert(values, kind, strict=False)
    except (msgspec.ValidationError, TypeError, KeyError) as error:
        raise ValueError(f"{entry.record_id}/{entry.seq}: {error}") from error
    return event


def chain_hash(prev_hash: str, canonical: bytes) -> str:
    """Return the hash of a line, 64 hex characters."""
    return hashlib.sha256(prev_hash.encode() + canonical).hexdigest()


def text_hash(private: PrivateText) -> str:
    """Return what stands on the sheet for a private text, 64 hex characters."""
    return hashlib.sha256(private.salt.encode() + private.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line of a sheet that is not as it was written, and what is wrong with it (a text key)."""

    seq: int
    reason: str


def verify(entries: Iterable[Entry]) -> Broken | None:
    """Return the first broken line of a whole sheet; None where all are counted, chained and true to their texts.

    This runs over whole registers: one hash of each line and of each text as they lie, nothing decoded. What a line
    must say is looked for from its end (`rfind`): that is where it stands, and the search prepares nothing, which at
    these lengths costs more than the search itself.
    """
    sha256, record_id, own = hashlib.sha256, "", b""
    prev_hash = FIRST_PREV_HASH
    for seq, entry in enumerate(entries, start=1):
        if entry.seq != seq:
            return Broken(seq, "sheet.line_missing")
        if entry.record_id != record_id:
            record_id = entry.record_id
            own = f'"record_id":"{record_id}"'.encode()
        canonical, hashed, texts = entry.canonical, entry.hash, entry.texts
        chained = entry.prev_hash == prev_hash and sha256(prev_hash.encode() + canonical).hexdigest() == hashed
        # It says that it is this line of this sheet: another's whole sheet is chained as well. Quotes inside a value
        # would be escaped.
        if (
            not chained
            or canonical.rfind(own) < 0
            or canonical.rfind(_counted(seq)) < 0
            or canonical.rfind(_named(entry.type)) < 0
        ):
            return Broken(seq, "sheet.line_changed")
        for text in texts:  # only a private field has such an object for its value
            if canonical.rfind(f'"{text.field}":{{"sha256":"{text_hash(text)}"}}'.encode()) < 0:
                return Broken(seq, "sheet.text_changed")
        prev_hash = hashed
    return None


@lru_cache(maxsize=1024)
def _counted(seq: int) -> bytes:
    return f'"seq":{seq},'.encode()


@lru_cache(maxsize=256)
def _named(kind: str) -> bytes:
    return f'"type":"{kind}"'.encode()


def _canonical(value: Any) -> str:
    """RFC 8785 for what events hold: our keys are ASCII, our numbers are integers below 2**53."""
    return _canonical_json(value)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
        case tuple() | list():
            return [_plain(v) for v in value]
        case _:
            return {name: _plain(getattr(value, name)) for name in _names(type(value))}


_known_names: dict[type, tuple[str, ...]] = {}
_known_hints: dict[type, Mapping[str, Any]] = {}


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _known_names:
        _known_names[kind] = tuple(f.name for f in fields(kind))
    return _known_names[kind]


def _hints(kind: type[Event]) -> Mapping[str, Any]:
    if kind not in _known_hints:
        hints = get_type_hints(kind)
        _known_hints[kind] = {name: hints[name] for name in _names(kind)}
    return _known_hints[kind]


def _private(text: str | None, name: str, hint: Any, body: dict[str, Any]) -> Any:
    """The value of a private field from its text; where it was erased, a value of the same shape that says so."""
    if get_origin(hint) is tuple:
        erased = [ERASED for _ in body["attachments"]] if name == "attachment_names" else []
        return json.loads(text) if text is not None else erased
    if hint is Address:
        return json.loads(text) if text is not None else {"name": ERASED, "address": ""}
    return text if text is not None else ERASED
