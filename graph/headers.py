################################################################
# The header of a mail: its lines, words, parameters, addresses
################################################################
#
# Rule 1: reading never raises and takes time in proportion to the length: every pattern here is linear, and a header
#         beyond the limits is cut and said to be broken.
# Rule 2: what is read is the text as a person sees it (RFC 2047, RFC 2231 decoded), tolerant of what mailers really
#         write: raw UTF-8, encoded words in quotes, bytes that no charset was named for. What had to be guessed or
#         repaired is said with how sure it is.
# Rule 3: a line that stands twice where one may is said to be ambiguous: others may believe the one we do not.

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_tz
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from graph import charsets
from graph.charsets import Confidence
from registry.mail import Address

MOST_BYTES = 256 * 1024  # of one header block
MOST_LINES = 5_000
MOST_ADDRESSES = 1_000
LONGEST_ADDRESS = 320  # RFC 3696: 64 @ 255
LONGEST_ID = 900  # below the 998 that a line may have (RFC 5322, 2.1.1)

# RFC 5322, 3.6, and RFC 2045: these may stand once only.
_ONCE = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject", "date"),
        *("content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"),
    )
)

_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")


@dataclass(frozen=True, slots=True)
class Header:
    """One header block. Names are in lower case, in the order in which they stand; values are unfolded, undecoded."""

    lines: tuple[tuple[str, str], ...] = ()
    broken: bool = False  # beyond the limits, or with a line that is none
    doubled: bool = False  # a line stands twice that may stand once
    repaired: tuple[tuple[str, Confidence, str], ...] = ()  # lines whose bytes had to be guessed at; those, as Latin-1

    def get(self, name: str) -> str:
        """The first value of *name*, empty where there is none."""
        return next((value for key, value in self.lines if key == name), "")

    def said(self, name: str) -> "Said":
        """The first value of *name* as a person reads it."""
        value = self.get(name)
        sure, raw = next(((sure, raw) for key, sure, raw in self.repaired if key == name), ("", value))
        said = reading(value)
        return Said(said.words, least_sure((said.repaired, sure)), raw)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key == name]


def read_header(raw: bytes, start: int, end: int) -> tuple[Header, int]:
    """Read the header block at *start*, and return it with the place where the body begins."""
    rows: list[tuple[str, list[bytes]]] = []
    at, broken, blank = start, False, False
    limit = min(end, start + MOST_BYTES)
    while at < end and not blank:
        feed = raw.find(b"\n", at, limit)
        if len(rows) == MOST_LINES or (feed < 0 and limit < end):
            broken = True
            break
        after = feed + 1 if feed >= 0 else end
        line = raw[at:after].rstrip(b"\r\n")
        if not line:
            blank = True
        elif line[:1] in b" \t" and rows:
            rows[-1][1].append(line)
        elif found := _LINE.match(line):
            rows.append((found[1].decode("ascii").lower(), [line[found.end() :]]))
        elif not (line.startswith(b"From ") and not rows):  # an mbox line may stand above
            broken = True
            break
        at = after
    names = [name for name, _ in rows]
    doubled = any(names.count(name) > 1 for name in _ONCE.intersection(names))
    lines: list[tuple[str, str]] = []
    repaired: list[tuple[str, Confidence, str]] = []
    for name, parts in rows:
        value = b"".join(parts)
        text = charsets.read_text(value)
        lines.append((name, text.words.strip()))
        if text.repaired:
            repaired.append((name, text.repaired, value.decode("latin-1").strip()))
    return Header(tuple(lines), broken, doubled, tuple(repaired)), at


################################################################
# Words
################################################################

_ENCODED = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Said:
    """A header's text as a person reads it, on one line; where it had to be repaired, how sure that is; as it stood."""

    words: str
    repaired: Confidence = ""
    raw: str = ""


def words(value: str) -> str:
    """Return a header's text as a person reads it (RFC 2047)."""
    return reading(value).words


def reading(value: str) -> Said:
    """Return a header's text as a person reads it, and whether it had to be repaired."""
    if "=?" not in value:
        return Said(_BLANKS.sub(" ", charsets.cleaned(value)).strip())
    pieces: list[str] = []
    run: list[bytes] = []  # neighbours in one charset are decoded together: a letter may be cut between them
    charset, at = "", 0
    repaired: set[Confidence] = set()

    def flush() -> None:
        if run:
            text = charsets.read_text(b"".join(run), charset)
            pieces.append(text.words)
            repaired.add(text.repaired)
            run.clear()

    for found in _ENCODED.finditer(value):
        between = value[at : found.start()]
        name = found[1].partition("*")[0].lower()  # RFC 2231 allows a language after the charset
        raw = _unencoded(found[2], found[3])
        if raw is None:
            continue
        if between.strip() or not run or name != charset:
            joined = bool(run) and not between.strip()
            flush()
            pieces += [] if joined else [between]
        run.append(raw)
        charset, at = name, found.end()
    flush()
    pieces.append(value[at:])
    text = _BLANKS.sub(" ", charsets.cleaned("".join(pieces))).strip()
    return Said(text, least_sure(repaired))


def least_sure(repaired: Iterable[Confidence]) -> Confidence:
    """How sure several repairs together are."""
    all_of = set(repaired)
    return "likely" if "likely" in all_of else "high" if "high" in all_of else ""


def _unencoded(way: str, text: str) -> bytes | None:
    """The bytes of an encoded word, or None for what is none: it is shown as it stands."""
    raw = text.encode("utf-8", "replace")
    if way in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4)) or None
    except binascii.Error:
        return None


################################################################
# Parameters
################################################################

_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_SECTION = re.compile(r"(?P<name>[^*]+)(?:\*(?P<number>\d{1,4}))?(?P<encoded>\*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Parameters(NamedTuple):
    """A header's first word in lower case (`text/html`, `attachment`), and its parameters by name."""

    first: str
    values: dict[str, str]
    repaired: Confidence = ""


def parameters(value: str) -> Parameters:
    """Read a header of parameters (RFC 2045, 2231)."""
    first = value.partition(";")[0].strip().lower()
    plain: dict[str, Said] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(value):
        said = _ESCAPED.sub(r"\1", found[2]) if found[2] is not None else found[3].strip()
        section = _SECTION.fullmatch(found[1].lower())
        if section is None or not (section["number"] or section["encoded"]):
            plain.setdefault(found[1].lower(), reading(said))
        else:
            numbered = sections.setdefault(section["name"], {})
            numbered.setdefault(int(section["number"] or 0), (said, bool(section["encoded"])))
    all_of = plain | {name: _joined(numbered) for name, numbered in sections.items()}
    repaired = least_sure(said.repaired for said in all_of.values())
    return Parameters(first, {name: said.words for name, said in all_of.items()}, repaired)


def _joined(sections: dict[int, tuple[str, bool]]) -> Said:
    """The value that RFC 2231 wrote in sections: `charset'language'%XX…` in the first, if any is encoded.

    What stands behind a missing section is read all the same: a name with a gap is better than half of it.
    """
    charset, raw = "", b""
    for number, (said, encoded) in sorted(sections.items()):
        if encoded and number == min(sections) and said.count("'") >= 2:
            charset, _, said = said.split("'", 2)
        raw += unquote_to_bytes(said) if encoded else said.encode("utf-8", "replace")
    text = charsets.read_text(raw, charset)
    return Said(text.words, text.repaired)


################################################################
# Addresses, ids, dates
################################################################

# What is never closed reaches to the end: looking for its end again from every place would take quadratic time.
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*+)"?|<(?P<angle>[^<>]*+)>?|\((?P<comment>(?:[^()\\]|\\.)*+)\)?'
    r'|(?P<mark>[,;])|(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=)|(?P<text>[^",;<(=]++)|(?P<other>.)',
    re.DOTALL,
)
_NOT_IN_ADDRESSES = re.compile(r"[\s<>]+")
_GROUP = re.compile(r"^[^:@]*:")
_ID = re.compile(r"<\s*([^<>\s]+)\s*>")


def addresses(value: str) -> tuple[Address, ...]:
    """Return the addresses of a header: `Name <a@b>`, `a@b (Name)`, groups, and what mailers make of them."""
    found: list[Address] = []
    for item in _items(value):
        if len(found) == MOST_ADDRESSES:
            break
        address = _address(item)
        if address.address or address.name:
            found.append(address)
    return tuple(found)


type _Item = list[tuple[str, str]]  # (kind of token, its text)


def _items(value: str) -> Iterator[_Item]:
    item: _Item = []
    for token in _TOKEN.finditer(value):
        kind = token.lastgroup or "other"
        if kind == "mark":
            yield item
            item = []
        else:
            item.append((kind, token[kind]))
    yield item


def _address(item: _Item) -> Address:
    angle = next((text for kind, text in item if kind == "angle"), None)
    comment = " ".join(text for kind, text in item if kind == "comment")
    spoken = [(kind, _ESCAPED.sub(r"\1", text)) for kind, text in item if kind not in ("angle", "comment")]
    if spoken and spoken[0][0] == "text":  # `Group: a@b, c@d;`
        spoken[0] = ("text", _GROUP.sub("", spoken[0][1]))
    phrase = "".join(text for _, text in spoken)
    if angle is not None:
        return Address(words(phrase) or words(comment), _bare(angle))
    bare = next((word for word in phrase.split() if "@" in word), None)
    return Address(words(phrase), "") if bare is None else Address(words(comment), _bare(bare))


def _bare(address: str) -> str:
    address = _NOT_IN_ADDRESSES.sub("", charsets.cleaned(address)).removeprefix("mailto:")
    if address.startswith("@") and ":" in address:  # a route, long out of use
        address = address.rpartition(":")[2]
    return address[:LONGEST_ADDRESS]


def message_ids(value: str) -> list[str]:
    """Return the ids in a Message-ID, In-Reply-To or References line, each with its `<>`, in their order."""
    found = [f"<{i}>" for i in _ID.findall(value) if len(i) <= LONGEST_ID]
    if not found and (bare := value.strip("<> \t")) and not _BLANKS.search(bare):
        found = [f"<{bare[:LONGEST_ID]}>"]
    return found


def instant_of(value: str) -> str:
    """Return a date in one spelling, whoever wrote it: seconds since 1970 where it can be read, else its own words."""
    try:
        parsed = parsedate_tz(value)
        if parsed is not None and parsed[9] is not None:
            year, month, day, hour, minute, second = parsed[:6]
            days = _days(year, month, day)
            return str(days * 86400 + hour * 3600 + minute * 60 + second - parsed[9])
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    return words(value)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date in the Gregorian calendar, for any numbers at all."""
    year, month = (year - 1, month + 12) if month < 3 else (year, month)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469
