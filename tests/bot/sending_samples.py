"""The cards of a letter of ours on its way out: dispatched, come back, sent again, and the forms of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.actions import Inputs
from bot.cards import draft_form, step_card
from bot.cards.verb_forms import verb_form
from registry.commands import NoteMachine
from registry.mail import Address
from registry.recipients import Chosen
from service.ports import Asked, CardView
from tests.dispatch_values import SENDING_OFFICE, TO_BANK, TO_BOTH, dispatched, report, send, signed
from tests.values import Desk, mail
from texts import Language, say

type Card = dict[str, Any]

TOKEN = "tok-1234567890abcdefghij"
EVERYBODY = (*TO_BOTH, Chosen(entity="kmu"), Chosen(entity="moj", copy=True))


def _view(desk: Desk, person: str, lang: Language, step: int = 0, said: str | None = None) -> CardView:
    number = step or desk.last_step
    asked = Asked(token=TOKEN, record_id="l1", step=number, person=person, version=desk.held.version)
    found = desk.held.step(number)
    assert found is not None
    return CardView(asked, desk.held, found, SENDING_OFFICE.people[person], SENDING_OFFICE, lang, said)


def _going() -> Desk:
    desk = dispatched(recipients=EVERYBODY)
    send(desk, 1)
    return desk


def _bounced() -> Desk:
    desk = dispatched(recipients=TO_BOTH)
    send(desk, 1)
    send(desk, 2)
    note = mail(50, sender=Address("", "postmaster@bank.example"), report=report("failed", "5.1.10"))
    desk.accept(NoteMachine(record_id="l1", mail=note, answers="<l1-1-1@ministry.example>"))
    return desk


def _step(desk: Callable[[], Desk], person: str, step: int = 0) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        made = desk()
        return step_card(_view(made, person, lang, step), made.now)

    return draw


def _form(lang: Language, said: str | None = None, **typed: str) -> Card:
    desk = _bounced()
    return verb_form("resend", _view(desk, "abdullah", lang, said=said), desk.now, Inputs(**typed))


def _refused(lang: Language) -> Card:
    return _form(lang, say(lang, "dispatch.no_address"), address="registry@bank", to="1")


def _draft(lang: Language) -> Card:
    omar = replace(SENDING_OFFICE.people["omar"], language=lang)
    typed = Inputs(kind="outgoing_letter", outside="cbk", outside_copies="sab,kmu")
    return draft_form(omar, SENDING_OFFICE, lang, typed)


SENDING_SAMPLES: dict[str, Callable[[Language], Card]] = {
    "letter-signed": _step(lambda: signed(recipients=TO_BANK), "abdullah"),
    "letter-going": _step(_going, "abdullah"),
    "letter-bounced": _step(_bounced, "abdullah"),
    "letter-of-its-drafter": _step(_bounced, "omar", 1),
    "form-resend": _form,
    "form-resend-refused": _refused,
    "draft-letter": _draft,
}
