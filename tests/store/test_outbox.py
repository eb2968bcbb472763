"""The outbox: lanes in order, one performer for each effect, what waits and what is stuck."""

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from registry.effects import AskAction, DraftReply, Effect, MarkMail, RefreshCard
from service.ports import Claimed, Store
from store.database import Database
from tests.values import NOON

LEASE = timedelta(seconds=60)


def ask(record: str, person: str, step: int = 1) -> AskAction:
    return AskAction(record_id=record, step=step, person=person)


def refresh(record: str, person: str, step: int = 1) -> RefreshCard:
    return RefreshCard(record_id=record, step=step, person=person)


def mark(record: str, item: str = "i") -> MarkMail:
    return MarkMail(record_id=record, mailbox="m", item_id=item)


class Outbox:
    """The outbox of a store, in few words."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._tokens = (f"token-{n}" for n in itertools.count(1))

    def request(self, *effects: Effect, at: datetime = NOON) -> None:
        self.store.write(lambda tx: tx.request(effects, 1, at, lambda: next(self._tokens)))

    def claim(self, owner: str = "a", at: datetime = NOON, limit: int = 100) -> list[Claimed]:
        return self.store.write(lambda tx: tx.claim(owner, at, at + LEASE, limit))

    def effects(self, owner: str = "a", at: datetime = NOON, limit: int = 100) -> list[Effect]:
        return [claimed.effect for claimed in self.claim(owner, at, limit)]

    def settle(self, claimed: Claimed, owner: str = "a") -> bool:
        return self.store.write(lambda tx: tx.settle(claimed.effect_id, owner, NOON))


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store)


# ---------------------------------------------------------------- lanes


def test_of_each_lane_the_first_effect_is_taken_and_the_next_only_when_it_is_done(outbox: Outbox) -> None:
    outbox.request(ask("r1", "huda"), refresh("r1", "huda"), ask("r1", "omar"), mark("r1"), ask("r2", "huda"))
    first = outbox.claim()
    assert [c.effect for c in first] == [ask("r1", "huda"), ask("r1", "omar"), mark("r1"), ask("r2", "huda")]
    assert outbox.claim("b") == []
    assert outbox.settle(first[0])
    assert outbox.effects("b") == [refresh("r1", "huda")]


def test_what_comes_later_into_a_lane_waits_behind_what_waits_there(outbox: Outbox) -> None:
    outbox.request(ask("r1", "huda"))
    [claimed] = outbox.claim()
    soon = NOON + LEASE / 2
    outbox.store.write(lambda tx: tx.postpone(claimed.effect_id, "a", soon, "busy"))
    outbox.request(refresh("r1", "huda"), ask("r1", "omar"))
    assert outbox.effects() == [ask("r1", "omar")]
    assert outbox.effects(at=soon) == [ask("r1", "huda")]


def test_a_stuck_effect_holds_its_lane_and_no_other(outbox: Outbox) -> None:
    outbox.request(mark("r1"), mark("r1", "copy"), mark("r2"))
    stuck, _ = outbox.claim()
    assert outbox.store.write(lambda tx: tx.stick(stuck.effect_id, "a", NOON, "no consent"))
    later = NOON + timedelta(days=30)
    assert outbox.effects("b", later) == [mark("r2")]
    outbox.request(ask("r1", "huda"), DraftReply(record_id="r3"))
    assert outbox.effects("b", later) == [ask("r1", "huda"), DraftReply(record_id="r3")]
    assert outbox.store.read(lambda tx: tx.stuck()) == [(stuck.effect_id, "r1", "MarkMail", "no consent")]


def test_an_effect_that_names_another_lane_waits_for_what_was_asked_there_before(
    outbox: Outbox, database: Database
) -> None:
    outbox.request(mark("r1"), ask("r1", "huda"))
    _name_after(database, "AskAction", "r1/mark")
    outbox.request(mark("r1", "copy"))  # later in that lane: not waited for
    [marking] = outbox.claim()
    assert marking.effect == mark("r1")
    assert outbox.settle(marking)
    assert set(outbox.effects("b")) == {ask("r1", "huda"), mark("r1", "copy")}


def _name_after(database: Database, kind: str, lane: str) -> None:
    statement = text('UPDATE outbox SET "after" = :lane WHERE kind = :kind')
    database.write(lambda on: on.cold.execute(statement, {"lane": lane, "kind": kind}))


def test_claiming_takes_no_more_than_it_may_and_the_longest_due_first(outbox: Outbox) -> None:
    outbox.request(mark("late"), at=NOON - timedelta(seconds=1))
    outbox.request(mark("later"), at=NOON)
    outbox.request(mark("early"), at=NOON - timedelta(minutes=5))
    assert outbox.effects(limit=2) == [mark("late"), mark("early")]  # in the order in which they were asked for
    assert outbox.effects(limit=2) == [mark("later")]


def test_nothing_is_taken_before_it_is_due(outbox: Outbox) -> None:
    outbox.request(mark("r1"), at=NOON + timedelta(seconds=1))
    assert outbox.effects() == []
    assert outbox.effects(at=NOON + timedelta(seconds=1)) == [mark("r1")]


# ---------------------------------------------------------------- leases


def test_a_lease_that_lapsed_lets_another_take_over_and_the_first_settles_no_more(outbox: Outbox) -> None:
    outbox.request(mark("r1"))
    [first] = outbox.claim("a")
    assert outbox.claim("b", NOON + LEASE - timedelta(microseconds=1)) == []
    [second] = outbox.claim("b", NOON + LEASE)
    assert (second.effect_id, first.tries, second.tries) == (first.effect_id, 1, 2)
    assert not outbox.settle(first, "a")
    assert not outbox.store.write(lambda tx: tx.stick(first.effect_id, "a", NOON, "late"))
    outbox.store.write(lambda tx: tx.postpone(first.effect_id, "a", NOON, "late"))
    assert outbox.settle(second, "b")
    assert not outbox.settle(second, "b")


def test_a_postponed_effect_is_free_again_when_it_is_due_and_counts_its_tries(outbox: Outbox) -> None:
    outbox.request(mark("r1"))
    for tries in (1, 2, 3):
        at = NOON + tries * LEASE
        [claimed] = outbox.claim("a", at)
        assert claimed.tries == tries
        outbox.store.write(lambda tx, c=claimed, due=at + LEASE: tx.postpone(c.effect_id, "a", due, "x" * 9_999))  # type: ignore[misc]
        assert outbox.claim("b", at) == []


def test_when_the_next_effect_is_due_is_known(outbox: Outbox) -> None:
    def due() -> datetime | None:
        return outbox.store.read(lambda tx: tx.next_due_at())

    assert due() is None
    outbox.request(mark("r1"), at=NOON + timedelta(seconds=5))
    assert due() == NOON + timedelta(seconds=5)
    outbox.request(mark("r2"))
    assert due() == NOON
    [claimed] = outbox.claim()
    assert due() == NOON + timedelta(seconds=5)
    assert outbox.settle(claimed)
    outbox.claim(at=NOON + timedelta(seconds=5))
    assert due() == NOON + timedelta(seconds=5) + LEASE


def test_what_waits_behind_another_in_its_lane_is_not_due_however_long_ago_it_was_asked_for(outbox: Outbox) -> None:
    """Otherwise whoever looks for due effects would be rung for what nobody can take."""

    def due() -> datetime | None:
        return outbox.store.read(lambda tx: tx.next_due_at())

    outbox.request(mark("r1"), mark("r1", "copy"))
    [claimed] = outbox.claim()
    assert due() == NOON + LEASE
    later = NOON + timedelta(minutes=10)
    outbox.store.write(lambda tx: tx.postpone(claimed.effect_id, "a", later, "throttled"))
    assert due() == later
    [claimed] = outbox.claim(at=later)
    outbox.store.write(lambda tx: tx.stick(claimed.effect_id, "a", later, "no consent"))
    assert due() is None


def test_among_several_threads_each_effect_is_handed_to_one(outbox: Outbox) -> None:
    outbox.request(*(mark(f"r{n}") for n in range(40)), *(ask(f"r{n}", "huda") for n in range(40)))
    outbox.request(*(refresh(f"r{n}", "huda") for n in range(40)))
    taken: Counter[int] = Counter()
    lanes: list[str] = []
    lock, start = threading.Lock(), threading.Barrier(4)

    def work(owner: str) -> None:
        start.wait(30)
        idle = 0
        while idle < 3:
            claimed = outbox.claim(owner, limit=3)
            idle = idle + 1 if not claimed else 0
            for each in claimed:
                with lock:
                    taken[each.effect_id] += 1
                    lanes.append(f"{each.effect.lane}:{type(each.effect).__name__}")
                assert outbox.settle(each, owner)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, f"w{n}") for n in range(4)]:
            done.result()
    for claimed in outbox.claim("last"):  # a thread may have stopped while another held the lane's first
        taken[claimed.effect_id] += 1
        lanes.append(f"{claimed.effect.lane}:{type(claimed.effect).__name__}")
    assert len(taken) == 120
    assert set(taken.values()) == {1}
    for n in range(40):
        assert lanes.index(f"r{n}/huda:AskAction") < lanes.index(f"r{n}/huda:RefreshCard")


# ---------------------------------------------------------------- hastening


def test_what_waits_for_a_person_s_chat_is_hastened_and_nobody_else_s(outbox: Outbox) -> None:
    later = NOON + timedelta(hours=1)
    outbox.request(ask("r1", "huda"), refresh("r1", "huda"), ask("r2", "huda"), ask("r1", "omar"), mark("r1"), at=later)
    outbox.request(ask("r3", "HUDA"), ask("r3", "xhuda"), ask("r3", "h%"), at=later)
    assert outbox.store.write(lambda tx: tx.hasten("huda", NOON)) == 3
    assert outbox.effects() == [ask("r1", "huda"), ask("r2", "huda")]


def test_a_name_with_wildcards_hastens_itself_alone(outbox: Outbox) -> None:
    later = NOON + timedelta(hours=1)
    outbox.request(ask("r1", "h_da"), ask("r1", "huda"), ask("r1", "%"), at=later)
    assert outbox.store.write(lambda tx: tx.hasten("h_da", NOON)) == 1
    assert outbox.store.write(lambda tx: tx.hasten("%", NOON)) == 1


def test_who_is_met_again_gets_what_was_stuck_for_want_of_a_chat(outbox: Outbox) -> None:
    outbox.request(ask("r1", "huda"))
    [claimed] = outbox.claim()
    outbox.store.write(lambda tx: tx.stick(claimed.effect_id, "a", NOON, "the bot is blocked"))
    assert outbox.store.write(lambda tx: tx.hasten("huda", NOON)) == 1
    [again] = outbox.claim("b")
    assert (again.effect_id, again.tries) == (claimed.effect_id, 1)
    assert outbox.store.read(lambda tx: tx.stuck()) == []


def test_what_somebody_works_on_just_now_is_left_to_them(outbox: Outbox) -> None:
    outbox.request(ask("r1", "huda"))
    [claimed] = outbox.claim()
    assert outbox.store.write(lambda tx: tx.hasten("huda", NOON)) == 0
    assert outbox.claim("b") == []
    assert outbox.settle(claimed)


# ---------------------------------------------------------------- tokens


def test_a_card_has_one_token_however_often_it_is_asked_for(outbox: Outbox) -> None:
    outbox.request(ask("r1", "huda"))
    outbox.request(ask("r1", "huda"), ask("r1", "omar"), ask("r1", "huda", step=2))

    def token(step: int, person: str) -> str | None:
        return outbox.store.read(lambda tx: tx.token_of("r1", step, person))

    assert token(1, "huda") == "token-1"
    assert len({token(1, "huda"), token(1, "omar"), token(2, "huda")}) == 3
    asked = outbox.store.read(lambda tx: tx.asked("token-1"))
    assert asked is not None
    assert (asked.record_id, asked.step, asked.person, asked.version) == ("r1", 1, "huda", 1)
    assert outbox.store.read(lambda tx: tx.asked("TOKEN-1")) is None
