################################################################
# Word documents into PDF, by the ministry's own Word in the cloud
################################################################
#
# Rule 1: Graph converts only what lies in a drive: so the bytes are put into a folder of the library, read as PDF,
#         and deleted. The name is made of the key and the bytes: a second try takes the place of the first.
# Rule 2: the PDF is fetched at a link that opens itself, on a host of the allow-list, without a token.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-get-content-format

import hashlib
import logging
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.drafts import WORD, make_folders
from graph.wire import Ask
from registry.errors import Gone, Misconfigured, Mistaken, TarasulError, Unavailable
from registry.limits import LARGEST_LETTER_BYTES
from service.letter_ports import Unreadable
from service.ports import NotFetched

log = logging.getLogger("tarasul.converting")

FOLDER = "Tarasul conversions"
TRIES = 2
SLOWEST_BYTES_S = 1024 * 1024


class _Item(msgspec.Struct):
    id: str


_ITEM = msgspec.json.Decoder(_Item)


class GraphConverter:
    """The Converter port over Graph. *library* is the id of a drive of the ministry's."""

    def __init__(self, graph: GraphClient, downloads: LinkedFiles, library: str) -> None:
        self._graph, self._downloads, self._library = graph, downloads, library

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        """See service.letter_ports.Converter."""
        if not self._library:
            raise Misconfigured("set LIBRARY_DRIVE_ID: documents are converted in the ministry's library")
        name = f"{hashlib.sha256(key.encode() + b'/' + docx).hexdigest()[:40]}.docx"
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
        except TarasulError as error:  # the next try, or the library's keeper, takes it away
            log.warning("a converted document stays in the library", extra={"item": item, "why": str(error)})

    def _path(self, item: str) -> str:
        return f"/drives/{quote(self._library, safe='!')}/items/{quote(item, safe='')}"
