"""The registry at work: a real store, a mailbox, chats and installs in memory, and a clock that a test moves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from registry.commands import Command
from registry.decisions import Accepted
from registry.effects import AskAction
from registry.events import Event
from registry.office import Office
from registry.record import Record
from registry.sheet import read_entry
from service.annexes import Annexes
from service.intake import Intake
from service.letters import Letters
from service.perform import Performer
from service.ports import Conversation, SeenMail, Wanted
from service.reconcile import Reconciler
from service.sealing import Sealing
from service.service import Service
from service.take import Taken, Taker
from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.installs import FakeInstalls
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.shared_files import FakeSharedFiles
from tests.values import FORWARDED, KUWAIT, MAILBOX, NOON, OFFICE, SECOND_MAILBOX

LEASE_S = 60.0


class Registry:
    """One registry with two mailboxes. `now` is its clock."""

    def __init__(self, folder: Path, office: Office = OFFICE) -> None:
        self.now = NOON
        self.store = SqlStore(Database(stores.sqlite_url(folder)), office.entity_id)
        self.store.write(lambda tx: tx.save_office(office))
        self.taker = Taker(self.store, self.clock)
        self.service = Service(self.store, self.taker, self.clock)
        self.box, self.second = FakeMailbox(MAILBOX, self.clock), FakeMailbox(SECOND_MAILBOX, self.clock)
        self.boxes = {MAILBOX: self.box, SECOND_MAILBOX: self.second}
        self.archive, self.chats, self.installs = FakeArchive(), FakeChats(), FakeInstalls()
        self.shared = FakeSharedFiles()
        self.intake = self.reader("intake")
        self.reconciler = Reconciler(self.store, self.intake, self.clock, self.boxes, KUWAIT)
        self._keys = iter(range(1_000_000))

    def clock(self) -> datetime:
        return self.now

    def reader(self, owner: str) -> Intake:
        """One more process that reads the mailboxes."""
        return Intake(self.store, self.taker, self.clock, self.archive, self.boxes, owner=owner, lease_s=LEASE_S)

    def performer(self, owner: str = "performer", sealing: Sealing | None = None, **rest: Any) -> Performer:
        """One more process that performs effects."""
        return Performer(
            self.store,
            self.taker,
            self.clock,
            owner=owner,
            mailboxes=self.boxes,
            chats=self.chats,
            installs=self.installs,
            annexes=Annexes(self.archive, self.shared),
            sealing=sealing,
            letters=Letters(self.store, self.archive, self.boxes),
            lease_s=LEASE_S,
            **rest,
        )

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # ------------------------------------------------------------ what people do

    async def registered(self, raw: bytes | None = None) -> Record:
        """A letter arrives (by default Huda forwards one) and is registered."""
        self.box.arrive(raw or letter(1, "huda@ministry.example", text=FORWARDED))
        await self.intake.visit(MAILBOX)
        return self.records()[0]

    def take(self, command: Command) -> Taken:
        """Somebody presses a button; the press is accepted."""
        taken = self.service.take(command, key=f"press:{next(self._keys)}")
        assert isinstance(taken.decision, Accepted), taken.decision
        return taken

    def meet(self, *people: str) -> None:
        """The bot learns where people's chats are."""
        for person in people:
            self.service.met(chat_of(person))

    # ------------------------------------------------------------ what is kept

    def records(self) -> list[Record]:
        """All records, the newest change first."""
        return self.store.read(lambda tx: tx.find(Wanted(top=1_000)))

    def record(self, record_id: str) -> Record:
        stored = self.store.read(lambda tx: tx.record(record_id))
        assert stored is not None
        return stored.record

    def sheet(self, record_id: str) -> list[Event]:
        return [read_entry(entry) for entry in self.store.read(lambda tx: tx.sheet(record_id))]

    def verdicts(self, mailbox: str = MAILBOX) -> list[str]:
        return [seen.verdict for seen in self.seen(mailbox) if seen.verdict != "shown"]

    def seen(self, mailbox: str = MAILBOX) -> list[SeenMail]:
        day = timedelta(days=2)
        return self.store.read(lambda tx: tx.mail_between(mailbox, NOON - day, NOON + day))

    def cursor(self, mailbox: str = MAILBOX) -> str | None:
        return self.store.read(lambda tx: tx.cursor(mailbox, "inbox"))

    def cards_of(self, person: str) -> list[AskAction]:
        """What stands in a person's chat, as what was asked by each card."""
        shown = self.chats.cards[chat_of(person).conversation_id].values()
        return [AskAction(record_id=v.record.record_id, step=v.step.number, person=v.person.person_id) for v in shown]


def chat_of(person: str) -> Conversation:
    return Conversation(
        person=person,
        conversation_id=f"a:{person}",
        service_url="https://smba.example/",
        user_mri=f"29:{person}",
        bot_id="28:bot",
    )


def letter(
    number: int,
    sender: str = "oversight@audit.example",
    *,
    subject: str = "طلب مستندات",
    text: str = "نرجو موافاتنا بالمستندات.",
    **headers: str,
) -> bytes:
    """The bytes of a mail, written at a second of its own; `In_Reply_To="<1@x>"` and the like add headers."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, MAILBOX, subject
    at = f"{number // 3_600 % 12:02}:{number // 60 % 60:02}:{number % 60:02}"
    mail["Message-ID"], mail["Date"] = f"<{number}@post.example>", f"Sat, 21 Nov 2026 {at} +0300"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def letters(first: int, last: int) -> Iterator[bytes]:
    return (letter(n, subject=f"كتاب {n}") for n in range(first, last + 1))
