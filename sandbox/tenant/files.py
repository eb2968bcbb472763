################################################################
# Files in OneDrive: shared by a link, and handed out at a link that opens itself
################################################################
#
# Rule 1: a download link is its own key, for a while: whoever sends a token along is refused, so that nobody learns to.
# Rule 2: the app reads what it was granted (Files.Read.All), and of that nothing that the file itself forbids.
# Rule 3: Teams hands a bot a file by the same kind of link (presses.py).
#
# Source: https://learn.microsoft.com/graph/api/shares-get and …/driveitem-get-content

import base64
import binascii
from datetime import datetime, timedelta
from urllib.parse import quote

from sandbox.tenant import chats, graph
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

READ = "Files.Read.All"
SITE = "https://ministry-my.sharepoint.com"
LINK_LIVES_S = 600
STATES = (None, "forbidden", "malware", "folder")


def keep(tenant: Tenant, owner: Thing, name: str, body: bytes, state: str | None = None) -> Thing:
    """Put a file into somebody's OneDrive. *state*: not for the app, found to be malware, or a folder in its place."""
    number = tenant.world.next("files")
    personal = owner["upn"].replace("@", "_").replace(".", "_")
    file: Thing = {
        "id": f"01FILE{number:08d}",
        "name": name,
        "owner": owner["id"],
        "size": len(body),
        "sha256": tenant.world.keep(body),
        "state": state,
        "shared_at": f"{SITE}/:b:/g/personal/{personal}/E{number:08d}?e=s{number}",
        "web_url": f"{SITE}/personal/{personal}/Documents/{quote(name)}",
    }
    tenant.world.table("files")[file["id"]] = file
    return file


def download_link(tenant: Tenant, file: Thing, now: datetime) -> str:
    until = (now + timedelta(seconds=LINK_LIVES_S)).isoformat()
    key = graph.seal(tenant, {"file": file["id"], "until": until})
    return f"{tenant.place.http_url}/files/{file['id']}/download?tempauth={key}"


@ROUTES.on("POST", "/sandbox/files")
def put_file(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Somebody shares a file of theirs: `{upn, name, content (base64), state?}` gives `{id, url}`."""
    asked = request.json()
    owner = chats.person(tenant, str(asked.get("upn")))
    state = asked.get("state")
    if owner is None or state not in STATES:
        raise refuse(400, "BadRequest", f"upn names a person; state is one of {STATES}")
    file = keep(tenant, owner, str(asked["name"]), body_of(asked), state)
    return json_response({"id": file["id"], "url": file["shared_at"]})


@ROUTES.on("DELETE", "/sandbox/files/{file}")
def drop_file(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Its owner deletes it."""
    if tenant.world.table("files").pop(file, None) is None:
        raise refuse(404, "NotFound", f"no file {file}")
    return Response(204)


def body_of(asked: Thing) -> bytes:
    """The bytes under `content`. Raises Refused with 400."""
    try:
        return base64.b64decode(str(asked.get("content", "")), validate=True)
    except binascii.Error as why:
        raise refuse(400, "BadRequest", "content is base64") from why


@ROUTES.on("GET", "/files/{file}/download")
def download(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    if "authorization" in request.headers:
        raise refuse(401, "unauthenticated", "A download link takes no token.")
    told = graph.unseal(tenant, request.query.get("tempauth", ""))
    if told is None or told["file"] != file or datetime.fromisoformat(told["until"]) < now:
        raise refuse(401, "unauthenticated", "The link is not, or no longer, good.")
    found = tenant.world.table("files").get(file)
    if found is None:
        raise refuse(404, "itemNotFound", "Item not found")
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found['name'])}",
    }
    return Response(200, headers, tenant.world.bytes_of(found["sha256"]))


@ROUTES.on("GET", "/v1.0/shares/{share}/driveItem")
def get_shared(tenant: Tenant, request: Request, now: datetime, share: str) -> Response:
    found = _shared(tenant, request, now, share)
    item: Thing = {
        "@odata.context": graph.context(request, f"shares('{share}')/driveItem/$entity"),
        "id": found["id"],
        "name": found["name"],
        "size": found["size"],
        "webUrl": found["web_url"],
        "parentReference": {"driveType": "business", "driveId": f"b!{found['owner']}"},
    }
    if found["state"] == "folder":
        return json_response(item | {"folder": {"childCount": 1}})
    if found["state"] == "malware":
        item["malware"] = {"description": "EICAR-Test-File"}
    kind = "application/pdf" if found["name"].endswith(".pdf") else "application/octet-stream"
    link = {"@microsoft.graph.downloadUrl": download_link(tenant, found, now)}
    return json_response(link | item | {"file": {"mimeType": kind}})


@ROUTES.on("GET", "/v1.0/shares/{share}/driveItem/content")
def get_content(tenant: Tenant, request: Request, now: datetime, share: str) -> Response:
    found = _shared(tenant, request, now, share)
    return Response(302, {"location": download_link(tenant, found, now)})


def _shared(tenant: Tenant, request: Request, now: datetime, share: str) -> Thing:
    graph.require(graph.caller(tenant, request, now), READ)
    try:
        url = base64.urlsafe_b64decode(share.removeprefix("u!") + "=" * (-len(share.removeprefix("u!")) % 4)).decode()
    except (binascii.Error, ValueError):
        url = ""
    if not share.startswith("u!") or not url.startswith("https://"):
        raise refuse(400, "invalidRequest", "The sharing token is not well formed.")
    found = next((f for f in tenant.world.table("files").values() if f["shared_at"] == url), None)
    if found is None:
        raise refuse(404, "itemNotFound", "The sharing link no longer exists, or you do not have permission.")
    if found["state"] == "forbidden":
        raise refuse(403, "accessDenied", "Access denied")
    return found
