"""Units, posts, roles and clearances from lists: kept with the directory, the same again changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.import_people import import_lists
from registry.office import Office
from service.imported import NOTHING_IMPORTED, Imported, Misfit, read_imported, read_lists
from service.leavers import Leavers
from service.people import Organisation, People, office_of, read_organisation
from service.ports import DirectoryPerson
from tests.fakes.directory import FakeDirectory
from tests.service.house import Registry
from tests.values import KUWAIT, MAILBOX, OFFICE
from texts import say

ORGANISATION = """{
  "entity": {"id": "ministry", "ar": "وزارة", "en": "Ministry", "domains": ["ministry.example"]},
  "units": [
    {"id": "registry", "ar": "السجل", "en": "Registry", "code": "س.ع", "department": "Reg", "registry_for": ["BOX"]},
    {"id": "finance", "ar": "المالية", "en": "Finance", "code": "ش.م", "department": "Fin"}
  ]
}""".replace("BOX", MAILBOX)
UNITS = """unit,ar,en,code,department,under
budget,الميزانية,Budget,م.ز,Bud,finance
finance,الشؤون المالية,Finance,ش.م,Fin,
"""
PEOPLE_LIST = """person;unit;post;role;clearance
Huda@ministry.example;finance;مديرة الشؤون المالية;head;secret
omar@ministry.example;budget;رئيس الميزانية;head;
salem@ministry.example;registry;كاتب;member;
"""


@pytest.fixture
def organisation() -> Organisation:
    return read_organisation(ORGANISATION, [MAILBOX])


def person(who: str, department: str, manager: str | None = None, *, active: bool = True) -> DirectoryPerson:
    address = f"{who}@ministry.example"
    return DirectoryPerson(
        person_id=who, name=who, upn=address, mail=address, language_tag="ar", department=department, post="x",
        manager=manager, active=active,
    )  # fmt: skip


DIRECTORY = [person("huda", "Fin"), person("omar", "Fin"), person("salem", "Reg"), person("noura", "Reg")]


def read(organisation: Organisation, *texts: str, office: Office | None = None) -> tuple[Imported, list[Misfit]]:
    files = [(f"{n}.csv", text) for n, text in enumerate(texts)]
    return read_lists(files, NOTHING_IMPORTED, organisation.units, office or Office(entity_id="ministry"))


def test_lists_complete_what_the_directory_and_the_organisation_file_say(organisation: Organisation) -> None:
    imported, misfits = read(organisation, UNITS, PEOPLE_LIST)
    assert misfits == []
    office = office_of(organisation, DIRECTORY, KUWAIT, imported)
    assert office.units["finance"].ar == "الشؤون المالية"
    assert (office.units["budget"].head, office.units["budget"].under) == ("omar", "finance")
    assert (office.people["omar"].unit_id, office.people["omar"].post) == ("budget", "رئيس الميزانية")
    assert office.people["huda"].clearance == "secret"
    assert office.head_above("budget") == office.people["huda"]
    assert [office.people[who].clerk for who in ("salem", "noura")] == [False, True]
    assert office.units["registry"].registry_for == (MAILBOX,)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("name,age\nx,1\n", 1, "import.columns"),
        ("person,unit\n,finance\n", 2, "import.missing"),
        ("person,unit\na@x,finance\nA@x,finance\n", 3, "import.doubled"),
        ("person,unit\na@x,nowhere\n", 2, "import.no_unit"),
        ("person,unit,role\na@x,finance,king\n", 2, "import.no_role"),
        ("person,unit,clearance\na@x,finance,cosmic\n", 2, "import.no_level"),
        ("person,unit,role\na@x,finance,head\nb@x,finance,head\n", 3, "import.two_heads"),
        ("person,unit,role\na@x,,head\n", 2, "import.missing"),
        ("person,unit,role\na@x,finance,clerk\n", 2, "import.no_register"),
        ("unit,ar,en,code,department\nx,,X,x,x\n", 2, "import.missing"),
        ("unit,ar,en,code,department\nx,س,X,x,x\nx,س,X,x,y\n", 3, "import.doubled"),
        ("unit,ar,en,code,department\nregistry,س,X,other,Reg\n", 2, "import.register_code"),
        ("unit,ar,en,code,department,under\nx,س,X,x,x,nowhere\n", 2, "import.no_unit"),
        ("unit,ar,en,code,department,under\nx,س,X,x,x,y\ny,ع,Y,y,y,x\n", 2, "import.circle"),
    ],
)
def test_a_line_that_does_not_fit_is_named_with_the_reason_in_both_languages(
    organisation: Organisation, text: str, line: int, why: str
) -> None:
    _, (misfit, *_) = read(organisation, text)
    assert (misfit.line, misfit.why) == (line, why)
    for lang in ("ar", "en"):
        assert say(lang, misfit.why, **misfit.values)


def test_whoever_is_not_in_the_directory_yet_is_kept_and_said(organisation: Organisation) -> None:
    imported, (misfit,) = read(
        organisation, "person,unit\nnew@x,finance\n", office=OFFICE.__class__(entity_id="m", version=1)
    )
    assert misfit.why == "import.not_in_directory"
    assert len(imported.people) == 1


def test_what_is_kept_is_read_back_as_it_was(organisation: Organisation) -> None:
    imported, _ = read(organisation, UNITS, PEOPLE_LIST)
    assert read_imported(imported.body()) == imported
    assert read_imported(None) == NOTHING_IMPORTED


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path, OFFICE)
    yield opened
    opened.store.close()


async def test_an_import_comes_true_with_the_directory_and_again_changes_nothing(
    house: Registry, organisation: Organisation, tmp_path: Path
) -> None:
    lists = [tmp_path / "units.csv", tmp_path / "people.csv"]
    lists[0].write_text(UNITS, "utf-8-sig")
    lists[1].write_text(PEOPLE_LIST, "utf-8")
    people = People(house.store, FakeDirectory(DIRECTORY), organisation, KUWAIT)
    said, misfits = import_lists(house.store, organisation, house.clock, lists, keep=False)
    assert (misfits, house.store.read(lambda tx: tx.imported())) == ([], None)
    assert said[-1] == say("en", "import.checked")
    import_lists(house.store, organisation, house.clock, lists, keep=True)
    assert await people.refresh()
    assert house.service.office().units["budget"].head == "omar"
    said, _ = import_lists(house.store, organisation, house.clock, lists, keep=True)
    assert said[-1] == say("en", "import.same")
    assert not await people.refresh()


def test_a_file_that_cannot_be_read_is_named(house: Registry, organisation: Organisation, tmp_path: Path) -> None:
    said, (misfit,) = import_lists(house.store, organisation, house.clock, [tmp_path / "none.csv"], keep=True)
    assert misfit.why == "import.no_file"
    assert any("none.csv" in line for line in said)


async def test_what_waits_for_a_leaver_goes_to_their_successor_once(house: Registry) -> None:
    from dataclasses import replace

    from tests.values import PEOPLE

    record = await house.registered()
    left = replace(OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], active=False)})
    house.store.write(lambda tx: tx.save_office(left))
    assert await Leavers(house.store, house.taker).look() == 1
    assert await Leavers(house.store, house.taker).look() == 0
    assert house.record(record.record_id).steps[-1].cause == "leaver"


async def test_where_nearly_everybody_is_gone_at_once_nothing_is_moved(house: Registry) -> None:
    from dataclasses import replace

    from registry.commands import Refer

    record = await house.registered()
    for who in ("omar", "salem", "laila", "noura", "abdullah"):
        house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_information", to_person=who))
    nobody = {who: replace(p, active=False) for who, p in OFFICE.people.items()}
    house.store.write(lambda tx: tx.save_office(replace(OFFICE, people=nobody)))
    assert await Leavers(house.store, house.taker).look() == 0
