"""Reminders come into people's chats: once, whoever looks and however late."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from registry.commands import Complete, Refer
from registry.events import Reminded
from registry.working_time import DueRules
from service.reminders import Reminders
from tests.service.house import LEASE_S, Registry
from tests.values import OFFICE, UNITS
from texts import say

TIMED = replace(
    OFFICE,
    due=DueRules(days=(("", "", 3),)),
    units={**UNITS, "finance": replace(UNITS["finance"], under="legal")},
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path, TIMED)
    opened.meet("huda", "omar", "laila")
    yield opened
    opened.store.close()


def reminders(house: Registry) -> Reminders:
    return Reminders(house.store, house.taker, house.clock)


async def asked(house: Registry) -> str:
    """Huda asked Omar; both have their cards. The record's id."""
    record = await house.registered()
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_action", to_person="omar"))
    await house.performer().perform_due()
    return record.record_id


async def test_a_reminder_is_one_more_copy_of_the_card_and_says_that_it_is_one(house: Registry) -> None:
    record_id = await asked(house)
    house.later(timedelta(days=4).total_seconds())
    assert await reminders(house).look() == 1
    await house.performer().perform_due()
    assert len(house.cards_of("omar")) == 2
    *_, last = house.chats.cards["a:omar"].values()
    assert last.said == say("en", "card.reminder")
    token = house.store.read(lambda tx: tx.token_of(record_id, 2, "omar"))
    assert len(house.store.read(lambda tx: tx.cards(token or ""))) == 2


async def test_every_copy_shows_what_was_decided(house: Registry) -> None:
    record_id = await asked(house)
    house.later(timedelta(days=4).total_seconds())
    await reminders(house).look()
    await house.performer().perform_due()
    house.take(Complete(record_id=record_id, step=2, by="omar", note="تم"))
    await house.performer().perform_due()
    assert {view.step.outcome for view in house.chats.cards["a:omar"].values()} == {"completed"}


async def test_who_decided_before_the_reminder_went_out_is_not_reminded(house: Registry) -> None:
    record_id = await asked(house)
    house.later(timedelta(days=4).total_seconds())
    await reminders(house).look()
    house.take(Complete(record_id=record_id, step=2, by="omar", note="تم"))
    await house.performer().perform_due()
    assert len(house.cards_of("omar")) == 1


async def test_two_who_look_at_once_remind_once(house: Registry) -> None:
    record_id = await asked(house)
    house.later(timedelta(days=40).total_seconds())
    await asyncio.gather(*(reminders(house).look() for _ in range(4)))
    assert [type(e) for e in house.sheet(record_id)].count(Reminded) == 1


async def test_after_an_outage_of_a_month_it_is_said_once_and_those_above_hear_of_it(house: Registry) -> None:
    await asked(house)
    house.later(timedelta(days=30).total_seconds())
    assert (await reminders(house).look(), await reminders(house).look()) == (1, 0)
    await house.performer().perform_due()
    house.later(LEASE_S)
    await house.performer().perform_due()
    assert [len(house.cards_of(person)) for person in ("omar", "huda", "laila")] == [2, 1, 1]


async def test_many_are_all_recalled_in_one_look(house: Registry) -> None:
    from tests.service.house import letter
    from tests.values import MAILBOX

    for n in range(1, 121):
        house.box.arrive(letter(n))
    await house.intake.visit(MAILBOX)
    house.later(timedelta(days=30).total_seconds())
    assert await reminders(house).look() == 120
