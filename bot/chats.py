"""Cards in people's chats, by Teams: the port `Chats` over the channel."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from bot.cards import away_card, delegation_card, pending_card, step_card
from registry.office import Office, Person
from service.ports import AnyView, AwayView, Conversation, DelegationView, SentCard
from service.waiting import Page
from texts.isolates import bare

type Activity = dict[str, Any]

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"


class Line(Protocol):
    """What says something in a chat: `bot.channel.Channel`."""

    async def send(self, chat: Conversation, activity: Activity) -> str: ...

    async def update(self, service_url: str, conversation_id: str, activity_id: str, activity: Activity) -> None: ...


class TeamsChats:
    """See service.ports.Chats.

    Args:
        service_url: Where Teams takes messages for chats whose own address is not known.
    """

    def __init__(self, line: Line, clock: Callable[[], datetime], service_url: str) -> None:
        self._line, self._clock, self._service_url = line, clock, service_url

    def found(self, person: str, conversation_id: str) -> Conversation:
        return Conversation(
            person=person, conversation_id=conversation_id, service_url=self._service_url, user_mri="", bot_id=""
        )

    async def ask(self, conversation: Conversation, card: AnyView) -> str:
        message = card_message(_drawn(card, self._clock()))
        return await self._line.send(conversation, message | {"channelData": {"notification": {"alert": True}}})

    async def refresh(self, sent: SentCard, card: AnyView) -> None:
        message = card_message(_drawn(card, self._clock()))
        await self._line.update(sent.service_url, sent.conversation_id, sent.activity_id, message)

    async def tell(self, conversation: Conversation, text: str) -> None:
        await self._line.send(conversation, text_message(text))

    async def digest(self, conversation: Conversation, person: Person, office: Office, page: Page) -> None:
        at, lang = self._clock(), person.language
        card = pending_card(page, person, office, lang, at, title="digest.title", foot="digest.stop")
        message = card_message(card)
        await self._line.send(conversation, message | {"channelData": {"notification": {"alert": True}}})


def _drawn(view: AnyView, at: datetime) -> dict[str, Any]:
    match view:
        case DelegationView():
            return delegation_card(view, at)
        case AwayView():
            return away_card(view, at)
        case _:
            return step_card(view, at)


def card_message(card: dict[str, Any]) -> Activity:
    """A message that is a card; `summary` is what a notification shows of it."""
    attachment = {"contentType": ADAPTIVE_CARD, "content": card}
    return {"type": "message", "summary": bare(str(card["fallbackText"])), "attachments": [attachment]}


def text_message(text: str) -> Activity:
    return {"type": "message", "text": text, "textFormat": "plain"}
