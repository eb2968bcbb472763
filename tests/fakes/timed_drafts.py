"""Drives in memory that tell the time, are opened against us, and may lack a library."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from registry.errors import Locked
from service.drafts_port import DraftPlace, DraftState, NoDrive
from tests.fakes.drafts import FakeDrafts, _File

HOST = "drive.example"  # where FakeDrafts' links lead


class TimedDrafts(FakeDrafts):
    """As FakeDrafts. `made`: the keys under which a file was made, in drives that are still there. `open_for`: who has
    a file open, so that as many of our next changes to it are refused."""

    def __init__(self, clock: Callable[[], datetime], *, library: bool = True) -> None:
        super().__init__()
        self._made: list[tuple[str, str]] = []
        self._clock, self._library = clock, library
        self._open: defaultdict[DraftPlace, list[str | None]] = defaultdict(list)

    @property
    def made(self) -> list[str]:
        return [key for _, key in self._made]

    def end_drive(self, owner: str) -> None:
        """What lies there is nobody's any more, and cannot be found: it is made anew elsewhere."""
        self._made = [(drive, key) for drive, key in self._made if drive != self.drive_of(owner)]
        super().end_drive(owner)

    def drive_of(self, owner: str | None) -> str:
        if owner is None and not self._library:
            raise NoDrive("the library")
        return super().drive_of(owner)

    async def set_access(
        self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str], alone: bool = False
    ) -> None:
        self._is_free(place)
        await super().set_access(place, readers=readers, writers=writers, alone=alone)

    async def remove(self, place: DraftPlace, *, etag: str) -> None:
        self._is_free(place)
        await super().remove(place, etag=etag)

    def _is_free(self, place: DraftPlace) -> None:
        if self._open[place]:
            raise Locked("resourceLocked", self._open[place].pop(0))

    def open_for(self, place: DraftPlace, times: int, holder: str | None) -> None:
        self._open[place] += [holder] * times

    def refused(self, place: DraftPlace) -> int:
        """How often it still will be."""
        return len(self._open[place])

    def close_all(self) -> None:
        self._open.clear()

    def _add(
        self, drive: str, folders: tuple[str, ...], name: str, body: bytes, key: str | None, by: str | None
    ) -> _File:
        file = super()._add(drive, folders, name, body, key, by)
        self._made += [(drive, key)] if key is not None else []
        self.files[file.state.place] = replace(file, state=replace(file.state, modified_at=self._clock()))
        return self.files[file.state.place]

    def _write(self, place: DraftPlace, body: bytes, by: str | None) -> DraftState:
        super()._write(place, body, by)
        file = self.files[place]
        self.files[place] = replace(file, state=replace(file.state, modified_at=self._clock()))
        return self.files[place].state
