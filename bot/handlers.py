################################################################
# What is pressed and said: read, take, show
################################################################
#
# Rule 1: a press is answered from what is kept here, in the same response. No call to Microsoft stands in its way; but
#         the slip of a letter on paper is in the archive before its number is told. Files that a clerk hands in are
#         fetched at once, since their links die, and are no press.
# Rule 2: who presses is the channel's word; what the card is about is the token's. A card that is not theirs shows and
#         changes nothing.
# Rule 3: what the client asks by itself (`automatic`) changes nothing, whatever it asks.
# Rule 4: a refusal says why on the card, and what was typed stays in its input.
# Rule 5: whoever took a command says that the bell must ring; the door rings it.

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.actions import Ignored, Left, Met, Press, Said, Sought, read
from bot.acts import ACTS, ENDS, SHOWS_WORDS, Shown, again
from bot.cards import (
    EXAMPLE,
    LONGEST_NOTE,
    MOST_FOUND,
    entry_form,
    fits_input,
    found_card,
    help_card,
    record_card,
    release_form,
    several_card,
    short,
    step_card,
    welcome_card,
)
from bot.cards.parts import OPEN_LETTER, is_hidden
from bot.channel import Answer
from bot.chats import ADAPTIVE_CARD, Line, card_message, text_message
from bot.delegating import Delegating
from bot.desk import Desk
from bot.dialogs import Dialogs
from bot.drafts import DRAFTS, Drafts
from bot.extended import Extended
from bot.extension import Extension
from bot.file_acts import OPENS_FILES, file_card, letter_card
from bot.groups import Groups
from bot.lists import ON_LISTS, Lists
from bot.paper import ENTERS, Paper
from bot.people_search import PeopleSearch
from bot.replying import Replying, is_reply
from bot.words import meant_by
from registry.errors import TarasulError, Throttled, Unavailable
from registry.office import Office, Person
from registry.rights import is_clerk
from registry.vocabulary import QUARANTINE
from service.delegations import Delegations
from service.deliveries import Deliveries
from service.finding import Found
from service.handed import HandedFiles
from service.ports import ChatBlocked, Conversation, NotInstalled, SentCard
from service.service import Service
from service.step_up import StepUp
from texts import LANGUAGES, Language, say, search_words

log = logging.getLogger("tarasul.bot")

type Json = dict[str, Any]

MESSAGE = "application/vnd.microsoft.activity.message"
_BAD_REQUEST: Json = {
    "statusCode": 400,
    "type": "application/vnd.microsoft.error",
    "value": {"code": "BadRequest", "message": "This is no press on a card of ours."},
}


_MOST_WORDS, _SHORTEST_WORD = 6, 3  # of what is looked for although nobody said so
_MOST_TRIES, _PATIENCE_S = 3, 3.0  # whoever wrote waits for the answer


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """What goes back to the channel, and whether effects wait to be performed."""

    status: int
    body: Json | None
    rang: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of an activity: the body that answers an invoke, and whether effects wait to be performed."""

    body: Json | None
    rang: bool = False


type _Answers = tuple[list[tuple[Json, str | None]], bool]


@dataclass(frozen=True, slots=True)
class _Greeted:
    """Somebody whom the directory knows, and who may write to us."""

    person: Person
    office: Office
    rang: bool


class Teams(Line, Protocol):
    """Teams, as the bot needs it: `bot.channel.Channel`."""

    async def receive(
        self, body: bytes, authorization: str | None, turn: Callable[[Json], Awaitable[Json | None]]
    ) -> Answer: ...


class Bot:
    """Teams' side of the office."""

    def __init__(
        self,
        channel: Teams,
        service: Service,
        deliveries: Deliveries,
        handed: HandedFiles,
        *,
        step_up: StepUp | None = None,
        public_url: str = "",
    ) -> None:
        self._channel, self._service, self._desk = channel, service, Desk(service)
        self._paper = Paper(self._desk, service, deliveries, handed)
        self._drafts = Drafts(self._desk, service, handed)
        delegations = Delegations(service.store, service.clock, service.taker.chance)
        self._delegating = Delegating(service, delegations, self._desk)
        self._lists, self._groups = Lists(self._desk, service), Groups(self._desk)
        self._replying = Replying(self._desk, service)
        self._extension = Extension(self._desk, self._paper, public_url)
        self._people = PeopleSearch(self._desk, service)
        self._dialogs = Dialogs(
            self._desk,
            service,
            step_up or StepUp(service.store, service.clock, service.taker.chance.new_token, None),
            public_url,
            self._shown_for,
        )

    async def receive(self, body: bytes, authorization: str | None) -> BotAnswer:
        """Answer one call of the channel; see bot.channel.Channel.receive for the statuses."""
        rang = False

        async def turn(activity: Json) -> Json | None:
            nonlocal rang
            turned = await self.turn(activity)
            rang = turned.rang
            return turned.body

        answer = await self._channel.receive(body, authorization, turn)
        return BotAnswer(answer.status, answer.body, rang)

    async def turn(self, activity: Mapping[str, Any]) -> Turned:
        """Do what an activity of the verified channel asks. Raises Unavailable where nothing could be kept of it."""
        match read(activity):
            case Press(kind="dialog") as press:
                return Turned(*await self._dialogs.answer(press))
            case Press() as press:
                return await self._press(press)
            case Said(among_others=True) as said:
                return await self._said_among_others(said)
            case Said() as said:
                return (await self._said(said))[0]
            case Sought() as sought:
                return Turned(await self._people.answer(sought))
            case Extended() as asked:
                return Turned(*await self._extension.answer(asked))
            case Met(chat=chat):
                return await self._met(chat)
            case Left(person=person):
                await asyncio.to_thread(self._service.left, person, "chat.left")
                return Turned(None)
            case Ignored(awaited=awaited):
                return Turned(_BAD_REQUEST if awaited else None)

    # ------------------------------------------------------------ what is pressed

    async def _press(self, press: Press) -> Turned:
        try:
            if press.verb in ENTERS and not press.among_others:
                shown = await self._paper.enter(press)
            elif press.verb in DRAFTS:
                shown = await self._drafts.begin(press)
            else:
                shown = await asyncio.to_thread(self._shown_for, press)
        except Unavailable:
            log.warning("a press could not be taken", extra={"verb": press.verb})
            shown = Shown(text=_in_both("chat.busy"))
        if press.kind == "submit":
            await self._show_submitted(press, shown)
            return Turned(None, shown.rang)
        if shown.card is None:
            return Turned({"statusCode": 200, "type": MESSAGE, "value": shown.text}, shown.rang)
        return Turned({"statusCode": 200, "type": ADAPTIVE_CARD, "value": shown.card}, shown.rang)

    async def _show_submitted(self, press: Press, shown: Shown) -> None:
        """A Submit cannot be answered with a card: the message is written anew, and what was refused is said."""
        chat = press.chat
        if press.among_others:
            shown = await self._in_person(press, shown)
        try:
            if shown.card is not None and press.card_id:
                message = card_message(shown.card)
                await self._channel.update(chat.service_url, chat.conversation_id, press.card_id, message)
            elif shown.card is not None:
                await self._channel.send(chat, card_message(shown.card))
            if shown.text is not None:
                await self._channel.send(chat, text_message(shown.text))
        except (TarasulError, ChatBlocked, NotInstalled) as error:
            log.warning("what came of a press could not be shown", extra={"why": type(error).__name__})

    async def _in_person(self, press: Press, shown: Shown) -> Shown:
        """What others read of what only the presser may see: nothing but where it was written."""
        own = await asyncio.to_thread(self._desk.chat, press.by)
        person = self._service.person(press.by)
        if shown.card is None or person is None:
            return Shown(text=shown.text)
        sent = await self._say(own, card_message(shown.card)) if own is not None else ""
        return Shown(text=say(person.language, "group.in_person" if sent else "group.no_chat"))

    def _shown_for(self, press: Press) -> Shown:
        at = self._service.clock()
        seen = self._desk.look(press.token, press.by)
        if seen.person is None:
            return Shown(text=_in_both("chat.stranger"))
        lang = seen.person.language
        if press.among_others:
            return self._groups.pressed(press, seen.person, self._desk.office(), at)
        if is_reply(press.verb):
            return self._replying.pressed(press, seen, seen.person, at)
        of_a_record = press.verb == OPEN_LETTER and not seen.known
        if press.verb in ("pending", "record", *ON_LISTS) or of_a_record:
            return self._shown_of_several(press, seen.person, at)
        if seen.view is None and (shown := self._delegating.press(press, seen.person, at)) is not None:
            if press.token:
                self._remember(press)
            return shown
        if seen.view is None:
            return Shown(text=say(lang, "chat.not_your_card" if seen.known else "chat.unknown_card"))
        view = replace(seen.view, opened=press.opened)
        if not press.automatic and press.verb not in ENDS:
            self._desk.opened(view)
        if press.automatic or press.verb == "view":
            self._remember(press)
            looks = not press.automatic and self._service.look_at_file(seen.view.record)
            return Shown(card=step_card(view, at), rang=looks)
        if press.verb in SHOWS_WORDS and is_hidden(view):
            said = say(lang, "card.open_first")
            return Shown(card=step_card(replace(view, said=said), at), text=said)
        if press.verb in OPENS_FILES:
            return Shown(card=file_card(self._service, press, view, at))
        act = ACTS.get(press.verb)
        if act is None:
            return Shown(text=say(lang, "chat.unknown_button"))
        if not fits_input(press.inputs.note):
            said = say(lang, "chat.too_long", limit=LONGEST_NOTE)
            return Shown(card=again(press, replace(view, said=said), at), text=said)
        return act(self._service, press, view, at)

    def _shown_of_several(self, press: Press, person: Person, at: datetime) -> Shown:
        """What is pressed on a list, or on a card that stands for no step."""
        if not person.active:
            return Shown(text=say(person.language, "may.inactive"))
        if press.verb in ON_LISTS:
            return self._lists.pressed(press, person, at)
        if press.verb == "pending":
            return Shown(card=self._lists.first(person, at))
        found = self._desk.readable(press.token, person)
        if found is None:
            return Shown(text=say(person.language, "chat.unknown_card"))
        if not press.automatic:
            self._desk.opened_by(found, person)
        office, matter = self._desk.office(), self._desk.matter(found.record)
        card = record_card(
            found.record, person, office, person.language, at, found.token, matter=matter, opened=press.opened
        )
        if press.verb == OPEN_LETTER:
            card = letter_card(self._service, found.record, person, card, at, opened=press.opened)
        return Shown(card=card)

    def _remember(self, press: Press) -> None:
        """From now on the message shows this card, whatever it showed before: when the card changes, so must that."""
        if press.automatic or not press.card_id:
            return
        chat = press.chat
        copy = SentCard(
            token=press.token,
            conversation_id=chat.conversation_id,
            activity_id=press.card_id,
            service_url=chat.service_url,
        )
        self._desk.note_card(copy)

    # ------------------------------------------------------------ what is said

    async def _said(self, said: Said) -> tuple[Turned, bool]:
        """Answer in the person's own chat; and whether all of it could be said."""
        if said.files:
            answers, rang = await self._handed_in(said)
        else:
            answers, rang = await asyncio.to_thread(self._answers_to, said)
        all_said = True
        for message, token in answers:
            activity_id = await self._say(said.chat, message)
            all_said = all_said and bool(activity_id)
            if activity_id and token is not None:
                copy = SentCard(
                    token=token,
                    conversation_id=said.chat.conversation_id,
                    activity_id=activity_id,
                    service_url=said.chat.service_url,
                )
                await asyncio.to_thread(self._desk.note_card, copy)
        return Turned(None, rang), all_said

    async def _said_among_others(self, said: Said) -> Turned:
        """Answer in person, and there with nothing that others may not see."""
        plan = await asyncio.to_thread(self._groups.plan, said)
        turned, there = Turned(None), plan.there
        if plan.in_person is not None:
            turned, all_said = await self._said(plan.in_person)
            there = plan.there if all_said else plan.if_not or plan.there
        await self._say(said.chat, there)
        return turned

    async def _handed_in(self, said: Said) -> _Answers:
        """Files; from a stranger none is taken."""
        greeted = await asyncio.to_thread(self._greet, said)
        if isinstance(greeted, tuple):
            return greeted
        meant = meant_by(said.text)
        if meant.wish == "draft":
            message, rang = await self._drafts.answer(said, meant.kind, greeted.person, greeted.office), False
        else:
            message, rang = await self._paper.answer(said, greeted.person, greeted.office)
        return [(message, None)], rang or greeted.rang

    def _greet(self, said: Said) -> _Greeted | _Answers:
        """Who writes, and whether something waited for their chat to be known; or what a stranger is told."""
        office = self._service.office()
        person = office.person(said.by)
        if person is None:
            return [(text_message(_in_both("chat.stranger")), None)], False
        rang = self._desk.hear(said.chat) > 0
        if not person.active:
            return [(text_message(say(person.language, "may.inactive")), None)], rang
        return _Greeted(person, office, rang)

    def _answers_to(self, said: Said) -> _Answers:
        """The messages that answer, each with the token of the card that it is a copy of."""
        greeted, at = self._greet(said), self._service.clock()
        if isinstance(greeted, tuple):
            return greeted
        person, lang, rang = greeted.person, greeted.person.language, greeted.rang
        meant = meant_by(said.text)
        if meant.wish == "search" and not meant.words:
            return [(text_message(say(lang, "found.what")), None)], rang
        if meant.wish == "search":
            nothing = text_message(say(lang, "found.nothing", words=short(meant.words))), None
            return [self._found(meant.words, person, at) or nothing], rang
        if (meant.guessed or meant.wish == "unknown") and _may_be_looked_for(said.text):
            found = self._found(
                said.text, person, at
            )  # a record that says so is likelier meant than a slip of the hand
            if found is not None:
                return [found], rang
        match meant.wish:
            case "pending":
                card = self._lists.first(person, at)
            case "quarantine":
                card = self._lists.first(person, at, kind=QUARANTINE)
            case "release":
                return [self._to_release(meant.number, person, lang, at)], rang
            case "register" if not is_clerk(person, person.unit_id):
                return [(text_message(say(lang, "may.registry_only")), None)], rang
            case "register":
                card = entry_form(self._desk.office(), lang)
            case "draft":
                card = self._drafts.form(meant.kind, person, self._desk.office())
            case "delegate":
                card = self._delegating.form(person, meant.number, at)
            case "delegations":
                card = self._delegating.listed(person, at)
            case "why":
                return self._why(meant.number, person, lang, at), rang
            case "number":
                return [self._numbered(meant.number, person, lang, at)], rang
            case "help":
                card = help_card(lang, clerk=person.clerk)
            case "greeting":
                card = help_card(lang, say(lang, "chat.greeting", name=short(person.name)), clerk=person.clerk)
            case "digest_off" | "digest_on":
                self._desk.wants_digest(person, meant.wish == "digest_on")
                return [(text_message(say(lang, f"chat.{meant.wish}")), None)], rang
            case "perhaps":
                return [(text_message(say(lang, "chat.perhaps", words=meant.words)), None)], rang
            case "search" | "unknown":
                card = help_card(lang, sorry=say(lang, "chat.not_understood"), clerk=person.clerk)
        return [(card_message(card), None)], rang

    def _found(self, looked_for: str, person: Person, at: datetime) -> tuple[Json, str | None] | None:
        """What is found by these words; None for nothing."""
        found, more = self._desk.found(looked_for, person, MOST_FOUND)
        if len(found) == 1:
            return self._opened(found[0], person, at)
        lang = person.language
        listed = found_card(found, looked_for, person, self._desk.office(), lang, more=more)
        return (card_message(listed), None) if found else None

    def _opened(self, one: Found, person: Person, at: datetime) -> tuple[Json, str | None]:
        """The reader's own card of a record where it is their turn; else what it is and where it stands."""
        view = self._desk.look(one.token, person.person_id).view if one.token is not None else None
        if view is not None:
            self._desk.opened(view)
            return card_message(step_card(view, at)), one.token
        matter, office = self._desk.matter(one.record), self._desk.office()
        return card_message(record_card(one.record, person, office, person.language, at, matter=matter)), None

    def _numbered(
        self, number: str, person: Person, lang: Language, at: datetime, *, kind: str = ""
    ) -> tuple[Json, str | None]:
        found = self._desk.numbered(number, person, kind)
        if not found:
            return text_message(say(lang, "chat.no_such_number", number=number)), None
        if len(found) > 1:
            return card_message(several_card([one.record for one in found], person, lang)), None
        return self._opened(found[0], person, at)

    def _why(self, number: str, person: Person, lang: Language, at: datetime) -> list[tuple[Json, str | None]]:
        if not number:
            return [(text_message(say(lang, "chat.why_which", example=EXAMPLE)), None)]
        found = self._delegating.why(number, person, at)
        if found is None:
            return [(text_message(say(lang, "chat.no_such_number", number=number)), None)]
        return [(card_message(card), None) for card in found]

    def _to_release(self, number: str, person: Person, lang: Language, at: datetime) -> tuple[Json, str | None]:
        """The form that registers a quarantined mail; what has become of it, where it waits no more."""
        found = self._desk.numbered(number, person, QUARANTINE)
        token = found[0].token if len(found) == 1 else None
        view = self._desk.look(token, person.person_id).view if token is not None else None
        if view is None:
            return self._numbered(number, person, lang, at, kind=QUARANTINE)
        return card_message(release_form(view)), token

    # ------------------------------------------------------------ who comes and goes

    async def _met(self, chat: Conversation) -> Turned:
        due, person = await asyncio.to_thread(self._desk.meet, chat)
        if person is not None:
            await self._say(chat, card_message(welcome_card(person, person.language)))
        return Turned(None, due > 0)

    async def _say(self, chat: Conversation, message: Json) -> str:
        """Say it if it can be said. What a person asked in the chat they can ask again; nothing waits for it.

        A chat to which many cards go at this moment takes no more for a second or two: that is waited out.
        """
        for tries in range(1, _MOST_TRIES + 1):
            try:
                return await self._channel.send(chat, message)
            except Throttled as error:
                if tries == _MOST_TRIES or error.retry_after_s > _PATIENCE_S:
                    return _unsaid(error)
                await asyncio.sleep(error.retry_after_s)
            except (TarasulError, ChatBlocked, NotInstalled) as error:
                return _unsaid(error)
        raise AssertionError("the last try returns")


def _in_both(key: str) -> str:
    """For whom we do not know: both languages, Arabic first."""
    return "\n\n".join(say(lang, key) for lang in LANGUAGES)


def _may_be_looked_for(text: str) -> bool:
    """Whether what somebody wrote without any command may be words of a record."""
    words = search_words(text)
    return 1 <= len(words) <= _MOST_WORDS and any(len(word) >= _SHORTEST_WORD for word in words)


def _unsaid(error: Exception) -> str:
    log.warning("an answer could not be sent", extra={"why": f"{type(error).__name__}: {error}"})
    return ""
