################################################################
# Bytes of a mail into letters
################################################################
#
# Rule 1: what the mail declares is believed first, unless the bytes say plainly that it is wrong: Arabic in
#         windows-1256 under the name of Latin-1 or of no charset at all is the commonest fault of old mailers.
# Rule 2: whoever reads is told whether the text is certain; a guess is never passed off as one.
# Rule 3: what comes out can be stored and shown anywhere: no control characters, no lone surrogates.

import codecs
import re
from functools import lru_cache

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

_RUNS = re.compile(rb"[\x80-\xff]{2,}")
_ARABIC = re.compile("[\u060c\u061b\u061f\u0621-\u0652]")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def decode(raw: bytes, charset: str = "") -> tuple[str, bool]:
    """Return the text of *raw*, and whether it is certain.

    It is not certain where the charset is unknown, or more than one character in a hundred could not be read.
    """
    codec = _codec(charset)
    if codec is not None:
        try:
            text = codec.decode(raw, "strict")[0]
        except UnicodeError:
            pass
        else:
            if codec.name in _WESTERN and not raw.isascii() and _reads_as_arabic(raw):
                text = raw.decode("cp1256")
            return cleaned(text), True
    for name, fits in (("utf-8", True), ("cp1256", _reads_as_arabic(raw))):
        try:
            if fits:
                return cleaned(raw.decode(name)), True
        except UnicodeError:
            continue
    text = codec.decode(raw, "replace")[0] if codec is not None else raw.decode("cp1252", "replace")
    certain = codec is not None and text.count("\ufffd") * 100 <= len(text)
    return cleaned(text), certain


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


def _reads_as_arabic(raw: bytes) -> bool:
    """Whether the high bytes stand in words, as in Arabic, not one by one, as accents do; and are Arabic letters."""
    high = raw.translate(None, bytes(range(128)))
    if len(high) < 3:
        return False
    in_runs = sum(len(run) for run in _RUNS.findall(raw[:65536]))
    seen = len(raw[:65536].translate(None, bytes(range(128))))
    if in_runs * 10 < seen * 8:
        return False
    letters = high[:4096].decode("cp1256")
    return len(_ARABIC.findall(letters)) * 10 >= len(letters) * 8
