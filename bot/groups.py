################################################################
# Group chats and channels: where others read along
################################################################
#
# Rule 1: nothing stands there that a member may not see: a record's number, and where the answer was written.
# Rule 2: whoever may read a record gets their own view of it, which Teams shows to nobody else; it decides nothing.
# Rule 3: a message in a group is never a copy of somebody's card: what is written anew there, everybody reads.

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.actions import Press, Said
from bot.acts import Shown
from bot.cards import number_card, record_card
from bot.chats import card_message, text_message
from bot.desk import Desk
from bot.words import meant_by
from registry.office import Office, Person
from texts import LANGUAGES, say

type Json = dict[str, Any]

_ANSWERED_THERE = ("help", "greeting")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is said where others read along: `there`; `in_person`: once the answer stands in the person's own chat."""

    there: Json
    in_person: Said | None = None
    if_not: Json | None = None  # said there where nothing could be written in person


class Groups:
    """What the bot does where others read along."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def plan(self, said: Said) -> Plan:
        """How *said* is answered."""
        office = self._desk.office()
        person = office.person(said.by)
        if person is None:
            return Plan(text_message("\n\n".join(say(lang, "chat.stranger") for lang in LANGUAGES)))
        lang, meant = person.language, meant_by(said.text)
        if not person.active:
            return Plan(text_message(say(lang, "may.inactive")))
        if not said.text or (meant.wish in _ANSWERED_THERE and not meant.guessed):
            return Plan(text_message(say(lang, "group.help")))
        there = text_message(say(lang, "group.in_person"))
        if meant.wish == "number":
            found = self._desk.numbered(meant.number, person)
            if not found:
                return Plan(text_message(say(lang, "chat.no_such_number", number=meant.number)))
            if len(found) == 1:
                (one,) = found
                there = card_message(
                    number_card(one.record, lang, self._desk.refreshed_for(one.record, said.chat.user_mri))
                )
        chat = self._desk.chat(said.by)
        nowhere = text_message(say(lang, "group.no_chat"))
        if chat is None:
            return Plan(there if "attachments" in there else nowhere)
        own = Said(text=said.text, by=said.by, chat=chat, activity_id=said.activity_id)
        return Plan(there, own, there if "attachments" in there else nowhere)

    def pressed(self, press: Press, person: Person, office: Office, at: datetime) -> Shown:
        """A person's own view of a record whose number stands there."""
        lang = person.language
        if not person.active:
            return Shown(text=say(lang, "may.inactive"))
        if press.verb != "record":
            return Shown(text=say(lang, "group.decide_in_person"))
        found = self._desk.readable(press.token, person)
        if found is None:
            return Shown(text=say(lang, "group.not_for_you"))
        if not press.automatic:
            self._desk.opened_by(found, person)
        told = say(lang, "group.decide_in_person") if found.token is not None else None
        return Shown(card=record_card(found.record, person, office, lang, at, told=told, acts=False))
