"""Records are found by words, numbers, state, holder and reader; page by page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import Approve, Command, Quarantine, Refer, Register
from registry.decisions import Accepted
from registry.record import Record
from service.ports import Store, Wanted
from service.take import Taker
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.fakes.store import FakeStore
from tests.store.conftest import DATABASES, MEMORY
from tests.values import ANNEX, AUDIT, NOON, OFFICE, forwarded, mail


@pytest.fixture(scope="module", params=[*DATABASES, MEMORY])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Seven records, one taken each minute: see the list."""
    store: Store
    if request.param == MEMORY:
        store = FakeStore("ministry")
    elif request.param == "sqlite":
        store = SqlStore(Database(stores.sqlite_url(tmp_path_factory.mktemp("found"))), "ministry")
    else:
        store = SqlStore(Database(stores.postgres_url(request.getfixturevalue("postgres"))), "ministry")
    store.write(lambda tx: tx.save_office(OFFICE))
    now = [NOON]
    taker = Taker(store, lambda: now[0])
    commands: list[Command] = [
        Register(record_id="r1", mail=mail(1, subject="أجهزة حاسوب")),
        Register(record_id="r2", mail=mail(2, subject="العقد رقم ٧", sender=replace(AUDIT, name="شركة الأفق"))),
        Register(record_id="r3", mail=forwarded(3, parts=(ANNEX,))),
        Register(record_id="r4", mail=mail(4, subject="سري: كشف الرواتب")),
        Quarantine(record_id="q1", mail=mail(5, subject="مشفر"), reasons=("quarantine.encrypted",)),
        Register(record_id="r5", mail=mail(6, subject="100%_خصم")),
        Register(record_id="r6", mail=mail(7, subject="أجهزة طباعة")),
        Approve(record_id="r5", step=1, by="huda"),
        Refer(record_id="r1", step=1, by="huda", asked="for_information", to_person="salem"),
        Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"),
    ]
    for n, command in enumerate(commands):
        assert isinstance(taker.take(command, key=f"k{n}").decision, Accepted)
        now[0] += timedelta(minutes=1)
    yield store
    store.close()


def find(store: Store, **wanted: object) -> list[str]:
    return [r.record_id for r in store.read(lambda tx: tx.find(Wanted(**wanted)))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("اجهزه", ["r1", "r6"]),
        ("أجهزة طباعة", ["r6"]),
        ("طباعه أجهزة", ["r6"]),  # every word, in any order
        ("رقم 7", ["r2"]),
        ("الافق", ["r2"]),
        ("كشف المستندات", ["r3"]),
        ("س.ع/و/3/2026", ["r3"]),
        ("100%_", ["r5"]),
        ("100%", ["r5"]),
        ("1000", []),
        ("%", ["r5"]),
        ("لا شيء", []),
    ],
)
def test_words_are_found_however_they_were_typed(filled: Store, typed: str, found: list[str]) -> None:
    assert sorted(find(filled, search=typed)) == found


def test_records_come_with_the_newest_change_first_or_last(filled: Store) -> None:
    assert find(filled) == ["r1", "r5", "r6", "q1", "r4", "r3", "r2"]
    assert find(filled, oldest_first=True) == list(reversed(find(filled)))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": "quarantined_mail"}, ["q1"]),
        ({"listed_kinds": ("incoming_letter",), "status": "closed"}, ["r5"]),
        ({"listed_kinds": ("incoming_letter",)}, ["r1", "r2", "r3", "r4", "r5", "r6"]),
        ({"kind": "quarantined_mail", "listed_kinds": ("incoming_letter",)}, ["q1"]),
        ({"status": "in_action"}, ["r1", "r2", "r3", "r6"]),
        ({"serial": 1}, ["q1", "r1"]),
        ({"serial": 3, "year": 2026}, ["r3"]),
        ({"serial": 3, "year": 2025}, []),
        ({"updated_since": NOON + timedelta(minutes=6)}, ["r1", "r5", "r6"]),
        ({"holder": "huda"}, ["r3", "r6"]),
        ({"holder": "omar"}, ["r1"]),
        ({"holder": "salem"}, []),  # a copy for information is nobody's turn
        ({"holder": "HUDA"}, []),
        ({"holder": "noura", "holder_unit": "registry"}, ["q1", "r4"]),
        ({"holder_unit": "finance"}, []),  # what a person holds by name is not the unit's register's
        ({"reader": "salem"}, ["r1"]),
        ({"reader": "huda"}, ["r1", "r3", "r5", "r6"]),
        ({"reader": "ghost"}, []),
        ({"reader": "abdullah", "reader_unit": "registry"}, ["q1", "r1", "r2", "r3", "r4", "r5", "r6"]),
        ({"reader": "huda", "search": "أجهزة"}, ["r1", "r6"]),
    ],
)
def test_what_is_asked_for_narrows_what_is_found(filled: Store, wanted: dict[str, object], found: list[str]) -> None:
    assert sorted(find(filled, **wanted)) == found


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("top", [1, 2, 3, 7, 8])
def test_page_by_page_everything_is_shown_once(filled: Store, top: int, oldest_first: bool) -> None:
    shown: list[str] = []
    after = None
    while True:
        wanted = Wanted(top=top, after=after, oldest_first=oldest_first)
        page: list[Record] = filled.read(lambda tx, w=wanted: tx.find(w))  # type: ignore[misc]
        if not page:
            break
        shown += [r.record_id for r in page]
        after = (f"{page[-1].updated_at:%Y-%m-%dT%H:%M:%S.%fZ}", page[-1].record_id)
    assert shown == find(filled, oldest_first=oldest_first)


def test_records_of_one_instant_are_paged_without_loss(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    taker = Taker(store, lambda: NOON)
    for n in range(5):
        taker.take(Register(record_id=f"r{n}", mail=mail(n)), key=f"k{n}")
    first = find(store, top=3)
    rest = find(store, top=3, after=("2026-11-21T09:00:00.000000Z", first[-1]))
    assert sorted(first + rest) == [f"r{n}" for n in range(5)]


def test_another_entity_s_records_are_not_found(filled: Store) -> None:
    other = SqlStore(filled.database, "other") if isinstance(filled, SqlStore) else FakeStore("other")
    assert find(other) == find(other, search="أجهزة") == []
    assert other.read(lambda tx: (tx.record("r1"), tx.sheet("r1"))) == (None, [])
