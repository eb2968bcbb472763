################################################################
# The parts add up
################################################################
#
# Rule 1: every byte of a mail is in the body, in a part (decoded, or kept and said to be unreadable), or in its
#         envelope: header lines, the lines that divide the parts, what stands outside them and says nothing. What is in
#         none of these is lost, and a mail that has lost bytes is quarantined.
# Rule 2: the reader is not believed: where entities lie is measured on the bytes themselves, and what became of each is
#         what the reader did, not what it meant to do.

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.mime_tree import Entity

ENVELOPE, BODY, PART, UNREADABLE, LOST = "envelope", "body", "part", "unreadable", "lost"

# Sentences that mailers write before the first part, for readers of forty years ago.
_SAYS_NOTHING = re.compile(
    rb"\s*+(?:(?:This is a (?:multi-?part|cryptographically signed) message in MIME format\.?"
    rb"|This is an OpenPGP/MIME (?:signed|encrypted) message(?: \(RFC [\d, and]{1,20}\))?\.?"
    rb"|This is an S/MIME signed message\.?"
    rb"|If you are reading this[^\r\n]{0,200}|-{1,80}+)\s*+)*+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """What the bytes from `start` to `end` are: envelope, body, part, unreadable, or lost."""

    start: int
    end: int
    what: str


@dataclass(frozen=True, slots=True)
class Account:
    """Where every byte of a mail is, in order and without a gap."""

    spans: tuple[Span, ...]

    def size_bytes(self, what: str) -> int:
        return sum(span.end - span.start for span in self.spans if span.what == what)

    @property
    def lost(self) -> bool:
        return self.size_bytes(LOST) > 0


def account(raw: bytes, root: Entity, fates: Mapping[int, str]) -> Account:
    """Return where the bytes of *raw* are.

    Args:
        root: The tree that was parsed from *raw*.
        fates: What the reader made of each leaf, and of each place outside the parts, by the place where it starts:
            body, part or unreadable.
    """
    if not raw:  # no MIME: there are no bytes to be counted
        return Account(())
    spans = [Span(a, b, what) for a, b, what in _of(raw, root, fates) if b > a]
    end = 0
    for span in spans:
        if span.start != end:
            return Account((Span(0, len(raw), LOST),))
        end = span.end
    return Account((*spans, Span(end, len(raw), LOST)) if end < len(raw) else tuple(spans))


def says_something(raw: bytes) -> bool:
    """Whether what stands outside the parts is more than what mailers always write there."""
    return len(raw) > 1000 or _SAYS_NOTHING.fullmatch(raw) is None


def _of(raw: bytes, entity: Entity, fates: Mapping[int, str]) -> Iterator[tuple[int, int, str]]:
    yield entity.start, entity.body, ENVELOPE
    if not entity.children:
        yield entity.body, entity.end, _kept(fates.get(entity.body))
        return
    edge = b"--" + entity.parameters["boundary"].rstrip().encode("utf-8", "replace")
    at = entity.body
    for child in entity.children:
        yield from _between(raw, at, child.start, edge, entity, fates)
        yield from _of(raw, child, fates)
        at = child.end
    yield from _between(raw, at, entity.end, edge, entity, fates)


def _between(
    raw: bytes, start: int, end: int, edge: bytes, entity: Entity, fates: Mapping[int, str]
) -> Iterator[tuple[int, int, str]]:
    """What lies between two parts: a line that divides them, and what stands outside."""
    at = start
    for a, b in entity.outside:
        if start <= a and b <= end:
            yield at, a, _dividing(raw[at:a], edge)
            yield a, b, _kept(fates.get(a)) if says_something(raw[a:b]) else ENVELOPE
            at = b
    yield at, end, _dividing(raw[at:end], edge)


def _kept(fate: str | None) -> str:
    return fate if fate in (BODY, PART, UNREADABLE) else LOST


def _dividing(raw: bytes, edge: bytes) -> str:
    rest = raw.strip()
    return ENVELOPE if not rest or rest in (edge, edge + b"--", edge.strip(), edge.strip() + b"--") else LOST
