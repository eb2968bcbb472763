"""What our own tables lost: a verdict whose record is not there, or not whole."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from registry.commands import Register
from service.ports import SeenMail, Store
from service.take import Taker
from store.store import SqlStore
from tests.fakes.store import FakeStore
from tests.values import MAILBOX, NOON, OFFICE, mail


def registered(store: Store, number: int) -> str:
    letter = mail(number)
    seen = SeenMail(
        mailbox=MAILBOX,
        item_id=letter.item_id,
        identity=letter.identity,
        message_id=letter.message_id,
        received_at=NOON,
        verdict="registered",
    )
    Taker(store, lambda: NOON).take(Register(record_id=f"r{number}", mail=letter), key=f"letter:{number}", seen=seen)
    return f"r{number}"


@pytest.fixture(autouse=True)
def office(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))


def lost(store: Store) -> list[str]:
    return store.read(lambda tx: tx.lost(MAILBOX, NOON, NOON + timedelta(seconds=1)))


def lose(store: Store, what: str) -> None:
    """Take the record r1, or the first line of its sheet, out of the tables."""
    if isinstance(store, SqlStore):
        also = " AND seq = 1" if what == "events" else ""
        store.database.write(lambda on: on.cold.execute(text(f"DELETE FROM {what} WHERE record_id = 'r1'{also}")))
    elif isinstance(store, FakeStore) and what == "events":
        store.tables.events["r1"] = store.tables.events["r1"][1:]
    elif isinstance(store, FakeStore):
        del store.tables.records["r1"]


@pytest.mark.parametrize("what", ["records", "events"])
def test_a_record_that_is_not_there_or_not_whole_is_lost(store: Store, what: str) -> None:
    registered(store, 1), registered(store, 2)
    assert lost(store) == []
    lose(store, what)
    assert lost(store) == ["r1"]


def test_the_heads_of_a_stretch_are_those_of_the_records_that_changed_in_it(store: Store) -> None:
    registered(store, 2), registered(store, 1)
    kept = {r: store.read(lambda tx, r=r: tx.record(r)) for r in ("r1", "r2")}
    told = [(r, k.record.version, k.head_hash) for r, k in sorted(kept.items()) if k is not None]
    assert store.read(lambda tx: tx.heads(NOON, NOON + timedelta(seconds=1))) == told
    assert len(told) == 2
    assert store.read(lambda tx: tx.heads(NOON - timedelta(days=1), NOON)) == []
    assert store.read(lambda tx: tx.heads(NOON + timedelta(seconds=1), NOON + timedelta(days=1))) == []


def test_of_a_record_that_is_gone_everything_is_forgotten_and_of_another_nothing(store: Store) -> None:
    registered(store, 1), registered(store, 2)
    lose(store, "records")
    store.write(lambda tx: tx.forget_lost(["r1", "r2"]))
    assert lost(store) == []
    assert store.read(lambda tx: tx.unseen(MAILBOX, ["item-1", "item-2"])) == {"item-1"}
    assert store.read(lambda tx: tx.sheet("r1")) == []
    assert len(store.read(lambda tx: tx.sheet("r2"))) == 2
