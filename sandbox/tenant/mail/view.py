################################################################
# A message as Graph shows it
################################################################
#
# Rule 1: what a caller sees depends on what they ask ($select, $expand) and prefer (id type, text instead of HTML).
# Rule 2: what follows from a message's parts is worked out here, never stored.

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.mail import mime, words
from sandbox.tenant.mail.store import Mailboxes, web_link
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Request
from sandbox.tenant.world import Thing

# In Graph's order; the first row follows from the message's parts, the next lie in its fields.
DERIVED = ("id", "changeKey", "hasAttachments", "parentFolderId", "webLink", "body")
FIELDS = (
    *("createdDateTime", "lastModifiedDateTime", "categories", "receivedDateTime", "sentDateTime"),
    *("internetMessageId", "subject", "bodyPreview", "importance", "conversationId", "conversationIndex"),
    *("isDeliveryReceiptRequested", "isReadReceiptRequested", "isRead", "isDraft", "inferenceClassification"),
    *("sender", "from", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "flag"),
)
USUAL = frozenset((*DERIVED, *FIELDS))
ON_DEMAND = ("internetMessageHeaders", "uniqueBody")
EXPANDED = ("attachments", "singleValueExtendedProperties")
SIZE = "Integer 0x0e08"
KNOWN = (*DERIVED, *FIELDS, *ON_DEMAND, *EXPANDED)


@dataclass(frozen=True, slots=True)
class View:
    """How one caller wants messages shown."""

    tenant: Tenant
    names: frozenset[str] = USUAL
    immutable: bool = False
    as_text: bool = False
    unsafe_html: bool = False
    properties: frozenset[str] | None = None  # ids in lower case of the extended properties to show; None shows none
    attachments: bool = False

    def message(self, message: Thing) -> dict[str, Any]:
        """The message as JSON."""
        fields, names = message["fields"], self.names
        shown: dict[str, Any] = {"@odata.etag": etag(message), "id": self.id_of(message)}
        shown.update({name: fields.get(name) for name in FIELDS if name in names})
        if "changeKey" in names:
            shown["changeKey"] = change_key(message)
        if "hasAttachments" in names:
            shown["hasAttachments"] = has_attachments(message)
        if "parentFolderId" in names:
            shown["parentFolderId"] = self.tenant.part(Mailboxes).folder_of(message)["id"]
        if "webLink" in names:
            shown["webLink"] = web_link(message)
        if "body" in names:
            shown["body"] = self.body(message)
        if "uniqueBody" in names:
            kind, content = self.tenant.part(Mailboxes).body(message)
            shown["uniqueBody"] = self._in_form(kind, words.unique_part(content))
        if "internetMessageHeaders" in names:
            shown["internetMessageHeaders"] = [{"name": n, "value": v} for n, v in message["headers"]]
        if self.properties is not None:
            found = extended(message, self.properties)
            found += [{"id": SIZE, "value": str(self._size(message))}] if SIZE.lower() in self.properties else []
            if found:
                shown["singleValueExtendedProperties"] = found
        if self.attachments:
            shown["attachments"] = [self.attachment(each) for each in message["attachments"]]
        return shown

    def id_of(self, message: Thing) -> str:
        return str(message["immutable" if self.immutable else "id"])

    def _size(self, message: Thing) -> int:
        """PidTagMessageSize: that of the properties in the store, where text is UTF-16 and a file is no base64."""
        said = sum(len(name) + len(value) for name, value in message["headers"])
        body = len(self.tenant.part(Mailboxes).body(message)[1])
        return 4_000 + 2 * (said + body) + sum(int(each["size"]) * 3 // 4 for each in message["attachments"])

    def body(self, message: Thing) -> dict[str, str]:
        return self._in_form(*self.tenant.part(Mailboxes).body(message))

    def _in_form(self, kind: str, content: str) -> dict[str, str]:
        """Text when it is preferred, else HTML, whichever it was written in."""
        if self.as_text:
            return {"contentType": "text", "content": words.as_text(content) if kind == "html" else content}
        html = content if kind == "html" else words.as_html(content)
        return {"contentType": "html", "content": html if self.unsafe_html else words.harmless(html)}

    def attachment(self, attachment: Thing, *, content: bool = True, item: bool = False) -> dict[str, Any]:
        """An attachment as JSON, with its bytes if *content*, with the letter it is if *item*."""
        kind = attachment["kind"]
        shown: dict[str, Any] = {"@odata.type": f"#microsoft.graph.{kind}Attachment", "id": attachment["id"]}
        shown |= {k: attachment[k] for k in ("lastModifiedDateTime", "name", "contentType", "size", "isInline")}
        if kind == "file":
            shown |= {"contentId": attachment["contentId"], "contentLocation": None}
            if content:
                raw = self.tenant.world.bytes_of(attachment["sha256"])
                shown["contentBytes"] = base64.b64encode(raw).decode()
        if kind == "item" and item:
            shown["item"] = self._letter(self.tenant.world.bytes_of(attachment["sha256"]))
        return shown

    def _letter(self, raw: bytes) -> dict[str, Any]:
        """A letter within the letter, read out of its bytes."""
        letter = mime.read(raw)
        sent = graph.instant(letter.sent_at) if letter.sent_at else None
        return {
            "@odata.type": "#microsoft.graph.message",
            "id": "",
            "subject": letter.subject,
            "sentDateTime": sent,
            "internetMessageId": letter.message_id,
            "from": letter.sender,
            "sender": letter.sender,
            "toRecipients": letter.to,
            "ccRecipients": letter.cc,
            "hasAttachments": any(not part.inline for part in letter.parts),
            "isDraft": False,
            "body": self._in_form(letter.content_type, letter.body),
        }


def view_of(tenant: Tenant, request: Request, said: dict[str, str]) -> View:
    """How this request wants messages shown. Raises Refused with 400 for what cannot be shown."""
    prefers = graph.preferences(request)
    names = odata.selected(said, KNOWN, "Microsoft.OutlookServices.Message")
    wanted = odata.expansions(said)
    if unknown := wanted.keys() - set(EXPANDED):
        raise odata.bad_request(f"Could not find a property named '{min(unknown)}' to expand.")
    properties = None
    if "singleValueExtendedProperties" in wanted:
        properties = _property_ids(wanted["singleValueExtendedProperties"].get("filter"))
    return View(
        tenant,
        frozenset(names) if names is not None else USUAL,
        graph.wants_immutable_ids(request),
        prefers.get("outlook.body-content-type") == "text",
        "outlook.allow-unsafe-html" in prefers,
        properties,
        "attachments" in wanted,
    )


def _property_ids(text: str | None) -> frozenset[str]:
    """The ids that `$filter=id eq '…' or id eq '…'` names: extended properties are shown only when asked for by id."""
    if not text:
        raise odata.bad_request("singleValueExtendedProperties can be expanded only with a $filter on id.")
    odata.parse_filter(text)
    quoted = [part for part in text.split("'")[1::2] if part]
    return frozenset(part.lower() for part in quoted)


def extended(message: Thing, ids: Iterable[str]) -> list[dict[str, str]]:
    wanted = set(ids)
    return [{"id": key, "value": value} for key, value in message["properties"].items() if key.lower() in wanted]


def etag(message: Thing) -> str:
    return f'W/"{change_key(message)}"'


def change_key(message: Thing) -> str:
    stamp = b"\x09\x00\x00\x00\x16\x00" + message["n"].to_bytes(8) + message["version"].to_bytes(4)
    return base64.b64encode(stamp).decode()


def has_attachments(message: Thing) -> bool:
    """False where there are only inline ones."""
    return any(not each["isInline"] for each in message["attachments"])


def filterable(view: View, message: Thing) -> dict[str, Any]:
    """What a $filter is judged on."""
    return {
        **message["fields"],
        "id": view.id_of(message),
        "hasAttachments": has_attachments(message),
        "singleValueExtendedProperties": [{"id": k, "value": v} for k, v in message["properties"].items()],
    }
