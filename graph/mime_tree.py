################################################################
# The tree of a mail: bytes into entities, each with its header and its decoded content
################################################################
#
# Rule 1: parsing never raises and takes time in proportion to the bytes: `bytes.find` walks them, one pass for each
#         level of nesting, and what is beyond the limits is left as it is and said.
# Rule 2: what may be read in two ways is a defect, and whoever judges the mail keeps it apart; nothing is mended in
#         silence.
# Rule 3: every leaf's bytes are there: decoded where they can be, else as they stand. What a limit left untouched, and
#         what stands before the first part and behind the last, is there as well; and every entity says where it lies,
#         so that graph/accounting.py can add them up.
#
# Why not the standard parser: it reads line by line and asks every open level about every line, so that some hundred
# kilobytes of nested boundaries take it seconds; and what it tolerates it does not always tell.

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graph import headers
from graph.charsets import Confidence
from graph.headers import Header
from graph.limits import LARGEST_MAIL

UNREADABLE_PART = "quarantine.unreadable_part"
UNPARSEABLE = "quarantine.unparseable"
TOO_MANY_PARTS = "quarantine.too_many_parts"

_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,120}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mail may have. Beyond it, it is kept and shown to a clerk, but not taken apart."""

    size_bytes: int = LARGEST_MAIL.value
    parts: int = 500
    levels: int = 20  # of multipart within multipart
    false_edges: int = 50_000  # lines that begin like a boundary and are none
    depth: int = 10  # of mails within mails
    nested_bytes: int = 200 * 1024 * 1024  # of all mails within the mail together: each level holds those below it


@dataclass(frozen=True, slots=True)
class Entity:
    """One node. A leaf has `content`, a multipart `children`.

    `start`, `body` and `end` are where its header and its body lie in the bytes that were parsed; `outside` where
    something stands before the first part, or behind the last.
    """

    header: Header
    kind: str  # its content type, lower case
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    content: bytes = b""
    whole: bool = True  # its content could be decoded, all of it
    repaired: Confidence = ""  # its file's name was
    children: tuple["Entity", ...] = ()
    start: int = 0
    body: int = 0
    end: int = 0
    outside: tuple[tuple[int, int], ...] = ()
    closed: bool = True  # a multipart: its last boundary is there
    opened: "Entity | None" = None  # the mail that it holds, where that is no MIME: a .msg within a .msg

    @property
    def main(self) -> str:
        return self.kind.partition("/")[0]

    @property
    def content_id(self) -> str:
        return self.header.get("content-id").strip().strip("<>")


class Parser:
    """Parses entities until a mail's limits are used up. One for each mail, whatever lies within it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._nested_bytes = self._unwrapped = 0
        self._parts = 0
        self._false_edges = 0
        self._defects: dict[str, None] = {}

    @property
    def defects(self) -> tuple[str, ...]:
        """What could not be read in one way only, as text keys."""
        return tuple(self._defects)

    def defect(self, key: str) -> None:
        self._defects[key] = None

    def take(self, parts: int) -> bool:
        """Whether a mail may have that many parts more, which somebody else took apart."""
        self._parts += parts
        return self._parts <= self.limits.parts

    def may_nest(self, size_bytes: int) -> bool:
        """Whether a mail of that size within the mail may be read as well."""
        self._nested_bytes += size_bytes
        return self._nested_bytes <= self.limits.nested_bytes

    def may_unwrap(self, size_bytes: int) -> bool:
        """Whether what one more signature holds may be read."""
        self._unwrapped += 1
        return self._unwrapped <= self.limits.depth and self.may_nest(size_bytes)

    def parse(self, raw: bytes) -> Entity:
        """Return the tree of a mail."""
        if not raw.strip():
            self.defect(UNPARSEABLE)
        return self._entity(raw, 0, len(raw), 0, "text/plain", whole_mail=True)

    def _entity(self, raw: bytes, start: int, end: int, level: int, default: str, *, whole_mail: bool) -> Entity:
        self._parts += 1
        header, body = headers.read_header(raw, start, end)
        if header.broken or header.doubled or (whole_mail and not header.lines):
            self.defect(UNPARSEABLE if whole_mail else UNREADABLE_PART)
        kind, parameters, kind_repaired = _kind(header, default)
        split = True
        if kind.startswith("multipart/") and level < self.limits.levels:
            children, outside, closed = self._children(raw, body, end, level, kind, parameters, header)
            if children:
                return Entity(
                    header,
                    kind,
                    parameters,
                    children=children,
                    start=start,
                    body=body,
                    end=end,
                    outside=outside,
                    closed=closed,
                )
            split = False
        elif kind.startswith("multipart/"):
            self.defect(UNPARSEABLE)
            split = False
        disposition, said, _ = named = headers.parameters(header.get("content-disposition"))
        filename = said.get("filename") or parameters.get("name", "")
        content, decoded = self._decoded(raw[body:end], header.get("content-transfer-encoding"))
        return Entity(
            header,
            kind,
            parameters,
            disposition,
            filename,
            content,
            decoded and split,
            repaired=named.repaired if said.get("filename") else kind_repaired,
            start=start,
            body=body,
            end=end,
        )

    ################################################################
    # Multiparts
    ################################################################

    def _children(
        self, raw: bytes, start: int, end: int, level: int, kind: str, parameters: dict[str, str], header: Header
    ) -> tuple[tuple[Entity, ...], tuple[tuple[int, int], ...], bool]:
        """The parts of a multipart, what stands outside them, and whether its last boundary is there; no parts for one
        that cannot be split: it is a leaf."""
        boundary = parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary or header.get("content-transfer-encoding").lower() in ("base64", "quoted-printable"):
            self.defect(UNREADABLE_PART)
            return (), (), True
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children: list[Entity] = []
        places = _Places(start, end)
        for first, last in self._between(raw, start, end, b"--" + boundary, places):
            if self._parts >= self.limits.parts:
                self.defect(TOO_MANY_PARTS)
                children.append(_left(raw, first, end))
                places.after = end
                break
            children.append(self._entity(raw, first, last, level + 1, default, whole_mail=False))
        if not children:
            self.defect(UNREADABLE_PART)
        outside = ((start, places.before), (places.after, end))
        return tuple(children), tuple((a, b) for a, b in outside if raw[a:b].strip()), places.closed

    def _between(self, raw: bytes, start: int, end: int, edge: bytes, places: "_Places") -> Iterator[tuple[int, int]]:
        """Where the parts lie between the lines that consist of *edge* (RFC 2046, 5.1.1)."""
        at, first, closed = start, -1, False
        while not closed and (found := raw.find(edge, at, end)) >= 0:
            feed = raw.find(b"\n", found, end)
            line_end = feed + 1 if feed >= 0 else end
            after = found + len(edge)
            rest = raw[after : min(line_end, after + 80)].strip(b" \t\r\n") if line_end - after < 80 else b"more"
            if (found > start and raw[found - 1] != 0x0A) or rest not in (b"", b"--"):
                self._false_edges += 1
                if self._false_edges > self.limits.false_edges:
                    break
                at = line_end
                continue
            if first >= 0:
                yield first, _without_line_end(raw, first, found)
            else:
                places.before = found
            first, at, closed = line_end, line_end, rest == b"--"
        places.after = first if closed else end
        places.closed = closed or self._false_edges > self.limits.false_edges  # nobody looked further
        if not closed:  # cut off, or made so that two readers see two mails
            self.defect(UNREADABLE_PART)
            if first >= 0:
                yield first, end

    ################################################################
    # Leaves
    ################################################################

    def _decoded(self, raw: bytes, encoding: str) -> tuple[bytes, bool]:
        """The content, and whether all of it could be decoded."""
        match encoding.partition(";")[0].strip().lower():
            case "" | "7bit" | "8bit" | "binary":
                return raw, True
            case "quoted-printable":
                return binascii.a2b_qp(raw), True
            case "base64":
                return self._from_base64(raw)
        self.defect(UNREADABLE_PART)
        return raw, False

    def _from_base64(self, raw: bytes) -> tuple[bytes, bool]:
        letters = raw.translate(None, b" \t\r\n")
        if not letters.endswith(b"="):  # some mailers leave the padding out
            letters += b"=" * (-len(letters) % 4)
        try:
            return binascii.a2b_base64(letters, strict_mode=True), True
        except binascii.Error:
            self.defect(UNREADABLE_PART)
        try:
            return binascii.a2b_base64(letters), False
        except binascii.Error:
            return raw, False


@dataclass(slots=True)
class _Places:
    """Where the first boundary of a multipart begins and the last one ends, and whether that one says so."""

    before: int
    after: int
    closed: bool = True


def _left(raw: bytes, start: int, end: int) -> Entity:
    """What was not taken apart any more, as one part."""
    return Entity(
        Header(),
        "application/octet-stream",
        filename="not-taken-apart.bin",
        content=raw[start:end],
        whole=False,
        start=start,
        body=start,
        end=end,
    )


def _kind(header: Header, default: str) -> headers.Parameters:
    said = header.get("content-type")
    if not said:
        return headers.Parameters(default, {})
    found = headers.parameters(said)
    return found if _TYPE.fullmatch(found.first) else found._replace(first="application/octet-stream")


def _without_line_end(raw: bytes, start: int, end: int) -> int:
    """The end of a part: the line end before a boundary belongs to the boundary."""
    if end > start and raw[end - 1] == 0x0A:
        end -= 1
        if end > start and raw[end - 1] == 0x0D:
            end -= 1
    return end


def leaves(entity: Entity) -> Iterator[Entity]:
    """The leaves of a tree, in the order in which they stand."""
    if not entity.children:
        yield entity
    for child in entity.children:
        yield from leaves(child)
