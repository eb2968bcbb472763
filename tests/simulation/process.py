################################################################
# One process of the product: its real parts over the shared store, until it is killed
################################################################
#
# Rule 1: a process dies at a call or a transaction, before it or after it; what it began is left as it is.
# Rule 2: jobs are those of functions/work.py, made of the same parts; a queue's message that fails is tried again.

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.handlers import Bot
from registry.errors import Unavailable
from service.annexes import Annexes
from service.deliveries import Deliveries
from service.handed import HandedFiles
from service.intake import Intake
from service.letters import Letters
from service.perform import Performer
from service.ports import Store
from service.reconcile import Reconciler
from service.service import Service
from service.statement import Statements
from service.subscribe import Subscriber
from service.take import Chance, Taker
from tests.fakes.downloads import FakeDownloads
from tests.simulation.outside import Outside, Reached
from tests.simulation.weather import Killed, Weather
from tests.values import KUWAIT

LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class Parts:
    """Of what a process is made. A negative control gives a broken one in its place."""

    store: Callable[[Store], Any] = lambda store: store
    taker: Callable[..., Taker] = Taker
    intake: Callable[..., Intake] = Intake
    performer: Callable[..., Performer] = Performer
    reconciler: Callable[..., Reconciler] = Reconciler
    counts: bool = True  # whether the day is counted, and so healed, before it is over
    finds_drafts: bool = True
    asks_again: bool = True  # for a mail that comes without its end


class MortalStore:
    """The store as a process reaches it: it may die before and after every transaction."""

    def __init__(self, inner: Any, process: "Process") -> None:
        self._inner, self._process = inner, process

    def write[T](self, work: Callable[[Any], T]) -> T:
        weather = self._process.weather
        self._process.breathe("before a transaction")

        def witnessed(tx: Any) -> T:
            worked = work(tx)
            self._process.breathe("in a transaction")
            if weather.strikes("database down", 0.3):
                raise Unavailable("the database: down")
            return worked

        result: T = self._inner.write(witnessed)
        self._process.breathe("after a transaction")
        if weather.strikes("commit unanswered", 0.2):
            raise Unavailable("the database: the commit was not answered")
        return result

    def read[T](self, work: Callable[[Any], T]) -> T:
        self._process.breathe("before a read")
        result: T = self._inner.read(work)
        return result

    def close(self) -> None:
        self._inner.close()


class Process:
    """An instance of the product. `dead` once it was killed."""

    def __init__(
        self,
        name: str,
        store: Store,
        rng: Random,
        weather: Weather,
        clock: Callable[[], datetime],
        outside: Outside,
        parts: Parts,
    ) -> None:
        self.name, self.rng, self.weather, self.dead = name, rng, weather, False
        self.died_at = ""
        self._mortal = "crash" in weather.rates  # asked two thousand times a day
        skew = timedelta()
        if "clock skew" in weather.rates:
            weather.struck["clock skew"] += 1
            skew = timedelta(seconds=rng.uniform(-12, 12))
        self.clock = lambda: clock() + skew
        self.store = MortalStore(parts.store(store), self)
        chance = Chance(
            new_salt=lambda: f"{rng.getrandbits(128):032x}",
            new_token=lambda: f"{rng.getrandbits(96):024x}",
            new_id=lambda: f"r-{rng.getrandbits(64):016x}",
        )
        boxes: Any = {address: self._reached(box, outside.wire) for address, box in outside.boxes.items()}
        self.taker = parts.taker(self.store, self.clock, chance)
        self.service = Service(self.store, self.taker, self.clock)
        self.intake = parts.intake(
            self.store, self.taker, self.clock, self._reached(outside.archive), boxes, owner=name, lease_s=LEASE_S
        )
        self.performer = parts.performer(
            self.store,
            self.taker,
            self.clock,
            owner=name,
            mailboxes=boxes,
            chats=self._reached(outside.chats),
            installs=self._reached(outside.installs),
            annexes=Annexes(self._reached(outside.archive), self._reached(outside.shared)),
            letters=Letters(self.store, self._reached(outside.archive), boxes),
            lease_s=LEASE_S,
        )
        self.subscriber = Subscriber(
            self.store, self._reached(outside.subscriptions, outside.wire), self.clock, list(boxes)
        )
        self.reconciler = parts.reconciler(self.store, self.intake, self.clock, boxes, KUWAIT)
        archive = self._reached(outside.archive)
        deliveries = Deliveries(self.store, self.taker, self.clock, self._reached(outside.archive))
        handed = HandedFiles(self._reached(outside.archive), FakeDownloads())
        self.bot = Bot(self._reached(outside.chats), self.service, deliveries, handed)
        self.statements = Statements(self.store, archive, self.reconciler, self.clock, KUWAIT)

    def _reached(self, part: Any, weather: Weather | None = None) -> Any:
        return Reached(part, weather or self.weather, self.breathe)

    def breathe(self, where: str) -> None:
        """Go on living, or not."""
        if self.dead:
            raise Killed(self.name)
        if self._mortal and self.weather.strikes("crash", 0.02):
            self.dead, self.died_at = True, where
            raise Killed(self.name)

    def effects_due(self) -> bool:
        due_at = self.store.read(lambda tx: tx.next_due_at())
        return due_at is not None and due_at <= self.clock()
