"""Annexes that came as a link, performed: fetched once whatever fails, else asked for, and no letter held up."""

from dataclasses import replace
from typing import Any

import pytest

from registry.commands import HandIn
from registry.errors import Gone, Throttled, Unavailable
from registry.events import AnnexFetched, AnnexRefused, EffectStuck
from registry.mail import Part
from registry.record import Record, missing_annexes
from service.ports import SharedFile
from service.views import Viewer, record_view, sheet_view
from tests.service.house import Registry, letter
from tests.values import CLOUD_LINK, FORWARDED, MAILBOX, OFFICE, PEOPLE

PDF = SharedFile("كشف الحساب.pdf", "application/pdf", b"%PDF-1 out of the cloud")


class Killed(Exception):
    """The process died here."""


async def linked(house: Registry, **more: str) -> Record:
    """Huda forwards a letter whose annex is a link."""
    text = f"{FORWARDED}\nالمرفق: {CLOUD_LINK}\n"
    house.box.arrive(letter(1, "huda@ministry.example", text=text, **more))
    await house.intake.visit(MAILBOX)
    record = house.records()[0]
    assert missing_annexes(record) == (0,)
    return record


async def performed(house: Registry) -> Record:
    house.later(3600)
    await house.performer().perform_due()
    return house.records()[0]


async def test_a_shared_file_is_fetched_and_kept_with_the_letter(house: Registry) -> None:
    await linked(house)
    house.shared.files[CLOUD_LINK] = PDF
    record = await performed(house)
    (annex,) = record.attachments
    assert (record.attachment_names, annex.complete, annex.content_type) == (
        (PDF.name,),
        True,
        "application/pdf",
    )
    assert house.archive.kept[annex.sha256] == PDF.body
    assert record.reasons == ()
    assert [type(e) for e in house.sheet(record.record_id)].count(AnnexFetched) == 1
    assert len(record.steps) == 1


@pytest.mark.parametrize("reason", ["file.forbidden", "file.elsewhere", "file.not_allowed", "file.malware", ""])
async def test_where_it_cannot_be_had_the_forwarder_is_asked_with_a_card(house: Registry, reason: str) -> None:
    house.meet("huda")
    record = await linked(house)
    house.shared.refused |= {CLOUD_LINK: reason} if reason else {}
    record = await performed(house)
    assert [(s.to_person, s.asked) for s in record.steps] == [
        ("huda", "for_approval"),
        ("huda", "for_missing_file"),
    ]
    await performed(house)
    assert [c.step for c in house.cards_of("huda")] == [1, 2]
    assert record.reasons == ("incomplete.cloud",)
    (said,) = (e for e in house.sheet(record.record_id) if isinstance(e, AnnexRefused))
    assert said.reason == (reason or "file.gone")
    shown = record_view(record, OFFICE, Viewer(None), house.now)
    assert [a["complete"] for a in shown["attachments"]] == [False]


@pytest.mark.parametrize(
    "error",
    [Unavailable("504"), Throttled(7), Unavailable("reset")],
)
@pytest.mark.parametrize("done", [False, True])
async def test_what_fails_for_a_while_is_fetched_later_and_once(house: Registry, error: Any, done: bool) -> None:
    await linked(house)
    house.shared.files[CLOUD_LINK] = PDF
    house.shared.faults.add("fetch", error, done=done, times=3)
    for _ in range(4):
        record = await performed(house)
    assert missing_annexes(record) == ()
    assert [type(e) for e in house.sheet(record.record_id)].count(AnnexFetched) == 1
    assert len(house.shared.asked) == 4


async def test_a_process_that_dies_between_archive_and_record_does_no_harm(house: Registry) -> None:
    await linked(house)
    house.shared.files[CLOUD_LINK] = PDF

    def dies(*_: Any) -> None:
        raise Killed

    dying = house.performer("dying")
    dying._settle = dies  # type: ignore[method-assign]
    house.later(1)
    with pytest.raises(Killed):
        await dying.perform_due()
    assert PDF.body in house.archive.kept.values()
    record = await performed(house)
    assert missing_annexes(record) == ()
    assert [type(e) for e in house.sheet(record.record_id)].count(AnnexFetched) == 1


async def test_the_letter_goes_its_way_meanwhile(house: Registry) -> None:
    house.meet("huda")
    await linked(house)
    house.shared.faults.add("fetch", Unavailable("down"), times=99)
    await performed(house)
    assert [c.step for c in house.cards_of("huda")] == [1]
    assert house.box.items["AAk000001"].categories


async def test_a_link_that_the_archive_lost_is_an_operators(house: Registry) -> None:
    await linked(house)
    house.archive.faults.add("get", Gone("nothing"))
    record = await performed(house)
    assert [e.effect for e in house.sheet(record.record_id) if isinstance(e, EffectStuck)] == ["FetchAnnex"]


async def test_the_forwarders_answer_in_the_thread_brings_the_file(house: Registry) -> None:
    record = await linked(house)
    await performed(house)
    from tests.service.test_same_files import mailed

    raw = mailed(7, b"%PDF itself", sender="huda@ministry.example")
    raw = raw.replace(b"Message-ID:", b"In-Reply-To: <1@post.example>\nMessage-ID:")
    house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    record = house.record(record.record_id)
    assert house.verdicts()[-1] == "reply"
    assert missing_annexes(record) == ()
    assert house.archive.kept[record.attachments[0].sha256] == b"%PDF itself"
    assert record.steps[1].outcome == "completed"


async def test_the_sheet_says_how_the_file_came_and_to_whom_it_may(house: Registry) -> None:
    record = await linked(house)
    await performed(house)
    file = Part(name="كشف.pdf", content_type="application/pdf", size_bytes=3, sha256="9" * 64)
    house.take(HandIn(record_id=record.record_id, by="huda", files=(file,)))
    viewer = Viewer(replace(PEOPLE["huda"], clearance="restricted"))
    record, entries = house.record(record.record_id), house.store.read(lambda tx: tx.sheet(record.record_id))
    said = " ".join(e["said"]["ar"] for e in sheet_view(record, entries, OFFICE, viewer, house.now)["events"])
    assert "سُلّم المرفق" in said
    assert "كشف.pdf" in said
    hidden = sheet_view(replace(record, confidentiality="secret"), entries, OFFICE, viewer, house.now)["events"]
    assert "كشف.pdf" not in " ".join(e["said"]["ar"] for e in hidden)
    assert "كشف.pdf" not in entries[-2].canonical.decode()


async def test_a_fetched_file_that_may_do_harm_is_said_on_the_record(house: Registry) -> None:
    await linked(house)
    house.shared.files[CLOUD_LINK] = SharedFile("كشف.pdf", "application/pdf", b"%PDF-1.7 << /S /JavaScript >>")
    record = await performed(house)
    assert record.reasons == ("unsafe.script",)
    assert house.archive.kept[record.attachments[0].sha256] == b"%PDF-1.7 << /S /JavaScript >>"
