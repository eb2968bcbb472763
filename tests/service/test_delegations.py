"""What waits follows a delegation: it comes to the substitute when it begins and goes when it ends."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.commands import Approve, Refer
from registry.decisions import Accepted, Nothing, Refused
from registry.delegating import AcceptDelegation, Agreed, Delegate, EndDelegation
from registry.delegation_sheet import DELEGATION_EVENTS
from registry.sheet import read_entry, verify
from service.delegations import Delegations
from service.once import KeyReused
from service.ports import CardView, DelegationView
from tests.service.house import Registry
from tests.values import OFFICE, PEOPLE

DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path, OFFICE)
    opened.meet("huda", "omar", "salem", "laila")
    yield opened
    opened.store.close()


def delegations(house: Registry) -> Delegations:
    return Delegations(house.store, house.clock, house.taker.chance)


def ask(house: Registry, **fields: Any) -> Delegate:
    plain: dict[str, Any] = {
        "delegation_id": "d1",
        "by": "huda",
        "from_person": "huda",
        "to_person": "salem",
        "starts": house.now,
        "until": house.now + 7 * DAY,
    }
    return Delegate(**plain | fields)


async def in_force(house: Registry, **fields: Any) -> Delegations:
    book, wanted = delegations(house), ask(house, **fields)
    assert isinstance(book.take(wanted, key=f"ask:{wanted.delegation_id}").decision, Agreed)
    accepted = AcceptDelegation(delegation_id=wanted.delegation_id, by=wanted.to_person)
    assert isinstance(book.take(accepted, key=f"accept:{wanted.delegation_id}").decision, Agreed)
    await house.performer().perform_due()
    return book


def cards(house: Registry, person: str) -> list[CardView]:
    """What stands in somebody's chat of records."""
    return list(house.chats.cards[f"a:{person}"].values())


def told(house: Registry, person: str) -> list[str]:
    """In what state each card of a delegation in somebody's chat shows it."""
    views = house.chats.others[f"a:{person}"].values()
    return [v.delegation.state(house.now) for v in views if isinstance(v, DelegationView)]


async def test_the_substitute_is_asked_by_card_and_both_are_told_when_it_begins_and_when_it_ends(
    house: Registry,
) -> None:
    book = delegations(house)
    book.take(ask(house), key="1")
    await house.performer().perform_due()
    assert (told(house, "salem"), told(house, "huda")) == (["proposed"], ["proposed"])
    book.take(AcceptDelegation(delegation_id="d1", by="salem"), key="2")
    await house.performer().perform_due()
    assert (told(house, "salem"), told(house, "huda")) == (["working"] * 2, ["working"] * 2)
    book.take(EndDelegation(delegation_id="d1", by="huda"), key="3")
    await house.performer().perform_due()
    assert (told(house, "salem"), told(house, "huda")) == (["over"] * 3, ["over"] * 3)


async def test_what_waits_comes_to_the_substitute_when_it_begins(house: Registry) -> None:
    record = await house.registered()
    await house.performer().perform_due()
    assert cards(house, "salem") == []
    await in_force(house)
    (card,) = cards(house, "salem")
    assert card.record.record_id == record.record_id
    assert card.person.stands_for[0].for_person == "huda"


async def test_what_comes_in_meanwhile_comes_to_both(house: Registry) -> None:
    await in_force(house)
    await house.registered()
    await house.performer().perform_due()
    assert [len(cards(house, who)) for who in ("huda", "salem")] == [1, 1]


async def test_a_press_of_both_is_one_decision_and_both_cards_show_it(house: Registry) -> None:
    record = await house.registered()
    await in_force(house)
    first = house.take(Approve(record_id=record.record_id, step=1, by="salem"))
    second = house.service.take(Approve(record_id=record.record_id, step=1, by="huda"), key="the other")
    assert isinstance(first.decision, Accepted)
    assert isinstance(second.decision, Refused | Nothing)
    await house.performer().perform_due()
    for who in ("huda", "salem"):
        (card,) = cards(house, who)
        assert (card.step.ended_by, card.step.ended_for) == ("salem", "huda")


async def test_taken_back_the_substitutes_card_is_written_anew_as_no_longer_theirs(house: Registry) -> None:
    record = await house.registered()
    book = await in_force(house)
    book.take(EndDelegation(delegation_id="d1", by="huda"), key="end")
    await house.performer().perform_due()
    (card,) = cards(house, "salem")
    assert card.person.stands_for == ()
    refused = house.service.take(Approve(record_id=record.record_id, step=1, by="salem"), key="late").decision
    assert isinstance(refused, Refused)
    assert refused.reason == "may.not_yours"


async def test_the_timer_begins_and_ends_what_is_due_and_once(house: Registry) -> None:
    await house.registered()
    await in_force(house, starts=house.now + DAY, until=house.now + 2 * DAY)
    book = delegations(house)
    assert await book.look() == 0
    house.now += DAY
    assert await book.look() == 1
    assert await delegations(house).look() == 0
    await house.performer().perform_due()
    assert len(cards(house, "salem")) == 1
    house.now += DAY
    assert await book.look() == 1
    await house.performer().perform_due()
    assert cards(house, "salem")[0].person.stands_for == ()
    assert told(house, "huda")[-1] == "over"


async def test_what_waits_follows_a_chain_and_leaves_with_its_first_link(house: Registry) -> None:
    await house.registered()
    book = await in_force(house, may_pass_on=True)
    await in_force(house, delegation_id="d2", by="salem", from_person="salem", to_person="omar")
    assert len(cards(house, "omar")) == 1
    book.take(EndDelegation(delegation_id="d1", by="huda"), key="end")
    await house.performer().perform_due()
    assert cards(house, "omar")[0].person.stands_for[0].for_person == "salem"


async def test_a_card_is_not_sent_to_whoever_stands_in_no_more(house: Registry) -> None:
    await house.registered()
    book = delegations(house)
    book.take(ask(house), key="1")
    book.take(AcceptDelegation(delegation_id="d1", by="salem"), key="2")
    book.take(EndDelegation(delegation_id="d1", by="huda"), key="3")
    await house.performer().perform_due()
    assert cards(house, "salem") == []


async def test_when_the_substitute_leaves_the_ministry_it_ends(house: Registry) -> None:
    await in_force(house)
    gone = replace(OFFICE, people={**PEOPLE, "salem": replace(PEOPLE["salem"], active=False)})
    house.store.write(lambda tx: tx.save_office(gone))
    assert await delegations(house).look() == 1
    (one,) = delegations(house).of("huda")
    assert one.why == "left"


async def test_what_happened_to_a_delegation_stands_on_a_sheet_of_its_own_that_verifies(house: Registry) -> None:
    await in_force(house)
    lines = house.store.read(lambda tx: tx.sheet("d1"))
    assert verify(lines) is None
    assert [read_entry(line, DELEGATION_EVENTS).by for line in lines] == ["huda", "salem", "tarasul"]


def test_a_callers_key_is_used_for_one_thing(house: Registry) -> None:
    book = delegations(house)
    first = book.take_once(ask(house), key="api:1", digest="a")
    again = book.take_once(ask(house, delegation_id="d2"), key="api:1", digest="a")
    assert again.delegation == first.delegation
    with pytest.raises(KeyReused):
        book.take_once(ask(house, delegation_id="d3", to_person="omar"), key="api:1", digest="b")


def test_who_is_refused_leaves_nothing(house: Registry) -> None:
    book = delegations(house)
    assert isinstance(book.take(ask(house, to_person="huda"), key="1").decision, Refused)
    assert book.of("huda") == []
    assert isinstance(book.take(ask(house), key="1").decision, Agreed)


async def test_referring_for_another_puts_the_answer_before_both(house: Registry) -> None:
    record = await house.registered()
    await in_force(house)
    house.take(Refer(record_id=record.record_id, step=1, by="salem", asked="for_information", to_person="omar"))
    await house.performer().perform_due()
    assert cards(house, "omar")[0].step.opened_for == "huda"
