"""Commands taken into a store: once each, whoever presses at the same time, whatever fails between."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from registry.commands import Approve, Close, Command, NoteReplySent, Quarantine, Refer, Register
from registry.decisions import Accepted, Nothing, Refused
from registry.mail import Mail
from registry.record import Record, fold
from registry.sheet import read_entry, verify
from service.ports import SeenMail, Store, Transaction
from service.take import Chance, Taken, Taker
from store.database import Database
from store.store import SqlStore
from tests.fakes.store import AlreadyThere
from tests.values import MAILBOX, NOON, OFFICE, forwarded, mail


@pytest.fixture
def taker(store: Store) -> Taker:
    store.write(lambda tx: tx.save_office(OFFICE))
    return Taker(store, lambda: NOON)


def register(n: int = 1, **fields: object) -> Register:
    return Register(record_id=f"r{n}", mail=mail(n, **fields))


def all_records(store: Store) -> list[Record]:
    from service.ports import Wanted

    return store.read(lambda tx: tx.find(Wanted(top=10_000)))


def together(count: int, work: Callable[[int], Taken]) -> list[Taken]:
    """*count* threads that begin at the same moment."""
    start = threading.Barrier(count)

    def begin(n: int) -> Taken:
        start.wait(30)
        return work(n)

    with ThreadPoolExecutor(count) as threads:
        return [done.result() for done in [threads.submit(begin, n) for n in range(count)]]


# ---------------------------------------------------------------- once


def test_what_is_kept_is_what_was_decided(store: Store, taker: Taker) -> None:
    taken = taker.take(register(), key="k")
    stored, entries = store.read(lambda tx: (tx.record("r1"), tx.sheet("r1")))
    assert stored is not None
    assert stored.record == taken.record == fold("r1", [read_entry(e) for e in entries])
    assert stored.head_hash == entries[-1].hash
    assert verify(entries) is None
    assert len(entries) == stored.record.version == 2


def test_the_same_key_again_is_answered_with_the_record_it_was_taken_for(taker: Taker) -> None:
    first = taker.take(register(1), key="mail:1")
    again = taker.take(register(2), key="mail:1")
    assert (again.decision, again.repeated, again.effects) == (Nothing(), True, ())
    assert again.record == first.record


def test_a_key_is_kept_for_ever(store: Store) -> None:
    store.write(lambda tx: tx.save_office(OFFICE))
    Taker(store, lambda: NOON).take(register(), key="k")
    a_year_on = Taker(store, lambda: NOON + timedelta(days=366))
    assert a_year_on.take(Approve(record_id="r1", step=1, by="huda"), key="k").repeated


def test_a_refusal_keeps_no_key_no_number_and_no_trace(store: Store, taker: Taker) -> None:
    taker.take(register(1), key="m1")
    refused = taker.take(Approve(record_id="r1", step=1, by="omar"), key="press")
    assert isinstance(refused.decision, Refused)
    assert refused.record is not None
    lost = taker.take(register(2, mailbox="lost@ministry.example"), key="m2")
    assert lost.decision == Refused("register.no_register", {"mailbox": "lost@ministry.example"})
    allowed = taker.take(Approve(record_id="r1", step=1, by="huda"), key="press")
    assert isinstance(allowed.decision, Accepted)
    assert taker.take(register(3), key="m2").record.serial == 2  # type: ignore[union-attr]


def test_what_happened_before_keeps_no_key_either(store: Store, taker: Taker) -> None:
    taker.take(register(), key="m")
    close = Close(record_id="r1", step=1, by="huda", note="مكرر")
    taker.take(close, key="first")
    assert taker.take(close, key="second").decision == Nothing()
    assert store.read(lambda tx: tx.taken_for("second")) is None


def test_effects_and_tokens_stand_in_the_same_transaction(store: Store, taker: Taker) -> None:
    taker.take(register(), key="m")
    claimed = store.write(lambda tx: tx.claim("me", NOON, NOON + timedelta(minutes=1), 10))
    assert [type(c.effect).__name__ for c in claimed] == ["MarkMail", "AskAction"]
    assert store.read(lambda tx: tx.token_of("r1", 1, "huda")) is not None


def test_the_verdict_on_a_mail_is_kept_with_what_it_caused_or_not_at_all(store: Store, taker: Taker) -> None:
    def seen(item: str) -> SeenMail:
        return SeenMail(
            mailbox=MAILBOX, item_id=item, identity="i", message_id="<m>", received_at=NOON, verdict="registered"
        )

    taker.take(register(1), key="m1", seen=seen("item-1"))
    taker.take(register(2, mailbox="lost@ministry.example"), key="m2", seen=seen("item-2"))
    assert store.read(lambda tx: tx.unseen(MAILBOX, ["item-1", "item-2"])) == {"item-2"}
    assert store.read(lambda tx: tx.known(mail(identity="i"))).same_letter == "r1"


def test_message_ids_are_noted_with_the_events_that_bring_them(store: Store, taker: Taker) -> None:
    taker.take(register(), key="m")
    sent = NoteReplySent(record_id="r1", mailbox=MAILBOX, item_id="d", internet_message_id="<reply@m>")
    taker.take(sent, key="effect:9")
    assert store.read(lambda tx: tx.known(mail(9, references=("<1@audit.example>",)))).answered is not None
    assert store.read(lambda tx: tx.known(mail(9, message_id="<reply@m>"))).ours


@pytest.mark.parametrize("at", ["save", "request", "see_mail", "note_message_id", "draw"])
def test_a_crash_anywhere_in_it_leaves_nothing(
    store: Store, taker: Taker, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    transaction = store.read(type)
    honest = getattr(transaction, at)

    def crash(*args: object, **rest: object) -> None:
        honest(*args, **rest)
        raise RuntimeError("crash")

    seen = SeenMail(mailbox=MAILBOX, item_id="i", identity="x", message_id="", received_at=NOON, verdict="registered")
    with monkeypatch.context() as patched:
        patched.setattr(transaction, at, crash)
        with pytest.raises(RuntimeError):
            taker.take(register(), key="m", seen=seen)
    assert all_records(store) == []
    taken = taker.take(register(), key="m", seen=seen)
    assert taken.record is not None
    assert taken.record.serial == 1
    assert len(store.write(lambda tx: tx.claim("me", NOON, NOON + timedelta(minutes=1), 10))) == 2


# ---------------------------------------------------------------- at the same moment

_COLLEAGUES = ("omar", "salem", "laila", "noura")


def test_six_presses_of_the_same_button_are_one_decision(store: Store, taker: Taker) -> None:
    taker.take(register(), key="m")
    press = Approve(record_id="r1", step=1, by="huda")
    taken = together(6, lambda _: taker.take(press, key="press:t:approve"))
    assert sum(isinstance(t.decision, Accepted) for t in taken) == 1
    assert sum(t.repeated for t in taken) == 5
    assert {t.record.version for t in taken if t.record} == {4}
    assert len(store.read(lambda tx: tx.sheet("r1"))) == 4


def test_six_different_wishes_for_one_step_are_one_decision_and_five_answers(store: Store, taker: Taker) -> None:
    taker.take(register(), key="m")
    wishes: list[Command] = [
        Approve(record_id="r1", step=1, by="huda"),
        Close(record_id="r1", step=1, by="huda", note="مكرر"),
        *(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person=to) for to in _COLLEAGUES),
    ]
    taken = together(6, lambda n: taker.take(wishes[n], key=f"press:{n}"))
    assert sum(isinstance(t.decision, Accepted) for t in taken) == 1
    assert sum(isinstance(t.decision, Refused) for t in taken) == 5
    entries = store.read(lambda tx: tx.sheet("r1"))
    assert verify(entries) is None
    assert all_records(store)[0] == fold("r1", [read_entry(e) for e in entries])


def test_the_same_letter_in_six_hands_at_once_is_one_record(store: Store, taker: Taker) -> None:
    taken = together(6, lambda n: taker.take(register(n), key="letter"))
    assert len(all_records(store)) == 1
    assert sum(t.repeated for t in taken) == 5


def test_of_64_registrations_at_once_with_refusals_and_crashes_between_no_number_is_missing_or_given_twice(
    store: Store, taker: Taker
) -> None:
    def crashing_salt() -> str:
        raise RuntimeError("crash")

    crashing = Taker(store, lambda: NOON, Chance(new_salt=crashing_salt))

    def work(n: int) -> str:
        letter: Mail = forwarded(n) if n % 2 else mail(n)
        if n % 4 == 3:
            refused = taker.take(Register(record_id=f"x{n}", mail=mail(n, mailbox="lost@m.example")), key=f"x{n}")
            assert isinstance(refused.decision, Refused)
        if n % 5 == 4:
            with pytest.raises(RuntimeError):
                crashing.take(Register(record_id=f"c{n}", mail=letter), key=f"m{n}")
        quarantine = Quarantine(record_id=f"r{n}", mail=letter, reasons=("quarantine.encrypted",))
        command = quarantine if n % 8 == 0 else Register(record_id=f"r{n}", mail=letter)
        taken = taker.take(command, key=f"m{n}")
        assert isinstance(taken.decision, Accepted)
        return f"r{n}"

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(64)))
    serials: dict[str, list[int]] = {}
    for record in all_records(store):
        serials.setdefault(record.kind, []).append(record.serial)
    assert {kind: sorted(numbers) for kind, numbers in serials.items()} == {
        "incoming_letter": list(range(1, 57)),
        "quarantined_mail": list(range(1, 9)),
    }


def test_two_takers_of_two_instances_share_one_register(store: Store, taker: Taker, url: str) -> None:
    other_store = SqlStore(Database(url), "ministry")
    other = Taker(other_store, lambda: NOON)
    takers = [taker, other]
    taken = together(12, lambda n: takers[n % 2].take(register(n), key=f"m{n}"))
    assert sorted(t.record.serial for t in taken if t.record) == list(range(1, 13))
    other_store.close()


def test_in_one_transaction_several_commands_stand_or_fall_together(store: Store, taker: Taker) -> None:
    from service.take import Undone

    def both(tx: Transaction) -> None:
        taker.take_in(tx, register(1), key="m1")
        taker.take_in(tx, Approve(record_id="r1", step=1, by="omar"), key="p1")

    with pytest.raises(Undone) as undone:
        store.write(both)
    assert isinstance(undone.value.taken.decision, Refused)
    assert all_records(store) == []


def test_a_write_that_fails_though_nobody_waited_for_it_undoes_all_of_its_transaction(
    taker: Taker, store: Store
) -> None:
    record = taker.take(register(), key="k1").record
    assert record is not None
    entries = store.read(lambda tx: tx.sheet("r1"))

    def enter_again(tx: Transaction) -> None:
        assert tx.first_time("k2", "r1", NOON)
        tx.save(None, record, entries)

    for _ in range(2):  # whichever connection serves the second is as good as new
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError, AlreadyThere)):
            store.write(enter_again)
    assert store.write(lambda tx: tx.first_time("k2", "r1", NOON))
    assert store.read(lambda tx: tx.sheet("r1")) == entries
