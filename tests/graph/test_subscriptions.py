"""Who rings when a mailbox changes: what subscriptions promise, whoever keeps them, and Graph's own ways."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from graph.client import GraphClient
from graph.notifications import DIRECTORY, client_state, drive_of, read_hints, state_of
from graph.subscriptions import GraphSubscriptions
from registry.errors import Gone, Misconfigured, Unavailable
from service.ports import Subscribed, Subscriptions
from service.subscribe import drive_resource
from tests.fakes.subscriptions import FakeSubscriptions
from tests.graph.mails import plain
from tests.graph.scripted import Say, asking, error
from tests.graph.world import REGISTRY, Judge, World

KEY = "k" * 43
INBOX, DRAFTS, SENT = (f"users/{REGISTRY}/mailFolders('{name}')/messages" for name in ("inbox", "drafts", "sentitems"))


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Doors:
    """Our two doors, as Graph finds them."""

    url: str = ""
    open: bool = True
    knocks: int = 0
    rung: Any = None

    async def answer(self, request: web.BaseRequest) -> web.Response:
        token = request.query.get("validationToken")
        if token is None:
            self.rung.set_result(await request.read())
            return web.Response(status=202)
        self.knocks += 1
        return web.Response(text=token) if self.open else web.Response(status=500)


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    doors = Doors()
    runner = web.ServerRunner(web.Server(doors.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    doors.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield doors
    await runner.cleanup()


def ours(graph: GraphClient, doors: Doors, epoch: int = 1, clock: Any = now) -> GraphSubscriptions:
    url = f"{doors.url}/api/graph"
    return GraphSubscriptions(
        graph, f"{url}/notifications", f"{url}/lifecycle", lambda box: client_state(KEY, box, epoch), clock
    )


@pytest.fixture
async def graphs(world: World, graph: GraphClient, doors: Doors) -> AsyncIterator[GraphSubscriptions]:
    made = ours(graph, doors)
    yield made
    world.control("POST", "clock", json={"advance_s": 3})  # no more than 25 listings in 20 s
    for there in await made.actual():
        await made.end(there.subscription_id)


@pytest.fixture(params=["fake", "graph"])
def subscriptions(request: pytest.FixtureRequest) -> Subscriptions:
    found: Subscriptions = FakeSubscriptions() if request.param == "fake" else request.getfixturevalue("graphs")
    return found


class TestContract:
    async def test_it_lives_on_and_is_to_be_renewed_at_half_its_life(self, subscriptions: Subscriptions) -> None:
        made = await subscriptions.subscribe(REGISTRY, INBOX)
        assert (made.mailbox, made.resource) == (REGISTRY, INBOX)
        left, half = made.expires_at - now(), made.renew_at - now()
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        assert abs(half - left / 2) < timedelta(minutes=1)

    async def test_subscribing_twice_leaves_one(self, subscriptions: Subscriptions) -> None:
        made = [await subscriptions.subscribe(REGISTRY, INBOX) for _ in range(2)]
        assert len({s.subscription_id for s in made}) == 1
        assert len(await subscriptions.actual()) == 1

    async def test_what_is_renewed_ends_no_earlier(self, subscriptions: Subscriptions) -> None:
        made = await subscriptions.subscribe(REGISTRY, INBOX)
        renewed = await subscriptions.renew(replace(made, renew_at=made.expires_at))
        assert renewed.subscription_id == made.subscription_id
        assert renewed.expires_at >= made.expires_at
        assert renewed.renew_at < renewed.expires_at

    async def test_what_is_gone_cannot_be_renewed(self, subscriptions: Subscriptions) -> None:
        made = await subscriptions.subscribe(REGISTRY, INBOX)
        await subscriptions.end(made.subscription_id)
        with pytest.raises(Gone):
            await subscriptions.renew(made)

    async def test_what_there_is_is_listed_and_ending_it_twice_is_no_fault(self, subscriptions: Subscriptions) -> None:
        made = await subscriptions.subscribe(REGISTRY, INBOX)
        assert [(s.subscription_id, s.mailbox) for s in await subscriptions.actual()] == [
            (made.subscription_id, REGISTRY)
        ]
        for _ in range(2):
            await subscriptions.end(made.subscription_id)
        assert await subscriptions.actual() == []

    async def test_many_are_made_renewed_and_ended_each_with_its_own_outcome(
        self, subscriptions: Subscriptions
    ) -> None:
        made = await subscriptions.subscribe_all([(REGISTRY, INBOX), (REGISTRY, DRAFTS), (REGISTRY, SENT)])
        good = [s for s in made if isinstance(s, Subscribed)]
        assert [s.resource for s in good] == [INBOX, DRAFTS, SENT]
        await subscriptions.end(good[1].subscription_id)
        first, second, third = await subscriptions.renew_all(good)
        assert isinstance(first, Subscribed)
        assert isinstance(second, Gone)
        assert isinstance(third, Subscribed)
        assert third.expires_at >= good[2].expires_at
        for _ in range(2):
            assert await subscriptions.end_all([s.subscription_id for s in good]) == [None] * 3
        assert await subscriptions.actual() == []
        assert await subscriptions.subscribe_all([]) == []


async def test_both_doors_are_asked_and_a_letter_rings_with_our_state(
    world: World, graphs: GraphSubscriptions, doors: Doors
) -> None:
    doors.rung = asyncio.get_running_loop().create_future()
    await graphs.subscribe(REGISTRY, INBOX)
    assert doors.knocks == 2
    world.arrive(plain("x", Message_ID="<ring@bell.example>"))
    async with asyncio.timeout(20):
        rung = await doors.rung
    assert [hint.mailbox for hint in read_hints(rung, (KEY,), [REGISTRY])] == [REGISTRY]


async def test_doors_that_do_not_answer_are_asked_again_later(graphs: GraphSubscriptions, doors: Doors) -> None:
    doors.open = False
    with pytest.raises(Unavailable):
        await graphs.subscribe(REGISTRY, INBOX)
    doors.open = True
    assert (await graphs.subscribe(REGISTRY, INBOX)).subscription_id


async def test_one_whose_answer_was_lost_is_taken_over(world: World, graphs: GraphSubscriptions) -> None:
    world.faults({"match": "POST /v1.0/subscriptions", "fault": "lost"})
    with pytest.raises(Unavailable):
        await graphs.subscribe(REGISTRY, INBOX)
    world.faults()
    (there,) = await graphs.actual()
    assert (await graphs.subscribe(REGISTRY, INBOX)).subscription_id == there.subscription_id


@pytest.mark.parametrize("what", ["address", "state"])
async def test_one_that_rings_elsewhere_or_otherwise_is_made_anew(
    graph: GraphClient, graphs: GraphSubscriptions, doors: Doors, what: str
) -> None:
    other = ours(graph, Doors(url=f"{doors.url}/old") if what == "address" else doors, epoch=1 + (what == "state"))
    old = await other.subscribe(REGISTRY, INBOX)
    new = await graphs.subscribe(REGISTRY, INBOX)
    assert new.subscription_id != old.subscription_id
    assert [s.subscription_id for s in await graphs.actual()] == [new.subscription_id]


async def test_those_of_other_deployments_are_not_ours(
    graph: GraphClient, graphs: GraphSubscriptions, doors: Doors
) -> None:
    other = ours(graph, Doors(url=f"{doors.url}/other"))
    theirs = await other.subscribe(REGISTRY, f"users/{REGISTRY}/messages")
    assert await graphs.actual() == []
    await other.end(theirs.subscription_id)


async def test_the_same_inbox_is_known_however_it_is_written(graphs: GraphSubscriptions) -> None:
    made = await graphs.subscribe(REGISTRY, INBOX)
    again = await graphs.subscribe(REGISTRY, f"/Users/{REGISTRY}/mailFolders/inbox/messages/")
    assert again.subscription_id == made.subscription_id


async def test_a_clock_that_is_ahead_of_graphs_asks_for_no_more_than_is_allowed(
    graph: GraphClient, doors: Doors
) -> None:
    ahead = ours(graph, doors, clock=lambda: now() + timedelta(minutes=4))
    made = await ahead.subscribe(REGISTRY, INBOX)
    await ahead.end(made.subscription_id)


async def test_a_quota_that_is_reached_is_an_operators_turn() -> None:
    async with asking(error(403, "ExtensionError")) as (client, _):
        with pytest.raises(Misconfigured):
            await ours(client, Doors("https://x.example")).subscribe(REGISTRY, INBOX)


async def test_one_that_exists_and_is_not_listed_yet_is_asked_for_later() -> None:
    async with asking(error(409, "Conflict"), Say(body=b'{"value":[]}')) as (client, _):
        with pytest.raises(Unavailable):
            await ours(client, Doors("https://x.example")).subscribe(REGISTRY, INBOX)


async def test_every_page_of_the_list_is_read() -> None:
    def told(number: int, more: str) -> Say:
        item = (
            f'{{"id":"s{number}","resource":"users/{REGISTRY}/mailFolders(\'inbox\')/messages",'
            '"expirationDateTime":"2026-11-29T09:00:00.1234567Z",'
            '"notificationUrl":"https://x.example/api/graph/notifications"}'
        )
        return Say(body=f'{{"value":[{item}]{more}}}'.encode())

    async with asking() as (client, script):
        script.answers = [
            told(1, f',"@odata.nextLink":"{script.url}/v1.0/subscriptions?$skiptoken=a"'),
            Say(body=f'{{"value":[],"@odata.nextLink":"{script.url}/v1.0/subscriptions?$skiptoken=b"}}'.encode()),
            told(2, ""),
        ]
        found = await ours(client, Doors("https://x.example")).actual()
    assert [s.subscription_id for s in found] == ["s1", "s2"]
    assert isinstance(found[0], Subscribed)


async def test_those_of_another_key_are_seen_as_outdated_by_their_address(
    graph: GraphClient, graphs: GraphSubscriptions, doors: Doors
) -> None:
    url = f"{doors.url}/api/graph"
    before = GraphSubscriptions(
        graph, f"{url}/notifications?key=0ld", f"{url}/lifecycle?key=0ld", lambda box: client_state(KEY, box, 1), now
    )
    old = await before.subscribe(REGISTRY, INBOX)
    assert [(s.subscription_id, s.outdated) for s in await graphs.actual()] == [(old.subscription_id, True)]
    assert [s.outdated for s in await before.actual()] == [False]


async def test_what_is_listed_names_its_folder_in_our_spelling(graphs: GraphSubscriptions) -> None:
    made = await graphs.subscribe(REGISTRY, f"/Users/{REGISTRY}/mailFolders/inbox/messages/")
    [listed] = await graphs.actual()
    assert (listed.subscription_id, listed.mailbox, listed.resource) == (made.subscription_id, REGISTRY, INBOX)


# ---------------------------------------------------------------- many at once


def folder(world: World, name: str) -> str:
    """The resource of a new folder."""
    made = world.graph("POST", f"/users/{REGISTRY}/mailFolders", json={"displayName": name}).json()
    return f"users/{REGISTRY}/mailFolders('{made['id']}')/messages"


async def test_many_go_in_few_calls(world: World, graphs: GraphSubscriptions, judge: Judge) -> None:
    places = [(REGISTRY, folder(world, f"folder {n}")) for n in range(23)]
    made = [s for s in await graphs.subscribe_all(places) if isinstance(s, Subscribed)]
    assert [s.resource for s in made] == [resource for _, resource in places]
    renewed = await graphs.renew_all(made)
    assert all(isinstance(outcome, Subscribed) for outcome in renewed)
    assert await graphs.end_all([s.subscription_id for s in made]) == [None] * 23
    assert len(judge.batched) == 3 * 23
    assert len(judge.calls) == 3 * 2


async def test_one_of_many_that_is_there_already_is_taken_over_and_an_outdated_one_made_anew(
    graph: GraphClient, graphs: GraphSubscriptions, doors: Doors
) -> None:
    there = await graphs.subscribe(REGISTRY, INBOX)
    old = await ours(graph, Doors(url=f"{doors.url}/old")).subscribe(REGISTRY, SENT)
    first, second, third = await graphs.subscribe_all([(REGISTRY, INBOX), (REGISTRY, DRAFTS), (REGISTRY, SENT)])
    assert isinstance(first, Subscribed)
    assert isinstance(second, Subscribed)
    assert isinstance(third, Subscribed)
    assert first.subscription_id == there.subscription_id
    assert third.subscription_id != old.subscription_id
    assert len(await graphs.actual()) == 3


async def test_of_many_each_one_whose_handshake_failed_may_be_asked_for_again(
    graphs: GraphSubscriptions, doors: Doors
) -> None:
    places = [(REGISTRY, INBOX), (REGISTRY, DRAFTS)]
    doors.open = False
    assert [type(outcome) for outcome in await graphs.subscribe_all(places)] == [Unavailable, Unavailable]
    doors.open = True
    assert all(isinstance(outcome, Subscribed) for outcome in await graphs.subscribe_all(places))


async def test_those_of_a_batch_whose_answer_was_lost_are_taken_over_and_none_is_made_twice(
    world: World, graphs: GraphSubscriptions
) -> None:
    places = [(REGISTRY, INBOX), (REGISTRY, DRAFTS)]
    world.faults({"match": "POST /v1.0/$batch", "fault": "lost"})
    assert [type(outcome) for outcome in await graphs.subscribe_all(places)] == [Unavailable, Unavailable]
    world.faults()
    there = {s.subscription_id for s in await graphs.actual()}
    again = await graphs.subscribe_all(places)
    assert {s.subscription_id for s in again if isinstance(s, Subscribed)} == there
    assert len(there) == 2


async def test_one_of_many_that_is_throttled_is_waited_for_alone(
    world: World, graphs: GraphSubscriptions, judge: Judge
) -> None:
    made = await graphs.subscribe_all([(REGISTRY, INBOX), (REGISTRY, DRAFTS)])
    good = [s for s in made if isinstance(s, Subscribed)]
    first = f"PATCH /v1.0/subscriptions/{good[0].subscription_id}"
    world.faults({"match": first, "fault": "429", "args": {"retry_after": 0.3}, "for_s": 0.2})
    assert all(isinstance(outcome, Subscribed) for outcome in await graphs.renew_all(good))
    assert [path.rpartition("/")[2] for method, path in judge.batched if method == "PATCH"] == [
        *(s.subscription_id for s in good),
        good[0].subscription_id,
    ]


# ---------------------------------------------------------------- what is no mailbox's


async def test_the_directory_rings_for_every_change_to_anybody_and_lives_four_weeks(graphs: GraphSubscriptions) -> None:
    made = await graphs.subscribe(DIRECTORY, DIRECTORY)
    assert timedelta(days=28) < made.expires_at - now() <= timedelta(minutes=41_760)
    [listed] = await graphs.actual()
    assert (listed.mailbox, listed.resource, listed.outdated) == ("users", "users", False)
    renewed = await graphs.renew(listed)
    assert renewed.expires_at >= made.expires_at
    [again] = await graphs.subscribe_all([(DIRECTORY, DIRECTORY)])
    assert isinstance(again, Subscribed)
    assert again.subscription_id == made.subscription_id


def test_the_directory_s_ring_is_known_by_its_state() -> None:
    body = {"value": [{"clientState": client_state(KEY, DIRECTORY, 1), "resource": "Users/1"}]}
    assert [h.mailbox for h in read_hints(json.dumps(body).encode(), (KEY,), [REGISTRY, DIRECTORY])] == [DIRECTORY]


async def test_a_drive_is_asked_to_ring_in_the_one_way_it_can() -> None:
    drive = "drives/b!x1/root"
    told = f'{{"id":"s1","resource":"{drive}","expirationDateTime":"2026-12-20T09:00:00Z"}}'
    async with asking(Say(201, told.encode())) as (client, script):
        made = await ours(client, Doors("https://x.example")).subscribe(drive, drive)
    asked = json.loads(script.asked[0].body)
    assert (made.mailbox, made.resource, asked["changeType"]) == (drive, drive, "updated")
    life = datetime.fromisoformat(asked["expirationDateTime"]) - now()
    assert timedelta(days=29) < life < timedelta(minutes=42_300)


async def test_a_drive_that_changes_rings_and_is_known_by_its_signature(
    world: World, graph: GraphClient, doors: Doors
) -> None:
    drive = "b!7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0003"
    url = f"{doors.url}/api/graph"
    graphs = GraphSubscriptions(graph, f"{url}/notifications", f"{url}/lifecycle", partial(state_of, KEY), now)
    resource = drive_resource(drive)
    made = await graphs.subscribe(resource, resource)
    assert (await graphs.subscribe(resource, resource)).subscription_id == made.subscription_id
    assert [(s.mailbox, s.resource, s.outdated) for s in await graphs.actual()] == [(resource, resource, False)]
    assert made.expires_at - now() > timedelta(days=29)

    doors.rung = asyncio.get_running_loop().create_future()
    content = {"upn": "huda@ministry.example", "name": "a.docx", "content": "UEs="}
    await asyncio.to_thread(world.control, "POST", "files", json=content)
    body = await asyncio.wait_for(doors.rung, 30)
    (hint,) = read_hints(body, (KEY,), [REGISTRY])
    assert drive_of(hint.mailbox, ["b!other", drive]) == drive
    await graphs.end(made.subscription_id)
