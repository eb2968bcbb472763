"""A quarantined mail is released in one transaction: two records, the mail's verdict, its thread, or nothing at all."""

import threading
from typing import Any

import pytest

from registry.commands import Complete, Refer, Release
from registry.decisions import Accepted, Nothing, Refused
from registry.record import Record
from service.ports import Wanted
from service.take import Taken
from tests.service.house import Registry, letter
from tests.values import FORWARDED, MAILBOX, NOON

GHOST = "ghost@ministry.example"  # an inside address that the directory does not know


async def quarantined(house: Registry, number: int = 1, **said: Any) -> Record:
    house.box.arrive(letter(number, GHOST, text=FORWARDED, **said))
    await house.intake.visit(MAILBOX)
    return house.records()[0]


def release(house: Registry, record: Record, by: str = "abdullah", as_record: str = "r1", key: str = "k") -> Taken:
    return house.service.take(Release(record_id=record.record_id, by=by, as_record=as_record), key=key)


def letters(house: Registry) -> list[Record]:
    return house.store.read(lambda tx: tx.find(Wanted(kind="incoming_letter", top=100)))


async def test_it_is_a_letter_with_the_next_number_and_the_mail_is_counted_as_one(house: Registry) -> None:
    record = await quarantined(house)
    assert house.verdicts() == ["quarantined"]
    taken = release(house, record)
    assert isinstance(taken.decision, Accepted)
    (made,) = letters(house)
    assert (made.record_id, made.reference, made.released_from) == ("r1", "س.ع/و/1/2026", record.record_id)
    assert house.record(record.record_id).released_as == "r1"
    assert [(s.verdict, s.record_id) for s in house.seen()] == [("registered", "r1")]
    (counted,) = [c for c in await house.reconciler.count(NOON.date()) if c.mailbox == MAILBOX]
    assert (counted.green, counted.seen, counted.registered, counted.quarantined) == (True, 1, 1, 0)


async def test_the_mail_bears_the_letters_number_even_where_the_other_mark_comes_late(house: Registry) -> None:
    record = await quarantined(house)
    release(house, record)
    await house.performer().perform_due()
    (made,) = letters(house)
    marked = house.box.items[record.source.item_id]
    assert (marked.categories, marked.reference) == ([f"تراسل: {made.reference}"], made.reference)


async def test_what_answers_the_mail_or_brings_it_again_belongs_to_the_letter(house: Registry) -> None:
    record = await quarantined(house)
    release(house, record)
    house.box.arrive(letter(2, "huda@ministry.example", subject="رد", In_Reply_To="<1@post.example>"))
    house.box.arrive(letter(1, GHOST, text=FORWARDED))
    await house.intake.visit(MAILBOX)
    assert [(s.verdict, s.record_id) for s in house.seen()] == [
        ("registered", "r1"),
        ("reply", "r1"),
        ("copy", "r1"),
    ]


async def test_a_verdict_that_was_lost_is_found_again_as_the_letters(house: Registry) -> None:
    record = await quarantined(house)
    release(house, record)
    house.store.write(lambda tx: tx._on.driver.execute("DELETE FROM mail"))  # type: ignore[attr-defined]
    await house.reconciler.count(NOON.date())
    assert [(s.verdict, s.record_id) for s in house.seen()] == [("registered", "r1")]
    assert len(letters(house)) == 1


async def test_a_second_press_and_a_second_clerk_make_no_second_letter(house: Registry) -> None:
    record = await quarantined(house)
    release(house, record)
    assert release(house, record, as_record="r2").repeated
    assert release(house, record, as_record="r3", key="another").decision == Nothing()
    assert isinstance(release(house, record, "noura", "r4", "hers").decision, Refused)
    assert [r.record_id for r in letters(house)] == ["r1"]


async def test_two_clerks_at_the_same_moment_make_one_letter(house: Registry) -> None:
    record = await quarantined(house)
    ready = threading.Barrier(8)

    def press(number: int) -> None:
        ready.wait(10)
        release(house, record, ("abdullah", "noura")[number % 2], f"r{number}", f"key-{number}")

    hands = [threading.Thread(target=press, args=(n,)) for n in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    (made,) = letters(house)
    assert (made.serial, house.record(record.record_id).released_as) == (1, made.record_id)


class Killed(Exception):
    """The process died."""


@pytest.mark.parametrize("at", ["save", "request", "hand_over_mail", "second save"])
async def test_a_death_anywhere_in_between_leaves_nothing_and_the_next_press_everything(
    house: Registry, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    record = await quarantined(house)
    from store.transaction import SqlTransaction

    name, calls = at.removeprefix("second "), 0
    method = getattr(SqlTransaction, name)

    def dies(self: Any, *args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        told = method(self, *args, **named)
        if calls == (2 if at.startswith("second") else 1):
            raise Killed
        return told

    with monkeypatch.context() as patched:
        patched.setattr(SqlTransaction, name, dies)
        with pytest.raises(Killed):
            release(house, record)
    assert letters(house) == []
    assert house.record(record.record_id).version == record.version
    assert house.verdicts() == ["quarantined"]
    assert isinstance(release(house, record).decision, Accepted)
    assert [r.serial for r in letters(house)] == [1]


async def test_the_letter_goes_its_way_like_any_other(house: Registry) -> None:
    record = await quarantined(house)
    release(house, record)
    house.take(Refer(record_id="r1", step=1, by="abdullah", asked="for_action", to_person="huda"))
    house.take(Complete(record_id="r1", step=2, by="huda", note="تم"))
    assert house.record("r1").ended
