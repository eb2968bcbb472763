################################################################
# Drives and what lies in them
################################################################
#
# Rule 1: every person has a drive of their own from the day they first sign in; the ministry has one library, a site's.
# Rule 2: whatever is changed gets a new eTag, new content a new cTag, a version and another editor; all of it,
#         and the folders above, comes once more in the drive's delta.
# Rule 3: what is deleted leaves a mark that delta shows. What lay in a deleted folder goes with it, and delta says
#         nothing of it.

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.tenant.changes import ChangeLog
from sandbox.tenant.directory import find_user
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.world import Thing

HOST = "https://ministry-my.sharepoint.com"
SITE_HOST = "ministry.sharepoint.com"
LIBRARY_SITE = f"{SITE_HOST},5e11f0c5-0000-4000-8000-000000000001,5e11f0c5-0000-4000-8000-000000000002"
LIBRARY = "b!bGlicmFyeS1vZi1kcmFmdHM"

# What has become of a drive: in use; never signed in to; nobody may reach it (the site is locked); deleted for good.
STATES = ("ready", "none", "locked", "gone")
KEPT_AFTER_LEAVING = timedelta(days=30)

type Watcher = Callable[[str, datetime], None]


class Drives:
    """The tables of drives and items, with what is looked up in them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant, self._world = tenant, tenant.world
        self._drives = tenant.world.table("drives")
        self.items = tenant.world.table("drive items")
        self._logs: defaultdict[str, ChangeLog] = defaultdict(ChangeLog)
        self._children: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.watchers: list[Watcher] = []
        for item in sorted(self.items.values(), key=lambda item: int(item["seq"])):
            self._logs[item["drive"]].note(item["seq"], item["id"])
            self._line_up(item)

    ################################################################
    # Drives
    ################################################################

    def of_person(self, owner_id: str, now: datetime) -> Thing:
        """Somebody's OneDrive, whatever its state; made the first time that anybody asks."""
        drive_id = f"b!{owner_id}"
        if drive_id not in self._drives:
            user = find_user(self._tenant, owner_id)
            upn = user["userPrincipalName"] if user else owner_id
            personal = upn.replace("@", "_").replace(".", "_")
            self._found(
                {
                    "id": drive_id,
                    "kind": "business",
                    "owner": owner_id,
                    "name": "OneDrive",
                    "site": f"ministry-my.sharepoint.com,{owner_id},{owner_id}",
                    "web_url": f"{HOST}/personal/{personal}/Documents",
                    # who cannot sign in (a shared mailbox, say) has none
                    "state": "ready" if user is None or user["accountEnabled"] else "none",
                },
                now,
            )
        return self._drives[drive_id]

    def library(self, now: datetime) -> Thing:
        """The ministry's library."""
        if LIBRARY not in self._drives:
            self._found(
                {
                    "id": LIBRARY,
                    "kind": "documentLibrary",
                    "owner": None,
                    "name": "Letters",
                    "site": LIBRARY_SITE,
                    "web_url": f"https://{SITE_HOST}/sites/registry/Letters",
                    "state": "ready",
                },
                now,
            )
        return self._drives[LIBRARY]

    def drive(self, drive_id: str, now: datetime) -> Thing | None:
        """The drive of this id; None for none, and for one that is there no more."""
        if drive_id == LIBRARY:
            self.library(now)
        owner = drive_id.removeprefix("b!")
        if drive_id not in self._drives and find_user(self._tenant, owner) is not None:
            self.of_person(owner, now)
        drive = self._drives.get(drive_id)
        if drive is None or drive["state"] in ("none", "gone"):
            return None
        left_at = drive.get("left_at")
        over = left_at is not None and now > datetime.fromisoformat(left_at) + KEPT_AFTER_LEAVING
        return None if over else drive

    def set_state(self, drive: Thing, **changed: Any) -> None:
        self._drives[drive["id"]] = {**drive, **changed}

    def _found(self, drive: Thing, now: datetime) -> None:
        root = self._add(drive["id"], None, "root", {"app": None, "user": drive["owner"]}, now, None)
        self._drives[drive["id"]] = {**drive, "root": root["id"]}

    ################################################################
    # Items
    ################################################################

    def item(self, drive: Thing, item_id: str) -> Thing | None:
        found = self.items.get(drive["root"] if item_id == "root" else item_id)
        return found if found is not None and found["drive"] == drive["id"] and not found["deleted"] else None

    def children(self, folder: Thing) -> list[Thing]:
        return [self.items[key] for key in self._children[folder["id"]]]

    def child(self, folder: Thing, name: str) -> Thing | None:
        """The one of this name, in whatever case: a drive has no two that differ in it alone."""
        return next((each for each in self.children(folder) if each["name"].casefold() == name.casefold()), None)

    def above(self, item: Thing) -> Iterator[Thing]:
        """The folders that it lies in, from the nearest to the root."""
        while item["parent"] is not None:
            item = self.items[item["parent"]]
            yield item

    def path(self, item: Thing) -> str:
        """Where it lies below the root, without a slash before or after; names as they are."""
        names = [item["name"], *(each["name"] for each in self.above(item))][:-1]
        return "/".join(reversed(names))

    def log(self, drive: Thing) -> ChangeLog:
        return self._logs[drive["id"]]

    def add(self, folder: Thing, name: str, by: Thing, now: datetime, body: bytes | None) -> Thing:
        """Put a new file there, or a folder where *body* is None; the name must be free."""
        return self._add(folder["drive"], folder, name, by, now, body)

    def _add(
        self, drive_id: str, folder: Thing | None, name: str, by: Thing, now: datetime, body: bytes | None
    ) -> Thing:
        number = self._world.next("drive items")
        item: Thing = {
            "id": f"01TARASUL{number:016d}",
            "n": number,
            "drive": drive_id,
            "parent": folder["id"] if folder is not None else None,
            "name": name,
            "folder": body is None,
            "size": 0,
            "sha256": None,
            "e": 0,
            "c": 0,
            "created_at": now.isoformat(),
            "created_by": by,
            "modified_at": now.isoformat(),
            "modified_by": by,
            "versions": [],
            "grants": [],
            "open": {},
            "checked_out": None,
            "state": None,
            "deleted": False,
        }
        item |= self._content(item, body) if body is not None else {}
        kept = self._keep(item, by, now)
        self._line_up(kept)
        return kept

    def write(self, item: Thing, body: bytes, by: Thing, now: datetime) -> Thing:
        """Write new content: the one before stays as a version."""
        return self._keep({**item, **self._content(item, body)}, by, now)

    def change(self, item: Thing, by: Thing, now: datetime, **changed: Any) -> Thing:
        """Change its name, its place or the like; the content stays."""
        if item["parent"] is not None:
            self._children[item["parent"]].pop(item["id"], None)
        kept = self._keep({**item, **changed}, by, now)
        self._line_up(kept)
        return kept

    def share(self, item: Thing, now: datetime, grants: list[Thing]) -> Thing:
        """Change who has access: that gives a new eTag, and nobody is the editor for it."""
        return self._keep({**item, "grants": grants}, None, now)

    def note(self, item: Thing, **changed: Any) -> Thing:
        """Write down what no tag tells of: who has it open, who checked it out."""
        self.items[item["id"]] = {**item, **changed}
        return self.items[item["id"]]

    def remove(self, item: Thing, by: Thing, now: datetime) -> None:
        for below in self.children(item):
            self._forget(below)
        self._children[item["parent"]].pop(item["id"], None)
        self._keep({**item, "deleted": True}, by, now)

    def _forget(self, item: Thing) -> None:
        for below in self.children(item):
            self._forget(below)
        self.items[item["id"]] = {**item, "deleted": True}
        self._children.pop(item["id"], None)

    def _content(self, item: Thing, body: bytes) -> Thing:
        return {"sha256": self._world.keep(body), "size": len(body), "c": item["c"] + 1}

    def _keep(self, item: Thing, by: Thing | None, now: datetime) -> Thing:
        before = self.items.get(item["id"])
        kept = {**item, "e": item["e"] + 1}
        if by is not None:
            kept |= {"modified_at": now.isoformat(), "modified_by": by}
        written = before is None or before["c"] != kept["c"]
        if written and not kept["folder"]:
            version = {name: kept[name] for name in ("sha256", "size", "modified_at", "modified_by")}
            kept["versions"] = [*kept["versions"], version]
        chain = [kept] if kept["parent"] is None else [*reversed(list(self.above(kept))), kept]
        for each in chain:
            self.items[each["id"]] = {**each, "seq": self._world.next("drive changes")}
            self._logs[each["drive"]].note(self.items[each["id"]]["seq"], each["id"])
        for watch in self.watchers:
            watch(kept["drive"], now)
        return self.items[kept["id"]]

    def _line_up(self, item: Thing) -> None:
        if item["parent"] is not None and not item["deleted"]:
            self._children[item["parent"]][item["id"]] = None


def web_url(drives: Drives, drive: Thing, item: Thing) -> str:
    """Where a browser shows it: a Word file opens in Office online."""
    if item["name"].lower().endswith(".docx"):
        sources = f"sourcedoc=%7B{guid(item)}%7D&file={quote(item['name'])}&action=default&mobileredirect=true"
        return f"{drive['web_url'].rpartition('/')[0]}/_layouts/15/Doc.aspx?{sources}"
    return f"{drive['web_url']}/{quote(drives.path(item))}".rstrip("/")


def guid(item: Thing) -> str:
    """The name by which SharePoint itself knows it, as it stands in its tags."""
    return f"F11E0000-0000-4000-8000-{item['n']:012X}"


def etag(item: Thing) -> str:
    return f'"{{{guid(item)}}},{item["e"]}"'


def ctag(item: Thing) -> str:
    return f'"c:{{{guid(item)}}},{item["c"]}"'


def holders(item: Thing, now: datetime) -> list[str]:
    """Who has it open in Office now: ids of people."""
    return [who for who, until in item["open"].items() if until is None or datetime.fromisoformat(until) > now]
