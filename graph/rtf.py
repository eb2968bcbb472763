################################################################
# Rich text as Outlook packs it, into plain text or the HTML it was made of
################################################################
#
# Rule 1: unpacking and reading take time in proportion to the bytes and end at a limit; beyond it is a ValueError.
# Rule 2: only words are read: no pictures, no objects, no fields.
#
# Source: [MS-OXRTFCP] (packed), [MS-OXRTFEX] (HTML within), RTF 1.9.1

import re
import struct
from dataclasses import dataclass, replace

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_MOST_PACKED_BYTES, _MOST_BYTES = 1_000_000, 8_000_000
_MOST_TOKENS = 300_000
_MOST_GROUPS = 500
_WINDOW = 4096
_FIRST_WORDS = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def plain_rtf(packed: bytes) -> bytes:
    """Return the RTF in the bytes of PR_RTF_COMPRESSED. Raises ValueError where they are broken, or without an end."""
    if len(packed) < 16:
        raise ValueError("no packed RTF")
    _, size, way, _ = struct.unpack_from("<4I", packed)
    if way == _PLAIN:
        return packed[16 : 16 + size]
    if way != _PACKED or len(packed) > _MOST_PACKED_BYTES or size > _MOST_BYTES:
        raise ValueError("RTF packed in an unknown way, or without an end")
    out = bytearray(_FIRST_WORDS)
    at, end = 16, len(packed)
    while at < end and len(out) <= _MOST_BYTES:
        flags = packed[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not flags >> bit & 1:
                out.append(packed[at])
                at += 1
                continue
            reference = int.from_bytes(packed[at : at + 2], "big")
            at += 2
            here = len(out)
            back = (here - (reference >> 4)) % _WINDOW
            if back == 0:  # it points at itself: the end
                return bytes(out[len(_FIRST_WORDS) :])
            length = (reference & 15) + 2
            piece = bytes(out[max(0, here - back) : here - back + length]) if back <= here else b" " * length
            while len(piece) < length:  # it runs into what it writes
                piece += piece
            out += piece[:length]
    if len(out) > _MOST_BYTES:
        raise ValueError("RTF without an end")
    return bytes(out[len(_FIRST_WORDS) :])


################################################################
# Reading
################################################################

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<mark>[^a-zA-Z'])"
    rb"|(?P<brace>[{}])|(?P<feed>[\r\n]++)|(?P<text>[^\\{}\r\n]++)|(?P<other>.)",
    re.DOTALL,
)
_UNSEEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr generator listtable "
    b"listoverridetable rsidtbl themedata datastore latentstyles filetbl revtbl xmlnstbl fldinst".split()
)
_SAID = {
    **{b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t"},
    **{b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–"},
    **{b"emdash": "—", b"rtlmark": "", b"ltrmark": "", b"zwj": "\u200d", b"zwnj": "\u200c"},
}
_CODE_PAGE_OF_FONT = {128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 177: 1255, 178: 1256, 204: 1251}


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until a brace closes."""

    unseen: bool = False
    fonts: bool = False  # inside the table of fonts
    tag: bool = False  # inside a piece of the HTML it was made of
    skip: int = 1  # letters that stand beside a \u for readers without Unicode
    code_page: int = 0


def read_rtf(rtf: bytes) -> tuple[str, bool]:
    """Return the text of *rtf*, and whether it is the HTML that it was made of. Raises ValueError without an end."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        raise ValueError("no RTF")
    return _Reading(b"\\fromhtml1" in rtf[:4096]).read(rtf)


class _Reading:
    def __init__(self, from_html: bool) -> None:
        self._from_html = from_html
        self._pieces: list[str] = []
        self._run = bytearray()  # neighbouring bytes are decoded together
        self._group, self._groups = _Group(), list[_Group]()
        self._font_pages: dict[int, int] = {}
        self._page, self._font, self._left, self._rtf_only = 1252, 0, 0, False

    def read(self, rtf: bytes) -> tuple[str, bool]:
        for count, token in enumerate(_TOKEN.finditer(rtf)):
            if count > _MOST_TOKENS or len(self._groups) > _MOST_GROUPS:
                raise ValueError("RTF without an end")
            kind = token.lastgroup
            if kind in ("word", "number"):
                self._word(token["word"], token["number"])
            elif kind == "byte":
                self._bytes(bytes.fromhex(token["byte"].decode()))
            elif kind == "text":
                self._bytes(token["text"])
            elif kind == "brace":
                self._brace(token["brace"])
            elif kind == "mark":
                self._mark(token["mark"])
        self._flush()
        return "".join(self._pieces), self._from_html

    @property
    def _silent(self) -> bool:
        return self._group.unseen or self._group.fonts or (self._rtf_only and not self._group.tag)

    def _brace(self, brace: bytes) -> None:
        self._flush()
        if brace == b"{":
            self._groups.append(self._group)
        elif self._groups:
            self._group = self._groups.pop()

    def _mark(self, mark: bytes) -> None:
        if mark == b"*":  # whoever does not know the word that follows leaves the group out
            self._group = replace(self._group, unseen=True)
        elif mark in (b"\\", b"{", b"}"):
            self._bytes(mark)
        elif mark == b"~":
            self._say("\u00a0")
        elif mark in (b"\r", b"\n"):
            self._say("\n")

    def _word(self, word: bytes, number: bytes | None) -> None:
        value = int(number) if number else None
        if word == b"u" and value is not None:
            self._say(chr(value & 0xFFFF))
            self._left = self._group.skip
        elif word == b"uc" and value is not None:
            self._group = replace(self._group, skip=min(max(value, 0), 16))
        elif word == b"htmlrtf" and self._from_html:
            self._flush()
            self._rtf_only = value != 0
        elif word == b"htmltag":
            self._group = replace(self._group, unseen=False, tag=True)
        elif word == b"ansicpg" and value:
            self._page = value
        elif word == b"fonttbl":
            self._group = replace(self._group, fonts=True)
        elif word == b"f" and value is not None:
            self._flush()
            self._font = value
            page = self._font_pages.get(value, 0)
            if not self._group.fonts and page != self._group.code_page:
                self._group = replace(self._group, code_page=page)
        elif word == b"fcharset" and value is not None and self._group.fonts:
            self._font_pages[self._font] = _CODE_PAGE_OF_FONT.get(value, 0)
        elif word in _UNSEEN:
            self._group = replace(self._group, unseen=True)
        elif word in _SAID:
            self._say("\r\n" if self._from_html and _SAID[word] == "\n" else _SAID[word])

    def _bytes(self, raw: bytes) -> None:
        if self._left:
            used = min(self._left, len(raw))
            self._left -= used
            raw = raw[used:]
        if not self._silent:
            self._run += raw

    def _say(self, text: str) -> None:
        self._flush()
        if not self._silent:
            self._pieces.append(text)

    def _flush(self) -> None:
        if self._run:
            name = f"cp{self._group.code_page or self._page}"
            try:
                text = self._run.decode(name if name != "cp65001" else "utf-8", "replace")
            except LookupError:
                text = self._run.decode("cp1252", "replace")
            self._pieces.append(text)
            self._run.clear()
