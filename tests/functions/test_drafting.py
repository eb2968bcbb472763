"""What we issue, written over the API: what is made of the JSON, and what is refused by its field's name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.commanding import BadField, command_of
from functions.drafting import draft_of
from functions.openapi_commands import COMMAND, DRAFT
from registry.circuit_commands import Draft, Redraft
from registry.circuits import Addressee
from tests.bot.house import House
from tests.circuit_values import laid_down

MEMO = {"kind": "internal_memo", "subject": "طلب عمل إضافي", "text": "نرجو الموافقة."}
BAD: dict[str, dict[str, Any]] = {
    "kind": {"kind": 7},
    "subject": {"subject": ["x"]},
    "text": {"text": "س" * 3_001},
    "level": {"level": "1"},
    "party": {"party": {}},
}
BAD_ADDRESSEES: list[Any] = [
    {"unit": "legal"},
    ["legal"],
    [{}],
    [{"unit": "legal", "person": "laila"}],
    [{"unit": 7}],
    [{"unit": "legal"}] * 201,
]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path, laid_down()) as house:
        yield house


def drafted(house: House, **more: Any) -> Draft:
    return draft_of({**MEMO, **more}, "omar", house.service)


def redrafted(house: House, **said: Any) -> Redraft:
    command = command_of({"command": "redraft", **said}, house_record(house), "omar", house.service)
    assert isinstance(command, Redraft)
    return command


def house_record(house: House) -> str:
    taken = house.take(drafted(house, addressees=[{"unit": "legal", "asked": "for_action"}], party="جهة", level=2))
    assert taken.record is not None
    return taken.record.record_id


def test_what_is_left_out_is_as_usual(house: House) -> None:
    draft = drafted(house)
    assert (draft.by, draft.kind, draft.subject, draft.text) == ("omar", *MEMO.values())
    assert (draft.addressees, draft.party, draft.level) == ((), None, 1)
    assert (draft.confidentiality, draft.urgency) == ("normal", "normal")


def test_addressees_are_asked_what_the_kind_is_sent_for(house: House) -> None:
    to = [{"unit": "*"}, {"person": "laila"}, {"unit": "legal", "asked": "for_action"}]
    assert drafted(house, addressees=to).addressees == (
        Addressee("*", None, "for_information"),
        Addressee("", "laila", "for_information"),
        Addressee("legal", None, "for_action"),
    )
    circular = drafted(house, kind="circular", addressees=[{"unit": "*"}])
    assert circular.addressees[0].asked == "for_circulation"


def test_of_a_draft_that_is_written_anew_what_is_left_out_stays(house: House) -> None:
    again = redrafted(house, text="نرجو التفضل بالموافقة.")
    assert (again.subject, again.text) == (MEMO["subject"], "نرجو التفضل بالموافقة.")
    assert (again.addressees, again.party, again.level) == ((Addressee("legal", None, "for_action"),), "جهة", 2)


def test_what_is_said_to_be_empty_is_emptied(house: House) -> None:
    again = redrafted(house, party="", addressees=[])
    assert (again.party, again.addressees) == (None, ())


@pytest.mark.parametrize("field", BAD)
def test_a_field_that_makes_no_sense_is_told_by_its_name(house: House, field: str) -> None:
    with pytest.raises(BadField) as error:
        drafted(house, **BAD[field])
    assert error.value.args == (field,)


@pytest.mark.parametrize("listed", BAD_ADDRESSEES, ids=range(len(BAD_ADDRESSEES)))
def test_addressees_that_are_none_are_told_by_their_name(house: House, listed: Any) -> None:
    with pytest.raises(BadField) as error:
        drafted(house, addressees=listed)
    assert error.value.args == ("addressees",)
    assert not Draft202012Validator(DRAFT).is_valid({**MEMO, "addressees": listed})


def test_the_description_takes_what_the_door_takes() -> None:
    for asked in (
        MEMO,
        {**MEMO, "addressees": [{"unit": "*"}, {"person": "laila", "asked": "for_action"}], "level": 2},
    ):
        Draft202012Validator(DRAFT).validate(asked)
    Draft202012Validator(COMMAND).validate({"command": "redraft", "text": "نص"})
