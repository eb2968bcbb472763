################################################################
# A reply that begins from the card of the letter it answers
################################################################
#
# Rule 1: the form changes nothing; its button begins one reply, however often it is pressed. Which one that is stands
#         in its verb: `reply_it:2` is the third to the letter, so that another one is possible, on purpose.
# Rule 2: of a secret letter the form comes in the dialog alone, and offers no level below the letter's.

from dataclasses import replace
from datetime import datetime

from bot.actions import Inputs, Press
from bot.acts import Shown
from bot.cards import draft_form, record_card, short, step_card
from bot.cards.parts import is_masked
from bot.desk import Desk, Seen
from bot.draft_words import draft_words
from registry.circuit_commands import Draft
from registry.decisions import Refused
from registry.office import Person
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import Verb
from service.replying import beginning
from service.service import Service
from texts import say

REPLY, REPLY_IT = "reply", "reply_it"


def is_reply(verb: str) -> bool:
    return verb.partition(":")[0] in (REPLY, REPLY_IT)


class Replying:
    """The way from a letter to a reply of ours."""

    def __init__(self, desk: Desk, service: Service) -> None:
        self._desk, self._service = desk, service

    def pressed(self, press: Press, seen: Seen, person: Person, at: datetime) -> Shown:
        """The form, or the reply that it begins."""
        lang = person.language
        found = self._desk.readable(press.token, person) if not seen.known else None
        letter = seen.view.record if seen.view is not None else found.record if found is not None else None
        if letter is None:
            return Shown(text=say(lang, "chat.not_your_card" if seen.known else "chat.unknown_card"))
        if not person.active:
            return Shown(text=say(lang, "may.inactive"))
        masked = is_masked(letter, person.clearance, opened=press.opened)
        verdict = may_act(person, letter, Verb.REPLY, at)
        if masked or not verdict:
            why = "card.open_first" if masked else verdict.reasons[0]
            said = say(lang, why, reference=letter.reference)
            return Shown(card=self._letter(letter, seen, person, at, press), text=said)
        if press.automatic:
            return Shown(card=self._letter(letter, seen, person, at, press))
        if press.verb == REPLY:
            return Shown(card=self._form(letter, person, press, _first(letter, person, self._desk)))
        return self._begin(letter, seen, person, press, at)

    def _begin(self, letter: Record, seen: Seen, person: Person, press: Press, at: datetime) -> Shown:
        typed, lang, nth = press.inputs, person.language, press.verb.partition(":")[2]
        key = f"reply:{letter.record_id}:{person.person_id}:{nth}"
        if self._desk.taken(key) is None and nth != str(len(letter.answers)):
            return Shown(card=self._form(letter, person, press, typed))  # somebody else began one meanwhile
        command = Draft(
            record_id=self._service.taker.chance.new_id(),
            by=person.person_id,
            kind=typed.kind,
            in_reply_to=letter.record_id,
            **draft_words(typed, typed.kind),
        )
        taken = self._service.take(command, key=key)
        if isinstance(taken.decision, Refused):
            values = {name: short(value) for name, value in taken.decision.values.items()}
            said = say(lang, taken.decision.sentence, **values)
            return Shown(card=self._form(letter, person, press, typed, said), text=said)
        told = say(lang, "card.reply_begun")
        stands = self._desk.record(letter.record_id) or letter
        return Shown(card=self._letter(stands, seen, person, at, press, told), rang=bool(taken.effects))

    def _letter(
        self, letter: Record, seen: Seen, person: Person, at: datetime, press: Press, told: str | None = None
    ) -> dict[str, object]:
        """The card from which it was pressed."""
        if seen.view is not None:
            step = letter.step(seen.view.step.number) or seen.view.step
            return step_card(replace(seen.view, record=letter, step=step, opened=press.opened), at, told=told)
        office, lang = self._desk.office(), person.language
        return record_card(letter, person, office, lang, at, told=told, opened=press.opened)

    def _form(
        self, letter: Record, person: Person, press: Press, typed: Inputs, said: str | None = None
    ) -> dict[str, object]:
        return draft_form(
            person,
            self._desk.office(),
            person.language,
            typed,
            token=press.token,
            said=said,
            letter=letter,
            opened=press.opened,
        )


def _first(letter: Record, person: Person, desk: Desk) -> Inputs:
    """What the form begins with."""
    first = beginning(letter, desk.office())
    return Inputs(
        kind="outgoing_letter",
        subject=first["subject"],
        text=first["text"],
        party=first["party"] or "",
        outside=",".join(r.entity for r in first["recipients"]),
        confidentiality=first["confidentiality"],
    )
