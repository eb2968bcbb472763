################################################################
# Drives in memory: what service/drafts_port.py says, and what people do to files
################################################################
#
# Rule 1: a file is found by our key, and never made twice; what somebody wrote is never overwritten by us.
# Rule 2: who has a file open locks it against us for as long as a test says.
# Rule 3: every write of ours is counted; what a test lets fail fails before or after it was done.

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from registry.errors import Changed, Gone, Locked
from service.drafts_port import DraftChanges, DraftPlace, DraftState, NoDrive
from tests.fakes.faults import Faults

LIBRARY = "d-library"
HOST = "ministry-my.sharepoint.com"


@dataclass(slots=True)
class File:
    """One file as it stands, and the names of those who have had access, in order of the calls."""

    state: DraftState
    body: bytes
    key: str
    folders: tuple[str, ...]
    readers: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()
    locked_by: list[str | None] = field(default_factory=list)


class FakeDrafts:
    """The Drafts port. `files` are what is there by (drive, item); `without_drive` are people who have none."""

    def __init__(self, clock: Callable[[], datetime], *, library: bool = True) -> None:
        self.files: dict[tuple[str, str], File] = {}
        self.without_drive: set[str] = set()
        self.library = library
        self.faults = Faults()
        self.made: list[str] = []  # the keys under which a file was made
        self._clock, self._ids, self._log = clock, count(1), list[tuple[str, str]]()

    # ------------------------------------------------------------ the port

    async def place(self, owner: str | None, folders: Sequence[str], name: str, body: bytes, *, key: str) -> DraftState:
        if (owner is None and not self.library) or owner in self.without_drive:
            raise NoDrive(owner or "the library")
        drive = f"d-{owner}" if owner is not None else LIBRARY
        self.faults.before("place")
        found = next((f for (d, _), f in self.files.items() if d == drive and f.key == key), None)
        if found is None:
            item = f"f{next(self._ids)}"
            place = DraftPlace(drive=drive, item=item)
            state = DraftState(
                place=place,
                name=name,
                ctag=f"c:{item},1",
                etag=f"e:{item},1",
                web_url=f"https://{HOST}/:w:/{item}",
                size_bytes=len(body),
                editor=None,
                modified_at=self._clock(),
            )
            found = self.files[drive, item] = File(state, body, key, tuple(folders))
            self.made.append(key)
            self._log.append((drive, item))
        self.faults.after("place")
        return found.state

    async def look(self, place: DraftPlace) -> DraftState:
        self.faults.before("look")
        return self._file(place).state

    async def read(self, place: DraftPlace) -> tuple[DraftState, bytes]:
        self.faults.before("read")
        file = self._file(place)
        return file.state, file.body

    async def write(self, place: DraftPlace, body: bytes, *, etag: str) -> DraftState:
        self.faults.before("write")
        file = self._file(place)
        if file.body == body:
            return file.state
        self._admit(file)
        if file.state.etag != etag:
            raise Changed("somebody wrote first")
        self._written(file, body, None)
        self.faults.after("write")
        return file.state

    async def set_access(self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str]) -> None:
        self.faults.before("set_access")
        file = self._file(place)
        self._admit(file)
        file.readers, file.writers = readers, writers
        self.faults.after("set_access")

    async def changes(self, drive: str, cursor: str | None) -> DraftChanges:
        self.faults.before("changes")
        if drive.removeprefix("d-") in self.without_drive:
            raise Gone(drive)
        if cursor is None:
            return DraftChanges(changed=(), gone=(), cursor=str(len(self._log)), more=False)
        named = list(dict.fromkeys(item for d, item in self._log[int(cursor) :] if d == drive))
        there = [self.files[drive, i].state for i in named if (drive, i) in self.files]
        gone = tuple(i for i in named if (drive, i) not in self.files)
        return DraftChanges(changed=tuple(there), gone=gone, cursor=str(len(self._log)), more=False)

    # ------------------------------------------------------------ what people do

    def edit(self, place: tuple[str, str], body: bytes, editor: str | None) -> None:
        """Somebody writes."""
        self._written(self.files[place], body, editor)

    def rename(self, place: tuple[str, str], name: str) -> None:
        """Everything but the content changes."""
        file = self.files[place]
        file.state = replace(file.state, name=name, etag=f"{file.state.etag}n")
        self._log.append(place)

    def delete(self, place: tuple[str, str]) -> None:
        del self.files[place]
        self._log.append(place)

    def leave(self, person: str) -> None:
        """Somebody leaves, and their drive with them."""
        self.without_drive.add(person)
        for drive, item in [p for p in self.files if p[0] == f"d-{person}"]:
            del self.files[drive, item]

    def open_for(self, place: tuple[str, str], times: int, holder: str | None) -> None:
        """Somebody has it open: the next *times* that we would write are refused."""
        self.files[place].locked_by += [holder] * times

    # ------------------------------------------------------------ small

    def _file(self, place: DraftPlace) -> File:
        try:
            return self.files[place.drive, place.item]
        except KeyError:
            raise Gone(f"{place.drive} has no {place.item}") from None

    def _admit(self, file: File) -> None:
        if file.locked_by:
            raise Locked("resourceLocked", file.locked_by.pop(0))

    def _written(self, file: File, body: bytes, editor: str | None) -> None:
        place, number = file.state.place, next(self._ids)
        file.body = body
        file.state = replace(
            file.state,
            ctag=f"c:{place.item},{number}",
            etag=f"e:{place.item},{number}",
            size_bytes=len(body),
            editor=editor,
            modified_at=self._clock(),
        )
        self._log.append((place.drive, place.item))


class FakeConverter:
    """The Converter port: what it made, by key."""

    def __init__(self) -> None:
        self.made: dict[str, bytes] = {}
        self.faults = Faults()

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        self.faults.before("pdf")
        self.made[key] = b"%PDF-1.7 of " + docx[:32]
        self.faults.after("pdf")
        return self.made[key]
