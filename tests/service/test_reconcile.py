"""The day's count proves that nothing is missing, or says what is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from registry.errors import Misconfigured, Mistaken, Unavailable
from service.ports import Arrived, SeenMail
from service.reconcile import DayCount, bounds, count_day, day_of
from tests.service.house import Registry, letter, letters
from tests.values import KUWAIT, MAILBOX, NOON, SECOND_MAILBOX

TODAY = date(2026, 11, 21)


async def count(house: Registry) -> DayCount:
    """Today's count of the first mailbox."""
    counted = await house.reconciler.count(TODAY)
    assert [c.mailbox for c in counted] == [MAILBOX, SECOND_MAILBOX]
    return counted[0]


def forget(house: Registry, condition: str = "1 = 1") -> None:
    """An injected loss: verdicts disappear from our tables."""
    house.store.database.write(lambda on: on.cold.execute(text(f"DELETE FROM mail WHERE {condition}")))


# ---------------------------------------------------------------- adding up


async def test_a_day_adds_up(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    for raw in (
        letter(1),
        letter(2, References="<1@post.example>"),
        letter(3, "ghost@ministry.example"),
        letter(4, Auto_Submitted="auto-replied"),
        letter(5),
    ):
        house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    counted = await count(house)
    assert counted == DayCount(
        mailbox=MAILBOX, seen=6, registered=2, copies=1, replies=1, quarantined=1, ignored=1, ours=0
    )
    assert counted.green


async def test_a_day_on_which_nothing_came_is_green(house: Registry) -> None:
    assert (await count(house)).green


async def test_a_count_is_kept_with_when_it_was_made(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    await count(house)
    shown = house.service.day(TODAY)
    assert shown["as_of"] == "2026-11-21T09:00:00.000000Z"
    assert [(m["mailbox"], m["seen"], m["registered"], m["missing"], m["green"]) for m in shown["mailboxes"]] == [
        (SECOND_MAILBOX, 0, 0, [], True),
        (MAILBOX, 1, 1, [], True),
    ]
    assert house.service.day(date(2026, 1, 1))["mailboxes"] == []


async def test_a_mail_that_moved_out_of_the_folder_is_still_seen_and_counted(house: Registry) -> None:
    item = house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    house.box.remove(item.item_id)
    counted = await count(house)
    assert (counted.seen, counted.registered, counted.green) == (1, 1, True)


# ---------------------------------------------------------------- healing


async def test_what_delta_never_showed_is_taken_by_the_count(house: Registry) -> None:
    for raw in letters(1, 3):
        house.box.arrive(raw)
    counted = await count(house)
    assert (counted.registered, counted.missing, counted.green) == (3, (), True)
    assert len(house.records()) == 3


@pytest.mark.parametrize("verdict", ["registered", "quarantined", "copy", "reply", "ignored"])
async def test_a_verdict_lost_from_our_tables_is_healed_as_what_it_was(house: Registry, verdict: str) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    for raw in (
        letter(1),
        letter(2, References="<1@post.example>"),
        letter(3, "ghost@ministry.example"),
        letter(4, Auto_Submitted="auto-replied"),
    ):
        house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    honest, records = await count(house), len(house.records())
    forget(house, f"verdict = '{verdict}'")
    assert await count(house) == honest
    assert honest.green
    assert len(house.records()) == records


async def test_what_cannot_be_taken_is_named_and_the_day_is_red(house: Registry) -> None:
    house.box.arrive(letter(1))
    bad = house.box.arrive(letter(2))
    honest = house.box.fetch

    async def fetch(item):  # type: ignore[no-untyped-def]
        if item.item_id == bad.item_id:
            raise Mistaken("500 for ever")
        return await honest(item)

    house.box.fetch = fetch  # type: ignore[method-assign]
    counted = await count(house)
    assert (counted.seen, counted.registered, counted.missing, counted.green) == (2, 1, (bad.item_id,), False)
    assert house.service.day(TODAY)["mailboxes"][1]["missing"] == [bad.item_id]


async def test_a_mail_that_came_back_after_it_was_gone_is_read_and_not_taken_for_judged(house: Registry) -> None:
    item = house.box.arrive(letter(1))
    kept = house.box.items.pop(item.item_id)
    house.store.write(
        lambda tx: tx.see_mail(
            SeenMail(
                mailbox=MAILBOX,
                item_id=item.item_id,
                identity="",
                message_id="",
                received_at=item.received_at,
                verdict="gone",
                rule="noise.gone",
            ),
            NOON,
        )
    )
    assert (await count(house)).ignored == 1
    house.box.items[item.item_id] = kept
    counted = await count(house)
    assert (counted.registered, counted.ignored, counted.green) == (1, 0, True)


@pytest.mark.parametrize("error", [Unavailable("503"), Misconfigured("403")])
async def test_a_mailbox_that_cannot_be_listed_is_never_green_and_the_others_are_counted(
    house: Registry, error: Exception
) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    house.box.faults.add("listing", error)
    first, second = await house.reconciler.count(TODAY)
    assert (first.listed, first.registered, first.green) == (False, 1, False)
    assert second.green


# ---------------------------------------------------------------- which day


async def test_a_mail_belongs_to_the_ministry_s_day(house: Registry) -> None:
    midnight = datetime(2026, 11, 20, 21, tzinfo=UTC)
    for n, at in enumerate((midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1)), start=1):
        house.box.arrive(letter(n), at=at)
    await house.intake.visit(MAILBOX)
    assert [(await house.reconciler.count(TODAY + timedelta(days=d)))[0].seen for d in (-1, 0, 1)] == [1, 1, 1]


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.sampled_from(["Asia/Kuwait", "Europe/Berlin", "Asia/Tehran"]))
def test_a_day_begins_where_the_one_before_it_ends(day: date, zone: str) -> None:
    start, end = bounds(day, ZoneInfo(zone))
    assert end == bounds(day + timedelta(days=1), ZoneInfo(zone))[0]
    assert day_of(start, ZoneInfo(zone)) == day == day_of(end - timedelta(seconds=1), ZoneInfo(zone))


async def test_the_days_to_be_counted_are_today_yesterday_in_its_first_hour_and_every_red_one_of_the_week(
    house: Registry,
) -> None:
    assert house.reconciler.days_due() == [TODAY]
    house.now = datetime(2026, 11, 21, 21, 59, tzinfo=UTC)  # one minute to one at night in Kuwait
    assert house.reconciler.days_due() == [TODAY, TODAY + timedelta(days=1)]
    house.box.faults.add("listing", Unavailable("503"))
    await house.reconciler.count(TODAY - timedelta(days=3))
    house.now = NOON
    assert house.reconciler.days_due() == [TODAY - timedelta(days=3), TODAY]
    await house.reconciler.count(TODAY - timedelta(days=3))
    assert house.reconciler.days_due() == [TODAY]


# ---------------------------------------------------------------- for all counts


VERDICTS = st.sampled_from(["registered", "copy", "reply", "ours", "quarantined", "ignored", "gone"])
ITEMS = st.integers(0, 12).map(str)


@given(st.dictionaries(ITEMS, VERDICTS), st.none() | st.sets(ITEMS))
def test_a_count_is_green_exactly_when_everything_seen_has_a_verdict(
    judged: dict[str, str], listed: set[str] | None
) -> None:
    rows = [_seen(item, verdict) for item, verdict in judged.items()]
    shown = None if listed is None else {i: Arrived(item_id=i, message_id="", received_at=NOON) for i in listed}
    counted = count_day(MAILBOX, shown, rows)
    back = {i for i, verdict in judged.items() if verdict == "gone"} & (listed or set())
    missing = ((listed or set()) - judged.keys()) | back
    assert counted.seen == len(judged.keys() | (listed or set()))
    assert set(counted.missing) == missing
    columns = counted.registered + counted.copies + counted.replies + counted.ours
    assert columns + counted.quarantined + counted.ignored + len(missing) == counted.seen
    assert counted.green is (listed is not None and not missing)
    assert not replace(counted, registered=counted.registered + 1).green


def _seen(item: str, verdict: str) -> SeenMail:
    return SeenMail(mailbox=MAILBOX, item_id=item, identity="", message_id="", received_at=NOON, verdict=verdict)


def test_days_are_the_ministry_s() -> None:
    assert day_of(datetime(2026, 11, 20, 21, tzinfo=UTC), KUWAIT) == TODAY
