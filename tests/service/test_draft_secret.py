"""What is secret lies in nobody's drive: in the ministry's library, and nobody opens it but whose turn it is."""

from dataclasses import replace
from typing import Any

import pytest

from registry.circuit_commands import Redraft
from registry.document import TOO_SECRET
from registry.document_events import DraftChanged, DraftLost, DraftPlaced
from registry.errors import Throttled, Unavailable
from registry.office import Office
from service import draft_files
from service.drafts_port import DraftPlace
from tests.document_values import in_word
from tests.draft_house import DraftHouse, written
from tests.fakes.drafts import LIBRARY

FOLDERS = ("Tarasul", "الشؤون المالية", "2026")


def cleared(alone_from: str = "secret", place: str = "onedrive") -> Office:
    """The office in which all of them may see what is secret."""
    office = in_word()
    rules = replace(office.documents, alone_from=alone_from, place=place)
    people = {who: replace(person, clearance="top_secret") for who, person in office.people.items()}
    return replace(office, people=people, documents=rules)


def begun(confidentiality: str, office: Office | None = None, **house: Any) -> DraftHouse:
    made = DraftHouse(office or cleared(), **house)
    made.drafts.given_above[LIBRARY, FOLDERS] |= {"a-site-member"}
    made.begin(confidentiality=confidentiality, expects_reply=False)
    made.perform()
    return made


def raise_to(house: DraftHouse, confidentiality: str) -> None:
    record = house.record
    house.take(
        Redraft(
            record_id="m1",
            by="omar",
            subject=record.subject,
            text=record.text,
            addressees=record.addressees,
            party=record.party,
            confidentiality=confidentiality,
            urgency=record.urgency,
            level=record.level,
        )
    )
    assert house.record.confidentiality == confidentiality


def opens(house: DraftHouse) -> frozenset[str]:
    return house.drafts.opened_by(house.place)


@pytest.mark.parametrize(
    ("alone_from", "confidentiality", "drive"),
    [
        ("secret", "normal", "drive-of-omar"),
        ("secret", "restricted", "drive-of-omar"),
        ("secret", "secret", LIBRARY),
        ("secret", "top_secret", LIBRARY),
        ("restricted", "restricted", LIBRARY),
        ("top_secret", "very_secret", "drive-of-omar"),
    ],
)
def test_where_a_draft_lies_follows_how_secret_it_is(alone_from: str, confidentiality: str, drive: str) -> None:
    house = begun(confidentiality, cleared(alone_from))
    assert house.place.drive == drive
    assert opens(house) == {"omar"}
    assert house.record.subject not in house.file.state.name + "".join(house.file.folders)


def test_nobody_opens_a_secret_draft_for_the_folder_it_lies_in_at_any_instant() -> None:
    house = DraftHouse(cleared())
    house.drafts.given_above[LIBRARY, FOLDERS] |= {"a-site-member"}
    house.begin(confidentiality="secret")
    seen: list[frozenset[str]] = []
    before = house.drafts.read

    async def read(place: DraftPlace) -> Any:
        seen.append(house.drafts.opened_by(place))
        return await before(place)

    house.drafts.read = read  # type: ignore[method-assign]
    for _ in range(5):
        house.perform()
        house.press()
        seen.append(opens(house))
    assert house.record.serial == 1
    assert all(len(who) <= 1 and "a-site-member" not in who for who in seen)


def test_without_a_library_a_secret_draft_lies_nowhere_and_an_operator_is_told() -> None:
    house = begun("secret", library=False)
    assert house.drafts.files == {}
    assert [kind for _, _, kind, _ in house.stuck] == ["PlaceDraft"]


@pytest.mark.parametrize("pressed", range(4))
@pytest.mark.parametrize("place", ["onedrive", "library"])
def test_where_it_became_secret_later_it_is_taken_away_for_good_and_placed_anew(pressed: int, place: str) -> None:
    house = begun("normal", cleared(place=place))
    for _ in range(pressed):
        house.press()
        house.perform()
    house.later(200)
    first, words = house.place, written("ما كُتب قبل رفع درجة سريته")
    house.drafts.edit(first, words, "omar")
    house.later(200)
    raise_to(house, "secret")
    house.perform()
    assert first not in house.drafts.files
    assert (house.place.drive, house.file.body) == (LIBRARY, words)
    assert [e.reason for e in house.events if isinstance(e, DraftLost)] == [TOO_SECRET]
    assert [e.alone for e in house.events if isinstance(e, DraftPlaced)] == [None, True]
    assert "a-site-member" not in opens(house)
    for _ in range(6):
        house.press()
        house.go(1)
    assert house.record.serial == 1
    assert house.stuck == []


def test_what_becomes_less_secret_stays_where_it_lies() -> None:
    house = begun("secret")
    place = house.place
    raise_to(house, "normal")
    house.go(2)
    assert house.place == place


def test_who_has_it_open_is_told_and_loses_no_word_of_it() -> None:
    house = begun("normal")
    house.drafts.open_for(house.place, 2, "omar")
    first = house.place
    raise_to(house, "secret")
    house.perform()
    assert first in house.drafts.files
    assert house.record.document is not None
    assert house.record.document.held == "omar"
    house.drafts.edit(first, written("ما كُتب وهو مفتوح"), "omar")
    house.go(6)
    assert first not in house.drafts.files
    assert house.file.body == written("ما كُتب وهو مفتوح")


_FAULTS = [
    (method, done, busy)
    for method in ("look", "read", "remove", "place", "set_access")
    for done in (False, True)
    for busy in (False, True)
    if not (done and (busy or method in ("look", "read")))
]


def moved(method: str, done: bool, busy: bool) -> DraftHouse:
    """It became secret, and its way into the library fails once at each place in turn."""
    house = begun("normal")
    house.press()
    house.perform()
    house.later(200)
    raise_to(house, "secret")
    house.drafts.faults.add(method, Throttled(5) if busy else Unavailable("504"), done=done)
    house.go(4)
    return house


@pytest.mark.parametrize(("method", "done", "busy"), _FAULTS)
def test_whatever_fails_on_its_way_it_is_moved_once(method: str, done: bool, busy: bool) -> None:
    house = moved(method, done, busy)
    assert [place.drive for place in house.drafts.files] == [LIBRARY]
    assert opens(house) <= {"omar", "salem"}
    assert house.drafts.made.count("draft:m1:1") == 1
    assert not [e for e in house.events if isinstance(e, DraftChanged)]


def test_a_product_that_leaves_it_there_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_files, "is_misplaced", lambda record, office: False)
    house = begun("normal")
    raise_to(house, "secret")
    house.go(3)
    assert house.place.drive == "drive-of-omar"
