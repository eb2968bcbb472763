"""What holds for all instances together: places that are taken in turn, pauses that nobody shortens."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service.ports import Turns
from store.store import SqlStore
from tests.values import NOON

MOST = 4
STRETCH = timedelta(seconds=10)


def take(store: SqlStore, owner: str, wanted: int, after_s: float = 0, scope: str = "m") -> Turns:
    now = NOON + timedelta(seconds=after_s)
    return store.write(lambda tx: tx.take_turns(scope, owner, wanted, MOST, now, now + STRETCH))


def test_all_together_never_have_more_places_than_there_are(store: SqlStore) -> None:
    assert take(store, "a", 3) == Turns(3, rung=False)
    assert take(store, "b", 3) == Turns(1, rung=False)
    assert take(store, "c", 1).held == 0
    assert take(store, "c", 1, scope="another").held == 1


def test_what_one_lets_go_of_is_anothers(store: SqlStore) -> None:
    take(store, "a", 3)
    assert take(store, "a", 1).held == 1
    assert take(store, "b", 4).held == 3
    assert take(store, "a", 0).held == 0
    assert take(store, "b", 4).held == 4


def test_a_place_is_kept_as_long_as_it_is_asked_for_anew(store: SqlStore) -> None:
    take(store, "a", 4)
    assert take(store, "a", 4, 9).held == 4
    assert take(store, "b", 1, 18).held == 0


def test_the_places_of_one_who_never_came_back_are_free_when_their_stretch_is_over(store: SqlStore) -> None:
    take(store, "dead", 4)
    assert take(store, "b", 2, 9.9).held == 0
    assert take(store, "b", 2, 10).held == 2
    assert take(store, "dead", 4, 10).held == 2  # it was not dead after all


def test_whoever_has_places_learns_once_that_somebody_waits(store: SqlStore) -> None:
    take(store, "a", 4)
    take(store, "b", 1)
    assert take(store, "a", 4, 1) == Turns(4, rung=True)
    assert take(store, "a", 4, 2) == Turns(4, rung=False)


def test_many_at_once_share_what_there_is(store: SqlStore) -> None:
    ready = threading.Barrier(8)

    def come(number: int) -> int:
        ready.wait(20)
        return take(store, f"owner-{number}", 2).held

    with ThreadPoolExecutor(8) as several:
        assert sum(several.map(come, range(8))) == MOST


def test_a_pause_is_never_shortened_and_is_forgotten_when_it_is_over(store: SqlStore) -> None:
    def pause(scope: str, for_s: float) -> None:
        store.write(lambda tx: tx.pause(scope, NOON + timedelta(seconds=for_s)))

    pause("m", 2.5)
    pause("n", 1)
    pause("m", 0.5)
    assert store.read(lambda tx: tx.pauses(NOON)) == {
        "m": NOON + timedelta(seconds=2.5),
        "n": NOON + timedelta(seconds=1),
    }
    pause("m", 600)
    assert store.read(lambda tx: tx.pauses(NOON + timedelta(seconds=1))) == {"m": NOON + timedelta(seconds=600)}
