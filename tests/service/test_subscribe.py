"""One live subscription for each mailbox, whatever Graph tells or does not tell."""

from datetime import timedelta

import pytest

from registry.errors import Misconfigured, Unavailable
from service.ports import Subscribed
from service.subscribe import Subscriber, resource_of
from tests.fakes.subscriptions import FakeSubscriptions
from tests.service.house import Registry
from tests.values import MAILBOX, SECOND_MAILBOX

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
