################################################################
# Word documents into PDF, by the ministry's own Word in the cloud
################################################################
#
# Rule 1: Graph converts only what lies in a drive: so the bytes are put into a folder of the library, read as PDF,
#         and deleted. The name is made of the key and the bytes: a second try takes the place of the first.
# Rule 2: what could not be deleted is swept away an hour later, by whoever converts then.
# Rule 3: the PDF is fetched at a link that opens itself, on a host of the allow-list, without a token.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-get-content-format

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.drafts import WORD, make_folders
from graph.wire import Ask
from registry.errors import Gone, Misconfigured, Mistaken, TarasulError, Unavailable
from registry.limits import LARGEST_LETTER_BYTES
from service.letter_ports import Unreadable
from service.ports import Clock, NotFetched

log = logging.getLogger("tarasul.converting")

FOLDER = "Tarasul conversions"
TRIES = 2
FORGOTTEN_AFTER = timedelta(hours=1)
SLOWEST_BYTES_S = 1024 * 1024


class _Item(msgspec.Struct):
    id: str
    lastModifiedDateTime: datetime = datetime(1970, 1, 1, tzinfo=UTC)


class _Page(msgspec.Struct):
    value: list[_Item]


_ITEM = msgspec.json.Decoder(_Item)
_PAGE = msgspec.json.Decoder(_Page)


class GraphConverter:
    """The Converter port over Graph. *library* is the id of a drive of the ministry's."""

    def __init__(self, graph: GraphClient, downloads: LinkedFiles, library: str, clock: Clock) -> None:
        self._graph, self._downloads, self._library, self._clock = graph, downloads, library, clock
        self._to_sweep = True  # whoever was here before us may have left something

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        """See service.letter_ports.Converter."""
        if not self._library:
            raise Misconfigured("set LIBRARY_DRIVE_ID: documents are converted in the ministry's library")
        name = f"{hashlib.sha256(key.encode() + b'/' + docx).hexdigest()[:40]}.docx"
        if self._to_sweep:
            await self._sweep()
        for _ in range(TRIES):  # the same key, converted twice at a time: the one that ends first deletes the file
            item = await self._put(name, docx)
            try:
                return await self._read(item)
            except Gone:
                continue
            finally:
                await self._delete(item)
        raise Unavailable("the document was gone before it was converted")

    async def _put(self, name: str, docx: bytes) -> str:
        ask = Ask(
            "PUT",
            f"/drives/{quote(self._library, safe='!')}/root:/{quote(FOLDER)}/{name}:/content",
            body=docx,
            headers={"content-type": WORD},
            repeatable=True,
            deadline_s=30.0 + len(docx) / SLOWEST_BYTES_S,
        )
        try:
            return (await self._graph.read(ask, _ITEM)).id
        except Gone:
            try:
                await make_folders(self._graph, self._library, [FOLDER])
            except Gone as why:
                raise Misconfigured("LIBRARY_DRIVE_ID names no drive that we reach") from why
            return (await self._graph.read(ask, _ITEM)).id

    async def _read(self, item: str) -> bytes:
        ask = Ask("GET", f"{self._path(item)}/content", query={"format": "pdf"}, for_link=True)
        try:
            answer = await self._graph.answer(ask)
        except Mistaken as why:
            raise Unreadable(str(why)) from why
        link = answer.headers.get("location", "")
        if not self._downloads.may_fetch(link):
            host = link.partition("://")[2].partition("/")[0][:100]
            raise Misconfigured(f"SHAREPOINT_HOSTS does not name {host!r}, where converted files are handed out")
        try:
            made = await self._downloads.fetch(link, LARGEST_LETTER_BYTES)
        except NotFetched as why:
            if str(why) == "file.too_large":
                raise Unreadable(f"a PDF of more than {LARGEST_LETTER_BYTES} bytes") from why
            raise Unavailable("the converted file was gone before it was fetched") from why
        if not made.startswith(b"%PDF-"):
            raise Unavailable("what came of a conversion is no PDF")
        return made

    async def _delete(self, item: str) -> None:
        try:
            await self._graph.answer(Ask("DELETE", self._path(item), repeatable=True))
        except Gone:
            return
        except TarasulError as error:
            self._to_sweep = True
            log.warning("a converted document stays in the library", extra={"item": item, "why": str(error)})

    async def _sweep(self) -> None:
        """Delete what lies in the folder for so long that nobody converts it any more."""
        self._to_sweep = False
        folder = f"/drives/{quote(self._library, safe='!')}/root:/{quote(FOLDER)}:/children"
        try:
            page = await self._graph.read(Ask("GET", folder, query={"$select": "id,lastModifiedDateTime"}), _PAGE)
        except TarasulError:
            return
        for item in page.value:
            if item.lastModifiedDateTime < self._clock() - FORGOTTEN_AFTER:
                await self._delete(item.id)

    def _path(self, item: str) -> str:
        return f"/drives/{quote(self._library, safe='!')}/items/{quote(item, safe='')}"
