"""What must hold of a draft in Word, said from the sheet, the archive and the drives, without the code that decides."""

import hashlib

from registry.circuit_events import Numbered, StepInitialled, StepSigned
from registry.document_effects import access_of
from registry.document_events import DraftChanged, DraftPlaced, DraftUnfit, Frozen, PreviewMade
from registry.events import StepApproved
from registry.record import fold, holders
from registry.sheet import read_entry, verify
from tests.draft_house import DraftHouse


def check(house: DraftHouse) -> None:
    """What holds at every instant."""
    the_record_is_the_fold_of_its_sheet(house)
    whatever_the_sheet_names_is_in_the_archive(house)
    versions_count_up_by_one(house)
    every_decision_names_bytes_that_were_frozen_before_it(house)
    what_is_issued_was_decided_on_the_same_bytes_by_everybody(house)


def the_record_is_the_fold_of_its_sheet(house: DraftHouse) -> None:
    entries = house.store.read(lambda tx: tx.sheet("m1"))
    assert verify(entries) is None
    assert fold("m1", map(read_entry, entries)) == house.record


def whatever_the_sheet_names_is_in_the_archive(house: DraftHouse) -> None:
    for event in house.events:
        if isinstance(event, DraftPlaced | DraftChanged | Frozen | PreviewMade | DraftUnfit):
            kept = house.archive.kept[event.sha256]
            assert hashlib.sha256(kept).hexdigest() == event.sha256
            assert len(kept) == event.size_bytes


def versions_count_up_by_one(house: DraftHouse) -> None:
    versions = [e.version for e in house.events if isinstance(e, DraftChanged)]
    assert versions == list(range(2, 2 + len(versions)))


def every_decision_names_bytes_that_were_frozen_before_it(house: DraftHouse) -> None:
    frozen: set[str] = set()
    for event in house.events:
        if isinstance(event, Frozen):
            frozen.add(event.sha256)
        elif isinstance(event, StepInitialled | StepApproved | StepSigned):
            assert event.document in frozen


def what_is_issued_was_decided_on_the_same_bytes_by_everybody(house: DraftHouse) -> None:
    events, record = house.events, house.record
    numbers = [e for e in events if isinstance(e, Numbered)]
    assert len(numbers) <= 1
    assert record.serial in (None, 1)
    if not numbers:
        return
    frozen = [e.sha256 for e in events if isinstance(e, Frozen)][-1]
    known = [e.sha256 for e in events if isinstance(e, DraftChanged | Frozen)]
    assert known[-1] == frozen, "an edit was known of, and it was issued as it was before"
    counted = [s for s in record.steps if s.stage is not None and s.outcome in ("initialled", "approved", "signed")]
    counted = [s for s in counted if not s.voided]
    restart = house.office.documents.restart
    about = {s.document for s in counted if restart != "approve" or s.outcome != "initialled"}
    assert about == {frozen}, "somebody's decision that counts was about other bytes"
    signed = [e for e in events if isinstance(e, StepSigned)]
    assert signed[-1].document == frozen


def it_is_issued_or_waits_for_somebody(house: DraftHouse) -> None:
    """In the end: it has its number, or stands visibly before a person who is there, with what they need."""
    record = house.record
    assert house.stuck == []
    if record.serial is not None:
        assert not any(house.access) if house.place in house.drafts.files else True, (
            "it is issued, and read in the drive"
        )
        return
    document, (turn, *_) = record.document, holders(record)
    office = house.store.read(lambda tx: tx.office())
    person = office.person(turn.person)
    assert person is not None, f"nobody's turn: {turn}"
    assert person.active
    assert house.store.read(lambda tx: tx.token_of("m1", turn.step, person.person_id)), "no card tells them"
    assert record.pending is None, "a press waits for ever"
    assert document is not None
    assert document.held is None
    assert document.lost is None
    assert hashlib.sha256(house.file.body).hexdigest() == document.sha256
    access, owner = access_of(record, office, house.now), {house.place.drive.removeprefix("drive-of-")}
    assert house.access == (access.readers - owner, access.writers - owner)


def nothing_was_made_twice(house: DraftHouse) -> None:
    assert len(house.drafts.made) == len(set(house.drafts.made))
    told = {(e.drive, e.item) for e in house.events if isinstance(e, DraftPlaced)}
    ours = {(place.drive, place.item) for place, file in house.drafts.files.items() if file.key is not None}
    assert ours <= told, "a file lies somewhere of which nobody knows"
