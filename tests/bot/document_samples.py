"""The cards of a letter that is drafted in Word, in every state of its file."""

from collections.abc import Callable
from typing import Any

from bot.actions import Inputs
from bot.cards import draft_form, record_card, step_card
from registry.circuit_commands import Initial, Sign, Submit
from registry.commands import Approve
from registry.document_commands import NoteFrozen, NoteHeld, NoteLost, NotePreview
from service.ports import Asked, CardView
from tests.circuit_values import CIRCUIT_PEOPLE
from tests.document_values import begun, document, frozen, hash_of, in_word, note_changed, note_looked, placed, told
from tests.values import Desk
from texts import Language

type Card = dict[str, Any]

TOKEN = "tok-1234567890abcdefghij"
OFFICE = in_word()


def _submitted() -> Desk:
    desk = placed()
    desk.accept(note_changed(desk, "two"))
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    return desk


def _held() -> Desk:
    desk = placed()
    desk.accept(NoteHeld(record_id="m1", holder="salem"))
    return desk


def _lost() -> Desk:
    desk = frozen()
    desk.accept(NoteLost(record_id="m1", item="f1", reason="draft.gone"))
    return desk


def _shown() -> Desk:
    """Hessa is asked to sign; the preview is there."""
    desk = frozen()
    desk.accept(NotePreview(record_id="m1", frozen=hash_of("one"), sha256="e" * 64, size_bytes=40_000))
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Approve(record_id="m1", step=3, by="huda"))
    return desk


def _edited() -> Desk:
    desk = _shown()
    desk.accept(note_changed(desk, "two"))
    desk.accept(NotePreview(record_id="m1", frozen=hash_of("two"), sha256="f" * 64, size_bytes=40_000))
    return desk


def _signing() -> Desk:
    desk = _shown()
    desk.accept(Sign(record_id="m1", step=4, by="hessa"))
    return desk


def _not_counted() -> Desk:
    desk = _signing()
    desk.accept(note_looked(desk, "two"))
    return desk


def _unfit() -> Desk:
    desk = _submitted()
    found = ("word.tracked", "word.comments")
    desk.accept(NoteFrozen(**{**told(desk, "two"), "unfit": found}))
    return desk


def _moved() -> Desk:
    desk = frozen()
    desk.accept(NoteLost(record_id="m1", item="f1", reason="draft.too_secret_there"))
    return desk


def _signed() -> Desk:
    desk = _signing()
    desk.accept(note_looked(desk, "one"))
    assert document(desk).frozen is not None
    return desk


def _step(make: Callable[[], Desk], step: int, person: str) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        number = step or desk.last_step
        asked = Asked(token=TOKEN, record_id="m1", step=number, person=person, version=desk.held.version)
        found = desk.held.step(number)
        assert found is not None
        view = CardView(asked, desk.held, found, CIRCUIT_PEOPLE[person], OFFICE, lang)
        return step_card(view, desk.now)

    return draw


def _record(lang: Language) -> Card:
    desk = _edited()
    return record_card(desk.held, CIRCUIT_PEOPLE["omar"], OFFICE, lang, desk.now)


def _form(lang: Language) -> Card:
    return draft_form(CIRCUIT_PEOPLE["omar"], OFFICE, lang, Inputs(kind="outgoing_letter"))


DOCUMENT_SAMPLES: dict[str, Callable[[Language], Card]] = {
    "word-coming": _step(begun, 1, "omar"),
    "word-draft": _step(placed, 1, "omar"),
    "word-freezing": _step(_submitted, 1, "omar"),
    "word-held": _step(_held, 1, "omar"),
    "word-lost": _step(_lost, 2, "salem"),
    "word-sign": _step(_shown, 4, "hessa"),
    "word-edited": _step(_edited, 0, "salem"),
    "word-decided-void": _step(_edited, 3, "huda"),
    "word-signing": _step(_signing, 4, "hessa"),
    "word-not-counted": _step(_not_counted, 0, "salem"),
    "word-unfit": _step(_unfit, 1, "omar"),
    "word-moved": _step(_moved, 2, "salem"),
    "word-signed": _step(_signed, 4, "hessa"),
    "word-record": _record,
    "word-form": _form,
}
