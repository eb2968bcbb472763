################################################################
# Dialogs: what is shown and asked beside the chat, and does not stay in it
################################################################
#
# Rule 1: a secret is read in a dialog and nowhere else, by whoever signed in anew a quarter of an hour ago or less.
#         Each press in it is judged again: once the time is over, the next one shows the sign-in and nothing else.
# Rule 2: that somebody reads it is on the sheet before they see a word.
# Rule 3: what a button does in a dialog is what it does in the chat; only where its card is drawn differs.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.actions import Press
from bot.acts import Shown
from bot.cards import for_dialog, record_card, step_card
from bot.cards.dialog_cards import OPEN_CODE, sign_in_card
from bot.cards.parts import OPEN_LETTER, OPEN_SECRET
from bot.chats import ADAPTIVE_CARD
from bot.desk import Desk, Seen
from bot.replying import is_reply
from registry.decisions import Refused
from registry.errors import Unavailable
from registry.office import Person
from registry.opening import OPEN_FOR
from registry.opening_commands import ShowSecret
from registry.record import Record
from registry.vocabulary import is_secret, may_see
from service.finding import Found
from service.service import Service
from service.step_up import StepUp
from texts import LANGUAGES, say
from texts.dates import clock_time

log = logging.getLogger("tarasul.bot")

type Json = dict[str, Any]


class Dialogs:
    """Answers `task/fetch` and `task/submit`. *shown_for* does what the button does, as for a press in the chat."""

    def __init__(
        self, desk: Desk, service: Service, step_up: StepUp, public_url: str, shown_for: Callable[[Press], Shown]
    ) -> None:
        self._desk, self._service, self._step_up = desk, service, step_up
        self._public_url, self._shown_for = public_url.rstrip("/"), shown_for

    async def answer(self, press: Press) -> tuple[Json, bool]:
        """The body that answers, and whether the bell must ring."""
        try:
            title, shown = await asyncio.to_thread(self._shown, press)
        except Unavailable:
            log.warning("a press in a dialog could not be taken", extra={"verb": press.verb})
            title, shown = "", Shown(text="\n\n".join(say(lang, "chat.busy") for lang in LANGUAGES))
        if shown.card is None:
            return {"task": {"type": "message", "value": shown.text or ""}}, shown.rang
        drawn = {"contentType": ADAPTIVE_CARD, "content": for_dialog(shown.card)}
        value = {"title": title, "height": "large", "width": "medium", "card": drawn}
        return {"task": {"type": "continue", "value": value}}, shown.rang

    def _shown(self, press: Press) -> tuple[str, Shown]:
        seen = self._desk.look(press.token, press.by)
        person = seen.person
        if person is None:
            return "", Shown(text="\n\n".join(say(lang, "chat.stranger") for lang in LANGUAGES))
        lang = person.language
        if not person.active:
            return "", Shown(text=say(lang, "may.inactive"))
        found = self._desk.readable(press.token, person) if seen.view is None else None
        record = seen.view.record if seen.view is not None else found.record if found is not None else None
        if record is None:
            return "", Shown(text=say(lang, "chat.unknown_card"))
        if is_secret(record.confidentiality):
            return self._secret(press, seen, found, record, person)
        shown = self._shown_for(press)
        return say(lang, "card.fallback", asked=say(lang, f"kind.{record.kind}"), reference=record.reference), shown

    def _secret(
        self, press: Press, seen: Seen, found: Found | None, record: Record, person: Person
    ) -> tuple[str, Shown]:
        lang, at = person.language, self._service.clock()
        if not may_see(person.clearance, record.confidentiality):
            return "", Shown(text=say(lang, "card.not_cleared"))
        if not self._step_up.possible:
            return "", Shown(text=say(lang, "sign_in.none"))
        wrong = self._step_up.confirm(person.person_id, press.inputs.code) if press.verb == OPEN_CODE else None
        signed_in_at = self._step_up.opened_at(person.person_id)
        if signed_in_at is None:
            return say(lang, "secret.title"), Shown(card=self._sign_in(press, record, person, wrong))
        refused = self._written_down(record, person, signed_in_at)
        if refused is not None:
            return "", Shown(text=say(lang, refused.sentence, **refused.values))
        zone = self._desk.office().zone
        title = say(lang, "secret.until", when=clock_time(signed_in_at + OPEN_FOR, zone))
        opening = press.verb in (OPEN_SECRET, OPEN_CODE)
        if seen.view is None and found is not None and not (press.verb == OPEN_LETTER or is_reply(press.verb)):
            matter, office = self._desk.matter(record), self._desk.office()
            return title, Shown(card=record_card(record, person, office, lang, at, matter=matter, opened=True))
        if opening and seen.view is not None:
            self._desk.opened(seen.view)
            return title, Shown(card=step_card(replace(seen.view, opened=True), at))
        return title, self._shown_for(replace(press, opened=True))

    def _written_down(self, record: Record, person: Person, signed_in_at: datetime) -> Refused | None:
        """Put on the sheet that *person* reads it, once for each sign-in; why they may not, if so."""
        r, by = record.record_id, person.person_id
        ask = ShowSecret(record_id=r, by=by, signed_in_at=signed_in_at)
        taken = self._service.take(ask, key=f"secret:{r}:{by}:{signed_in_at.isoformat()}")
        return taken.decision if isinstance(taken.decision, Refused) else None

    def _sign_in(self, press: Press, record: Record, person: Person, wrong: str | None) -> Json:
        """Where to sign in. After a wrong code the same sign-in is good; else there is a new one."""
        lang = person.language
        said = say(lang, wrong) if wrong is not None else None
        if wrong == "sign_in.wrong_code":
            return sign_in_card(record, lang, press.token, said=said)
        ticket = self._step_up.begin(person.person_id)
        url = f"{self._public_url}/api/sign-in/start?ticket={quote(ticket, safe='')}"
        return sign_in_card(record, lang, press.token, url=url, said=said)
