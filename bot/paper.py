################################################################
# Letters that are no mail, entered by a clerk in the chat: the form, and the files handed in with it
################################################################
#
# Rule 1: files are handed in first and the form comes with them; what it carries is a token for them, never a link.
# Rule 2: a form enters one letter, however often it is pressed; so do all forms of the same files.
# Rule 3: a file that a record lacks goes to that record, from whoever was asked for it.
# Rule 4: files that another record has are told of with its number; the clerk enters them all the same by a press of
#         its own.

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.actions import LONGEST_LINE, Inputs, Press, Said
from bot.acts import Shown
from bot.cards import entry_form, record_card, short
from bot.cards.registry_forms import AS_SAID, BY_RULE
from bot.chats import Activity, card_message, text_message
from bot.desk import Desk
from bot.limits import FORM_ANSWER
from bot.words import meant_by
from registry.commands import HandIn
from registry.decisions import Refused
from registry.errors import Unavailable
from registry.limits import MOST_FILES
from registry.mail import Address, Part
from registry.office import Office, Person
from registry.rights import is_clerk
from service.deliveries import Deliveries, KeyReused, KnownFiles, Slip
from service.handed import ChatMessage, HandedFiles, NotHandedIn
from service.service import Service
from texts import LANGUAGES, Language, say

ENTERS = ("enter", "enter_again")
_FORM_WITHIN_S = FORM_ANSWER.value - 1.5  # a dialog that is not answered in time is not shown


class Paper:
    """The clerk's way to register what came on paper."""

    def __init__(self, desk: Desk, service: Service, deliveries: Deliveries, handed: HandedFiles) -> None:
        self._desk, self._service, self._deliveries, self._handed = desk, service, deliveries, handed

    async def answer(self, said: Said, person: Person, office: Office) -> tuple[Activity, bool]:
        """What answers *person*, who hands in files, and whether the bell must ring.

        A file that a record lacks goes to that record; a clerk's others come back with the form for a letter on paper.
        """
        lang = person.language
        record, several = await asyncio.to_thread(self._desk.lacking, person, _number_in(said.text))
        if several:
            return text_message(say(lang, "chat.files_for_which")), False
        if record is None and not is_clerk(person, person.unit_id):
            return text_message(say(lang, "may.registry_only")), False
        try:
            token = await take_files(self._handed, said)
        except NotTaken as why:
            return text_message(why.said(lang)), False
        files = await self._handed.parts(token, said.by) or ()
        if record is None:
            return card_message(entry_form(office, lang, token=token, files=files)), False
        command = HandIn(record_id=record.record_id, by=person.person_id, files=files)
        taken = await asyncio.to_thread(self._service.take, command, key=f"handed:{token}:{record.record_id}")
        if isinstance(taken.decision, Refused):
            return text_message(say(lang, taken.decision.reason, **taken.decision.values)), False
        shown, told = taken.record or record, say(lang, "card.file_taken")
        card = record_card(shown, person, office, lang, self._service.clock(), told=told, acts=False)
        return card_message(card), bool(taken.effects)

    async def message_form(self, message: ChatMessage, person: Person, office: Office) -> Shown:
        """The form that registers a message between people, with its words and files; or what became of it."""
        lang, at = person.language, self._service.clock()
        if not is_clerk(person, person.unit_id):
            return Shown(text=say(lang, "may.registry_only"))
        known = await asyncio.to_thread(self._desk.taken, message.key)
        if known is not None:
            told = say(lang, "card.entered", reference=known.reference)
            return Shown(card=record_card(known, person, office, lang, at, told=told, acts=False))
        if len(message.files) >= MOST_FILES:  # one place is that of its words
            return Shown(text=say(lang, "chat.files_too_many", most=MOST_FILES - 1))
        try:
            token = await self._handed.take_message(message, by=person.person_id, within_s=_FORM_WITHIN_S)
        except NotHandedIn as why:
            return Shown(text=say(lang, "chat.file_refused", name=why.name, why=say(lang, why.reason)))
        except Unavailable:
            return Shown(text=say(lang, "chat.files_later"))
        bundle = await self._handed.bundle(token, person.person_id)
        assert bundle is not None, "it was just kept"
        first_line = message.text.strip().partition("\n")[0]
        typed = Inputs(
            subject=message.subject or first_line[:LONGEST_LINE],
            sender_name=message.author,
            letter_date=_day_of(message.sent_at, office),
            received_via="chat",
        )
        return Shown(card=entry_form(office, lang, typed, token=token, files=bundle.parts))

    async def enter(self, press: Press) -> Shown:
        """Enter the letter that the form describes, with its files."""
        office, at, typed = await asyncio.to_thread(self._desk.office), self._service.clock(), press.inputs
        person = office.person(press.by)
        if person is None:
            return Shown(text="\n\n".join(say(lang, "chat.stranger") for lang in LANGUAGES))
        lang = person.language
        bundle = await self._handed.bundle(press.token, press.by) if press.token else None
        if press.token and bundle is None:
            return Shown(text=say(lang, "chat.unknown_card"))
        files: Sequence[Part] = bundle.parts if bundle is not None else ()
        if press.automatic:
            return Shown(card=entry_form(office, lang, token=press.token, files=files))
        key = bundle.key if bundle is not None else f"form:{press.chat.conversation_id}:{where_pressed(press)}"
        slip = _slip(typed, person, again=press.verb == "enter_again")
        try:
            entered = await self._deliveries.enter(slip, handed=files, by=person.person_id, key=key)
        except KeyReused as reused:  # the form was sent before; since then somebody wrote something else on it
            record, decision, rang = await asyncio.to_thread(self._desk.record, reused.record_id), None, False
        except KnownFiles as known:
            first = await asyncio.to_thread(self._desk.record, known.record_id)
            said = say(lang, "card.files_known", reference=first.reference if first is not None else "")
            return Shown(
                card=entry_form(office, lang, typed, token=press.token, files=files, said=said, anyway=True), text=said
            )
        else:
            record, decision, rang = entered.record, entered.decision, entered.rang
        if isinstance(decision, Refused) or record is None:
            why = decision if isinstance(decision, Refused) else Refused("record.unknown")
            said = say(lang, why.reason, **{name: short(value) for name, value in why.values.items()})
            again = press.verb == "enter_again"
            form = entry_form(office, lang, typed, token=press.token, files=files, said=said, anyway=again)
            return Shown(card=form, text=said)
        told = say(lang, "card.entered", reference=record.reference)
        return Shown(card=record_card(record, person, office, lang, at, told=told, acts=False), rang=rang)


class NotTaken(Exception):
    """The files were not taken, for a reason to be told."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values

    def said(self, lang: Language) -> str:
        values = {n: say(lang, str(v)) if n == "why" else v for n, v in self.values.items()}
        return say(lang, self.key, **values)


async def take_files(handed: HandedFiles, said: Said) -> str:
    """Take the files that came with a message; the token that stands for them. Raises NotTaken."""
    if len(said.files) > MOST_FILES:
        raise NotTaken("chat.files_too_many", most=MOST_FILES)
    try:
        message = f"{said.chat.conversation_id}:{said.activity_id}"
        return await handed.take(said.files, by=said.by, message=message)
    except NotHandedIn as why:
        raise NotTaken("chat.file_refused", name=why.name, why=why.reason) from why
    except Unavailable as why:
        raise NotTaken("chat.files_later") from why


def _number_in(text: str) -> str:
    meant = meant_by(text)
    return meant.number if meant.wish == "number" else ""


def _day_of(sent_at: str, office: Office) -> str:
    """The ministry's day of an instant as Teams writes it; empty for what is none."""
    try:
        at = datetime.fromisoformat(sent_at)
        return (at.astimezone(office.zone) if at.tzinfo is not None else at).date().isoformat()
    except (ValueError, OverflowError):
        return ""


def where_pressed(press: Press) -> str:
    return press.card_id or press.activity_id


def _slip(typed: Inputs, clerk: Person, *, again: bool) -> Slip:
    """What the form says of a letter, for the clerk's own register."""
    to_unit = "" if typed.to == BY_RULE else typed.to
    return Slip(
        unit_id=clerk.unit_id,
        way=typed.received_via,
        subject=typed.subject,
        sender=Address(typed.sender_name, typed.sender_address),
        letter_date=typed.letter_date,
        their_reference=typed.their_reference,
        urgency="" if typed.urgency == AS_SAID else typed.urgency,
        confidentiality="" if typed.confidentiality == AS_SAID else typed.confidentiality,
        to_unit=to_unit,
        asked=typed.disposition if to_unit else "",
        again=again,
    )
