################################################################
# How an item is named in a call, who calls, and what they may
################################################################
#
# Rule 1: an item is named by its id or by its path, in a drive by its id, a person's or a site's; a call says the same
#         whichever way it is spelt.
# Rule 2: an app reaches every drive with Files.ReadWrite.All (Files.Read.All to read), the library alone with
#         Sites.Selected. A person reaches their own drive, and elsewhere what was shared with them: the rest is not
#         there for them.
# Rule 3: a file that somebody has open in Office, or checked out, is written by nobody else.

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.directory import find_user
from sandbox.tenant.drive import view
from sandbox.tenant.drive.store import LIBRARY, LIBRARY_SITE, Drives, ctag, etag, holders
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, Steps, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

_ADDRESS = re.compile(r"(?:root|items/(?P<id>[^/:]+))(?::/(?P<path>[^:]*?)/?(?::(?P<on_path>/.*)?)?|(?P<on_id>/.*)?)")
_FORBIDDEN = re.compile(r'["*:<>?/\\|\x00-\x1f]|^\s|\s$|^~\$|_vti_|^\.lock$|^desktop\.ini$|^(con|prn|aux|nul)$', re.I)
LONGEST_PATH = 400

type Act = Callable[[Call], Response | Steps]
_ACTS: list[tuple[str, re.Pattern[str], Act]] = []


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one item. Where the path names none, `found` is None, and `folder` and `name` say where it would be.

    `part` is what the action names beside itself: a version, a permission.
    """

    tenant: Tenant
    request: Request
    now: datetime
    who: graph.Caller
    drive: Thing
    found: Thing | None
    folder: Thing | None
    name: str
    part: str = ""

    @property
    def drives(self) -> Drives:
        return self.tenant.part(Drives)

    @property
    def item(self) -> Thing:
        if self.found is None:
            raise missing()
        return self.found

    @property
    def by(self) -> Thing:
        person = self.who.person
        return {"user": person, "app": None if person else self.who.app_id}

    def shown(self, item: Thing, status: int = 200) -> Response:
        """Answer with an item."""
        said = odata.options(self.request, ("select", "expand", "format", "@microsoft.graph.conflictbehavior"))
        names = odata.selected(said, view.PROPERTIES, "microsoft.graph.driveItem")
        told = view.shown(self.tenant, self.drive, item, self.now, names)
        return json_response(
            {"@odata.context": view.context(self.request, self.drive, "items/$entity"), **told}, status
        )

    def may_read(self, item: Thing) -> None:
        self.require(item, write=False)

    def may_write(self, item: Thing) -> None:
        """Raises Refused: 403 or 404 by right, 423 where somebody else has it."""
        self.require(item, write=True)
        if others := holders(item, self.now):
            raise locked(f"The file is open in Office: {len(others)} at it.")
        if item["checked_out"] not in (None, self.who.person):
            raise locked("The file is checked out.")

    def must_match(self, item: Thing) -> None:
        wanted = [tag.strip().removeprefix("W/") for tag in self.request.headers.get("if-match", "").split(", ")]
        if wanted != [""] and wanted != ["*"] and not {etag(item), ctag(item)} & set(wanted):
            raise refuse(412, "preconditionFailed", "ETag does not match current item's value")

    def require(self, item: Thing, *, write: bool) -> None:
        require_right(self.who, self.drive, write=write)
        if self.who.person is None:
            if item["state"] == "forbidden":
                raise refuse(403, "accessDenied", "Access denied")
            return
        role = role_of(self.drives, self.drive, item, self.who.person)
        if role is None:
            raise missing()
        if write and role == "read":
            raise refuse(403, "accessDenied", "Access denied")


def require_right(who: graph.Caller, drive: Thing, *, write: bool) -> None:
    """Refuse a caller whose token gives no such right in any drive, or not in this one."""
    if who.person is None:
        rights = {"Files.ReadWrite.All", "Sites.ReadWrite.All"} | (set() if write else {"Files.Read.All"})
        rights |= {"Sites.Selected"} if drive["id"] == LIBRARY else set()
        granted = bool(rights & who.roles)
    else:
        rights = {"Files.ReadWrite", "Files.ReadWrite.All"} | (set() if write else {"Files.Read", "Files.Read.All"})
        granted = bool(rights & who.scopes)
    if not granted:
        raise refuse(403, "accessDenied", "Either scp or roles claim need to be present in the token.")


def role_of(drives: Drives, drive: Thing, item: Thing, person: str) -> str | None:
    """What a person may with it: "owner", "write", "read"; None where nobody shared it with them."""
    if drive["owner"] == person:
        return "owner"
    roles = {
        grant["role"]
        for place in (item, *passing_on(drives, item))
        for grant in place["grants"]
        if person in grant["people"]
    }
    return "write" if "write" in roles else "read" if "read" in roles else None


def passing_on(drives: Drives, item: Thing) -> Iterator[Thing]:
    """The folders whose grants hold for it: none, where it was cut off from them."""
    return iter(()) if item.get("cut_off") else drives.above(item)


def missing() -> Exception:
    return refuse(404, "itemNotFound", "The resource could not be found.")


def locked(message: str) -> Exception:
    return refuse(423, "resourceLocked", message)


def right_name(name: str) -> str:
    """*name*, if SharePoint takes it. Raises Refused with 400."""
    if not name or _FORBIDDEN.search(name):
        raise refuse(400, "invalidRequest", "The name in the provided oData request does not conform to the rules.")
    return name


################################################################
# Whose drive, which item, what is to be done
################################################################


def on(method: str, action: str) -> Callable[[Act], Act]:
    """Do *action* (`{}` in it is `part`) with an item; "" is the item itself."""
    pattern = re.escape(action).replace(r"\{\}", "(?P<part>[^/]+)")

    def add(act: Act) -> Act:
        _ACTS.append((method, re.compile(pattern, re.IGNORECASE), act))
        return act

    return add


def opened(tenant: Tenant, drive: Thing | None, user_id: str = "") -> Thing:
    """The drive, if it can be reached. Raises Refused: 404 where there is none, 423 where its site is locked."""
    if drive is None or drive["state"] in ("none", "gone"):
        what = "User's mysite not found." if user_id else "The resource could not be found."
        raise refuse(404, "ResourceNotFound" if user_id else "itemNotFound", what)
    if drive["state"] == "locked":
        raise refuse(423, "resourceLocked", "The site is locked: access to it is blocked.")
    return drive


def drive_of_user(tenant: Tenant, who: graph.Caller, user_id: str, now: datetime) -> Thing:
    if user_id == "me" and who.person is None:
        raise refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    user = find_user(tenant, str(who.person) if user_id == "me" else user_id)
    if user is None:
        raise refuse(404, "Request_ResourceNotFound", f"Resource '{user_id}' does not exist.")
    return opened(tenant, tenant.part(Drives).of_person(user["id"], now), user["id"])


def _drive(tenant: Tenant, who: graph.Caller, kind: str, name: str, now: datetime) -> Thing:
    drives = tenant.part(Drives)
    if kind == "users":
        return drive_of_user(tenant, who, name, now)
    if kind == "sites":
        known = name in (LIBRARY_SITE, LIBRARY_SITE.partition(",")[0], LIBRARY_SITE.split(",")[1])
        return opened(tenant, drives.library(now) if known else None)
    return opened(tenant, drives.drive(name, now))


def _answer(tenant: Tenant, request: Request, now: datetime, kind: str, owner: str, rest: str) -> Response | Steps:
    who = graph.caller(tenant, request, now)
    drive = _drive(tenant, who, kind, owner, now)
    require_right(who, drive, write=False)
    if not rest:
        if who.person not in (None, drive["owner"]):
            raise missing()
        return json_response(
            {"@odata.context": graph.context(request, "drives/$entity"), **view.drive_shown(tenant, drive)}
        )
    said = _ADDRESS.fullmatch(rest)
    if said is None:
        raise refuse(400, "invalidRequest", f"Resource not found for the segment '{rest.partition('/')[0]}'.")
    action = (said["on_path"] or said["on_id"] or "").strip("/")
    call = Call(tenant, request, now, who, drive, *_named(tenant.part(Drives), drive, said["id"], said["path"]))
    for method, pattern, act in _ACTS:
        if method == request.method and (fits := pattern.fullmatch(action)):
            part = fits.groupdict().get("part") or ""
            return act(Call(tenant, request, now, who, drive, call.found, call.folder, call.name, part))
    raise refuse(400, "invalidRequest", f"{request.method} is not offered for '{action}' of an item.")


def _named(
    drives: Drives, drive: Thing, item_id: str | None, path: str | None
) -> tuple[Thing | None, Thing | None, str]:
    """The item, or where it would be: its folder and its name."""
    at = drives.item(drive, item_id or "root")
    names = [part for part in (path or "").split("/") if part]
    if at is None or not names:
        return at, None, ""
    if len(path or "") > LONGEST_PATH:
        raise refuse(400, "pathIsTooLong", "The path is too long.")
    for name in names[:-1]:
        at = drives.child(at, name)
        if at is None or not at["folder"]:
            return None, None, ""
    return drives.child(at, names[-1]), at, names[-1]


def _routes() -> None:
    """A drive by its id, a person's and a site's: each alone and with whatever is named in it."""

    def whole(kind: str) -> Any:
        return lambda tenant, request, now, owner: _answer(tenant, request, now, kind, owner, "")

    def within(kind: str) -> Any:
        return lambda tenant, request, now, owner, rest: _answer(tenant, request, now, kind, owner, rest)

    for kind, template in (
        ("drives", "/v1.0/drives/{owner}"),
        ("users", "/v1.0/users/{owner}/drive"),
        ("sites", "/v1.0/sites/{owner}/drive"),
    ):
        ROUTES.on("GET", template)(whole(kind))
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
            ROUTES.on(method, template + "/{rest:path}")(within(kind))


_routes()
