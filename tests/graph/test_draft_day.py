"""A letter drafted in Word over the tenant's OneDrive, from the template of its kind to its number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from documents.beginnings import beginnings
from documents.templates import Templates
from documents.word import fill, words_of
from graph.client import GraphClient
from graph.downloads import LinkedFiles
from service.comparing import compared
from service.drafts_port import DraftChanges, DraftPlace, Drafts, DraftState
from tests.draft_house import DraftHouse
from tests.graph.drives import KHALID, PEOPLE, InOneDrive
from tests.graph.world import World

IDS = {**{name: PEOPLE[name] for name in ("omar", "salem", "huda", "laila", "noura")}, "hessa": KHALID}
NAMES = {entra: name for name, entra in IDS.items()}


class Named:
    """The tenant's drives, with the people called as this office calls them."""

    def __init__(self, port: Drafts) -> None:
        self._port = port

    async def place(self, owner: str | None, folders: Sequence[str], name: str, body: bytes, *, key: str) -> DraftState:
        return _named(await self._port.place(IDS[owner] if owner else None, folders, name, body, key=key))

    async def look(self, place: DraftPlace) -> DraftState:
        return _named(await self._port.look(place))

    async def read(self, place: DraftPlace) -> tuple[DraftState, bytes]:
        state, body = await self._port.read(place)
        return _named(state), body

    async def remove(self, place: DraftPlace, *, etag: str) -> None:
        await self._port.remove(place, etag=etag)

    async def set_access(
        self, place: DraftPlace, *, readers: frozenset[str], writers: frozenset[str], alone: bool = False
    ) -> None:
        given = (frozenset(IDS[who] for who in people) for people in (readers, writers))
        await self._port.set_access(place, readers=next(given), writers=next(given), alone=alone)

    async def changes(self, drive: str, cursor: str | None) -> DraftChanges:
        return await self._port.changes(drive, cursor)


def _named(state: DraftState) -> DraftState:
    return replace(state, editor=NAMES.get(state.editor or ""))


async def test_a_letter_is_drafted_edited_decided_on_and_numbered(world: World, graph: GraphClient) -> None:
    downloads = LinkedFiles(("127.0.0.1",))
    drives = InOneDrive(world, graph, downloads, world.state["app_id"])
    house = DraftHouse()
    house.now = datetime.now(UTC)
    house.over(Named(drives.port), beginnings(Templates()))

    async def performed() -> None:
        house.later(70)
        await house.watch.look()
        await house.performer.perform_due()

    try:
        house.begin(text="نرجو موافاتنا بالمستندات.")
        await house.performer.perform_due()
        document = house.record.document
        assert document is not None
        assert document.drive == drives.drive_of(IDS["omar"])
        first = house.archive.kept[document.sha256]
        assert "نرجو موافاتنا بالمستندات." in words_of(first)
        assert house.record.subject in words_of(first)
        await performed()

        edited = fill(first, {"body": "نرجو موافاتنا بالمستندات خلال أسبوع."})
        drives.edit(house.place, edited, IDS["omar"])
        await performed()
        changed = house.record.document
        assert changed is not None
        assert (changed.version, changed.versions[-1].editor) == (2, "omar")
        words = (words_of(first), words_of(house.archive.kept[changed.sha256]))
        assert "<ins>" in compared(house.record, *changed.versions, words, house.office, "ar")

        for who in ("salem", "huda", "hessa"):
            house.press()
            await performed()
            assert house.turns[0][0] == who
            assert drives.access(house.place)[0] == {IDS[who]}

        drives.edit(house.place, fill(first, {"body": "نص دُسّ بعد الاعتماد."}), IDS["omar"])
        house.press()
        await house.performer.perform_due()
        assert house.record.serial is None
        assert house.turns == [("salem", "for_initial")]

        drives.end_drive(IDS["omar"])
        await performed()
        await performed()
        assert house.place.drive == drives.drive_of(None)
        for _ in range(3):
            house.press()
            await performed()
        await performed()
        assert house.record.serial == 1
        assert drives.access(house.place)[:2] == (frozenset(), frozenset())
        assert house.stuck == []
        frozen = house.record.document.frozen if house.record.document is not None else None
        assert "نص دُسّ" in words_of(house.archive.kept[frozen or ""])
        assert [s.document for s in house.record.steps if s.stage is not None][-3:] == [frozen] * 3
    finally:
        await downloads.close()
