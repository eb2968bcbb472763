"""The office: the directory's people in the organisation file's units."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.errors import Misconfigured, Unavailable
from registry.office import LoopGuard, Office
from service.people import People, load_organisation, office_of, read_organisation
from service.ports import DirectoryPerson
from tests.fakes.directory import FakeDirectory
from tests.service.house import Registry
from tests.values import KUWAIT, MAILBOX

_LAILA = "Laila@ministry.example"
ORGANISATION: dict[str, Any] = {
    "entity": {"id": "ministry", "ar": "وزارة", "en": "Ministry", "domains": ["Ministry.Example"]},
    "units": [
        {
            "id": "registry",
            "ar": "السجل",
            "en": "Registry",
            "code": "س",
            "department": "Reg",
            "registry_for": [MAILBOX],
        },
        {"id": "finance", "ar": "المالية", "en": "Finance", "code": "م", "department": "Fin"},
        {
            "id": "legal",
            "ar": "القانونية",
            "en": "Legal",
            "code": "ق",
            "department": "Law",
            "head": "Laila@ministry.example",
        },
    ],
    "referral_rules": [{"rule": "default", "any_words": [], "unit": "finance", "asked": "for_approval"}],
    "clearances": {"Noura@ministry.example": "top_secret"},
}


def person(key: str, department: str, manager: str | None = None, **rest: Any) -> DirectoryPerson:
    plain: dict[str, Any] = {
        "person_id": key,
        "name": key.title(),
        "upn": f"{key}@ministry.example",
        "mail": f"{key}@ministry.example",
        "language_tag": "ar-KW",
        "department": department,
        "post": "",
        "manager": manager,
        "active": True,
    }
    return DirectoryPerson(**plain | rest)


PEOPLE = [
    person("noura", "Reg"),
    person("abdullah", "Reg", "noura"),
    person("huda", "Fin", "minister"),
    person("omar", "Fin", "huda", language_tag="en-GB"),
    person("laila", "Law"),
    person("sara", "Law", "laila"),
    person("guest", "Elsewhere"),
    person("registry", "Reg", mail=MAILBOX),
]


def office(people: list[DirectoryPerson] = PEOPLE, **changed: Any) -> Office:
    read = read_organisation(json.dumps(ORGANISATION | changed), [MAILBOX])
    return office_of(read, people, KUWAIT)


def faults_of(body: Any, mailboxes: tuple[str, ...] = (MAILBOX,)) -> str:
    with pytest.raises(Misconfigured) as refused:
        read_organisation(body if isinstance(body, str) else json.dumps(body), mailboxes)
    return str(refused.value)


# ---------------------------------------------------------------- who is where


def test_people_stand_in_the_unit_of_their_department_and_clerks_in_one_that_keeps_a_register() -> None:
    made = office()
    assert {k: p.unit_id for k, p in made.people.items()} == {
        "noura": "registry",
        "abdullah": "registry",
        "huda": "finance",
        "omar": "finance",
        "laila": "legal",
        "sara": "legal",
        "guest": "",
    }
    assert {k for k, p in made.people.items() if p.clerk} == {"noura", "abdullah"}


def test_a_registry_mailbox_is_not_a_person() -> None:
    assert "registry" not in office().people


def test_what_people_read_and_may_see_is_the_directory_s_and_the_file_s_word() -> None:
    made = office()
    assert (made.people["omar"].language, made.people["huda"].language) == ("en", "ar")
    assert (made.people["noura"].clearance, made.people["huda"].clearance) == ("top_secret", "restricted")
    assert made.is_inside("x@MINISTRY.example")


# ---------------------------------------------------------------- who heads a unit


def test_the_head_is_whom_the_file_names_whatever_the_case() -> None:
    assert office().units["legal"].head == "laila"


def test_else_the_one_whose_manager_is_not_of_the_unit() -> None:
    assert {u: unit.head for u, unit in office().units.items()} == {
        "registry": "noura",
        "finance": "huda",
        "legal": "laila",
    }


@pytest.mark.parametrize(
    "people",
    [
        [],
        [person("a", "Fin"), person("b", "Fin")],  # two at the top
        [person("a", "Fin", "b"), person("b", "Fin", "a")],  # none
        [person("a", "Fin", active=False)],
    ],
)
def test_a_unit_with_no_one_head_has_none(people: list[DirectoryPerson]) -> None:
    assert office(people).units["finance"].head is None


def test_when_a_head_has_left_whoever_is_then_at_the_top_follows() -> None:
    unit = [person("a", "Fin", active=False), person("b", "Fin", "a"), person("c", "Fin", "b")]
    assert office(unit).units["finance"].head == "b"


def test_a_named_head_who_is_not_in_the_directory_is_none() -> None:
    assert office([p for p in PEOPLE if p.person_id != "laila"]).units["legal"].head is None


# ---------------------------------------------------------------- the file's faults


def test_a_file_that_is_not_json_says_so() -> None:
    assert "not JSON" in faults_of("{")
    assert "object" in faults_of("[]")


def test_all_that_is_wrong_is_named_together() -> None:
    units = [
        *ORGANISATION["units"],
        {
            "id": "legal",
            "ar": "أ",
            "en": "A",
            "code": "س",
            "department": "Law",
            "registry_for": [MAILBOX.upper()],
            "copies": "burn",
        },
    ]
    rules = [
        {"rule": "lost", "any_words": [], "unit": "nowhere", "asked": "for_action"},
        {"rule": "odd", "any_words": [], "unit": "legal", "asked": "for_fun"},
    ]
    clearances = {"a@b": "cosmic"}
    body = ORGANISATION | {"units": units, "referral_rules": rules, "clearances": clearances}
    told = faults_of(body, (MAILBOX, "other@ministry.example"))
    for fault in (
        "two units are called legal",
        "two units are the department Law",
        f"two units keep the register of {MAILBOX}",
        "two registers number under س",
        "no unit keeps the register of other@ministry.example",
        "rule lost names no unit nowhere",
        "rule odd asks for_fun",
        "a@b is cleared to cosmic",
        "legal does burn with copies, which is none of note, refer, link",
        "docs/settings.md",
    ):
        assert fault in told


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"entity": None}, "entity needs"),
        ({"entity": {"id": "m", "ar": "و", "en": "M", "domains": "ministry.example"}}, "list of domains"),
        ({"entity": {"id": "m", "ar": "و", "en": "M", "domains": []}}, "list of domains"),
        ({"units": {}}, "each of units"),
        ({"units": [{"id": "x"}]}, "each of units"),
        ({"units": ["x"]}, "each of units"),
        ({"units": [{**ORGANISATION["units"][1], "registry_for": MAILBOX}]}, "list of addresses"),
        ({"units": [{**ORGANISATION["units"][1], "registry_for": [7]}]}, "list of addresses"),
        ({"units": [{**ORGANISATION["units"][1], "head": 7}]}, "its head a user name"),
        ({"referral_rules": "all"}, "each of referral_rules"),
        ({"referral_rules": [{"rule": "r", "any_words": "عقد", "unit": "legal", "asked": "for_action"}]}, "any_words"),
        ({"referral_rules": [7]}, "each of referral_rules"),
        ({"clearances": ["a"]}, "clearances"),
        ({"loop_guard": 5}, "loop_guard"),
        ({"loop_guard": {"mails": 0}}, "loop_guard"),
        ({"loop_guard": {"mails": True}}, "loop_guard"),
        ({"loop_guard": {"letters": 5}}, "answers, answers_s, mails, mails_s"),
    ],
)
def test_what_has_the_wrong_shape_is_said_and_never_guessed(changed: dict[str, Any], fault: str) -> None:
    assert fault in faults_of(ORGANISATION | changed)


def test_what_a_register_does_with_copies_and_where_a_loop_begins_is_the_file_s_word() -> None:
    units = [u | {"copies": "link"} if u["id"] == "registry" else u for u in ORGANISATION["units"]]
    said = ORGANISATION | {"units": units, "loop_guard": {"answers": 2}}
    found = office_of(read_organisation(json.dumps(said), (MAILBOX,)), PEOPLE, KUWAIT)
    assert found.units["registry"].copies == "link"
    assert {u.copies for i, u in found.units.items() if i != "registry"} == {"note"}
    assert found.loop_guard == LoopGuard(answers=2)


def test_the_file_may_stand_in_the_setting_or_be_named_by_it(tmp_path: Path) -> None:
    written = json.dumps(ORGANISATION, ensure_ascii=False)
    (tmp_path / "organisation.json").write_text("\ufeff" + written, "utf-8")
    inline = load_organisation(written, tmp_path, [MAILBOX])
    assert load_organisation("organisation.json", tmp_path, [MAILBOX]) == inline
    assert load_organisation(str(tmp_path / "organisation.json"), Path("/"), [MAILBOX]) == inline
    with pytest.raises(Misconfigured, match=r"lost\.json"):
        load_organisation("lost.json", tmp_path, [MAILBOX])


# ---------------------------------------------------------------- kept


def people_of(house: Registry, directory: FakeDirectory) -> People:
    return People(house.store, directory, read_organisation(json.dumps(ORGANISATION), [MAILBOX]), KUWAIT)


async def test_the_office_follows_the_directory(house: Registry) -> None:
    directory = FakeDirectory(PEOPLE)
    people = people_of(house, directory)
    assert await people.refresh()
    assert not await people.refresh()
    directory.members[3] = replace(directory.members[3], active=False)
    assert await people.refresh()
    assert not house.service.office().people["omar"].active


async def test_an_empty_directory_is_a_fault_and_changes_nothing(house: Registry) -> None:
    people = people_of(house, directory := FakeDirectory(PEOPLE))
    await people.refresh()
    before = house.service.office()
    directory.members.clear()
    assert not await people.refresh()
    assert house.service.office() == before


async def test_a_directory_that_is_down_changes_nothing(house: Registry) -> None:
    people = people_of(house, directory := FakeDirectory(PEOPLE))
    await people.refresh()
    before = house.service.office()
    directory.faults.add("people", Unavailable("503"))
    with pytest.raises(Unavailable):
        await people.refresh()
    assert house.service.office() == before


# ---------------------------------------------------------------- the directory rings


async def test_when_the_directory_rings_it_is_read_and_of_many_rings_the_last_is_not_lost(house: Registry) -> None:
    people = people_of(house, directory := FakeDirectory([person("huda", "Fin")]))

    def names() -> set[str]:
        return set(house.service.office().people)

    await people.rang(house.now)
    assert names() == {"huda"}
    directory.members.append(person("omar", "Fin"))
    house.later(10)
    await people.rang(house.now)
    assert names() == {"huda"}  # it was read a moment ago
    house.later(300)
    await people.look(house.now)
    assert names() == {"huda", "omar"}
    directory.members.append(person("sara", "Fin"))
    house.later(300)
    await people.look(house.now)
    assert names() == {"huda", "omar"}  # nobody rang
    await people.rang(house.now)
    assert names() == {"huda", "omar", "sara"}


def test_the_circuits_of_the_file_are_the_office_s_and_say_who_signs() -> None:
    circuits = {
        "levels": [{"ar": "مدير", "en": "Director", "heads_of": ["finance"]}],
        "rules": [{"stages": [{"act": "sign", "who": ["head:finance"]}]}],
    }
    read = read_organisation(json.dumps(ORGANISATION | {"circuits": circuits}), [MAILBOX])
    (rule,) = read.circuits.rules
    assert [(w.way, w.of) for s in rule.stages for w in s.who] == [("head", "finance")]
    office = office_of(read, PEOPLE, KUWAIT)
    head = office.head("finance")
    assert head is not None
    assert {p.person_id for p in office.people.values() if p.signs} == {head.person_id}


def test_circuits_that_make_no_sense_are_refused_with_the_rest() -> None:
    with pytest.raises(Misconfigured, match="no unit moon"):
        read_organisation(
            json.dumps(ORGANISATION | {"circuits": {"rules": [{"stages": [{"act": "sign", "who": ["head:moon"]}]}]}}),
            [MAILBOX],
        )
