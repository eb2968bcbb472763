"""People and units are kept as they are, with a version that rises when something changed."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from registry.office import Office, Person, ReferralRule, Unit
from service.ports import Store
from store.database import Database
from store.store import SqlStore
from tests.values import OFFICE, PEOPLE, changed


def save(store: Store, office: Office) -> bool:
    return store.write(lambda tx: tx.save_office(office))


def kept(store: Store) -> Office:
    return store.read(lambda tx: tx.office())


def test_an_entity_of_which_nothing_is_known_has_an_empty_office(store: Store) -> None:
    assert kept(store) == Office(entity_id="ministry")


def test_an_office_is_kept_with_everything_in_it(store: Store) -> None:
    assert save(store, OFFICE)
    assert kept(store) == replace(OFFICE, version=1)


def test_saving_the_same_again_makes_no_new_version(store: Store) -> None:
    save(store, OFFICE)
    assert not save(store, OFFICE)
    assert not save(store, replace(OFFICE, version=99))
    assert kept(store).version == 1


def test_whatever_changed_is_kept_and_the_version_rises(store: Store) -> None:
    save(store, OFFICE)
    omar = replace(PEOPLE["omar"], name="عمر", active=False, clearance="secret", language="ar", unit_id="legal")
    fatma = Person(person_id="fatma", name="فاطمة", clerk=True)
    steps = [
        changed(OFFICE, omar=omar),
        changed(OFFICE, omar=omar, fatma=fatma),
        replace(OFFICE, people={}),
        replace(
            OFFICE, units={"u": Unit(unit_id="u", ar="و", en="U", code="u", head="x", registry_for=("a@b", "c@d"))}
        ),
        replace(OFFICE, units={}, zone=ZoneInfo("Asia/Riyadh"), domains=(), names={"ar": "أ"}),
        replace(OFFICE, rules=(ReferralRule(rule="r", any_words=(), unit="u", asked="for_action"),)),
    ]
    for version, office in enumerate(steps, start=2):
        assert save(store, office)
        assert kept(store) == replace(office, version=version)


def test_people_whose_ids_differ_in_case_alone_are_two(store: Store) -> None:
    save(store, changed(OFFICE, OMAR=replace(PEOPLE["omar"], person_id="OMAR", name="آخر")))
    office = kept(store)
    assert (office.people["omar"].name, office.people["OMAR"].name) == (PEOPLE["omar"].name, "آخر")


def test_every_store_on_the_same_database_sees_the_newest_office(database: Database) -> None:
    one, other = SqlStore(database, "ministry"), SqlStore(database, "ministry")
    save(one, OFFICE)
    assert kept(other).version == 1
    save(other, changed(OFFICE, omar=replace(PEOPLE["omar"], post="مراقب")))
    assert kept(one).people["omar"].post == "مراقب"


def test_an_office_is_read_from_its_tables_once_for_each_version(store: Store) -> None:
    save(store, OFFICE)
    assert kept(store) is kept(store)


def test_a_decision_sees_the_office_of_its_own_transaction(store: Store) -> None:
    save(store, OFFICE)
    renamed = changed(OFFICE, omar=replace(PEOPLE["omar"], name="عمر"))
    assert store.write(lambda tx: (tx.save_office(renamed), tx.office().people["omar"].name)) == (True, "عمر")


def test_an_office_that_was_not_kept_after_all_is_not_remembered(store: Store) -> None:
    save(store, OFFICE)

    def save_and_fail(tx: object) -> None:
        tx.save_office(changed(OFFICE, omar=replace(PEOPLE["omar"], name="خطأ")))  # type: ignore[attr-defined]
        tx.office()  # type: ignore[attr-defined]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(save_and_fail)
    save(store, changed(OFFICE, omar=replace(PEOPLE["omar"], name="صواب")))
    assert kept(store).people["omar"].name == "صواب"
