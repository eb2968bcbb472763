"""People's chats in memory: as the service sees them (FakeChats), and as the bot does (FakeTeams)."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from bot.channel import Answer
from registry.errors import Gone
from registry.office import Office, Person
from service.ports import AnyView, CardView, Conversation, NotInstalled, SentCard
from service.waiting import Page
from tests.fakes.faults import Faults

type Json = dict[str, Any]


class FakeChats:
    """Cards in chats. `cards` holds what stands in each conversation, by activity id; the newest view of each."""

    def __init__(self) -> None:
        self.cards: defaultdict[str, dict[str, CardView]] = defaultdict(dict)
        self.others: defaultdict[str, dict[str, AnyView]] = defaultdict(dict)  # cards that are of no record's step
        self.told: defaultdict[str, list[str]] = defaultdict(list)  # sentences, by conversation
        self.digests: defaultdict[str, list[Page]] = defaultdict(list)  # what was told to wait, by conversation
        self.without_app: set[str] = set()  # conversations from which the app was removed
        self.refusals: dict[str, Exception] = {}  # what every call about a conversation raises, until it is lifted
        self.faults = Faults()
        self._ids = count(1)

    def found(self, person: str, conversation_id: str) -> Conversation:
        return Conversation(
            person=person,
            conversation_id=conversation_id,
            service_url="https://smba.example/",
            user_mri="",
            bot_id="",
        )

    async def ask(self, conversation: Conversation, card: AnyView) -> str:
        self._admit(conversation.conversation_id)
        self.faults.before("ask")
        activity_id = str(next(self._ids))
        self._place(conversation.conversation_id, activity_id, card)
        self.faults.after("ask")
        return activity_id

    async def refresh(self, sent: SentCard, card: AnyView) -> None:
        self._admit(sent.conversation_id)
        self.faults.before("refresh")
        standing = (self.cards[sent.conversation_id], self.others[sent.conversation_id])
        if not any(sent.activity_id in cards for cards in standing):
            raise Gone("the card stands there no more")
        self._place(sent.conversation_id, sent.activity_id, card)
        self.faults.after("refresh")

    async def tell(self, conversation: Conversation, text: str) -> None:
        self._admit(conversation.conversation_id)
        self.faults.before("tell")
        self.told[conversation.conversation_id].append(text)
        self.faults.after("tell")

    async def digest(self, conversation: Conversation, person: Person, office: Office, page: Page) -> None:
        self._admit(conversation.conversation_id)
        self.faults.before("digest")
        self.digests[conversation.conversation_id].append(page)
        self.faults.after("digest")

    def delete(self, conversation_id: str, activity_id: str) -> None:
        del self.cards[conversation_id][activity_id]

    def _place(self, conversation_id: str, activity_id: str, card: AnyView) -> None:
        if isinstance(card, CardView):
            self.cards[conversation_id][activity_id] = card
        else:
            self.others[conversation_id][activity_id] = card

    def _admit(self, conversation_id: str) -> None:
        if conversation_id in self.without_app:
            raise NotInstalled("the bot is not in the conversation's roster")
        if conversation_id in self.refusals:
            raise self.refusals[conversation_id]


class FakeTeams:
    """Messages in chats, and calls of the channel that are taken for good. `said` holds them by conversation."""

    def __init__(self) -> None:
        self.said: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        self.faults = Faults()
        self._ids = count(1)

    async def send(self, chat: Conversation, activity: Json) -> str:
        self.faults.before("send")
        activity_id = f"said-{next(self._ids)}"
        self.said[chat.conversation_id][activity_id] = activity
        self.faults.after("send")
        return activity_id

    async def update(self, service_url: str, conversation_id: str, activity_id: str, activity: Json) -> None:
        self.faults.before("update")
        if activity_id not in self.said[conversation_id]:
            raise Gone("the message stands there no more")
        self.said[conversation_id][activity_id] = activity
        self.faults.after("update")

    async def receive(
        self, body: bytes, authorization: str | None, turn: Callable[[Json], Awaitable[Json | None]]
    ) -> Answer:
        told = await turn(json.loads(body))
        return Answer(200, told)
