"""Which folders are followed: those that are named, with all below them, as the mailbox has them now."""

import pytest

from registry.errors import Misconfigured, Unavailable
from service.folders import LATE
from service.intake import Intake
from tests.service.house import LEASE_S, Registry, letter
from tests.service.test_reconcile import count
from tests.values import MAILBOX


def followed(house: Registry) -> list[str]:
    return sorted(house.store.read(lambda tx: tx.followed(MAILBOX)))


def intake(house: Registry, *named: str) -> Intake:
    return Intake(
        house.store,
        house.taker,
        house.clock,
        house.archive,
        house.boxes,
        owner="folders",
        lease_s=LEASE_S,
        named_folders=named,
    )


async def test_a_letter_in_a_folder_below_is_registered(house: Registry) -> None:
    house.box.arrive(letter(1))
    house.box.arrive(letter(2), folder="inbox/audit")
    house.box.arrive(letter(3), folder="inbox/audit/2026")
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered"] * 3
    assert followed(house) == ["inbox", "inbox/audit", "inbox/audit/2026"]


async def test_a_letter_that_a_clerk_moves_stays_one_letter(house: Registry) -> None:
    house.box.empty_folders.add("inbox/done")
    item = house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    house.box.move(item.item_id, "inbox/done")
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered"]
    assert (await count(house)).green


async def test_a_folder_that_was_made_later_is_followed_after_the_next_look(house: Registry) -> None:
    await house.intake.visit(MAILBOX)
    house.box.arrive(letter(1), folder="inbox/new")
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == []
    await house.intake.folders.look()
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered"]


async def test_a_folder_that_is_gone_holds_up_no_other(house: Registry) -> None:
    house.box.empty_folders |= {"inbox/a", "inbox/z"}
    await house.intake.visit(MAILBOX)
    house.box.empty_folders.remove("inbox/a")
    house.box.arrive(letter(1), folder="inbox/z")
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered"]
    assert followed(house) == ["inbox", "inbox/z"]


async def test_a_named_folder_that_is_not_there_is_the_operator_s_turn(house: Registry) -> None:
    with pytest.raises(Misconfigured, match="archive"):
        await intake(house, "inbox", "archive").visit(MAILBOX)


async def test_where_the_mailbox_cannot_be_asked_what_was_followed_goes_on(house: Registry) -> None:
    house.box.empty_folders.add("inbox/a")
    await house.intake.visit(MAILBOX)
    house.box.faults.add("folders", Unavailable("503"))
    await house.intake.folders.look()
    assert followed(house) == ["inbox", "inbox/a"]


async def test_a_folder_keeps_how_far_it_was_read_when_others_come_and_go(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    cursor = house.cursor()
    house.box.empty_folders.add("inbox/a")
    await house.intake.folders.look()
    house.box.empty_folders.remove("inbox/a")
    await house.intake.folders.look()
    assert house.cursor() == cursor is not None


async def test_a_day_is_red_while_a_letter_lies_in_a_folder_that_could_not_be_listed(house: Registry) -> None:
    house.box.arrive(letter(1), folder="inbox/a")
    await house.intake.visit(MAILBOX)
    house.box.faults.add("listing", Unavailable("503"))
    assert not (await count(house)).green


async def test_a_mailbox_that_was_not_read_for_long_is_told(house: Registry) -> None:
    began = house.now
    await house.intake.visit(MAILBOX)
    house.later(LATE.total_seconds())
    assert house.intake.folders.unread() == []
    house.later(1)
    assert house.intake.folders.unread() == [(MAILBOX, began)]
    await house.intake.visit(MAILBOX)
    assert house.intake.folders.unread() == []


async def test_a_mail_that_can_never_be_taken_makes_its_mailbox_late(house: Registry) -> None:
    await house.intake.visit(MAILBOX)
    house.box.arrive(letter(1))
    for _ in range(3):
        house.box.faults.add("fetch", Unavailable("503"))
        with pytest.raises(Unavailable):
            await house.intake.visit(MAILBOX)
        house.later(LATE.total_seconds() / 2)
    assert [mailbox for mailbox, _ in house.intake.folders.unread()] == [MAILBOX]
