################################################################
# The words of a letter: HTML and plain text, and how Outlook quotes
################################################################
#
# Rule 1: a letter keeps the form in which it was written; the other is made when it is asked for.
# Rule 2: the quoted head is written in the language of who quotes, with Outlook's own words.

import re
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

type Json = dict[str, Any]

ZONE = ZoneInfo("Asia/Kuwait")
PREVIEW_LENGTH = 255

_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr", "table", "blockquote"}
_UNSEEN = {"style", "script", "head", "title"}
_ACTIVE = re.compile(r"<(script|iframe|object|embed)\b.*?</\1\s*>|<(script|iframe|object|embed)\b[^>]*>", re.I | re.S)
_HANDLERS = re.compile(r"""\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.I)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in ("p", "div", "tr", "table"):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))


def as_text(html: str) -> str:
    """What a reader sees of *html*, line by line."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def as_html(text: str) -> str:
    """Plain text as Exchange dresses it up for those who ask for HTML."""
    lines = escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>\n")
    return page(f'<div class="PlainText">{lines}</div>')


def page(inner: str) -> str:
    head = '<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
    return f"<html>{head}<body>\r\n{inner}\r\n</body></html>"


def harmless(html: str) -> str:
    """*html* without what a browser would run."""
    return _HANDLERS.sub("", _ACTIVE.sub("", html))


def preview(content_type: str, content: str) -> str:
    """The first 255 characters that a list shows."""
    text = as_text(content) if content_type == "html" else content
    return " ".join(text.split())[:PREVIEW_LENGTH]


################################################################
# Replies and forwards
################################################################

LABELS = {
    "ar": {"from": "من", "sent": "تم الإرسال", "to": "إلى", "cc": "نسخة", "subject": "الموضوع"},
    "en": {"from": "From", "sent": "Sent", "to": "To", "cc": "Cc", "subject": "Subject"},
}
PREFIXES = {"ar": {"reply": "رد: ", "forward": "إعادة توجيه: "}, "en": {"reply": "Re: ", "forward": "Fw: "}}
_PREFIX = re.compile(r"^\s*(?:(?:re|fw|fwd|رد|إعادة توجيه|اعادة توجيه)\s*:\s*)+", re.I)
_DAYS = {
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
        *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def language(owner: Json) -> str:
    return "ar" if str(owner.get("preferredLanguage") or "ar").startswith("ar") else "en"


def topic(subject: str) -> str:
    """The subject without what replies and forwards put before it."""
    return _PREFIX.sub("", subject)


def prefixed(subject: str, way: str, lang: str) -> str:
    """The subject of a reply or forward ("reply", "forward")."""
    return PREFIXES[lang][way] + topic(subject)


def local_time(iso: str, lang: str) -> str:
    """An instant as Outlook writes it into a quoted head, in the ministry's time."""
    at = datetime.fromisoformat(iso).astimezone(ZONE)
    day, month = _DAYS[lang][at.weekday()], _MONTHS[lang][at.month - 1]
    half = ("ص" if at.hour < 12 else "م") if lang == "ar" else ("AM" if at.hour < 12 else "PM")
    clock = f"{(at.hour - 1) % 12 + 1}:{at.minute:02d} {half}"
    if lang == "ar":
        return f"{day}، {at.day} {month}، {at.year} {clock}"
    return f"{day}, {month} {at.day}, {at.year} {clock}"


def named(recipient: Json) -> str:
    """One address as a reader sees it: Name <address>."""
    mail = recipient.get("emailAddress", {})
    name, address = mail.get("name") or "", mail.get("address") or ""
    return f"{name} <{address}>" if name and name != address else address


def quoted_head(fields: Json, lang: str) -> list[tuple[str, str]]:
    """The lines that say whose the quoted letter is."""
    words = LABELS[lang]
    lines = [
        (words["from"], named(fields["from"]) if fields.get("from") else ""),
        (words["sent"], local_time(fields.get("sentDateTime") or fields["receivedDateTime"], lang)),
        (words["to"], "; ".join(map(named, fields.get("toRecipients") or []))),
    ]
    if fields.get("ccRecipients"):
        lines.append((words["cc"], "; ".join(map(named, fields["ccRecipients"]))))
    return [*lines, (words["subject"], fields.get("subject") or "")]


def quoting(comment_html: str, fields: Json, original_html: str, lang: str) -> str:
    """The body of a reply or forward: what its writer says, Outlook's divider and head, the letter itself."""
    direction = "rtl" if lang == "ar" else "ltr"
    head = "<br>\r\n".join(f"<b>{label}:</b> {escape(text, quote=False)}" for label, text in quoted_head(fields, lang))
    divider = (
        '<hr tabindex="-1" style="display:inline-block; width:98%">\r\n'
        f'<div id="divRplyFwdMsg" dir="{direction}"><font face="Calibri, sans-serif" color="#000000"'
        f' style="font-size:11pt">{head}</font>\r\n<div>&nbsp;</div>\r\n</div>'
    )
    said = f'<div dir="{direction}">{comment_html}</div>\r\n'
    body = re.search(r"<body[^>]*>", original_html, re.I)
    if body is None:
        return page(f"{said}{divider}\r\n{original_html}")
    return f"{original_html[: body.end()]}\r\n{said}{divider}\r\n{original_html[body.end() :]}"


def unique_part(html: str) -> str:
    """What a letter says itself, without the letters it quotes."""
    return re.split(r'<hr[^>]*>\s*<div id="divRplyFwdMsg"', html, maxsplit=1)[0]
