"""Word documents into PDF, by whoever does it; and by Graph with all that goes wrong on the way."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.client import GraphClient, Manners
from graph.converting import FOLDER, GraphConverter
from graph.downloads import LinkedFiles
from registry.errors import Misconfigured, Unavailable
from service.letter_ports import Converter, Unreadable
from tests.docx import docx
from tests.fakes.converter import FakeConverter
from tests.graph.drives import LIBRARY
from tests.graph.world import Judge, World, client_of

WORDS = "قرار رقم ١٢ بشأن الميزانية"


def now() -> datetime:
    return datetime.now(UTC)


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


@pytest.fixture
def by_graph(graph: GraphClient, downloads: LinkedFiles) -> GraphConverter:
    return GraphConverter(graph, downloads, LIBRARY, now)


@pytest.fixture(params=["fake", "graph"])
def converter(request: pytest.FixtureRequest) -> Converter:
    made: Any = FakeConverter() if request.param == "fake" else request.getfixturevalue("by_graph")
    port: Converter = made
    return port


def left(world: World) -> list[str]:
    files = world.control("GET", "drives/library")["files"]
    return [file["path"] for file in files if file["path"].startswith(FOLDER)]


async def test_a_document_becomes_a_pdf_each_time_it_is_asked_for(converter: Converter) -> None:
    for _ in range(2):
        made = await converter.pdf(docx(WORDS), key="k")
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("body", [b"", b"\xd0\xcf\x11\xe0 encrypted", b"no document at all"])
async def test_what_cannot_be_converted_is_said_to_be_unreadable(converter: Converter, body: bytes) -> None:
    with pytest.raises(Unreadable):
        await converter.pdf(body, key="k")


async def test_a_damaged_document_is_unreadable_and_leaves_nothing(by_graph: GraphConverter, world: World) -> None:
    with pytest.raises(Unreadable):
        await by_graph.pdf(docx(WORDS)[:-40], key="k")
    assert left(world) == []


async def test_nothing_stays_in_the_library(by_graph: GraphConverter, world: World) -> None:
    await by_graph.pdf(docx(WORDS), key="k")
    assert left(world) == []


async def test_what_could_not_be_deleted_is_swept_away_when_nobody_converts_it_any_more(
    by_graph: GraphConverter, graph: GraphClient, downloads: LinkedFiles, world: World
) -> None:
    world.faults({"match": "DELETE */items/*", "fault": "504"})
    await by_graph.pdf(docx(WORDS), key="left behind")
    world.faults()
    assert len(left(world)) == 1
    await by_graph.pdf(docx(WORDS), key="soon")
    assert len(left(world)) == 1
    later = GraphConverter(graph, downloads, LIBRARY, lambda: now() + timedelta(hours=2))
    await later.pdf(docx(WORDS), key="later")
    assert left(world) == []


@pytest.mark.parametrize("match", ["PUT */content", "GET */content", "GET /files/*", "DELETE */items/*"])
@pytest.mark.parametrize("fault", ["504_after", "503", "lost"])
async def test_whatever_is_lost_on_the_way_the_next_try_converts_and_clears_away(
    by_graph: GraphConverter, world: World, match: str, fault: str
) -> None:
    world.faults({"match": match, "fault": fault, "rate": 1, "args": {"retry_after": None}})
    try:
        await by_graph.pdf(docx(WORDS), key="k")
    except Unavailable:
        pass
    else:
        assert match.startswith("DELETE")
    world.faults()
    assert (await by_graph.pdf(docx(WORDS), key="k")).startswith(b"%PDF-")
    assert left(world) == []


async def test_a_host_that_no_setting_names_is_not_asked(graph: GraphClient) -> None:
    elsewhere = GraphConverter(graph, LinkedFiles(("*.svc.ms",)), LIBRARY, now)
    with pytest.raises(Misconfigured, match="SHAREPOINT_HOSTS"):
        await elsewhere.pdf(docx(WORDS), key="k")


@pytest.mark.parametrize("library", ["", "b!nothing"])
async def test_without_a_library_nothing_is_converted(graph: GraphClient, downloads: LinkedFiles, library: str) -> None:
    with pytest.raises(Misconfigured, match="LIBRARY_DRIVE_ID"):
        await GraphConverter(graph, downloads, library, now).pdf(docx(WORDS), key="k")
