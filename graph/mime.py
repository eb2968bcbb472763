################################################################
# A mail read from its bytes
################################################################
#
# Rule 1: pure, and never raises: what cannot be understood is said in `Mail.unreadable`; such a mail is quarantined.
# Rule 2: every leaf is a part or belongs to the body: the parts add up. Names are made safe to show; the bytes stay.
# Rule 3: one level of mail within the mail is read: its letter, if there is exactly one, and its annexes.
# Rule 4: a letter's identity is what its writer made of it (Message-ID, From, Date, Subject, decoded parts), not what
#         servers added on the way.

import hashlib
import logging
import re
from dataclasses import dataclass, field

from graph import headers
from graph.authentication import read_authentication
from graph.charsets import cleaned, decode
from graph.headers import Header
from graph.html_text import html_text
from graph.mime_tree import UNPARSEABLE, UNREADABLE_PART, Entity, Limits, Parser, leaves
from registry.mail import Address, Letter, Mail, Part
from service.ports import Arrived, Fetched
from texts.isolates import bare

log = logging.getLogger("tarasul.graph")

ENCRYPTED = "quarantine.encrypted"
TOO_DEEP = "quarantine.too_deep"
SEVERAL_LETTERS = "quarantine.several_letters"

LONGEST_TEXT = 1_000_000  # characters

OUR_KEY = "x-tarasul-key"  # the header that our own mails carry

_MAILS = frozenset({"message/rfc822", "message/global"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_RPMSG = "application/x-microsoft-rpmsg-message"
# The letter packed away (TNEF), a piece of it, a pointer to it.
_OPAQUE = frozenset({"application/ms-tnef", "application/vnd.ms-tnef", "message/partial", "message/external-body"})
_PGP = "-----BEGIN PGP MESSAGE-----"

_CID = re.compile(r"\bcid:([^\"'\s>)]{1,250})", re.IGNORECASE)
_SAYS_SOMETHING = re.compile(r"\w")
_UNSAFE_IN_NAMES = re.compile(r'[/\\:*?"<>|\n\t]')
_LONGEST_NAME = 180
_BLANKS = b" \t\r\n\x0b\x0c"

_ENDINGS = {"message/rfc822": ".eml", "application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_SENSITIVITIES = frozenset({"personal", "private", "company-confidential"})


def read_mail(raw: bytes, *, mailbox: str, item: Arrived, limits: Limits | None = None) -> Fetched:
    """Return the mail that *raw* is, whatever it is.

    Args:
        raw: RFC 5322 bytes as the mailbox keeps them.
        item: What the folder says of it: its id, and when it came.
    """
    try:
        return _read(raw, mailbox, item, limits or Limits())
    except Exception:  # a fault of ours must not cost a letter: it is kept, numbered and shown to a clerk
        log.exception("a mail could not be read", extra={"mailbox": mailbox, "message_id": item.message_id})
        return _unread(raw, mailbox, item)


def _read(raw: bytes, mailbox: str, item: Arrived, limits: Limits) -> Fetched:
    if len(raw) > limits.size_bytes:
        return _unread(raw, mailbox, item)
    parser = Parser(limits)
    root = parser.parse(raw)
    reader = _Reader(parser)
    reader.walk(root)
    header = root.header
    letter, from_several = _letter(header, reader.text())
    if from_several:
        parser.defect(UNPARSEABLE)
    if len(reader.attached) > 1:
        parser.defect(SEVERAL_LETTERS)
    message_id = next(iter(headers.message_ids(header.get("message-id"))), "")
    mail = Mail(
        mailbox=mailbox,
        item_id=item.item_id,
        identity=_identity(message_id, letter.sender, header, root),
        sha256=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
        received_at=item.received_at,
        message_id=message_id,
        letter=letter,
        to=headers.addresses(header.get("to")),
        cc=headers.addresses(header.get("cc")),
        attached=reader.attached[0] if len(reader.attached) == 1 else None,
        parts=tuple(reader.parts),
        references=_references(header),
        authentication=read_authentication(header.all("authentication-results")),
        our_key=headers.words(header.get(OUR_KEY)),
        auto_submitted=_auto_submitted(header),
        report=root.kind == "multipart/report",
        importance=_importance(header),
        sensitivity=_one_of(header.get("sensitivity"), _SENSITIVITIES),
        unreadable=parser.defects,
    )
    return Fetched(mail, raw, reader.bodies)


def _unread(raw: bytes, mailbox: str, item: Arrived) -> Fetched:
    """A mail of which only the bytes are known."""
    sha256 = hashlib.sha256(raw).hexdigest()
    message_id = next(iter(headers.message_ids(item.message_id)), "")
    mail = Mail(
        mailbox=mailbox,
        item_id=item.item_id,
        identity=f"{message_id}|{sha256}",
        sha256=sha256,
        size_bytes=len(raw),
        received_at=item.received_at,
        message_id=message_id,
        letter=Letter(sender=Address("", ""), subject="", text=""),
        unreadable=(UNPARSEABLE,),
    )
    return Fetched(mail, raw, {})


################################################################
# Body, attachments, the mail within
################################################################


@dataclass(slots=True)
class _Block:
    """A piece of the body, in one or both of its forms."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)


class _Reader:
    """Goes through the leaves of a mail, or of the one within it."""

    def __init__(self, parser: Parser, inside: int = 0) -> None:
        self._parser, self._inside = parser, inside
        self._blocks: list[_Block] = []
        self._images: list[tuple[int, str]] = []  # (place in `parts`, content id): inline if the body shows them
        self.parts: list[Part] = []
        self.bodies: dict[str, bytes] = {}  # by SHA-256
        self.attached: list[Letter] = []

    def walk(self, root: Entity) -> None:
        self._walk(root, None, root)
        if not self._images:
            return
        shown = {cid for block in self._blocks for page in block.html for cid in _CID.findall(page)}
        for place, content_id in self._images:
            if content_id in shown:
                part = self.parts[place]
                self.parts[place] = Part(
                    name=part.name,
                    content_type=part.content_type,
                    size_bytes=part.size_bytes,
                    sha256=part.sha256,
                    inline=True,
                    inside=part.inside,
                )

    def text(self) -> str:
        """The body as a person reads it: each piece in its plain form, if that says anything, else as HTML."""
        said = []
        for block in self._blocks:
            text = "\n".join(block.plain)
            if not _SAYS_SOMETHING.search(text) and block.html:
                pages = [html_text(page) for page in block.html]
                text = cleaned("\n".join(words for words, _ in pages))
                if not all(whole for _, whole in pages):
                    self._parser.defect(UNREADABLE_PART)
            said.append(text.strip("\n"))
        text = "\n".join(said).strip()
        if len(text) > LONGEST_TEXT:
            self._parser.defect(UNREADABLE_PART)
            text = text[:LONGEST_TEXT]
        if text.startswith(_PGP):
            self._parser.defect(ENCRYPTED)
        return text

    def _walk(self, entity: Entity, block: _Block | None, root: Entity) -> None:
        """Sort *entity*; inside an alternative all text goes to one *block*."""
        if entity.children:
            if entity.kind == "multipart/encrypted":
                self._parser.defect(ENCRYPTED)
            if entity.kind == "multipart/alternative" and block is None:
                block = _Block()
                self._blocks.append(block)
            for child in entity.children:
                self._walk(child, block, root)
        elif entity.kind in ("text/plain", "text/html") and not (entity.filename or entity.disposition == "attachment"):
            self._body(entity, block)
        elif _is_mail(entity):
            self._attached_mail(entity)
        else:
            self._judge(entity, root)
            self._part(entity, entity.filename)

    def _body(self, entity: Entity, block: _Block | None) -> None:
        text, certain = decode(entity.content, entity.parameters.get("charset", ""))
        if not certain:
            self._parser.defect(UNREADABLE_PART)
        if block is None:
            block = _Block()
            self._blocks.append(block)
        if entity.kind == "text/html":
            block.html.append(text)
            return
        if len(text) > LONGEST_TEXT:  # nobody reads it here; a clerk opens it in Outlook
            self._parser.defect(UNREADABLE_PART)
            text = text[:LONGEST_TEXT]
        if entity.parameters.get("format", "").lower() == "flowed":
            block.plain.append(_unflowed(text, entity.parameters.get("delsp", "").lower() == "yes"))
        else:
            block.plain.append(text)

    def _attached_mail(self, entity: Entity) -> None:
        if self._inside:
            self._parser.defect(TOO_DEEP)
            self._part(entity, entity.filename)
            return
        within = self._parser.parse(entity.content)
        reader = _Reader(self._parser, inside=1)
        reader.walk(within)
        letter, _ = _letter(within.header, reader.text())
        self._part(entity, entity.filename or letter.subject)
        self.attached.append(letter)
        self.parts += reader.parts
        self.bodies |= reader.bodies

    def _judge(self, entity: Entity, root: Entity) -> None:
        """Say what of a leaf cannot be read although it is there."""
        name = entity.filename.lower()
        if entity.kind in _SMIME and (entity is root or name == "smime.p7m" or "smime-type" in entity.parameters):
            only_signed = entity.parameters.get("smime-type", "").lower() in ("signed-data", "certs-only")
            self._parser.defect(UNREADABLE_PART if only_signed else ENCRYPTED)
        elif entity.kind == _RPMSG or name.endswith(".rpmsg"):
            self._parser.defect(ENCRYPTED)
        elif entity.kind in _OPAQUE or name == "winmail.dat":
            self._parser.defect(UNREADABLE_PART)

    def _part(self, entity: Entity, name: str) -> None:
        sha256 = hashlib.sha256(entity.content).hexdigest()
        if entity.main == "image" and entity.disposition != "attachment" and entity.content_id:
            self._images.append((len(self.parts), entity.content_id))
        self.bodies[sha256] = entity.content
        self.parts.append(
            Part(
                name=safe_name(name, entity.kind, len(self.parts) + 1),
                content_type=entity.kind,
                size_bytes=len(entity.content),
                sha256=sha256,
                inside=self._inside,
            )
        )


def _is_mail(entity: Entity) -> bool:
    """Whether a leaf is a mail; Outlook also attaches one as a file called .eml."""
    if entity.kind in _MAILS:
        return True
    if not entity.filename.lower().endswith(".eml"):
        return False
    header, _ = headers.read_header(entity.content, 0, len(entity.content))
    return bool(header.get("from")) and not header.broken


def _letter(header: Header, text: str) -> tuple[Letter, bool]:
    """The letter of a mail; and whether it names several senders, so that nobody knows who it is from."""
    senders = headers.addresses(header.get("from"))
    letter = Letter(
        sender=senders[0] if senders else Address("", ""),
        subject=headers.words(header.get("subject")),
        text=text,
        sent_at=headers.words(header.get("date")),
        to=", ".join(map(str, headers.addresses(header.get("to")))),
    )
    return letter, len(senders) > 1


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


def safe_name(name: str, kind: str, number: int) -> str:
    """Return a file's name as it may be shown and saved anywhere: no path, no directional marks, never empty."""
    safe = _UNSAFE_IN_NAMES.sub("_", bare(headers.words(name))).strip(" .")
    if not safe:
        return f"attachment-{number}{_ENDINGS.get(kind, '')}"
    if kind == "message/rfc822" and not safe.lower().endswith(".eml"):
        safe += ".eml"
    if len(safe) > _LONGEST_NAME:
        stem, dot, ending = safe.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        safe = safe[: _LONGEST_NAME - len(ending)] + ending
    return safe


################################################################
# Identity, and what the header says beside
################################################################


def _identity(message_id: str, sender: Address, header: Header, root: Entity) -> str:
    """Message-ID and a SHA-256 over From, Date, Subject and the leaves, each in the spelling no server changes."""
    digest = hashlib.sha256()
    subject = "".join(headers.words(header.get("subject")).split())
    for said in (message_id, sender.address.lower(), headers.instant_of(header.get("date")), subject):
        digest.update(hashlib.sha256(said.encode()).digest())
    for leaf in leaves(root):
        content = leaf.content
        if leaf.main == "text":  # servers write it in another charset, with other line ends
            content = decode(content, leaf.parameters.get("charset", ""))[0].encode().translate(None, _BLANKS)
        digest.update(hashlib.sha256(content).digest())
    return f"{message_id}|{digest.hexdigest()}"


def _references(header: Header) -> tuple[str, ...]:
    """The ids of the mails this one answers, the nearest last."""
    ids = headers.message_ids(header.get("references")) + headers.message_ids(header.get("in-reply-to"))
    return tuple(dict.fromkeys(ids))


def _auto_submitted(header: Header) -> str:
    said = headers.words(header.get("auto-submitted")).partition(";")[0].partition(" ")[0].lower()
    if not said and (header.get("x-autoreply") or header.get("x-autorespond")):
        return "auto-replied"
    return said


def _importance(header: Header) -> str:
    said = header.get("importance").strip().lower()
    if said in ("low", "high"):
        return said
    priority = header.get("x-priority").strip()[:1]
    return "high" if priority in ("1", "2") else "low" if priority in ("4", "5") else "normal"


def _one_of(value: str, known: frozenset[str]) -> str:
    said = value.strip().lower()
    return said if said in known else ""
