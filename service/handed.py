################################################################
# Files that a clerk hands in by chat, before the letter they belong to has a number
################################################################
#
# Rule 1: the bytes are in the archive before the form is shown; what names them is in the archive as well: the bundle,
#         whose SHA-256 is all that the form carries.
# Rule 2: a bundle is its clerk's and its message's: the same message brought again gives the same bundle, and whoever
#         did not hand it in does not open it.
# Rule 3: the links are Teams' word, and die within minutes: they are followed at once, and kept nowhere.

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from registry.errors import Gone, Unavailable
from registry.limits import LARGEST_LETTER_BYTES
from registry.mail import Part
from service.ports import Archive, Downloads, NotFetched, SharedFiles
from service.unsafe import remarks_of
from texts import clean
from texts.names import safe_name

MESSAGE_NAME = "message.txt"  # the words of a message between people
_AT_ONCE = 3
_KINDS = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as Teams offers it: what it is called, and where it can be had for some minutes."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A file of a message between people: its name, and where it lies."""

    name: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message that people wrote to each other in Teams, as whoever registers it saw it."""

    conversation: str
    message_id: str
    author: str
    sent_at: str
    subject: str
    text: str
    link: str
    files: tuple[Linked, ...] = ()

    @property
    def key(self) -> str:
        """By which it is registered once, whoever does."""
        return f"chat-message:{self.conversation}:{self.message_id}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files that wait for their letter, and the key under which it is entered."""

    parts: tuple[Part, ...]
    key: str


class NotHandedIn(Exception):
    """One of the files cannot be had: which, and why (a text key)."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name, self.reason = name, reason


class HandedFiles:
    """Takes files that people hand in by chat. *within_s* is for all files of a message: Teams waits for an answer."""

    def __init__(
        self, archive: Archive, downloads: Downloads, shared: SharedFiles | None = None, *, within_s: float = 10.0
    ) -> None:
        self._archive, self._downloads, self._shared, self._within_s = archive, downloads, shared, within_s

    async def take(self, offered: Sequence[Offered], *, by: str, message: str) -> str:
        """Fetch and archive what *by* handed in with *message*; the bundle's token.

        Raises:
            NotHandedIn: One cannot be had; asking again does not help.
            Unavailable: Something is busy; the same files may be handed in again.
        """
        try:
            async with asyncio.timeout(self._within_s):
                parts = await self._fetch_all(offered)
                bundle = {"v": 1, "by": by, "message": message, "files": [asdict(part) for part in parts]}
                return await self._archive.put(json.dumps(bundle, ensure_ascii=False, sort_keys=True).encode())
        except TimeoutError as why:
            raise Unavailable(f"the files did not come within {self._within_s:g} s") from why

    async def take_message(self, message: ChatMessage, *, by: str, within_s: float) -> str:
        """Archive a message between people, its words as a text file and its files beside it; the bundle's token.

        Raises:
            NotHandedIn, Unavailable: As `take`.
        """
        try:
            async with asyncio.timeout(within_s):
                parts = [await self._write_down(message)]
                for number, file in enumerate(message.files, start=2):
                    parts.append(await self._fetch_shared(file, number))
                bundle = {
                    "v": 1,
                    "by": by,
                    "message": message.message_id,
                    "key": message.key,
                    "files": [asdict(part) for part in parts],
                }
                return await self._archive.put(json.dumps(bundle, ensure_ascii=False, sort_keys=True).encode())
        except TimeoutError as why:
            raise Unavailable(f"the files did not come within {within_s:g} s") from why

    async def _write_down(self, message: ChatMessage) -> Part:
        lines = (message.author, message.sent_at, message.subject, message.link, "", message.text)
        body = clean("\n".join(line for n, line in enumerate(lines) if line or n == 4)).encode("utf-8", "replace")
        sha256 = await self._archive.put(body)
        return Part(name=MESSAGE_NAME, content_type="text/plain", size_bytes=len(body), sha256=sha256)

    async def _fetch_shared(self, file: Linked, number: int) -> Part:
        name = safe_name(file.name, "", number)
        if self._shared is None:
            raise NotHandedIn(name, "file.not_allowed")
        try:
            shared = await self._shared.fetch(file.link)
        except NotFetched as why:
            raise NotHandedIn(name, why.reason) from why
        if not shared.body:
            raise NotHandedIn(name, "file.empty")
        sha256 = await self._archive.put(shared.body)
        kind, found = kind_of(name), await asyncio.to_thread(remarks_of, shared.body)
        return Part(name=name, content_type=kind, size_bytes=len(shared.body), sha256=sha256, remarks=found)

    async def parts(self, token: str, by: str) -> tuple[Part, ...] | None:
        """The files of the bundle *token*; None where it is none of *by*."""
        bundle = await self.bundle(token, by)
        return bundle.parts if bundle is not None else None

    async def bundle(self, token: str, by: str) -> Bundle | None:
        """The bundle *token*; None where it is none of *by*."""
        try:
            told = json.loads(await self._archive.get(token))
            files, owner, key = told["files"], told["by"], told.get("key") or f"handed:{token}"
        except (Gone, ValueError, KeyError, TypeError, AttributeError):
            return None
        if owner != by:
            return None
        return Bundle(tuple(Part(**{**file, "remarks": tuple(file.get("remarks", ()))}) for file in files), key)

    async def _fetch_all(self, offered: Sequence[Offered]) -> list[Part]:
        slots, left = asyncio.Semaphore(_AT_ONCE), LARGEST_LETTER_BYTES

        async def fetch(number: int, file: Offered) -> Part:
            nonlocal left
            name = safe_name(file.name, "", number)
            async with slots:
                try:
                    body = await self._downloads.fetch(file.link, left)
                except NotFetched as why:
                    raise NotHandedIn(name, why.reason) from why
                left -= len(body)
                if left < 0:
                    raise NotHandedIn(name, "file.too_large")
                if not body:
                    raise NotHandedIn(name, "file.empty")
                sha256 = await self._archive.put(body)
            kind, found = kind_of(name), await asyncio.to_thread(remarks_of, body)
            return Part(name=name, content_type=kind, size_bytes=len(body), sha256=sha256, remarks=found)

        tasks = [asyncio.ensure_future(fetch(n, file)) for n, file in enumerate(offered, start=1)]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()


def kind_of(name: str) -> str:
    """The content type that a file's name says; what nobody knows is bytes."""
    return _KINDS.get(clean(name).rpartition(".")[2].lower(), "application/octet-stream")
