"""The pages of a folder's changes, as Graph really gives them."""

from datetime import UTC, datetime
from itertools import count

import pytest

from graph.client import GraphClient, Manners
from graph.delta import UNSAID, read_changes
from registry.errors import Gone, Misconfigured, Unavailable
from service.ports import Arrived
from tests.graph.mails import plain
from tests.graph.scripted import Say, Script, asking
from tests.graph.world import REGISTRY, Judge, World, client_of

NUMBERS = count(1)


def letters(world: World, how_many: int) -> set[str]:
    raws = (plain("x", Message_ID=f"<m{next(NUMBERS)}@delta.example>") for _ in range(how_many))
    return {world.arrive(raw)["id"] for raw in raws}


async def read_on(graph: GraphClient, cursor: str | None) -> tuple[list[str], str, int]:
    """All that comes after *cursor*: the ids in their order, the cursor after them, how many pages it took."""
    seen: list[str] = []
    for pages in count(1):
        page = await read_changes(graph, REGISTRY, "inbox", cursor)
        seen += [item.item_id for item in page.arrived]
        cursor = page.cursor
        if not page.more:
            return seen, cursor, pages
    raise AssertionError


async def test_only_what_is_needed_is_asked_for_and_pages_are_large(
    world: World, graph: GraphClient, judge: Judge
) -> None:
    _, cursor, _ = await read_on(graph, None)
    await read_on(graph, cursor)
    first, second = (url for _, url, _ in judge.calls)
    assert first.endswith("/messages/delta?$select=id%2CinternetMessageId%2CreceivedDateTime")
    assert second == cursor
    assert all(headers["prefer"] == 'IdType="ImmutableId", odata.maxpagesize=200' for headers in judge.headers)


async def test_every_page_is_read_to_the_last(world: World, judge: Judge) -> None:
    graph = client_of(world, judge, Manners(page=2))
    _, cursor, _ = await read_on(graph, None)
    new = letters(world, 5)
    seen, _, pages = await read_on(graph, cursor)
    await graph.close()
    assert (set(seen), pages) == (new, 3)


async def test_an_empty_page_does_not_end_the_reading(world: World, judge: Judge) -> None:
    graph = client_of(world, judge, Manners(page=2))
    _, cursor, _ = await read_on(graph, None)
    new = letters(world, 5)
    world.faults({"match": "GET */messages/delta", "fault": "empty_page", "rate": 0.5}, seed=1)
    seen, _, pages = await read_on(graph, cursor)
    await graph.close()
    assert world.struck() > 0
    assert set(seen) == new
    assert pages > 3


async def test_what_is_shown_again_is_shown_again_and_nothing_is_missing(world: World, judge: Judge) -> None:
    graph = client_of(world, judge, Manners(page=2))
    _, cursor, _ = await read_on(graph, None)
    new = letters(world, 4)
    world.faults({"match": "GET */messages/delta", "fault": "replay"})
    seen, _, _ = await read_on(graph, cursor)
    await graph.close()
    assert new <= set(seen)
    assert len(seen) > len(set(seen))


async def test_a_mail_that_left_the_folder_is_not_shown(world: World, graph: GraphClient) -> None:
    _, cursor, _ = await read_on(graph, None)
    (moved,) = letters(world, 1)
    _, cursor, _ = await read_on(graph, cursor)
    world.graph("POST", f"/users/{REGISTRY}/messages/{moved}/move", json={"destinationId": "archive"})
    assert (await read_on(graph, cursor))[0] == []


@pytest.mark.parametrize(
    ("status", "code"), [("410", "syncStateNotFound"), ("404", "syncStateNotFound"), ("400", "resyncRequired")]
)
async def test_a_dead_cursor_is_gone_however_it_is_said(
    world: World, graph: GraphClient, status: str, code: str
) -> None:
    _, cursor, _ = await read_on(graph, None)
    world.faults({"match": "GET */messages/delta", "fault": status, "args": {"code": code}})
    with pytest.raises(Gone):
        await read_changes(graph, REGISTRY, "inbox", cursor)
    world.faults()
    again, _, _ = await read_on(graph, None)
    assert letters(world, 0) <= set(again)


async def test_a_cursor_of_another_graph_is_dead_and_nobody_is_asked() -> None:
    async with asking() as (client, script):
        with pytest.raises(Gone):
            await read_changes(client, REGISTRY, "inbox", "https://graph.elsewhere.example/v1.0/x/delta?$deltatoken=a")
    assert script.asked == []


@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
async def test_a_page_that_leads_to_another_host_is_refused(name: str) -> None:
    page = f'{{"value":[],"{name}":"https://evil.example/v1.0/delta"}}'.encode()
    async with asking(Say(body=page)) as (client, _):
        with pytest.raises(Misconfigured):
            await read_changes(client, REGISTRY, "inbox", None)


@pytest.mark.parametrize("page", [b'{"value":[]}', b'{"value":[{}]}', b'{"value":{}}', b"{}", b'{"value":[{"id":"1"'])
async def test_a_page_without_a_way_on_or_without_its_mails_is_no_page(page: bytes) -> None:
    async with asking(Say(body=page)) as (client, _):
        with pytest.raises(Unavailable):
            await read_changes(client, REGISTRY, "inbox", None)


def page_of(script: Script, items: str) -> Say:
    return Say(body=f'{{"value":[{items}],"@odata.deltaLink":"{script.url}/v1.0/d"}}'.encode())


async def test_what_graph_leaves_out_is_left_open() -> None:
    async with asking() as (client, script):
        script.answers = [
            page_of(
                script,
                '{"id":"1","receivedDateTime":"2026-11-22T09:00:00.1234567Z","internetMessageId":null},{"id":"2"},'
                '{"id":"3","@removed":{"reason":"changed"}}',
            )
        ]
        page = await read_changes(client, REGISTRY, "inbox", None)
    assert page.arrived == (
        Arrived(item_id="1", message_id="", received_at=datetime(2026, 11, 22, 9, 0, 0, 123457, UTC)),
        Arrived(item_id="2", message_id="", received_at=UNSAID),
    )
