################################################################
# Acting for another, in the chat: what is pressed and said about it
################################################################
#
# Rule 1: as for every press: one command under a key of its own, and the card that comes of it; a refusal says why on
#         the card, and what was typed stays.
# Rule 2: a delegation's card is its two people's own: its token is worth nothing in other hands.

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.actions import Press
from bot.acts import Shown
from bot.cards import (
    Listed,
    delegation_card,
    delegation_form,
    delegations_card,
    fits_input,
    short,
    why_card,
)
from bot.cards.delegation_cards import MYSELF, kinds
from bot.cards.parts import LONGEST_NOTE
from bot.delegation_words import LONGEST_NAME
from bot.desk import Desk
from registry.decisions import Refused
from registry.delegating import AcceptDelegation, DeclineDelegation, Delegate, DelegationCommand, EndDelegation
from registry.explaining import explain
from registry.office import Office, Person
from service.delegations import Delegations, DelegationTaken
from service.ports import DelegationView, Transaction
from service.service import Service
from texts import Language, say

type Json = dict[str, Any]
type _Ask = Callable[[str, str, str], DelegationCommand]

_WITHOUT_TOKEN = ("delegate", "delegations")
_ASKS: dict[str, _Ask] = {
    "accept_delegation": lambda one, by, _: AcceptDelegation(delegation_id=one, by=by),
    "decline_delegation": lambda one, by, note: DeclineDelegation(delegation_id=one, by=by, note=note),
    "end_delegation": lambda one, by, note: EndDelegation(delegation_id=one, by=by, note=note),
}


class Delegating:
    """Forms, cards and lists of delegations, and the answers to "why?" and "who can?"."""

    def __init__(self, service: Service, delegations: Delegations, desk: Desk) -> None:
        self._service, self._delegations, self._desk = service, delegations, desk

    # ------------------------------------------------------------ pressed

    def press(self, press: Press, person: Person, at: datetime) -> Shown | None:
        """What a press is answered with; None where it is about no delegation."""
        if press.verb in _WITHOUT_TOKEN and not press.token and not press.automatic:
            return (
                self._delegate(press, person, at) if press.verb == "delegate" else Shown(card=self.listed(person, at))
            )
        view = self._view(press.token, person) if press.token else None
        if view is None:
            return None
        ask = _ASKS.get(press.verb)
        if ask is None or press.automatic:
            return Shown(card=delegation_card(view, at))
        note = press.inputs.note
        if not fits_input(note):
            said = say(view.language, "chat.too_long", limit=LONGEST_NOTE)
            return self._drawn(view, at, said=said, typed=note)
        command = ask(view.delegation.delegation_id, person.person_id, note)
        return self._after(press, view, self._delegations.take(command, key=f"press:{press.token}:{press.verb}"))

    def _delegate(self, press: Press, person: Person, at: datetime) -> Shown:
        """Without a colleague: the form. With one: the delegation."""
        office, lang, typed = self._service.office(), person.language, press.inputs
        if not typed.to:
            return Shown(card=delegation_form(person, office, lang, at))
        if not fits_input(typed.note):
            said = say(lang, "chat.too_long", limit=LONGEST_NOTE)
            return Shown(card=delegation_form(person, office, lang, at, typed, said=said), text=said)
        command = _command(press, person, office, self._delegations.chance.new_id())
        if isinstance(command, Refused):
            taken = DelegationTaken(command, None)
        else:
            key = f"press:delegate:{person.person_id}:{press.activity_id or command.delegation_id}"
            taken = self._delegations.take(command, key=key)
        if isinstance(taken.decision, Refused):
            said = _said(taken.decision, lang)
            return Shown(card=delegation_form(person, office, lang, at, typed, said=said), text=said)
        listed = self.listed(person, self._service.clock(), told=say(lang, "card.delegate_kept"))
        return Shown(card=listed, rang=taken.rang)

    def _after(self, press: Press, view: DelegationView, taken: DelegationTaken) -> Shown:
        """The card after a command, drawn at an instant after it."""
        at, office = self._service.clock(), self._service.office()
        after = DelegationView(view.asked, taken.delegation or view.delegation, view.person, office, view.language)
        if isinstance(taken.decision, Refused):
            return self._drawn(after, at, said=_said(taken.decision, view.language), typed=press.inputs.note)
        return Shown(card=delegation_card(after, at), rang=taken.rang)

    def _drawn(self, view: DelegationView, at: datetime, *, said: str, typed: str) -> Shown:
        shown = DelegationView(view.asked, view.delegation, view.person, view.office, view.language, said)
        return Shown(card=delegation_card(shown, at, typed=typed), text=said)

    def _view(self, token: str, person: Person) -> DelegationView | None:
        def work(tx: Transaction) -> DelegationView | None:
            asked = tx.asked(token)
            kept = tx.delegation(asked.record_id) if asked is not None else None
            if asked is None or kept is None or asked.person != person.person_id:
                return None
            return DelegationView(asked, kept.delegation, person, tx.office(), person.language)

        return self._service.store.read(work)

    # ------------------------------------------------------------ said

    def form(self, person: Person, search: str, at: datetime) -> Json:
        return delegation_form(person, self._service.office(), person.language, at, search=short(search, LONGEST_NAME))

    def listed(self, person: Person, at: datetime, *, told: str | None = None) -> Json:
        """The list of what *person* delegated and was asked to take on."""
        found = self._delegations.of(person.person_id)
        tokens = self._service.store.read(
            lambda tx: [tx.token_of(one.delegation_id, 0, person.person_id) for one in found]
        )
        listed = [Listed(one, token) for one, token in zip(found, tokens, strict=True)]
        return delegations_card(listed, person, self._service.office(), person.language, at, told)

    def why(self, number: str, person: Person, at: datetime) -> list[Json] | None:
        """Whose turn it is on the records with this number, and why; None where *person* may not know of one."""
        found, office = self._desk.numbered(number, person, all_of_theirs=True), self._service.office()
        return [
            why_card(one.record, explain(person, one.record, office, at), person.language, one.token) for one in found
        ] or None


def _command(press: Press, person: Person, office: Office, delegation_id: str) -> Delegate | Refused:
    """What the form asks for; the last day is included."""
    typed = press.inputs
    starts, until = _day(typed.starts, office), _day(typed.ends, office, later=1)
    if starts is None or until is None:
        return Refused("delegate.no_time")
    named = tuple(code for code in typed.kinds.split(",") if code)
    if any(code not in kinds() for code in named):
        return Refused("delegate.unknown_kind")
    post = typed.post if typed.post not in ("", MYSELF) else None
    unit = office.unit(post)
    giver = unit.head if unit is not None and unit.head is not None else person.person_id
    return Delegate(
        delegation_id=delegation_id,
        by=person.person_id,
        from_person=giver,
        to_person=typed.to,
        starts=starts,
        until=until,
        secrecy=typed.secrecy,
        kinds=named,
        may_pass_on=typed.hands_on == "true",
        post=post,
        order=typed.order,
        note=typed.note,
    )


def _day(text: str, office: Office, later: int = 0) -> datetime | None:
    """The beginning of a day, or of one so many days *later*, as the ministry's clocks show it."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=later), time(), office.zone)
    except (ValueError, OverflowError):
        return None


def _said(refused: Refused, lang: Language) -> str:
    return say(lang, refused.reason, **{name: short(value) for name, value in refused.values.items()})
