################################################################
# Outlook's own form of a mail: properties into the entities that a MIME mail has
################################################################
#
# Rule 1: what was in the mail when Outlook kept it is given as it would have come by MIME, so that it is read by the
#         same reader: header, text, annexes, mails within.
# Rule 2: the internet header is believed where Outlook kept it; else one is made of what the properties say.
#
# Source: [MS-OXPROPS], [MS-OXCMSG], [MS-OXCMAIL]

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from graph import charsets, headers
from graph.headers import Header
from graph.mime_tree import Entity
from graph.rtf import plain_rtf, read_rtf

STRING8, UNICODE, BINARY, OBJECT, SYSTIME = 0x001E, 0x001F, 0x0102, 0x000D, 0x0040

SUBJECT = 0x0037
BODY, RTF, HTML = 0x1000, 0x1009, 0x1013
INTERNET_HEADERS, INTERNET_ID = 0x007D, 0x1035
DISPLAY_TO, DISPLAY_CC = 0x0E04, 0x0E03
SENT, DELIVERED = 0x0039, 0x0E06
_SENDERS = ((0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F))  # name, SMTP address, address of some kind
INTERNET_CODE_PAGE, MESSAGE_CODE_PAGE = 0x3FDE, 0x3FFD

DATA, METHOD, CONTENT_ID, MIME_TAG = 0x3701, 0x3705, 0x3712, 0x370E
_FILE_NAMES = (0x3707, 0x3704, 0x3001)
_PATH_NAMES = (0x370D, 0x3708)
BY_WEB_REFERENCE, EMBEDDED = 7, 5

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_ONCE_WIDE = {65001: "utf-8", 20127: "us-ascii", 28591: "iso-8859-1", 28596: "iso-8859-6", 1200: "utf-16-le"}


@dataclass(slots=True)
class Properties:
    """The properties of a mail or an attachment: bytes as they stand, by id, with their type."""

    values: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    code_page: int = 1252  # of its 8-bit texts

    def text(self, *ids: int) -> str:
        """The first of *ids* that is a text which says something."""
        for number in ids:
            kind, raw = self.values.get(number, (0, b""))
            if kind == UNICODE:
                text = raw.decode("utf-16-le", "replace")
            elif kind == STRING8:
                text = charsets.read_text(raw.rstrip(b"\0"), charset_of(self.code_page)).words
            else:
                continue
            if text := charsets.cleaned(text).strip("\0"):
                return text
        return ""

    def binary(self, number: int) -> bytes:
        kind, raw = self.values.get(number, (0, b""))
        return raw if kind in (BINARY, OBJECT) else b""

    def whole_number(self, number: int) -> int:
        _, raw = self.values.get(number, (0, b""))
        return int.from_bytes(raw[:4], "little")

    def instant(self, *ids: int) -> datetime | None:
        for number in ids:
            kind, raw = self.values.get(number, (0, b""))
            if kind == SYSTIME and len(raw) >= 8:
                try:
                    return _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "little") // 10)
                except OverflowError:
                    continue
        return None


def charset_of(code_page: int) -> str:
    return _ONCE_WIDE.get(code_page, f"cp{code_page}")


def mail_of(said: Properties, annexes: Sequence[Entity]) -> Entity:
    """Return the mail of *said* with *annexes*. Raises ValueError where its text is packed and cannot be unpacked."""
    children = (*_texts(said), *annexes)
    return Entity(_header(said), "multipart/mixed", children=children)


def annex_of(said: Properties, opened: Entity | None = None) -> Entity:
    """Return an attachment. One that is kept in the cloud comes as its address."""
    name = said.text(*_FILE_NAMES)
    content_id = said.text(CONTENT_ID)
    header = Header((("content-id", content_id),) if content_id else ())
    if opened is not None:
        return Entity(header, "message/rfc822", filename="", content=_shown(opened), opened=opened)
    if said.whole_number(METHOD) == BY_WEB_REFERENCE:
        return Entity(header, "text/uri-list", filename=name, content=said.text(*_PATH_NAMES).encode(), whole=False)
    kind = headers.parameters(said.text(MIME_TAG)).first
    content = said.binary(DATA)
    disposition = "inline" if content_id else "attachment"
    return Entity(
        header,
        kind if "/" in kind else "application/octet-stream",
        disposition=disposition,
        filename=name,
        content=content,
    )


def _shown(mail: Entity) -> bytes:
    """A mail that has no bytes of its own, since it lies in another: its header, and the text it begins with."""
    lines = "".join(f"{name.title()}: {value}\r\n" for name, value in mail.header.lines)
    leaves = (leaf for part in mail.children for leaf in (part.children or (part,)))
    text = next((leaf.content for leaf in leaves if leaf.kind == "text/plain"), b"")
    return f"{lines}\r\n".encode("utf-8", "replace") + text


def _texts(said: Properties) -> tuple[Entity, ...]:
    plain, page = said.text(BODY), said.text(HTML).encode("utf-8", "replace")
    charset = "utf-8"
    if not page and (page := said.binary(HTML)):
        charset = charset_of(said.whole_number(INTERNET_CODE_PAGE) or said.code_page)
    if not (plain or page) and (packed := said.binary(RTF)):
        plain, from_html = read_rtf(plain_rtf(packed))
        if from_html:
            plain, page = "", plain.encode("utf-8", "replace")
    forms = []
    if plain:
        forms.append(Entity(Header(), "text/plain", {"charset": "utf-8"}, content=plain.encode("utf-8", "replace")))
    if page:
        forms.append(Entity(Header(), "text/html", {"charset": charset}, content=page))
    return (Entity(Header(), "multipart/alternative", children=tuple(forms)),) if forms else ()


def _header(said: Properties) -> Header:
    """The header that came by the internet; else what the properties say of sender, subject and time."""
    raw = said.text(INTERNET_HEADERS).lstrip().encode("utf-8", "replace")
    kept, _ = headers.read_header(raw, 0, len(raw))
    if kept.get("from"):
        return kept
    sent = said.instant(SENT, DELIVERED)
    lines = {
        "from": next((who for ids in _SENDERS if (who := _sender(said, ids))), ""),
        "to": said.text(DISPLAY_TO),
        "cc": said.text(DISPLAY_CC),
        "subject": said.text(SUBJECT),
        "date": format_datetime(sent) if sent is not None else "",
        "message-id": said.text(INTERNET_ID),
    }
    return Header(tuple((name, " ".join(value.split())) for name, value in lines.items() if value))


def _sender(said: Properties, ids: tuple[int, int, int]) -> str:
    name, *addresses = (said.text(number).strip() for number in ids)
    address = next((a for a in addresses if "@" in a), "")
    quoted = name.replace("\\", "").replace('"', "")
    return f'"{quoted}" <{address}>' if address else f'"{quoted}"' if quoted else ""
