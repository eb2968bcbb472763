"""Delegations are kept beside their sheets, and the office carries those that are not over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.delegation import Delegation
from registry.delegation_sheet import DELEGATION_EVENTS, Delegated, DelegationEnded, evolve_delegation
from registry.events import Event
from registry.sheet import FIRST_PREV_HASH, read_entry, verify, write_entry
from service.ports import Store
from tests.values import NOON, OFFICE, PEOPLE, changed

WEEK = timedelta(days=7)
DELEGATED = Delegated(
    at=NOON,
    by="huda",
    from_person="huda",
    to_person="salem",
    starts=NOON,
    until=NOON + WEEK,
    secrecy="restricted",
    kinds=("incoming_letter",),
    may_pass_on=True,
    post="finance",
    order="ق 12/2026",
    note="إجازة",
)


def save(store: Store, delegation_id: str, event: Event) -> Delegation:
    def work(tx) -> Delegation:  # type: ignore[no-untyped-def]
        kept = tx.delegation(delegation_id)
        before = kept.delegation if kept is not None else None
        after = evolve_delegation(delegation_id, before, event)
        head = kept.head_hash if kept is not None else FIRST_PREV_HASH
        tx.save_delegation(after, [write_entry(delegation_id, after.version, event, head, lambda: "0" * 32)], event.at)
        assert tx.office().delegations == ((after,) if after.is_open else ())
        return after

    return store.write(work)


def test_a_delegation_is_kept_as_it_is_and_the_office_has_a_new_version_by_it(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    made = save(store, "d1", DELEGATED)
    office, kept = store.read(lambda tx: (tx.office(), tx.delegation("d1")))
    assert (office.version, office.delegations) == (2, (made,))
    assert kept is not None
    assert kept.delegation == made
    salem = office.person("salem")
    assert salem is not None
    assert [s.for_person for s in salem.stands_for] == ["huda"]


def test_what_is_over_is_kept_and_the_office_carries_it_no_more(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    save(store, "d1", DELEGATED)
    over = save(store, "d1", DelegationEnded(at=NOON, by="huda", why="revoked", note="عدت"))
    office, lines = store.read(lambda tx: (tx.office(), tx.sheet("d1")))
    assert office.delegations == ()
    assert store.read(lambda tx: tx.delegations_of("salem", 10)) == [over]
    assert verify(lines) is None
    assert [type(read_entry(line, DELEGATION_EVENTS)).__name__ for line in lines] == ["Delegated", "DelegationEnded"]


def test_reading_the_directory_anew_changes_no_delegation(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    made = save(store, "d1", DELEGATED)
    assert not store.write(lambda tx: tx.save_office(OFFICE))
    assert store.write(lambda tx: tx.save_office(changed(OFFICE, omar=replace(PEOPLE["omar"], name="عمر"))))
    assert store.read(lambda tx: tx.office()).delegations == (made,)


def test_what_is_not_over_is_listed_first_then_the_newest(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    for number in ("d1", "d2"):
        save(store, number, DELEGATED) if number == "d1" else store.write(lambda tx: None)
    save(store, "d1", DelegationEnded(at=NOON, by="huda", why="revoked", note=None))
    save(store, "d2", DELEGATED)
    assert [d.delegation_id for d in store.read(lambda tx: tx.delegations_of("huda", 10))] == ["d2", "d1"]
    assert [d.delegation_id for d in store.read(lambda tx: tx.delegations_of("huda", 1))] == ["d2"]
    assert store.read(lambda tx: tx.delegations_of("omar", 10)) == []


def test_a_line_that_is_already_there_is_refused(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    save(store, "d1", DELEGATED)
    line = write_entry("d1", 1, DELEGATED, FIRST_PREV_HASH, lambda: "0" * 32)
    with pytest.raises(Exception):  # noqa: B017 - each store has its own
        store.write(lambda tx: tx.save_delegation(evolve_delegation("d1", None, DELEGATED), [line], NOON))
    assert len(store.read(lambda tx: tx.sheet("d1"))) == 1


def test_what_was_imported_is_kept_until_the_next_import(store: Store) -> None:
    assert store.read(lambda tx: tx.imported()) is None
    for body in ("{}", '{"units": []}'):
        store.write(lambda tx, said=body: tx.save_imported(said, NOON))
        assert store.read(lambda tx: tx.imported()) == body
