"""The cards and forms of the rarer verbs, in every state; samples.py has the others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.actions import Inputs
from bot.cards import record_card, step_card, verb_form
from registry.commands import (
    Acknowledge,
    Approve,
    AwaitReply,
    Circulate,
    Close,
    Command,
    Correct,
    File,
    NoteOpened,
    NoteRelation,
    Recall,
    Refer,
    Reject,
    Reopen,
    Void,
)
from registry.record import Link
from service.ports import Asked, CardView
from tests.values import OFFICE, PEOPLE, Desk, forwarded, mail, registered
from texts import Language, say

type Card = dict[str, Any]

_REFUSAL = "لا تنطبق على الطلب شروط اللائحة رقم 12-34."


def _view(desk: Desk, step: int, person: str, lang: Language, said: str | None = None) -> CardView:
    record, number = desk.held, step or desk.last_step
    asked = Asked(token="tok-1234567890abcdefghij", record_id="r1", step=number, person=person, version=record.version)
    found = record.step(number)
    assert found is not None
    matter = ("س.ع/و/7/2026", "س.ع/و/8/2026", "س.ع/و/9/2026", "س.ع/و/10/2026") if record.matter_id else ()
    return CardView(asked, record, found, PEOPLE[person], OFFICE, lang, said, matter)


def _after(*commands: Command, at_register: bool = False) -> Callable[[], Desk]:
    def make() -> Desk:
        desk = registered(mail(), replace(OFFICE, rules=())) if at_register else registered(forwarded())
        for command in commands:
            desk.accept(command)
        return desk

    return make


def _step(make: Callable[[], Desk], step: int, person: str, **how: Any) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        return step_card(_view(desk, step, person, lang), desk.now, **how)

    return draw


def _form(
    verb: str, make: Callable[[], Desk], step: int, person: str, said: str | None = None, typed: Inputs | None = None
) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        return verb_form(verb, _view(desk, step, person, lang, say(lang, said) if said else None), desk.now, typed)

    return draw


def _record(make: Callable[[], Desk], person: str) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        numbers = _view(desk, 1, person, lang).matter
        return record_card(desk.held, PEOPLE[person], OFFICE, lang, desk.now, matter=numbers)

    return draw


def _asked(asked: str, to: str = "omar") -> Refer:
    return Refer(record_id="r1", step=1, by="huda", asked=asked, to_person=to, note="للأهمية")


def _corrected() -> Desk:
    desk = _after()()
    fields = {"subject": "طلب مستندات الربع الثالث", "urgency": "urgent", "their_reference": "ص/44"}
    desk.accept(Correct(record_id="r1", by="noura", note="خطأ في القيد", **fields))
    desk.accept(NoteRelation(record_id="r1", by="noura", link=_REPLY))
    desk.record = replace(desk.held, matter_id="m1")
    return desk


_REPLY = Link(record_id="r2", reference="س.ع/و/2/2026", how="replied_by")
_LETTER = _after()
_DECIDE = _after(_asked("for_approval"))
_REJECTED = _after(_asked("for_approval"), Reject(record_id="r1", step=2, by="omar", note=_REFUSAL))
_ENDED = _after(Reject(record_id="r1", step=1, by="huda", note=_REFUSAL))
_RECALLED = _after(_asked("for_action"), Recall(record_id="r1", step=2, by="huda", note="أُحيلت خطأً"))
_OPENED = _after(
    _asked("for_information", "salem"), _asked("for_action"), NoteOpened(record_id="r1", step=3, by="omar")
)
_VOIDED = _after(Void(record_id="r1", by="noura", note="قُيّد مرتين، وهو المقيّد برقم 6/2026."))
_FILED = _after(_asked("for_filing"), File(record_id="r1", step=2, by="omar", note="ملف 7/أ"))
_AWAITING = _after(AwaitReply(record_id="r1", step=1, by="huda", to_person="omar"))
_REPLIED = _after(
    AwaitReply(record_id="r1", step=1, by="huda", to_person="omar"),
    NoteRelation(record_id="r1", by="noura", link=_REPLY),
)
_CIRCULATED = _after(
    Circulate(record_id="r1", step=1, by="noura", to_units=("finance", "legal")),
    Acknowledge(record_id="r1", step=2, by="huda"),
    at_register=True,
)
_CLOSED = _after(Close(record_id="r1", step=1, by="noura", note="للعلم"), at_register=True)
_REOPENED = _after(
    Close(record_id="r1", step=1, by="noura", note="للعلم"),
    Reopen(record_id="r1", by="abdullah", note="ورد كتاب لاحق"),
    at_register=True,
)
_REGISTER = _after(at_register=True)

VERB_SAMPLES: dict[str, Callable[[Language], Card]] = {
    "step-decide": _step(_DECIDE, 2, "omar"),
    "step-review": _step(_after(_asked("for_review")), 2, "omar"),
    "step-initial": _step(_after(_asked("for_initial")), 2, "omar"),
    "step-signature": _step(_after(_asked("for_signature", "laila")), 2, "laila"),
    "step-signed": _step(
        _after(_asked("for_signature", "laila"), Approve(record_id="r1", step=2, by="laila")), 2, "laila"
    ),
    "step-filing": _step(_after(_asked("for_filing")), 2, "omar"),
    "step-filed": _step(_FILED, 2, "omar"),
    "step-rejected": _step(_REJECTED, 2, "omar"),
    "step-rejection": _step(_REJECTED, 0, "huda"),
    "step-rejection-told": _step(_ENDED, 2, "abdullah"),
    "step-recalled": _step(_RECALLED, 2, "omar"),
    "step-taken-back": _step(_RECALLED, 0, "huda"),
    "step-voided": _step(_VOIDED, 1, "huda"),
    "step-awaiting": _step(_AWAITING, 2, "omar"),
    "step-replied": _step(_REPLIED, 0, "huda"),
    "step-circulation": _step(_CIRCULATED, 3, "laila"),
    "step-circulating": _step(_CIRCULATED, 1, "abdullah"),
    "step-corrected": _step(_corrected, 1, "huda"),
    "step-reopened": _step(_REOPENED, 0, "noura"),
    "form-more": _form("more", _after(_asked("for_information", "salem")), 1, "huda"),
    "form-more-clerk": _form("more", _REGISTER, 1, "noura"),
    "form-recall": _form("recall", _OPENED, 1, "huda"),
    "form-recall-nothing": _form(
        "recall", _after(_asked("for_action"), NoteOpened(record_id="r1", step=2, by="omar")), 1, "huda"
    ),
    "form-amend": _form("amend", _REGISTER, 1, "noura"),
    "form-amend-refused": _form(
        "amend",
        _REGISTER,
        1,
        "noura",
        "say.reason_missing",
        Inputs(subject="طلب بيانات", their_reference="ص/44", urgency="very_urgent", confidentiality="restricted"),
    ),
    "form-link": _form("link", _LETTER, 1, "huda"),
    "form-circulate": _form("circulate", _REGISTER, 1, "noura"),
    "form-await": _form("await_reply", _LETTER, 1, "huda"),
    "form-void": _form("void", _REGISTER, 1, "noura", "say.reason_missing"),
    "form-reopen": _form("reopen", _CLOSED, 1, "noura"),
    "form-file": _form("file_closed", _CLOSED, 1, "noura"),
    "form-leave": _form("leave_matter", _corrected, 1, "huda"),
    "record-voided": _record(_VOIDED, "noura"),
    "record-corrected": _record(_corrected, "noura"),
    "record-circulated": _record(_CIRCULATED, "noura"),
    "record-filed": _record(_FILED, "noura"),
}
