"""A circular to everybody: each is asked once, however often the sender is killed, and no faster than Teams takes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from bot.limits import CALLS
from bot.pace import Pace, shared
from registry.circuit_commands import Draft, Sign, Submit
from registry.circuits import EVERYONE, HEAD, SIGN, Addressee, StageRule, Who
from registry.commands import Acknowledge, Command
from registry.decisions import Accepted
from registry.office import Office
from registry.record import Record
from service.annexes import Annexes
from service.letters import Letters
from service.perform import Performer
from service.ports import AnyView, Conversation
from service.take import Taker
from store.store import SqlStore
from tests.circuit_values import CIRCUIT_PEOPLE, laid_down
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.installs import FakeInstalls
from tests.fakes.shared_files import FakeSharedFiles
from tests.service.house import LEASE_S, chat_of
from tests.simulation.kept import MemoryDatabase
from tests.simulation.virtual import VirtualLoop, run
from tests.values import NOON, PEOPLE

THE_MINISTRY = 3_972  # employees, as Kuwait's Ministry of Finance had them in 2025
AT_ONCE = 8
A_RING_S = 30.0  # the timer that rings for what is due


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Ministry:
    """Everybody, with a chat; and whoever sends, who is killed after every so many cards."""

    loop: VirtualLoop
    people: int
    kill_after: int
    went: list[float] = field(default_factory=list)
    chats: FakeChats = field(default_factory=FakeChats)
    kills: int = 0

    def __post_init__(self) -> None:
        self.office = office_of(self.people)
        self.store = SqlStore(MemoryDatabase(), self.office.entity_id)  # type: ignore[arg-type]
        self.taker = Taker(self.store, self.clock)
        self.store.write(lambda tx: tx.save_office(self.office))
        chats = [chat_of(person) for person in self.office.people]
        self.store.write(lambda tx: [tx.save_conversation(chat, NOON) for chat in chats])

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.loop.time())

    def take(self, command: Command) -> Record:
        taken = self.taker.take(command, key=f"test:{command}")
        assert isinstance(taken.decision, Accepted), taken.decision
        assert taken.record is not None
        return taken.record

    def issued(self) -> Record:
        to = (Addressee(EVERYONE, None, "for_circulation"),)
        ask = Draft(record_id="c1", by="omar", kind="circular", subject="تعميم", text="نص التعميم", addressees=to)
        self.take(ask)
        self.take(Submit(record_id="c1", step=1, by="omar"))
        return self.take(Sign(record_id="c1", step=2, by="huda"))

    async def everybody_is_asked(self) -> None:
        """One process after the other sends, each until it is killed or nothing is left."""
        while self.store.read(lambda tx: tx.next_due_at()) is not None:
            chats = PacedChats(self)
            performer = self.performer(f"process {self.kills}", chats)
            try:
                while await performer.perform_due():
                    pass
                await asyncio.sleep(A_RING_S)
            except Killed:
                self.kills += 1

    def performer(self, owner: str, chats: "PacedChats") -> Performer:
        return Performer(
            self.store,
            self.taker,
            self.clock,
            owner=owner,
            mailboxes={},
            chats=chats,
            installs=FakeInstalls(),
            annexes=Annexes(FakeArchive(), FakeSharedFiles()),
            letters=Letters(self.store, FakeArchive(), {}),
            lease_s=LEASE_S,
            at_once=AT_ONCE,
        )


class PacedChats(FakeChats):
    """The chats as one process reaches them: at the pace that all share, until it is killed: a card was sent, and
    nobody noted it."""

    def __init__(self, ministry: Ministry) -> None:
        super().__init__()
        self.cards, self._ids = ministry.chats.cards, ministry.chats._ids
        self._ministry = ministry
        self._pace = Pace(shared(ministry.store, ministry.clock, f"process {ministry.kills}"))
        self._sent = 0

    async def ask(self, conversation: Conversation, card: AnyView) -> str:
        await self._pace.turn(conversation.conversation_id)
        self._ministry.went.append(self._ministry.loop.time())
        activity_id = await super().ask(conversation, card)
        self._sent += 1
        if self._sent >= self._ministry.kill_after:
            raise Killed
        return activity_id


def office_of(people: int) -> Office:
    many = {f"p{n:04}": replace(PEOPLE["salem"], person_id=f"p{n:04}", name=f"موظف {n}") for n in range(people)}
    made: Office = replace(laid_down(StageRule(act=SIGN, who=(Who(HEAD),))), people={**CIRCUIT_PEOPLE, **many})
    return made


def most_in_a_second(times: list[float]) -> int:
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def sent_to(people: int, kill_after: int) -> Ministry:
    async def life(loop: VirtualLoop) -> Ministry:
        ministry = Ministry(loop, people, kill_after)
        ministry.issued()
        await ministry.everybody_is_asked()
        return ministry

    return run(VirtualLoop(Random(3)), life)


def held(ministry: Ministry) -> Record:
    stored = ministry.store.read(lambda tx: tx.record("c1"))
    assert stored is not None
    return stored.record


@pytest.mark.parametrize(("people", "kill_after"), [(90, 25), pytest.param(THE_MINISTRY, 400, marks=pytest.mark.soak)])
def test_everybody_is_asked_although_whoever_sends_is_killed_again_and_again(people: int, kill_after: int) -> None:
    ministry = sent_to(people, kill_after)
    record = held(ministry)
    asked: Counter[str] = Counter()
    for chat, cards in ministry.chats.cards.items():
        asked[chat] += sum(card.step.state == "open" for card in cards.values())
    waiting = {chat_of(step.to_person or "").conversation_id for step in record.open_steps}
    assert len(waiting) >= people
    assert {chat for chat in waiting if not asked[chat]} == set(), "nobody is forgotten"
    doubles = sum(count - 1 for count in asked.values() if count > 1)
    assert ministry.kills >= people // kill_after
    assert doubles <= ministry.kills * AT_ONCE, "a card twice, for those that were under way when somebody was killed"
    assert max(asked.values()) <= 1 + ministry.kills
    assert most_in_a_second(ministry.went) <= CALLS.value


@pytest.mark.parametrize(
    ("people", "kill_after"), [(90, 10**6), pytest.param(THE_MINISTRY, 10**6, marks=pytest.mark.soak)]
)
def test_everybodys_acknowledgement_counts_once(people: int, kill_after: int) -> None:
    ministry = sent_to(people, kill_after)
    open_steps = held(ministry).open_steps
    Random(5).shuffle(mixed := list(open_steps))
    for step in mixed:
        ministry.take(Acknowledge(record_id="c1", step=step.number, by=step.to_person or ""))
    again: Any = ministry.taker.take(
        Acknowledge(record_id="c1", step=mixed[0].number, by=mixed[0].to_person or ""), key="once more"
    )
    assert not isinstance(again.decision, Accepted)
    types = Counter(entry.type for entry in ministry.store.read(lambda tx: tx.sheet("c1")))
    assert types["StepAcknowledged"] == len(open_steps)
    assert held(ministry).open_steps == ()
