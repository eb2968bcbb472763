################################################################
# What we issue, begun in the chat: the form, and the files handed in with it
################################################################
#
# Rule 1: a form begins one draft, however often it is pressed; so do all forms of the same files.
# Rule 2: the draft is its drafter's at once, and its card comes to their chat like any other.

import asyncio
from collections.abc import Sequence

from bot.actions import Inputs, Press, Said
from bot.acts import Json, Shown
from bot.cards import draft_form, record_card, short
from bot.chats import Activity, card_message, text_message
from bot.desk import Desk
from bot.draft_words import draft_words
from bot.paper import NotTaken, take_files, where_pressed
from registry.circuit_commands import Draft
from registry.decisions import Refused
from registry.mail import Part
from registry.office import Office, Person
from service.handed import HandedFiles
from service.service import Service
from texts import LANGUAGES, say

DRAFTS = ("draft_new",)


class Drafts:
    """The way to begin a memo, a decision, a circular or a letter of ours."""

    def __init__(self, desk: Desk, service: Service, handed: HandedFiles) -> None:
        self._desk, self._service, self._handed = desk, service, handed

    def form(self, kind: str, person: Person, office: Office) -> Json:
        return draft_form(person, office, person.language, Inputs(kind=kind))

    async def answer(self, said: Said, kind: str, person: Person, office: Office) -> Activity:
        """The form, with the files that came with the word."""
        try:
            token = await take_files(self._handed, said)
        except NotTaken as why:
            return text_message(why.said(person.language))
        files = await self._handed.parts(token, said.by) or ()
        return card_message(draft_form(person, office, person.language, Inputs(kind=kind), token=token, files=files))

    async def begin(self, press: Press) -> Shown:
        """Begin what the form describes."""
        office, at, typed = await asyncio.to_thread(self._desk.office), self._service.clock(), press.inputs
        person = office.person(press.by)
        if person is None:
            return Shown(text="\n\n".join(say(lang, "chat.stranger") for lang in LANGUAGES))
        lang = person.language
        files: Sequence[Part] | None = await self._handed.parts(press.token, press.by) if press.token else ()
        if files is None:
            return Shown(text=say(lang, "chat.unknown_card"))
        if press.automatic:
            return Shown(card=draft_form(person, office, lang, typed, token=press.token, files=files))
        key = f"draft:{press.token}" if press.token else f"draft:{press.chat.conversation_id}:{where_pressed(press)}"
        command = Draft(
            record_id=self._service.taker.chance.new_id(),
            by=press.by,
            kind=typed.kind,
            files=tuple(files),
            **draft_words(typed, typed.kind),
        )
        taken = await asyncio.to_thread(self._service.take, command, key=key)
        if isinstance(taken.decision, Refused) or taken.record is None:
            why = taken.decision if isinstance(taken.decision, Refused) else Refused("record.unknown")
            said = say(lang, why.reason, **{n: short(v) for n, v in why.values.items()})
            form = draft_form(person, office, lang, typed, token=press.token, files=files, said=said)
            return Shown(card=form, text=said)
        told = say(lang, "card.drafted")
        card = record_card(taken.record, person, office, lang, at, told=told)
        return Shown(card=card, rang=bool(taken.effects))
