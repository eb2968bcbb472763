################################################################
# The port to the drives: where a draft's Word file lies, and what may be done to it
################################################################
#
# Rule 1: a file belongs to whoever's drive it lies in. We put one there once, never over another, and never write it;
#         we take it away only where nobody wrote since we looked.
# Rule 2: what is in a file is said by its bytes alone: SharePoint writes properties of its own into Office files, so
#         what `read` gives may differ from what was placed, and a new file's ctag may move once by itself.

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.errors import Locked

__all__ = ["DraftChanges", "DraftPlace", "DraftState", "Drafts", "Locked", "NoDrive"]


class NoDrive(Exception):
    """This person has no drive: they never signed in, have no licence, or left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlace:
    """Where a draft's file lies: the ids of its drive and of the item. A rename or a move in the drive keeps both."""

    drive: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftState:
    """The file as the drive shows it now.

    Attributes:
        ctag: Changes with the content and with nothing else.
        etag: Changes with everything.
        web_url: Opens it in Office online, for whoever has access.
        editor: Entra id of who wrote last; None: an application (we, say), or unknown.
    """

    place: DraftPlace
    name: str
    ctag: str
    etag: str
    web_url: str
    size_bytes: int
    editor: str | None
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChanges:
    """What changed in a drive since a cursor, of the files that we put there: of others nothing is read or told.

    Attributes:
        changed: Each once, as it is now; for whatever reason: content, name, place, access.
        gone: Ids of items that are there no more, files and folders, ours and others'.
        look: Something happened (a folder was deleted, say) of which the drive does not name the files: whoever has
            drafts there looks at each.
        more: There is another page already, after `cursor`.
    """

    changed: tuple[DraftState, ...]
    gone: tuple[str, ...]
    cursor: str
    more: bool
    look: bool = False


class Drafts(Protocol):
    """Drafts in people's OneDrive and in the ministry's library.

    Each method may raise Throttled, Unavailable, Misconfigured; and Gone where it says so.
    """

    async def place(self, owner: str | None, folders: Sequence[str], name: str, body: bytes, *, key: str) -> DraftState:
        """The one file that carries *key*, found or made, in *owner*'s OneDrive; None: in the ministry's library.

        It lies in *folders* below the drive's root, made where they are missing. It is called *name* with a short mark
        of *key* before the suffix, and never takes the place of another file. One that is found is given as it is now,
        whatever was written into it meanwhile. Raises NoDrive.
        """
        ...

    async def look(self, place: DraftPlace) -> DraftState:
        """The file as it is now. Raises Gone where it, or its drive, is there no more."""
        ...

    async def read(self, place: DraftPlace) -> tuple[DraftState, bytes]:
        """The file's state and the bytes of exactly that state. Raises Gone; Unavailable where it does not stay still
        for long enough."""
        ...

    async def remove(self, place: DraftPlace, *, etag: str) -> None:
        """Take the file out of its drive for good, past its recycle bin, if it is still as it was seen with *etag*.

        Raises:
            Changed: Somebody wrote, renamed or moved it since.
            Locked: Somebody has it open; `holder` is their Entra id where the drive tells.
            Gone: It is there no more.
        """
        ...

    async def set_access(
        self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str], alone: bool = False
    ) -> None:
        """Give exactly these people (Entra ids) and the owner access; who stands in both writes. Idempotent.

        Sharing links are ended. What a folder above passes on stays: it is its owner's doing; but *alone* nothing is
        passed on from when it is first given to anybody. Raises Gone; Locked, as `remove`; Misconfigured where somebody
        of them cannot be given access (all the others have it then), or something is passed on to it all the same.
        """
        ...

    async def changes(self, drive: str, cursor: str | None) -> DraftChanges:
        """The next page of what changed in *drive* after *cursor*.

        None begins now and shows nothing of what is there: keep the cursor, then look at each draft in this drive.
        Raises Gone where the cursor (or the drive) is dead: begin again with None.
        """
        ...
