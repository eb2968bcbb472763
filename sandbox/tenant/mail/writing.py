################################################################
# Writing mail: drafts, changes, moves
################################################################
#
# Rule 1: what a correspondent wrote stays as it is; of a received letter only its marks can be changed.
# Rule 2: nothing is destroyed at the first DELETE: it goes to the recoverable items.

from datetime import datetime

from sandbox.tenant import graph
from sandbox.tenant.mail import drafting
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.folders import find_folder
from sandbox.tenant.mail.reading import find_message, shown_message
from sandbox.tenant.mail.store import RECOVERABLE, Mailboxes
from sandbox.tenant.mail.view import etag
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()


def _create(tenant: Tenant, request: Request, now: datetime, owner: Thing, folder: str) -> Response:
    raw = drafting.mime_given(request)
    if raw is not None:
        parts = drafting.taken_from_mime(tenant, owner, raw, now)
    else:
        parts = drafting.taken(tenant, owner, graph.body_of(request), now)
    return shown_message(tenant, request, drafting.put(tenant, owner, parts, now, folder), 201)


@ROUTES.on("POST", "/v1.0/users/{user_id}/messages")
def create_draft(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _create(tenant, request, now, owner, "drafts")


@ROUTES.on("POST", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages")
def create_in_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _create(tenant, request, now, owner, find_folder(tenant, owner["id"], folder_id)["key"])


def require_match(request: Request, message: Thing) -> None:
    """Refuse with 412 when If-Match names another version than the one that stands."""
    wanted = request.headers.get("if-match", "*")
    if wanted not in ("*", etag(message)):
        message_text = (
            "The send or update operation could not be performed because the change key passed in the request"
        )
        raise refuse(412, "ErrorIrresolvableConflict", f"{message_text} does not match the current change key.")


@ROUTES.on("PATCH", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}")
@ROUTES.on("PATCH", "/v1.0/users/{user_id}/messages/{message_id}")
def update_message(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    require_match(request, message)
    said = graph.body_of(request)
    for name in ("internetMessageHeaders", "attachments"):
        if name in said:
            raise refuse(400, "ErrorInvalidPropertySet", f"The property '{name}' can be set only at creation.")
    parts = drafting.taken(tenant, owner, said, now, draft=message["fields"]["isDraft"])
    if "properties" in parts:
        parts["properties"] = {**message["properties"], **parts["properties"]}
    changed = tenant.part(Mailboxes).change(message, now, **parts)
    return shown_message(tenant, request, changed)


@ROUTES.on("DELETE", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}")
@ROUTES.on("DELETE", "/v1.0/users/{user_id}/messages/{message_id}")
def delete_message(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    require_match(request, message)
    if message["folder"] == RECOVERABLE:
        tenant.part(Mailboxes).discard(message, now)
    else:
        tenant.part(Mailboxes).move(message, RECOVERABLE, now)
    return Response(204)


def _destination(tenant: Tenant, request: Request, owner: Thing) -> str:
    name = graph.action_parameters(request).get("destinationid")
    if not isinstance(name, str) or not name:
        raise refuse(400, "ErrorInvalidRequest", "The parameter 'DestinationId' is missing.")
    return str(find_folder(tenant, owner["id"], name)["key"])


@ROUTES.on("POST", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}/move")
@ROUTES.on("POST", "/v1.0/users/{user_id}/messages/{message_id}/move")
def move_message(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    folder = _destination(tenant, request, owner)
    return shown_message(tenant, request, tenant.part(Mailboxes).move(message, folder, now), 201)


@ROUTES.on("POST", "/v1.0/users/{user_id}/messages/{message_id}/copy")
def copy_message(tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    folder = _destination(tenant, request, owner)
    return shown_message(tenant, request, tenant.part(Mailboxes).copy(message, folder, now), 201)
