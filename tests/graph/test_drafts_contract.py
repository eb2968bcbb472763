"""What the drives promise about drafts, whoever keeps them: the fake of the tests, and OneDrive."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from graph.client import GraphClient, Manners
from graph.downloads import LinkedFiles
from registry.errors import Changed, Gone, Locked, Unavailable
from service.drafts_port import DraftChanges, Drafts, DraftState, NoDrive
from tests.graph.drives import HUDA, KHALID, MARYAM, OMAR, InMemory, InOneDrive, Place
from tests.graph.world import Judge, World, client_of

KEYS = count(1)
FOLDERS = ("Tarasul", "الشؤون المالية", "2026")
NAME = "R-2026-000114.docx"
BODY, EDITED = b"PK the first words", b"PK other words, and more of them"
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
async def graph(world: World, judge: Judge) -> AsyncIterator[GraphClient]:
    """Of little patience: what fails here is tried again by the test."""
    client = client_of(world, judge, Manners(patience_s=0.5))
    yield client
    await client.close()


@pytest.fixture
async def downloads() -> AsyncIterator[LinkedFiles]:
    made = LinkedFiles(("127.0.0.1",), deadline_s=5)
    yield made
    await made.close()


@pytest.fixture(params=["fake", "onedrive"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "fake":
        yield InMemory()
        return
    world: World = request.getfixturevalue("world")
    made = InOneDrive(
        world, request.getfixturevalue("graph"), request.getfixturevalue("downloads"), world.state["app_id"]
    )
    yield made
    for name in ("huda", "omar"):
        world.control("POST", f"drives/{name}@ministry.example", json={"state": "ready"})


@pytest.fixture
def drafts(place: Place) -> Drafts:
    return place.port


@pytest.fixture
def key() -> str:
    return f"draft:{next(KEYS)}"


@pytest.fixture
async def placed(drafts: Drafts, key: str) -> DraftState:
    return await drafts.place(HUDA, FOLDERS, NAME, BODY, key=key)


async def news(drafts: Drafts, drive: str, cursor: str) -> DraftChanges:
    """All pages after *cursor*, as one."""
    changed: dict[str, DraftState] = {}
    gone: list[str] = []
    look = False
    for _ in range(50):
        page = await drafts.changes(drive, cursor)
        changed |= {state.place.item: state for state in page.changed}
        gone += page.gone
        look, cursor = look or page.look, page.cursor
        if not page.more:
            return DraftChanges(changed=tuple(changed.values()), gone=tuple(gone), cursor=cursor, more=False, look=look)
    raise AssertionError("a feed without an end")


################################################################
# Placing
################################################################


async def test_a_draft_is_placed_and_read(placed: DraftState, drafts: Drafts, place: Place) -> None:
    state, body = await drafts.read(placed.place)
    assert body == BODY
    assert state == placed
    assert state.place.drive == place.drive_of(HUDA)
    assert state.name.startswith("R-2026-000114")
    assert state.name.endswith(".docx")
    assert state.editor is None
    assert state.size_bytes == len(BODY)
    assert state.web_url.startswith("https://")


async def test_a_draft_without_an_owner_lies_in_the_library(drafts: Drafts, place: Place, key: str) -> None:
    state = await drafts.place(None, FOLDERS, NAME, BODY, key=key)
    assert state.place.drive == place.drive_of(None)


async def test_one_key_is_one_file_however_often_it_is_placed(
    placed: DraftState, drafts: Drafts, place: Place, key: str
) -> None:
    there = place.count(HUDA)
    place.edit(placed.place, EDITED, HUDA)
    again = await drafts.place(HUDA, FOLDERS, NAME, BODY, key=key)
    assert again.place == placed.place
    assert (await drafts.read(placed.place))[1] == EDITED
    assert place.count(HUDA) == there


async def test_one_key_is_one_file_although_the_answer_was_lost(drafts: Drafts, place: Place, key: str) -> None:
    there = place.count(HUDA)
    place.lose_the_answer("place")
    with pytest.raises(Unavailable):
        await drafts.place(HUDA, FOLDERS, NAME, BODY, key=key)
    if isinstance(place, InOneDrive):
        place.world.faults()
    state = await drafts.place(HUDA, FOLDERS, NAME, BODY, key=key)
    assert (await drafts.read(state.place))[1] == BODY
    assert place.count(HUDA) == there + 1


async def test_two_keys_are_two_files_of_one_name(placed: DraftState, drafts: Drafts) -> None:
    other = await drafts.place(HUDA, FOLDERS, NAME, EDITED, key="another")
    assert other.place != placed.place
    assert (await drafts.read(placed.place))[1] == BODY


async def test_a_file_of_somebody_else_keeps_its_place(drafts: Drafts, place: Place) -> None:
    own = place.put_own(OMAR, FOLDERS, place.name_of(NAME, "for Omar"), b"PK Omar's own")
    for _ in range(2):
        state = await drafts.place(OMAR, FOLDERS, NAME, BODY, key="for Omar")
        assert state.place != own
        assert (await drafts.read(state.place))[1] == BODY
    assert (await drafts.read(own))[1] == b"PK Omar's own"


async def test_whoever_never_signed_in_has_no_drive(drafts: Drafts, place: Place, key: str) -> None:
    place.never_signed_in(OMAR)
    with pytest.raises(NoDrive):
        await drafts.place(OMAR, FOLDERS, NAME, BODY, key=key)


################################################################
# Looking, and taking away
################################################################


async def test_the_ctag_tells_of_content_and_the_etag_of_everything(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    place.rename(placed.place, "another name.docx", HUDA)
    renamed = await drafts.look(placed.place)
    assert (renamed.ctag, renamed.name) == (placed.ctag, "another name.docx")
    assert renamed.etag != placed.etag
    place.edit(placed.place, EDITED, HUDA)
    edited = await drafts.look(placed.place)
    assert edited.ctag != placed.ctag
    assert edited.editor == HUDA


async def test_what_was_seen_is_taken_away_for_good(placed: DraftState, drafts: Drafts, place: Place) -> None:
    there = place.count(HUDA)
    await drafts.remove(placed.place, etag=placed.etag)
    assert place.count(HUDA) == there - 1
    with pytest.raises(Gone):
        await drafts.look(placed.place)


async def test_what_somebody_wrote_meanwhile_is_not_taken_away(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    place.edit(placed.place, b"PK theirs", HUDA)
    with pytest.raises(Changed):
        await drafts.remove(placed.place, etag=placed.etag)
    assert (await drafts.read(placed.place))[1] == b"PK theirs"


async def test_what_was_taken_away_and_the_answer_lost_is_gone(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    place.lose_the_answer("remove")
    with contextlib.suppress(Unavailable):
        await drafts.remove(placed.place, etag=placed.etag)
    if isinstance(place, InOneDrive):
        place.world.faults()
    with pytest.raises(Gone):
        await drafts.remove(placed.place, etag=placed.etag)


async def test_a_file_that_somebody_has_open_is_not_taken_away_and_they_are_named(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    place.edit(placed.place, b"PK being written", HUDA)
    place.hold(placed.place, HUDA)
    seen = await drafts.look(placed.place)
    with pytest.raises(Locked) as why:
        await drafts.remove(placed.place, etag=seen.etag)
    assert why.value.holder == HUDA
    assert (await drafts.read(placed.place))[1] == b"PK being written"
    place.let_go(placed.place)
    await drafts.remove(placed.place, etag=seen.etag)


async def test_what_was_deleted_is_gone(placed: DraftState, drafts: Drafts, place: Place) -> None:
    place.delete(placed.place, HUDA)
    for asked in (
        drafts.look(placed.place),
        drafts.read(placed.place),
        drafts.remove(placed.place, etag=placed.etag),
        drafts.set_access(placed.place, readers=NOBODY, writers=NOBODY),
    ):
        with pytest.raises(Gone):
            await asked


async def test_a_drive_that_ended_takes_its_drafts_along(placed: DraftState, drafts: Drafts, place: Place) -> None:
    place.end_drive(HUDA)
    with pytest.raises(Gone):
        await drafts.look(placed.place)
    with pytest.raises(NoDrive):
        await drafts.place(HUDA, FOLDERS, NAME, BODY, key="later")
    with pytest.raises(Gone):
        await drafts.changes(placed.place.drive, None)


################################################################
# Access
################################################################


async def test_access_is_exactly_what_was_asked(placed: DraftState, drafts: Drafts, place: Place) -> None:
    for readers, writers in (
        ({OMAR}, {MARYAM}),
        ({OMAR}, {MARYAM}),
        ({MARYAM}, {OMAR, KHALID}),
        (set(), {KHALID}),
        ({KHALID, HUDA}, {KHALID}),
        ({OMAR}, {HUDA}),
        (set(), set()),
    ):
        wanted = frozenset(readers), frozenset(writers)
        await drafts.set_access(placed.place, readers=wanted[0], writers=wanted[1])
        owner = {HUDA}
        assert place.access(placed.place) == (wanted[0] - wanted[1] - owner, wanted[1] - owner, 0)
    assert (await drafts.look(placed.place)).ctag == placed.ctag


async def test_a_link_that_somebody_made_ends(placed: DraftState, drafts: Drafts, place: Place) -> None:
    place.link(placed.place, HUDA)
    await drafts.set_access(placed.place, readers=frozenset({OMAR}), writers=NOBODY)
    assert place.access(placed.place) == ({OMAR}, NOBODY, 0)


async def test_access_in_the_library_is_given_as_anywhere(drafts: Drafts, place: Place, key: str) -> None:
    state = await drafts.place(None, (), NAME, BODY, key=key)
    for _ in range(2):
        await drafts.set_access(state.place, readers=frozenset({OMAR}), writers=frozenset({HUDA}))
        assert place.access(state.place) == ({OMAR}, {HUDA}, 0)


async def test_what_lies_alone_is_passed_on_by_no_folder(drafts: Drafts, place: Place, key: str) -> None:
    """Whoever may read the library reads what lies in it, but for what was given to people alone."""
    open_to_all = await drafts.place(None, ("Tarasul",), NAME, BODY, key=key)
    secret = await drafts.place(None, ("Tarasul",), NAME, BODY, key=f"{key} secret")
    place.passes_on(secret.place, MARYAM)
    await drafts.set_access(open_to_all.place, readers=frozenset({OMAR}), writers=NOBODY)
    for _ in range(2):
        await drafts.set_access(secret.place, readers=frozenset({OMAR}), writers=NOBODY, alone=True)
        assert place.opens(secret.place, MARYAM) is False
        assert place.access(secret.place) == ({OMAR}, NOBODY, 0)
    assert place.opens(open_to_all.place, MARYAM) is True
    await drafts.set_access(secret.place, readers=NOBODY, writers=NOBODY, alone=True)
    assert place.opens(secret.place, MARYAM) is False


async def test_access_given_twice_for_a_lost_answer_is_given_once(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    place.lose_the_answer("set_access")
    wanted = frozenset({OMAR})
    with pytest.raises(Unavailable):
        await drafts.set_access(placed.place, readers=NOBODY, writers=wanted)
    if isinstance(place, InOneDrive):
        place.world.faults()
    await drafts.set_access(placed.place, readers=NOBODY, writers=wanted)
    assert place.access(placed.place) == (NOBODY, wanted, 0)


################################################################
# What changed
################################################################


async def test_a_drive_tells_of_edits_renames_and_deletions(placed: DraftState, drafts: Drafts, place: Place) -> None:
    other = await drafts.place(HUDA, FOLDERS, NAME, BODY, key="to be deleted")
    began = await drafts.changes(placed.place.drive, None)
    assert (began.changed, began.gone, began.more) == ((), (), False)

    place.edit(placed.place, EDITED, HUDA)
    place.rename(placed.place, "renamed.docx", HUDA)
    place.delete(other.place, HUDA)
    told = await news(drafts, placed.place.drive, began.cursor)
    assert told.changed == (await drafts.look(placed.place),)
    assert told.gone == (other.place.item,)
    assert not told.look

    later = await news(drafts, placed.place.drive, told.cursor)
    assert (later.changed, later.gone) == ((), ())


async def test_of_files_that_are_not_ours_a_drive_tells_nothing(
    placed: DraftState, drafts: Drafts, place: Place
) -> None:
    began = await drafts.changes(placed.place.drive, None)
    place.put_own(HUDA, (), f"holiday {next(KEYS)}.docx", b"PK private")
    assert (await news(drafts, placed.place.drive, began.cursor)).changed == ()


async def test_a_dead_cursor_is_said_to_be(placed: DraftState, drafts: Drafts, place: Place) -> None:
    began = await drafts.changes(placed.place.drive, None)
    place.kill_cursors()
    with pytest.raises(Gone):
        await drafts.changes(placed.place.drive, began.cursor)
    if isinstance(place, InOneDrive):
        place.world.faults()
    again = await drafts.changes(placed.place.drive, None)
    place.edit(placed.place, EDITED, HUDA)
    told = await news(drafts, placed.place.drive, again.cursor)
    assert [state.place for state in told.changed] == [placed.place]
