"""The port Chats: one contract, kept by the fake and by Teams' adapter against the sandbox's connector."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import pytest

from bot.chats import TeamsChats
from registry.commands import Approve
from registry.errors import Gone, Misconfigured, Mistaken, Throttled, Unavailable
from service.ports import CardView, ChatBlocked, Chats, Conversation, NotInstalled, SentCard
from tests.bot.rules_of_teams import wrong_with
from tests.bot.samples import view
from tests.bot.teams_world import TeamsWorld, teams_world
from tests.fakes.chats import FakeChats
from tests.values import NOON, forwarded, registered

HUDA = "huda@ministry.example"

BLOCKED = {
    "ConversationBlockedByUser": "chat.blocked_by_person",
    "BotDisabledByAdmin": "chat.blocked_by_policy",
    "NotEnoughPermissions": "chat.blocked_without_permission",
    "MessageWritesBlocked": "chat.blocked_for_writing",
}
ERRORS: dict[str, type[Exception]] = {
    "InvalidBotApiHost": Misconfigured,
    "ConversationNotFound": Gone,
    "PreconditionFailed": Unavailable,
    "InternalServerError": Mistaken,
    "BadGateway": Unavailable,
    "ServiceUnavailable": Unavailable,
    "GatewayTimeout": Unavailable,
}


class World(Protocol):
    """A chat with one person, behind either implementation."""

    @property
    def chats(self) -> Chats: ...

    @property
    def conversation(self) -> Conversation: ...

    async def standing(self) -> dict[str, bool]:
        """By activity id, whether the card that stands there still asks for something."""
        ...

    async def refuse(self, code: str | None) -> None: ...

    async def remove_app(self) -> None: ...

    async def delete(self, activity_id: str) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.fake = self.chats = FakeChats()
        self.conversation = Conversation(
            person="huda", conversation_id="a:huda", service_url="https://x/", user_mri="29:huda", bot_id="28:bot"
        )

    async def standing(self) -> dict[str, bool]:
        return {i: card.step.state == "open" for i, card in self.fake.cards["a:huda"].items()}

    async def refuse(self, code: str | None) -> None:
        self.fake.refusals.clear()
        if code is not None:
            error = ChatBlocked(BLOCKED[code]) if code in BLOCKED else ERRORS[code]("refused")
            self.fake.refusals["a:huda"] = error

    async def remove_app(self) -> None:
        self.fake.without_app.add("a:huda")

    async def delete(self, activity_id: str) -> None:
        self.fake.delete("a:huda", activity_id)


class OverHttp:
    def __init__(self, world: TeamsWorld) -> None:
        self.world, self.channel = world, world.channel()
        self.chats = TeamsChats(self.channel, lambda: NOON, "https://smba.example/")
        self.conversation = world.install(HUDA)

    async def standing(self) -> dict[str, bool]:
        shown = await self.world.messages(HUDA)
        assert not [wrong for message in shown for wrong in wrong_with(message["card"], rtl=True)]
        return {message["activityId"]: "Input.Text" in str(message["card"]) for message in shown}

    async def refuse(self, code: str | None) -> None:
        await self.world.refuse(HUDA, code)

    async def remove_app(self) -> None:
        await self.world.ask("POST", f"/sandbox/teams/{HUDA}/uninstall")

    async def delete(self, activity_id: str) -> None:
        chat = self.conversation
        headers = {"Authorization": f"Bearer {await self.world.token()}"}
        url = f"{chat.service_url}v3/conversations/{chat.conversation_id}/activities/{activity_id}"
        async with self.world._net.delete(url, headers=headers) as answer:
            assert answer.status == 200


@pytest.fixture(params=["in memory", "Teams over HTTP"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "in memory":
        yield InMemory()
        return
    async with teams_world() as teams:
        yield OverHttp(teams)


def asked() -> CardView:
    return view(registered(forwarded()).held, 1, "huda", "ar")


def decided() -> CardView:
    desk = registered(forwarded())
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    return view(desk.held, 1, "huda", "ar")


def sent_card(world: World, activity_id: str) -> SentCard:
    chat = world.conversation
    return SentCard(
        token="t", conversation_id=chat.conversation_id, activity_id=activity_id, service_url=chat.service_url
    )


async def test_a_card_that_is_asked_for_stands_in_the_chat(world: World) -> None:
    activity_id = await world.chats.ask(world.conversation, asked())
    assert await world.standing() == {activity_id: True}


async def test_a_card_asked_for_twice_stands_twice(world: World) -> None:
    ids = [await world.chats.ask(world.conversation, asked()) for _ in range(2)]
    assert list(await world.standing()) == ids


async def test_a_card_is_replaced_where_it_stands(world: World) -> None:
    first, second = [await world.chats.ask(world.conversation, asked()) for _ in range(2)]
    await world.chats.refresh(sent_card(world, first), decided())
    assert await world.standing() == {first: False, second: True}


async def test_refreshing_a_card_that_is_gone_says_so(world: World) -> None:
    activity_id = await world.chats.ask(world.conversation, asked())
    await world.delete(activity_id)
    with pytest.raises(Gone):
        await world.chats.refresh(sent_card(world, activity_id), decided())
    assert await world.standing() == {}


async def test_without_the_app_nothing_can_be_asked_or_refreshed(world: World) -> None:
    activity_id = await world.chats.ask(world.conversation, asked())
    await world.remove_app()
    with pytest.raises(NotInstalled):
        await world.chats.ask(world.conversation, asked())
    with pytest.raises(NotInstalled):
        await world.chats.refresh(sent_card(world, activity_id), decided())


@pytest.mark.parametrize("code", BLOCKED)
async def test_a_blocked_chat_says_why_and_is_open_again_afterwards(world: World, code: str) -> None:
    await world.refuse(code)
    with pytest.raises(ChatBlocked) as blocked:
        await world.chats.ask(world.conversation, asked())
    assert blocked.value.reason == BLOCKED[code]
    await world.refuse(None)
    await world.chats.ask(world.conversation, asked())
    assert len(await world.standing()) == 1


@pytest.mark.parametrize("code", ERRORS)
async def test_a_refusal_is_said_in_our_own_words_and_changes_nothing(world: World, code: str) -> None:
    activity_id = await world.chats.ask(world.conversation, asked())
    await world.refuse(code)
    with pytest.raises(ERRORS[code]):
        await world.chats.ask(world.conversation, asked())
    with pytest.raises(ERRORS[code]):
        await world.chats.refresh(sent_card(world, activity_id), decided())
    await world.refuse(None)
    assert await world.standing() == {activity_id: True}


async def test_too_many_at_once_are_told_to_wait_and_none_is_repeated() -> None:
    """The connector takes seven messages a second in one chat."""
    async with teams_world() as teams:
        world = OverHttp(teams)
        sent, waits = 0, []
        for _ in range(12):
            try:
                await world.chats.ask(world.conversation, asked())
                sent += 1
            except Throttled as error:
                waits.append(error.retry_after_s)
        assert sent == len(await world.standing())
        assert waits
        assert all(wait_s >= 1 for wait_s in waits)


async def test_a_chat_that_was_never_there_is_gone() -> None:
    async with teams_world() as teams:
        world = OverHttp(teams)
        with pytest.raises(Gone):
            await world.chats.ask(replace(world.conversation, conversation_id="a:1none"), asked())
