################################################################
# Everything comes several times: notifications, queue messages, presses
################################################################
#
# Rule 1: what Graph, a queue or Teams delivers comes one to five times, at once, a little later, up to thirty days
#         later; copies that come at the same instant run at the same time.
# Rule 2: they come to the product's own doors, over its real database. Time is a number here.
# Rule 3: of a press every answer is kept, with the version of its record before and after.

import asyncio
import heapq
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import azure.functions as func
import pytest

import app.settings
import app.wiring
from bot.handlers import Bot
from functions import messages, notifications, work
from graph.notifications import client_state
from service.annexes import Annexes
from service.deliveries import Deliveries
from service.handed import HandedFiles
from service.intake import Intake
from service.letters import Letters
from service.perform import Performer
from service.ports import Transaction
from service.service import Service
from service.take import Taker
from store.database import Database
from store.store import SqlStore
from tests.acceptance.small_office import Office, Press, at_rest, wrong
from tests.fakes.chats import FakeTeams
from tests.fakes.downloads import FakeDownloads
from tests.fakes.shared_files import FakeSharedFiles
from tests.values import MAILBOX, NOON, OFFICE
from texts import LANGUAGES, say

KEY = "k" * 43
AT_ONCE, LATER_S = 0.0, (5.0, 60.0, 3_600.0, 14_400.0, 86_400.0, 30 * 86_400.0)
BETWEEN_LETTERS_S = 600.0
READ_S = (20.0, 86_400.0)  # how long a person takes
TIMER_S = 301.0
_SETTINGS = {
    "AZURE_TENANT_ID": "c0ffee00-1111-4222-8333-444455556666",
    "AZURE_CLIENT_ID": "c0ffee00-1111-4222-8333-444455556667",
    "REGISTRY_MAILBOXES": MAILBOX,
    "GRAPH_CLIENT_STATE": KEY,
    "PUBLIC_URL": "https://tarasul.example",
    "ORGANISATION": "{}",
}


# When the card was drawn, which it says where something is still open: the one thing that may differ.
_AS_OF = re.compile("|".join(say(lang, "card.as_of", when="then") for lang in LANGUAGES).replace("then", "[^\u2069]*"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press was answered, and the version of its record just before and just after."""

    body: str
    before: int
    after: int


@dataclass
class Doubled:
    """What came of it."""

    facts: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    letters: int = 0
    compared: int = 0  # answers that were held against others
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        facts = ", ".join(f"{times} {kind}" for kind, times in self.facts.items())
        return (
            f"{self.facts.total()} facts ({facts}) in {self.deliveries} deliveries, {self.letters} letters: "
            f"{len(self.wrong)} lost, doubled or answered otherwise; {self.compared} answers compared"
        )


class _Put:
    """Where a door puts its messages."""

    def __init__(self) -> None:
        self.value: list[str] = []

    def set(self, value: list[str]) -> None:
        self.value = value


class _House:
    """The house as the doors ask for it: the product's parts, over a clock of ours."""

    def __init__(self, store: Any, outside: Office) -> None:
        clock, parts = outside.clock, {MAILBOX: outside.box}
        taker = Taker(store, clock)
        self.store, self.service = store, Service(store, taker, clock)
        deliveries = Deliveries(store, taker, clock, outside.archive)
        self.bot = Bot(FakeTeams(), self.service, deliveries, HandedFiles(outside.archive, FakeDownloads()))
        self.intake = Intake(store, taker, clock, outside.archive, parts, owner="house")
        self.performer = Performer(
            store,
            taker,
            clock,
            owner="house",
            mailboxes=parts,
            chats=outside.chats,
            installs=outside,
            annexes=Annexes(outside.archive, FakeSharedFiles()),
            letters=Letters(store, outside.archive, parts),
        )
        self._clock = clock

    async def office_known(self) -> None: ...

    async def drive_rang(self, rang: str) -> int | None:
        return None  # there are mailboxes alone

    def effects_due(self) -> bool:
        due_at = self.store.read(lambda tx: tx.next_due_at())
        return due_at is not None and due_at <= self._clock()


class Keyless:
    """A store in which nothing is remembered by its key: a control."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self.read = store, store.read

    def write[T](self, work: Callable[[Any], T]) -> T:
        return self._store.write(lambda tx: work(_Forgetful(tx)))


class _Forgetful:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def first_time(self, *_: object) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class World:
    """A register in the database *url*, and everything that happens to it. *twist*: a store that was broken."""

    def __init__(self, url: str, seed: int, twist: Callable[[SqlStore], Any] = lambda store: store) -> None:
        self._rng, self._now_s = Random(seed), 0.0
        self.store = SqlStore(Database(url), OFFICE.entity_id)
        self.office = Office(self._rng, self._clock, (0, 1, 2, 3))
        self.house = _House(twist(self.store), self.office)
        self.found = Doubled()
        self._order = itertools.count()
        self._due: list[tuple[float, int, str, Any]] = []
        self._answers: defaultdict[str, list[Answer]] = defaultdict(list)

    def _clock(self) -> datetime:
        return NOON + timedelta(seconds=self._now_s)

    async def run(self, letters: int) -> Doubled:
        """Let so many letters come and go their way; and judge."""
        self.store.write(lambda tx: tx.save_office(OFFICE))
        for number in range(letters):
            self._at(number * BETWEEN_LETTERS_S, "letter", None)
        while self._due or not at_rest(self.store):
            if self._due:
                await self._next_instant()
            else:
                self._now_s += TIMER_S
                await self._deliver("ring_for_effects", None)
        found = self.found
        found.letters = self.office.came
        found.wrong = [*wrong(self.store, self.office), *self._answered_otherwise()]
        self.store.close()
        return found

    def _at(self, at_s: float, kind: str, fact: Any) -> None:
        heapq.heappush(self._due, (at_s, next(self._order), kind, fact))

    def _happens(self, kind: str, fact: Any, in_s: float = 0.0) -> None:
        """A fact is delivered in so many seconds, and up to four times more."""
        self.found.facts[kind] += 1
        self._at(self._now_s + in_s, kind, fact)
        for _ in range(self._rng.randint(0, 4)):
            later_s = AT_ONCE if self._rng.random() < 0.5 else self._rng.choice(LATER_S)
            self._at(self._now_s + in_s + later_s, kind, fact)

    def _somebody_presses(self, press: Press) -> None:
        """After they have read what is there."""
        self._happens("press", press, self._rng.uniform(*READ_S))

    async def _next_instant(self) -> None:
        """Everything that is due at the next instant, all at once."""
        self._now_s = max(self._now_s, self._due[0][0])
        together = []
        while self._due and self._due[0][0] <= self._now_s:
            _, _, kind, fact = heapq.heappop(self._due)
            together.append(self._deliver(kind, fact))
        await asyncio.gather(*together)

    async def _deliver(self, kind: str, fact: Any) -> None:
        put = _Put()
        self.found.deliveries += kind not in ("letter", "ring_for_effects")
        match kind:
            case "letter":
                self.office.arrives()
                self._happens("notification", f"{self.office.came}")
            case "notification":
                item = {"clientState": client_state(KEY, MAILBOX, 1), "subscriptionId": "s", "resource": fact}
                answer = notifications.receive_notifications(_posted({"value": [item]}), put)
                assert answer.status_code == 202
                self._rung("intake", put)
            case "intake":
                again = _Put()
                await work.look_into_mailbox(func.QueueMessage(body=fact.encode()), put, again)
                self._rung("effects", put)
                self._rung("intake", again)
            case "effects":
                await work.perform_effects(func.QueueMessage(body=fact.encode()), put)
                self._rung("effects", put)
            case "ring_for_effects":
                work.ring_for_effects(None, put)
                self._rung("effects", put)
            case _:
                await self._press(fact)
        for press in self.office.pressing:
            self._somebody_presses(press)
        for activity in self.office.told:
            self._happens("installed", activity)
        self.office.pressing.clear()
        self.office.told.clear()

    async def _press(self, fact: Any) -> None:
        put, press = _Put(), fact if isinstance(fact, Press) else None
        before = self._version(press)
        answer = await messages.receive_activity(_posted(fact if press is None else press.activity), put)
        assert answer.status_code == 200
        self._rung("effects", put)
        if press is None:
            return
        first = press.activity_id not in self._answers
        self._answers[press.activity_id].append(Answer(answer.get_body().decode(), before, self._version(press)))
        if first:
            for following in press.then:
                self._somebody_presses(following)

    def _rung(self, queue: str, put: _Put) -> None:
        for text in put.value:
            self._happens(queue, text)

    def _version(self, press: Press | None) -> int:
        if press is None:
            return 0
        asked = self.store.read(lambda tx: tx.asked(press.token))
        assert asked is not None
        stored = self.store.read(lambda tx: tx.record(asked.record_id))
        assert stored is not None
        return stored.record.version

    def _answered_otherwise(self) -> list[str]:
        """Presses whose answers differ though their record was the same."""
        found = []
        for activity_id, answers in self._answers.items():
            said: defaultdict[int, set[str]] = defaultdict(set)
            for answer in answers:
                if "adaptive" not in json.loads(answer.body)["type"]:
                    found.append(f"{activity_id} was answered {answer.body[:200]}")
                if answer.before == answer.after:
                    said[answer.after].add(_AS_OF.sub("", answer.body))
                    self.found.compared += 1
            found += [
                f"{activity_id}: {len(bodies)} answers to one press" for bodies in said.values() if len(bodies) > 1
            ]
        return found


def _posted(body: Any) -> func.HttpRequest:
    return func.HttpRequest("POST", "https://tarasul.example/api", body=json.dumps(body).encode(), params={})


@contextmanager
def opened(world: World) -> Iterator[World]:
    """The doors lead into this world's house."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _SETTINGS.items():
            patch.setenv(name, value)
        app.settings.settings.cache_clear()
        patch.setattr(app.wiring, "house", lambda: world.house)
        try:
            yield world
        finally:
            app.settings.settings.cache_clear()


async def doubled(url: str, letters: int, *, seed: int = 1448, **how: Any) -> Doubled:
    """Let *letters* go their way, everything delivered one to five times. *how*: see World."""
    with opened(World(url, seed, **how)) as world:
        return await world.run(letters)
