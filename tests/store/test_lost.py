"""What our own tables lost: a verdict whose record is not there, or not whole."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from registry.commands import Register
from service.ports import SeenMail
from service.take import Taker
from store.store import SqlStore
from tests.values import MAILBOX, NOON, OFFICE, mail


def registered(store: SqlStore, number: int) -> str:
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
def office(store: SqlStore) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))


def lost(store: SqlStore) -> list[str]:
    return store.read(lambda tx: tx.lost(MAILBOX, NOON, NOON + timedelta(seconds=1)))


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM records WHERE record_id = 'r1'", "DELETE FROM events WHERE record_id = 'r1' AND seq = 1"],
)
def test_a_record_that_is_not_there_or_not_whole_is_lost(store: SqlStore, statement: str) -> None:
    registered(store, 1), registered(store, 2)
    assert lost(store) == []
    store.database.write(lambda on: on.cold.execute(text(statement)))
    assert lost(store) == ["r1"]


def test_of_a_record_that_is_gone_everything_is_forgotten_and_of_another_nothing(store: SqlStore) -> None:
    registered(store, 1), registered(store, 2)
    store.database.write(lambda on: on.cold.execute(text("DELETE FROM records WHERE record_id = 'r1'")))
    store.write(lambda tx: tx.forget_lost(["r1", "r2"]))
    assert lost(store) == []
    assert store.read(lambda tx: tx.unseen(MAILBOX, ["item-1", "item-2"])) == {"item-1"}
    assert store.read(lambda tx: tx.sheet("r1")) == []
    assert len(store.read(lambda tx: tx.sheet("r2"))) == 2
