################################################################
# What is in a file: put, sent in pieces, handed out, kept in versions, converted
################################################################
#
# Rule 1: bytes are never handed out by Graph itself, but at a link that opens itself for a while; whoever sends a token
#         along there is refused, so that nobody learns to.
# Rule 2: such a link leads to the file as it is when the link is followed; or, of a version or a PDF, to those bytes.
# Rule 3: the pieces of an upload come in their order, each a multiple of 320 KiB but the last; nothing is there before
#         the last one is.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-put-content, …-createuploadsession, …-get-content,
#         …-get-content-format, …-list-versions

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.tenant import graph, odata
from sandbox.tenant.drive import convert, view
from sandbox.tenant.drive.calls import Call, missing, on, right_name
from sandbox.tenant.drive.items import CONFLICT, free_name
from sandbox.tenant.drive.store import Drives
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Job, Request, Response, Steps, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

LARGEST_PUT = 250 * 1024 * 1024
PIECE = 327_680
LARGEST_PIECE = 60 * 1024 * 1024
SESSION_LIVES = timedelta(minutes=15)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


################################################################
# Putting
################################################################


@on("PUT", "content")
def put(call: Call) -> Response:
    if len(call.request.body) > LARGEST_PUT:
        raise refuse(413, "requestEntityTooLarge", "More than 250 MB go by an upload session.")
    said = odata.options(call.request, (CONFLICT.lower(), "select"))
    written, status = _put(call, said.get(CONFLICT.lower(), "replace"), call.request.body)
    return call.shown(written, status)


def _put(call: Call, behaviour: str, body: bytes) -> tuple[Thing, int]:
    if call.found is not None and behaviour == "replace":
        if call.item["folder"]:
            raise refuse(409, "nameAlreadyExists", "There is a folder of that name.")
        call.may_write(call.item)
        call.must_match(call.item)
        return call.drives.write(call.item, body, call.by, call.now), 200
    if call.folder is None:
        raise missing()
    call.may_write(call.folder)
    name = free_name(call, call.folder, right_name(call.name), behaviour)
    return call.drives.add(call.folder, name, call.by, call.now, body), 201


@on("POST", "createUploadSession")
def create_session(call: Call) -> Response:
    said = graph.body_of(call.request).get("item") or {}
    behaviour = said.get(CONFLICT, "replace")
    if call.found is None:
        if call.folder is None:
            raise missing()
        call.may_write(call.folder)
        right_name(call.name)
    else:
        call.may_write(call.found)
        call.must_match(call.found)
        if behaviour == "fail":
            free_name(call, call.drives.items[call.found["parent"]], call.found["name"], behaviour)
    number = call.tenant.world.next("upload sessions")
    session = {
        "id": str(number),
        "drive": call.drive["id"],
        "found": call.found["id"] if call.found else None,
        "folder": call.folder["id"] if call.folder else None,
        "name": call.name,
        "behaviour": behaviour,
        "by": call.by,
        "until": (call.now + SESSION_LIVES).isoformat(),
        "pieces": [],
        "have": 0,
    }
    call.tenant.world.table("uploads")[session["id"]] = session
    url = f"{call.tenant.place.http_url}/files/uploads/{number}?tempauth={graph.seal(call.tenant, {'upload': number})}"
    told = {"uploadUrl": url, "expirationDateTime": _end(session), "nextExpectedRanges": ["0-"]}
    return json_response({"@odata.context": graph.context(call.request, "microsoft.graph.uploadSession"), **told})


def _session(tenant: Tenant, request: Request, now: datetime, upload: str) -> Thing:
    if "authorization" in request.headers:
        raise refuse(401, "unauthenticated", "An upload link takes no token.")
    told = graph.unseal(tenant, request.query.get("tempauth", ""))
    session = tenant.world.table("uploads").get(upload)
    if told is None or str(told.get("upload")) != upload:
        raise refuse(401, "unauthenticated", "The link is not good.")
    if session is None or datetime.fromisoformat(session["until"]) < now:
        raise refuse(404, "itemNotFound", "The upload session was not found.")
    return session


def _end(session: Thing) -> str:
    return graph.instant(datetime.fromisoformat(session["until"]))


def _status(session: Thing, status: int) -> Response:
    said: dict[str, Any] = {"expirationDateTime": _end(session), "nextExpectedRanges": [f"{session['have']}-"]}
    return json_response(said, status)


@ROUTES.on("GET", "/files/uploads/{upload}")
def see_session(tenant: Tenant, request: Request, now: datetime, upload: str) -> Response:
    return _status(_session(tenant, request, now, upload), 200)


@ROUTES.on("DELETE", "/files/uploads/{upload}")
def end_session(tenant: Tenant, request: Request, now: datetime, upload: str) -> Response:
    del tenant.world.table("uploads")[_session(tenant, request, now, upload)["id"]]
    return Response(204)


@ROUTES.on("PUT", "/files/uploads/{upload}")
def take_piece(tenant: Tenant, request: Request, now: datetime, upload: str) -> Response:
    session = _session(tenant, request, now, upload)
    said = _RANGE.fullmatch(request.headers.get("content-range", ""))
    first, last, whole = (int(each) for each in said.groups()) if said else (0, -1, 0)
    if said is None or last - first + 1 != len(request.body) or len(request.body) >= LARGEST_PIECE:
        raise refuse(400, "invalidRequest", "The Content-Range is missing, or not that of the bytes sent.")
    if first != session["have"]:
        raise refuse(416, "invalidRange", "The uploaded fragment overlaps with data that has already been received.")
    if last + 1 < whole and len(request.body) % PIECE:
        raise refuse(400, "invalidRequest", f"A fragment is a multiple of {PIECE} bytes.")
    world = tenant.world
    session = {**session, "have": last + 1, "pieces": [*session["pieces"], world.keep(request.body)]}
    world.table("uploads")[upload] = session
    if last + 1 < whole:
        return _status(session, 202)
    drives = tenant.part(Drives)
    drive = drives.drive(session["drive"], now)
    if drive is None:
        raise missing()
    folder = drives.item(drive, session["folder"]) if session["folder"] else None
    found = drives.item(drive, session["found"]) if session["found"] else None
    if found is None and folder is not None:
        found = drives.child(folder, session["name"])
    app = tenant.ministry["app"]
    who = graph.Caller(
        app["app_id"], session["by"]["user"], frozenset(app["roles"]), frozenset({"Files.ReadWrite.All"})
    )
    call = Call(tenant, request, now, who, drive, found, folder, session["name"])
    written, status = _put(call, session["behaviour"], b"".join(world.bytes_of(each) for each in session["pieces"]))
    del world.table("uploads")[upload]
    return json_response(view.shown(tenant, drive, written, now), status)


################################################################
# Handing out
################################################################


@on("GET", "content")
def get_content(call: Call) -> Response | Steps:
    item = call.item
    call.may_read(item)
    if item["folder"]:
        raise refuse(400, "invalidRequest", "A folder has no content.")
    wanted = odata.options(call.request, ("format",)).get("format")
    if wanted is None:
        return Response(302, {"location": view.download_link(call.tenant, item, call.now)})
    if wanted.lower() != "pdf" or item["name"].rpartition(".")[2].lower() not in convert.TAKEN:
        raise refuse(406, "notAcceptable", "The format is not supported for this file.")
    return _converted(call, item)


def _converted(call: Call, item: Thing) -> Steps:
    """The PDF is made before the link to it is given; meanwhile the tenant answers others."""
    body, how = call.tenant.world.bytes_of(item["sha256"]), convert.way_of(call.tenant)
    made = yield Job(lambda: convert.to_pdf(body, item["name"], how))
    if made.status != 200:
        raise refuse(406, "notAcceptable", "The file cannot be converted.")
    sha256 = call.tenant.world.keep(made.body)
    name = f"{item['name'].rpartition('.')[0]}.pdf"
    return Response(302, {"location": view.download_link(call.tenant, item, call.now, sha256=sha256, name=name)})


@ROUTES.on("GET", "/files/{file}/download")
def download(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    if "authorization" in request.headers:
        raise refuse(401, "unauthenticated", "A download link takes no token.")
    told = graph.unseal(tenant, request.query.get("tempauth", ""))
    if told is None or told.get("file") != file or datetime.fromisoformat(told["until"]) < now:
        raise refuse(401, "unauthenticated", "The link is not, or no longer, good.")
    item = tenant.part(Drives).items.get(file)
    if item is None or item["deleted"]:
        raise refuse(404, "itemNotFound", "Item not found")
    name, sha256 = told["name"] or item["name"], told["sha256"] or item["sha256"]
    headers = {
        "content-type": "application/pdf" if told["name"].endswith(".pdf") else "application/octet-stream",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
    }
    return Response(200, headers, tenant.world.bytes_of(sha256))


################################################################
# Versions
################################################################


@on("GET", "versions")
def versions(call: Call) -> Response:
    item = call.item
    call.may_read(item)
    told = [
        {
            "id": f"{number}.0",
            "lastModifiedBy": view.identity(call.tenant, version["modified_by"]),
            "lastModifiedDateTime": graph.instant(datetime.fromisoformat(version["modified_at"])),
            "size": version["size"],
        }
        for number, version in enumerate(item["versions"], 1)
    ]
    return graph.collection(call.request, f"drives('{call.drive['id']}')/items('{item['id']}')/versions", told[::-1])


@on("GET", "versions/{}/content")
def version_content(call: Call) -> Response:
    version = _version(call)
    if version is call.item["versions"][-1]:
        raise refuse(400, "invalidRequest", "You cannot get the content of the current version.")
    link = view.download_link(call.tenant, call.item, call.now, sha256=version["sha256"], name=call.item["name"])
    return Response(302, {"location": link})


@on("POST", "versions/{}/restoreVersion")
def restore(call: Call) -> Response:
    version = _version(call)
    call.may_write(call.item)
    call.drives.write(call.item, call.tenant.world.bytes_of(version["sha256"]), call.by, call.now)
    return Response(204)


def _version(call: Call) -> Thing:
    call.may_read(call.item)
    kept: list[Thing] = call.item["versions"]
    number = call.part.removesuffix(".0")
    if not number.isdecimal() or not 0 < int(number) <= len(kept):
        raise missing()
    return kept[int(number) - 1]
