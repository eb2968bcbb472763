################################################################
# Sending: a draft leaves, is carried, and its copy comes to lie in Sent Items
################################################################
#
# Rule 1: 202 means accepted, not delivered. Between the two the message can be found nowhere.
# Rule 2: the draft's immutable id is the id of its copy in Sent Items.
# Rule 3: a recipient of this tenant gets the letter in their inbox; one outside it lies in the world's "outside";
#         an address of our domain that nobody has comes back to the sender as undeliverable.

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from sandbox.tenant import graph
from sandbox.tenant.deliveries import Errand
from sandbox.tenant.directory import find_user
from sandbox.tenant.mail import drafting, mime, words
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.arriving import DMARC, arrive
from sandbox.tenant.mail.reading import find_message
from sandbox.tenant.mail.store import IN_TRANSIT, Mailboxes
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

TRANSIT_S = 0.3
RECIPIENTS_AT_MOST = 500


def recipients(fields: Thing) -> list[str]:
    """The addresses a letter is for. Raises Refused with 400 when it cannot go to all of them."""
    addresses = [
        person["emailAddress"]["address"]
        for name in ("toRecipients", "ccRecipients", "bccRecipients")
        for person in fields.get(name) or []
    ]
    wrong = [a for a in addresses if a.count("@") != 1 or not a.isascii() or not a.isprintable() or " " in a]
    if not addresses or wrong:
        reason = f"{wrong[0]!r} is no address" if wrong else "no recipient is named"
        raise refuse(400, "ErrorInvalidRecipients", f"At least one recipient isn't valid: {reason}.")
    if len(addresses) > RECIPIENTS_AT_MOST:
        raise refuse(400, "ErrorInvalidRecipients", f"At most {RECIPIENTS_AT_MOST} recipients may be named.")
    return addresses


def submit(tenant: Tenant, draft: Thing, now: datetime, *, save: bool = True) -> Response:
    """Accept a draft for sending. Raises Refused with 400 when it cannot go."""
    to = recipients(draft["fields"])
    raw = drafting.mime_of(tenant, draft, now)
    letter = {"n": draft["n"], "sha256": tenant.world.keep(raw), "to": to, "save": save}
    tenant.part(Mailboxes).move(draft, IN_TRANSIT, now, fields={"sentDateTime": graph.instant(now)})
    tenant.deliveries.put("mail", letter, now, after_s=TRANSIT_S)
    return Response(202)


def send_new(tenant: Tenant, owner: Thing, parts: Thing, now: datetime, *, save: bool = True) -> Response:
    """Accept a letter that was never a draft anybody could see. Raises Refused with 400 when it cannot go."""
    recipients(parts["fields"])
    return submit(tenant, drafting.put(tenant, owner, parts, now, IN_TRANSIT), now, save=save)


@ROUTES.courier("mail")
def carry(tenant: Tenant, letter: Thing, tries: int, now: datetime) -> Errand:
    """Bring a letter to everyone it is for, and its copy to Sent Items. Asks nobody outside the tenant."""
    yield from ()
    store = tenant.part(Mailboxes)
    sent = store.number(letter["n"])
    if sent is not None and sent["folder"] == IN_TRANSIT:  # a doubled delivery finds it gone: sent once
        raw = tenant.world.bytes_of(letter["sha256"])
        read = mime.read(raw)
        links = [each for each in sent["attachments"] if each["kind"] == "reference"]
        nobody = []
        for address in dict.fromkeys(address.lower() for address in letter["to"]):
            owner = find_user(tenant, address)
            if owner is not None:
                arrive(tenant, owner, raw, now, dmarc=None, letter=read, also=links)
            elif address.endswith(f"@{tenant.ministry['domain']}"):
                nobody.append(address)
            else:
                _keep_outside(tenant, sent, raw, address, now)
        fields = {"isDraft": False, "isRead": True, "receivedDateTime": graph.instant(now)}
        if letter["save"]:
            store.move(sent, "sentitems", now, fields=fields, mime=letter["sha256"])
        else:
            store.discard(sent, now)
        if nobody:
            _return_to_sender(tenant, sent, nobody, now)
    return None


def _keep_outside(tenant: Tenant, sent: Thing, raw: bytes, address: str, now: datetime) -> None:
    n = tenant.world.next("outside")
    tenant.world.table("outside")[str(n)] = {
        "n": n,
        "at": now.isoformat(),
        "to": address,
        "from": sent["fields"]["from"]["emailAddress"]["address"],
        "subject": sent["fields"]["subject"],
        "internet_message_id": sent["fields"]["internetMessageId"],
        "sha256": tenant.world.keep(raw),
    }


def _return_to_sender(tenant: Tenant, sent: Thing, addresses: list[str], now: datetime) -> None:
    """A delivery status notification (RFC 3464), as Exchange's postmaster writes it."""
    owner = find_user(tenant, sent["mailbox"])
    if owner is None:
        return
    domain = tenant.ministry["domain"]
    arabic = words.language(owner) == "ar"
    said = "تعذّر تسليم رسالتك إلى:" if arabic else "Your message couldn't be delivered to:"
    subject = ("غير قابل للتسليم: " if arabic else "Undeliverable: ") + (sent["fields"]["subject"] or "")
    status = f"Reporting-MTA: dns;mbx2.{domain}\r\n\r\n" + "".join(
        f"Final-Recipient: rfc822;{address}\r\nAction: failed\r\nStatus: 5.1.10\r\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n\r\n"
        for address in addresses
    )
    edge = f"_dsn_{sent['n']:012d}_"
    head = [
        f"From: Microsoft Outlook <postmaster@{domain}>",
        f"To: <{owner['mail']}>",
        f"Subject: {mime.encoded(subject, 'Subject')}",
        f"Date: {format_datetime(now.replace(microsecond=0))}",
        f"Message-ID: {drafting.new_internet_id(tenant)}",
        f"In-Reply-To: {sent['fields']['internetMessageId']}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"',
    ]
    text = "\r\n".join([said, *addresses])
    body = [
        *(f"--{edge}", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text),
        *(f"--{edge}", "Content-Type: message/delivery-status", "", status),
        *(f"--{edge}--", ""),
    ]
    arrive(tenant, owner, "\r\n".join([*head, "", *body]).encode(), now, dmarc=None)


################################################################
# Routes
################################################################


@ROUTES.on("POST", "/v1.0/users/{user_id}/messages/{message_id}/send")
def send(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id, "Mail.Send")
    draft = find_message(tenant, owner["id"], message_id)
    if not draft["fields"]["isDraft"]:
        raise refuse(400, "ErrorInvalidRequest", "The item is not a draft and cannot be sent.")
    return submit(tenant, draft, now)


@ROUTES.on("POST", "/v1.0/users/{user_id}/sendMail")
def send_mail(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id, "Mail.Send")
    raw = drafting.mime_given(request)
    if raw is not None:
        parts, save = drafting.taken_from_mime(tenant, owner, raw, now), True
    else:
        said = graph.action_parameters(request)
        message: Any = said.get("message")
        if not isinstance(message, dict):
            raise refuse(400, "ErrorInvalidRequest", "The parameter 'Message' is missing.")
        parts, save = drafting.taken(tenant, owner, message, now), said.get("savetosentitems") is not False
    return send_new(tenant, owner, parts, now, save=save)


################################################################
# Controls: the world outside
################################################################


@ROUTES.on("GET", "/sandbox/outside")
def list_outside(tenant: Tenant, request: Request, now: datetime) -> Response:
    """The letters that went to recipients outside the tenant, the latest last."""
    letters = tenant.world.table("outside").values()
    return json_response([{**letter, "mime": f"/sandbox/outside/{letter['n']}"} for letter in letters])


@ROUTES.on("GET", "/sandbox/outside/{n}")
def get_outside(tenant: Tenant, request: Request, now: datetime, n: str) -> Response:
    return Response(200, {"content-type": "message/rfc822"}, tenant.world.bytes_of(_outside(tenant, n)["sha256"]))


@ROUTES.on("GET", "/sandbox/outside/{n}/message")
def show_outside(tenant: Tenant, request: Request, now: datetime, n: str) -> Response:
    """That letter as its recipient reads it, in Graph's names; the id of an attachment is its number."""
    letter = _outside(tenant, n)
    read = mime.read(tenant.world.bytes_of(letter["sha256"]))
    files = [
        {"id": str(at), "name": part.name, "contentType": part.content_type, "size": len(part.content)}
        | {"isInline": part.inline}
        for at, part in enumerate(read.parts)
    ]
    return json_response(
        {
            "id": n,
            "subject": read.subject,
            "from": read.sender,
            "toRecipients": read.to,
            "receivedDateTime": letter["at"],
            "internetMessageId": read.message_id,
            "references": [*read.references, read.message_id],
            "body": {"contentType": read.content_type, "content": read.body},
            "attachments": files,
        }
    )


@ROUTES.on("GET", "/sandbox/outside/{n}/attachments/{at}")
def get_outside_attachment(tenant: Tenant, request: Request, now: datetime, n: str, at: str) -> Response:
    parts = mime.read(tenant.world.bytes_of(_outside(tenant, n)["sha256"])).parts
    if not at.isdecimal() or int(at) >= len(parts):
        raise refuse(404, "NotFound", f"There is no attachment {at} of letter {n} outside.")
    part = parts[int(at)]
    return Response(200, {"content-type": part.content_type}, part.content)


def _outside(tenant: Tenant, n: str) -> Thing:
    letter = tenant.world.table("outside").get(n)
    if letter is None:
        raise refuse(404, "NotFound", f"There is no letter {n} outside.")
    return letter


@ROUTES.on("POST", "/sandbox/mail")
def letter_from_outside(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Bring the bytes of the body into the inbox that X-Mailbox names.

    X-Sandbox-Dmarc (pass, fail, none) is what is found out about the sender's domain.
    """
    owner = find_user(tenant, request.headers.get("x-mailbox", ""))
    if owner is None:
        raise refuse(404, "NotFound", f"Nobody here is called {request.headers.get('x-mailbox')}.")
    dmarc = request.headers.get("x-sandbox-dmarc", "none").lower()
    if dmarc not in DMARC:
        raise refuse(400, "BadRequest", f"X-Sandbox-Dmarc is one of {', '.join(DMARC)}.")
    message = arrive(tenant, owner, request.body, now, dmarc=dmarc)
    ids = {"id": message["immutable"], "internet_message_id": message["fields"]["internetMessageId"]}
    return json_response(ids, 201)
