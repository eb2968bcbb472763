"""From the number to the archive: one issued file for each record, whatever breaks on the way."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from documents.letters import Letters
from documents.pades import EntitySeal, Unsealed
from documents.pdf_check import check
from documents.templates import Templates
from documents.word import words_of
from registry.circuit_commands import Sign, Submit
from registry.circuits import PERSON, SIGN, StageRule, Who
from registry.commands import Void
from registry.errors import Misconfigured, Unavailable
from registry.record import Record
from registry.sealing import token_of
from registry.sheet import read_entry
from service import verify
from service.evidence import Evidence
from service.sealing import Sealing, sealed_key
from service.taking_in import TakingIn
from service.verifying import Verifying
from service.views import Viewer
from tests.circuit_values import TEXT, draft, laid_down
from tests.documents.papers import fingerprint, seal
from tests.fakes.printer import FakePrinter
from tests.service.house import Registry

SIGNED_BY_HUDA = StageRule(act=SIGN, who=(Who(PERSON, "huda"),))
PUBLIC = "https://tarasul.ministry.example"


class Desk:
    """A house with a memo that Huda has signed, and what seals it."""

    def __init__(self, house: Registry, signer: Any = None) -> None:
        self.house, self.converter = house, FakePrinter()
        self.signer = signer or Unsealed()
        house.store.write(lambda tx: tx.save_office(laid_down(SIGNED_BY_HUDA)))
        for command in (
            draft("m1", kind="outgoing_letter", party="وزارة المالية", addressees=()),
            Submit(record_id="m1", step=1, by="omar"),
            Sign(record_id="m1", step=2, by="huda"),
        ):
            house.take(command)

    @property
    def sealing(self) -> Sealing:
        return Sealing(
            self.house.store,
            self.house.archive,
            self.house.clock,
            paper=Letters(Templates()),
            converter=self.converter,
            signer=self.signer,
            public_url=PUBLIC,
        )

    async def perform(self) -> None:
        await self.house.performer(sealing=self.sealing).perform_due()

    @property
    def record(self) -> Record:
        stored = self.house.store.read(lambda tx: tx.record("m1"))
        assert stored is not None
        return stored.record


@pytest.fixture
def desk(house: Registry) -> Desk:
    return Desk(house)


async def test_what_is_numbered_is_sealed_archived_and_named_by_its_record(desk: Desk) -> None:
    await desk.perform()
    sealed, kept = desk.record.sealed, desk.house.archive.kept
    assert sealed is not None
    assert (sealed.level, sealed.certificate, sealed.stamped_at) == ("approval", None, None)
    assert kept[sealed.sha256].startswith(b"%PDF-")
    assert sealed.size_bytes == len(kept[sealed.sha256])
    assert TEXT.splitlines()[0] in words_of(kept[sealed.frozen])
    assert desk.house.store.read(lambda tx: tx.taken_for(sealed_key(sealed.sha256))) == "m1"


async def test_the_stamp_says_number_both_dates_who_signed_and_what_that_is_worth(desk: Desk) -> None:
    await desk.perform()
    ((_, words),) = desk.converter.asked
    record = desk.record
    assert record.sealed is not None
    for said in (record.reference, "1448هـ", "2026م", "وزارة المالية", record.subject, *TEXT.splitlines()):
        assert said in words
    assert "هدى" in words
    assert "رمز" not in words, "the code is a picture"


async def test_what_was_decided_on_is_not_changed_by_the_stamp(desk: Desk) -> None:
    await desk.perform()
    assert desk.record.sealed is not None
    frozen = words_of(desk.house.archive.kept[desk.record.sealed.frozen])
    assert desk.record.reference not in frozen


async def test_the_manifest_says_what_lies_in_the_archive_why_and_for_how_long(desk: Desk) -> None:
    await desk.perform()
    sealed = desk.record.sealed
    assert sealed is not None
    manifest = json.loads(desk.house.archive.kept[sealed.manifest])
    entries = desk.house.store.read(lambda tx: tx.sheet("m1"))
    assert manifest["document"]["sha256"] == sealed.sha256
    assert manifest["frozen"]["sha256"] == sealed.frozen
    assert (manifest["record_id"], manifest["reference"]) == ("m1", desk.record.reference)
    assert (manifest["kind"], manifest["retention"]) == ("outgoing_letter", "ordinary")
    assert manifest["head"] == next(e.prev_hash for e in entries if e.type == "Sealed"), "as it was when it was sealed"
    assert manifest["verify"] == f"{PUBLIC}/api/v1/verify/{token_of(desk.record, sealed.frozen)}"


async def test_with_a_certificate_the_seal_is_the_entity_s_and_the_file_is_valid(house: Registry) -> None:
    desk = Desk(house, EntitySeal(seal, lambda: datetime.now(UTC)))
    await desk.perform()
    sealed = desk.record.sealed
    assert sealed is not None
    assert (sealed.level, sealed.certificate) == ("protected", fingerprint(seal()))
    verdict = await asyncio.to_thread(check, house.archive.kept[sealed.sha256], certificate=fingerprint(seal()))
    assert verdict.valid


@pytest.mark.parametrize("operation", ["archive.put", "archive.get", "converter.pdf"])
@pytest.mark.parametrize("after", [False, True])
async def test_whatever_breaks_there_is_one_issued_file_and_the_sheet_names_no_other(
    desk: Desk, operation: str, after: bool
) -> None:
    """A write that failed may have been done: what was made twice lies in the archive and is named by nothing."""
    place, name = operation.split(".")
    faults = desk.house.archive.faults if place == "archive" else desk.converter.faults
    for _ in range(3):
        faults.add(name, Unavailable("down"), done=after)
        await desk.perform()
        desk.house.later(900)
    await desk.perform()
    entries = desk.house.store.read(lambda tx: tx.sheet("m1"))
    assert [e.type for e in entries].count("Sealed") == 1
    assert desk.record.sealed is not None
    assert desk.record.stuck == ()
    assert await desk.sealing.seal("m1") is None


async def test_a_number_that_has_no_file_for_hours_is_said_on_the_sheet_once_and_sealed_in_the_end(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """As where the time-stamp authority is down, or a letter takes longer to convert than an effect may."""
    desk.converter.faults.add("pdf", Unavailable("down"), times=45)
    for tried in range(1, 46):
        await desk.perform()
        desk.house.later(1_000)
        assert desk.record.stuck == (("SealLetter",) if tried >= 20 else ())
    entries = desk.house.store.read(lambda tx: tx.sheet("m1"))
    assert [e.type for e in entries].count("EffectStuck") == 1
    assert [r.message for r in caplog.records if r.levelname == "ERROR"] == ["waits for long"] * 2
    await desk.perform()
    assert desk.record.sealed is not None


async def test_two_who_seal_at_once_make_two_files_and_one_letter(desk: Desk) -> None:
    first, second = await asyncio.gather(desk.sealing.seal("m1"), desk.sealing.seal("m1"))
    assert first is not None
    assert second is not None
    assert first.sha256 != second.sha256, "a PDF made twice is two files"
    assert first.frozen == second.frozen
    for number, noted in enumerate((first, second)):
        desk.house.service.take(noted, key=f"effect:{number}:x")
    assert desk.record.sealed is not None
    assert desk.record.sealed.sha256 == first.sha256
    entries = desk.house.store.read(lambda tx: tx.sheet("m1"))
    assert [e.type for e in entries].count("Sealed") == 1
    assert all(second.sha256 not in e.canonical.decode() for e in entries)


async def test_a_voided_letter_is_not_sealed_any_more(desk: Desk) -> None:
    desk.house.take(Void(record_id="m1", by="huda", note="خطأ"))
    await desk.perform()
    assert desk.record.sealed is None
    assert desk.converter.asked == []


async def test_a_certificate_that_cannot_be_read_is_an_operator_s_turn_and_the_sheet_says_so(house: Registry) -> None:
    def missing() -> bytes:
        raise Misconfigured("the vault has no such certificate")

    desk = Desk(house, EntitySeal(missing, lambda: datetime.now(UTC)))
    await desk.perform()
    assert desk.record.stuck == ("SealLetter",)
    assert desk.record.sealed is None


async def test_the_issued_file_is_among_the_record_s_documents_and_in_its_export(desk: Desk) -> None:
    await desk.perform()
    sealed, house = desk.record.sealed, desk.house
    assert sealed is not None
    assert house.service.document(Viewer(None), "m1", sealed.sha256) == (
        f"{desk.record.reference.replace('/', '-')}.pdf",
        "application/pdf",
    )
    shown = house.service.show(Viewer(None), "m1")
    assert shown is not None
    assert shown["sealed"]["sha256"] == sealed.sha256
    evidence = Evidence(house.store, house.archive, house.clock, lambda _: "")
    made = await evidence.export(Viewer(None), "m1")
    assert made is not None
    parts, wrong = verify.read_zip(made[1])
    assert [name for name in parts if name.startswith("documents/")] == sorted(
        [f"documents/{sealed.sha256}.pdf", f"documents/{sealed.frozen}.docx", f"documents/{sealed.manifest}.json"]
    ), "the letter, the words it was made of, and what the archive must know of it"
    assert json.loads(parts[f"documents/{sealed.manifest}.json"])["retention"] == "ordinary"
    assert [*wrong, *verify.wrong_with(parts, made[0])] == []
    changed = parts | {f"documents/{sealed.sha256}.pdf": parts[f"documents/{sealed.sha256}.pdf"] + b"\n"}
    assert verify.wrong_with(changed, made[0]) != []
    page = await evidence.dossier(Viewer(None), "m1", "ar")
    assert page is not None
    assert sealed.sha256 in page.decode()
    assert hashlib.sha256(house.archive.kept[sealed.sha256]).hexdigest() == sealed.sha256


async def test_a_letter_that_is_taken_in_is_whole_and_known_as_ours_again(desk: Desk, tmp_path: Path) -> None:
    await desk.perform()
    sealed, house = desk.record.sealed, desk.house
    assert sealed is not None
    made = await Evidence(house.store, house.archive, house.clock, lambda _: "").export(Viewer(None), "m1")
    assert made is not None
    (tmp_path / "other").mkdir()
    other = Registry(tmp_path / "other")
    taking_in = TakingIn(other.store, other.archive, other.clock, desk.record.entity_id)
    assert await taking_in.take_in(made[1], made[0]) == desk.record
    assert {sealed.sha256, sealed.frozen, sealed.manifest} <= set(other.archive.kept)
    told = Verifying(other.store)
    assert (told.look(sealed.sha256) or {})["reference"] == desk.record.reference
    assert told.look(token_of(desk.record, sealed.frozen)) == told.look(sealed.sha256)
    assert await Evidence(other.store, other.archive, other.clock, lambda _: "").export(Viewer(None), "m1") == made
    other.store.close()


async def test_the_sheet_holds_with_the_seal_on_it(desk: Desk) -> None:
    await desk.perform()
    shown = desk.house.service.sheet(Viewer(None), "m1")
    assert shown is not None
    assert shown["verified"]
    said = next(e["said"] for e in shown["events"] if e["type"] == "Sealed")
    assert "Teams" in said["ar"]
    assert read_entry(desk.house.store.read(lambda tx: tx.sheet("m1"))[-1]).by == "tarasul"
