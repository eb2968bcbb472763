################################################################
# Drafts: what a caller says of a letter, taken into a message; and the bytes a draft would go out as
################################################################
#
# Rule 1: a property that does not exist, or that may not be written, is refused; nothing is dropped in silence.
# Rule 2: a draft made of MIME becomes properties like any other, and is written anew when it goes out.

import base64
import binascii
import re
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.mail import mime, threads, words
from sandbox.tenant.mail.store import Mailboxes
from sandbox.tenant.mail.view import FIELDS, KNOWN
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Request, refuse
from sandbox.tenant.world import Thing

PEOPLE = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
ALWAYS_WRITABLE = frozenset(
    ("categories", "isRead", "flag", "importance", "inferenceClassification", "isReadReceiptRequested")
)
WRITABLE_IN_DRAFTS = ALWAYS_WRITABLE | {"subject", "from", "sender", "isDeliveryReceiptRequested", *PEOPLE}
BESIDE = ("body", "attachments", "internetMessageHeaders", "singleValueExtendedProperties")
CUSTOM_HEADERS = 5
INTERNET_HEADERS = "string {00020386-0000-0000-c000-000000000046} name "  # PS_INTERNET_HEADERS (MS-OXPROPS)
# PidTagInReplyToId and PidTagInternetReferences: what Exchange writes the two headers from (MS-OXCMAIL).
IN_REPLY_TO, REFERENCES = "string 0x1042", "string 0x1039"
_BY_TAG = re.compile(r"[A-Za-z]+ 0x[0-9A-Fa-f]{1,8}")

# Written by us from the properties, or about the body's form: not carried over from a MIME draft.
OUR_HEADERS = frozenset(
    (
        *("date", "message-id", "from", "to", "cc", "bcc", "reply-to", "subject", "importance", "sender"),
        *("in-reply-to", "references", "thread-topic", "thread-index", "mime-version", "received"),
        *("content-type", "content-transfer-encoding", "content-disposition", "content-id"),
    )
)


def blank(owner: Thing, now: datetime, internet_id: str) -> Thing:
    """The fields of a new draft in *owner*'s mailbox."""
    at, me = graph.instant(now), mime.recipient(owner["displayName"], owner["mail"])
    fields: Thing = dict.fromkeys(FIELDS)
    fields |= {"receivedDateTime": at, "sentDateTime": at, "internetMessageId": internet_id}
    fields |= {"subject": "", "bodyPreview": "", "importance": "normal", "categories": [], "isRead": True}
    fields |= {"isDraft": True, "inferenceClassification": "focused", "flag": {"flagStatus": "notFlagged"}}
    fields |= {"isDeliveryReceiptRequested": False, "isReadReceiptRequested": False, "from": me, "sender": me}
    return fields | {name: [] for name in PEOPLE} | threads.fields(owner["id"], threads.begun(internet_id, now))


def put(tenant: Tenant, owner: Thing, parts: Thing, now: datetime, folder: str = "drafts") -> Thing:
    """Put a new draft of these parts into a folder."""
    fields = {**blank(owner, now, new_internet_id(tenant)), **parts["fields"]}
    rest = {name: value for name, value in parts.items() if name != "fields"}
    rest.setdefault("body", written(tenant, "html", "")["body"])
    return tenant.part(Mailboxes).add(owner["id"], folder, fields, now, **rest)


def new_internet_id(tenant: Tenant) -> str:
    number = tenant.world.next("internet ids")
    return f"<{number:08X}.{tenant.ministry['tenant_id'][:8].upper()}@mail.{tenant.ministry['domain']}>"


################################################################
# From JSON
################################################################


def taken(tenant: Tenant, owner: Thing, said: dict[str, Any], now: datetime, *, draft: bool = True) -> Thing:
    """The parts of a message that *said*, Graph's JSON, gives: fields, body, attachments, headers, properties.

    Raises:
        Refused: 400 for what is no property of a message, or may not be written (on what is no *draft*, most of it);
            403 ErrorSendAsDenied for somebody else's `from`.
    """
    parts: Thing = {"fields": {}}
    writable = WRITABLE_IN_DRAFTS if draft else ALWAYS_WRITABLE
    for name, value in said.items():
        if name.startswith("@") or name in ("id", "changeKey"):
            continue
        if name in writable:
            parts["fields"][name] = _checked(owner, name, value)
        elif name == "singleValueExtendedProperties":
            parts["properties"] = {_property_id(each): str(each["value"]) for each in value}
        elif name in BESIDE and draft:
            parts |= _beside(tenant, name, value, now)
        elif name in KNOWN:
            raise refuse(400, "ErrorInvalidPropertySet", f"The property '{name}' cannot be set here.")
        else:
            message = f"The property '{name}' does not exist on type 'microsoft.graph.message'."
            raise refuse(400, "RequestBodyRead", message)
    if "body" in parts:
        parts["fields"]["bodyPreview"] = parts.pop("preview")
    return parts


def _checked(owner: Thing, name: str, value: Any) -> Any:
    if name in PEOPLE:
        return [_person(each) for each in value or []]
    if name in ("from", "sender") and value is not None:
        person = _person(value)
        if person["emailAddress"]["address"].lower() not in (owner["mail"].lower(), owner["userPrincipalName"].lower()):
            message = "The user account which was used to submit this request does not have the right to send mail"
            raise refuse(403, "ErrorSendAsDenied", f"{message} on behalf of the specified sending account.")
        return mime.recipient(owner["displayName"], owner["mail"])
    if name == "categories" and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise odata.bad_request("categories is a list of texts.")
    if name in ("isRead", "isReadReceiptRequested", "isDeliveryReceiptRequested") and not isinstance(value, bool):
        raise odata.bad_request(f"{name} is true or false.")
    return value if name != "subject" else str(value or "")


def _person(value: Any) -> dict[str, Any]:
    mail = value.get("emailAddress") if isinstance(value, dict) else None
    if not isinstance(mail, dict) or not isinstance(mail.get("address"), str):
        raise refuse(400, "ErrorInvalidRecipients", "A recipient needs an emailAddress with an address.")
    return mime.recipient(str(mail.get("name") or ""), mail["address"].strip())


def _property_id(said: Any) -> str:
    known = isinstance(said, dict) and "value" in said
    if not known or not (len(str(said.get("id", "")).split(" ")) >= 4 or _BY_TAG.fullmatch(str(said.get("id", "")))):
        raise refuse(400, "ErrorInvalidExtendedProperty", "An extended property needs an id and a value.")
    return str(said["id"])


def _beside(tenant: Tenant, name: str, value: Any, now: datetime) -> Thing:
    if name == "body":
        kind = str((value or {}).get("contentType", "text")).lower()
        if kind not in ("text", "html"):
            raise odata.bad_request("body.contentType is text or html.")
        return written(tenant, kind, str((value or {}).get("content") or ""))
    if name == "internetMessageHeaders":
        headers = [[str(each.get("name")), str(each.get("value"))] for each in value or []]
        if len(headers) > CUSTOM_HEADERS or any(not key.lower().startswith("x-") for key, _ in headers):
            message = f"The internet message header must start with 'x-' or 'X-', {CUSTOM_HEADERS} of them at most."
            raise refuse(400, "InvalidInternetMessageHeader", message)
        return {"headers": headers}
    return {"attachments": [attached(tenant, each, now) for each in value or []]}


def written(tenant: Tenant, kind: str, content: str) -> Thing:
    """A body, as the parts of a message hold it, with its preview."""
    body = {"contentType": kind, "sha256": tenant.world.keep(content.encode("utf-8", "surrogatepass"))}
    return {"body": body, "preview": words.preview(kind, content)}


################################################################
# Attachments
################################################################


def attached(tenant: Tenant, said: Any, now: datetime) -> Thing:
    """An attachment, as a message holds it, out of Graph's JSON. Raises Refused with 400."""
    kind = str(said.get("@odata.type", "") if isinstance(said, dict) else "").rpartition(".")[2]
    if kind == "fileAttachment":
        try:
            raw = base64.b64decode(said.get("contentBytes") or "", validate=True)
        except (binascii.Error, TypeError) as why:
            raise odata.bad_request("contentBytes is not base64.") from why
        part = mime.Part("file", _name(said), str(said.get("contentType") or "application/octet-stream"), raw)
        return kept(tenant, part, now, inline=bool(said.get("isInline")), content_id=said.get("contentId"))
    if kind == "itemAttachment" and isinstance(said.get("item"), dict):
        return kept(tenant, mime.Part("item", _name(said), "message/rfc822", _item(said["item"], now)), now)
    if kind == "referenceAttachment":
        return kept(tenant, mime.Part("reference", _name(said), "text/html", b""), now)
    raise odata.bad_request("An attachment needs its @odata.type: fileAttachment, itemAttachment, referenceAttachment.")


def _name(said: dict[str, Any]) -> str:
    if not isinstance(said.get("name"), str) or not said["name"]:
        raise refuse(400, "ErrorInvalidRequest", "Required property 'name' is missing in the attachment.")
    return str(said["name"])


def _item(item: dict[str, Any], now: datetime) -> bytes:
    """The bytes of a letter within the letter that was given as JSON."""
    fields = {name: item.get(name) for name in ("subject", "from", *PEOPLE)}
    kind = str((item.get("body") or {}).get("contentType", "text")).lower()
    content = str((item.get("body") or {}).get("content") or "")
    plain = words.as_text(content) if kind == "html" else content
    return mime.write(fields, (kind, content, plain), [], [("Date", format_datetime(now))])


def kept(
    tenant: Tenant, part: mime.Part, now: datetime, *, inline: bool | None = None, content_id: str | None = None
) -> Thing:
    """An attachment, as a message holds it; `size` counts its encoded form, as Exchange does."""
    sha256 = tenant.world.keep(part.content)
    return {
        "id": f"AAMkAGatt{tenant.world.next('attachments'):012d}{sha256[:24]}=",
        "kind": part.kind,
        "name": part.name,
        "contentType": part.content_type,
        "isInline": part.inline if inline is None else inline,
        "contentId": content_id or part.content_id,
        "sha256": sha256,
        "size": (len(part.content) + 2) // 3 * 4 + 200,
        "lastModifiedDateTime": graph.instant(now),
    }


################################################################
# From MIME, and to MIME
################################################################


def mime_given(request: Request) -> bytes | None:
    """The letter's bytes when a request carries them instead of JSON. Raises Refused with 400."""
    if not request.headers.get("content-type", "").startswith("text/plain"):
        return None
    graph.require_small(request)
    try:
        return base64.b64decode(request.body, validate=False)
    except binascii.Error as why:
        message = "Invalid base64 string for MIME content."
        raise refuse(400, "ErrorMimeContentInvalidBase64String", message) from why


def taken_from_mime(tenant: Tenant, owner: Thing, raw: bytes, now: datetime) -> Thing:
    """The parts of a draft that a letter's bytes give."""
    letter = mime.read(raw)
    fields = {"subject": letter.subject, "toRecipients": letter.to, "ccRecipients": letter.cc}
    fields |= {"replyTo": letter.reply_to, "importance": letter.importance}
    if letter.sender is not None:
        fields["from"] = _checked(owner, "from", letter.sender)
    if letter.message_id:
        fields["internetMessageId"] = letter.message_id
    body = written(tenant, letter.content_type, letter.body)
    parts: Thing = {
        "fields": {**fields, "bodyPreview": body.pop("preview")},
        **body,
        "attachments": [kept(tenant, part, now) for part in letter.parts],
        "headers": [[name, value] for name, value in letter.headers if name.lower() not in OUR_HEADERS],
        "thread": {"in_reply_to": letter.in_reply_to, "references": letter.references},
    }
    if len(letter.thread_index) >= threads.HEAD:
        parts["fields"] |= threads.fields(owner["id"], letter.thread_index)
    return parts


def mime_of(tenant: Tenant, message: Thing, now: datetime) -> bytes:
    """The bytes of a draft, as it would go out now."""
    fields, thread = message["fields"], message["thread"]
    kind, content = tenant.part(Mailboxes).body(message)
    headers = [("Date", format_datetime(now.replace(microsecond=0)))]
    headers.append(("Message-ID", fields["internetMessageId"]))
    tagged = {i.lower(): value for i, value in message.get("properties", {}).items()}
    answers = tagged.get(IN_REPLY_TO) or thread.get("in_reply_to")
    references = tagged.get(REFERENCES, "").split() or thread.get("references")
    if answers:
        headers.append(("In-Reply-To", answers))
    if references:
        headers.append(("References", "\r\n ".join(references)))
    topic = words.topic(fields["subject"] or "")
    headers.append(("Thread-Topic", mime.encoded(topic, "Thread-Topic")))
    headers.append(("Thread-Index", fields["conversationIndex"]))
    named = {name.rpartition(" Name ")[2]: value for name, value in _as_headers(message).items()}
    headers += [(name, mime.encoded(value, name)) for name, value in (*message["headers"], *named.items())]
    parts = [part_of(tenant, each) for each in message["attachments"] if each["kind"] != "reference"]
    return mime.write(fields, (kind, content, words.as_text(content) if kind == "html" else content), parts, headers)


def _as_headers(message: Thing) -> dict[str, str]:
    """The properties of a message that Exchange writes as headers."""
    return {i: value for i, value in message.get("properties", {}).items() if i.lower().startswith(INTERNET_HEADERS)}


def part_of(tenant: Tenant, each: Thing) -> mime.Part:
    raw = tenant.world.bytes_of(each["sha256"])
    return mime.Part(each["kind"], each["name"], each["contentType"], raw, each["isInline"], each["contentId"])
