################################################################
# The message extension: search and insert a record, register a message, unfurl a link
################################################################
#
# Rule 1: what is found is shown to whoever looks, by their right; what is put into a chat is read by others and shows
#         the number alone.
# Rule 2: a message is registered once, whoever registers it: its key is its chat's and its own.
# Rule 3: whatever is asked, and by whomever, gets an answer that Teams can show.

import asyncio
import re
from typing import Any

from bot.actions import Press, inputs_of
from bot.acts import Shown
from bot.cards import for_dialog, number_card, short
from bot.cards.found_card import said_of
from bot.cards.parts import is_masked
from bot.chats import ADAPTIVE_CARD
from bot.desk import Desk
from bot.extended import Extended
from bot.paper import ENTERS, Paper
from bot.reading import text as text_in
from bot.words import meant_by
from registry.errors import Unavailable
from registry.office import Office, Person
from service.finding import Found
from service.ports import Conversation
from texts import LANGUAGES, Language, say
from texts.isolates import bare

type Json = dict[str, Any]

THUMBNAIL = "application/vnd.microsoft.card.thumbnail"
SEARCH, REGISTER = "search", "register"  # the commands, as the manifest names them
_RECORD_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class Extension:
    """Answers the extension's invokes. *public_url* is where links to records lead."""

    def __init__(self, desk: Desk, paper: Paper, public_url: str) -> None:
        self._desk, self._paper, self._public_url = desk, paper, public_url.rstrip("/")

    async def answer(self, asked: Extended) -> tuple[Json | None, bool]:
        """The body that answers, and whether the bell must ring; None for a call of which we know nothing."""
        if asked.name not in ("query", "queryLink", "fetchTask", "submitAction"):
            return None, False
        in_dialog = asked.name in ("fetchTask", "submitAction")
        try:
            office = await asyncio.to_thread(self._desk.office)
            person = office.person(asked.by)
            if person is None or not person.active:
                return _told(_why_not(person), in_dialog=in_dialog), False
            if in_dialog:
                shown = await self._register(asked, person, office)
                return _dialog(shown, person.language), shown.rang
            return await asyncio.to_thread(self._found, asked, person, office), False
        except Unavailable:
            return _told(_in_both("chat.busy"), in_dialog=in_dialog), False

    # ------------------------------------------------------------ search, and links

    def _found(self, asked: Extended, person: Person, office: Office) -> Json:
        if asked.name == "queryLink":
            record_id = self._linked(asked.url)
            one = self._desk.readable(record_id, person) if record_id else None
            return self._results([one] if one is not None else [], asked, person, office)
        if asked.command not in ("", SEARCH):
            return _told(say(person.language, "extension.unknown"))
        most = asked.skip + asked.count
        if asked.initial or not asked.query.strip():
            found = self._desk.latest(person, most)
        else:
            found = self._by_words(asked.query, person, most)
        some = found[asked.skip : most]
        return self._results(some, asked, person, office) if some else _told(say(person.language, "extension.nothing"))

    def _by_words(self, query: str, person: Person, most: int) -> list[Found]:
        meant = meant_by(query)
        numbered = self._desk.numbered(meant.number, person) if meant.wish == "number" else []
        return numbered or self._desk.found(query, person, most)[0]

    def _results(self, found: list[Found], asked: Extended, person: Person, office: Office) -> Json:
        listed = [self._result(one, asked, person, office) for one in found]
        return {
            "composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": listed},
            "cacheInfo": {"cacheType": "no-cache", "cacheDuration": 0},
        }

    def _result(self, one: Found, asked: Extended, person: Person, office: Office) -> Json:
        """What is put into the chat, and what whoever chooses sees of it."""
        lang, record = person.language, one.record
        masked = is_masked(record, person.clearance)
        subject = say(lang, f"confidentiality.{record.confidentiality}") if masked else short(record.subject, 120)
        preview = {
            "title": bare(say(lang, "number.title", reference=record.reference)),
            "subtitle": _disarmed(subject or say(lang, "subject.none")),
            "text": _disarmed(said_of(record, lang, office, masked=masked)),
        }
        inserted = number_card(record, lang, self._desk.refreshed_for(record, asked.mri))
        return {
            "contentType": ADAPTIVE_CARD,
            "content": inserted,
            "preview": {"contentType": THUMBNAIL, "content": preview},
        }

    def _linked(self, url: str) -> str:
        """The record to which a link of ours leads; empty for any other link."""
        start = f"{self._public_url}/api/v1/records/"
        if not self._public_url or not url.lower().startswith(start.lower()):
            return ""
        found = _RECORD_ID.match(url[len(start) :])
        rest = url[len(start) + len(found[0]) :] if found else ""
        return found[0] if found is not None and (not rest or rest[0] in "/?#") else ""

    # ------------------------------------------------------------ a message is registered

    async def _register(self, asked: Extended, person: Person, office: Office) -> Shown:
        lang = person.language
        if asked.command != REGISTER:
            return Shown(text=say(lang, "extension.unknown"))
        if asked.name == "submitAction":
            press = _pressed(asked)
            return await self._paper.enter(press) if press is not None else Shown(text=say(lang, "chat.unknown_button"))
        if asked.message is None:
            return Shown(text=say(lang, "extension.no_message"))
        return await self._paper.message_form(asked.message, person, office)


def _pressed(asked: Extended) -> Press | None:
    """The dialog's button as a press on the form; None where it is no form that was handed out with files."""
    verb, token = text_in(asked.data, "verb")[:40], text_in(asked.data, "token")[:200]
    if verb not in ENTERS or not token:
        return None
    nowhere = Conversation(person=asked.by, conversation_id="", service_url="", user_mri=asked.mri, bot_id="")
    return Press(
        token=token,
        verb=verb,
        inputs=inputs_of(asked.data),
        by=asked.by,
        chat=nowhere,
        activity_id="",
        card_id="",
        kind="submit",
    )


def _dialog(shown: Shown, lang: Language) -> Json:
    if shown.card is None:
        return _told(shown.text or "", in_dialog=True)
    drawn = {"contentType": ADAPTIVE_CARD, "content": for_dialog(shown.card)}
    value = {"title": say(lang, "extension.register"), "height": "large", "width": "medium", "card": drawn}
    return {"task": {"type": "continue", "value": value}}


def _told(said: str, *, in_dialog: bool = False) -> Json:
    if in_dialog:
        return {"task": {"type": "message", "value": said}}
    return {"composeExtension": {"type": "message", "text": said}}


def _why_not(person: Person | None) -> str:
    return _in_both("chat.stranger") if person is None else say(person.language, "may.inactive")


def _in_both(key: str) -> str:
    return "\n\n".join(say(lang, key) for lang in LANGUAGES)


def _disarmed(said: str) -> str:
    """A preview reads some HTML: what somebody wrote is shown as it is."""
    return said.replace("<", "<\u2060").replace("&", "&\u2060")
