################################################################
# The world outside: two mailboxes, Teams' chats, subscriptions that ring, in this weather
################################################################
#
# Rule 1: the world is there whoever of us is alive; it knows nothing of our store.
# Rule 2: what is true of the day is written down here as it happens, and nobody of ours reads it.

import functools
import inspect
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from random import Random
from typing import Any

from graph.mime import read_mail
from graph.whole import Told, read_whole
from registry.changed import changed
from service.ports import Arrived, CardView, Changes, Conversation, Drafted, Fetched, NotInstalled, SentCard
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.installs import FakeInstalls
from tests.fakes.mailbox import FakeMailbox, Item, Reply
from tests.fakes.shared_files import FakeSharedFiles
from tests.fakes.subscriptions import FakeSubscriptions
from tests.simulation.weather import Weather
from tests.values import MAILBOX, SECOND_MAILBOX

CASES = "inbox/cases"  # a folder below the inbox; the inbox is followed, and so is this one


@dataclass(slots=True)
class Truth:
    """One mail as it really came. `ids` are all that it ever had in its mailbox, the last one first."""

    mailbox: str
    letter: str
    must_be: frozenset[str]
    ids: list[str]
    message_id: str
    deleted: bool = False


class Box(FakeMailbox):
    """A mailbox whose pages may be empty, and whose mails may change their ids."""

    def __init__(self, address: str, clock: Callable[[], datetime], weather: Weather) -> None:
        super().__init__(address, clock, page=7)
        self._weather = weather
        self.empty_folders |= {CASES}
        self.asks_again = True  # False: a reader that believes whatever comes
        self.finds_drafts = True  # False: a mailbox in which our key is not looked for
        self.sent_out: Callable[[Reply], None] = lambda _: None

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        if cursor is not None and self._weather.strikes("empty pages"):
            return Changes((), cursor, more=True)
        return await super().changes(folder, cursor)

    async def draft_reply(self, item_id: str, html: str, *, key: str) -> Drafted:
        if not self.finds_drafts:
            key = f"{key}?{self._made}"
        return await super().draft_reply(item_id, html, key=key)

    async def send_draft(self, draft_id: str) -> str:
        fresh = draft_id in self.drafts
        message_id = await super().send_draft(draft_id)
        if fresh:
            self.sent_out(self.sent[draft_id])
        return message_id

    async def fetch(self, item: Arrived) -> Fetched:
        """As OutlookMailbox does it, whatever comes over the wire."""
        raw = self._item(item.item_id).raw

        async def ask() -> bytes:
            return raw[: len(raw) // 2] if self._weather.strikes("half a mail") else raw

        async def read(came: bytes) -> Fetched:
            return self.read(came, item)

        async def tell() -> Told:
            return Told(escape(_read(raw).mail.letter.text), len(raw))

        if "half a mail" not in self._weather.rates or not self.asks_again:
            return await read(await ask())
        return await read_whole(ask, read, tell, (self._clock() - item.received_at).total_seconds())

    def read(self, raw: bytes, item: Arrived) -> Fetched:
        """What the same bytes are is read once for all days."""
        read = _read(raw)
        mail = changed(read.mail, mailbox=self.address, item_id=item.item_id, received_at=item.received_at)
        return replace(read, mail=mail)

    def rename(self, item_id: str) -> str:
        """The mail was dragged to and fro: the same mail under another id."""
        item = self.items.pop(item_id)
        new = self._new_id()
        arrived = replace(item.arrived, item_id=new)
        self.items[new] = Item(arrived, item.raw, item.folder, item.categories, item.reference)
        self._log.append(new)
        return new


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@functools.lru_cache(10_000)
def _read(raw: bytes) -> Fetched:
    return read_mail(raw, mailbox="", item=Arrived(item_id="", message_id="", received_at=_EVER))


class Chats(FakeChats):
    """Chats in which it is noted who was ever sent which card. `said` is what the bot wrote, by conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, int] = {}  # cards by token
        self.apps: set[str] = set()  # people who have the app
        self.said: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    async def ask(self, conversation: Conversation, card: CardView) -> str:
        if conversation.person not in self.apps:
            raise NotInstalled("not in the roster")
        self.sent[card.asked.token] = self.sent.get(card.asked.token, 0) + 1
        return await super().ask(conversation, card)

    async def refresh(self, sent: SentCard, card: CardView) -> None:
        if card.person.person_id not in self.apps:
            raise NotInstalled("not in the roster")
        if self.said[sent.conversation_id].pop(sent.activity_id, None) is not None:
            self.cards[sent.conversation_id][sent.activity_id] = card
        await super().refresh(sent, card)

    async def send(self, chat: Conversation, activity: dict[str, Any]) -> str:
        """What the bot answers with goes by the channel."""
        if chat.person not in self.apps:
            raise NotInstalled("not in the roster")
        activity_id = str(next(self._ids))
        self.said[chat.conversation_id][activity_id] = activity
        return activity_id

    async def tell(self, conversation: Conversation, text: str) -> None:
        if conversation.person not in self.apps:
            raise NotInstalled("not in the roster")
        await super().tell(conversation, text)


class Subscriptions(FakeSubscriptions):
    """Subscriptions that end when their time is over."""

    def alive(self, mailbox: str) -> list[str]:
        now = self._clock()
        return [s.subscription_id for s in self.known.values() if s.mailbox == mailbox and s.expires_at > now]


class Installs(FakeInstalls):
    """Installs that tell `told` of each person who gets the app."""

    def __init__(self, chats: Chats, told: Callable[[str], None]) -> None:
        super().__init__()
        self._chats, self._told = chats, told

    async def install(self, person: str) -> bool:
        if person not in self._chats.apps and person in self.installed:
            self.installed.remove(person)  # they took it off
        new = await super().install(person)
        self._chats.apps.add(person)
        if new:
            self._told(person)
        return new


class Outside:
    """All of it, with what truly happened."""

    def __init__(
        self, rng: Random, weather: Weather, clock: Callable[[], datetime], told: Callable[[str], None]
    ) -> None:
        self.rng, self.weather, self.clock = rng, weather, clock
        self.wire = weather  # what strikes on the way to Graph
        self.boxes = {address: Box(address, clock, weather) for address in (MAILBOX, SECOND_MAILBOX)}
        self.chats = Chats()
        self.installs = Installs(self.chats, told)
        self.subscriptions = Subscriptions(clock, timedelta(minutes=20))
        self.archive, self.shared = FakeArchive(), FakeSharedFiles()
        self.truths: list[Truth] = []

    def arrive(self, mailbox: str, raw: bytes, letter: str, must_be: frozenset[str]) -> Truth:
        arrived = self.boxes[mailbox].arrive(raw)
        truth = Truth(mailbox, letter, must_be, [arrived.item_id], arrived.message_id)
        self.truths.append(truth)
        return truth

    def rename(self, truth: Truth) -> None:
        truth.ids.insert(0, self.boxes[truth.mailbox].rename(truth.ids[0]))

    def move(self, truth: Truth) -> None:
        box = self.boxes[truth.mailbox]
        to = "inbox" if box.items[truth.ids[0]].folder == CASES else CASES
        box.move(truth.ids[0], to)

    def delete(self, truth: Truth) -> None:
        self.boxes[truth.mailbox].remove(truth.ids[0])
        truth.deleted = True

    def there(self, mailbox: str) -> set[str]:
        """The ids of the mails that lie in the inbox."""
        return {i for i, item in self.boxes[mailbox].items.items() if item.folder in ("inbox", CASES)}


class Reached:
    """A part of the outside as one process reaches it: in this weather, and only while the process lives."""

    def __init__(self, inner: Any, weather: Weather, breathe: Callable[[str], None]) -> None:
        self._inner, self._weather, self._breathe = inner, weather, breathe

    def __getattr__(self, method: str) -> Any:
        inner = getattr(self._inner, method)
        if not inspect.iscoroutinefunction(inner):
            return inner

        before, after = f"before {method}", f"after {method}"

        async def call(*args: Any, **named: Any) -> Any:
            self._breathe(before)
            try:
                return await self._weather.around(method, lambda: inner(*args, **named))
            finally:
                self._breathe(after)

        setattr(self, method, call)  # not made again the next time
        return call

    async def listing(self, folder: str, start: datetime, end: datetime) -> AsyncIterator[Arrived]:
        async def listed() -> list[Arrived]:
            return [item async for item in self._inner.listing(folder, start, end)]

        self._breathe("before listing")
        for item in await self._weather.around("listing", listed):
            yield item
