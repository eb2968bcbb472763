################################################################
# Files on their way into a draft: small ones at once, large ones in pieces, gone on with after a crash
################################################################
#
# Rule 1: a file is on the draft once, under a name that no other has; what is there already is left as it is.
# Rule 2: where a large file had come to is asked of the server, and the place where it is asked stands on the draft
#         itself: whoever goes on after us finds it there, and it is taken away before the draft is sent.
# Rule 3: an upload address opens itself: no token, no cookie and no redirect, and no host but Outlook's or Graph's own.
#
# Source: https://learn.microsoft.com/graph/outlook-large-attachments

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from graph.client import GraphClient
from graph.limits import LARGEST_MAIL, SMALL_ATTACHMENT
from graph.wire import Ask, judge, read_json
from registry.errors import Changed, Gone, Misconfigured, Unavailable
from service.sending_ports import BytesOf, Enclosure, TooLarge

SMALLEST_IN_PIECES = SMALL_ATTACHMENT.value  # bytes; what is smaller is sent at once
LARGEST = LARGEST_MAIL.value
PIECE = 12 * 320 * 1024  # bytes: below the 4 MB that one may hold
# Where the address stands while a file is on its way. The GUID is that of graph/mailbox.py.
UPLOAD = "String {6c2f8a10-3c1e-4a55-9a0e-0f4c2d5b7e21} Name TarasulUpload"
_HOSTS = (".office.com", ".office365.com", ".office365.us", ".office.de", ".partner.outlook.cn")
_PIECE_DEADLINE_S = 60.0
_POST_DEADLINE_S = 60.0


class _Listed(msgspec.Struct):
    name: str | None = None


class _Page(msgspec.Struct):
    value: list[_Listed]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class _Property(msgspec.Struct):
    id: str
    value: str


class _Noted(msgspec.Struct):
    singleValueExtendedProperties: list[_Property] = msgspec.field(default_factory=list)


class _Session(msgspec.Struct):
    uploadUrl: str


class _Standing(msgspec.Struct):
    nextExpectedRanges: list[str]


_PAGE = msgspec.json.Decoder(_Page)
_NOTED = msgspec.json.Decoder(_Noted)
_SESSION = msgspec.json.Decoder(_Session)
_STANDING = msgspec.json.Decoder(_Standing)


def must_fit(files: Sequence[Enclosure]) -> None:
    """Raises TooLarge for more than a mail may hold."""
    if (size_bytes := sum(file.size_bytes for file in files)) > LARGEST:
        raise TooLarge(f"enclosures of {size_bytes} bytes: a mail holds {LARGEST} at most")


async def enclose(
    graph: GraphClient, mailbox: str, draft_id: str, files: Sequence[Enclosure], bytes_of: BytesOf
) -> None:
    """Have every one of *files* on the draft."""
    draft = _Draft(graph, mailbox, f"/users/{quote(mailbox, safe='')}/messages/{quote(draft_id, safe='')}")
    there = await draft.names()
    in_pieces = False
    for file in files:
        if file.name in there:
            continue
        if file.size_bytes < SMALLEST_IN_PIECES:
            await draft.put(file, await bytes_of(file))
        else:
            in_pieces = True
            await draft.put_in_pieces(file, await bytes_of(file))
    if in_pieces or await draft.noted():
        await draft.note("")


class _Draft:
    """A draft that is being filled."""

    def __init__(self, graph: GraphClient, mailbox: str, path: str) -> None:
        self._graph, self._mailbox, self._path = graph, mailbox, path

    async def names(self) -> set[str]:
        path: str | None = f"{self._path}/attachments"
        query = {"$select": "id,name", "$top": "100"}
        found: set[str] = set()
        while path:
            page = await self._graph.read(Ask("GET", path, query=query, mailbox=self._mailbox), _PAGE)
            found |= {listed.name for listed in page.value if listed.name}
            path, query = page.next_link, {}
        return found

    async def put(self, file: Enclosure, body: bytes) -> None:
        said = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": file.name,
            "contentType": file.content_type,
            "contentBytes": base64.b64encode(body).decode("ascii"),
        }
        path = f"{self._path}/attachments"
        await self._graph.send(Ask("POST", path, json=said, mailbox=self._mailbox, deadline_s=_POST_DEADLINE_S))

    async def put_in_pieces(self, file: Enclosure, body: bytes) -> None:
        """Go on where an earlier try had come to; else begin."""
        address = await self._known_session(file) or await self._new_session(file)
        async with _Outlook(self._graph, self._mailbox) as outlook:
            try:
                at = await outlook.standing(address)
            except Gone:  # its time was over
                address = await self._new_session(file)
                at = 0
            while at < len(body):
                at = await outlook.put(address, body, at)

    async def noted(self) -> str:
        """What stands on the draft of a file that is on its way."""
        query = {"$select": "id", "$expand": f"singleValueExtendedProperties($filter=id eq '{UPLOAD}')"}
        found = await self._graph.read(Ask("GET", self._path, query=query, mailbox=self._mailbox), _NOTED)
        return next((p.value for p in found.singleValueExtendedProperties), "").strip()

    async def note(self, said: str) -> None:
        """Write it. A property cannot be taken away again; what says nothing is a blank."""
        properties = [{"id": UPLOAD, "value": said or " "}]
        body = {"singleValueExtendedProperties": properties}
        await self._graph.send(Ask("PATCH", self._path, json=body, mailbox=self._mailbox, repeatable=True))

    async def _known_session(self, file: Enclosure) -> str | None:
        sha256, _, address = (await self.noted()).partition(" ")
        return address if sha256 == file.sha256 and address else None

    async def _new_session(self, file: Enclosure) -> str:
        item = {
            "attachmentType": "file",
            "name": file.name,
            "size": file.size_bytes,
            "contentType": file.content_type,
        }
        path = f"{self._path}/attachments/createUploadSession"
        made = await self._graph.read(
            Ask("POST", path, json={"AttachmentItem": item}, mailbox=self._mailbox, repeatable=True), _SESSION
        )
        await self.note(f"{file.sha256} {made.uploadUrl}")
        return made.uploadUrl


class _Outlook:
    """Where the pieces go."""

    def __init__(self, graph: GraphClient, mailbox: str) -> None:
        self._graph, self._mailbox = graph, mailbox
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "_Outlook":
        timeout = aiohttp.ClientTimeout(total=_PIECE_DEADLINE_S)
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *_: Any) -> None:
        assert self._session is not None, "it was opened"
        await self._session.close()

    async def standing(self, address: str) -> int:
        """How many bytes are there. Raises Gone where the session is over."""
        _, body = await self._ask("GET", address)
        return _first(read_json(body, _STANDING))

    async def put(self, address: str, body: bytes, at: int) -> int:
        """Send the next piece, and return where the one after it begins."""
        piece = body[at : at + PIECE]
        headers = {
            "content-type": "application/octet-stream",
            "content-range": f"bytes {at}-{at + len(piece) - 1}/{len(body)}",
        }
        status, told = await self._ask("PUT", address, piece, headers)
        if status == 201 or at + len(piece) == len(body):
            return len(body)
        return _first(read_json(told, _STANDING)) if told else at + len(piece)

    async def _ask(
        self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        url, session = self._url(address), self._session
        assert session is not None, "it was opened"
        try:
            async with (
                self._graph.turns.turn(self._mailbox, self._graph.manners.turn_s),
                session.request(method, url, data=body or None, headers=headers, allow_redirects=False) as reply,
            ):
                told = {name.lower(): value for name, value in reply.headers.items()}
                answer = await reply.read()
        except aiohttp.ClientConnectorCertificateError as why:
            raise Misconfigured(f"{url.host} cannot be trusted") from why
        except TimeoutError as why:
            raise Unavailable(f"{url.host} did not take a piece within {_PIECE_DEADLINE_S:g} s") from why
        except (aiohttp.ClientError, OSError) as why:
            raise Unavailable(f"no whole answer from {url.host}: {type(why).__name__}") from why
        if reply.status == 416:  # another try of ours has gone further: it is asked again
            raise Changed("a piece that is there already")
        judge(reply.status, told, answer)
        return reply.status, answer

    def _url(self, address: str) -> URL:
        """The address as it stands, where its host is Outlook's or Graph's own."""
        try:
            url = URL(address, encoded=True)
            host, outlooks = (url.host or "").lower(), url.scheme == "https" and url.port == 443
        except ValueError:
            raise Misconfigured("an upload address that is none") from None
        if not (self._graph.may_follow(address) or (outlooks and f".{host}".endswith(_HOSTS))):
            raise Misconfigured(f"an upload address leads to a host that is not Outlook's: {host[:100]!r}")
        if url.user is not None or url.password is not None:
            raise Misconfigured("an upload address with a user's name in it")
        return url


def _first(standing: _Standing) -> int:
    """The first byte that is expected. Raises Unavailable for an answer that names none."""
    begins = standing.nextExpectedRanges[0].partition("-")[0] if standing.nextExpectedRanges else ""
    if not begins.isdecimal():
        raise Unavailable("an upload that says nothing of where it stands")
    return int(begins)
