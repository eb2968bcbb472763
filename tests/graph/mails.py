"""Mails for tests, written as a mailer would put them on the wire."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from graph.mime import read_mail
from registry.mail import Mail
from service.ports import Arrived, Fetched

MAILBOX = "registry@ministry.example"
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ITEM = Arrived(item_id="AAk1", message_id="<m1@audit.example>", received_at=NOON)

HEAD = (
    b"From: Audit Bureau <oversight@audit.example>\r\n"
    b"To: registry@ministry.example\r\n"
    b"Subject: Documents\r\n"
    b"Date: Sun, 22 Nov 2026 11:00:00 +0300\r\n"
    b"Message-ID: <m1@audit.example>\r\n"
    b"MIME-Version: 1.0\r\n"
)


def fetched(raw: bytes) -> Fetched:
    return read_mail(raw, mailbox=MAILBOX, item=ITEM)


def read(raw: bytes) -> Mail:
    return fetched(raw).mail


def plain(text: str, charset: str = "utf-8", **headers: str) -> bytes:
    """A mail of one plain text."""
    mail = EmailMessage(policy=SMTP)
    for name, value in {"From": "a@b.example", "Message_ID": "<m1@b.example>", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, charset=charset, cte="base64")
    return mail.as_bytes()


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "q", head: bytes = HEAD) -> bytes:
    """A mail of these parts, each with its own header."""
    edge = boundary.encode()
    body = b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        head
        + f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + body
        + b"--"
        + edge
        + b"--\r\n"
    )


def part(
    kind: str, content: bytes, *, name: str = "", disposition: str = "", more: str = "", encoded: bool = True
) -> bytes:
    """A part, in base64 unless it is not to be *encoded*."""
    lines = [f"Content-Type: {kind}"]
    if name or disposition:
        lines.append(f"Content-Disposition: {disposition or 'attachment'}" + (f'; filename="{name}"' if name else ""))
    if encoded:
        lines.append("Content-Transfer-Encoding: base64")
    lines += [more] if more else []
    body = base64.encodebytes(content).replace(b"\n", b"\r\n") if encoded else content
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def text(words: str, kind: str = "plain") -> bytes:
    return part(f"text/{kind}; charset=utf-8", words.encode())
