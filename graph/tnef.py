################################################################
# winmail.dat (TNEF): what Outlook packs away when it believes that the reader is Outlook too
################################################################
#
# Rule 1: it gives the mail's text and annexes as entities; the bytes of winmail.dat stay beside them.
# Rule 2: every length is held against what is there; what does not hold together raises ValueError.
#
# Source: [MS-OXTNEF] Transport Neutral Encapsulation Format

import struct
from dataclasses import dataclass, field

from graph.mapi import (
    BINARY,
    BODY,
    DATA,
    MESSAGE_CODE_PAGE,
    OBJECT,
    STRING8,
    SUBJECT,
    UNICODE,
    Properties,
    annex_of,
    mail_of,
)
from graph.mime_tree import Entity

_SIGNATURE = 0x223E9F78
_MESSAGE_PROPERTIES, _ANNEX_PROPERTIES = 0x00069003, 0x00069005
_ANNEX_BEGINS, _ANNEX_DATA, _ANNEX_TITLE = 0x00069002, 0x0006800F, 0x00018010
_SUBJECT, _TEXT, _CODE_PAGE = 0x00018004, 0x0002800C, 0x00069007
_TITLE = 0x3704

_SEVERAL = 0x1000
_VARIABLE = frozenset({STRING8, UNICODE, BINARY, OBJECT})
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16, 1: 0}
_ID_OF_OBJECT = 16  # bytes before an object's own
MOST_ANNEXES = 2_000


@dataclass(slots=True)
class _Packed:
    """What has been found so far."""

    mail: Properties = field(default_factory=Properties)
    annexes: list[Properties] = field(default_factory=list)


def read_tnef(raw: bytes, *, depth: int) -> Entity:
    """Return the mail in a winmail.dat, with those within it down to *depth*. Raises ValueError where it is broken."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        raise ValueError("no TNEF")
    packed = _Packed()
    at = 6
    while at + 9 <= len(raw):
        _, tag, length = struct.unpack_from("<BII", raw, at)
        if at + 9 + length > len(raw):
            raise ValueError("an attribute that is cut off")
        _take(packed, tag, raw[at + 9 : at + 9 + length])
        at += 9 + length + 2  # its checksum; wrong ones are common and mean nothing
    if not packed.mail.values and not packed.annexes:
        raise ValueError("nothing in it")
    return mail_of(packed.mail, [_annex(said, depth) for said in packed.annexes])


def _take(packed: _Packed, tag: int, value: bytes) -> None:
    mail = packed.mail
    if tag == _ANNEX_BEGINS:
        if len(packed.annexes) == MOST_ANNEXES:
            raise ValueError("annexes without an end")
        packed.annexes.append(Properties(code_page=mail.code_page))
    elif tag == _CODE_PAGE and len(value) >= 4:
        mail.code_page = struct.unpack_from("<I", value)[0]
    elif tag == _MESSAGE_PROPERTIES:
        mail.values |= _properties(value)
        mail.code_page = mail.whole_number(MESSAGE_CODE_PAGE) or mail.code_page
    elif tag == _SUBJECT:
        mail.values.setdefault(SUBJECT, (STRING8, value))
    elif tag == _TEXT:
        mail.values.setdefault(BODY, (STRING8, value))
    elif packed.annexes:
        annex = packed.annexes[-1]
        if tag == _ANNEX_DATA:
            annex.values.setdefault(DATA, (BINARY, value))
        elif tag == _ANNEX_TITLE:
            annex.values.setdefault(_TITLE, (STRING8, value))
        elif tag == _ANNEX_PROPERTIES:
            annex.values |= _properties(value)


def _annex(said: Properties, depth: int) -> Entity:
    """An attachment; one that is a mail is packed as the whole is, behind the id of what it is."""
    kind, content = said.values.get(DATA, (0, b""))
    inner = content[_ID_OF_OBJECT:] if kind == OBJECT else b""
    if len(inner) < 6 or struct.unpack_from("<I", inner)[0] != _SIGNATURE:
        return annex_of(said)
    if depth < 1:
        raise ValueError("mails within mails without an end")
    return annex_of(said, read_tnef(inner, depth=depth - 1))


def _properties(raw: bytes) -> dict[int, tuple[int, bytes]]:
    """A list of properties: each its type, its id (one of their own has a name behind it), its value or values."""
    found: dict[int, tuple[int, bytes]] = {}
    read = _Bytes(raw)
    for _ in range(read.number()):
        kind, number = read.short(), read.short()
        if number >= 0x8000:
            read.take(16)
            if read.number() == 0:
                read.take(4)
            else:
                read.padded(read.number())
        one, several = kind & ~_SEVERAL, bool(kind & _SEVERAL)
        if one in _VARIABLE:
            values = [read.padded(read.number()) for _ in range(read.number())]
        elif one in _SIZES:
            values = [read.take(_SIZES[one]) for _ in range(read.number() if several and _SIZES[one] else 1)]
        else:
            raise ValueError("a property of no known type")
        if values and not several:
            found.setdefault(number, (one, values[0]))
    return found


class _Bytes:
    """Bytes that are read one value after the other."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._raw):
            raise ValueError("a value that is cut off")
        self._at += size
        return self._raw[self._at - size : self._at]

    def padded(self, size: int) -> bytes:
        value = self.take(size)
        self.take(min(-size % 4, len(self._raw) - self._at))
        return value

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def short(self) -> int:
        return int.from_bytes(self.take(2), "little")
