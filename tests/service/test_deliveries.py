"""Letters on paper: archived first, made once for each key, never silently twice."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from registry.decisions import Refused
from registry.errors import Unavailable
from registry.mail import Address
from service.deliveries import Deliveries, Entered, File, KeyReused, KnownFiles, Slip
from service.views import Viewer, record_view
from tests.service.house import Registry
from tests.values import NOON, OFFICE, PEOPLE

SLIP = Slip(unit_id="registry", way="scan", subject="طلب مستندات", sender=Address("ديوان المحاسبة", ""))
SCANS = (File("الكتاب.pdf", "application/pdf", b"%PDF-1"), File("كشف.pdf", "application/pdf", b"%PDF-2"))


@pytest.fixture
def desk(house: Registry) -> Deliveries:
    return Deliveries(house.store, house.taker, house.clock, house.archive)


async def enter(
    desk: Deliveries, key: str = "k1", files: Any = SCANS, by: str | None = "abdullah", **said: Any
) -> Entered:
    return await desk.enter(replace(SLIP, **said), files, by=by, key=key)


async def test_every_file_and_the_slip_lie_in_the_archive_before_there_is_a_number(
    house: Registry, desk: Deliveries
) -> None:
    house.archive.faults.add("put", Unavailable("down"))
    with pytest.raises(Unavailable):
        await enter(desk)
    assert house.records() == []
    made = (await enter(desk)).record
    assert made is not None
    slip = json.loads(house.archive.kept[made.source.sha256])
    assert (slip["subject"], slip["by"], [f["name"] for f in slip["files"]]) == (
        "طلب مستندات",
        "abdullah",
        ["الكتاب.pdf", "كشف.pdf"],
    )
    assert [house.archive.kept[a.sha256] for a in made.attachments] == [b"%PDF-1", b"%PDF-2"]


async def test_the_same_key_and_slip_again_is_the_same_record(house: Registry, desk: Deliveries) -> None:
    first = await enter(desk)
    house.later(60)
    again = await enter(desk)
    assert (first.repeated, again.repeated, again.rang) == (False, True, False)
    assert first.record == again.record
    assert len(house.records()) == 1


async def test_the_same_key_for_another_letter_is_told_apart(house: Registry, desk: Deliveries) -> None:
    await enter(desk)
    for other in ({"subject": "غيره"}, {"files": SCANS[:1]}, {"by": "noura"}):
        with pytest.raises(KeyReused):
            await enter(desk, **other)
    assert len(house.records()) == 1


async def test_the_same_files_under_another_key_are_told_of_and_linked_where_they_are_meant(
    house: Registry, desk: Deliveries
) -> None:
    first = (await enter(desk)).record
    assert first is not None
    with pytest.raises(KnownFiles) as known:
        await enter(desk, "k2", files=SCANS[::-1])  # in another order, too
    assert known.value.record_id == first.record_id
    assert len(house.records()) == 1
    second = (await enter(desk, "k2", again=True)).record
    assert second is not None
    assert (second.same_as, second.serial) == (first.record_id, 2)
    third = (await enter(desk, "k3", files=())).record
    assert third is not None
    assert third.same_as is None


async def test_at_the_same_moment_a_key_makes_one_letter_and_a_scan_is_not_doubled(
    house: Registry, desk: Deliveries
) -> None:
    same_key = await asyncio.gather(*(enter(desk) for _ in range(6)))
    assert len({e.record.record_id for e in same_key if e.record}) == 1
    others = await asyncio.gather(
        *(enter(desk, f"k{n}", files=(File("a", "text/plain", b"a"),)) for n in range(2, 8)), return_exceptions=True
    )
    assert sorted(type(e).__name__ for e in others) == ["Entered", *["KnownFiles"] * 5]
    assert sorted(r.serial for r in house.records()) == [1, 2]


async def test_a_refusal_keeps_no_key_and_gives_the_number_back(house: Registry, desk: Deliveries) -> None:
    refused = await enter(desk, by="huda")
    assert refused.decision == Refused("may.registry_only")
    made = (await enter(desk)).record
    assert made is not None
    assert made.serial == 1


async def test_a_record_shows_that_it_came_on_paper_and_no_mailbox_counts_it(house: Registry, desk: Deliveries) -> None:
    made = (await enter(desk)).record
    assert made is not None
    shown = record_view(made, OFFICE, Viewer(None), NOON)
    assert (shown["received_via"], shown["source"]["mailbox"], shown["source"]["internet_message_id"]) == (
        "scan",
        None,
        None,
    )
    assert house.service.document(Viewer(None), made.record_id, made.source.sha256) == (
        "س.ع-و-1-2026.json",
        "application/json",
    )
    assert all((c.seen, c.green) == (0, True) for c in await house.reconciler.count(NOON.date()))
    sheet = house.service.sheet(Viewer(PEOPLE["abdullah"]), made.record_id)
    assert sheet is not None
    assert "ضوئياً" in sheet["events"][0]["said"]["ar"]


async def test_a_scan_that_may_do_harm_is_entered_and_said_on_the_record(house: Registry, desk: Deliveries) -> None:
    harmful = File("الكتاب.pdf", "application/pdf", b"%PDF-1.7 << /S /Launch >>")
    made = (await enter(desk, files=(harmful, *SCANS))).record
    assert made is not None
    assert made.reasons == ("unsafe.script",)
    assert house.archive.kept[made.attachments[0].sha256] == harmful.body
