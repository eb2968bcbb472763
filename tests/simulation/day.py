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

from registry.commands import Acknowledge, Annotate, Approve, Close, Command, Complete, Refer, Return
from registry.decisions import Accepted, Refused
from registry.errors import TarasulError, Unavailable
from registry.vocabulary import ASKED_FROM_CARDS, Verb
from service.ports import CardView, Conversation, Wanted
from service.reconcile import DayCount
from store.store import SqlStore
from tests.fakes.mailbox import Reply
from tests.simulation import letters
from tests.simulation.memory import MemoryDatabase
from tests.simulation.outside import Outside, Truth
from tests.simulation.process import MemoryHold, Parts, Process
from tests.simulation.virtual import VirtualLoop, run
from tests.simulation.weather import Killed, Weather
from tests.values import MAILBOX

DAWN = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # eight o'clock in Kuwait
DAY_S = 2_400.0  # a registry's day without the hours in which nothing happens
LETTERS, COMMANDS = 20, 120
_CALM_S = 3 * 3_600.0  # what is not at rest after so long never will be

type Job = Callable[[Process], Awaitable[object]]


class Day:
    """One day. `lived` is its story; `outside`, `store` and `weather` can be looked at when it is over."""

    def __init__(self, seed: int, parts: Parts | None = None, only: tuple[str, ...] | None = None) -> None:
        self.seed, self.parts = seed, parts or Parts()
        self.rng = Random(seed)
        self.weather = Weather.of(self.rng, only)
        self.story: list[str] = []
        MemoryHold.database = MemoryDatabase()
        self.store = SqlStore(MemoryHold.database, "ministry")  # type: ignore[arg-type]
        self.office = letters.office()
        self.store.write(lambda tx: tx.save_office(self.office))
        self.counts: list[DayCount] = []
        self.statement: dict[str, Any] | None = None
        self.unhealed: set[tuple[str, str]] = set()  # what lay there unjudged when the closed day was counted
        self.deaths = self.presses = self.accepted = 0
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
            run(Random(self.seed + 1), self._live)
        finally:
            logging.disable(level)
            random.setstate(chance)
        return self

    async def _live(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.outside = Outside(self.rng, self.weather, self.now, self._introduced)
        for box in self.outside.boxes.values():
            box.finds_drafts = self.parts.finds_drafts
            box.sent_out = self._comes_back
        self._introduce_early()
        self.processes = [self._new_process("A"), self._new_process("B")]
        self._plan()
        timers = []
        for seconds, work in ((30, self._bell), (300, self._keep), (600, self._round), (600, self._count)):
            timers.append(self._spawn(self._every(seconds, work)))
        await asyncio.sleep(DAY_S)
        self.weather.fair = True
        self.tell("calm")
        await self._come_to_rest()
        for timer in timers:
            timer.cancel()
        await self._close_the_day()

    # ------------------------------------------------------------ time and story

    def now(self) -> datetime:
        return DAWN + timedelta(seconds=self._loop.now_s)

    def tell(self, what: str) -> None:
        self.story.append(f"{self.now():%H:%M:%S.%f}"[:-3] + f"  {what}")

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _at(self, seconds: float, work: Callable[[], object]) -> None:
        self._loop.call_later(seconds, work)

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            work()
            await asyncio.sleep(seconds)

    # ------------------------------------------------------------ processes and their jobs

    def _new_process(self, name: str) -> Process:
        return Process(name, self.rng, self.weather, self.now, self.outside, self.parts)

    def _alive(self) -> Process | None:
        alive = [p for p in self.processes if not p.dead]
        return self.rng.choice(alive) if alive else None

    def ring(self, what: str, job: Job, tries: int = 0) -> None:
        """Put a message in a queue: it comes at least once."""
        if tries == 0 and self.weather.strikes("queue loses"):
            return
        delay = self.rng.random() * (60 if self.weather.strikes("queue late") else 0.2)
        for _ in range(2 if self.weather.strikes("queue doubles") else 1):
            self._at(delay, lambda: self._spawn(self._deliver(what, job, tries)))
            delay += self.rng.random() * 5

    async def _deliver(self, what: str, job: Job, tries: int) -> None:
        process = self._alive()
        again_s = 5.0
        if process is not None:
            try:
                await job(process)
                return
            except Killed:
                self._bury(process)
                again_s = 30.0
            except TarasulError as error:
                self.tell(f"{process.name} {what}: {type(error).__name__} {error}")
        if tries < 5:
            self._at(again_s, lambda: self.ring(what, job, tries + 1))

    def _bury(self, process: Process) -> None:
        """Somebody else comes up in place of a process that died."""
        if process not in self.processes:
            return
        self.processes.remove(process)
        self.deaths += 1
        self.tell(f"{process.name} died {process.died_at}")
        name = f"{process.name[0]}{self.deaths}"
        self._at(self.rng.uniform(1, 20), lambda: self.processes.append(self._new_process(name)))

    def _visit(self, mailbox: str) -> None:
        async def job(process: Process) -> None:
            done = await process.intake.visit(mailbox)
            if done.taken:
                self._perform()

        self.ring(f"visits {mailbox.partition('@')[0]}", job)

    def _perform(self) -> None:
        async def job(process: Process) -> None:
            await process.performer.perform_due()
            if process.effects_due():
                self._perform()

        self.ring("performs", job)

    def _once(self, what: str, job: Job) -> None:
        """A timer's job: done by one process, and never tried again."""
        self._spawn(self._deliver(what, job, 9))

    def _bell(self) -> None:
        async def job(process: Process) -> None:
            if process.effects_due():
                self._perform()

        self._once("looks for effects", job)

    def _keep(self) -> None:
        async def job(process: Process) -> None:
            await process.intake.folders.look()
            for mailbox in await process.subscriber.keep():
                self._visit(mailbox)

        self._once("keeps subscriptions", job)

    def _round(self) -> None:
        for mailbox in self.outside.boxes:
            self._visit(mailbox)

    def _count(self) -> None:
        async def job(process: Process) -> None:
            for day in await asyncio.to_thread(process.reconciler.days_due):
                await process.reconciler.count(day)
            if process.effects_due():
                self._perform()

        if self.parts.counts:
            self._once("counts", job)

    # ------------------------------------------------------------ what happens outside

    def _plan(self) -> None:
        for due in letters.plan(self.rng, LETTERS, DAY_S):
            self._at(due.at_s, lambda d=due: self._arrive(d.mailbox, d.raw, d.letter, d.must_be))
        for _ in range(COMMANDS):
            self._at(self.rng.uniform(60, DAY_S), self._somebody_presses)
        for kind, work in (
            ("410 delta", lambda: self._box().kill_cursors()),
            ("delta replays", self._replay),
            ("id changes", lambda: self._to_some_mail(self.outside.rename, "gets another id")),
            ("mail moved", lambda: self._to_some_mail(self.outside.move, "is put in another folder")),
            ("mail deleted", lambda: self._to_some_mail(self.outside.delete, "is deleted")),
            ("subscription lost", self._lose_subscription),
            ("app removed", self._remove_app),
        ):
            if kind in self.weather.rates:
                for _ in range(self.rng.randint(1, 4)):
                    self._at(self.rng.uniform(0, DAY_S), lambda k=kind, w=work: self._happens(k, w))
        for _ in range(3):
            self._at(self.rng.uniform(DAY_S * 0.4, DAY_S), self._somebody_answers)

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
        if not self.outside.subscriptions.alive(mailbox):
            return
        silent = "notifications silent" in self.weather.rates and not self.weather.fair
        if silent or self.weather.strikes("notification lost", 3):
            return
        delay = self.rng.uniform(0, 400) if self.weather.strikes("notification late", 3) else self.rng.random()
        for _ in range(3 if self.weather.strikes("notification doubled", 3) else 1):
            self._at(delay, lambda: self._visit(mailbox))
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
        known = self.outside.subscriptions.known
        if known:
            known.pop(self.rng.choice(list(known)))

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
            self._at(
                self.rng.random(), lambda: self._arrive(box.address, raw, f"O{reply.item_id}", frozenset({"ours"}))
            )

    # ------------------------------------------------------------ Teams

    def _introduce_early(self) -> None:
        for person in self.office.people:
            if "chat unknown" not in self.weather.rates or self.rng.random() < 0.5:
                self.outside.chats.apps.add(person)
                self.outside.installs.installed.append(person)
                chat = self._chat(person)
                self.store.write(lambda tx, c=chat: tx.save_conversation(c, DAWN))

    def _chat(self, person: str) -> Conversation:
        return Conversation(
            person=person,
            conversation_id=f"a:{person}",
            service_url="https://smba.example/",
            user_mri=f"29:{person}",
            bot_id="28:bot",
        )

    def _introduced(self, person: str) -> None:
        """Teams tells the bot where the chat of somebody is who has the app now; until it was heard."""

        async def tell() -> None:
            while True:
                await asyncio.sleep(self.rng.uniform(0.1, 20))
                process = self._alive()
                if process is None:
                    continue
                try:
                    if process.service.met(self._chat(person)):
                        self._perform()
                    return
                except Killed:
                    self._bury(process)
                except Unavailable:
                    pass

        self._spawn(tell())

    def _remove_app(self) -> None:
        self.outside.chats.apps.discard(self.rng.choice(list(self.office.people)))

    # ------------------------------------------------------------ people

    def _somebody_presses(self) -> None:
        """Somebody takes a card that stands in a chat, often one that is still theirs to answer, and presses."""
        shown = [v for cards in self.outside.chats.cards.values() for v in cards.values()]
        open_ones = [v for v in shown if v.step.state == "open"]
        views = open_ones if open_ones and self.rng.random() < 0.8 else shown
        if not views:
            self._at(30.0, self._somebody_presses)
            return
        view = self.rng.choice(views)
        by = view.person.person_id if self.rng.random() < 0.92 else self.rng.choice(list(self.office.people))
        verb = self._verb(view)
        if (made := self._command(view, verb, by)) is None:
            return
        times = 1 + (1 if self.weather.strikes("press doubled", 2) else 0)
        delay = self.rng.uniform(0, 300) if self.weather.strikes("press late", 2) else 0.0
        for _ in range(times):
            self._at(delay, lambda: self._spawn(self._press(*made, view, 0)))
            delay += self.rng.random() * 3

    def _verb(self, view: CardView) -> Verb:
        if self.rng.random() < 0.12:
            return self.rng.choice(list(Verb))
        fits = [*sorted(view.step.disposition.closed_by)] * 3 + [Verb.RETURN, Verb.ANNOTATE]
        fits += [Verb.REFER, Verb.REFER, Verb.REFER, Verb.CLOSE] if view.step.custody else []
        return self.rng.choice(fits)

    def _command(self, view: CardView, verb: Verb, by: str) -> tuple[Command, str] | None:
        asked, note = view.asked, self.rng.choice(("تم", "للعلم", "done", ""))
        ids: Any = {"record_id": asked.record_id, "step": asked.step, "by": by}
        key = f"press:{asked.token}:{verb.value}"
        match verb:
            case Verb.APPROVE:
                return Approve(**ids, note=note), key
            case Verb.COMPLETE:
                return Complete(**ids, note=note), key
            case Verb.RETURN:
                return Return(**ids, note=note), key
            case Verb.CLOSE:
                return Close(**ids, note=note), key
            case Verb.ACKNOWLEDGE:
                return Acknowledge(**ids), key
            case Verb.REFER:
                to, what = self.rng.choice(list(self.office.people)), self.rng.choice(ASKED_FROM_CARDS)
                return Refer(**ids, asked=what, to_person=to, note=note), f"{key}:{to}:{what}"
            case Verb.ANNOTATE:
                final, number = self.rng.random() < 0.5, self.rng.getrandbits(32)
                return Annotate(record_id=asked.record_id, by=by, note=note, final=final), f"{key}:{number}"
        return None

    async def _press(self, command: Command, key: str, view: CardView, tries: int) -> None:
        """Press, and once more where nobody answered."""
        self.presses += 1
        process = self._alive()
        said = "nobody answers"
        if process is not None:
            try:
                taken = process.service.take(command, key=key)
                said = taken.decision.reason if isinstance(taken.decision, Refused) else type(taken.decision).__name__
                if isinstance(taken.decision, Accepted):
                    self.accepted += 1
                if taken.effects:
                    self._perform()
            except Killed:
                self._bury(process)
            except Unavailable as error:
                said = str(error)
        number = view.record.reference
        self.tell(f"{getattr(command, 'by', '')} {type(command).__name__} step {view.step.number} of {number}: {said}")
        if said == "nobody answers" and tries < 5:
            self._at(self.rng.uniform(1, 30), lambda: self._spawn(self._press(command, key, view, tries + 1)))

    # ------------------------------------------------------------ the end of the day

    async def _come_to_rest(self) -> None:
        """Let time pass until everything that came was judged and everything that is due was done."""
        end = self._loop.now_s + _CALM_S
        self._round()
        while self._loop.now_s < end:
            await asyncio.sleep(120)
            self._perform()
            if self._loop.now_s > DAY_S + 700 and not self._waiting() and not self._unjudged():
                return

    async def _close_the_day(self) -> None:
        """What the register says of the day when it is over: in the night, in its weather, and in the morning."""
        self.unhealed = {(m, i) for m in self.outside.boxes for i in self.outside.there(m)} - self._judged()
        over = self.now().astimezone(self.office.zone).replace(hour=1, minute=5) + timedelta(days=1)
        await asyncio.sleep((over - self.now()).total_seconds())
        self.day = over.date() - timedelta(days=1)
        self.weather.fair = False
        for _ in range(4):
            self._state()
            await asyncio.sleep(300)
        self.weather.fair = True
        await asyncio.sleep(60)
        self._state()
        await asyncio.sleep(6 * 3_600)
        for _ in range(3):
            self._perform()
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

    def _waiting(self) -> int:
        rows = MemoryHold.database.driver.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'")
        return int(rows.fetchone()[0])

    def _judged(self) -> set[tuple[str, str]]:
        rows = MemoryHold.database.driver.execute(
            "SELECT mailbox, item_id FROM mail WHERE verdict NOT IN ('gone', 'shown')"
        )
        return set(rows.fetchall())

    def _unjudged(self) -> bool:
        judged = self._judged()
        return any((m, i) not in judged for m in self.outside.boxes for i in self.outside.there(m))
