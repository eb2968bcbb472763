################################################################
# Files that the ministry's people shared by a link
################################################################
#
# Rule 1: only links to the ministry's own hosts are read, and only where a setting allows it; Graph is asked for the
#         item, and gives a link that opens itself for its bytes (graph/downloads.py).
# Rule 2: whatever makes asking again useless is said as NotFetched: somebody is asked for the file then. What Microsoft
#         found to be malware is not fetched at all.
#
# Source: https://learn.microsoft.com/graph/api/shares-get (the encoding of a link; Files.Read.All or Sites.Selected)

import base64

import msgspec

from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.wire import Ask
from registry.errors import Forbidden, Gone, Mistaken
from registry.limits import LARGEST_LETTER_BYTES
from service.ports import NotFetched, SharedFile


class _File(msgspec.Struct):
    mimeType: str = ""


class _Item(msgspec.Struct):
    name: str = ""
    size: int = 0
    file: _File | None = None
    malware: dict[str, object] | None = None
    link: str = msgspec.field(default="", name="@microsoft.graph.downloadUrl")


_ITEM = msgspec.json.Decoder(_Item)


class TenantFiles:
    """The SharedFiles port over Graph. Not *allowed*: no link is read, and each is said to be so."""

    def __init__(self, graph: GraphClient, downloads: LinkedFiles, *, allowed: bool) -> None:
        self._graph, self._downloads, self._allowed = graph, downloads, allowed

    async def fetch(self, link: str) -> SharedFile:
        """See service.ports.SharedFiles."""
        if not self._allowed:
            raise NotFetched("file.not_allowed")
        if not self._downloads.may_fetch(link):
            raise NotFetched("file.elsewhere")
        item = await self._item(link)
        if item.malware is not None:
            raise NotFetched("file.malware")
        if item.file is None:
            raise NotFetched("file.folder")
        if item.size > LARGEST_LETTER_BYTES:
            raise NotFetched("file.too_large")
        if not item.link:
            raise NotFetched("file.forbidden")
        body = await self._downloads.fetch(item.link, LARGEST_LETTER_BYTES)
        return SharedFile(item.name, item.file.mimeType or "application/octet-stream", body)

    async def _item(self, link: str) -> _Item:
        token = base64.urlsafe_b64encode(link.encode()).decode().rstrip("=")
        try:
            return await self._graph.read(Ask("GET", f"/shares/u!{token}/driveItem"), _ITEM)
        except Forbidden as why:
            raise NotFetched("file.forbidden") from why
        except (Gone, Mistaken) as why:
            raise NotFetched("file.gone") from why
