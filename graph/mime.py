################################################################
# A mail read from its bytes
################################################################
#
# Rule 1: pure, and never raises: what cannot be understood is said in `Mail.unreadable`; such a mail is quarantined.
# Rule 2: every leaf is a part or belongs to the body: the parts add up (graph/mail_parts.py, graph/accounting.py).
# Rule 3: a letter's identity is what its writer made of it (From, Date, Subject, decoded parts), not what servers added
#         on the way; some of them give it another Message-ID. That counts only where there is no Date: letters sent
#         every month in the same words are as many letters.

import hashlib
import logging
from dataclasses import replace
from typing import Literal

from graph import headers
from graph.authentication import read_authentication
from graph.charsets import decode
from graph.headers import Header
from graph.mail_parts import Reader, View
from graph.mime_tree import UNPARSEABLE, Entity, Limits, Parser, leaves
from graph.reports import read_report
from registry.mail import Address, Letter, Mail
from service.ports import Arrived, Fetched
from service.unsafe import remarks_of

log = logging.getLogger("tarasul.graph")

OUR_KEY = "x-tarasul-key"  # the header that our own mails carry

_BLANKS = b" \t\r\n\x0b\x0c"
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
    reader = Reader(parser)
    reader.walk(raw, root)
    header = root.header
    letter = reader.letter(header)
    if len(headers.addresses(header.get("from"))) > 1:  # nobody knows who it is from
        parser.defect(UNPARSEABLE)
    end = _end(raw, root)
    said_id = header.get("message-id") or (item.message_id if end == "cut" else "")  # which may lie behind the cut
    message_id = next(iter(headers.message_ids(said_id)), "")
    parts = tuple(replace(part, remarks=remarks_of(reader.bodies[part.sha256])) for part in reader.parts)
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
        parts=parts,
        references=_references(header),
        authentication=read_authentication(header.all("authentication-results")),
        our_key=headers.words(header.get(OUR_KEY)),
        auto_submitted=_auto_submitted(header),
        null_sender=header.get("return-path").replace(" ", "") == "<>",
        report=read_report(root, OUR_KEY) if root.kind == "multipart/report" else None,
        importance=_importance(header),
        sensitivity=_one_of(header.get("sensitivity"), _SENSITIVITIES),
        remarks=tuple(dict.fromkeys((*reader.remarks, *(remark for part in parts for remark in part.remarks)))),
        repairs=tuple(reader.repairs),
        unreadable=parser.defects,
    )
    return Fetched(mail, raw, reader.bodies, end)


def read_views(raw: bytes, limits: Limits | None = None) -> list[View]:
    """Return what the mail *raw* shows, and below it what each mail attached to it does; nothing of one that cannot be
    read. Never raises."""
    limits = limits or Limits()
    if len(raw) > limits.size_bytes:
        return []
    try:
        parser = Parser(limits)
        root = parser.parse(raw)
        reader = Reader(parser)
        reader.walk(raw, root)
        letter = reader.letter(root.header)
        return [reader.view(letter), *reader.within]
    except Exception:
        log.exception("a mail could not be shown")
        return []


def read_words(raw: bytes) -> str:
    """Return the text of the mail *raw* and, below it, of each mail attached to it, as a person reads them."""
    return "\n\n".join(view.letter.text for view in read_views(raw) if view.letter.text)


def _end(raw: bytes, root: Entity) -> Literal["closed", "cut", "text", "file"]:
    """How the mail ends. A header ends with an empty line, a multipart with its last boundary, base64 with a group of
    four; text ends anywhere."""
    if b"\n\n" not in raw and b"\n\r\n" not in raw:
        return "cut"
    if root.children:
        return "closed" if root.closed else "cut"
    if root.main == "multipart":  # none of its parts began
        return "cut" if root.parameters.get("boundary") else "closed"
    if not root.whole and root.header.get("content-transfer-encoding").strip().lower() == "base64":
        return "cut"
    return "text" if root.kind in ("text/plain", "text/html") else "file"


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
# Identity, and what the header says beside
################################################################


def _identity(message_id: str, sender: Address, header: Header, root: Entity) -> str:
    """A SHA-256 over From, Date, Subject and the leaves, each in the spelling no server changes."""
    digest = hashlib.sha256()
    subject = "".join(headers.words(header.get("subject")).split())
    sent_at = headers.instant_of(header.get("date"))
    for said in (sender.address.lower(), sent_at, subject):
        digest.update(hashlib.sha256(said.encode()).digest())
    for leaf in leaves(root):
        content = leaf.content
        if leaf.main == "text":  # servers write it in another charset, with other line ends
            content = decode(content, leaf.parameters.get("charset", ""))[0].encode().translate(None, _BLANKS)
        digest.update(hashlib.sha256(content).digest())
    return f"|{digest.hexdigest()}" if sent_at else f"{message_id}|{digest.hexdigest()}"


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
