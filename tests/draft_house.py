################################################################
# The office that drafts in Word: everything in memory, and a clock that a test moves
################################################################

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from registry.circuit_commands import Initial, Sign, Submit
from registry.commands import Approve, Command, HandOver
from registry.event import Event
from registry.office import Office
from registry.record import Record, holders
from registry.sheet import read_entry
from service.annexes import Annexes
from service.draft_files import DraftFiles, Examine, Template
from service.draft_watch import DraftWatch
from service.drafts_port import DraftPlace, Drafts
from service.leavers import Leavers
from service.letters import Letters
from service.perform import Performer
from service.take import Taken, Taker
from tests.circuit_values import draft
from tests.document_values import in_word
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.converter import FakeConverter
from tests.fakes.drafts import _File
from tests.fakes.installs import FakeInstalls
from tests.fakes.shared_files import FakeSharedFiles
from tests.fakes.store import FakeStore
from tests.fakes.timed_drafts import HOST, TimedDrafts
from tests.service.house import chat_of
from tests.values import NOON

LEASE_S = 60.0
_FORWARD = {"for_drafting": Submit, "for_initial": Initial, "for_approval": Approve, "for_signature": Sign}


class DraftHouse:
    """One office; `record_id` is Omar's letter."""

    record_id = "m1"

    def __init__(
        self, office: Office | None = None, *, library: bool = True, examine: Examine = lambda body: ()
    ) -> None:
        self.examine = examine
        self.now = NOON
        self.office = office or in_word()
        self.store = FakeStore(self.office.entity_id)
        self.store.write(lambda tx: tx.save_office(self.office))
        self.taker = Taker(self.store, self.clock)
        self.archive, self.chats, self.converter = FakeArchive(), FakeChats(), FakeConverter()
        self.drafts = TimedDrafts(self.clock, library=library)
        self.over(self.drafts, lambda record, office: b"PK begun: " + record.subject.encode())
        self.leavers = Leavers(self.store, self.taker)
        self._keys = count(1)
        for person in self.office.people:
            self.store.write(lambda tx, p=person: tx.save_conversation(chat_of(p), self.now))

    def over(self, drives: Drafts, template: Template) -> None:
        """Let the files lie in *drives*, and begin as *template* has it."""
        self.watch = DraftWatch(self.store, drives, self.clock, self.taker.chance)
        self.files = DraftFiles(
            self.store,
            self.taker,
            self.clock,
            self.archive,
            drives,
            self.chats,
            template,
            self.converter,
            examine=self.examine,
            opens=lambda link: link.startswith((f"https://{HOST}/", "http://127.0.0.1")),
        )
        self.performer = Performer(
            self.store,
            self.taker,
            self.clock,
            owner="performer",
            mailboxes={},
            chats=self.chats,
            installs=FakeInstalls(),
            annexes=Annexes(self.archive, FakeSharedFiles()),
            letters=Letters(self.store, self.archive, {}),
            lease_s=LEASE_S,
            others=self.files.ways(),
        )

    def clock(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # ------------------------------------------------------------ what people do

    def take(self, command: Command) -> Taken:
        return self.taker.take(command, key=f"press:{next(self._keys)}")

    def begin(self, **fields: Any) -> None:
        words = {"kind": "outgoing_letter", "text": "", "addressees": (), "party": "ديوان المحاسبة"} | fields
        self.take(draft(self.record_id, **words))

    def press(self) -> str | None:
        """Whoever's turn it is goes on; who that was."""
        turn = next((h for h in holders(self.record) if h.asked in _FORWARD), None)
        if turn is None or turn.person is None:
            return None
        self.take(_FORWARD[turn.asked](record_id=self.record_id, step=turn.step, by=turn.person))
        return turn.person

    def leaves(self, person: str) -> None:
        """Somebody leaves: the directory knows them no more, and their drive is gone."""
        people = {k: v for k, v in self.office.people.items() if k != person}
        self.office = _with(self.office, people)
        self.store.write(lambda tx: tx.save_office(self.office))
        self.drafts.end_drive(person)
        for step in self.record.open_steps:
            if step.to_person == person:
                self.take(HandOver(record_id=self.record_id, step=step.number))

    def edit(self, words: str, editor: str = "omar") -> None:
        self.drafts.edit(self.place, written(words), editor)

    # ------------------------------------------------------------ what goes by itself

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end. All is in memory: what would be done in a thread is done at once."""
        with patch("asyncio.to_thread", _at_once):
            return asyncio.run(work)

    def perform(self) -> None:
        self.run(self.performer.perform_due())

    def go(self, times: int = 12, seconds: float = 120.0) -> None:
        """Timers ring, effects are performed, time passes."""

        async def work() -> None:
            for _ in range(times):
                await self.leavers.look()
                await self.performer.perform_due()
                await self.watch.look()
                await self.performer.perform_due()
                self.later(seconds)

        self.run(work())

    # ------------------------------------------------------------ what is there

    @property
    def record(self) -> Record:
        stored = self.store.read(lambda tx: tx.record(self.record_id))
        assert stored is not None
        return stored.record

    @property
    def events(self) -> list[Event]:
        return [read_entry(e) for e in self.store.read(lambda tx: tx.sheet(self.record_id))]

    @property
    def names(self) -> list[str]:
        return [type(e).__name__ for e in self.events]

    @property
    def place(self) -> DraftPlace:
        document = self.record.document
        assert document is not None
        return DraftPlace(drive=document.drive, item=document.item)

    @property
    def file(self) -> _File:
        return self.drafts.files[self.place]

    @property
    def access(self) -> tuple[frozenset[str], frozenset[str]]:
        """Who may read the file, and who may write it, besides its owner."""
        return self.file.readers, self.file.writers

    @property
    def turns(self) -> list[tuple[str | None, str]]:
        return [(h.person, h.asked) for h in holders(self.record)]

    @property
    def stuck(self) -> list[tuple[int, str, str, str]]:
        return self.store.read(lambda tx: tx.stuck())


async def _at_once[T](work: Callable[..., T], *args: Any, **named: Any) -> T:
    return work(*args, **named)


def written(words: str) -> bytes:
    """The bytes of a file that says *words*."""
    return b"PK " + words.encode()


def _with(office: Office, people: dict[str, Any]) -> Office:
    from dataclasses import replace

    return replace(office, people=people)
