"""A draft belongs to an office: its file in a drive, whatever becomes of the file, the drive and the drafter."""

import hashlib

import pytest

from registry.circuit_events import StepSigned
from registry.errors import Unavailable
from registry.vocabulary import Status
from service.draft_files import file_name
from tests.document_values import in_word
from tests.draft_house import DraftHouse, written
from tests.fakes.drafts import LIBRARY
from tests.service.house import chat_of
from texts import say
from texts.isolates import bare


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def begun(**office: str) -> DraftHouse:
    house = DraftHouse(in_word(**office))
    house.begin()
    house.perform()
    return house


def to_the_signer() -> DraftHouse:
    """Submitted, initialled and approved: Hessa is asked to sign."""
    house = begun()
    for _ in range(3):
        house.press()
        house.perform()
    assert house.turns == [("hessa", "for_signature")]
    return house


def test_the_file_lies_in_the_drafters_drive_by_unit_and_year() -> None:
    house = begun()
    assert house.place.drive == "drive-of-omar"
    assert house.file.folders == ("Tarasul", "الشؤون المالية", "2026")
    assert house.access == (frozenset(), frozenset())
    assert hash_of(house.file.body) in house.archive.kept


def test_where_the_drafter_has_no_drive_it_lies_in_the_library() -> None:
    house = DraftHouse()
    house.drafts.without.add("omar")
    house.begin()
    house.perform()
    assert house.place.drive == LIBRARY
    assert house.file.writers == {"omar"}


def test_where_the_office_says_so_it_lies_in_the_library() -> None:
    from dataclasses import replace

    office = in_word()
    house = DraftHouse(replace(office, documents=replace(office.documents, place="library")))
    house.begin()
    house.perform()
    assert house.place.drive == LIBRARY


def test_without_any_drive_an_operator_is_told() -> None:
    house = DraftHouse(library=False)
    house.drafts.without.add("omar")
    house.begin()
    house.perform()
    assert [kind for _, _, kind, _ in house.stuck] == ["PlaceDraft"]
    assert "EffectStuck" in house.names


def test_a_files_name_says_its_kind_and_its_record_and_nothing_of_its_words() -> None:
    house = DraftHouse()
    house.begin(subject="طلب عمل إضافي")
    assert file_name(house.record) == f"{bare(say('ar', f'kind.{house.record.kind}'))} m1.docx"
    assert not set(file_name(house.record)) & set('"*:<>?/\\|#%~&{}')


def test_a_link_elsewhere_is_on_no_card() -> None:
    from dataclasses import replace

    house = DraftHouse()
    house.begin()
    before = house.drafts.place

    async def elsewhere(*args: object, **named: object) -> object:
        state = await before(*args, **named)  # type: ignore[arg-type]
        file = replace(house.drafts.files[state.place], state=replace(state, web_url="https://evil.example/:w:/x"))
        house.drafts.files[state.place] = file
        return file.state

    house.drafts.place = elsewhere  # type: ignore[method-assign,assignment]
    house.perform()
    assert house.record.document is not None
    assert house.record.document.web_url == ""


# ---------------------------------------------------------------- changes


def test_an_edit_is_found_when_the_drive_is_asked_and_its_writer_has_stopped() -> None:
    house = begun()
    house.go(1)
    house.edit("سطر أول")
    house.run(house.watch.look())
    house.perform()
    assert "DraftChanged" not in house.names
    house.later(120)
    house.perform()
    assert house.names.count("DraftChanged") == 1
    assert house.record.document is not None
    assert house.record.document.sha256 == hash_of(written("سطر أول"))
    assert house.archive.kept[hash_of(written("سطر أول"))] == written("سطر أول")


def test_a_long_edit_is_many_writes_and_few_versions() -> None:
    house = begun()
    for minute in range(40):
        house.edit(f"كلمات {minute}")
        house.run(house.watch.look())
        house.perform()
        house.later(45)
    house.go(3)
    assert 1 <= house.names.count("DraftChanged") <= 4
    assert house.record.document is not None
    assert house.record.document.sha256 == hash_of(written("كلمات 39"))


def test_a_rename_is_no_version() -> None:
    house = begun()
    house.go(1)
    house.drafts.rename(house.place, "other.docx")
    house.go(2)
    assert "DraftChanged" not in house.names


def test_a_submission_waits_for_no_poll() -> None:
    house = begun()
    house.edit("ما رُفع")
    house.press()
    house.perform()
    assert house.turns == [("salem", "for_initial")]
    document = house.record.document
    assert document is not None
    assert document.frozen == hash_of(written("ما رُفع"))
    assert document.preview is not None
    assert house.archive.kept[document.preview].startswith(b"%PDF")


def test_an_edit_after_approval_is_decided_on_anew() -> None:
    house = to_the_signer()
    house.go(1)
    house.edit("غيرت المبلغ")
    house.go(2)
    assert house.turns == [("salem", "for_initial")]
    assert house.record.document is not None
    assert house.record.document.frozen == hash_of(written("غيرت المبلغ"))


def test_an_edit_that_no_poll_saw_is_seen_before_the_last_signature_counts() -> None:
    house = to_the_signer()
    house.edit("غيرت المبلغ")
    house.press()
    house.perform()
    assert house.turns == [("salem", "for_initial")]
    assert house.record.serial is None
    assert not any(isinstance(e, StepSigned) for e in house.events)


def test_signed_it_has_its_number_and_nobody_opens_the_file_any_more() -> None:
    house = to_the_signer()
    house.press()
    house.perform()
    assert house.record.serial == 1
    assert house.access == (frozenset(), frozenset())
    assert house.store.read(lambda tx: tx.open_drafts()) == []


def test_numbers_have_no_gap_where_a_signature_did_not_count() -> None:
    house = to_the_signer()
    house.edit("غيرت المبلغ")
    house.press()
    house.perform()
    for _ in range(3):
        house.press()
        house.perform()
    assert house.record.serial == 1


# ---------------------------------------------------------------- lost, left, locked


@pytest.mark.parametrize("pressed", range(4))
def test_a_file_that_is_deleted_is_placed_anew_wherever_it_stood(pressed: int) -> None:
    house = begun()
    for _ in range(pressed):
        house.press()
        house.perform()
    house.go(1)
    turns, body = house.turns, house.file.body
    house.drafts.delete(house.place)
    house.go(3)
    assert house.turns == turns
    assert (house.place.drive, house.file.body) == (LIBRARY, body)
    for _ in range(4 - pressed):
        house.press()
        house.perform()
    assert house.record.serial == 1


@pytest.mark.parametrize("pressed", range(4))
def test_the_drafter_may_leave_at_any_step(pressed: int) -> None:
    house = begun()
    for _ in range(pressed):
        house.press()
        house.perform()
    body = house.file.body
    house.leaves("omar")
    house.go(3)
    assert (house.place.drive, house.file.body) == (LIBRARY, body)
    turn = house.turns
    assert turn[0][0] != "omar"
    if pressed == 0:
        assert turn == [("huda", "for_drafting")]
        assert house.file.writers == {"huda"}
    for _ in range(6):
        house.press()
        house.perform()
    assert house.record.status is not Status.DRAFT


def test_a_drafter_who_leaves_before_the_file_is_there_leaves_it_to_the_office() -> None:
    house = DraftHouse()
    house.begin()
    house.leaves("omar")
    house.go(2)
    assert house.place.drive == LIBRARY
    assert house.file.writers == {"huda"}


def test_who_has_the_file_open_is_told_once_and_it_goes_on_when_they_close_it() -> None:
    house = begun()
    house.press()
    house.drafts.open_for(house.place, 3, "omar")
    house.perform()
    assert house.turns == [("salem", "for_initial")]
    told = house.chats.told[chat_of("omar").conversation_id]
    assert len(told) == 1
    assert "Word" in told[0]
    house.go(10, 60)
    assert len(told) == 1
    assert house.file.readers == {"salem"}
    assert house.record.document is not None
    assert house.record.document.held is None
    assert house.names.count("DraftHeld") == house.names.count("DraftFreed") == 1


def test_a_lock_is_asked_about_every_minute_at_most() -> None:
    house = begun()
    house.press()
    house.drafts.open_for(house.place, 1_000, None)
    house.go(20, 30)
    tried = 1_000 - house.drafts.refused(house.place)
    assert 2 <= tried <= 6


@pytest.mark.parametrize("method", ["place", "read", "set_access"])
@pytest.mark.parametrize("done", [False, True])
def test_what_fails_on_the_way_is_done_once(method: str, done: bool) -> None:
    house = DraftHouse()
    house.begin()
    if method != "read" or not done:
        house.drafts.faults.add(method, Unavailable("504"), done=done, times=2)
    house.go(3)
    assert house.drafts.made == ["draft:m1:0"]
    assert house.names.count("DraftPlaced") == 1
    assert house.place.drive == "drive-of-omar"


def test_a_preview_that_fails_keeps_nobody_waiting() -> None:
    house = begun()
    house.converter.faults.add("pdf", Unavailable("503"), times=2)
    house.press()
    house.perform()
    assert house.turns == [("salem", "for_initial")]
    house.go(3)
    assert house.record.document is not None
    assert house.record.document.preview is not None


def test_a_drive_that_cannot_be_asked_keeps_no_other_waiting() -> None:
    house = begun()
    house.drafts.faults.add("changes", Unavailable("503"), times=1)
    house.edit("بعد العطل")
    assert house.run(house.watch.look()) == 0
    assert house.run(house.watch.look()) == 1


def test_who_opens_the_card_has_the_file_looked_at() -> None:
    house = begun()
    house.edit("قبل أي سؤال")
    house.later(120)
    assert house.run(house.watch.look_at("m1"))
    house.perform()
    assert "DraftChanged" in house.names
    assert not house.run(house.watch.look_at("m2"))
