"""Files as Outlook writes them, for tests: .msg (a compound file) and winmail.dat (TNEF)."""

import struct
from collections.abc import Mapping, Sequence

type Tree = Mapping[str, "bytes | Tree"]

_FREE, _END, _IS_TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_CUTOFF = 4096

TEXT, BINARY, OBJECT, NUMBER, INSTANT = 0x001F, 0x0102, 0x000D, 0x0003, 0x0040


def compound(tree: Tree) -> bytes:
    """A compound file of folders and streams, with its small streams in the small one, as the format wants it."""
    sectors: list[bytes] = []
    table: list[int] = []
    mini, mini_table = bytearray(), list[int]()
    entries: list[list[object]] = [["Root Entry", 5, _FREE, _FREE, _FREE, _END, 0]]

    def put(content: bytes) -> int:
        if not content:
            return _END
        first = len(sectors)
        for at in range(0, len(content), 512):
            sectors.append(content[at : at + 512].ljust(512, b"\0"))
            table.append(len(sectors))
        table[-1] = _END
        return first

    def put_small(content: bytes) -> int:
        first = len(mini) // 64
        for at in range(0, len(content), 64):
            mini.extend(content[at : at + 64].ljust(64, b"\0"))
            mini_table.append(len(mini) // 64)
        mini_table[-1] = _END
        return first

    def add(parent: int, inside: Tree) -> None:
        before = None
        for name, content in inside.items():
            number = len(entries)
            if isinstance(content, bytes):
                start = put(content) if len(content) >= _CUTOFF else put_small(content) if content else _END
                entries.append([name, 2, _FREE, _FREE, _FREE, start, len(content)])
            else:
                entries.append([name, 1, _FREE, _FREE, _FREE, 0, 0])
                add(number, content)
            if before is None:
                entries[parent][4] = number
            else:
                entries[before][3] = number  # a list is a tree that leans to the right
            before = number

    add(0, tree)
    entries[0][5], entries[0][6] = put(bytes(mini)), len(mini)
    directory = put(b"".join(_entry(*entry) for entry in entries))  # type: ignore[arg-type]
    mini_start = put(struct.pack(f"<{len(mini_table)}I", *mini_table)) if mini_table else _END
    own = 1
    while own * 128 < len(table) + own:
        own += 1
    first = len(sectors)
    table += [_IS_TABLE] * own
    table += [_FREE] * (own * 128 - len(table))
    sectors += [struct.pack("<128I", *table[n * 128 : (n + 1) * 128]) for n in range(own)]
    where = [*range(first, first + own), *[_FREE] * (109 - own)]
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 62, 3, 0xFFFE, 9, 6, bytes(6)),
        *(0, own, directory, 0, _CUTOFF, mini_start, (len(mini_table) + 127) // 128, _END, 0, where[0]),
    )
    return head + struct.pack("<108I", *where[1:]) + b"".join(sectors)


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBB3I16sI16sIQ",
        written,
        len(written) + 2,
        kind,
        1,
        left,
        right,
        child,
        bytes(16),
        0,
        bytes(16),
        start,
        size,
    )


def msg(said: Mapping[int, str | int | bytes], annexes: Sequence[Tree] = ()) -> Tree:
    """The folder of a mail: its properties by number, and its attachments."""
    return _folder(said, 32) | {f"__attach_version1.0_#{n:08X}": annex for n, annex in enumerate(annexes)}


def annex(said: Mapping[int, str | int | bytes], within: Tree | None = None) -> Tree:
    """The folder of an attachment; *within* is the mail that it is."""
    if within is None:
        return _folder(said, 8)
    inner = dict(within)
    inner["__properties_version1.0"] = bytes(24) + bytes(inner["__properties_version1.0"])[32:]  # type: ignore[arg-type]
    return _folder(said, 8) | {"__substg1.0_3701000D": inner}


def _folder(said: Mapping[int, str | int | bytes], head: int) -> dict[str, "bytes | Tree"]:
    table, streams = bytes(head), dict[str, "bytes | Tree"]()
    for number, value in said.items():
        if isinstance(value, int):
            table += struct.pack("<HHII4x", NUMBER, number, 6, value)
            continue
        kind, content = (TEXT, value.encode("utf-16-le")) if isinstance(value, str) else (BINARY, value)
        table += struct.pack("<HHIQ", kind, number, 6, len(content))
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = content
    return {"__properties_version1.0": table, **streams}


def tnef(said: Mapping[int, str | int | bytes], annexes: Sequence[Mapping[int, str | int | bytes]] = ()) -> bytes:
    """A winmail.dat."""
    out = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x00069003, _properties(said))
    for one in annexes:
        out += _attribute(2, 0x00069002, bytes(14)) + _attribute(2, 0x00069005, _properties(one))
    return out


def _attribute(level: int, tag: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _properties(said: Mapping[int, str | int | bytes]) -> bytes:
    out = struct.pack("<I", len(said))
    for number, value in said.items():
        if isinstance(value, int):
            out += struct.pack("<HHI", NUMBER, number, value)
            continue
        is_mail = number == 0x3701 and isinstance(value, bytes) and value[:4] == struct.pack("<I", 0x223E9F78)
        content = value.encode("utf-16-le") + b"\0\0" if isinstance(value, str) else bytes(16) * is_mail + value
        kind = TEXT if isinstance(value, str) else OBJECT if is_mail else BINARY
        out += struct.pack("<HHII", kind, number, 1, len(content)) + content + bytes(-len(content) % 4)
    return out
