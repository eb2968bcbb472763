################################################################
# Replies and forwards
################################################################
#
# Rule 1: the letter that is answered stands below, under the head that Outlook writes, in the answerer's language.
# Rule 2: a forward carries all attachments, a reply only the pictures that the quoted body shows.

from datetime import datetime
from html import escape
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.mail import drafting, threads, words
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.reading import find_message, shown_message
from sandbox.tenant.mail.sending import send_new
from sandbox.tenant.mail.store import Mailboxes
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response
from sandbox.tenant.world import Thing

ROUTES = Routes()


def _answer(tenant: Tenant, request: Request, owner: Thing, original: Thing, way: str, now: datetime) -> Thing:
    """The parts of a reply, replyAll or forward, as the action's parameters want it. Raises Refused with 400."""
    said = graph.action_parameters(request)
    message: Any = said.get("message") or {}
    if "comment" in said and "body" in message:
        raise odata.bad_request("Comment and Message.Body cannot both be specified.")
    if said.get("torecipients") and message.get("toRecipients"):
        raise odata.bad_request("ToRecipients and Message.ToRecipients cannot both be specified.")
    parts = drafting.taken(tenant, owner, message, now)
    fields, lang = original["fields"], words.language(owner)
    kind, content = tenant.part(Mailboxes).body(original)
    comment = escape(str(said.get("comment") or ""), quote=False).replace("\n", "<br>\n")
    if "body" in parts:
        given = tenant.world.bytes_of(parts["body"]["sha256"]).decode()
        comment = given if parts["body"]["contentType"] == "html" else escape(given, quote=False)
    quoted = content if kind == "html" else words.as_html(content)
    body = drafting.written(tenant, "html", words.quoting(comment, fields, quoted, lang))
    usual: Thing = {
        "subject": words.prefixed(fields["subject"] or "", "forward" if way == "forward" else "reply", lang),
        "bodyPreview": body.pop("preview"),
        **_recipients(owner, fields, way),
        **threads.fields(owner["id"], threads.answered(threads.index_of(original), now)),
    }
    if said.get("torecipients"):
        usual |= drafting.taken(tenant, owner, {"toRecipients": said["torecipients"]}, now)["fields"]
    carried = [each for each in original["attachments"] if way == "forward" or (each["isInline"] and each["contentId"])]
    known = [*original["thread"].get("references", []), fields["internetMessageId"]]
    given_fields = {name: value for name, value in parts["fields"].items() if name != "bodyPreview"}
    return {
        **parts,
        **body,
        "fields": {**usual, **given_fields},
        "attachments": [*carried, *parts.get("attachments", [])],
        "thread": {"in_reply_to": fields["internetMessageId"], "references": known},
    }


def _recipients(owner: Thing, fields: Thing, way: str) -> Thing:
    """Whom an answer goes to: who wrote, or would have the answer; for one's own letter those it went to."""
    if way == "forward":
        return {"toRecipients": []}
    mine = owner["mail"].lower()
    sender = fields["from"]
    to = fields["replyTo"] or ([sender] if sender else [])
    if sender is not None and sender["emailAddress"]["address"].lower() == mine:
        to = fields["toRecipients"]
    if way == "reply":
        return {"toRecipients": to}
    seen = {person["emailAddress"]["address"].lower() for person in to} | {mine}
    others = [p for p in fields["toRecipients"] if p["emailAddress"]["address"].lower() not in seen]
    seen |= {person["emailAddress"]["address"].lower() for person in others}
    copies = [p for p in fields["ccRecipients"] if p["emailAddress"]["address"].lower() not in seen]
    return {"toRecipients": [*to, *others], "ccRecipients": copies}


def _register(way: str) -> None:
    """The two routes of one way to answer: the draft of it, and sending it at once."""
    action = way[:1].upper() + way[1:]

    @ROUTES.on("POST", f"/v1.0/users/{{user_id}}/messages/{{message_id}}/create{action}")
    def create(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Response:
        owner = mailbox_of(tenant, request, now, user_id)
        original = find_message(tenant, owner["id"], message_id)
        parts = _answer(tenant, request, owner, original, way, now)
        return shown_message(tenant, request, drafting.put(tenant, owner, parts, now), 201)

    @ROUTES.on("POST", f"/v1.0/users/{{user_id}}/messages/{{message_id}}/{way}")
    def send(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Response:
        owner = mailbox_of(tenant, request, now, user_id, "Mail.Send")
        original = find_message(tenant, owner["id"], message_id)
        return send_new(tenant, owner, _answer(tenant, request, owner, original, way, now), now)


for _way in ("reply", "replyAll", "forward"):
    _register(_way)
