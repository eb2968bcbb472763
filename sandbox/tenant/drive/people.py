################################################################
# What people do to files in Office, and what becomes of drives (controls under /sandbox/)
################################################################
#
# Rule 1: whoever has a file open in Office holds it: nobody else writes it, until it is closed or the time is over.
# Rule 2: an edit is what Office online saves of itself: it needs the right to write, and nothing else.
# Rule 3: what a person does by Graph (rename, move, delete, share) is no control: POST /sandbox/token gives a token.

import base64
import binascii
from datetime import datetime, timedelta

from sandbox.tenant.directory import Directory, find_user
from sandbox.tenant.drive import convert, view
from sandbox.tenant.drive.calls import role_of
from sandbox.tenant.drive.store import LIBRARY, STATES, Drives, holders, web_url
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

FILE_STATES = (None, "forbidden", "malware", "folder")
ATTACHMENTS = "Attachments"


def keep(
    tenant: Tenant, owner: Thing, name: str, body: bytes, now: datetime, state: str | None = None
) -> tuple[Thing, Thing]:
    """Put a file into somebody's OneDrive, each in a folder of its own, shared by a link; gives the drive and the file.

    *state*: not for the app, found to be malware, or a folder in its place.
    """
    drives = tenant.part(Drives)
    drive = drives.of_person(owner["id"], now)
    by, root = {"user": owner["id"], "app": None}, drives.items[drive["root"]]
    folder = drives.child(root, ATTACHMENTS) or drives.add(root, ATTACHMENTS, by, now, None)
    number = tenant.world.next("attached files")
    own = drives.add(folder, str(number), by, now, None)
    item = drives.add(own, name, by, now, body)
    link = {
        "type": "view",
        "scope": "organization",
        "webUrl": f"{drive['web_url'].partition('/personal')[0]}/:b:/g/{number}",
    }
    key = f"perm{tenant.world.next('permissions'):08d}"
    item = drives.share(item, now, [{"id": key, "people": [], "role": "read", "link": link}])
    return drive, drives.note(item, state=state)


@ROUTES.on("POST", "/sandbox/files")
def share_file(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Somebody shares a file of theirs: `{upn, name, content (base64), state?}` gives `{id, drive, url}`."""
    asked = request.json()
    owner, state = find_user(tenant, str(asked.get("upn"))), asked.get("state")
    if owner is None or state not in FILE_STATES:
        raise refuse(400, "BadRequest", f"upn names a person; state is one of {FILE_STATES}")
    drive, file = keep(tenant, owner, str(asked["name"]), body_of(asked), now, state)
    return json_response({"id": file["id"], "drive": drive["id"], "url": file["grants"][0]["link"]["webUrl"]})


@ROUTES.on("DELETE", "/sandbox/files/{file}")
def drop_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Its owner deletes it."""
    item = file_of(tenant, file)
    tenant.part(Drives).remove(item, item["created_by"], now)
    return Response(204)


@ROUTES.on("GET", "/sandbox/files/{file}")
def see_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """The file as it is: name, path, size, versions, who has it open, who has access, its content (base64)."""
    item = file_of(tenant, file)
    drives = tenant.part(Drives)
    drive = drives.drive(item["drive"], now)
    return json_response(
        {
            "id": item["id"],
            "drive": item["drive"],
            "name": item["name"],
            "path": drives.path(item),
            "webUrl": web_url(drives, drive, item) if drive else None,
            "size": item["size"],
            "versions": len(item["versions"]),
            "open": holders(item, now),
            "checkedOut": item["checked_out"],
            "access": {who: grant["role"] for grant in item["grants"] for who in grant["people"]},
            "links": [grant["link"] for grant in item["grants"] if grant["link"]],
            "content": base64.b64encode(tenant.world.bytes_of(item["sha256"])).decode() if item["sha256"] else None,
        }
    )


@ROUTES.on("POST", "/sandbox/files/{file}/open")
def open_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Somebody opens it in Office: `{upn, for_s?}`; without a time until they close it."""
    asked = request.json()
    item, who = editor(tenant, file, asked)
    until = (now + timedelta(seconds=float(asked["for_s"]))).isoformat() if "for_s" in asked else None
    tenant.part(Drives).note(item, open={**item["open"], who: until})
    return Response(204)


@ROUTES.on("POST", "/sandbox/files/{file}/close")
def close_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Somebody closes it: `{upn}`; or everybody does: `{}`."""
    asked, item = request.json(), file_of(tenant, file)
    gone = [_person(tenant, asked)["id"]] if "upn" in asked else list(item["open"])
    tenant.part(Drives).note(item, open={who: until for who, until in item["open"].items() if who not in gone})
    return Response(204)


@ROUTES.on("POST", "/sandbox/files/{file}/edit")
def edit_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Somebody changes it in Office, which saves it: `{upn, content (base64)}`. Others may have it open as well."""
    asked = request.json()
    item, who = editor(tenant, file, asked)
    written = tenant.part(Drives).write(item, body_of(asked), {"user": who, "app": None}, now)
    return json_response({"version": len(written["versions"])})


@ROUTES.on("GET", "/sandbox/drives/{upn}")
def see_drive(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """Somebody's drive, or the library's (`library`): its id, its state, and the files in it, whatever its state."""
    drive, drives = _drive(tenant, upn, now), tenant.part(Drives)
    mine = [each for each in drives.items.values() if each["drive"] == drive["id"] and not each["deleted"]]
    files = [{"id": each["id"], "path": drives.path(each)} for each in mine if not each["folder"]]
    return json_response({"id": drive["id"], "state": drive["state"], "files": files})


@ROUTES.on("GET", "/sandbox/drives/{upn}/seen")
def see_files(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """The files that somebody finds in OneDrive: their own and those shared with them; the latest first."""
    user, drives = _person(tenant, {"upn": upn}), tenant.part(Drives)
    seen = []
    for item in drives.items.values():
        drive = drives.drive(item["drive"], now)
        if drive is None or drive["state"] == "locked" or item["folder"] or item["deleted"]:
            continue
        role = role_of(drives, drive, item, user["id"])
        if role is not None:
            last, owner = item["modified_by"], find_user(tenant, drive["owner"]) if drive["owner"] else None
            seen.append(
                {
                    "id": item["id"],
                    "name": item["name"],
                    "path": drives.path(item),
                    "owner": owner["userPrincipalName"] if owner else None,
                    "place": drive["name"],
                    "role": role,
                    "url": web_url(drives, drive, item),
                    "size": item["size"],
                    "version": len(item["versions"]),
                    "at": item["modified_at"],
                    "by": view.identity(tenant, last)["user"]["displayName"] if last["user"] else None,
                }
            )
    return json_response(sorted(seen, key=lambda each: str(each["at"]), reverse=True))


@ROUTES.on("POST", "/sandbox/drives/{upn}")
def change_drive(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """Let something become of it: `{state}`, ready, none (never signed in to), locked or gone; or `{promotes}`, whether
    it writes properties of its own into the Office files that are put there."""
    asked = request.json()
    if not asked or not asked.keys() <= {"state", "promotes"} or asked.get("state", "ready") not in STATES:
        raise refuse(400, "BadRequest", f"state is one of {STATES}; promotes is true or false")
    tenant.part(Drives).set_state(_drive(tenant, upn, now), **asked)
    return Response(204)


@ROUTES.on("DELETE", "/sandbox/people/{upn}")
def leave(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """Somebody leaves: the account is deleted. Their drive stays for 30 days, reached by its id alone."""
    user = find_user(tenant, upn)
    if user is None:
        raise refuse(404, "NotFound", f"Nobody here is called {upn}.")
    drives = tenant.part(Drives)
    drives.set_state(drives.of_person(user["id"], now), left_at=now.isoformat())
    tenant.part(Directory).remove(user)
    return Response(204)


@ROUTES.on("POST", "/sandbox/convert")
def choose_way(tenant: Tenant, request: Request, now: datetime) -> Response:
    """How documents become PDF: `{way}`, "plain" or "office" (LibreOffice, where it is installed)."""
    way = request.json().get("way")
    if way not in convert.WAYS:
        raise refuse(400, "BadRequest", f"way is one of {convert.WAYS}")
    tenant.world.table("settings")["convert"] = {"way": way}
    return json_response({"way": convert.way_of(tenant)})


def body_of(asked: Thing) -> bytes:
    """The bytes under `content`. Raises Refused with 400."""
    try:
        return base64.b64decode(str(asked.get("content", "")), validate=True)
    except binascii.Error as why:
        raise refuse(400, "BadRequest", "content is base64") from why


def download_info(tenant: Tenant, drive: Thing, file: Thing, now: datetime) -> Thing:
    """A file as Teams hands it to a bot in a personal chat."""
    return {
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "contentUrl": web_url(tenant.part(Drives), drive, file),
        "name": file["name"],
        "content": {
            "downloadUrl": view.download_link(tenant, file, now),
            "uniqueId": file["id"],
            "fileType": file["name"].rpartition(".")[2],
        },
    }


def file_of(tenant: Tenant, file: str) -> Thing:
    item = tenant.part(Drives).items.get(file)
    if item is None or item["deleted"]:
        raise refuse(404, "NotFound", f"no file {file}")
    return item


def _person(tenant: Tenant, asked: Thing) -> Thing:
    user = find_user(tenant, str(asked.get("upn")))
    if user is None:
        raise refuse(404, "NotFound", f"Nobody here is called {asked.get('upn')}.")
    return user


def editor(tenant: Tenant, file: str, asked: Thing) -> tuple[Thing, str]:
    """The file, and the id of who may write it. Raises Refused: 403 for whom nobody let."""
    item, user = file_of(tenant, file), _person(tenant, asked)
    drives = tenant.part(Drives)
    owner = None if item["drive"] == LIBRARY else item["drive"].removeprefix("b!")
    role = role_of(drives, {"owner": owner}, item, user["id"])
    if not user["accountEnabled"] or role not in ("owner", "write"):
        raise refuse(403, "accessDenied", f"{asked.get('upn')} may not write this file.")
    return item, user["id"]


def _drive(tenant: Tenant, upn: str, now: datetime) -> Thing:
    drives = tenant.part(Drives)
    if upn == "library":
        return drives.library(now)
    user = find_user(tenant, upn)
    if user is None:
        raise refuse(404, "NotFound", f"Nobody here is called {upn}.")
    return drives.of_person(user["id"], now)
