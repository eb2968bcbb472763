################################################################
# Items: looked at, listed, made, moved, checked out, deleted
################################################################
#
# Source: https://learn.microsoft.com/graph/api/driveitem-get, …-list-children, …-post-children, …-update, …-delete,
#         …-checkout

from sandbox.tenant import graph, odata
from sandbox.tenant.drive import view
from sandbox.tenant.drive.calls import Call, locked, missing, on, right_name
from sandbox.tenant.wire import Response, refuse
from sandbox.tenant.world import Thing

BEHAVIOURS = ("fail", "replace", "rename")
CONFLICT = "@microsoft.graph.conflictBehavior"


@on("GET", "")
def get(call: Call) -> Response:
    call.may_read(call.item)
    return call.shown(call.item)


@on("GET", "children")
def children(call: Call) -> Response:
    call.may_read(call.item)
    said = odata.options(call.request, ("select", "top", "skiptoken", "orderby"))
    names = odata.selected(said, view.PROPERTIES, "microsoft.graph.driveItem")
    top = odata.whole(said, "top", 200, 999)
    start = int((graph.unseal(call.tenant, said.get("skiptoken", "")) or {"start": 0})["start"])
    below = sorted(call.drives.children(call.item), key=lambda each: str(each["name"]).casefold())
    link = None
    if start + top < len(below):
        link = graph.page_link(call.request, said, skiptoken=graph.seal(call.tenant, {"start": start + top}))
    told = [view.shown(call.tenant, call.drive, each, call.now, names) for each in below[start : start + top]]
    return graph.collection(call.request, f"drives('{call.drive['id']}')/items", told, next_link=link)


@on("POST", "children")
def make_folder(call: Call) -> Response:
    said = graph.body_of(call.request)
    if not isinstance(said.get("folder"), dict):
        raise refuse(400, "invalidRequest", "Only folders are made here; a file is put.")
    call.may_write(call.item)
    name = free_name(call, call.item, right_name(str(said.get("name", ""))), said.get(CONFLICT, "fail"))
    made = call.drives.add(call.item, name, call.by, call.now, None)
    return call.shown(made, 201)


@on("PATCH", "")
def update(call: Call) -> Response:
    """Rename and move, within the drive."""
    item = call.item
    call.may_write(item)
    call.must_match(item)
    said = graph.body_of(call.request)
    name = right_name(str(said.get("name", item["name"])))
    folder = call.drives.item(call.drive, str((said.get("parentReference") or {}).get("id", item["parent"])))
    if folder is None or not folder["folder"]:
        raise missing()
    if item["id"] in (folder["id"], *(each["id"] for each in call.drives.above(folder))):
        raise refuse(400, "invalidRequest", "A folder cannot be moved into itself.")
    there = call.drives.child(folder, name)
    if there is not None and there["id"] != item["id"]:
        name = free_name(call, folder, name, said.get(CONFLICT, "fail"))
    return call.shown(call.drives.change(item, call.by, call.now, name=name, parent=folder["id"]))


@on("DELETE", "")
def delete(call: Call) -> Response:
    """Into the recycle bin, which the sandbox does not show."""
    call.may_write(call.item)
    call.must_match(call.item)
    return _removed(call)


@on("POST", "permanentDelete")
def delete_for_good(call: Call) -> Response:
    """Past the recycle bin; it takes no condition."""
    call.may_write(call.item)
    return _removed(call)


def _removed(call: Call) -> Response:
    if call.item["parent"] is None:
        raise refuse(403, "accessDenied", "The root of a drive stays.")
    call.drives.remove(call.item, call.by, call.now)
    return Response(204)


@on("POST", "checkout")
def check_out(call: Call) -> Response:
    call.may_write(call.item)
    call.drives.note(call.item, checked_out=call.who.person or call.who.app_id)
    return Response(204)


@on("POST", "checkin")
def check_in(call: Call) -> Response:
    return _given_back(call)


@on("POST", "discardCheckout")
def discard(call: Call) -> Response:
    return _given_back(call)


def _given_back(call: Call) -> Response:
    item = call.item
    call.may_read(item)
    if item["checked_out"] != (call.who.person or call.who.app_id):
        raise locked("The file is not checked out by the caller.")
    call.drives.note(item, checked_out=None)
    return Response(204)


def free_name(call: Call, folder: Thing, name: str, behaviour: str) -> str:
    """A name that nothing in *folder* has: *name*, or with "rename" another. Raises Refused: 409 nameAlreadyExists."""
    if behaviour not in BEHAVIOURS:
        raise refuse(400, "invalidRequest", f"{CONFLICT} is one of {', '.join(BEHAVIOURS)}.")
    if call.drives.child(folder, name) is None:
        return name
    if behaviour != "rename":
        raise refuse(409, "nameAlreadyExists", "The specified item name already exists.")
    stem, dot, suffix = name.rpartition(".") if "." in name else (name, "", "")
    number = 1
    while call.drives.child(folder, f"{stem} {number}{dot}{suffix}") is not None:
        number += 1
    return f"{stem} {number}{dot}{suffix}"
