################################################################
# Drafts in people's OneDrive and in the ministry's library
################################################################
#
# Rule 1: the name of a file carries a mark of its key: so it is found again after a lost answer. What has that
#         name and was not made by us is somebody else's, and stays; ours takes another name.
# Rule 2: bytes are read at links that open themselves (graph/downloads.py), and count only where the cTag is the same
#         before and after.
# Rule 3: of a drive's changes only files that this application made are looked at: an official's OneDrive is theirs.
# Rule 4: access is made what it should be, in this order: end what is too much, then give what is missing.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-put-content, …-get, …-delta, …-invite, …-list-permissions,
#         …-permanentdelete;
#         delta leaves out cTag on OneDrive for work ("properties omitted by delta query")

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from graph import drive_access
from graph.batch import ask_all
from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.limits import PATH_LENGTH
from graph.wire import Ask, read_json
from registry.errors import Changed, Gone, Locked, Misconfigured, Mistaken, TarasulError, Unavailable
from registry.limits import LARGEST_LETTER_BYTES
from service.drafts_port import DraftChanges, DraftPlace, DraftState, NoDrive
from service.ports import NotFetched

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Characters. Four folders and a name are then well within PATH_LENGTH, which counts the way to the drive as well.
LONGEST_STEM, LONGEST_FOLDER, TO_THE_DRIVE = 80, 50, 80
MOST_NAMES = 9
LOOKS = 3  # how often a file is read that somebody writes meanwhile
SLOWEST_BYTES_S = 1024 * 1024

_SELECTED = "id,name,size,eTag,cTag,webUrl,createdBy,lastModifiedBy,lastModifiedDateTime,parentReference,file,folder"
_LINK = "@microsoft.graph.downloadUrl"
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
# What SharePoint takes in no name, and marks of direction, which would hide a suffix.
_FORBIDDEN = re.compile(r'["*:<>?/\\|#%\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


class _Who(msgspec.Struct):
    id: str | None = None


class _By(msgspec.Struct):
    user: _Who | None = None
    application: _Who | None = None

    @property
    def person(self) -> str | None:
        return self.user.id if self.user is not None else None


class _Parent(msgspec.Struct):
    driveId: str = ""


class _Publication(msgspec.Struct):
    checkedOutBy: _By | None = None


class _Item(msgspec.Struct):
    id: str
    name: str = ""
    size: int = 0
    eTag: str = ""
    cTag: str = ""
    webUrl: str = ""
    createdBy: _By = msgspec.field(default_factory=_By)
    lastModifiedBy: _By = msgspec.field(default_factory=_By)
    lastModifiedDateTime: datetime = _BEFORE_ALL
    parentReference: _Parent = msgspec.field(default_factory=_Parent)
    file: dict[str, object] | None = None
    folder: dict[str, object] | None = None
    deleted: dict[str, object] | None = None
    publication: _Publication | None = None
    link: str = msgspec.field(default="", name=_LINK)

    def state(self, drive: str) -> DraftState:
        return DraftState(
            place=DraftPlace(drive=drive, item=self.id),
            name=self.name,
            ctag=self.cTag,
            etag=self.eTag,
            web_url=self.webUrl,
            size_bytes=self.size,
            editor=self.lastModifiedBy.person,
            modified_at=self.lastModifiedDateTime,
        )


class _Page(msgspec.Struct):
    value: list[_Item]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


class _Drive(msgspec.Struct):
    id: str


_ITEM = msgspec.json.Decoder(_Item)
_PAGE = msgspec.json.Decoder(_Page)
_DRIVE = msgspec.json.Decoder(_Drive)


class DriveDrafts:
    """The Drafts port over Graph.

    Args:
        app_id: As whom the drive shows us where we made something.
        library: The id of the ministry's library (LIBRARY_DRIVE_ID); empty: there is none.
    """

    def __init__(self, graph: GraphClient, downloads: LinkedFiles, *, app_id: str, library: str = "") -> None:
        self._graph, self._downloads, self._app_id, self._library = graph, downloads, app_id.lower(), library

    async def place(self, owner: str | None, folders: Sequence[str], name: str, body: bytes, *, key: str) -> DraftState:
        """See service.drafts_port.Drafts."""
        drive = await self._drive_of(owner)
        names = [taken_name(folder, LONGEST_FOLDER) for folder in folders]
        if TO_THE_DRIVE + sum(len(each) + 1 for each in names) + len(marked(name, key, MOST_NAMES)) > PATH_LENGTH.value:
            raise Misconfigured(f"DRAFT_FOLDERS leads too deep: {len(names)} folders")
        for number in range(1, MOST_NAMES + 1):
            own = marked(name, key, number)
            try:
                return await self._put_new(drive, names, own, body)
            except Changed:
                found = await self._at(drive, [*names, own])
            if found is not None and self._is_ours(found):
                return await self._whole(found, drive)
        raise Mistaken(f"{MOST_NAMES} files of others have the names of this draft")

    async def look(self, place: DraftPlace) -> DraftState:
        """See service.drafts_port.Drafts."""
        return (await self._item(place)).state(place.drive)

    async def read(self, place: DraftPlace) -> tuple[DraftState, bytes]:
        """See service.drafts_port.Drafts."""
        for _ in range(LOOKS):
            before = await self._item(place, f"{_SELECTED},{_LINK}")
            body = await self._body(before)
            after = await self._item(place)
            if body is not None and before.cTag == after.cTag:
                return after.state(place.drive), body
        raise Unavailable("the file is being written all the time")

    async def remove(self, place: DraftPlace, *, etag: str) -> None:
        """See service.drafts_port.Drafts. The deletion takes no condition, so the tag is asked for just before it."""
        if (await self.look(place)).etag != etag:
            raise Changed("written since it was seen")
        try:
            await self._graph.answer(Ask("POST", f"{_path(place)}/permanentDelete", repeatable=True))
        except Gone:  # a try of ours, whose answer was lost
            return
        except Locked as why:
            raise Locked(str(why), await self._holder(place)) from why

    async def set_access(
        self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str], alone: bool = False
    ) -> None:
        """See service.drafts_port.Drafts."""
        wanted = dict.fromkeys(readers, "read") | dict.fromkeys(writers, "write")
        try:
            await drive_access.settle(self._graph, _path(place), wanted, alone=alone)
        except Locked as why:
            raise Locked(str(why), await self._holder(place)) from why

    async def changes(self, drive: str, cursor: str | None) -> DraftChanges:
        """See service.drafts_port.Drafts."""
        if cursor is not None and not self._graph.may_follow(cursor):
            raise Gone("the cursor belongs to another address of Graph")
        query = {} if cursor else {"token": "latest", "$select": f"{_SELECTED},deleted"}
        page = await self._graph.read(Ask("GET", cursor or f"/drives/{_id(drive)}/root/delta", query=query), _PAGE)
        link = page.next_link or page.delta_link
        if link is None:
            raise Unavailable("a page of changes without a link to go on from")
        if not self._graph.may_follow(link):
            raise Misconfigured("a page of changes names a link that does not lead to Graph")
        items = {item.id: item for item in page.value}  # of one that stands there twice the last counts
        ours = [item.id for item in items.values() if item.deleted is None and self._is_ours(item)]
        changed, vanished = await self._looked_at(drive, ours)
        deleted = [item for item in items.values() if item.deleted is not None]
        return DraftChanges(
            changed=tuple(changed),
            gone=(*(item.id for item in deleted), *vanished),
            cursor=link,
            more=page.next_link is not None,
            look=any(item.file is None for item in deleted),
        )

    ################################################################
    # Finding and making
    ################################################################

    async def _drive_of(self, owner: str | None) -> str:
        if owner is None:
            if not self._library:
                raise Misconfigured("set LIBRARY_DRIVE_ID: drafts are to lie in the ministry's library")
            return self._library
        ask = Ask("GET", f"/users/{_id(owner)}/drive", query={"$select": "id"})
        try:
            return (await self._graph.read(ask, _DRIVE)).id
        except Gone as why:
            raise NoDrive(owner) from why

    async def _put_new(self, drive: str, folders: Sequence[str], name: str, body: bytes) -> DraftState:
        """Put a file where none is. Raises Changed where one is; NoDrive."""
        # May be repeated: it does not take the place of another, not even of itself.
        there = f"/drives/{_id(drive)}/root:/{'/'.join(map(_id, (*folders, name)))}:/content"
        ask = _putting(f"{there}?@microsoft.graph.conflictBehavior=fail", body, {}, repeatable=True)
        try:
            return await self._whole(await self._graph.read(ask, _ITEM), drive)
        except Gone:
            try:
                await make_folders(self._graph, drive, folders)
            except Gone as why:
                raise NoDrive(drive) from why
            return await self._whole(await self._graph.read(ask, _ITEM), drive)

    async def _at(self, drive: str, names: Sequence[str]) -> _Item | None:
        ask = Ask("GET", f"/drives/{_id(drive)}/root:/{'/'.join(map(_id, names))}", query={"$select": _SELECTED})
        try:
            return await self._graph.read(ask, _ITEM)
        except Gone:
            return None

    def _is_ours(self, item: _Item) -> bool:
        by = item.createdBy.application
        return item.folder is None and by is not None and (by.id or "").lower() == self._app_id

    async def _whole(self, item: _Item, drive: str) -> DraftState:
        """Its state, asked for once more where an answer left out what we need."""
        if item.cTag and item.eTag and item.webUrl:
            return item.state(drive)
        return await self.look(DraftPlace(drive=drive, item=item.id))

    ################################################################
    # Looking and reading
    ################################################################

    async def _item(self, place: DraftPlace, selected: str = _SELECTED) -> _Item:
        return await self._graph.read(Ask("GET", _path(place), query={"$select": selected}), _ITEM)

    async def _body(self, item: _Item) -> bytes | None:
        """The bytes at an item's link; None where it is over already."""
        if not item.link:
            raise Mistaken("an item that is no file")
        if not self._downloads.may_fetch(item.link):
            host = item.link.partition("://")[2].partition("/")[0][:100]
            raise Misconfigured(f"SHAREPOINT_HOSTS does not name {host!r}, where drafts are handed out")
        try:
            return await self._downloads.fetch(item.link, LARGEST_LETTER_BYTES)
        except NotFetched as why:
            if str(why) == "file.too_large":
                raise Mistaken(f"a draft of more than {LARGEST_LETTER_BYTES} bytes") from why
            return None

    async def _holder(self, place: DraftPlace) -> str | None:
        """Who checked the file out; else who wrote last, who very probably has it open still."""
        try:
            item = await self._item(place, "id,publication,lastModifiedBy")
        except TarasulError:
            return None
        out = item.publication.checkedOutBy if item.publication is not None else None
        return (out.person if out is not None else None) or item.lastModifiedBy.person

    async def _looked_at(self, drive: str, items: Sequence[str]) -> tuple[list[DraftState], list[str]]:
        """The states of *items*, and those that are there no more."""
        places = [DraftPlace(drive=drive, item=item) for item in items]
        asks = [Ask("GET", _path(place), query={"$select": _SELECTED}) for place in places]
        told = await ask_all(self._graph, asks) if asks else []
        states, vanished = [], []
        for place, answer in zip(places, told, strict=True):
            if isinstance(answer, Gone):
                vanished.append(place.item)
            elif isinstance(answer, TarasulError):
                raise answer
            else:
                states.append(read_json(answer.body, _ITEM).state(drive))
        return states, vanished


async def make_folders(graph: GraphClient, drive: str, folders: Sequence[str]) -> None:
    """Make each of *folders* in the one before, from the drive's root, where it is not there yet. Raises Gone."""
    for depth, folder in enumerate(folders):
        above = "/".join(map(_id, folders[:depth]))
        path = f"/drives/{_id(drive)}/root" + (f":/{above}:" if above else "") + "/children"
        wanted = {"name": folder, "folder": {}, "@microsoft.graph.conflictBehavior": "fail"}
        try:
            await graph.answer(Ask("POST", path, json=wanted, repeatable=True))
        except Changed:
            continue  # it is there


def marked(name: str, key: str, number: int = 1) -> str:
    """*name* as the drive has it: with a mark of *key* before the suffix, the same each time."""
    mark = base64.b32encode(hashlib.sha256(key.encode()).digest()[:5]).decode().lower()
    stem, dot, suffix = name.rpartition(".") if "." in name else (name, "", "")
    ending = f"{dot}{taken_name(suffix, 10)}" if suffix else ""
    return f"{taken_name(stem, LONGEST_STEM)}-{mark}{f'-{number}' if number > 1 else ''}{ending}"


def taken_name(name: str, longest: int) -> str:
    """*name* without what SharePoint takes in none, and no longer than so many characters."""
    return _FORBIDDEN.sub("-", name).strip(" .~")[:longest].strip(" .") or "-"


def _putting(path: str, body: bytes, headers: dict[str, str], *, repeatable: bool = False) -> Ask:
    return Ask(
        "PUT",
        path,
        body=body,
        headers={"content-type": WORD, **headers},
        repeatable=repeatable,
        deadline_s=30.0 + len(body) / SLOWEST_BYTES_S,
    )


def _path(place: DraftPlace) -> str:
    return f"/drives/{_id(place.drive)}/items/{_id(place.item)}"


def _id(value: str) -> str:
    return quote(value, safe="!")
