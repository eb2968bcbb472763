"""Drafts in OneDrive, where only OneDrive can be asked: people who write meanwhile, who leave, who share; and links."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from graph.client import GraphClient, Manners
from graph.downloads import LinkedFiles
from graph.drafts import DriveDrafts, marked, taken_name
from registry.errors import Gone, Misconfigured, Unavailable
from service.drafts_port import DraftState, NoDrive
from tests.docx import docx
from tests.graph.drives import HUDA, KHALID, LIBRARY, OMAR, PEOPLE, InOneDrive, upn
from tests.graph.world import Judge, World, client_of

FOLDERS, NAME, BODY = ("Tarasul", "2026"), "R-2026-000114.docx", b"PK the first words"


class Meddled(LinkedFiles):
    """Somebody does something each time before a file is fetched."""

    meddle: Callable[[int], None] = staticmethod(lambda _: None)
    fetched = 0

    async def fetch(self, link: str, limit_bytes: int) -> bytes:
        self.meddle(self.fetched)
        self.fetched += 1
        return await super().fetch(link, limit_bytes)


@pytest.fixture
async def downloads() -> AsyncIterator[Meddled]:
    made = Meddled(("127.0.0.1",), deadline_s=5)
    yield made
    await made.close()


@pytest.fixture
def place(world: World, graph: GraphClient, downloads: Meddled) -> InOneDrive:
    return InOneDrive(world, graph, downloads, world.state["app_id"])


@pytest.fixture
async def placed(place: InOneDrive, request: pytest.FixtureRequest) -> DraftState:
    return await place.port.place(HUDA, FOLDERS, NAME, BODY, key=request.node.name)


async def test_what_is_read_is_one_state_although_somebody_writes_meanwhile(
    placed: DraftState, place: InOneDrive, downloads: Meddled
) -> None:
    def meddle(time: int) -> None:
        if time < 2:
            place.edit(placed.place, f"PK edited {time}".encode(), HUDA)

    downloads.meddle = meddle
    state, body = await place.port.read(placed.place)
    assert body == b"PK edited 1"
    assert state == await place.port.look(placed.place)
    assert downloads.fetched == 3


async def test_a_file_that_never_rests_is_read_later(placed: DraftState, place: InOneDrive, downloads: Meddled) -> None:
    downloads.meddle = lambda time: place.edit(placed.place, f"PK edited {time}".encode(), HUDA)
    with pytest.raises(Unavailable):
        await place.port.read(placed.place)


async def test_no_token_goes_along_with_a_link(placed: DraftState, place: InOneDrive, judge: Judge) -> None:
    await place.port.read(placed.place)  # the link refuses whoever sends one
    assert all("/files/" not in url for _, url, _ in judge.calls)


async def test_a_host_that_no_setting_names_is_not_asked(placed: DraftState, graph: GraphClient, world: World) -> None:
    drafts = DriveDrafts(graph, LinkedFiles(("ministry-my.sharepoint.com",)), app_id=world.state["app_id"])
    with pytest.raises(Misconfigured, match="SHAREPOINT_HOSTS"):
        await drafts.read(placed.place)


async def test_who_leaves_has_no_drive_and_their_drafts_are_read_for_a_month(place: InOneDrive, world: World) -> None:
    left = PEOPLE["badr"]
    placed = await place.port.place(left, FOLDERS, NAME, BODY, key="of one who leaves")
    world.control("PATCH", f"people/{upn(left)}", json={"accountEnabled": False})
    assert (await place.port.read(placed.place))[1] == BODY
    world.control("DELETE", f"people/{upn(left)}")
    with pytest.raises(NoDrive):
        await place.port.place(left, FOLDERS, NAME, BODY, key="another")
    assert (await place.port.read(placed.place))[1] == BODY


async def test_a_deleted_folder_says_that_drafts_must_be_looked_at(placed: DraftState, place: InOneDrive) -> None:
    began = await place.port.changes(placed.place.drive, None)
    folder = place.world.graph("GET", f"/drives/{placed.place.drive}/root:/Tarasul").json()["id"]
    place._call("DELETE", f"/drives/{placed.place.drive}/items/{folder}", by=HUDA)
    told = await place.port.changes(placed.place.drive, began.cursor)
    assert told.look
    with pytest.raises(Gone):
        await place.port.look(placed.place)


async def test_who_is_not_known_gets_no_access_and_the_others_do(placed: DraftState, place: InOneDrive) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Misconfigured, match="1 of 2"):
        await place.port.set_access(placed.place, readers=frozenset({OMAR, nobody}), writers=frozenset())
    assert place.access(placed.place) == ({OMAR}, frozenset(), 0)


async def test_what_a_folder_passes_on_is_left_to_its_owner(placed: DraftState, place: InOneDrive) -> None:
    folder = place.world.graph("GET", f"/drives/{placed.place.drive}/root:/Tarasul").json()["id"]
    wanted = {"recipients": [{"objectId": KHALID}], "roles": ["read"], "requireSignIn": True, "sendInvitation": False}
    place._call("POST", f"/drives/{placed.place.drive}/items/{folder}/invite", by=HUDA, json=wanted)
    await place.port.set_access(placed.place, readers=frozenset({OMAR}), writers=frozenset())
    assert place.access(placed.place) == ({OMAR}, frozenset(), 0)
    shown = place.world.graph("GET", f"/drives/{placed.place.drive}/items/{placed.place.item}", by=upn(KHALID))
    assert shown.status == 200


@pytest.mark.parametrize("library", ["", "b!nothing"])
async def test_a_library_that_is_not_there_is_the_operators_matter(
    graph: GraphClient, downloads: Meddled, world: World, library: str
) -> None:
    drafts = DriveDrafts(graph, downloads, app_id=world.state["app_id"], library=library)
    with pytest.raises((Misconfigured, NoDrive)):
        await drafts.place(None, FOLDERS, NAME, BODY, key="nowhere")


async def test_a_page_that_is_empty_and_one_that_comes_twice_do_no_harm(
    placed: DraftState, place: InOneDrive, world: World
) -> None:
    began = await place.port.changes(placed.place.drive, None)
    place.edit(placed.place, b"PK edited", HUDA)
    world.faults(
        {"match": "GET */root/delta", "fault": "empty_page", "rate": 0.5},
        {"match": "GET */root/delta", "fault": "replay", "rate": 0.5},
    )
    seen, cursor, more = [], began.cursor, True
    while more:
        page = await place.port.changes(placed.place.drive, cursor)
        seen += page.changed
        cursor, more = page.cursor, page.more
    assert seen == [await place.port.look(placed.place)]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "taken"),
        [
            ("كتاب رقم ١٢.docx", "كتاب رقم ١٢.docx"),
            ('a/b\\c:d*e?"f"<g>|h.docx', "a-b-c-d-e-f-g-h.docx"),
            ("~$lock.docx", "$lock.docx"),
            ("  .. ", "-"),
            ("\u202egnp.docx", "-gnp.docx"),
        ],
    )
    def test_a_name_has_nothing_that_a_drive_refuses(self, name: str, taken: str) -> None:
        assert taken_name(name, 50) == taken

    def test_the_mark_stands_before_the_suffix_and_is_the_keys_own(self) -> None:
        one, same, other = marked("a.docx", "k"), marked("a.docx", "k"), marked("a.docx", "l")
        assert one == same != other
        assert one.startswith("a-")
        assert one.endswith(".docx")
        assert marked("a.docx", "k", 2) not in (one, other)
        assert len(marked("x" * 500 + ".docx", "k")) < 110
        assert marked("قرار", "k").startswith("قرار-")


async def test_folders_that_lead_deeper_than_a_drive_allows_are_the_operators_matter(place: InOneDrive) -> None:
    with pytest.raises(Misconfigured, match="DRAFT_FOLDERS"):
        await place.port.place(HUDA, ["x" * 60] * 6, NAME, BODY, key="deep")
    state = await place.port.place(HUDA, ["ك" * 300] * 4, "ك" * 300 + ".docx", BODY, key="long")
    assert (await place.port.read(state.place))[1] == BODY


async def test_what_a_library_writes_into_a_file_is_read_as_it_stands_there(place: InOneDrive, world: World) -> None:
    """SharePoint writes columns into Office files: what was sent is not, byte for byte, what is there."""
    world.control("POST", "drives/library", json={"promotes": True})
    sent = docx("one")
    states = [await place.port.place(None, (), NAME, sent, key="promoted") for _ in range(2)]
    assert states[0] == states[1]
    state, body = await place.port.read(states[0].place)
    assert body != sent
    assert len(body) == state.size_bytes
    world.control("POST", "drives/library", json={"promotes": False})


async def test_the_library_is_where_the_setting_says(place: InOneDrive) -> None:
    state = await place.port.place(None, (), NAME, BODY, key="in the library")
    assert state.place.drive == LIBRARY


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_lost_or_spoilt_on_the_way_nothing_is_doubled_or_written_over(
    world: World, judge: Judge, downloads: Meddled, seed: int
) -> None:
    """Each deed is asked for until it is done, over a cloud of which every third answer is lost, late or spoilt."""
    client = client_of(world, judge, Manners(patience_s=0.5, deadline_s=5))
    place = InOneDrive(world, client, downloads, world.state["app_id"])
    names = ("504_after", "lost", "reset", "503", "429", "half", "cut", "proxy", "nothing", "500", "504")
    faults = [{"match": "graph", "fault": name, "rate": 0.05, "args": {"retry_after": None}} for name in names]
    faults[names.index("500")]["args"] = {"code": "generalException"}  # a page of HTML is what a gateway answers
    faults += [{"match": "files", "fault": name, "rate": 0.1} for name in ("lost", "503", "cut", "reset")]
    folders, own = (f"by chance {seed}",), b"PK somebody's own"
    theirs = place.put_own(OMAR, folders, marked(NAME, "one key"), own)
    there = place.count(OMAR)

    async def done[T](deed: Callable[[], Awaitable[T]]) -> T:
        for _ in range(100):
            with contextlib.suppress(Unavailable):
                return await deed()
        raise AssertionError("it was never done")

    world.faults(*faults, seed=seed)
    made = await done(lambda: place.port.place(OMAR, folders, NAME, BODY, key="one key"))
    again = await done(lambda: place.port.place(OMAR, folders, NAME, b"PK other words", key="one key"))
    other = await done(lambda: place.port.place(OMAR, folders, NAME, BODY, key="to be taken away"))
    with contextlib.suppress(Gone):  # a try of ours was done, and its answer lost
        await done(lambda: place.port.remove(other.place, etag=other.etag))
    wanted = {"readers": frozenset({HUDA}), "writers": frozenset({KHALID})}
    await done(lambda: place.port.set_access(made.place, **wanted))
    state, body = await done(lambda: place.port.read(made.place))
    assert world.struck() > 0
    world.faults()

    assert again.place == made.place == state.place != theirs
    assert body == BODY
    assert place.count(OMAR) == there + 1
    assert place.access(made.place) == ({HUDA}, {KHALID}, 0)
    assert (await place.port.read(theirs))[1] == own
    await client.close()
