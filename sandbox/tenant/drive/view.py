################################################################
# Drives and items, as Graph shows them
################################################################
#
# Source: https://learn.microsoft.com/graph/api/resources/driveitem and …/drive

import base64
from datetime import datetime, timedelta
from mimetypes import guess_type
from typing import Any
from urllib.parse import quote

from sandbox.tenant import graph
from sandbox.tenant.directory import find_user
from sandbox.tenant.drive.store import Drives, ctag, etag, web_url
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Request
from sandbox.tenant.world import Thing

LINK_LIVES_S = 600
DOWNLOAD = "@microsoft.graph.downloadUrl"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

PROPERTIES = (
    *("id", "name", "size", "webUrl", "eTag", "cTag", "createdBy", "createdDateTime", "lastModifiedBy"),
    *("lastModifiedDateTime", "parentReference", "file", "folder", "root", "malware", "deleted", "fileSystemInfo"),
    *("shared", "publication", "description", DOWNLOAD, "content.downloadUrl"),
)


def identity(tenant: Tenant, by: Thing) -> Thing:
    """Who did something: a person, or an application, which SharePoint has act as somebody of its own."""
    if by["user"] is not None:
        user = find_user(tenant, by["user"])
        return {"user": {"id": by["user"], "displayName": user["displayName"] if user else "Guest"}}
    app = {"id": by["app"], "displayName": tenant.ministry["app"]["name"]}
    return {"application": app, "user": {"displayName": "SharePoint App"}}


def drive_shown(tenant: Tenant, drive: Thing) -> dict[str, Any]:
    user = find_user(tenant, drive["owner"]) if drive["owner"] else None
    owner = {"id": drive["owner"], "displayName": user["displayName"] if user else ""}
    return {
        "id": drive["id"],
        "driveType": drive["kind"],
        "name": drive["name"],
        "webUrl": drive["web_url"],
        "owner": {"user": owner if drive["owner"] else {"displayName": "System Account"}},
        "quota": {"deleted": 0, "remaining": 1_099_000_000_000, "state": "normal", "total": 1_099_511_627_776},
    }


def shown(
    tenant: Tenant, drive: Thing, item: Thing, now: datetime, names: set[str] | None = None, *, in_delta: bool = False
) -> dict[str, Any]:
    """An item; *names*: what was asked for, None for what is usual. What delta does not tell is left out *in_delta*."""
    drives = tenant.part(Drives)
    at = {"driveType": drive["kind"], "driveId": drive["id"]}
    if item["deleted"]:
        left = {"folder" if item["folder"] else "file": {}, "parentReference": {**at, "id": item["parent"]}}
        return {"id": item["id"], "deleted": {"state": "deleted"}, **left}
    told: dict[str, Any] = {
        "createdBy": identity(tenant, item["created_by"]),
        "createdDateTime": _instant(item["created_at"]),
        "eTag": etag(item),
        "id": item["id"],
        "lastModifiedBy": identity(tenant, item["modified_by"]),
        "lastModifiedDateTime": _instant(item["modified_at"]),
        "name": item["name"],
        "webUrl": web_url(drives, drive, item),
        "size": item["size"],
        "fileSystemInfo": {
            "createdDateTime": _instant(item["created_at"]),
            "lastModifiedDateTime": _instant(item["modified_at"]),
        },
    }
    if item["parent"] is None:
        told |= {"root": {}, "parentReference": at}
    else:
        above = drives.items[item["parent"]]
        told["parentReference"] = {**at, "id": above["id"], "name": above["name"], "siteId": drive["site"]}
        if not in_delta:
            told["parentReference"]["path"] = f"/drives/{drive['id']}/root:/{drives.path(above)}".rstrip("/")
    if item["folder"] or item["state"] == "folder":
        told["folder"] = {"childCount": len(drives.children(item))}
    else:
        told["file"] = {"mimeType": kind_of(item["name"]), "hashes": {"quickXorHash": _hash_of(item)}}
        told[DOWNLOAD] = told["content.downloadUrl"] = download_link(tenant, item, now)
        if not in_delta:
            told["cTag"] = ctag(item)
    if item["state"] == "malware":
        told["malware"] = {"description": "EICAR-Test-File"}
    if item["grants"]:
        told["shared"] = {"scope": "users"}
    out = item["checked_out"]
    told["publication"] = {"level": "checkout" if out else "published", "versionId": f"{len(item['versions'])}.0"}
    if out:
        told["publication"]["checkedOutBy"] = identity(tenant, {"user": out, "app": None})
    unasked = {"publication", "content.downloadUrl"} | ({DOWNLOAD} if in_delta else set())
    wanted = (set(told) - unasked) if names is None else names | {"@odata.type"}
    return {name: value for name, value in told.items() if name in wanted}


def kind_of(name: str) -> str:
    return WORD if name.lower().endswith(".docx") else guess_type(name)[0] or "application/octet-stream"


def download_link(tenant: Tenant, item: Thing, now: datetime, *, sha256: str = "", name: str = "") -> str:
    """A link that opens itself for a while: to the file as it is when it is followed, or to those very bytes."""
    until = (now + timedelta(seconds=LINK_LIVES_S)).isoformat()
    key = graph.seal(tenant, {"file": item["id"], "until": until, "sha256": sha256, "name": name})
    return f"{tenant.place.http_url}/files/{quote(item['id'])}/download?tempauth={key}"


def context(request: Request, drive: Thing, tail: str) -> str:
    return graph.context(request, f"drives('{drive['id']}')/{tail}")


def _instant(text: str) -> str:
    return graph.instant(datetime.fromisoformat(text))


def _hash_of(item: Thing) -> str:
    """As long as Microsoft's quickXorHash, and as different for different bytes; computed otherwise."""
    return base64.b64encode(bytes.fromhex(item["sha256"])[:20]).decode()
