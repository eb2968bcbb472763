################################################################
# The folders of a mailbox that are followed
################################################################
#
# Rule 1: a folder is followed with all that lie below it: a rule of Outlook, or a clerk, may put a letter there.
# Rule 2: a named folder that is not there is somebody's turn, not an empty one: letters might wait in it.
# Rule 3: the well-known ones go by their names, which never change; all others by their ids, which a new name or
#         another place does not change.
#
# Source: https://learn.microsoft.com/graph/api/resources/mailfolder (well-known names; search folders hold nothing)

import re
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.wire import Ask
from registry.errors import Gone, Misconfigured
from service.ports import Folder
from texts import search_key

ROOT = "msgfolderroot"
MOST = 1_000  # folders of one mailbox; beyond it, somebody must look

_WELL_KNOWN = re.compile(r"[a-z]+")
_SEARCH_FOLDER = "#microsoft.graph.mailSearchFolder"


class _Told(msgspec.Struct):
    id: str
    displayName: str = ""
    childFolderCount: int = 0
    kind: str = msgspec.field(default="", name="@odata.type")


class _Page(msgspec.Struct):
    value: list[_Told]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_ONE = msgspec.json.Decoder(_Told)
_PAGES = msgspec.json.Decoder(_Page)
_SELECTED = "id,displayName,childFolderCount"


async def read_folders(graph: GraphClient, mailbox: str, named: Sequence[str]) -> list[Folder]:
    """Return the folders that *named* name, and below each of them all that lie in it.

    Args:
        named: Well-known names ("inbox", "junkemail"), or paths of the names people see, from the top ("الوارد/ديوان").

    Raises:
        Misconfigured: One of them is not there, or there are too many below them.
    """
    reader = _Reader(graph, mailbox)
    found: dict[str, Folder] = {}  # by id
    for name in named:
        top = await reader.named(name)
        found[top.id] = Folder(name if _WELL_KNOWN.fullmatch(name) else top.id, top.displayName)
    below = [(folder_id, folder.name) for folder_id, folder in found.items()]
    while below:
        folder_id, path = below.pop(0)
        for child in await reader.children(folder_id):
            if child.id not in found:
                found[child.id] = Folder(child.id, f"{path}/{child.displayName}")
                below += [(child.id, found[child.id].name)] if child.childFolderCount else []
        if len(found) > MOST:
            raise Misconfigured(f"MAIL_FOLDERS: {mailbox} has more than {MOST} folders below those that are named")
    return list(found.values())


class _Reader:
    def __init__(self, graph: GraphClient, mailbox: str) -> None:
        self._graph, self._mailbox = graph, mailbox
        self._at = f"/users/{quote(mailbox, safe='')}/mailFolders"

    async def named(self, name: str) -> _Told:
        if _WELL_KNOWN.fullmatch(name):
            try:
                return await self._graph.read(self._ask(f"{self._at}/{name}"), _ONE)
            except Gone as why:
                raise self._missing(name) from why
        at, found = ROOT, None
        for step in filter(None, (step.strip() for step in name.split("/"))):
            children = await self.children(at)
            found = next((child for child in children if search_key(child.displayName) == search_key(step)), None)
            if found is None:
                raise self._missing(name)
            at = found.id
        if found is None:
            raise self._missing(name)
        return found

    async def children(self, folder_id: str) -> list[_Told]:
        children: list[_Told] = []
        path: str | None = f"{self._at}/{quote(folder_id, safe='')}/childFolders"
        query = {"$select": _SELECTED, "$top": str(self._graph.manners.page)}
        while path:
            page = await self._graph.read(Ask("GET", path, query=query, mailbox=self._mailbox), _PAGES)
            children += [child for child in page.value if child.kind != _SEARCH_FOLDER]
            path, query = page.next_link, {}
        return children

    def _ask(self, path: str) -> Ask:
        return Ask("GET", path, query={"$select": _SELECTED}, mailbox=self._mailbox)

    def _missing(self, name: str) -> Misconfigured:
        return Misconfigured(f"MAIL_FOLDERS: {self._mailbox} has no folder {name}")
