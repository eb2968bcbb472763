"""The cards of a letter that is answered by one of ours, and the form from which the reply begins."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.actions import Inputs
from bot.cards import draft_form, record_card, step_card
from registry.answer_commands import NoteOurAnswer
from registry.commands import Refer
from registry.office import Office
from registry.record import Record
from service.ports import Asked, CardView
from service.replying import beginning
from tests.dispatch_values import SENDING_OFFICE, outgoing
from tests.values import Desk, registered
from texts import Language, say

type Card = dict[str, Any]

TOKEN = "tok-1234567890abcdefghij"
LEVELLED: Office = replace(
    SENDING_OFFICE, people={p: replace(v, clearance="restricted") for p, v in SENDING_OFFICE.people.items()}
)


def _letter(*told: str) -> Desk:
    """The audit office's letter, which Huda forwarded, with a reply of hers as it was told of."""
    desk = registered()
    desk.record = replace(desk.held, their_reference="م/و/417/2026")
    for state in told:
        desk.accept(
            NoteOurAnswer(
                record_id="r1", by="huda", answer="l1", reference="ش.م/ص/2026" if state == "begun" else "ش.م/ص/7/2026",
                state=state,
            )
        )  # fmt: skip
    return desk


def _step(*told: str) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = _letter(*told)
        asked = Asked(token=TOKEN, record_id="r1", step=1, person="huda", version=desk.held.version)
        view = CardView(asked, desk.held, desk.held.steps[0], LEVELLED.people["huda"], LEVELLED, lang)
        return step_card(view, desk.now)

    return draw


def _record(lang: Language) -> Card:
    desk = _letter("begun", "left")
    return record_card(desk.held, LEVELLED.people["huda"], LEVELLED, lang, desk.now)


def _form(*told: str, said: str | None = None) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        letter = replace(_letter(*told).held, confidentiality="restricted")
        first = beginning(letter, LEVELLED)
        typed = Inputs(
            kind="outgoing_letter",
            subject=first["subject"],
            text=first["text"],
            party=first["party"],
            outside="sab",
            confidentiality=first["confidentiality"],
        )
        why = say(lang, said, reference=letter.reference) if said is not None else None
        return draft_form(LEVELLED.people["huda"], LEVELLED, lang, typed, token=TOKEN, said=why, letter=letter)

    return draw


def _draft(lang: Language) -> Card:
    asked_of_omar = Refer(record_id="r1", step=1, by="huda", asked="for_reply", to_person="omar")
    came_in = _letter()
    came_in.accept(asked_of_omar)
    letter: Record = came_in.held
    desk = Desk(LEVELLED, record_id="l1")
    first = beginning(letter, LEVELLED)
    desk.accept(outgoing(in_reply_to="r1", letter=letter, subject=first["subject"], text=first["text"]))
    asked = Asked(token=TOKEN, record_id="l1", step=1, person="omar", version=desk.held.version)
    return step_card(CardView(asked, desk.held, desk.held.steps[0], LEVELLED.people["omar"], LEVELLED, lang), desk.now)


REPLY_SAMPLES: dict[str, Callable[[Language], Card]] = {
    "reply-form": _form(),
    "reply-form-again": _form("begun"),
    "reply-form-refused": _form(said="reply.less_secret"),
    "reply-draft": _draft,
    "reply-begun": _step("begun"),
    "reply-left": _step("begun", "left"),
    "record-replied": _record,
}
