################################################################
# Letters as Graph shows them: pages, and the bytes of single ones
################################################################
#
# The same letters for every client: 5.6 KB of JSON each, as a message has where nothing is selected, and some 0.5 KB
# where only what the product needs is. Made of numbers, so that every run has the same.

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

MAILBOX = "registry@ministry.example"

_FIRST_AT = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)
_WORDS = "نرجو موافاتنا بالمستندات المطلوبة للربع الثاني من السنة المالية، مع بيان ما تم بشأن الملاحظات السابقة. "
_WHOLE_BYTES = 5_600
_ANNEX_BYTES = 20_000


def selected(number: int) -> dict[str, Any]:
    """Letter *number* where `id`, `internetMessageId` and `receivedDateTime` are selected."""
    return {
        "@odata.etag": f'W/"{_id(number, 40)}"',
        "id": _id(number, 152),
        "receivedDateTime": f"{_at(number):%Y-%m-%dT%H:%M:%SZ}",
        "internetMessageId": _message_id(number),
    }


def whole(number: int) -> dict[str, Any]:
    """Letter *number* with everything that Graph tells of a message."""
    sender = {"emailAddress": {"name": "ديوان المحاسبة", "address": "oversight@audit.example"}}
    registry = {"emailAddress": {"name": "السجل العام", "address": MAILBOX}}
    at = f"{_at(number):%Y-%m-%dT%H:%M:%SZ}"
    letter = selected(number) | {
        "createdDateTime": at,
        "lastModifiedDateTime": at,
        "changeKey": _id(number, 40),
        "categories": [],
        "sentDateTime": at,
        "hasAttachments": number % 3 == 0,
        "subject": _subject(number),
        "bodyPreview": _WORDS[:200],
        "importance": "normal",
        "parentFolderId": _id(0, 120),
        "conversationId": _id(number, 76),
        "conversationIndex": "AQHc" + hashlib.sha256(str(number).encode()).hexdigest()[:28],
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "isRead": True,
        "isDraft": False,
        "webLink": f"https://outlook.office365.com/owa/?ItemID={_id(number, 152)}&exvsurl=1&viewmodel=ReadMessageItem",
        "inferenceClassification": "focused",
        "body": {"contentType": "html", "content": ""},
        "sender": sender,
        "from": sender,
        "toRecipients": [registry],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }
    short_of = _WHOLE_BYTES - len(json.dumps(letter, ensure_ascii=False).encode())
    paragraph = f'<p dir="rtl">{_WORDS}</p>'
    letter["body"]["content"] = paragraph * (short_of // len(json.dumps(paragraph, ensure_ascii=False).encode()) + 1)
    return letter


def mime(number: int) -> bytes:
    """The bytes of letter *number*; every third has an annex of 20 KB."""
    mail = EmailMessage()
    mail["From"] = "ديوان المحاسبة <oversight@audit.example>"
    mail["To"] = MAILBOX
    mail["Subject"] = _subject(number)
    mail["Date"] = _at(number)
    mail["Message-ID"] = _message_id(number)
    mail["Authentication-Results"] = "spf=pass; dkim=pass; dmarc=pass action=none header.from=audit.example"
    mail.set_content(_WORDS * 12)
    mail.add_alternative(f'<html dir="rtl"><body><p>{_WORDS * 12}</p></body></html>', subtype="html")
    if number % 3 == 0:
        annex = b"%PDF-1.7\n" + hashlib.sha256(str(number).encode()).digest() * (_ANNEX_BYTES // 32)
        mail.add_attachment(annex, maintype="application", subtype="pdf", filename=f"كشف {number}.pdf")
    for place, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"----=_letter_{number}_{place}")  # else it is drawn by chance
    return mail.as_bytes(policy=SMTP)


def _subject(number: int) -> str:
    return f"طلب مستندات الربع الثاني رقم {number}"


def _message_id(number: int) -> str:
    return f"<{_id(number, 24)}@audit.example>"


def _at(number: int) -> datetime:
    return _FIRST_AT + timedelta(minutes=7 * number)


def _id(number: int, length: int) -> str:
    """An id as Exchange makes them: case matters, and many begin alike."""
    digest = hashlib.sha512(str(number).encode()).digest() * 3
    return ("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A" + b64encode(digest, b"-_").decode())[-length:]
