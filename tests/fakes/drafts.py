"""Drives with drafts in them, in memory."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from registry.errors import Changed, Gone, Locked
from service.drafts_port import DraftChanges, DraftPlace, DraftState, NoDrive
from tests.fakes.faults import Faults

LIBRARY = "library"
BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PAGE = 3


@dataclass(frozen=True, slots=True)
class _File:
    state: DraftState
    body: bytes
    key: str | None  # None: somebody's own
    folders: tuple[str, ...]
    readers: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()
    links: int = 0
    alone: bool = False
    open_by: str | None = None
    changed: int = 0


class FakeDrafts:
    """Drafts. Everybody has a drive but whom `without` names; `faults` strike before or after a deed.

    What people do to a file: `edit`, `rename`, `delete`, `hold` and `let_go`, `link`; `put_own` is a file of theirs.
    """

    def __init__(self) -> None:
        self.files: dict[DraftPlace, _File] = {}
        self.without: set[str] = set()
        self.faults = Faults()
        self.gone: list[tuple[int, DraftPlace]] = []
        self.given_above: defaultdict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)  # folders, to people
        self._numbers, self._epoch = count(1), 0

    # ------------------------------------------------------------ the port

    async def place(self, owner: str | None, folders: Sequence[str], name: str, body: bytes, *, key: str) -> DraftState:
        self.faults.before("place")
        drive = self.drive_of(owner)
        found = next((f for f in self.files.values() if f.key == key and f.state.place.drive == drive), None)
        made = found or self._add(drive, tuple(folders), name, body, key, None)
        self.faults.after("place")
        return made.state

    async def look(self, place: DraftPlace) -> DraftState:
        self.faults.before("look")
        return self._file(place).state

    async def read(self, place: DraftPlace) -> tuple[DraftState, bytes]:
        self.faults.before("read")
        file = self._file(place)
        return file.state, file.body

    async def remove(self, place: DraftPlace, *, etag: str) -> None:
        self.faults.before("remove")
        file = self._file(place)
        if file.open_by is not None:
            raise Locked("open in Office", file.open_by)
        if file.state.etag != etag:
            raise Changed("written since")
        self.delete(place)
        self.faults.after("remove")

    async def set_access(
        self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str], alone: bool = False
    ) -> None:
        self.faults.before("set_access")
        file, owner = self._file(place), frozenset((place.drive.removeprefix("drive-of-"),))
        wanted = {"readers": readers - writers - owner, "writers": writers - owner, "links": 0}
        wanted |= {"alone": True} if alone and readers | writers else {}
        if any(getattr(file, name) != value for name, value in wanted.items()):
            self._keep(place, replace(file, **wanted))  # type: ignore[arg-type]
        self.faults.after("set_access")

    async def changes(self, drive: str, cursor: str | None) -> DraftChanges:
        self.faults.before("changes")
        if drive not in self._drives():
            raise Gone("no such drive")
        if cursor is None:
            return DraftChanges(changed=(), gone=(), cursor=f"{self._epoch}/{next(self._numbers)}", more=False)
        epoch, _, since = cursor.partition("/")
        if epoch != str(self._epoch):
            raise Gone("a dead cursor")
        mine = [f for f in self.files.values() if f.state.place.drive == drive]
        news = [(f.changed, f) for f in mine if f.key is not None and f.changed > int(since)]
        gone = [(at, place) for at, place in self.gone if place.drive == drive and at > int(since)]
        upto = sorted([at for at, _ in news] + [at for at, _ in gone])
        last = upto[min(PAGE, len(upto)) - 1] if upto else int(since)
        return DraftChanges(
            changed=tuple(f.state for at, f in news if at <= last),
            gone=tuple(place.item for at, place in gone if at <= last),
            cursor=f"{epoch}/{last}",
            more=len(upto) > PAGE,
        )

    # ------------------------------------------------------------ what people do

    def drive_of(self, owner: str | None) -> str:
        """The id of a person's drive, or the library's. Raises NoDrive."""
        if owner in self.without:
            raise NoDrive(owner)
        return LIBRARY if owner is None else f"drive-of-{owner}"

    def put_own(self, owner: str | None, folders: Sequence[str], name: str, body: bytes) -> DraftPlace:
        return self._add(self.drive_of(owner), tuple(folders), name, body, None, owner).state.place

    def edit(self, place: DraftPlace, body: bytes, by: str) -> None:
        self._write(place, body, by)

    def rename(self, place: DraftPlace, name: str) -> None:
        file = self._file(place)
        self._keep(place, replace(file, state=replace(file.state, name=name)))

    def delete(self, place: DraftPlace) -> None:
        self.files.pop(place)
        self.gone.append((next(self._numbers), place))

    def hold(self, place: DraftPlace, who: str) -> None:
        self.files[place] = replace(self._file(place), open_by=who)

    def let_go(self, place: DraftPlace) -> None:
        self.files[place] = replace(self._file(place), open_by=None)

    def link(self, place: DraftPlace) -> None:
        self._keep(place, replace(self._file(place), links=1))

    def access(self, place: DraftPlace) -> tuple[frozenset[str], frozenset[str], int]:
        """Who reads, who writes, and how many links there are."""
        file = self._file(place)
        return file.readers, file.writers, file.links

    def opened_by(self, place: DraftPlace) -> frozenset[str]:
        """Who can open it, by whatever right."""
        file, owner = self._file(place), place.drive.removeprefix("drive-of-")
        above = frozenset[str]() if file.alone else frozenset(self.given_above[place.drive, file.folders])
        return file.readers | file.writers | above | (frozenset() if place.drive == LIBRARY else {owner})

    def kill_cursors(self) -> None:
        self._epoch += 1

    def end_drive(self, owner: str) -> None:
        """The owner left, and the drive with them."""
        self.without.add(owner)
        for place in [place for place in self.files if place.drive == f"drive-of-{owner}"]:
            del self.files[place]

    # ------------------------------------------------------------

    def _drives(self) -> set[str]:
        return {LIBRARY, *(f.state.place.drive for f in self.files.values())}

    def _file(self, place: DraftPlace) -> _File:
        if place not in self.files:
            raise Gone("no such file")
        return self.files[place]

    def _add(
        self, drive: str, folders: tuple[str, ...], name: str, body: bytes, key: str | None, by: str | None
    ) -> _File:
        number = next(self._numbers)
        place = DraftPlace(drive=drive, item=f"item-{number}")
        stem, dot, suffix = name.rpartition(".")
        state = DraftState(
            place=place,
            name=name if key is None else f"{stem}-{number}{dot}{suffix}",
            ctag=f"c{number}",
            etag=f"e{number}",
            web_url=f"https://drive.example/{place.item}",
            size_bytes=len(body),
            editor=by,
            modified_at=BEGAN + timedelta(seconds=number),
        )
        self.files[place] = _File(state, body, key, folders, changed=number)
        return self.files[place]

    def _write(self, place: DraftPlace, body: bytes, by: str | None) -> DraftState:
        file, number = self._file(place), next(self._numbers)
        state = replace(
            file.state,
            ctag=f"c{number}",
            size_bytes=len(body),
            editor=by,
            modified_at=BEGAN + timedelta(seconds=number),
        )
        return self._keep(place, replace(file, state=state, body=body))

    def _keep(self, place: DraftPlace, file: _File) -> DraftState:
        number = next(self._numbers)
        self.files[place] = replace(file, state=replace(file.state, etag=f"e{number}"), changed=number)
        return self.files[place].state
