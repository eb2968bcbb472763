"""The cards of what we issue, in every state: a memo from its draft to its acknowledgement."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.actions import Inputs
from bot.cards import circuit_form, draft_form, record_card, step_card, typed_of
from registry.circuit_commands import Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.circuits import APPROVE, HEAD, INITIAL, PERSON, QUORUM, SIGN, Addressee, StageRule, Who
from registry.commands import Acknowledge, Approve, Complete, NoteOpened, Recall, Reject, Return, Void
from registry.record import Record
from registry.sealed_commands import NoteSealed
from service.ports import Asked, CardView
from tests.circuit_values import CIRCUIT_PEOPLE, drafted, laid_down, submitted
from tests.values import ANNEX, Desk
from texts import Language, say

type Card = dict[str, Any]

TOKEN = "tok-1234567890abcdefghij"
OFFICE = laid_down()
OPINION = "لا مانع قانوناً، على أن يُحدد سقف ساعات العمل الإضافي وفق المادة 12."


def view(record: Record, step: int, person: str, lang: Language, said: str | None = None) -> CardView:
    asked = Asked(token=TOKEN, record_id=record.record_id, step=step, person=person, version=record.version)
    found = record.step(step)
    assert found is not None
    return CardView(asked, record, found, CIRCUIT_PEOPLE[person], OFFICE, lang, said)


def _draft() -> Desk:
    return drafted(files=(ANNEX,), urgency="urgent", level=2)


def _submitted() -> Desk:
    desk = _draft()
    desk.accept(Submit(record_id="m1", step=1, by="omar", note="نأمل الإنجاز قبل نهاية الشهر."))
    return desk


def _initialled() -> Desk:
    desk = _submitted()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    return desk


def _opined() -> Desk:
    desk = _initialled()
    desk.accept(Complete(record_id="m1", step=3, by="laila", note=OPINION))
    return desk


def _approved() -> Desk:
    desk = _opined()
    desk.accept(Approve(record_id="m1", step=4, by="huda", note="موافق، ويُعرض على السيدة الوكيلة."))
    return desk


def _signed() -> Desk:
    desk = _approved()
    desk.accept(Sign(record_id="m1", step=5, by="hessa", serial=7))
    return desk


def _returned() -> Desk:
    desk = _opined()
    desk.accept(Return(record_id="m1", step=4, by="huda", note="يُذكر عدد الساعات المطلوبة."))
    return desk


def _sent_back() -> Desk:
    desk = _opined()
    desk.accept(Return(record_id="m1", step=4, by="huda", note="يُستكمل الرأي في المادة 14.", to_stage=2))
    return desk


def _recalled() -> Desk:
    desk = _submitted()
    desk.accept(Recall(record_id="m1", step=2, by="omar"))
    return desk


def _edited() -> Desk:
    desk = _initialled()
    r = desk.held
    desk.accept(
        Redraft(
            record_id="m1",
            by="omar",
            subject=r.subject,
            text=f"{r.text}\nوعدد الساعات 40 ساعة.",
            addressees=r.addressees,
            urgency="urgent",
            level=2,
        )
    )
    return desk


def _rejected() -> Desk:
    desk = _opined()
    desk.accept(Reject(record_id="m1", step=4, by="huda", note="لا اعتماد مالي لهذا البند."))
    return desk


def _withdrawn() -> Desk:
    desk = _submitted()
    desk.accept(Withdraw(record_id="m1", by="omar", note="انتفت الحاجة."))
    return desk


def _rerouted() -> Desk:
    desk = _submitted()
    desk.accept(NoteOpened(record_id="m1", step=2, by="salem"))
    desk.accept(Insert(record_id="m1", by="huda", act="opinion", people=("noura",), before=3, note="للأرشفة"))
    desk.accept(Skip(record_id="m1", by="huda", stage=2, note="سبق رأيها في مذكرة مماثلة."))
    return desk


def _quorum() -> Desk:
    three = tuple(Who(PERSON, p) for p in ("salem", "laila", "noura"))
    desk = submitted(
        StageRule(act=INITIAL, who=three, mode=QUORUM, quorum=2),
        StageRule(act=APPROVE, who=(Who(HEAD),)),
        StageRule(act=SIGN, who=(Who(HEAD, "sector"),)),
    )
    desk.accept(Initial(record_id="m1", step=3, by="laila"))
    return desk


def _circular() -> Desk:
    everyone = tuple(Addressee(u, None, "for_circulation") for u in ("legal", "registry", "sector"))
    desk = submitted(
        StageRule(act=SIGN, who=(Who(HEAD),)), kind="circular", subject="مواعيد الدوام في رمضان", addressees=everyone
    )
    desk.accept(Sign(record_id="m1", step=2, by="huda", serial=3))
    desk.accept(Acknowledge(record_id="m1", step=3, by="laila"))
    return desk


def _voided() -> Desk:
    desk = _circular()
    desk.accept(Void(record_id="m1", by="huda", note="صدر التعميم بمواعيد خاطئة."))
    return desk


def _sealed() -> Desk:
    desk = _signed()
    desk.accept(
        NoteSealed(
            record_id="m1",
            sha256="a" * 64,
            size_bytes=62_538,
            frozen="b" * 64,
            level="protected",
            certificate="c" * 64,
            stamped_at=None,
            manifest="d" * 64,
        )
    )
    return desk


def _secret() -> Desk:
    return submitted(
        StageRule(act=SIGN, who=(Who(HEAD, "sector"),)),
        by="noura",
        confidentiality="secret",
        level=2,
        kind="decision",
        addressees=(),
    )


def _step(make: Callable[[], Desk], step: int, person: str, **how: Any) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        return step_card(view(desk.held, step or desk.last_step, person, lang), desk.now, **how)

    return draw


def _record(make: Callable[[], Desk], person: str) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        return record_card(desk.held, CIRCUIT_PEOPLE[person], OFFICE, lang, desk.now)

    return draw


def _refused(lang: Language) -> Card:
    desk = _approved()
    shown = view(desk.held, 5, "hessa", lang, say(lang, "say.reason_missing"))
    return step_card(shown, desk.now)


def _form(lang: Language) -> Card:
    return draft_form(
        CIRCUIT_PEOPLE["omar"], OFFICE, lang, Inputs(kind="internal_memo"), token="b" * 64, files=(ANNEX,)
    )


def _form_refused(lang: Language) -> Card:
    typed = Inputs(kind="circular", subject="مواعيد الدوام", to="unit:*", urgency="urgent", copy_to="legal,sector")
    said = say(lang, "say.text_missing")
    return draft_form(CIRCUIT_PEOPLE["omar"], OFFICE, lang, typed, said=said)


def _form_edit(lang: Language) -> Card:
    record = _returned().held
    return draft_form(CIRCUIT_PEOPLE["omar"], OFFICE, lang, typed_of(record), token=TOKEN, record=record)


def _form_route(lang: Language) -> Card:
    desk = _initialled()
    shown = view(desk.held, 3, "laila", lang)
    return circuit_form(replace(shown, person=CIRCUIT_PEOPLE["huda"]), desk.now)


CIRCUIT_SAMPLES: dict[str, Callable[[Language], Card]] = {
    "draft-new": _step(_draft, 1, "omar"),
    "draft-submitted": _step(_submitted, 1, "omar"),
    "draft-returned": _step(_returned, 0, "omar"),
    "draft-recalled": _step(_recalled, 0, "omar"),
    "draft-rejected": _step(_rejected, 1, "omar"),
    "draft-withdrawn": _step(_withdrawn, 1, "omar"),
    "circuit-initial": _step(_submitted, 2, "salem"),
    "circuit-initialled": _step(_initialled, 2, "salem"),
    "circuit-opinion": _step(_initialled, 3, "laila"),
    "circuit-approve": _step(_opined, 4, "huda"),
    "circuit-sent-back": _step(_sent_back, 0, "laila"),
    "circuit-sign": _step(_approved, 5, "hessa"),
    "circuit-sign-refused": _refused,
    "circuit-signed": _step(_signed, 5, "hessa"),
    "circuit-edited": _step(_edited, 0, "salem"),
    "circuit-decided-void": _step(_edited, 2, "salem"),
    "circuit-rejected": _step(_rejected, 4, "huda"),
    "circuit-quorum": _step(_quorum, 2, "salem"),
    "circuit-secret": _step(_secret, 2, "hessa"),
    "issued-delivered": _step(_signed, 6, "laila"),
    "issued-sealed": _step(_sealed, 6, "laila"),
    "issued-circular": _step(_circular, 4, "noura"),
    "issued-acknowledged": _step(_circular, 3, "laila"),
    "issued-voided": _step(_voided, 2, "huda"),
    "form-draft": _form,
    "form-draft-refused": _form_refused,
    "form-draft-edit": _form_edit,
    "form-circuit": _form_route,
    "record-in-circuit": _record(_rerouted, "omar"),
    "record-circular": _record(_circular, "omar"),
    "record-issued-voided": _record(_voided, "omar"),
    "record-issued-sealed": _record(_sealed, "omar"),
}
