################################################################
# A .msg file: a mail as Outlook saves it
################################################################
#
# Rule 1: it is read as a mail within the mail; its own bytes stay an annex as they came.
# Rule 2: what does not hold together raises ValueError, and nothing of it is believed.
#
# Source: [MS-OXMSG] Outlook Item (.msg) File Format

import struct

from graph.compound import MAGIC, Folder, read_compound
from graph.mapi import BINARY, DATA, MESSAGE_CODE_PAGE, OBJECT, Properties, annex_of, mail_of
from graph.mime_tree import Entity

_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_"
_STREAM = "__substg1.0_"
_EMBEDDED = f"{_STREAM}{DATA:04X}{OBJECT:04X}"
_HEAD_OF_MAIL, _HEAD_WITHIN, _HEAD_OF_ANNEX = 32, 24, 8


def is_outlook_file(raw: bytes) -> bool:
    """Whether *raw* may be a .msg: a compound file that names a mail's properties."""
    return raw.startswith(MAGIC) and _PROPERTIES.encode("utf-16-le") in raw


def read_outlook_file(raw: bytes, *, depth: int) -> Entity:
    """Return the mail in a .msg, with those within it down to *depth*. Raises ValueError where it cannot be read."""
    return _mail(read_compound(raw), _HEAD_OF_MAIL, depth, 1252)


def _mail(folder: Folder, head: int, depth: int, code_page: int) -> Entity:
    said = _properties(folder, head, code_page)
    if not said.values:
        raise ValueError("no properties: no mail")
    said.code_page = said.whole_number(MESSAGE_CODE_PAGE) or code_page
    annexes = []
    for name, inside in sorted(folder.folders.items()):
        if not name.startswith(_ATTACHMENT):
            continue
        annex = _properties(inside, _HEAD_OF_ANNEX, said.code_page)
        within = inside.folders.get(_EMBEDDED)
        opened = None
        if within is not None and _PROPERTIES in within.streams:
            if depth < 1:
                raise ValueError("mails within mails without an end")
            opened = _mail(within, _HEAD_WITHIN, depth - 1, said.code_page)
        elif within is not None:  # a drawing or a table that another program put there
            annex.values[DATA] = (BINARY, b"".join(within.streams.values()))
        annexes.append(annex_of(annex, opened))
    return mail_of(said, annexes)


def _properties(folder: Folder, head: int, code_page: int) -> Properties:
    """The small properties out of their table, the long ones out of their streams."""
    values: dict[int, tuple[int, bytes]] = {}
    table = folder.streams.get(_PROPERTIES, b"")
    for at in range(head, len(table) - 15, 16):
        kind, number = struct.unpack_from("<HH", table, at)
        values[number] = (kind, table[at + 8 : at + 16])
    for name, content in folder.streams.items():
        if name.startswith(_STREAM) and len(name) == len(_STREAM) + 8:
            try:
                tag = int(name[len(_STREAM) :], 16)
            except ValueError:
                continue
            values[tag >> 16] = (tag & 0xFFFF, content)
    return Properties(values, code_page)
