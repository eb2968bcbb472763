################################################################
# A day of a small registry, from its seed
################################################################
#
# Rule 1: everything that happens follows from the seed: letters, presses, faults, deaths, and who comes first.
# Rule 2: after the day comes calm: no fault strikes any more, and what is due is done. Then the laws must hold.
# Rule 3: the story tells what happened in the order in which it did, for whoever replays a seed.

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from registry.errors import TarasulError
from service.ports import Subscribed, Wanted
from service.reconcile import DayCount
from tests.fakes.mailbox import Reply
from tests.simulation import letters
from tests.simulation.kept import InMemory, InSql, Kept
from tests.simulation.outside import Outside, Truth
from tests.simulation.people import People
from tests.simulation.process import Parts, Process
from tests.simulation.virtual import VirtualLoop, run
from tests.simulation.weather import Killed, Weather
from tests.values import MAILBOX

DAWN = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # eight o'clock in Kuwait
DAY_S = 2_400.0  # a registry's day without the hours in which nothing happens
LETTERS, COMMANDS = 20, 120
IN_SQL = 40  # every so many days one is kept by the real store's SQL
BY_BOT = 5  # every so many days people press through the bot, as Teams' channel calls it
_CALM_S = 3 * 3_600.0  # what is not at rest after so long never will be

type Job = Callable[[Process], Awaitable[object]]


class Day:
    """One day. `lived` is its story; `outside`, `store` and `weather` can be looked at when it is over."""

    def __init__(
        self,
        seed: int,
        parts: Parts | None = None,
        only: tuple[str, ...] | None = None,
        *,
        in_sql: bool | None = None,
    ) -> None:
        self.seed, self.parts = seed, parts or Parts()
        self.rng = Random(seed)
        self.weather = self._weather(only)
        self._told: list[tuple[float, str]] = []
        self._now = 0.0, DAWN
        self.kept: Kept = InSql() if (seed % IN_SQL == 0 if in_sql is None else in_sql) else InMemory()
        self.store = self.kept.store()
        self.office = letters.office()
        self.store.write(lambda tx: tx.save_office(self.office))
        self.counts: list[DayCount] = []
        self.statement: dict[str, Any] | None = None
        self.unhealed: set[tuple[str, str]] = set()  # what lay there unjudged when the closed day was counted
        self.deaths = self.presses = 0
        self.unanswered_of_dead = 0  # answers that came to nobody, at most: what the dead had under way
        self.unanswered: list[str] = []  # presses that were answered with something else than a card or a sentence
        self.people = People(self, by_bot=seed % BY_BOT == 0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: VirtualLoop
        self.outside: Outside
        self.processes: list[Process] = []

    def live(self) -> "Day":
        """From dawn until all is at rest."""
        level, chance = logging.root.manager.disable, random.getstate()
        logging.disable(logging.CRITICAL)
        random.seed(self.seed)  # the product's own: by how much it spreads its waits
        try:
            run(self._new_loop(Random(self.seed + 1)), self._live)
        finally:
            logging.disable(level)
            random.setstate(chance)
        return self

    async def _live(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.outside = await self._open()
        self.people.introduce_early()
        self.processes = [self._new_process("A"), self._new_process("B")]
        self._plan()
        timers = []
        for seconds, work in ((30, self._bell), (300, self._keep), (600, self._round), (600, self._count)):
            timers.append(self.spawn(self._every(seconds, work)))
        await asyncio.sleep(DAY_S)
        self._clear_up(True)
        self.tell("calm")
        await self._come_to_rest()
        for timer in timers:
            timer.cancel()
        await self._close_the_day()

    # ------------------------------------------------------------ what another kind of day has otherwise

    def _weather(self, only: tuple[str, ...] | None) -> Weather:
        return Weather.of(self.rng, only)

    def _new_loop(self, rng: Random) -> VirtualLoop:
        return VirtualLoop(rng)

    async def _open(self) -> Outside:
        """The world outside, which is there before anybody of ours is."""
        outside = Outside(self.rng, self.weather, self.now, self.people.introduced)
        for box in outside.boxes.values():
            box.finds_drafts, box.asks_again = self.parts.finds_drafts, self.parts.asks_again
            box.sent_out = self._comes_back
        return outside

    def _clear_up(self, fair: bool) -> None:
        self.weather.fair = fair

    # ------------------------------------------------------------ time and story

    def now(self) -> datetime:
        at_s, now = self._now
        if at_s != self._loop.now_s:
            now = DAWN + timedelta(seconds=self._loop.now_s)
            self._now = self._loop.now_s, now
        return now

    def tell(self, what: str) -> None:
        self._told.append((self._loop.now_s, what))

    @property
    def story(self) -> list[str]:
        return [f"{DAWN + timedelta(seconds=at_s):%H:%M:%S.%f}"[:-3] + f"  {what}" for at_s, what in self._told]

    def spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def at(self, seconds: float, work: Callable[[], object]) -> None:
        self._loop.call_later(seconds, work)

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            work()
            await asyncio.sleep(seconds)

    # ------------------------------------------------------------ processes and their jobs

    def _new_process(self, name: str) -> Process:
        return Process(name, self.kept.store(), self.rng, self.weather, self.now, self.outside, self.parts)

    def alive(self) -> Process | None:
        for died_unseen in [p for p in self.processes if p.dead]:  # in what runs beside its job, such as a lease kept
            self.bury(died_unseen)
        alive = list(self.processes)
        return self.rng.choice(alive) if alive else None

    def ring(self, what: str, job: Job, tries: int = 0) -> None:
        """Put a message in a queue: it comes at least once."""
        if tries == 0 and self.weather.strikes("queue loses"):
            return
        delay = self.rng.random() * (60 if self.weather.strikes("queue late") else 0.2)
        for _ in range(2 if self.weather.strikes("queue doubles") else 1):
            self.at(delay, lambda: self.spawn(self._deliver(what, job, tries)))
            delay += self.rng.random() * 5

    async def _deliver(self, what: str, job: Job, tries: int) -> None:
        process = self.alive()
        again_s = 5.0
        if process is not None:
            try:
                await job(process)
                return
            except Killed:
                self.bury(process)
                again_s = 30.0
            except TarasulError as error:
                self.tell(f"{process.name} {what}: {type(error).__name__} {error}")
        if tries < 5:
            self.at(again_s, lambda: self.ring(what, job, tries + 1))

    def bury(self, process: Process) -> None:
        """Somebody else comes up in place of a process that died."""
        if process not in self.processes:
            return
        self.processes.remove(process)
        self.deaths += 1
        self.unanswered_of_dead += self.kept.held_by(process.name)
        self.tell(f"{process.name} died {process.died_at}")
        name = f"{process.name[0]}{self.deaths}"
        self.at(self.rng.uniform(1, 20), lambda: self.processes.append(self._new_process(name)))

    def visit(self, mailbox: str) -> None:
        async def job(process: Process) -> None:
            done = await process.intake.visit(mailbox)
            if done.taken:
                self.perform()

        self.ring(f"visits {mailbox.partition('@')[0]}", job)

    def perform(self) -> None:
        async def job(process: Process) -> None:
            await process.performer.perform_due()
            if process.effects_due():
                self.perform()

        self.ring("performs", job)

    def _once(self, what: str, job: Job) -> None:
        """A timer's job: done by one process, and never tried again."""
        self.spawn(self._deliver(what, job, 9))

    def _bell(self) -> None:
        async def job(process: Process) -> None:
            if process.effects_due():
                self.perform()

        self._once("looks for effects", job)

    def _keep(self) -> None:
        async def job(process: Process) -> None:
            await process.intake.folders.look()
            for mailbox in await process.subscriber.keep():
                self.visit(mailbox)

        self._once("keeps subscriptions", job)

    def _round(self) -> None:
        for mailbox in self.outside.boxes:
            self.visit(mailbox)

    def _count(self) -> None:
        async def job(process: Process) -> None:
            for day in await asyncio.to_thread(process.reconciler.days_due):
                await process.reconciler.count(day)
            if process.effects_due():
                self.perform()

        if self.parts.counts:
            self._once("counts", job)

    # ------------------------------------------------------------ what happens outside

    def _plan(self) -> None:
        for due in letters.plan(self.rng, LETTERS, DAY_S):
            self.at(due.at_s, lambda d=due: self._arrive(d.mailbox, d.raw, d.letter, d.must_be))
        for _ in range(COMMANDS):
            self.at(self.rng.uniform(60, DAY_S), self.people.somebody_presses)
        for _ in range(self.people.writing):
            self.at(self.rng.uniform(60, DAY_S), self.people.somebody_writes)
        for kind, work in (
            ("410 delta", lambda: self._box().kill_cursors()),
            ("delta replays", self._replay),
            ("id changes", lambda: self._to_some_mail(self.outside.rename, "gets another id")),
            ("mail moved", lambda: self._to_some_mail(self.outside.move, "is put in another folder")),
            ("mail deleted", lambda: self._to_some_mail(self.outside.delete, "is deleted")),
            ("subscription lost", self._lose_subscription),
            ("reauthorization", self._ask_for_authorization),
            ("app removed", self.people.remove_app),
        ):
            if kind in self.weather.rates:
                for _ in range(self.rng.randint(1, 4)):
                    self.at(self.rng.uniform(0, DAY_S), lambda k=kind, w=work: self._happens(k, w))
        for _ in range(3):
            self.at(self.rng.uniform(DAY_S * 0.4, DAY_S), self._somebody_answers)

    def _happens(self, kind: str, work: Callable[[], object]) -> None:
        self.weather.struck[kind] += 1
        self.tell(kind)
        work()

    def _box(self) -> Any:
        return self.rng.choice(list(self.outside.boxes.values()))

    def _arrive(self, mailbox: str, raw: bytes, letter: str, must_be: frozenset[str]) -> Truth:
        truth = self.outside.arrive(mailbox, raw, letter, must_be)
        self.tell(f"{letter} arrives at {mailbox.partition('@')[0]} as {truth.ids[0]}")
        self._notify(mailbox)
        return truth

    def _notify(self, mailbox: str) -> None:
        alive = self.outside.subscriptions.alive(mailbox)
        if not alive:
            return
        if "notifications silent" in self.weather.rates and not self.weather.fair:
            self.weather.struck["notifications silent"] += 1
            return
        if self.weather.strikes("notification missed", 3):
            for subscription_id in alive:
                self.life(mailbox, subscription_id, "missed")
            return
        if self.weather.strikes("notification lost", 3):
            return
        delay = self.rng.uniform(0, 400) if self.weather.strikes("notification late", 3) else self.rng.random()
        for _ in range(3 if self.weather.strikes("notification doubled", 3) else 1):
            self.at(delay, lambda: self.visit(mailbox))
            delay += self.rng.random() * 10

    def _replay(self) -> None:
        box = self._box()
        for item_id in list(box.items):
            box.touch(item_id)

    def _to_some_mail(self, work: Callable[[Truth], object], what: str) -> None:
        there = [t for t in self.outside.truths if not t.deleted]
        if there:
            truth = self.rng.choice(there)
            self.tell(f"{truth.letter} {what} ({truth.ids[0]})")
            work(truth)

    def _lose_subscription(self) -> None:
        """Graph ends a subscription, and says so to the door for lifecycle events."""
        known = self.outside.subscriptions.known
        if known:
            lost = known.pop(self.rng.choice(list(known)))
            self.life(lost.mailbox, lost.subscription_id, "subscriptionRemoved")

    def _ask_for_authorization(self) -> None:
        """Graph wants a subscription renewed at once; one that is not, ends."""
        known = self.outside.subscriptions.known
        if known:
            asked = known[self.rng.choice(list(known))]
            self.life(asked.mailbox, asked.subscription_id, "reauthorizationRequired")
            self.at(300, lambda: self._end_if_unchanged(asked))

    def _end_if_unchanged(self, asked: Subscribed) -> None:
        known = self.outside.subscriptions.known
        if known.get(asked.subscription_id) == asked:
            del known[asked.subscription_id]

    def life(self, mailbox: str, subscription_id: str, event: str) -> None:
        """A lifecycle event of a subscription: what it demands is done, and the mailbox visited."""
        if self.weather.strikes("lifecycle lost", 3):
            return

        async def job(process: Process) -> None:
            await process.subscriber.hear(subscription_id, event)
            await process.intake.visit(mailbox)
            self.perform()

        self.at(self.rng.uniform(1, 60), lambda: self.ring(f"hears {event}", job))

    def _somebody_answers(self) -> None:
        """A reply from outside to a letter that is registered."""
        records = self.store.read(lambda tx: tx.find(Wanted(top=50)))
        fits = [r for r in records if r.rules.listed and r.source.internet_message_id and not r.reasons]
        if fits:
            record = self.rng.choice(fits)
            number = 9_000 + len(self.outside.truths)
            raw = letters.answer(number, record.source.internet_message_id)
            self._arrive(record.source.mailbox, raw, f"A{number}", frozenset({"reply"}))

    def _comes_back(self, reply: Reply) -> None:
        """A reply of ours was sent to a list on which the other mailbox stands."""
        if self.rng.random() < 0.4:
            box = self._box()
            raw = letters.mail(None, MAILBOX, subject="رد", text=reply.html, message_id=reply.message_id, key=reply.key)
            self.at(self.rng.random(), lambda: self._arrive(box.address, raw, f"O{reply.item_id}", frozenset({"ours"})))

    # ------------------------------------------------------------ the end of the day

    async def _come_to_rest(self) -> None:
        """Let time pass until everything that came was judged and everything that is due was done."""
        end = self._loop.now_s + _CALM_S
        self._round()
        while self._loop.now_s < end:
            await asyncio.sleep(120)
            self.perform()
            if self._loop.now_s > DAY_S + 700 and not self._waiting() and not self._unjudged():
                return

    async def _close_the_day(self) -> None:
        """What the register says of the day when it is over: in the night, in its weather, and in the morning."""
        self.unhealed = {(m, i) for m in self.outside.boxes for i in self.outside.there(m)} - self._judged()
        over = self.now().astimezone(self.office.zone).replace(hour=1, minute=5) + timedelta(days=1)
        await asyncio.sleep((over - self.now()).total_seconds())
        self.day = over.date() - timedelta(days=1)
        self._clear_up(False)
        for _ in range(4):
            self._state()
            await asyncio.sleep(300)
        self._clear_up(True)
        await asyncio.sleep(60)
        self._state()
        await asyncio.sleep(6 * 3_600)
        for _ in range(3):
            self.perform()
            await asyncio.sleep(600)
        process = self._new_process("Z")
        self.statement = await process.statements.of(self.day)
        self.counts = await process.reconciler.count(self.day)

    def _state(self) -> None:
        async def job(process: Process) -> None:
            for day in await asyncio.to_thread(process.reconciler.days_due):
                await process.reconciler.count(day)
            await process.statements.state_due()

        self.ring("states the day", job)
        self.ring("states the day as well", job)

    def _waiting(self) -> bool:
        return any(state == "waiting" for _, _, state, _ in self.kept.undone())

    def _judged(self) -> set[tuple[str, str]]:
        return {(s.mailbox, s.item_id) for s in self.kept.seen() if s.verdict not in ("gone", "shown")}

    def _unjudged(self) -> bool:
        judged = self._judged()
        return any((m, i) not in judged for m in self.outside.boxes for i in self.outside.there(m))
