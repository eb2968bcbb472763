################################################################
# RFC 5322: reading the bytes of a letter into Graph's properties, and writing them from such
################################################################
#
# Rule 1: reading never fails. What is broken is read as far as it goes, as Exchange does; the bytes stay as they came.
# Rule 2: writing is done with the standard email package; names and subjects beyond ASCII as RFC 2047 and 2231 say.

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import Header, decode_header
from email.message import EmailMessage, Message
from email.policy import SMTP, compat32
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime, quote
from typing import Any, cast

type Json = dict[str, Any]

# Source lines are left as they are: refolding a stranger's header can fail.
POLICY = SMTP.clone(refold_source="none")


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment, as bytes. `kind` is "item" for a letter within the letter, else "file"."""

    kind: str
    name: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What was read out of a letter's bytes. Addresses are Graph's recipients; `headers` are unfolded and decoded."""

    subject: str
    sender: Json | None
    to: list[Json]
    cc: list[Json]
    reply_to: list[Json]
    sent_at: Any  # an aware datetime, or None where Date is missing or unreadable
    message_id: str | None
    in_reply_to: str | None
    references: list[str]
    thread_index: bytes
    importance: str
    content_type: str  # of the body: "html" or "text"
    body: str
    headers: list[tuple[str, str]]
    parts: list[Part] = field(default_factory=list)


################################################################
# Reading
################################################################


def read(raw: bytes) -> Letter:
    """Read a letter out of its bytes, whatever they are."""
    message = message_from_bytes(raw, policy=compat32)
    headers = [(name, _unfolded(value)) for name, value in message.raw_items()]
    first = {name.lower(): value for name, value in reversed(headers)}
    content_type, body, parts = _content(message)
    senders = _recipients(headers, "from") or _recipients(headers, "sender")
    importance = first.get("importance", "").strip().lower()
    return Letter(
        subject=_text(first.get("subject", "")),
        sender=senders[0] if senders else None,
        to=_recipients(headers, "to"),
        cc=_recipients(headers, "cc"),
        reply_to=_recipients(headers, "reply-to"),
        sent_at=_date(first.get("date", "")),
        message_id=_first_id(first.get("message-id", "")),
        in_reply_to=_first_id(first.get("in-reply-to", "")),
        references=re.findall(r"<[^<>\s]+>", first.get("references", "")),
        thread_index=_base64(first.get("thread-index", "")),
        importance=importance if importance in ("high", "low") else "normal",
        content_type=content_type,
        body=body,
        headers=[(name, _text(value)) for name, value in headers],
        parts=parts,
    )


def _unfolded(value: object) -> str:
    return re.sub(r"\r?\n(?=[ \t])", "", str(value)).replace("\r", " ").replace("\n", " ")


def _text(value: str) -> str:
    """A header as a reader sees it. Bytes that no charset was named for are UTF-8 if they can be, else Latin-1."""
    text = value.strip()
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        return _guessed(text.encode("utf-8", "surrogateescape"))
    try:
        return "".join(_decoded(chunk, charset) for chunk, charset in decode_header(text))
    except (ValueError, binascii.Error):
        return text


def _decoded(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "ascii")
    except (LookupError, UnicodeDecodeError):
        return _guessed(chunk)


def _guessed(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _recipients(headers: list[tuple[str, str]], name: str) -> list[Json]:
    values = [value for each, value in headers if each.lower() == name]
    found = getaddresses(values, strict=False)
    return [recipient(_text(shown), _text(address)) for shown, address in found if address]


def recipient(name: str, address: str) -> Json:
    return {"emailAddress": {"name": name or address, "address": address}}


def _first_id(value: str) -> str | None:
    found = re.search(r"<[^<>]+>", value)
    return found[0] if found else None


def _date(value: str) -> Any:
    try:
        at = parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, IndexError):
        return None
    return at if at is None or at.tzinfo else None


def _base64(value: str) -> bytes:
    try:
        return binascii.a2b_base64(value)
    except (binascii.Error, ValueError):
        return b""


def _content(message: Message) -> tuple[str, str, list[Part]]:
    """The body, HTML where there is any, and everything else as parts."""
    bodies: dict[str, str] = {}
    parts: list[Part] = []
    for leaf, alternative in _leaves(message, False):
        kind = {"text/html": "html", "text/plain": "text"}.get(leaf.get_content_type())
        attached = leaf.get_content_disposition() == "attachment" or leaf.get_filename() is not None
        if kind is not None and not attached and (kind not in bodies and (alternative or not bodies)):
            bodies[kind] = _words(leaf)
        else:
            parts.append(_part(leaf, len(parts) + 1))
    if "html" in bodies:
        return "html", bodies["html"], parts
    return "text", bodies.get("text", ""), parts


def _leaves(message: Message, alternative: bool) -> Iterator[tuple[Message, bool]]:
    """The parts that hold something, and whether they stand in an alternative. A letter within the letter is one."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for inner in message.get_payload():
            if isinstance(inner, Message):
                yield from _leaves(inner, alternative or message.get_content_subtype() == "alternative")
    else:
        yield message, alternative


def _words(leaf: Message) -> str:
    raw = leaf.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(str(leaf.get_content_charset() or "ascii")).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError):
        return _guessed(raw).replace("\r\n", "\n")


def _part(leaf: Message, number: int) -> Part:
    content_type = leaf.get_content_type()
    content_id = _unfolded(leaf.get("Content-ID", "")).strip().strip("<>") or None
    name = _text(_unfolded(collapse_rfc2231_value(leaf.get_filename() or ""))).replace("\x00", "")
    inner = leaf.get_payload()
    if content_type == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
        raw = inner[0].as_bytes(policy=compat32.clone(linesep="\r\n"))
        return Part("item", read(raw).subject or name or "Untitled", content_type, raw, False, content_id)
    body = leaf.get_payload(decode=True)
    content = body if isinstance(body, bytes) else b""
    named = name or f"ATT{number:05d}{'.txt' if content_type == 'text/plain' else '.bin'}"
    inline = leaf.get_content_disposition() == "inline" or (
        content_id is not None and leaf.get_content_maintype() == "image" and leaf.get_content_disposition() is None
    )
    return Part("file", named, content_type, content, inline, content_id)


################################################################
# Writing
################################################################


def write(fields: Json, body: tuple[str, str, str], parts: list[Part], headers: list[tuple[str, str]]) -> bytes:
    """Write a letter.

    Args:
        fields: Graph's properties of the message; blind copies are not written.
        body: Its content type ("html" or "text"), the content, and the same as plain text.
        headers: What is written besides, ASCII only: Date, Message-ID, References and the like.
    """
    lines = [*headers]
    for name, key in (("From", "from"), ("To", "toRecipients"), ("Cc", "ccRecipients"), ("Reply-To", "replyTo")):
        value = fields.get(key)
        people = [value] if isinstance(value, dict) else value or []
        if people:
            lines.append((name, ",\r\n ".join(_address(person["emailAddress"]) for person in people)))
    lines.append(("Subject", encoded(fields.get("subject") or "", "Subject")))
    if fields.get("importance") in ("high", "low"):
        lines.append(("Importance", fields["importance"]))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    raw = _body(body, parts, head).as_bytes(policy=POLICY)
    for part in parts:
        raw = raw.replace(_place_of(part).encode(), _encoded_content(part))
    return head.encode("ascii", "replace") + raw


def encoded(text: str, header: str) -> str:
    """*text* for a header: as it is when it is ASCII, else as RFC 2047 says."""
    plain = " ".join(text.split())
    if plain.isascii() and len(plain) < 900:
        return plain
    return Header(plain, "utf-8", header_name=header).encode(linesep="\r\n")


def _address(mail: Json) -> str:
    name, address = mail.get("name") or "", mail.get("address") or ""
    if name == address or not name:
        return str(address)
    shown = f'"{quote(" ".join(name.split()))}"' if name.isascii() else encoded(name, "To")
    return f"{shown} <{address}>"


def _body(body: tuple[str, str, str], parts: list[Part], seed: str) -> EmailMessage:
    """The body and its parts, whose contents are put in their places last: the standard package would take seconds."""
    content_type, content, plain = body
    pictures = [part for part in parts if content_type == "html" and part.inline and part.content_id]
    message = EmailMessage(policy=POLICY)
    message.set_content(plain, cte="base64")
    if content_type == "html":
        message.add_alternative(content, subtype="html", cte="base64")
        html = cast("list[EmailMessage]", message.get_payload())[1]
        if pictures:
            html.make_related()
        for part in pictures:
            html.attach(_placed(part))
    others = [part for part in parts if part not in pictures]
    if others:
        message.make_mixed()
    for part in others:
        message.attach(_placed(part))
    multiparts = [leaf for leaf in message.walk() if leaf.get_content_maintype() == "multipart"]
    for number, multipart in enumerate(multiparts):
        multipart.set_boundary(f"_{number:03d}_{hashlib.sha256(seed.encode()).hexdigest()[:32].upper()}_")
    return message


def _placed(part: Part) -> EmailMessage:
    """The part with its headers, and in place of its content a mark."""
    placed = EmailMessage(policy=POLICY)
    placed["Content-Type"] = "message/rfc822" if _is_letter(part) else _type(part)
    placed["Content-Transfer-Encoding"] = "8bit" if _is_letter(part) else "base64"
    name = re.sub(r"[\x00-\x1f\x7f]", "_", part.name)
    placed.add_header("Content-Disposition", "inline" if part.inline else "attachment", filename=name)
    if part.content_id:
        placed["Content-ID"] = f"<{part.content_id}>"
    placed.set_payload(_place_of(part))
    return placed


def _place_of(part: Part) -> str:
    return f"{'letter' if _is_letter(part) else 'file'}-{hashlib.sha256(part.content).hexdigest()}"


def _encoded_content(part: Part) -> bytes:
    """A letter as it is: taken apart and put together it would be another. A file in base64."""
    return part.content if _is_letter(part) else base64.encodebytes(part.content).replace(b"\n", b"\r\n")


def _is_letter(part: Part) -> bool:
    return part.kind == "item" or part.content_type == "message/rfc822"


def _type(part: Part) -> str:
    found = re.fullmatch(r"([\w.+-]+)/[\w.+-]+", part.content_type or "")
    if found is None or found[1].lower() in ("multipart", "message"):  # these have rules of their own
        return "application/octet-stream"
    return part.content_type
