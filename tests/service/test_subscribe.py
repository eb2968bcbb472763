"""One live subscription for each mailbox, whatever Graph tells or does not tell."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Misconfigured, TarasulError, Throttled, Unavailable
from service.ports import Subscribed
from service.subscribe import MOST_FOLDERS, Place, Subscriber, drive_resource, plan, resource_of
from tests.fakes.subscriptions import FakeSubscriptions
from tests.service.house import Registry
from tests.values import MAILBOX, NOON, SECOND_MAILBOX

LIFE = timedelta(days=7)


class Desk:
    """A subscriber of two mailboxes."""

    def __init__(self, house: Registry) -> None:
        self.house = house
        self.graph = FakeSubscriptions(house.clock, LIFE)
        self.subscriber = Subscriber(house.store, self.graph, house.clock, [MAILBOX, SECOND_MAILBOX])

    def kept(self) -> list[Subscribed]:
        return sorted(self.house.store.read(lambda tx: tx.subscriptions()), key=lambda s: s.mailbox, reverse=True)


@pytest.fixture
def desk(house: Registry) -> Desk:
    return Desk(house)


async def test_each_mailbox_gets_one_and_is_visited_for_what_happened_before(desk: Desk) -> None:
    assert await desk.subscriber.keep() == [MAILBOX, SECOND_MAILBOX]
    assert [s.resource for s in desk.kept()] == [resource_of(MAILBOX), resource_of(SECOND_MAILBOX)]
    assert desk.kept() == list(desk.graph.known.values())


async def test_while_it_lives_nothing_is_done(desk: Desk) -> None:
    await desk.subscriber.keep()
    before = desk.kept()
    desk.house.later((LIFE / 2).total_seconds() - 1)
    assert await desk.subscriber.keep() == []
    assert desk.kept() == before


async def test_when_half_of_its_life_is_over_it_is_renewed(desk: Desk) -> None:
    await desk.subscriber.keep()
    desk.house.later((LIFE / 2).total_seconds())
    assert await desk.subscriber.keep() == []
    assert {s.expires_at for s in desk.kept()} == {desk.house.now + LIFE}
    assert len(desk.graph.known) == 2


async def test_one_that_expired_is_made_anew_and_the_mailbox_visited(desk: Desk) -> None:
    await desk.subscriber.keep()
    desk.graph.known.clear()
    desk.house.later(LIFE.total_seconds() + 1)
    assert await desk.subscriber.keep() == [MAILBOX, SECOND_MAILBOX]
    assert len(desk.kept()) == 2


async def test_one_that_vanished_without_a_word_is_made_anew_at_once(desk: Desk) -> None:
    await desk.subscriber.keep()
    del desk.graph.known[desk.kept()[0].subscription_id]
    assert await desk.subscriber.keep() == [MAILBOX]
    assert {s.subscription_id for s in desk.kept()} == desk.graph.known.keys()


async def test_where_graph_cannot_be_asked_what_there_is_ours_are_taken_to_be_there(desk: Desk) -> None:
    await desk.subscriber.keep()
    desk.graph.faults.add("actual", Unavailable("503"))
    assert await desk.subscriber.keep() == []


async def test_one_that_is_gone_when_it_should_be_renewed_is_made_anew(desk: Desk) -> None:
    await desk.subscriber.keep()
    gone = desk.kept()[0].subscription_id
    desk.house.later((LIFE / 2).total_seconds())
    desk.graph.faults.add("actual", Unavailable("503"))
    del desk.graph.known[gone]
    assert await desk.subscriber.keep() == [MAILBOX]
    assert gone not in {s.subscription_id for s in desk.kept()}


async def test_a_mailbox_that_cannot_be_subscribed_to_holds_up_no_other(desk: Desk) -> None:
    desk.graph.faults.add("subscribe", Misconfigured("403"))
    assert await desk.subscriber.keep() == [SECOND_MAILBOX]
    assert await desk.subscriber.keep() == [MAILBOX]


async def test_an_answer_that_was_lost_makes_no_second_one(desk: Desk) -> None:
    desk.graph.faults.add("subscribe", Unavailable("504"), done=True)
    await desk.subscriber.keep()
    await desk.subscriber.keep()
    assert len(desk.graph.known) == len(desk.kept()) == 2


async def test_a_demand_to_authorise_again_renews_it(desk: Desk) -> None:
    await desk.subscriber.keep()
    desk.house.later(60)
    await desk.subscriber.hear(desk.kept()[0].subscription_id, "reauthorizationRequired")
    assert desk.kept()[0].expires_at == desk.house.now + LIFE


async def test_news_that_one_was_removed_makes_it_anew(desk: Desk) -> None:
    await desk.subscriber.keep()
    removed = desk.kept()[0].subscription_id
    del desk.graph.known[removed]
    await desk.subscriber.hear(removed, "subscriptionRemoved")
    assert len(desk.kept()) == 2
    assert removed not in {s.subscription_id for s in desk.kept()}


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "anything"])
async def test_news_of_what_is_not_ours_does_nothing(desk: Desk, event: str) -> None:
    await desk.subscriber.keep()
    before = desk.kept()
    await desk.subscriber.hear("somebody-else-s", event)
    assert desk.kept() == before


# ---------------------------------------------------------------- wanted against actual


async def test_each_folder_that_is_followed_rings(desk: Desk) -> None:
    desk.house.store.write(lambda tx: tx.follow(MAILBOX, ["inbox", "AAMkFolder="], desk.house.now))
    assert await desk.subscriber.keep() == [MAILBOX, SECOND_MAILBOX]
    rings = {s.resource for s in desk.kept()}
    assert rings == {resource_of(MAILBOX), resource_of(MAILBOX, "AAMkFolder="), resource_of(SECOND_MAILBOX)}


async def test_a_folder_that_is_no_longer_followed_rings_no_more(desk: Desk) -> None:
    desk.house.store.write(lambda tx: tx.follow(MAILBOX, ["inbox", "AAMkFolder="], desk.house.now))
    await desk.subscriber.keep()
    desk.house.store.write(lambda tx: tx.follow(MAILBOX, ["inbox"], desk.house.now))
    assert await desk.subscriber.keep() == []
    assert {s.resource for s in desk.graph.known.values()} == {resource_of(MAILBOX), resource_of(SECOND_MAILBOX)}
    assert desk.kept() == list(desk.graph.known.values())


async def test_no_more_folders_ring_than_a_mailbox_may_have(desk: Desk) -> None:
    many = [f"AAMk{number}" for number in range(MOST_FOLDERS + 5)]
    desk.house.store.write(lambda tx: tx.follow(MAILBOX, many, desk.house.now))
    await desk.subscriber.keep()
    assert len([s for s in desk.kept() if s.mailbox == MAILBOX]) == MOST_FOLDERS


async def test_one_that_was_made_under_another_key_is_made_anew_and_the_old_one_ends(desk: Desk) -> None:
    await desk.subscriber.keep()
    old = desk.kept()[0]
    desk.graph.known[old.subscription_id] = replace(old, outdated=True)
    assert await desk.subscriber.keep() == [MAILBOX]
    assert old.subscription_id not in desk.graph.known
    assert desk.kept() == sorted(desk.graph.known.values(), key=lambda s: s.mailbox, reverse=True)


async def test_a_stray_at_our_address_ends(desk: Desk) -> None:
    await desk.subscriber.keep()
    await desk.graph.subscribe(MAILBOX, resource_of(MAILBOX, "nobody-follows-it"))
    assert await desk.subscriber.keep() == []
    assert len(desk.graph.known) == 2


async def test_a_cold_door_is_asked_a_second_time(desk: Desk) -> None:
    desk.graph.faults.add("subscribe", Unavailable("our door did not answer in time"))
    assert await desk.subscriber.keep() == [MAILBOX, SECOND_MAILBOX]


async def test_of_many_the_first_goes_alone_and_wakes_the_door_for_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.house.store.write(lambda tx: tx.follow(MAILBOX, ["inbox", "a", "b"], desk.house.now))
    asked: list[int] = []
    subscribe_all = desk.graph.subscribe_all

    async def noted(places: Sequence[tuple[str, str]]) -> list[Subscribed | TarasulError]:
        asked.append(len(places))
        return await subscribe_all(places)

    monkeypatch.setattr(desk.graph, "subscribe_all", noted)
    desk.graph.faults.add("subscribe", Unavailable("our door did not answer in time"))
    assert await desk.subscriber.keep() == [MAILBOX, SECOND_MAILBOX]
    assert asked == [1, 1, 3]


async def test_whoever_is_told_to_wait_is_not_asked_for_again_at_once(desk: Desk) -> None:
    desk.graph.faults.add("subscribe", Throttled(20))
    assert await desk.subscriber.keep() == [SECOND_MAILBOX]


async def test_what_goes_wrong_with_one_of_many_renewals_is_its_own(desk: Desk) -> None:
    await desk.subscriber.keep()
    desk.house.later((LIFE / 2).total_seconds())
    desk.graph.faults.add("renew", Misconfigured("403"))
    await desk.subscriber.keep()
    assert [s.expires_at > desk.house.now + LIFE / 2 for s in desk.kept()] == [False, True]


async def test_a_drive_rings_for_as_long_as_it_has_an_open_draft(desk: Desk) -> None:
    drives = ["b!1", "b!2", "b!1"]
    besides = Subscriber(
        desk.house.store, desk.graph, desk.house.clock, [MAILBOX], lambda tx: [drive_resource(d) for d in drives]
    )
    assert await besides.keep() == [MAILBOX, "drives/b!1/root", "drives/b!2/root"]
    drives[:] = ["b!2", "b!3"]
    assert await besides.keep() == ["drives/b!3/root"]
    assert {s.resource for s in desk.kept()} == {resource_of(MAILBOX), "drives/b!2/root", "drives/b!3/root"}


async def test_what_is_no_mailbox_s_rings_as_well_and_its_reader_is_told_of_what_happened_before(desk: Desk) -> None:
    besides = Subscriber(desk.house.store, desk.graph, desk.house.clock, [MAILBOX], ["users", "drives/b!1/root"])
    assert await besides.keep() == [MAILBOX, "users", "drives/b!1/root"]
    assert {(s.mailbox, s.resource) for s in desk.kept()} == {
        (MAILBOX, resource_of(MAILBOX)),
        ("users", "users"),
        ("drives/b!1/root", "drives/b!1/root"),
    }
    assert await besides.keep() == []


async def test_where_notifications_were_missed_the_mailbox_is_read_from_its_beginning(desk: Desk) -> None:
    await desk.subscriber.keep()

    def cursors() -> list[str | None]:
        return desk.house.store.read(lambda tx: [tx.cursor(box, "inbox") for box in (MAILBOX, SECOND_MAILBOX)])

    for box in (MAILBOX, SECOND_MAILBOX):
        desk.house.store.write(lambda tx, b=box: tx.save_cursor(b, "inbox", "https://link", desk.house.now))
    await desk.subscriber.hear(desk.kept()[0].subscription_id, "missed")
    assert [bool(cursor) for cursor in cursors()] == [False, True]
    assert list(desk.house.store.read(lambda tx: tx.followed(MAILBOX))) == ["inbox"]


def carried_out(
    wanted: list[Place], known: Iterable[Subscribed], actual: Iterable[Subscribed], now: datetime
) -> tuple[list[Subscribed], list[Subscribed]]:
    """What we know and what Graph has, when the plan was followed."""
    todo = plan(wanted, known, actual, now)
    ours = {s.subscription_id: s for s in known if s.subscription_id not in todo.forget}
    there = {s.subscription_id: s for s in actual if s not in todo.end}
    made = [
        Subscribed(
            subscription_id=f"made-{n}",
            mailbox=place.mailbox,
            resource=place.resource,
            expires_at=now + LIFE,
            renew_at=now + LIFE / 2,
        )
        for n, place in enumerate(todo.make)
    ]
    renewed = [replace(s, expires_at=now + LIFE, renew_at=now + LIFE / 2) for s in (*todo.renew, *todo.adopt)]
    for s in (*made, *renewed):
        ours[s.subscription_id] = there[s.subscription_id] = s
    return list(ours.values()), list(there.values())


PLACES = [Place(MAILBOX, resource_of(MAILBOX, folder)) for folder in ("inbox", "a", "b")]
HOURS = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours, minutes=1))
SUBSCRIBED = st.builds(
    Subscribed,
    subscription_id=st.sampled_from("uvwxyz"),
    mailbox=st.just(MAILBOX),
    resource=st.sampled_from([place.resource for place in PLACES]),
    expires_at=HOURS,
    renew_at=HOURS,
    outdated=st.booleans(),
)
SEVERAL = st.lists(SUBSCRIBED, max_size=6, unique_by=lambda s: s.subscription_id)
KNOWN = SEVERAL.map(lambda several: [replace(s, outdated=False) for s in several])


@given(st.lists(st.sampled_from(PLACES), unique=True), KNOWN, SEVERAL)
def test_whatever_there_is_the_plan_leaves_one_good_subscription_for_each_place_and_nothing_else(
    wanted: list[Place], known: list[Subscribed], actual: list[Subscribed]
) -> None:
    ours, there = carried_out(wanted, known, actual, NOON)
    alive = [s for s in there if s.expires_at > NOON]
    assert sorted(s.resource for s in alive) == sorted(place.resource for place in wanted)
    assert not any(s.outdated for s in alive)
    assert {s.subscription_id for s in ours} == {s.subscription_id for s in alive}


@given(st.lists(st.sampled_from(PLACES), unique=True), KNOWN, SEVERAL)
def test_what_is_as_it_should_be_is_left_alone(
    wanted: list[Place], known: list[Subscribed], actual: list[Subscribed]
) -> None:
    ours, there = carried_out(wanted, known, actual, NOON)
    again = plan(wanted, ours, [s for s in there if s.expires_at > NOON], NOON)
    assert (again.make, again.adopt, again.end, again.forget) == ((), (), (), ())


@given(st.lists(st.sampled_from(PLACES), unique=True), KNOWN)
def test_where_graph_cannot_be_asked_nothing_ends(wanted: list[Place], known: list[Subscribed]) -> None:
    assert plan(wanted, known, None, NOON).end == ()
