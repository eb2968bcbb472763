"""A transaction is kept whole or not at all, whoever else is at work."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text

from registry.errors import Unavailable
from registry.numbers import Series
from service.ports import Store, Transaction
from store.database import Connected, Database
from store.store import SqlStore
from tests.values import NOON
from tests.waiting import until

SERIES = Series("ministry", "registry", "incoming_letter", 2026)


class OnPurpose(Exception):
    """Raised in the middle of a transaction."""


def draw(store: Store, series: Series = SERIES) -> int:
    return store.write(lambda tx: tx.draw(series))


def drawing_then_failing(tx: Transaction) -> None:
    tx.draw(SERIES)
    tx.first_time("k", "r1", NOON)
    tx.save_cursor("m", "inbox", "link", NOON)
    raise OnPurpose


def test_what_was_written_is_there_for_the_next_one(store: Store) -> None:
    assert [draw(store) for _ in range(3)] == [1, 2, 3]


def test_an_exception_undoes_all_of_it_and_is_carried_out(store: Store) -> None:
    with pytest.raises(OnPurpose):
        store.write(drawing_then_failing)
    assert store.read(lambda tx: tx.cursor("m", "inbox")) is None
    assert store.write(lambda tx: tx.first_time("k", "r1", NOON))
    assert draw(store) == 1


def test_a_number_is_drawn_once_for_each_entity_unit_kind_and_year(store: Store) -> None:
    others = [
        Series("ministry", "secret", "incoming_letter", 2026),
        Series("ministry", "registry", "quarantined_mail", 2026),
        Series("ministry", "registry", "incoming_letter", 2027),
    ]
    assert [draw(store, series) for series in [SERIES, *others, SERIES]] == [1, 1, 1, 1, 2]


def test_a_number_that_was_reserved_is_never_drawn_and_none_is_given_twice(store: Store) -> None:
    store.write(lambda tx: tx.reserve(SERIES, 7))
    assert draw(store) == 8
    store.write(lambda tx: tx.reserve(SERIES, 3))
    assert draw(store) == 9


def test_two_entities_in_one_database_know_nothing_of_each_other(database: Database) -> None:
    ours, theirs = SqlStore(database, "ministry"), SqlStore(database, "other")
    ours.write(lambda tx: tx.save_cursor("m", "inbox", "link", NOON))
    assert draw(ours) == draw(theirs) == 1
    assert theirs.read(lambda tx: tx.cursor("m", "inbox")) is None
    assert ours.write(lambda tx: tx.first_time("k", "r1", NOON))
    assert theirs.write(lambda tx: tx.first_time("k", "r1", NOON))


def test_a_fact_is_taken_for_one_record_for_ever(store: Store) -> None:
    assert store.write(lambda tx: tx.first_time("mail:1", "r1", NOON))
    assert not store.write(lambda tx: tx.first_time("mail:1", "r2", NOON))
    assert store.read(lambda tx: (tx.taken_for("mail:1"), tx.taken_for("mail:2"))) == ("r1", None)


def test_keys_and_ids_that_differ_in_case_alone_differ(store: Store) -> None:
    def first_time(key: str) -> bool:
        return store.write(lambda tx: tx.first_time(key, "r1", NOON))

    assert [first_time(key) for key in ("AAMk=", "aamk=", "AAMk=")] == [True, True, False]


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        store.read(lambda tx: tx.draw(SERIES))
    assert draw(store) == 1


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(store: Store) -> None:
    def looking(tx: Transaction) -> tuple[str | None, str | None]:
        before = tx.cursor("m", "inbox")
        threading.Thread(target=lambda: store.write(lambda w: w.save_cursor("m", "inbox", "new", NOON))).start()
        until(lambda: store.read(lambda other: other.cursor("m", "inbox")) == "new")
        return before, tx.cursor("m", "inbox")

    store.write(lambda tx: tx.save_cursor("m", "inbox", "old", NOON))
    assert store.read(looking) == ("old", "old")
    assert store.read(lambda tx: tx.cursor("m", "inbox")) == "new"


def test_of_many_writers_at_once_each_gets_its_own_outcome_and_one_may_fail_alone(store: Store) -> None:
    def work(n: int) -> Callable[[Transaction], int]:
        def draw(tx: Transaction) -> int:
            drawn = tx.draw(SERIES)
            if n % 3 == 0:
                raise OnPurpose
            tx.save_cursor(f"m{n}", "inbox", str(drawn), NOON)
            return drawn

        return draw

    with ThreadPoolExecutor(16) as threads:
        outcomes: list[Future[int]] = [threads.submit(store.write, work(n)) for n in range(60)]
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome.exception(), OnPurpose)]
    drawn = {n: outcome.result() for n, outcome in enumerate(outcomes) if outcome.exception() is None}
    assert failed == list(range(0, 60, 3))
    assert sorted(drawn.values()) == list(range(1, 41))
    kept = store.read(lambda tx: {n: tx.cursor(f"m{n}", "inbox") for n in drawn})
    assert kept == {n: str(number) for n, number in drawn.items()}


def test_a_database_that_fails_is_unavailable_in_our_own_words(store: Store, database: Database) -> None:
    for run in (database.read, database.write):
        with pytest.raises(Unavailable):
            run(_asks_what_is_not_there_by_driver if database.engine.dialect.name == "sqlite" else _is_cut_off)
    assert draw(store) == 1


def test_a_cold_question_that_fails_is_unavailable_as_well(store: Store, database: Database) -> None:
    statement = "SELECT * FROM nowhere" if database.engine.dialect.name == "sqlite" else _CUT_OFF

    def ask(connected: Connected) -> None:
        connected.cold.execute(text(statement))

    with pytest.raises(Unavailable):
        database.read(ask)
    assert draw(store) == 1


_CUT_OFF = "SELECT pg_terminate_backend(pg_backend_pid())"


def _asks_what_is_not_there_by_driver(connected: Connected) -> None:
    connected.driver.execute("SELECT * FROM nowhere")


def _is_cut_off(connected: Connected) -> None:
    connected.driver.execute(_CUT_OFF)


def test_who_writes_after_closing_is_told_and_does_not_wait_for_ever(url: str) -> None:
    database = Database(url)
    store = SqlStore(database, "ministry")
    assert draw(store) == 1
    store.close()
    store.close()
    if database.engine.dialect.name == "sqlite":
        with pytest.raises(Unavailable):
            draw(store)
    reopened = SqlStore(Database(url), "ministry")
    assert draw(reopened) == 2
    reopened.close()
