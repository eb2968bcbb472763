################################################################
# What a document might do to whoever opens it, found without opening it
################################################################
#
# Rule 1: bytes are looked at, never run, rendered or parsed by a library that resolves, fetches or executes anything.
#         XML is read as what it says and not as what it looks like: a letter of it can be written in many ways.
# Rule 2: the cost is bounded whatever the bytes say: so much is unpacked of a document and no more (MOST_UNPACKED), and
#         no archive within an archive is opened.
# Rule 3: a document is kept whatever is found; what is found is a remark (a text key `unsafe.…`). What could not be
#         looked at whole says so; nothing found is no promise.

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

MACROS, EXTERNAL, ENCRYPTED = "unsafe.macros", "unsafe.external", "unsafe.encrypted"
BOMB, SCRIPT, ENTITIES, UNEXAMINED = "unsafe.bomb", "unsafe.script", "unsafe.entities", "unsafe.unexamined"

MOST_UNPACKED = 32 * 2**20  # bytes, of one document
MOST_ENTRIES = 10_000  # files in an archive; Office needs some hundreds
_BOMB_BYTES = 256 * 2**20  # unpacked, at …
_BOMB_RATIO = 100  # … times the packed size: deflate reaches 1,032, text about 10
_LOOKED_AT = 2 * 2**20  # bytes, of a file within an archive and of a stream of a PDF
_MOST_MARKS = 600_000  # of XML that is read, in one document: a second's work, and a letter of seven hundred pages
_MOST_STREAMS = 100_000
_MOST_SPELT = 100_000  # letters of names in a PDF that are written as numbers

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_NAMES = {  # of streams and storages, as a compound file's directory spells them
    "_VBA_PROJECT": MACROS,
    "Macros": MACROS,
    "EncryptedPackage": ENCRYPTED,
    "EncryptedSummary": ENCRYPTED,
}
_MARKUP = (".xml", ".rels", ".svg")
_ELSEWHERE = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:|[\\/]{2})")  # an address that leads out of the file
_MACRO_KINDS = frozenset({"vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet", "activexcontrolbinary"})
_MACRO_TYPES = re.compile(r"vbaproject|vbadata|macrosheet|macroenabled|activex", re.IGNORECASE)
_MACRO_FILES = (".docm", ".dotm", ".xlsm", ".xltm", ".xlsb", ".pptm", ".potm", ".ppsm")
_FETCHES = re.compile(
    r"^[\s\\]*(?:INCLUDEPICTURE|INCLUDETEXT|IMPORT|DDE|DDEAUTO|LINK|DATABASE|RD)\b", re.IGNORECASE | re.MULTILINE
)
_ENTITY = re.compile(rb"<!(?:DOCTYPE\b[^<>\[]{0,2000}(?:\[|\bSYSTEM\b|\bPUBLIC\b)|ENTITY\b)", re.IGNORECASE)
_PDF_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_NAME = re.compile(rb"/(JavaScript|JS|Launch)(?![0-9A-Za-z_.\-])")
_PDF_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_PDF_ENCRYPT = re.compile(rb"/Encrypt(?![0-9A-Za-z_.\-])")
_XML = re.compile(rb"\s*(?:<\?xml|<!DOCTYPE(?! html\b)|<svg\b)", re.IGNORECASE)


def remarks_of(body: bytes) -> tuple[str, ...]:
    """Return what must be known of a document before it is opened, as text keys; nothing for most. Never raises."""
    found: dict[str, None] = {}
    start = body[:1024].removeprefix(b"\xef\xbb\xbf")
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        found.update(dict.fromkeys(_in_zip(body)))
    elif body.startswith(_OLE):
        found.update(dict.fromkeys(_in_ole(body)))
    elif b"%PDF-" in start:
        found.update(dict.fromkeys(_in_pdf(body)))
    elif _XML.match(_narrow(start)) and _ENTITY.search(_narrow(body[:_LOOKED_AT])):
        found[ENTITIES] = None
    return tuple(found)


def _in_zip(body: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            listed = archive.infolist()
            yield from _of_archive(archive, listed, len(body))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, zlib.error, RuntimeError):
        yield UNEXAMINED


def _of_archive(archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo], size_bytes: int) -> Iterator[str]:
    packed, unpacked = (sum(getattr(i, name) for i in listed) for name in ("compress_size", "file_size"))
    swells = unpacked > _BOMB_BYTES and unpacked > _BOMB_RATIO * size_bytes
    if len(listed) > MOST_ENTRIES or packed > size_bytes or swells:  # more than there is: its files overlap
        yield BOMB
        return
    if any(info.flag_bits & 1 for info in listed):
        yield ENCRYPTED
    if any(_is_macro(info.filename.lower()) for info in listed):
        yield MACROS
    left, looking = MOST_UNPACKED, Looking()
    for info in listed:
        name = info.filename.lower()
        if info.flag_bits & 1 or not (name.endswith(_MARKUP) or "/embeddings/" in name):
            continue
        if left <= 0:
            yield UNEXAMINED
            return
        with archive.open(info) as file:
            text = file.read(len(_OLE))
            if name.endswith(_MARKUP) or text == _OLE:
                text += file.read(min(_LOOKED_AT, left))
        left -= max(len(text), 1)
        yield from looking.remarks_of(name, text, whole=len(text) == info.file_size)


class Looking:
    """Looks at the files within one document, at a cost that is bounded for all of them together."""

    def __init__(self) -> None:
        self._left = _MOST_MARKS

    def remarks_of(self, name: str, text: bytes, *, whole: bool = True) -> Iterator[str]:
        """What a file might do. *name* as the archive spells it; *whole*: *text* is all of it."""
        name = name.lower()
        if text.startswith(_OLE):
            yield from _in_ole(text)
        elif _is_macro(name):
            yield MACROS
        elif name.endswith(_MARKUP):
            narrow = _narrow(text)
            told = name.endswith(".rels") or name == "[content_types].xml"  # what is told of all other files
            if _ENTITY.search(narrow):
                yield ENTITIES
            elif told or b"instr" in narrow or b"src" in narrow:
                self._left -= text.count(b"<")
                yield from _Reading().of(text, whole=whole, told=told) if self._left >= 0 else (UNEXAMINED,)


class _Enough(Exception):
    """No more is read."""


class _Reading:
    """A file of XML as it is read: what its relationships, content types, fields and pictures fetch or run."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}
        self._fields: list[str] = []
        self._in_field = False

    def of(self, text: bytes, *, whole: bool, told: bool) -> Iterator[str]:
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler = self._said
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(text, whole)
        except _Enough:
            pass
        except (expat.ExpatError, ValueError, LookupError):
            if told:  # words that are broken are nobody's danger
                self._found[UNEXAMINED] = None
        if told and not whole:
            self._found[UNEXAMINED] = None
        if _FETCHES.search("".join(self._fields)):
            self._found[EXTERNAL] = None
        yield from self._found

    def _begin(self, tag: str, values: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "Relationship":
            self._related(values)
        elif name in ("Override", "Default"):
            if _MACRO_TYPES.search(values.get("ContentType", "")):
                self._found[MACROS] = None
        elif name == "instrText":
            self._in_field = True
        elif name == "fldChar":
            self._fields.append("\n")
        for key, value in values.items():
            if key.endswith(":instr"):
                self._fields += ["\n", value, "\n"]
            elif key == "src" and _ELSEWHERE.match(value):
                self._found[EXTERNAL] = None

    def _related(self, values: dict[str, str]) -> None:
        kind, target = values.get("Type", "").rpartition("/")[2].lower(), values.get("Target", "")
        if kind in _MACRO_KINDS or (kind == "package" and target.lower().endswith(_MACRO_FILES)):
            self._found[MACROS] = None
        elif kind == "afchunk":  # a text of another kind that is put in when it is opened
            self._found[UNEXAMINED] = None
        elif kind != "hyperlink" and (values.get("TargetMode", "").lower() == "external" or _ELSEWHERE.match(target)):
            self._found[EXTERNAL] = None  # it is followed when it is opened; a hyperlink waits to be pressed

    def _end(self, tag: str) -> None:
        self._in_field = self._in_field and tag.rpartition(":")[2] != "instrText"

    def _said(self, words: str) -> None:
        if self._in_field:
            self._fields.append(words)

    def _doctype(self, *_: object) -> None:
        self._found[ENTITIES] = None
        raise _Enough


def _is_macro(name: str) -> bool:
    return name.rpartition("/")[2] in ("vbaproject.bin", "vbadata.xml") or "/macrosheets/" in name


def _in_ole(body: bytes) -> Iterator[str]:
    for name, remark in _OLE_NAMES.items():
        if name.encode("utf-16-le") + b"\0\0" in body:
            yield remark


def _in_pdf(body: bytes) -> Iterator[str]:
    if _PDF_ENCRYPT.search(body):
        yield ENCRYPTED
    whole = True
    for text in _pdf_texts(body):
        if text is None:
            whole = False
            continue
        spelt, times = _PDF_HEX.subn(lambda code: bytes([int(code[1], 16)]), text, count=_MOST_SPELT)
        if _PDF_NAME.search(spelt):
            yield SCRIPT
            return
        whole &= times < _MOST_SPELT
    if not whole:
        yield UNEXAMINED


def _pdf_texts(body: bytes) -> Iterator[bytes | None]:
    """The file itself, then each packed stream of objects; None for one that is beyond the bounds."""
    yield body
    left = MOST_UNPACKED
    for number, found in enumerate(_PDF_STREAM.finditer(body)):
        if left <= 0 or number > _MOST_STREAMS:
            yield None
            return
        before = body[max(0, found.start() - 600) : found.start()].rpartition(b"obj")[2]
        if b"/ObjStm" not in before:  # pages and pictures hold no actions
            continue
        unpack = zlib.decompressobj()
        try:
            text = unpack.decompress(body[found.end() : found.end() + _LOOKED_AT], min(_LOOKED_AT, left))
        except zlib.error:
            yield None
            continue
        left -= max(len(text), 1)
        yield text
        if not unpack.eof:
            yield None


def _narrow(text: bytes) -> bytes:
    """Text in UTF-16 as bytes of one, far enough to find ASCII words in it."""
    wide = text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]
    return text[:_LOOKED_AT].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\0", b"") if wide else text
