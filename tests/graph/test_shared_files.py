"""Files shared by a link, whoever keeps them; and what the ministry's own OneDrive makes of a link."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.shared_files import TenantFiles
from registry.errors import Throttled, Unavailable
from service.ports import NotFetched, SharedFile, SharedFiles
from tests.fakes.shared_files import FakeSharedFiles
from tests.graph.world import World

HOSTS = ("127.0.0.1", "ministry-my.sharepoint.com")
BODY = b"%PDF-1.4 \x00\xff out of the cloud"


def shared(world: World, name: str = "كشف الحساب.pdf", body: bytes = BODY, **more: Any) -> dict[str, str]:
    """Huda shares a file; its id and its link."""
    content = base64.b64encode(body).decode()
    told: dict[str, str] = world.control(
        "POST", "files", json={"upn": "huda@ministry.example", "name": name, "content": content, **more}
    )
    return told


@pytest.fixture
async def downloads() -> AsyncIterator[LinkedFiles]:
    made = LinkedFiles(HOSTS, deadline_s=2)
    yield made
    await made.close()


@pytest.fixture
def files(graph: GraphClient, downloads: LinkedFiles) -> TenantFiles:
    return TenantFiles(graph, downloads, allowed=True)


class TestSharedFiles:
    """The port, by the fake and by Graph."""

    @pytest.fixture(params=["fake", "graph"])
    def kept(self, request: pytest.FixtureRequest, world: World, files: TenantFiles) -> tuple[SharedFiles, str]:
        link = shared(world)["url"]
        if request.param == "graph":
            return files, link
        fake = FakeSharedFiles()
        fake.files[link] = SharedFile("كشف الحساب.pdf", "application/pdf", BODY)
        return fake, link

    async def test_a_shared_file_comes_with_its_name_and_its_bytes(self, kept: tuple[SharedFiles, str]) -> None:
        port, link = kept
        for _ in range(2):
            assert await port.fetch(link) == SharedFile("كشف الحساب.pdf", "application/pdf", BODY)

    async def test_a_link_that_leads_nowhere_is_said_to(self, kept: tuple[SharedFiles, str]) -> None:
        port, link = kept
        with pytest.raises(NotFetched, match=r"file\.gone"):
            await port.fetch(link + "x")


@pytest.mark.parametrize("state", ["forbidden", "malware", "folder"])
async def test_what_may_not_be_read_is_named_and_no_byte_of_it_is_fetched(
    world: World, files: TenantFiles, state: str
) -> None:
    world.faults({"match": "files", "fault": "500", "rate": 1})
    with pytest.raises(NotFetched, match=rf"file\.{state}"):
        await files.fetch(shared(world, state=state)["url"])
    assert world.struck() == 0


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/:b:/g/x/y",
        "https://ministry-my.sharepoint.com.evil.example/:b:/g/x",
        "https://other-my.sharepoint.com/:b:/g/x",
        "http://ministry-my.sharepoint.com/:b:/g/x",
        "https://1drv.ms/b/s!Abc",
        "",
        "x" * 5000,
    ],
)
async def test_a_link_to_anywhere_else_is_not_even_asked_of_graph(world: World, files: TenantFiles, link: str) -> None:
    world.faults({"match": "graph", "fault": "500", "rate": 1})
    with pytest.raises(NotFetched, match=r"file\.elsewhere"):
        await files.fetch(link)
    assert world.struck() == 0


async def test_where_the_ministry_does_not_want_it_nothing_is_asked(
    world: World, graph: GraphClient, downloads: LinkedFiles
) -> None:
    link = shared(world)["url"]
    world.faults({"match": "graph", "fault": "500", "rate": 1})
    with pytest.raises(NotFetched, match=r"file\.not_allowed"):
        await TenantFiles(graph, downloads, allowed=False).fetch(link)
    assert world.struck() == 0


@pytest.mark.parametrize("where", ["graph", "files"])
@pytest.mark.parametrize(("fault", "error"), [("503", Unavailable), ("504", Unavailable), ("reset", Unavailable)])
async def test_a_fault_on_the_way_is_a_matter_of_time(
    world: World, files: TenantFiles, where: str, fault: str, error: type[Exception]
) -> None:
    link = shared(world)["url"]
    match = "GET /v1.0/shares/*" if where == "graph" else "GET /files/*"
    world.faults({"match": match, "fault": fault, "rate": 1, "args": {"retry_after": None}})
    with pytest.raises(error):
        await files.fetch(link)
    world.faults()
    assert (await files.fetch(link)).body == BODY


async def test_who_is_told_to_wait_says_how_long(world: World, files: TenantFiles) -> None:
    link = shared(world)["url"]
    world.faults({"match": "GET /files/*", "fault": "429", "rate": 1, "args": {"retry_after": 60}})
    with pytest.raises(Throttled) as why:
        await files.fetch(link)
    assert why.value.retry_after_s == 60


async def test_a_file_that_is_deleted_or_too_large_is_not_had(world: World, files: TenantFiles) -> None:
    file = shared(world)
    assert world.control("DELETE", f"files/{file['id']}") is None
    with pytest.raises(NotFetched, match=r"file\.gone"):
        await files.fetch(file["url"])
