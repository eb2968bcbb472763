################################################################
# What a mail consists of: its text, its annexes, the mails within it
################################################################
#
# Rule 1: every leaf becomes text or a part; what could not be read is a part that says so, under a name, and its bytes
#         are kept. What was done with each leaf is noted, and the parts must add up (graph/accounting.py).
# Rule 2: a mail within the mail is walked like the mail itself, ten deep; so is one that Outlook saved (.msg) or packed
#         away (winmail.dat), and one that lies inside its signature.
# Rule 3: what only its addressee can open is sealed: it is said, kept, and no reason to keep the letter apart.

import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from graph import headers
from graph.accounting import BODY, PART, UNREADABLE, Account, account, says_something
from graph.calendar_text import read_appointment
from graph.charsets import Confidence, cleaned, read_text
from graph.cloud_links import cloud_link, cloud_links
from graph.headers import Header
from graph.html_text import html_text
from graph.mime_tree import TOO_MANY_PARTS, UNREADABLE_PART, Entity, Parser
from graph.names import safe_name
from graph.outlook_file import is_outlook_file, read_outlook_file
from graph.signed import signed_content
from graph.tnef import read_tnef
from registry.mail import Address, Letter, Part, Repair

TOO_DEEP = "quarantine.too_deep"
UNACCOUNTED = "quarantine.unaccounted"

SMIME, RPMSG, PGP, SIGNED = "sealed.smime", "sealed.rpmsg", "sealed.pgp", "sealed.signed"
IN_THE_CLOUD = "incomplete.cloud"

LONGEST_TEXT = 1_000_000  # characters

_MAILS = frozenset({"message/rfc822", "message/global"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_RPMSG = "application/x-microsoft-rpmsg-message"
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_OUTLOOK = "application/vnd.ms-outlook"
_ELSEWHERE = frozenset({"message/partial", "message/external-body"})  # a piece of the letter, a pointer to it
_TEXTS = frozenset({"text/plain", "text/html"})
_PGP_MARK = "-----BEGIN PGP MESSAGE-----"
_CID = re.compile(r"\bcid:([^\"'\s>)]{1,250})", re.IGNORECASE)
_USUAL_INVITATIONS = frozenset({"", "invite.ics", "meeting.ics", "calendar.ics"})


@dataclass(slots=True)
class _Block:
    """A piece of the body, in one or both of its forms."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class View:
    """What a mail shows, as it came: each piece of its body (whether it is HTML, and its text), and the pictures in it
    by content id, with their kind and bytes."""

    letter: Letter
    pieces: tuple[tuple[bool, str], ...]
    pictures: Mapping[str, tuple[str, bytes]]


class Reader:
    """Goes through the leaves of a mail, or of one within it."""

    def __init__(self, parser: Parser, inside: int = 0) -> None:
        self._parser, self._inside = parser, inside
        self._blocks: list[_Block] = []
        self._spare: list[_Block] = []  # the text of a winmail.dat, where the mail has none of its own
        self._appointments: list[str] = []
        self._images: list[tuple[int, str]] = []  # (place in `parts`, content id): inline if the body shows them
        self._linked: set[str] = set()  # files in the cloud
        self._raw = b""
        self._fates: dict[int, str] = {}  # what became of each leaf, by the place of its body
        self.account = Account(())
        self.parts: list[Part] = []
        self.bodies: dict[str, bytes] = {}  # by SHA-256
        self.attached: list[Letter] = []
        self.within: list[View] = []  # what each of them shows
        self.remarks: dict[str, None] = {}
        self.repairs: list[Repair] = []

    def walk(self, raw: bytes, root: Entity) -> None:
        """Read the mail *root*, parsed from *raw*; that is empty for one that is no MIME."""
        self.account = self._inner(raw, root)
        shown = {cid for block in (*self._blocks, *self._spare) for page in block.html for cid in _CID.findall(page)}
        for place, content_id in self._images:
            if content_id in shown:
                self.parts[place] = replace(self.parts[place], inline=True)

    def letter(self, header: Header) -> Letter:
        """The letter of the mail, with those attached to it; the cloud files that its text links to become parts."""
        text = self._text()
        self._take_links()
        senders = headers.addresses(header.get("from"))
        subject, sender = header.said("subject"), header.said("from")
        self._repaired("subject", subject.raw, subject.repaired)
        self._repaired("from", sender.raw, sender.repaired)
        return Letter(
            sender=senders[0] if senders else Address("", ""),
            subject=subject.words,
            text=text,
            sent_at=headers.words(header.get("date")),
            to=", ".join(map(str, headers.addresses(header.get("to")))),
            attached=tuple(self.attached),
        )

    def view(self, letter: Letter) -> View:
        """What the mail shows, before anybody cleaned it: HTML where there is any, for it is what its reader saw."""
        blocks = self._blocks if any(b.plain or b.html for b in self._blocks) else self._spare
        pieces = [
            piece for b in blocks for piece in ([(True, t) for t in b.html] or [(False, t) for t in b.plain])
        ] or [(False, text) for text in self._appointments]
        images = {cid: self.parts[place] for place, cid in self._images}
        pictures = {cid: (part.content_type, self.bodies[part.sha256]) for cid, part in images.items()}
        return View(letter, tuple(pieces), pictures)

    # ------------------------------------------------------------ the tree

    def _inner(self, raw: bytes, root: Entity) -> Account:
        """Walk a tree with bytes of its own, and see that its parts add up."""
        before = self._raw, self._fates
        self._raw, self._fates = raw, {}
        self._walk(root, None, root)
        found = account(raw, root, self._fates)
        if found.lost:
            self._parser.defect(UNACCOUNTED)
        self._raw, self._fates = before
        return found

    def _walk(self, entity: Entity, block: _Block | None, root: Entity) -> None:
        """Sort *entity*; inside an alternative all text goes to one *block*."""
        if entity.children:
            if entity.kind == "multipart/encrypted":
                self.remarks[PGP] = None
            if entity.kind == "multipart/alternative" and block is None:
                block = _Block()
                self._blocks.append(block)
            for child in entity.children:
                self._walk(child, block, root)
            for start, end in entity.outside:
                self._outside(start, end, first=start == entity.body)
            return
        self._fates[entity.body] = PART if entity.whole else UNREADABLE
        name = entity.filename.lower()
        if entity.kind in _TEXTS and not (entity.filename or entity.disposition == "attachment"):
            self._body(entity, block)
        elif entity.kind == "text/uri-list" and not entity.whole:
            self._link(entity)
        elif not entity.whole:
            self._part(entity, entity.filename)
        elif _is_mail(entity):
            self._attached_mail(entity)
        elif entity.kind in _TNEF or name == "winmail.dat":
            self._packed(entity)
        elif entity.kind in _SMIME and (entity is root or name == "smime.p7m" or "smime-type" in entity.parameters):
            self._smime(entity, block)
        elif entity.kind == _RPMSG or name.endswith(".rpmsg"):
            self._sealed(entity, RPMSG)
        elif entity.kind == "text/calendar":
            self._appointment(entity)
        elif entity.kind in _ELSEWHERE:
            self._unreadable(entity)
        else:
            self._part(entity, entity.filename)

    def _outside(self, start: int, end: int, *, first: bool) -> None:
        """What stands before the first part or behind the last: if it says something, it is shown."""
        content = self._raw[start:end]
        if says_something(content):
            self._fates[start] = PART
            name = "before-the-parts.txt" if first else "behind-the-parts.txt"
            self._part(Entity(Header(), "text/plain", content=content), name)

    # ------------------------------------------------------------ text

    def _body(self, entity: Entity, block: _Block | None) -> None:
        read = read_text(entity.content, entity.parameters.get("charset", ""))
        text, whole = read.words, read.certain and entity.whole
        self._repaired("body", entity.parameters.get("charset", ""), read.repaired)
        if block is None:
            block = _Block()
            self._blocks.append(block)
        if entity.kind == "text/html":
            block.html.append(text)
        else:
            if len(text) > LONGEST_TEXT:  # nobody reads it here; a clerk opens it in Outlook
                text, whole = text[:LONGEST_TEXT], False
            if entity.parameters.get("format", "").lower() == "flowed":
                text = _unflowed(text, entity.parameters.get("delsp", "").lower() == "yes")
            block.plain.append(text)
        self._fates[entity.body] = BODY
        if not whole:
            self._unreadable(entity)

    def _text(self) -> str:
        """The body as a person reads it: each piece in its plain form, if that says anything, else as HTML."""
        blocks = self._blocks if any(b.plain or b.html for b in self._blocks) else self._spare
        text = "\n".join(map(self._said, blocks)).strip()
        if not text and blocks is not self._spare:
            text = "\n".join(map(self._said, self._spare)).strip()
        text = text or "\n\n".join(self._appointments)
        if len(text) > LONGEST_TEXT:
            self._cut(text, "text/plain")
            text = text[:LONGEST_TEXT]
        if text.startswith(_PGP_MARK):
            self.remarks[PGP] = None
        return text

    def _said(self, block: _Block) -> str:
        text = "\n".join(block.plain)
        if block.html and not any(letter.isalnum() for letter in text):
            pages = [html_text(page) for page in block.html]
            text = cleaned("\n".join(words for words, _ in pages))
            for page, (_, whole) in zip(block.html, pages, strict=True):
                if not whole:
                    self._cut(page, "text/html")
        return text.strip("\n")

    def _cut(self, text: str, kind: str) -> None:
        """A text of which only the beginning is shown: all of it becomes a part."""
        self._parser.defect(UNREADABLE_PART)
        self._part(Entity(Header(), kind, content=text.encode("utf-8", "replace"), whole=False), "")

    def _take_links(self) -> None:
        """Cloud files that the text links to, and that are not among the annexes already."""
        blocks = (*self._blocks, *self._spare)
        for link in cloud_links((page for b in blocks for page in b.html), (text for b in blocks for text in b.plain)):
            if link.url not in self._linked:
                address = Entity(Header(), "text/uri-list", filename=link.name, content=link.url.encode(), whole=False)
                self._link(address)

    def _link(self, entity: Entity) -> None:
        """A file in the cloud: all there is of it is its address."""
        self.remarks[IN_THE_CLOUD] = None
        url = entity.content.decode("utf-8", "replace")
        self._linked.add(cloud_link(url) or url)
        self._part(entity, entity.filename or "cloud-file.url")

    def _appointment(self, entity: Entity) -> None:
        appointment = read_appointment(read_text(entity.content, entity.parameters.get("charset", "")).words)
        name = entity.filename
        if appointment is not None:
            self._appointments.append("\n".join(appointment.lines))
            if name.lower() in _USUAL_INVITATIONS and appointment.title:
                name = f"{appointment.title} {appointment.starts.replace(':', '.')}".strip() + ".ics"
        self._part(entity, name)

    # ------------------------------------------------------------ mails within

    def _attached_mail(self, entity: Entity) -> None:
        if self._inside >= self._parser.limits.depth or not self._parser.may_nest(len(entity.content)):
            self._parser.defect(TOO_DEEP)
            self._part(replace(entity, whole=False), entity.filename)
            self._fates[entity.body] = UNREADABLE
            return
        within = entity.opened
        if within is None and is_outlook_file(entity.content):
            depth = self._parser.limits.depth - self._inside
            within = self._opened(entity, lambda: read_outlook_file(entity.content, depth=depth))
            if within is None:
                return
        raw = b""
        if within is None:
            raw, within = entity.content, self._parser.parse(entity.content)
        reader = Reader(self._parser, inside=self._inside + 1)
        reader.walk(raw, within)
        letter = reader.letter(within.header)
        if raw:
            self._part(entity, entity.filename or letter.subject)
        elif entity.opened is not None:
            self._part(replace(entity, kind="text/plain"), f"{letter.subject}.txt")
        else:
            self._part(replace(entity, kind=_OUTLOOK), entity.filename or f"{letter.subject}.msg")
        if within.kind != "multipart/report":
            self.attached.append(letter)
        self.within += [reader.view(letter), *reader.within]
        self.parts += reader.parts
        self.bodies |= reader.bodies
        self.remarks |= reader.remarks
        self.repairs += reader.repairs

    def _packed(self, entity: Entity) -> None:
        """A winmail.dat: its annexes are the letter's own, its text counts where the mail has no other."""
        within = self._opened(entity, lambda: read_tnef(entity.content, depth=self._parser.limits.depth - self._inside))
        if within is None:
            return
        self._part(entity, entity.filename or "winmail.dat", unseen=True)
        fates, self._fates = self._fates, {}
        blocks, self._blocks = self._blocks, []
        self._walk(within, None, within)
        self._spare += self._blocks
        self._fates, self._blocks = fates, blocks

    def _opened(self, entity: Entity, read: Callable[[], Entity]) -> Entity | None:
        """What *read* makes of a container; where it cannot be opened, the container is a part that says so."""
        try:
            within = read()
        except (ValueError, struct.error, IndexError, OverflowError, RecursionError):
            self._unreadable(entity)
            return None
        if not self._parser.take(sum(1 for _ in _all_of(within))):
            self._parser.defect(TOO_MANY_PARTS)
            self._unreadable(entity)
            return None
        return within

    # ------------------------------------------------------------ sealed, signed, unreadable

    def _smime(self, entity: Entity, block: _Block | None) -> None:
        kind = entity.parameters.get("smime-type", "").lower()
        content = signed_content(entity.content) if kind != "enveloped-data" else None
        if content is None or not self._parser.may_unwrap(len(content)):
            self._sealed(entity, SIGNED if kind in ("signed-data", "certs-only") else SMIME)
            return
        self._part(entity, entity.filename or "smime.p7m", unseen=True)
        self._inner(content, self._parser.parse(content))

    def _sealed(self, entity: Entity, remark: str) -> None:
        self.remarks[remark] = None
        self._part(entity, entity.filename)

    def _unreadable(self, entity: Entity) -> None:
        self._parser.defect(UNREADABLE_PART)
        self._fates[entity.body] = UNREADABLE
        self._part(replace(entity, whole=False), entity.filename)

    def _repaired(self, name: str, raw: str, sure: Confidence) -> None:
        if sure:
            self.remarks[f"repaired.{sure}"] = None
            self.repairs.append(Repair(name=name, raw=raw, confidence=sure))

    def _part(self, entity: Entity, name: str, *, unseen: bool = False) -> None:
        """Keep a leaf. *unseen*: a wrapping whose content stands beside it; it is no annex that anybody looks for."""
        sha256 = hashlib.sha256(entity.content).hexdigest()
        if entity.main == "image" and entity.disposition != "attachment" and entity.content_id:
            self._images.append((len(self.parts), entity.content_id))
        self._repaired(
            "name", entity.header.get("content-disposition") or entity.header.get("content-type"), entity.repaired
        )
        self.bodies[sha256] = entity.content
        self.parts.append(
            Part(
                name=safe_name(name, entity.kind, len(self.parts) + 1),
                content_type=entity.kind,
                size_bytes=len(entity.content),
                sha256=sha256,
                inline=unseen,
                inside=self._inside,
                complete=entity.whole,
            )
        )


def _is_mail(entity: Entity) -> bool:
    """Whether a leaf is a mail; Outlook also attaches one as a file called .eml or .msg."""
    if entity.kind in _MAILS or entity.opened is not None:
        return True
    if entity.kind == _OUTLOOK or entity.filename.lower().endswith(".msg"):
        return is_outlook_file(entity.content)
    if not entity.filename.lower().endswith(".eml"):
        return False
    header, _ = headers.read_header(entity.content, 0, len(entity.content))
    return bool(header.get("from")) and not header.broken


def _all_of(entity: Entity) -> Iterable[Entity]:
    yield entity
    for child in (*entity.children, *((entity.opened,) if entity.opened else ())):
        yield from _all_of(child)


def _unflowed(text: str, delsp: bool) -> str:
    """Lines that were broken for width only, joined again (RFC 3676)."""
    pieces: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        line = line.removeprefix(" ")
        if pieces and not (goes_on and not line.startswith(">")):
            pieces.append("\n")
        goes_on = line.endswith(" ") and line != "-- "
        pieces.append(line[:-1] if goes_on and delsp else line)
    return "".join(pieces)
