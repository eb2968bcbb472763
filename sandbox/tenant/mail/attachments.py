################################################################
# Attachments: files, letters and links; small ones at once, large ones by an upload session
################################################################
#
# Rule 1: an upload URL is its own authorisation: whoever sends a token along is refused.
# Rule 2: ranges come in order; what was received is kept, so that an upload goes on after a restart.

import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.limits import MAILBOX_UPLOAD
from sandbox.tenant.mail import drafting, mime
from sandbox.tenant.mail.access import count, mailbox_of
from sandbox.tenant.mail.reading import find_message
from sandbox.tenant.mail.store import Mailboxes, opaque
from sandbox.tenant.mail.view import View
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

COMMON = ("id", "lastModifiedDateTime", "name", "contentType", "size", "isInline")
# The properties of a kind are reached through its type: a plain contentBytes is no property of an attachment.
OF_FILES = ("contentBytes", "contentId", "contentLocation")
KNOWN = (*COMMON, *(f"microsoft.graph.fileAttachment/{name}" for name in OF_FILES))
ITEM = "microsoft.graph.itemattachment/item"

SMALLEST_BY_SESSION = 3 * 1024 * 1024
LARGEST = 150 * 1024 * 1024
LARGEST_RANGE = 4 * 1024 * 1024
SESSION_LASTS = timedelta(days=7)


def _found(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, attachment_id: str
) -> tuple[Thing, Thing]:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    for each in message["attachments"]:
        if each["id"] == attachment_id:
            return message, each
    raise refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def _draft(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Thing:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    if not message["fields"]["isDraft"]:
        raise refuse(400, "ErrorInvalidRequest", "Attachments of a received letter cannot be changed.")
    return message


def _expands_item(said: dict[str, str]) -> bool:
    wanted = {name.lower() for name in odata.expansions(said)}
    if wanted - {ITEM}:
        raise odata.bad_request(f"Only {ITEM} can be expanded here.")
    return bool(wanted)


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}/attachments")
@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/{message_id}/attachments")
def list_attachments(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    said = odata.options(request, ("select", "expand", "top", "skip", "count"))
    names = odata.selected(said, KNOWN, "microsoft.graph.attachment")
    item = _expands_item(said)
    wanted = None if names is None else {name.rpartition("/")[2] for name in names} | {"id", "@odata.type", "item"}
    content = wanted is None or "contentBytes" in wanted
    top, skip = odata.whole(said, "top", 1000, 1000), odata.whole(said, "skip", 0, 10**9)
    view = View(tenant)
    shown = []
    for each in message["attachments"][skip : skip + top]:
        told = view.attachment(each, content=content, item=item)
        shown.append({name: value for name, value in told.items() if wanted is None or name in wanted})
    link = graph.page_link(request, said, skip=skip + top) if skip + top < len(message["attachments"]) else None
    counted = len(message["attachments"]) if said.get("count") == "true" else None
    tail = f"users('{owner['id']}')/messages('{message_id}')/attachments"
    return graph.collection(request, tail, shown, next_link=link, count=counted)


def _shown(request: Request, message: Thing, told: dict[str, Any], status: int) -> Response:
    tail = f"users('{message['mailbox']}')/messages('{message['id']}')/attachments/$entity"
    return json_response({"@odata.context": graph.context(request, tail), **told}, status)


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}/attachments/{attachment_id}")
@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/{message_id}/attachments/{attachment_id}")
def get_attachment(
    tenant: Tenant,
    request: Request,
    now: datetime,
    user_id: str,
    message_id: str,
    attachment_id: str,
    folder_id: str | None = None,
) -> Response:
    message, attachment = _found(tenant, request, now, user_id, message_id, attachment_id)
    item = _expands_item(odata.options(request, ("select", "expand")))
    return _shown(request, message, View(tenant).attachment(attachment, item=item), 200)


@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/{message_id}/attachments/{attachment_id}/$value")
def get_content(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, attachment_id: str
) -> Response:
    """A file's bytes, or a letter's MIME; of a link there is nothing to have."""
    _, attachment = _found(tenant, request, now, user_id, message_id, attachment_id)
    if attachment["kind"] == "reference":
        raise refuse(405, "ErrorInvalidRequest", "A reference attachment has no content.")
    kind = attachment["contentType"] if attachment["kind"] == "file" else "message/rfc822"
    return Response(200, {"content-type": kind}, tenant.world.bytes_of(attachment["sha256"]))


@ROUTES.on("POST", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}/attachments")
@ROUTES.on("POST", "/v1.0/users/{user_id}/messages/{message_id}/attachments")
def add_attachment(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    draft = _draft(tenant, request, now, user_id, message_id)
    attachment = drafting.attached(tenant, graph.body_of(request), now)
    if attachment["kind"] == "file" and len(tenant.world.bytes_of(attachment["sha256"])) >= SMALLEST_BY_SESSION:
        raise refuse(413, "RequestEntityTooLarge", "A file of 3 MB and more is attached by an upload session.")
    changed = tenant.part(Mailboxes).change(draft, now, attachments=[*draft["attachments"], attachment])
    return _shown(request, changed, View(tenant).attachment(attachment), 201)


@ROUTES.on("DELETE", "/v1.0/users/{user_id}/messages/{message_id}/attachments/{attachment_id}")
def delete_attachment(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, attachment_id: str
) -> Response:
    _found(tenant, request, now, user_id, message_id, attachment_id)
    draft = _draft(tenant, request, now, user_id, message_id)
    left = [each for each in draft["attachments"] if each["id"] != attachment_id]
    tenant.part(Mailboxes).change(draft, now, attachments=left)
    return Response(204)


################################################################
# Upload sessions
################################################################


@ROUTES.on("POST", "/v1.0/users/{user_id}/messages/{message_id}/attachments/createUploadSession")
def create_session(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Response:
    draft = _draft(tenant, request, now, user_id, message_id)
    said: Any = graph.action_parameters(request).get("attachmentitem")
    if not isinstance(said, dict) or said.get("attachmentType") != "file" or not said.get("name"):
        raise refuse(400, "ErrorInvalidRequest", "AttachmentItem needs attachmentType 'file', a name and a size.")
    size = said.get("size")
    if not isinstance(size, int) or size < SMALLEST_BY_SESSION:
        message = "The attachment size must be at least 3 MB for an upload session."
        raise refuse(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", message)
    if size > LARGEST:
        raise refuse(413, "ErrorAttachmentSizeLimitExceeded", "The attachment size exceeds 150 MB.")
    session_id = opaque("upload", tenant.world.next("upload sessions"), draft["immutable"])
    session = {"n": draft["n"], "size": size, "ranges": [], "at": 0, "expires": (now + SESSION_LASTS).isoformat()}
    session |= {name: said.get(name) for name in ("name", "contentType", "contentId", "isInline")}
    tenant.world.table("upload sessions")[session_id] = session
    url = f"{request.base}/outlook/attachment-sessions/{session_id}?authtoken={opaque(session_id)}"
    told = {"uploadUrl": url, **_standing(session)}
    return json_response({"@odata.context": graph.context(request, "microsoft.graph.uploadSession"), **told}, 201)


def _standing(session: Thing) -> dict[str, Any]:
    expires = graph.instant(datetime.fromisoformat(session["expires"]))
    return {"expirationDateTime": expires, "nextExpectedRanges": [f"{session['at']}-"]}


def _session(tenant: Tenant, request: Request, now: datetime, session_id: str) -> Thing:
    """The open session of an upload URL. Raises Refused: 401 for a token, 404 for a session that is over."""
    if "authorization" in request.headers:
        raise refuse(401, "InvalidAuthenticationToken", "An upload URL takes no Authorization header.")
    session = tenant.world.table("upload sessions").get(session_id)
    known = session is not None and request.query.get("authtoken") == opaque(session_id)
    if session is None or not known or now >= datetime.fromisoformat(session["expires"]):
        raise refuse(404, "ErrorItemNotFound", "The upload session is not found.")
    return session


@ROUTES.on("GET", "/outlook/attachment-sessions/{session_id}")
def get_session(tenant: Tenant, request: Request, now: datetime, session_id: str) -> Response:
    return json_response(_standing(_session(tenant, request, now, session_id)))


@ROUTES.on("DELETE", "/outlook/attachment-sessions/{session_id}")
def cancel_session(tenant: Tenant, request: Request, now: datetime, session_id: str) -> Response:
    _session(tenant, request, now, session_id)
    del tenant.world.table("upload sessions")[session_id]
    return Response(204)


@ROUTES.on("PUT", "/outlook/attachment-sessions/{session_id}")
def put_range(tenant: Tenant, request: Request, now: datetime, session_id: str) -> Response:
    session = _session(tenant, request, now, session_id)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("content-range", ""))
    if found is None:
        raise refuse(400, "ErrorInvalidRequest", "The header Content-Range is missing or unreadable.")
    first, last, total = map(int, found.groups())
    if total != session["size"] or last - first + 1 != len(request.body) or last >= total:
        raise refuse(400, "ErrorInvalidRequest", "Content-Range does not fit the size of the attachment or the body.")
    if len(request.body) > LARGEST_RANGE:
        raise refuse(413, "RequestEntityTooLarge", "A range may hold 4 MB at most.")
    if first != session["at"]:
        raise refuse(416, "InvalidRange", f"The range that begins at {session['at']} is expected.")
    message = tenant.part(Mailboxes).number(session["n"])
    if message is None or not message["fields"]["isDraft"]:
        raise refuse(404, "ErrorItemNotFound", "The message of this upload session is not found.")
    bucket = f"{tenant.ministry['app']['app_id']}/{message['fields']['from']['emailAddress']['address']}"
    count(tenant, MAILBOX_UPLOAD, bucket, now, len(request.body))
    ranges = [*session["ranges"], tenant.world.keep(request.body)]
    if last + 1 < total:
        session = {**session, "ranges": ranges, "at": last + 1}
        tenant.world.table("upload sessions")[session_id] = session
        return json_response(_standing(session))
    whole = b"".join(map(tenant.world.bytes_of, ranges))
    part = mime.Part("file", session["name"], session["contentType"] or "application/octet-stream", whole)
    attachment = drafting.kept(tenant, part, now, inline=bool(session["isInline"]), content_id=session["contentId"])
    tenant.part(Mailboxes).change(message, now, attachments=[*message["attachments"], attachment])
    del tenant.world.table("upload sessions")[session_id]
    place = f"{request.base}/v1.0/users/{message['mailbox']}/messages/{message['id']}/attachments/{attachment['id']}"
    return Response(201, {"location": place})
