"""The same file by mail and on paper: the clerk is told, both ways, and the record names the other one."""

from email.message import EmailMessage

import pytest

from registry.commands import Acknowledge, Release
from registry.record import Record
from service.deliveries import Deliveries, File, KnownFiles
from tests.service.house import Registry
from tests.service.test_deliveries import SCANS, SLIP, enter
from tests.values import MAILBOX

SCAN = SCANS[0].body


@pytest.fixture
def desk(house: Registry) -> Deliveries:
    return Deliveries(house.store, house.taker, house.clock, house.archive)


def mailed(number: int, *annexes: bytes, sender: str = "oversight@audit.example") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, MAILBOX, f"كتاب {number}"
    mail["Message-ID"], mail["Date"] = f"<{number}@post.example>", "Sat, 21 Nov 2026 11:59:00 +0300"
    mail.set_content("نرفق المستند.")
    for n, annex in enumerate(annexes):
        mail.add_attachment(annex, maintype="application", subtype="pdf", filename=f"{n}.pdf")
    return mail.as_bytes()


async def arrives(house: Registry, raw: bytes) -> Record:
    house.later(60)
    before = {r.record_id for r in house.records()}
    house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    (made,) = (r for r in house.records() if r.record_id not in before)
    return made


async def test_a_scan_equal_to_a_mails_annex_is_told_of_and_entered_where_it_is_meant(
    house: Registry, desk: Deliveries
) -> None:
    first = await arrives(house, mailed(1, SCAN))
    with pytest.raises(KnownFiles) as known:
        await enter(desk)  # one of two files is known
    assert known.value.record_id == first.record_id
    assert len(house.records()) == 1
    second = (await enter(desk, again=True)).record
    assert second is not None
    assert (second.same_as, second.same_reference) == (first.record_id, first.reference)


async def test_a_mail_with_the_file_of_a_scan_names_it_and_the_clerks_are_told(
    house: Registry, desk: Deliveries
) -> None:
    scanned = (await enter(desk)).record
    assert scanned is not None
    letter = await arrives(house, mailed(1, b"%PDF-9", SCAN))
    assert (letter.same_as, letter.same_reference) == (scanned.record_id, scanned.reference)
    told = letter.steps[1]
    assert (told.to_person, told.to_unit, told.asked, told.custody) == (None, "registry", "for_information", False)
    house.meet("abdullah", "noura")
    await house.performer().perform_due()
    assert [c.step for c in house.cards_of("abdullah") if c.record_id == letter.record_id] == [2]
    ended = house.take(Acknowledge(record_id=letter.record_id, step=2, by="noura")).record
    assert ended is not None
    assert ended.steps[1].outcome == "acknowledged"
    assert not ended.ended


async def test_two_mails_with_one_annex_are_nobodys_news(house: Registry) -> None:
    await arrives(house, mailed(1, SCAN))
    assert (await arrives(house, mailed(2, SCAN))).same_as is None


async def test_a_mail_whose_annexes_nobody_scanned_says_nothing(house: Registry, desk: Deliveries) -> None:
    await enter(desk)
    letter = await arrives(house, mailed(1, b"%PDF-other"))
    assert (letter.same_as, len(letter.steps)) == (None, 1)


async def test_a_quarantined_mail_names_the_scan_when_it_is_released_and_is_compared_with_from_then_on(
    house: Registry, desk: Deliveries
) -> None:
    held = await arrives(house, mailed(1, SCAN, sender="nobody@ministry.example"))
    assert not held.rules.listed
    scanned = (await enter(desk)).record  # what waits in quarantine is no letter yet
    assert scanned is not None
    released = house.take(Release(record_id=held.record_id, by="abdullah", as_record="r9"))
    assert released.record is not None
    assert house.record("r9").same_reference == scanned.reference


async def test_an_empty_file_is_the_same_as_nothing(house: Registry, desk: Deliveries) -> None:
    await desk.enter(SLIP, [File("a.txt", "text/plain", b"")], by="abdullah", key="a")
    assert (await desk.enter(SLIP, [File("b.txt", "text/plain", b"")], by="abdullah", key="b")).record is not None
