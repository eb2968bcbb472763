################################################################
# The tree of a mail: bytes into entities, each with its header and its decoded content
################################################################
#
# Rule 1: parsing never raises and takes time in proportion to the bytes: `bytes.find` walks them, one pass for each
#         level of nesting, and what is beyond the limits is left as it is and said.
# Rule 2: what may be read in two ways is a defect, and whoever judges the mail keeps it apart; nothing is mended in
#         silence.
# Rule 3: every leaf's bytes are there: decoded where they can be, else as they stand.
#
# Why not the standard parser: it reads line by line and asks every open level about every line, so that some hundred
# kilobytes of nested boundaries take it seconds; and what it tolerates it does not always tell.

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graph import headers
from graph.headers import Header

UNREADABLE_PART = "quarantine.unreadable_part"
UNPARSEABLE = "quarantine.unparseable"
TOO_MANY_PARTS = "quarantine.too_many_parts"

_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,120}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mail may have. Beyond it, it is kept and shown to a clerk, but not taken apart."""

    size_bytes: int = 150 * 1024 * 1024
    parts: int = 500
    levels: int = 20  # of multipart within multipart
    false_edges: int = 50_000  # lines that begin like a boundary and are none


@dataclass(frozen=True, slots=True)
class Entity:
    """One node. A leaf has `content`, a multipart `children`."""

    header: Header
    kind: str  # its content type, lower case
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    content: bytes = b""
    children: tuple["Entity", ...] = ()

    @property
    def main(self) -> str:
        return self.kind.partition("/")[0]

    @property
    def content_id(self) -> str:
        return self.header.get("content-id").strip().strip("<>")


class Parser:
    """Parses entities until a mail's limits are used up. One for each mail, whatever lies within it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._parts = 0
        self._false_edges = 0
        self._defects: dict[str, None] = {}

    @property
    def defects(self) -> tuple[str, ...]:
        """What could not be read in one way only, as text keys."""
        return tuple(self._defects)

    def defect(self, key: str) -> None:
        self._defects[key] = None

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
        kind, parameters = _kind(header, default)
        if kind.startswith("multipart/") and level < self._limits.levels:
            children = self._children(raw, body, end, level, kind, parameters, header)
            if children is not None:
                return Entity(header, kind, parameters, children=children)
        elif kind.startswith("multipart/"):
            self.defect(UNPARSEABLE)
        disposition, said = headers.parameters(header.get("content-disposition"))
        filename = said.get("filename") or parameters.get("name", "")
        content = self._decoded(raw[body:end], header.get("content-transfer-encoding"))
        return Entity(header, kind, parameters, disposition, filename, content)

    ################################################################
    # Multiparts
    ################################################################

    def _children(
        self, raw: bytes, start: int, end: int, level: int, kind: str, parameters: dict[str, str], header: Header
    ) -> tuple[Entity, ...] | None:
        """The parts of a multipart, or None for one that cannot be split: it is a leaf then."""
        boundary = parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary or header.get("content-transfer-encoding").lower() in ("base64", "quoted-printable"):
            self.defect(UNREADABLE_PART)
            return None
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children = []
        for first, last in self._between(raw, start, end, b"--" + boundary):
            if self._parts >= self._limits.parts:
                self.defect(TOO_MANY_PARTS)
                break
            children.append(self._entity(raw, first, last, level + 1, default, whole_mail=False))
        if not children:
            self.defect(UNREADABLE_PART)
            return None
        return tuple(children)

    def _between(self, raw: bytes, start: int, end: int, edge: bytes) -> Iterator[tuple[int, int]]:
        """Where the parts lie between the lines that consist of *edge* (RFC 2046, 5.1.1)."""
        at, first, closed = start, -1, False
        while not closed and (found := raw.find(edge, at, end)) >= 0:
            feed = raw.find(b"\n", found, end)
            line_end = feed + 1 if feed >= 0 else end
            after = found + len(edge)
            rest = raw[after : min(line_end, after + 80)].strip(b" \t\r\n") if line_end - after < 80 else b"more"
            if (found > start and raw[found - 1] != 0x0A) or rest not in (b"", b"--"):
                self._false_edges += 1
                if self._false_edges > self._limits.false_edges:
                    break
                at = line_end
                continue
            if first >= 0:
                yield first, _without_line_end(raw, first, found)
            first, at, closed = line_end, line_end, rest == b"--"
        if not closed:  # cut off, or made so that two readers see two mails
            self.defect(UNREADABLE_PART)
            if first >= 0:
                yield first, end

    ################################################################
    # Leaves
    ################################################################

    def _decoded(self, raw: bytes, encoding: str) -> bytes:
        match encoding.partition(";")[0].strip().lower():
            case "" | "7bit" | "8bit" | "binary":
                return raw
            case "quoted-printable":
                return binascii.a2b_qp(raw)
            case "base64":
                return self._from_base64(raw)
        self.defect(UNREADABLE_PART)
        return raw

    def _from_base64(self, raw: bytes) -> bytes:
        letters = raw.translate(None, b" \t\r\n")
        if not letters.endswith(b"="):  # some mailers leave the padding out
            letters += b"=" * (-len(letters) % 4)
        try:
            return binascii.a2b_base64(letters, strict_mode=True)
        except binascii.Error:
            self.defect(UNREADABLE_PART)
        try:
            return binascii.a2b_base64(letters)
        except binascii.Error:
            return raw


def _kind(header: Header, default: str) -> tuple[str, dict[str, str]]:
    said = header.get("content-type")
    if not said:
        return default, {}
    kind, parameters = headers.parameters(said)
    return kind if _TYPE.fullmatch(kind) else "application/octet-stream", parameters


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
