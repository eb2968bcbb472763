################################################################
# Who has access: permissions, invitations, links
################################################################
#
# Rule 1: what is given on a folder holds below it, is shown there as inherited, and cannot be taken away there.
# Rule 2: the owner of a drive has all of it, and nobody takes that away.
#         But what is first shared without what it inherits is cut off from the folders above, for good.
# Rule 3: somebody who is invited once more gets the higher of the two; a link is there once for each kind.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-invite, …-list-permissions, permission-update, …-delete,
#         driveitem-createlink, shares-get

import base64
import binascii
from datetime import datetime
from typing import Any

from sandbox.tenant import graph
from sandbox.tenant.directory import find_user
from sandbox.tenant.drive import view
from sandbox.tenant.drive.calls import Call, missing, on, passing_on
from sandbox.tenant.drive.store import HOST, Drives
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

ROLES = ("read", "write")
READ = "Files.Read.All"


@on("GET", "permissions")
def list_permissions(call: Call) -> Response:
    call.may_read(call.item)
    told = [_shown(call, call.item, grant) for grant in call.item["grants"]]
    for folder in passing_on(call.drives, call.item):
        told += [_shown(call, folder, grant, inherited=True) for grant in folder["grants"]]
    if call.drive["owner"] or not call.item.get("cut_off"):
        told.append(_owners(call))
    return graph.collection(call.request, f"drives('{call.drive['id']}')/items('{call.item['id']}')/permissions", told)


@on("GET", "permissions/{}")
def get_permission(call: Call) -> Response:
    call.may_read(call.item)
    return json_response(_shown(call, call.item, _own(call)))


@on("PATCH", "permissions/{}")
def change_permission(call: Call) -> Response:
    _may_share(call)
    grant = _own(call)
    if grant["link"]:
        raise refuse(400, "invalidRequest", "The role of a link cannot be changed.")
    changed = {**grant, "role": _role(graph.body_of(call.request).get("roles"))}
    kept = [changed if each["id"] == grant["id"] else each for each in call.item["grants"]]
    call.drives.share(call.item, call.now, kept)
    return json_response(_shown(call, call.item, changed))


@on("DELETE", "permissions/{}")
def end_permission(call: Call) -> Response:
    _may_share(call)
    grant = _own(call)
    call.drives.share(call.item, call.now, [each for each in call.item["grants"] if each["id"] != grant["id"]])
    return Response(204)


@on("POST", "invite")
def invite(call: Call) -> Response:
    """Give people access. Who cannot be found stands in the answer with an error; if nobody can, it is refused."""
    _may_share(call)
    said = graph.action_parameters(call.request)
    recipients, role = said.get("recipients") or [], _role(said.get("roles"))
    if not recipients:
        raise refuse(400, "invalidRequest", "Somebody must be invited.")
    if said.get("sendinvitation") is not False and not said.get("requiresignin"):
        raise refuse(400, "invalidRequest", "Without a sign-in nobody is invited in this ministry.")
    item, told = call.item, []
    if said.get("retaininheritedpermissions") is False and not item["grants"]:
        item = call.drives.note(item, cut_off=True)
    for recipient in recipients:
        name = recipient.get("objectId") or recipient.get("email") or recipient.get("alias") or ""
        user = find_user(call.tenant, str(name))
        if user is None:
            error = {
                "code": "notFound",
                "message": "The user could not be found.",
                "innererror": {"code": "noResolvedUsers"},
            }
            told.append({"invitation": {"email": str(name)}, "error": error})
            continue
        if user["id"] == call.drive["owner"]:
            told.append(_owners(call))
            continue
        item, grant = _granted(call, item, user["id"], role)
        told.append(_shown(call, item, grant))
    if all("error" in each for each in told):
        raise refuse(400, "invalidRequest", "None of the recipients could be resolved.")
    said = {"@odata.context": graph.context(call.request, "Collection(permission)"), "value": told}
    return json_response(said, 207 if any("error" in each for each in told) else 200)


def _granted(call: Call, item: Thing, person: str, role: str) -> tuple[Thing, Thing]:
    grants = list(item["grants"])
    for number, grant in enumerate(grants):
        if grant["people"] == [person] and grant["link"] is None:
            if "write" in (grant["role"], role) and grant["role"] != "write":
                grants[number] = {**grant, "role": "write"}
                item = call.drives.share(item, call.now, grants)
            return item, grants[number]
    made = {"id": _next(call), "people": [person], "role": role, "link": None}
    return call.drives.share(item, call.now, [*grants, made]), made


@on("POST", "createLink")
def create_link(call: Call) -> Response:
    _may_share(call)
    said = graph.action_parameters(call.request)
    kind, scope = said.get("type"), said.get("scope", "organization")
    if kind not in ("view", "edit") or scope not in ("organization", "users"):
        raise refuse(403 if scope == "anonymous" else 400, "notAllowed", "Links of this kind are not allowed here.")
    wanted = {"type": kind, "scope": scope}
    for grant in call.item["grants"]:
        if grant["link"] and wanted.items() <= grant["link"].items():
            return json_response(_shown(call, call.item, grant))
    key = _next(call)
    link = {**wanted, "webUrl": f"{HOST}/:w:/g/{key}"}
    made = {"id": key, "people": [], "role": "write" if kind == "edit" else "read", "link": link}
    call.drives.share(call.item, call.now, [*call.item["grants"], made])
    return json_response(_shown(call, call.item, made), 201)


def _may_share(call: Call) -> None:
    call.require(call.item, write=True)  # a lock keeps nobody from sharing


def _own(call: Call) -> Thing:
    """The permission that is given on the item itself. Raises Refused: 403 for an inherited one and the owner's."""
    for grant in call.item["grants"]:
        if grant["id"] == call.part:
            found: Thing = grant
            return found
    above = (grant["id"] for folder in passing_on(call.drives, call.item) for grant in folder["grants"])
    if call.part in (*above, "owner"):
        raise refuse(403, "accessDenied", "Inherited permissions, and the owner's, are not changed here.")
    raise missing()


def _role(said: Any) -> str:
    if not isinstance(said, list) or len(said) != 1 or said[0] not in ROLES:
        raise refuse(400, "invalidRequest", f"roles is one of {ROLES}.")
    return str(said[0])


def _next(call: Call) -> str:
    return f"perm{call.tenant.world.next('permissions'):08d}"


def _shown(call: Call, place: Thing, grant: Thing, *, inherited: bool = False) -> dict[str, Any]:
    told: dict[str, Any] = {"id": grant["id"], "roles": [grant["role"]], "shareId": f"u!{grant['id']}"}
    people = [view.identity(call.tenant, {"user": who, "app": None})["user"] for who in grant["people"]]
    if grant["link"]:
        told |= {"link": grant["link"], "grantedToIdentitiesV2": [{"user": each} for each in people]}
    else:
        told |= {"grantedToV2": {"user": people[0], "siteUser": people[0]}, "grantedTo": {"user": people[0]}}
    if inherited:
        told["inheritedFrom"] = {"driveId": call.drive["id"], "id": place["id"]}
    return told


def _owners(call: Call) -> dict[str, Any]:
    root = {"driveId": call.drive["id"], "id": call.drive["root"]}
    told: dict[str, Any] = {"id": "owner", "roles": ["owner"], "inheritedFrom": root}
    if call.drive["owner"]:
        user = view.identity(call.tenant, {"user": call.drive["owner"], "app": None})["user"]
        return told | {"grantedToV2": {"user": user}, "grantedTo": {"user": user}}
    return told | {"grantedToV2": {"siteGroup": {"id": "3", "displayName": "Registry Owners"}}}


################################################################
# By a link
################################################################


@ROUTES.on("GET", "/v1.0/shares/{share}/driveItem")
def get_shared(tenant: Tenant, request: Request, now: datetime, share: str) -> Response:
    drive, item = _shared(tenant, request, now, share)
    told = view.shown(tenant, drive, item, now)
    return json_response({"@odata.context": graph.context(request, f"shares('{share}')/driveItem/$entity"), **told})


@ROUTES.on("GET", "/v1.0/shares/{share}/driveItem/content")
def get_shared_content(tenant: Tenant, request: Request, now: datetime, share: str) -> Response:
    _, item = _shared(tenant, request, now, share)
    return Response(302, {"location": view.download_link(tenant, item, now)})


def _shared(tenant: Tenant, request: Request, now: datetime, share: str) -> tuple[Thing, Thing]:
    graph.require(graph.caller(tenant, request, now), READ)
    try:
        url = base64.urlsafe_b64decode(share.removeprefix("u!") + "=" * (-len(share.removeprefix("u!")) % 4)).decode()
    except (binascii.Error, ValueError):
        url = ""
    if not share.startswith("u!") or not url.startswith("https://"):
        raise refuse(400, "invalidRequest", "The sharing token is not well formed.")
    drives = tenant.part(Drives)
    for item in drives.items.values():
        if any(grant["link"] and grant["link"]["webUrl"] == url for grant in item["grants"]) and not item["deleted"]:
            drive = drives.drive(item["drive"], now)
            if drive is not None and item["state"] != "forbidden":
                return drive, item
            raise refuse(403, "accessDenied", "Access denied")
    raise refuse(404, "itemNotFound", "The sharing link no longer exists, or you do not have permission.")
