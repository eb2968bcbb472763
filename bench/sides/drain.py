################################################################
# A backlog is worked off, in virtual time
################################################################
#
# Rule 1: the product is its own parts, down to GraphClient and the pace of what goes to Teams, over its store in
#         memory. Around them stands what host.json says: four messages of each queue at a time, ten minutes for each,
#         timers.
# Rule 2: people press at once. What CPU costs is not in the time: only what waits for Microsoft is.
# Rule 3: a letter is registered, put before a head, referred and completed two or three times, and approved: six steps
#         on the average, each with a card that is sent and one that is written anew; marked, and answered.

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import aiohttp

from bench.letters import MAILBOX
from bench.published import GRAPH, TEAMS, Microsoft, session_to
from bench.side import serve, told
from bot.chats import TeamsChats
from bot.pace import Pace
from bot.refusals import read_refusal
from graph.client import GraphClient
from graph.mailbox import OutlookMailbox
from graph.turns import Alone
from registry.commands import Approve, Command, Complete, Refer
from registry.decisions import Accepted
from registry.errors import TarasulError
from registry.office import Office, Person, ReferralRule, Unit
from service.annexes import Annexes
from service.intake import MAILS_OF_A_VISIT, Intake
from service.letters import Letters
from service.perform import Performer
from service.ports import Conversation, Transaction
from service.take import Taker
from store.store import SqlStore
from tests.fakes.archive import FakeArchive
from tests.fakes.installs import FakeInstalls
from tests.fakes.shared_files import FakeSharedFiles
from tests.service.house import letter
from tests.simulation.kept import MemoryDatabase
from tests.simulation.virtual import VirtualLoop, run
from tests.values import FORWARDED, OFFICE

LETTERS, STEPS = 6_230, 37_220  # ten reference days
UNITS = 60
AT_ONCE, TIMEOUT_S, AGAIN_S, TRIES = 4, 600.0, 10.0, 5  # of a queue, as host.json says
BELL_S, ROUND_S = 30.0, 600.0  # timers
START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
GIVES_UP_AFTER_S = 86_400.0


def office() -> Office:
    """Sixty units, each with a head and one who works for them; a word in the letter says whose it is."""
    one = OFFICE.people["huda"]

    def person(name: str, unit: str) -> Person:
        address = f"{name}@ministry.example"
        return replace(one, person_id=name, name=name.title(), upn=address, mail=address, unit_id=unit)

    units = {
        f"unit{n}": Unit(unit_id=f"unit{n}", ar=f"وحدة {n}", en=f"Unit {n}", code=f"و{n}", head=f"head{n}")
        for n in range(UNITS)
    }
    people = {f"{what}{n}": person(f"{what}{n}", f"unit{n}") for n in range(UNITS) for what in ("head", "member")}
    rules = tuple(ReferralRule(rule=u, any_words=(f"for {u}.",), unit=u, asked="for_approval") for u in units)
    return replace(OFFICE, people=OFFICE.people | people, units=OFFICE.units | units, rules=(*rules, *OFFICE.rules))


def raw(number: int) -> bytes:
    unit = number % UNITS
    words = FORWARDED.replace("الربع الثاني", f"الربع الثاني رقم {number} for unit{unit}.")
    return letter(number, f"member{unit}@ministry.example", subject=f"كتاب {number}", text=words)


class Queue:
    """One of the host's queues: so many messages at a time; one that fails comes again."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work, self._places = work, asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self.waiting = 0

    def put(self) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self) -> None:
        for _ in range(TRIES):
            async with self._places:
                try:
                    async with asyncio.timeout(TIMEOUT_S):
                        await self._work()
                    return
                except (TarasulError, TimeoutError):
                    pass
            await asyncio.sleep(AGAIN_S)


class Drain:
    """The product, and what lies before it when Graph is back."""

    def __init__(self, loop: VirtualLoop, backlog: float, at_once: int) -> None:
        self._loop, self._letters = loop, round(LETTERS * backlog)
        self._database = MemoryDatabase()
        self.store = SqlStore(self._database, OFFICE.entity_id)  # type: ignore[arg-type]
        self.office = office()
        self.store.write(lambda tx: tx.save_office(self.office))
        for name in self.office.people:
            chat = chat_of(name)
            self.store.write(partial(meet, chat))
        self.outside = Microsoft(loop.time, [raw(n) for n in range(self._letters)], self._card_came)
        outside = self.outside
        aiohttp.ClientSession = session_to(outside)  # type: ignore[misc,assignment]
        turns = Alone(at_once, 8, self.clock)
        boxes: Any = {MAILBOX: OutlookMailbox(GraphClient(GRAPH, _token, turns=turns), MAILBOX)}
        archive = FakeArchive()
        self.taker = Taker(self.store, self.clock)
        self.intake = Intake(self.store, self.taker, self.clock, archive, boxes, owner="drain", most=MAILS_OF_A_VISIT)
        self.performer = Performer(
            self.store,
            self.taker,
            self.clock,
            owner="drain",
            mailboxes=boxes,
            chats=TeamsChats(Line(self.outside), self.clock, TEAMS),
            installs=FakeInstalls(),
            annexes=Annexes(archive, FakeSharedFiles()),
            letters=Letters(self.store, archive, boxes),
        )
        self.visits, self.effects = Queue(self._visit), Queue(self._perform)
        self.steps, self._loops = 0, Counter[str]()
        self._failed: list[Any] = []

    def clock(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())

    async def run(self) -> dict[str, float]:
        timers = [
            self._loop.create_task(self._every(BELL_S, self._bell)),
            self._loop.create_task(self._every(ROUND_S, self.visits.put)),
        ]
        self._loop.set_exception_handler(self._note_failure)
        while not self._is_over() and self._loop.time() < GIVES_UP_AFTER_S:
            await asyncio.sleep(1.0)
            assert not self._failed, self._failed
        for timer in timers:
            timer.cancel()
        outside = self.outside
        return {
            "letters": self._letters,
            "steps": self.steps,
            "took_s": self._loop.time(),
            "mail_forced_s": outside.mail_forced_s,
            "teams_forced_s": outside.teams_forced_s,
            "mail_calls": outside.mail_calls,
            "teams_calls": outside.teams_calls,
            "refused": outside.refused,
            "most_at_once": outside.most_at_once,
            "answered": outside.sent,
        }

    def _note_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failed.append(context)

    def _is_over(self) -> bool:
        if self.outside.sent < self._letters:
            return False
        rows = self._database.driver.execute("SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1")
        return rows.fetchone() is None

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            work()
            await asyncio.sleep(seconds)

    # ------------------------------------------------------------ as functions/work.py

    async def _visit(self) -> None:
        done = await self.intake.visit(MAILBOX)
        if done.taken:
            self.effects.put()
        if done.more:
            self.visits.put()

    async def _perform(self) -> None:
        await self.performer.perform_due()
        self._bell()

    def _bell(self) -> None:
        due_at = self.store.read(lambda tx: tx.next_due_at())
        if due_at is not None and due_at <= self.clock():
            self.effects.put()

    # ------------------------------------------------------------ people

    def _card_came(self, token: str) -> None:
        """Whoever is asked decides as soon as the card is noted."""
        self._loop.call_later(0.05, self._press, token)

    def _press(self, token: str) -> None:
        asked = self.store.read(lambda tx: tx.asked(token))
        assert asked is not None
        record, number, person = asked.record_id, asked.step, asked.person
        ask: Command
        if person.startswith("member"):
            ask = Complete(record_id=record, step=number, by=person, note="أُنجز")
        elif self._loops[record] < 2 + (sum(map(ord, record)) % 100 < 49):
            self._loops[record] += 1
            to = person.replace("head", "member")
            ask = Refer(record_id=record, step=number, by=person, asked="for_action", to_person=to, note="للإفادة")
        else:
            ask = Approve(record_id=record, step=number, by=person)
        taken = self.taker.take(ask, key=f"press:{token}")
        assert isinstance(taken.decision, Accepted), taken.decision
        self.steps += 1
        self.effects.put()


class Line:
    """`bot.channel.Channel` without botbuilder, whose share of the CPU is large and of the time none."""

    def __init__(self, outside: Microsoft) -> None:
        self._outside, self.pace = outside, Pace()

    async def send(self, chat: Conversation, activity: dict[str, Any]) -> str:
        return await self._call("POST", chat.conversation_id, "", activity)

    async def update(self, _: str, conversation_id: str, activity_id: str, activity: dict[str, Any]) -> None:
        await self._call("PUT", conversation_id, f"/{activity_id}", activity)

    async def _call(self, method: str, conversation_id: str, rest: str, said: dict[str, Any]) -> str:
        await self.pace.turn(conversation_id)
        url = f"{TEAMS}v3/conversations/{conversation_id}/activities{rest}"
        status, headers, body = await self._outside.answer(method, url, json.dumps(said).encode())
        if status >= 300:
            raise read_refusal(status, headers, body)
        return str(json.loads(body)["id"])


def meet(chat: Conversation, tx: Transaction) -> None:
    tx.save_conversation(chat, START)


def chat_of(person: str) -> Conversation:
    return Conversation(person=person, conversation_id=f"a:{person}", service_url=TEAMS, user_mri="", bot_id="")


async def _token(scope: str, *, fresh: bool = False) -> str:
    return "a-token-that-nobody-looks-at"


def main() -> None:
    logging.disable(logging.CRITICAL)

    def measure(backlog: float, at_once: int) -> dict[str, float]:
        return run(VirtualLoop(Random(1448)), lambda loop: Drain(loop, backlog, at_once).run())

    told()
    serve(measure)


if __name__ == "__main__":
    main()
