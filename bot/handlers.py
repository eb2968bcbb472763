################################################################
# What is pressed and said: read, take, show
################################################################
#
# Rule 1: a press is answered from what is kept here, in the same response. No call to Microsoft stands in its way.
# Rule 2: who presses is the channel's word; what the card is about is the token's. A card that is not theirs shows and
#         changes nothing.
# Rule 3: what the client asks by itself (`automatic`) changes nothing, whatever it asks.
# Rule 4: a refusal says why on the card, and what was typed stays in its input.
# Rule 5: whoever took a command says that the bell must ring; the door rings it.

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.actions import Ignored, Left, Met, Press, Said, read
from bot.cards import (
    LONGEST_NOTE,
    fits_input,
    help_card,
    note_form,
    pending_card,
    record_card,
    recorded,
    referral_form,
    several_card,
    short,
    step_card,
    welcome_card,
)
from bot.channel import Answer
from bot.chats import ADAPTIVE_CARD, Line, card_message, text_message
from bot.desk import Desk
from bot.words import meant_by
from registry.acting import refusal
from registry.commands import Acknowledge, Annotate, Approve, Close, Command, Complete, Refer, Return
from registry.decisions import Refused
from registry.errors import TarasulError, Unavailable
from registry.office import Person
from registry.record import OPEN
from registry.rights import may_act
from registry.vocabulary import ASKED_FROM_CARDS, Verb
from service.ports import CardView, ChatBlocked, Conversation, NotInstalled, SentCard
from service.service import Service
from service.take import Taken
from texts import LANGUAGES, Language, say

log = logging.getLogger("tarasul.bot")

type Json = dict[str, Any]

MESSAGE = "application/vnd.microsoft.activity.message"
_BAD_REQUEST: Json = {
    "statusCode": 400,
    "type": "application/vnd.microsoft.error",
    "value": {"code": "BadRequest", "message": "This is no press on a card of ours."},
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a press is answered with: a card, or a sentence where there is none to show."""

    card: Json | None = None
    text: str | None = None
    rang: bool = False


class Teams(Line, Protocol):
    """Teams, as the bot needs it: `bot.channel.Channel`."""

    async def receive(
        self, body: bytes, authorization: str | None, turn: Callable[[Json], Awaitable[Json | None]]
    ) -> Answer: ...


class Bot:
    """Teams' side of the office."""

    def __init__(self, channel: Teams, service: Service) -> None:
        self._channel, self._service, self._desk = channel, service, Desk(service)

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
            case Press() as press:
                return await self._press(press)
            case Said() as said:
                return await self._said(said)
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

    def _shown_for(self, press: Press) -> Shown:
        at = self._service.clock()
        seen = self._desk.look(press.token, press.by)
        if seen.person is None:
            return Shown(text=_in_both("chat.stranger"))
        lang = seen.person.language
        if press.verb == "pending" and not press.token:
            return Shown(card=self._pending(seen.person, lang, at))
        if seen.view is None:
            return Shown(text=say(lang, "chat.not_your_card" if seen.known else "chat.unknown_card"))
        if press.automatic or press.verb == "view":
            self._remember(press)
            return Shown(card=step_card(seen.view, at))
        act = _ACTS.get(press.verb)
        if act is None:
            return Shown(text=say(lang, "chat.unknown_button"))
        if not fits_input(press.inputs.note):
            said = say(lang, "chat.too_long", limit=LONGEST_NOTE)
            return Shown(card=_again(press, replace(seen.view, said=said), at), text=said)
        return act(self._service, press, seen.view, at)

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

    async def _said(self, said: Said) -> Turned:
        answers, rang = await asyncio.to_thread(self._answers_to, said)
        for message, token in answers:
            activity_id = await self._say(said.chat, message)
            if activity_id and token is not None:
                copy = SentCard(
                    token=token,
                    conversation_id=said.chat.conversation_id,
                    activity_id=activity_id,
                    service_url=said.chat.service_url,
                )
                await asyncio.to_thread(self._desk.note_card, copy)
        return Turned(None, rang)

    def _answers_to(self, said: Said) -> tuple[list[tuple[Json, str | None]], bool]:
        """The messages that answer, each with the token of the card that it is a copy of."""
        person, at = self._service.person(said.by), self._service.clock()
        if person is None:
            return [(text_message(_in_both("chat.stranger")), None)], False
        lang, rang = person.language, self._desk.hear(said.chat) > 0
        if not person.active:
            return [(text_message(say(lang, "may.inactive")), None)], rang
        meant = meant_by(said.text)
        match meant.wish:
            case "pending":
                card = self._pending(person, lang, at)
            case "number":
                return [self._numbered(meant.number, person, lang, at)], rang
            case "help":
                card = help_card(lang)
            case "greeting":
                card = help_card(lang, say(lang, "chat.greeting", name=short(person.name)))
            case "unknown":
                card = help_card(lang, sorry=say(lang, "chat.not_understood"))
        return [(card_message(card), None)], rang

    def _pending(self, person: Person, lang: Language, at: datetime) -> Json:
        return pending_card(self._desk.pending(person), person, self._desk.office(), lang, at)

    def _numbered(self, number: str, person: Person, lang: Language, at: datetime) -> tuple[Json, str | None]:
        found = self._desk.numbered(number, person)
        if not found:
            return text_message(say(lang, "chat.no_such_number", number=number)), None
        if len(found) > 1:
            return card_message(several_card([one.record for one in found], person, lang)), None
        (one,) = found
        if one.token is not None:
            view = self._desk.look(one.token, person.person_id).view
            if view is not None:
                return card_message(step_card(view, at)), one.token
        return card_message(record_card(one.record, person, self._desk.office(), lang, at)), None

    # ------------------------------------------------------------ who comes and goes

    async def _met(self, chat: Conversation) -> Turned:
        due, person = await asyncio.to_thread(self._desk.meet, chat)
        if person is not None:
            await self._say(chat, card_message(welcome_card(person, person.language)))
        return Turned(None, due > 0)

    async def _say(self, chat: Conversation, message: Json) -> str:
        """Say it if it can be said. What a person asked in the chat they can ask again; nothing waits for it."""
        try:
            return await self._channel.send(chat, message)
        except (TarasulError, ChatBlocked, NotInstalled) as error:
            log.warning("an answer could not be sent", extra={"why": f"{type(error).__name__}: {error}"})
            return ""


# ---------------------------------------------------------------- what each verb does

type Act = Callable[[Service, Press, CardView, datetime], Shown]


def _decide(ask: Callable[[str, int, str, str], Command]) -> Act:
    """A verb that ends the step, with the words of the card's input."""

    def act(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
        command = ask(view.record.record_id, view.step.number, press.by, press.inputs.note)
        taken = service.take(command, key=f"press:{press.token}:{press.verb}")
        return _after(press, view, taken, at)

    return act


def _refer(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """Without a colleague: the form. With one: the referral."""
    to, asked = press.inputs.to, press.inputs.disposition
    if not to:
        return _form(press, view, Verb.REFER, at)
    if asked not in ASKED_FROM_CARDS:
        return _refused(press, view, Refused("refer.unknown_disposition"), at)
    command = Refer(
        record_id=view.record.record_id,
        step=view.step.number,
        by=press.by,
        asked=asked,
        to_person=to,
        note=press.inputs.note,
    )
    taken = service.take(command, key=f"press:{press.token}:refer:{to}:{asked}")
    lang = view.language
    colleague = view.office.person(to)
    sent = say(
        lang, "card.copy_sent", who=short(colleague.name) if colleague else "", asked=say(lang, f"asked.{asked}")
    )
    return _after(press, view, taken, at, told=sent)


def _annotate(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    return _form(press, view, Verb.ANNOTATE, at)


def _write_note(final: bool) -> Act:
    def act(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
        note = press.inputs.note
        command = Annotate(record_id=view.record.record_id, by=press.by, note=note, final=final)
        digest = hashlib.sha256(note.encode()).hexdigest()
        # With the activity's id: somebody may go back to words that they had before, and that is a new press.
        taken = service.take(command, key=f"press:{press.token}:{press.verb}:{digest}:{press.activity_id}")
        told = say(view.language, "card.note_kept" if final else "card.draft_saved")
        return _after(press, view, taken, at, told=told)

    return act


_ACTS: dict[str, Act] = {
    "approve": _decide(lambda r, s, by, note: Approve(record_id=r, step=s, by=by, note=note)),
    "return": _decide(lambda r, s, by, note: Return(record_id=r, step=s, by=by, note=note)),
    "complete": _decide(lambda r, s, by, note: Complete(record_id=r, step=s, by=by, note=note)),
    "close": _decide(lambda r, s, by, note: Close(record_id=r, step=s, by=by, note=note)),
    "acknowledge": _decide(lambda r, s, by, _: Acknowledge(record_id=r, step=s, by=by)),
    "refer": _refer,
    "annotate": _annotate,
    "annotate_draft": _write_note(final=False),
    "annotate_final": _write_note(final=True),
}


def _form(press: Press, view: CardView, verb: Verb, at: datetime) -> Shown:
    """The form of *verb*, where the reader may use it."""
    verdict = may_act(view.person, view.record, verb, at, view.step.number)
    if not verdict:
        return _refused(press, view, refusal(verdict.reasons[0], view.record, view.step, view.office), at)
    return Shown(card=_again(press, view, at))


def _after(press: Press, view: CardView, taken: Taken, at: datetime, told: str | None = None) -> Shown:
    """The card after a command: what came of it, or why nothing did. *told* is said where the step is open still."""
    record = taken.record or view.record
    step = record.step(view.step.number) or view.step
    view = replace(view, record=record, step=step)
    if isinstance(taken.decision, Refused):
        return _refused(press, view, taken.decision, at)
    still_open = step.state == OPEN or press.verb.startswith("annotate")
    return Shown(card=step_card(view, at, told=told if still_open else None), rang=bool(taken.effects))


def _refused(press: Press, view: CardView, refused: Refused, at: datetime) -> Shown:
    if refused.reason == "may.already_done":
        said = recorded(view)
    else:
        said = say(view.language, refused.reason, **{name: short(value) for name, value in refused.values.items()})
    return Shown(card=_again(press, replace(view, said=said), at), text=said)


def _again(press: Press, view: CardView, at: datetime) -> Json:
    """The card or form that was pressed, as it now is, with what was typed still in it."""
    inputs = press.inputs
    if view.step.state == OPEN and press.verb == "refer":
        return referral_form(view, at, to=inputs.to, disposition=inputs.disposition, note=inputs.note)
    if press.verb.startswith("annotate") and not view.record.ended:
        return note_form(view, note=inputs.note)
    return step_card(view, at, typed=inputs.note)


def _in_both(key: str) -> str:
    """For whom we do not know: both languages, Arabic first."""
    return "\n\n".join(say(lang, key) for lang in LANGUAGES)
