"""Lists in chats, what people chose for themselves, and for whom something waits."""

from dataclasses import replace
from datetime import timedelta

from registry.commands import Command, Refer, Register
from service.listed import Listed
from service.ports import Store
from service.take import Taker
from tests.values import NOON, OFFICE, forwarded, mail

A_DAY = timedelta(days=1)


def listed(token: str, person: str = "huda") -> Listed:
    return Listed(token=token, person=person, kind="", start=5, items=("a", "", "b"))


def test_a_list_is_found_by_its_token_as_it_was_kept(store: Store) -> None:
    store.write(lambda tx: tx.save_list(listed("t"), NOON, NOON))
    assert store.read(lambda tx: tx.listed("t")) == listed("t")
    assert store.read(lambda tx: tx.listed("another")) is None


def test_whoever_gets_a_list_loses_their_old_ones_and_nobody_elses(store: Store) -> None:
    def keep(token: str, person: str, days: int) -> None:
        store.write(lambda tx: tx.save_list(listed(token, person), NOON + days * A_DAY, NOON + (days - 7) * A_DAY))

    keep("old", "huda", 0)
    keep("others", "omar", 0)
    keep("newer", "huda", 2)
    keep("new", "huda", 8)
    kept = {t: store.read(lambda tx, t=t: tx.listed(t)) is not None for t in ("old", "others", "newer", "new")}
    assert kept == {"old": False, "others": True, "newer": True, "new": True}


def test_what_somebody_chose_is_theirs_and_may_be_chosen_anew(store: Store) -> None:
    assert store.read(lambda tx: tx.preference("huda", "digest")) is None
    for value in ("off", "on"):
        store.write(lambda tx, v=value: tx.save_preference("huda", "digest", v))
        assert store.read(lambda tx: tx.preference("huda", "digest")) == value
    assert store.read(lambda tx: tx.preference("omar", "digest")) is None


def test_for_whom_something_waits_since_then_is_said_once(store: Store) -> None:
    clock = [NOON]
    taker = Taker(store, lambda: clock[0])
    store.write(lambda tx: tx.save_office(OFFICE))

    def take(command: Command, minutes: int) -> None:
        clock[0] = NOON + timedelta(minutes=minutes)
        taker.take(command, key=f"test:{command}")

    take(Register(record_id="r1", mail=forwarded()), 0)
    take(Register(record_id="r2", mail=forwarded(2)), 1)
    store.write(lambda tx: tx.save_office(replace(OFFICE, rules=())))
    take(Register(record_id="r3", mail=mail(3)), 2)  # no rule sends it further: the register has it
    take(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"), 10)

    def waits(minutes: int) -> list[tuple[str | None, str]]:
        return store.read(lambda tx: tx.who_waits(NOON + timedelta(minutes=minutes)))

    assert waits(1) == []  # what Huda had first is with Omar now
    assert waits(5) == [(None, "registry"), ("huda", "")]
    assert waits(11) == [(None, "registry"), ("huda", ""), ("omar", "")]
