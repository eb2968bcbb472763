################################################################
# What waits for a person, as a list: page by page, and several items decided at once
################################################################
#
# Rule 1: each item is a command of its own under the key that its card's button has: decided on the list and on the
#         card is decided once. One that is refused leaves the others be, and says why.
# Rule 2: a press names places; which items these are is what the list was kept with, and who presses must be whose list
#         it is. Each item is judged anew.
# Rule 3: of what is too secret for a list nothing is decided on it, and no words are kept with it.

import logging
from datetime import datetime
from typing import Any

from bot.actions import Press
from bot.acts import Shown, as_it_stands, end_step, why_not
from bot.cards import BULK, Pressed, Result, pending_card
from bot.cards.parts import is_masked
from bot.cards.pending_card import LONGEST_LIST_NOTE
from bot.cards.step_card import verbs_of
from bot.desk import Desk
from registry.decisions import Refused
from registry.errors import Unavailable
from registry.office import Person
from registry.record import OPEN
from registry.vocabulary import Verb
from service.service import Service
from service.waiting import start_after
from texts import say

log = logging.getLogger("tarasul.bot")

type Json = dict[str, Any]

ON_LISTS = frozenset((*BULK, "page_next", "page_back"))
_OUTCOMES = {
    Verb.APPROVE: "outcome.approved",
    Verb.ACKNOWLEDGE: "outcome.acknowledged",
    Verb.COMPLETE: "outcome.completed",
    Verb.RETURN: "outcome.returned",
}


class Lists:
    """The lists of what waits for people."""

    def __init__(self, desk: Desk, service: Service) -> None:
        self._desk, self._service = desk, service

    def first(
        self, person: Person, at: datetime, *, kind: str = "", start: int = 0, pressed: Pressed | None = None
    ) -> Json:
        """The list as it now stands, from its beginning or from *start* on."""
        page = self._desk.page(person, kind, start)
        return pending_card(page, person, self._desk.office(), person.language, at, pressed=pressed)

    def pressed(self, press: Press, person: Person, at: datetime) -> Shown:
        """A press on a list: another page, or a decision on what is ticked."""
        lang, listed = person.language, self._desk.listed(press.token)
        if listed is not None and listed.person != person.person_id:
            return Shown(text=say(lang, "chat.not_your_card"))
        if listed is None:
            said = say(lang, "list.old")
            return Shown(card=self.first(person, at, pressed=Pressed(said)), text=said)
        if press.automatic:
            return Shown(card=self.first(person, at, kind=listed.kind, start=listed.start))
        if press.verb in ("page_next", "page_back"):
            waiting = self._desk.pending(person, listed.kind)
            start = start_after(listed, waiting, back=press.verb == "page_back")
            return Shown(card=self.first(person, at, kind=listed.kind, start=start))
        tokens = [listed.items[n - 1] for n in press.inputs.picked if n <= len(listed.items) and listed.items[n - 1]]
        wrong = "" if tokens else say(lang, "list.nothing_ticked")
        if len(press.inputs.note) > LONGEST_LIST_NOTE:
            wrong = say(lang, "chat.too_long", limit=LONGEST_LIST_NOTE)
        if wrong:
            kept = Pressed(wrong, note=press.inputs.note, picked=frozenset(tokens))
            card = self.first(person, at, kind=listed.kind, start=listed.start, pressed=kept)
            return Shown(card=card, text=wrong)
        return self._decided(press, person, tokens, listed.kind, listed.start, at)

    def _decided(self, press: Press, person: Person, tokens: list[str], kind: str, start: int, at: datetime) -> Shown:
        came = [(token, *self._one(press, token, at)) for token in tokens]
        left = frozenset(token for token, result, _ in came if not result.done)
        after = Pressed(results=[result for _, result, _ in came], note=press.inputs.note if left else "", picked=left)
        card = self.first(person, at, kind=kind, start=start, pressed=after)
        return Shown(card=card, rang=any(rang for _, _, rang in came))

    def _one(self, press: Press, token: str, at: datetime) -> tuple[Result, bool]:
        """Decide on one item; what became of it, and whether the bell must ring."""
        verb, seen = BULK[press.verb], self._desk.look(token, press.by)
        view = seen.view
        assert seen.person is not None, "who presses a list is known"
        if view is None:
            return Result("?", False, say(seen.person.language, "list.not_there")), False
        lang, reference = view.language, view.record.reference
        masked = is_masked(view.record, view.person.clearance)
        if masked and view.step.state == OPEN and verb not in verbs_of(view, at):
            return Result(reference, False, say(lang, "list.open_it")), False
        try:
            taken = end_step(self._service, view, verb.value, press.by, "" if masked else press.inputs.note)
        except Unavailable:
            log.warning("an item of a list could not be decided", extra={"verb": press.verb})
            return Result(reference, False, say(lang, "list.busy")), False
        if isinstance(taken.decision, Refused):
            return Result(reference, False, why_not(as_it_stands(view, taken), taken.decision)), False
        return Result(reference, True, say(lang, _OUTCOMES[verb])), bool(taken.effects)
