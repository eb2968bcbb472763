################################################################
# Bytes of a mail into letters
################################################################
#
# Rule 1: what the mail declares is believed first, unless the bytes say plainly that it is wrong: Arabic in
#         windows-1256 under the name of Latin-1 or of no charset at all is the commonest fault of old mailers.
# Rule 2: whoever reads is told whether the text is certain, and whether it was repaired and how sure that is; a guess
#         is never passed off as what the mail says. High: the bytes allow no other reading that makes sense; likely:
#         the letters look right.
# Rule 3: what comes out can be stored and shown anywhere: no control characters, no lone surrogates.

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

type Confidence = Literal["", "likely", "high"]  # that a repair is right; empty where nothing was repaired

_NAME = re.compile(r"[A-Za-z0-9_.:+-]{1,40}")

# Names that mails use and Python does not know, and those that mean more than they say (as browsers read them).
_ALIASES = {
    "x-windows-1256": "cp1256",
    "cp-1256": "cp1256",
    "windows1256": "cp1256",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "asmo-708": "iso8859-6",
    "x-mac-arabic": "mac-arabic",
    "iso-8859-8-i": "iso8859-8",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ks_c_5601-1987": "cp949",
}

# Text encodings of Python that are no charsets, or that take quadratic time.
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
_WESTERN = frozenset({"cp1252", "ascii", "iso8859-1", "iso8859-15"})
_ONE_BYTE = re.compile(r"cp125\d|cp86\d|cp720|iso8859-\d+|mac-.*|koi8-.|ascii")

_RUNS = re.compile(rb"[\x80-\xff]{2,}")
_UTF_8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_ARABIC = re.compile("[\u060c\u061b\u061f\u0621-\u0652]")
_FOREIGN = re.compile("[\u0080-\uffff]+")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LOOKED_AT = 65_536  # bytes or characters by which a text is judged


@dataclass(frozen=True, slots=True)
class Text:
    """What bytes say. Not `certain` where the charset is unknown, or more than one character in a hundred is lost."""

    words: str
    certain: bool = True
    repaired: Confidence = ""


def decode(raw: bytes, charset: str = "") -> tuple[str, bool]:
    """Return the text of *raw*, and whether it is certain; as the bytes stand, with a wrong label put right only."""
    text = _decoded(raw, charset)
    return cleaned(text.words), text.certain


def read_text(raw: bytes, charset: str = "") -> Text:
    """Return the text of *raw* as a person reads it: a wrong label put right, and what was encoded twice undone."""
    text = _decoded(raw, charset)
    words, repaired = undoubled(text.words)
    return Text(cleaned(words), text.certain, text.repaired or repaired)


def _decoded(raw: bytes, charset: str) -> Text:
    codec = _codec(charset)
    if codec is not None and codec.name == "utf-7" and not raw.isascii():  # slow at what is none of it
        codec = None
    if codec is not None:
        try:
            text = codec.decode(raw, "strict")[0]
        except UnicodeError:
            pass
        else:
            return _put_right(raw, codec.name) or Text(text)
    try:
        return Text(raw.decode("utf-8"), True, "high" if codec is not None else "")  # it needs no label
    except UnicodeError:
        pass
    if (name := _arabic_charset(raw)) is not None:
        return Text(raw.decode(name, "replace"), True, "likely")
    text = codec.decode(raw, "replace")[0] if codec is not None else raw.decode("cp1252", "replace")
    return Text(text, codec is not None and text.count("\ufffd") * 100 <= len(text))


def _put_right(raw: bytes, declared: str) -> Text | None:
    """The text of bytes that can be read as *declared* and are plainly something else."""
    if raw.isascii() or not _ONE_BYTE.fullmatch(declared):
        return None
    if _is_utf_8(raw):
        return Text(raw.decode("utf-8"), True, "high")
    if declared in _WESTERN and (name := _arabic_charset(raw)) is not None:
        return Text(raw.decode(name, "replace"), True, "likely")
    return None


def _is_utf_8(raw: bytes) -> bool:
    """Whether the high bytes are UTF-8 and nothing else: in a text of one byte a letter they never stand so."""
    if len(_UTF_8.findall(raw[:_LOOKED_AT])) < 2:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return False
    return True


# Who wrote it down again took each byte for a letter of these.
_TAKEN_FOR = ("cp1252", "latin-1", "cp1256")


def undoubled(text: str) -> tuple[str, Confidence]:
    """Return *text* as it was before somebody took its bytes for another charset's letters and encoded them again.

    What comes out must be Arabic, nearly all of it; where only a part of the text was spoilt, nothing is touched.
    """
    if text.isascii() or not _looks_spoilt(text):
        return text, ""
    for taken_for in _TAKEN_FOR:
        raw = _bytes_again(text, taken_for)
        if raw is None:
            continue
        if _is_utf_8(raw):
            once = raw.decode("utf-8")
            if _mostly_arabic(once):
                return once, "high"
        elif taken_for != "cp1256" and (name := _arabic_charset(raw)) is not None:
            return raw.decode(name, "replace"), "likely"
    return text, ""


def _looks_spoilt(text: str) -> bool:
    """Whether letters stand there that Arabic spoilt by a wrong charset consists of."""
    seen = text[:_LOOKED_AT]
    latin = sum(1 for letter in seen if "\x80" <= letter <= "\u024f")
    marks = sum(seen.count(mark) for mark in ("ط§", "ظ„", "ط±", "ظٹ", "ط¨", "ظ…", "ظ†", "طھ"))  # UTF-8 taken for cp1256
    return latin >= 3 or marks >= 2


def _bytes_again(text: str, taken_for: str) -> bytes | None:
    """The bytes that were taken for *text*; cp1252 has five gaps that many programs fill with the control itself."""
    try:
        if taken_for != "cp1252":
            return text.encode(taken_for)
        return b"".join(_cp1252_byte(letter) for letter in text) if len(text) < _LOOKED_AT else text.encode("cp1252")
    except UnicodeError:
        return None


@lru_cache(512)
def _cp1252_byte(letter: str) -> bytes:
    return letter.encode("latin-1") if letter in "\x81\x8d\x8f\x90\x9d" else letter.encode("cp1252")


def _mostly_arabic(text: str) -> bool:
    foreign = "".join(_FOREIGN.findall(text[:_LOOKED_AT]))
    return len(foreign) >= 2 and len(_ARABIC.findall(foreign)) * 10 >= len(foreign) * 8


def cleaned(text: str) -> str:
    """Return *text* with `\\n` for every line end, without control characters and lone surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("", text).removeprefix("\ufeff")


@lru_cache(256)
def _codec(charset: str) -> codecs.CodecInfo | None:
    name = charset.strip().strip("\"'").lower()
    if not _NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    return found if found._is_text_encoding and found.name not in _REFUSED else None


def _arabic_charset(raw: bytes) -> str | None:
    """The charset of one byte a letter in which the high bytes are Arabic words, nearly all of them; None for none.

    What is windows-1256 has gaps as ISO-8859-6, and what is ISO-8859-6 has accented vowels as windows-1256.
    """
    if not _in_words(raw):
        return None
    share, name = max((_share(raw, "cp1256"), "cp1256"), (_share(raw, "iso8859-6"), "iso8859-6"), key=lambda s: s[0])
    return name if share >= 0.8 else None


def _share(raw: bytes, name: str) -> float:
    """The share of Arabic letters of the charset in the high bytes."""
    letters = raw[:_LOOKED_AT].translate(None, bytes(range(128)))[:4096].decode(name, "replace")
    return len(_ARABIC.findall(letters)) / max(1, len(letters))


def _in_words(raw: bytes) -> bool:
    """Whether the high bytes stand in words, as in Arabic, not one by one, as accents do."""
    seen = raw[:_LOOKED_AT]
    high = len(seen.translate(None, bytes(range(128))))
    return high >= 3 and sum(len(run) for run in _RUNS.findall(seen)) * 10 >= high * 8
