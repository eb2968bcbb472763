################################################################
# A compound file (OLE): folders and streams out of the bytes of a .msg
################################################################
#
# Rule 1: each sector of the file is read at most twice, whatever its tables claim: a chain that turns in a circle, or a
#         thousand streams that share one, ends there.
# Rule 2: what does not hold together raises ValueError; the file is then an annex that nobody could open.
#
# Why not a library: the one there is trusts a stream's declared size, and reads a looping chain until it is reached.
#
# Source: [MS-CFB] Compound File Binary File Format

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_HEADER_SIZE = 512
_ENTRY_SIZE = 128
_LAST_SECTOR = 0xFFFFFFFA  # what follows is no sector but a mark: end of chain, free
_NO_ENTRY = 0xFFFFFFFF
_FOLDER, _STREAM, _ROOT = 1, 2, 5
MOST_ENTRIES = 20_000


@dataclass(slots=True)
class Folder:
    """A storage: streams and folders by name."""

    streams: dict[str, bytes] = field(default_factory=dict)
    folders: dict[str, "Folder"] = field(default_factory=dict)


def read_compound(raw: bytes) -> Folder:
    """Return the root of a compound file. Raises ValueError where it is none, or does not hold together."""
    if len(raw) < _HEADER_SIZE or not raw.startswith(MAGIC):
        raise ValueError("no compound file")
    return _Reader(raw).root()


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        shift, mini_shift = struct.unpack_from("<HH", raw, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError("sectors of an unknown size")
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        self._sectors = len(raw) // self._size
        self._budget = 2 * self._sectors + 64
        (directory,) = struct.unpack_from("<I", raw, 48)
        self._cutoff, mini_table, _, first_of_table, _ = struct.unpack_from("<5I", raw, 56)
        self._table = self._read_table(first_of_table)
        self._mini_table = _numbers(self._chain(mini_table))
        entries = self._chain(directory)
        self._entries = [entries[at : at + _ENTRY_SIZE] for at in range(0, len(entries), _ENTRY_SIZE)]
        if not self._entries or len(self._entries) > MOST_ENTRIES:
            raise ValueError("no directory, or an endless one")
        start, size = struct.unpack_from("<IQ", self._entries[0], 116)
        self._mini = self._chain(start)[:size]
        self._mini_budget = 2 * (len(self._mini) // self._mini_size) + 64

    def root(self) -> Folder:
        """Walk the directory; an entry that is named twice is read once."""
        root = Folder()
        seen = {0}
        (child,) = struct.unpack_from("<I", self._entries[0], 76)
        waiting = [(child, root)]
        while waiting:
            number, folder = waiting.pop()
            if number == _NO_ENTRY or number in seen:
                continue
            if number >= len(self._entries) or len(self._entries[number]) < _ENTRY_SIZE:
                raise ValueError("an entry that is not there")
            seen.add(number)
            entry = self._entries[number]
            length, kind = struct.unpack_from("<HB", entry, 64)
            left, right, child = struct.unpack_from("<3I", entry, 68)
            waiting += [(left, folder), (right, folder)]
            name = entry[: min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
            if kind == _FOLDER:
                waiting.append((child, folder.folders.setdefault(name, Folder())))
            elif kind == _STREAM:
                folder.streams.setdefault(name, self._stream(entry))
        return root

    def _stream(self, entry: bytes) -> bytes:
        start, size = struct.unpack_from("<II", entry, 116)
        if not size:
            return b""
        content = self._chain(start) if size >= self._cutoff else self._mini_chain(start, size)
        if len(content) < size:
            raise ValueError("a stream that is cut off")
        return content[:size]

    def _chain(self, sector: int) -> bytes:
        pieces: list[bytes] = []
        while sector < _LAST_SECTOR:
            pieces.append(self._sector(sector))
            sector = self._table[sector] if sector < len(self._table) else _NO_ENTRY
        return b"".join(pieces)

    def _mini_chain(self, sector: int, size: int) -> bytes:
        pieces: list[bytes] = []
        while sector < _LAST_SECTOR and len(pieces) * self._mini_size < size:
            self._mini_budget -= 1
            if self._mini_budget < 0:
                raise ValueError("a chain without an end")
            pieces.append(self._mini[sector * self._mini_size : (sector + 1) * self._mini_size])
            sector = self._mini_table[sector] if sector < len(self._mini_table) else _NO_ENTRY
        return b"".join(pieces)

    def _sector(self, number: int) -> bytes:
        self._budget -= 1
        if self._budget < 0:
            raise ValueError("a chain without an end")
        start = (number + 1) * self._size
        if start >= len(self._raw):
            raise ValueError("a sector that is not there")
        return self._raw[start : start + self._size]

    def _read_table(self, first: int) -> Sequence[int]:
        """The table that says which sector follows which; where its own sectors are stands in the header and beyond."""
        numbers = list(struct.unpack_from("<109I", self._raw, 76))
        per_sector = self._size // 4
        while first < _LAST_SECTOR and len(numbers) <= self._sectors + per_sector:
            more = _numbers(self._sector(first))
            numbers += more[: per_sector - 1]
            first = more[per_sector - 1] if len(more) == per_sector else _NO_ENTRY
        return _numbers(b"".join(self._sector(n) for n in numbers if n < _LAST_SECTOR))


def _numbers(raw: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
