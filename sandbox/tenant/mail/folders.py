################################################################
# mailFolders: where letters lie
################################################################

from datetime import datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.store import RECOVERABLE, ROOT, WELL_KNOWN, Mailboxes
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

KNOWN = ("id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount", "isHidden")
USUAL_PAGE = 10
LISTED = ("select", "top", "skip", "count", "filter", "includehiddenfolders")


def find_folder(tenant: Tenant, mailbox: str, name: str) -> Thing:
    """The folder of this id or well-known name. Raises Refused with 404."""
    folder = tenant.part(Mailboxes).folder(mailbox, name)
    if folder is None:
        raise refuse(404, "ErrorItemNotFound", f"The specified object was not found in the store. Folder '{name}'.")
    return folder


def _shown(tenant: Tenant, folder: Thing, names: set[str] | None) -> dict[str, Any]:
    store = tenant.part(Mailboxes)
    mailbox = folder["mailbox"]
    parent = store.folder(mailbox, ROOT) if folder["parent"] == ROOT else None
    if parent is None:
        parent = next((f for f in store.folders(mailbox) if f["key"] == folder["parent"]), folder)
    total, unread = store.counts(folder)
    shown = {
        "id": folder["id"],
        "displayName": folder["name"],
        "parentFolderId": parent["id"],
        "childFolderCount": len(_children(tenant, folder)),
        "unreadItemCount": unread,
        "totalItemCount": total,
        "isHidden": folder["hidden"],
    }
    return {name: value for name, value in shown.items() if names is None or name in names or name == "id"}


def _children(tenant: Tenant, folder: Thing, *, hidden: bool = False) -> list[Thing]:
    all_folders = tenant.part(Mailboxes).folders(folder["mailbox"])
    return [f for f in all_folders if f["parent"] == folder["key"] and (hidden or not f["hidden"])]


def _listing(tenant: Tenant, request: Request, owner: Thing, parent: Thing) -> Response:
    said = odata.options(request, LISTED)
    names = odata.selected(said, KNOWN, "Microsoft.OutlookServices.MailFolder")
    folders = _children(tenant, parent, hidden=said.get("includehiddenfolders") == "true")
    shown = [_shown(tenant, folder, None) for folder in folders]
    if "filter" in said:
        wanted = odata.parse_filter(said["filter"])
        shown = [folder for folder in shown if wanted.test(folder)]
    top, skip = odata.whole(said, "top", USUAL_PAGE, 1000), odata.whole(said, "skip", 0, 10**9)
    link = graph.page_link(request, said, skip=skip + top) if skip + top < len(shown) else None
    page = [{k: v for k, v in f.items() if names is None or k in names or k == "id"} for f in shown[skip : skip + top]]
    count = len(shown) if said.get("count") == "true" else None
    return graph.collection(request, f"users('{owner['id']}')/mailFolders", page, next_link=link, count=count)


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders")
def list_folders(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _listing(tenant, request, owner, find_folder(tenant, owner["id"], ROOT))


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}")
def get_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    names = odata.selected(odata.options(request, ("select",)), KNOWN, "Microsoft.OutlookServices.MailFolder")
    shown = _shown(tenant, find_folder(tenant, owner["id"], folder_id), names)
    context = graph.context(request, f"users('{owner['id']}')/mailFolders/$entity")
    return json_response({"@odata.context": context, **shown})


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/childFolders")
def list_child_folders(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _listing(tenant, request, owner, find_folder(tenant, owner["id"], folder_id))


def _add(tenant: Tenant, request: Request, owner: Thing, parent: Thing) -> Response:
    name = _name(tenant, request, parent)
    made = tenant.part(Mailboxes).add_folder(owner["id"], parent, name)
    context = graph.context(request, f"users('{owner['id']}')/mailFolders/$entity")
    return json_response({"@odata.context": context, **_shown(tenant, made, None)}, 201)


def _name(tenant: Tenant, request: Request, parent: Thing) -> str:
    """The name a folder is to have below *parent*: given, and not taken."""
    name = graph.body_of(request).get("displayName")
    if not isinstance(name, str) or not name.strip():
        raise refuse(400, "ErrorInvalidRequest", "displayName is missing.")
    if any(folder["name"] == name for folder in _children(tenant, parent, hidden=True)):
        raise refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.")
    return name


@ROUTES.on("POST", "/v1.0/users/{user_id}/mailFolders")
def add_folder(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _add(tenant, request, owner, find_folder(tenant, owner["id"], ROOT))


@ROUTES.on("POST", "/v1.0/users/{user_id}/mailFolders/{folder_id}/childFolders")
def add_child_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _add(tenant, request, owner, find_folder(tenant, owner["id"], folder_id))


def _own(tenant: Tenant, mailbox: str, folder_id: str) -> Thing:
    """A folder that its owner made; the well-known ones stay as they are."""
    folder = find_folder(tenant, mailbox, folder_id)
    if folder["key"] in WELL_KNOWN:
        raise refuse(403, "ErrorAccessDenied", "Distinguished folders cannot be changed.")
    return folder


@ROUTES.on("PATCH", "/v1.0/users/{user_id}/mailFolders/{folder_id}")
def rename_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    folder = _own(tenant, owner["id"], folder_id)
    parent = find_folder(tenant, owner["id"], ROOT)
    parent = next((f for f in tenant.part(Mailboxes).folders(owner["id"]) if f["key"] == folder["parent"]), parent)
    renamed = tenant.part(Mailboxes).rename_folder(folder, _name(tenant, request, parent))
    context = graph.context(request, f"users('{owner['id']}')/mailFolders/$entity")
    return json_response({"@odata.context": context, **_shown(tenant, renamed, None)})


@ROUTES.on("DELETE", "/v1.0/users/{user_id}/mailFolders/{folder_id}")
def delete_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    """A folder goes with all that lies in it and below it."""
    owner = mailbox_of(tenant, request, now, user_id)
    store = tenant.part(Mailboxes)

    def empty(folder: Thing) -> None:
        for child in _children(tenant, folder, hidden=True):
            empty(child)
        for _, n in list(store.arrivals(owner["id"], folder["key"])):
            if (message := store.number(n)) is not None:
                store.move(message, RECOVERABLE, now)
        store.remove_folder(folder)

    empty(_own(tenant, owner["id"], folder_id))
    return Response(204)
