"""The office at work: a real store, the service over it, the bot, and people who press and write."""

import shutil
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

from bot.handlers import Bot, Turned
from registry.commands import Command, Register
from registry.mail import Mail
from registry.office import Office
from registry.record import Record
from service.deliveries import Deliveries
from service.handed import HandedFiles
from service.ports import SentCard
from service.service import Service
from service.step_up import StepUp
from service.take import Taken, Taker
from store.database import Database
from store.migrate import migrate
from store.store import SqlStore
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeTeams
from tests.fakes.downloads import FakeDownloads
from tests.fakes.entrance import FakeEntrance
from tests.fakes.shared_files import FakeSharedFiles
from tests.values import NOON, OFFICE, forwarded

type Json = dict[str, Any]

PUBLIC_URL = "https://tarasul.ministry.example"


@cache
def _migrated() -> Path:
    """An empty database, made once."""
    file = Path(mkdtemp()) / "empty.db"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    database.close()
    return file


class House:
    """With one letter registered on request. Time stands still unless a test moves `now`."""

    def __init__(self, folder: Path, office: Office = OFFICE) -> None:
        shutil.copy(_migrated(), folder / "house.db")
        self.store = SqlStore(Database(f"sqlite:///{folder / 'house.db'}"), office.entity_id)
        self.store.write(lambda tx: tx.save_office(office))
        self.now = NOON
        self.taker = Taker(self.store, self.clock)
        self.service = Service(self.store, self.taker, self.clock)
        self.teams = FakeTeams()
        self.archive = FakeArchive()
        self.deliveries = Deliveries(self.store, self.taker, self.clock, self.archive)
        self.downloads, self.shared = FakeDownloads(), FakeSharedFiles()
        self.handed = HandedFiles(self.archive, self.downloads, self.shared, within_s=2)
        self.entrance = FakeEntrance(self.clock)
        self.step_up = StepUp(self.store, self.clock, self.taker.chance.new_token, self.entrance)
        parts = self.teams, self.service, self.deliveries, self.handed
        self.bot = Bot(*parts, step_up=self.step_up, public_url=PUBLIC_URL)
        self._activities = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def clock(self) -> datetime:
        return self.now

    # ------------------------------------------------------------ what is kept

    def register(self, letter: Mail | None = None, record_id: str = "r1") -> Record:
        """A letter comes in: by default Huda's forward, which the rule puts before her."""
        mail = letter or forwarded()
        taken = self.taker.take(Register(record_id=record_id, mail=mail), key=f"mail:{mail.identity}")
        assert taken.record is not None
        return taken.record

    def take(self, command: Command) -> Taken:
        self.now += timedelta(minutes=1)
        return self.service.take(command, key=f"test:{command}")

    def record(self, record_id: str = "r1") -> Record:
        stored = self.store.read(lambda tx: tx.record(record_id))
        assert stored is not None
        return stored.record

    def sheet(self, record_id: str = "r1") -> list[str]:
        return [entry.type for entry in self.store.read(lambda tx: tx.sheet(record_id))]

    def token(self, person: str, step: int | None = None, record_id: str = "r1") -> str:
        """The token of this person's card of a step, the last one unless said otherwise."""
        number = step or len(self.record(record_id).steps)
        token = self.store.read(lambda tx: tx.token_of(record_id, number, person))
        assert token is not None, f"{person} has no card of step {number}"
        return token

    def copies(self, token: str) -> list[SentCard]:
        return self.store.read(lambda tx: tx.cards(token))

    # ------------------------------------------------------------ what people do

    def activity(self, person: str, **own: Any) -> Json:
        """What Teams' channel sends of *person*, with *own* on top."""
        return {
            "channelId": "msteams",
            "serviceUrl": "https://smba.example/emea/",
            "id": f"activity-{next(self._activities)}",
            "from": {"id": f"29:{person}", "aadObjectId": person, "name": person},
            "recipient": {"id": "28:bot"},
            "conversation": {"id": chat_of(person), "conversationType": "personal", "tenantId": "t"},
            "channelData": {"tenant": {"id": "t"}},
            **own,
        }

    def execute(self, person: str, token: str, verb: str, **more: Any) -> Json:
        """A press as an activity; *more* are the inputs, and `trigger`, `card_id` if they matter."""
        trigger, card_id = more.pop("trigger", "manual"), more.pop("card_id", "card-1")
        action = {"type": "Action.Execute", "verb": verb, "data": {"token": token, "verb": verb, **more}}
        value = {"action": action, "trigger": trigger}
        return self.activity(person, type="invoke", name="adaptiveCard/action", value=value, replyToId=card_id)

    async def press(self, person: str, verb: str, token: str | None = None, **more: Any) -> Turned:
        activity = self.execute(person, self.token(person) if token is None else token, verb, **more)
        return await self.bot.turn(activity)

    async def submit(self, person: str, verb: str, card_id: str, **inputs: Any) -> Turned:
        """The press of a client that knows no Execute."""
        value = {"token": self.token(person), "verb": verb, **inputs}
        return await self.bot.turn(self.activity(person, type="message", text="", value=value, replyToId=card_id))

    def in_group(self, person: str, kind: str = "groupChat", **own: Any) -> Json:
        """As `activity`, where others read along."""
        return self.activity(person, **own) | {
            "conversation": {"id": GROUP, "conversationType": kind, "isGroup": True, "tenantId": "t"}
        }

    async def in_dialog(self, person: str, verb: str, token: str, *, opens: bool = False, **inputs: Any) -> Json:
        """Press a button that opens a dialog, or one that stands in it; what it answers: `type` and `value`."""
        value = {"data": {"token": token, "verb": verb, **inputs}, "context": {"theme": "default"}}
        name = "task/fetch" if opens else "task/submit"
        turned = await self.bot.turn(self.activity(person, type="invoke", name=name, value=value))
        assert turned.body is not None
        task: Json = turned.body["task"]
        return task

    async def extend(self, person: str, name: str, **value: Any) -> Json:
        """Call the message extension in a chat of which the bot knows nothing; the body that answers."""
        invoke = {"type": "invoke", "name": f"composeExtension/{name}", "value": value}
        turned = await self.bot.turn(self.in_group(person, **invoke))
        assert turned.body is not None
        return turned.body

    async def say(self, person: str, text: str) -> list[Json]:
        """Write to the bot, and return what it answered."""
        chat = self.teams.said[chat_of(person)]
        before = set(chat)
        await self.bot.turn(self.activity(person, type="message", text=text))
        return [message for activity_id, message in chat.items() if activity_id not in before]


GROUP = "19:meeting_MDk@thread.v2"


def chat_of(person: str) -> str:
    return f"a:{person}"


def card_of(turned: Turned) -> Json:
    """The card that answered a press."""
    assert turned.body is not None
    assert turned.body["type"] == "application/vnd.microsoft.card.adaptive", turned.body
    card: Json = turned.body["value"]
    return card


def text_of(turned: Turned) -> str:
    """The sentence that answered a press where there was no card to show."""
    assert turned.body is not None
    assert turned.body["type"] == "application/vnd.microsoft.activity.message", turned.body
    return str(turned.body["value"])


def shown_in(message: Json) -> Json:
    """The card that a message is."""
    (attachment,) = message["attachments"]
    card: Json = attachment["content"]
    return card
