################################################################
# The small office with people who sign, and a memo on its way: what the tests of circuits speak of
################################################################
#
# Omar and Salem draft in Finance, which Huda heads; Laila heads Legal. Both sign memos. Hessa is the undersecretary
# above both and signs at the second level, with a secret's clearance.

from dataclasses import replace
from typing import Any

from registry.circuit_commands import Draft, Submit
from registry.circuit_events import (
    Drafted,
    Numbered,
    Redrafted,
    SentBack,
    StageEnded,
    StageInserted,
    StepInitialled,
    StepSigned,
    Submitted,
)
from registry.circuits import (
    APPROVE,
    HEAD,
    INITIAL,
    OPINION,
    PERSON,
    SIGN,
    Addressee,
    CircuitRule,
    Circuits,
    Seat,
    SigningLevel,
    Stage,
    StageRule,
    Who,
)
from registry.event import Attachment, Event
from registry.mail import Address
from registry.office import Person, Unit
from registry.record import holders
from tests.values import NOON, OFFICE, PEOPLE, UNITS, Desk

HESSA = Person(
    person_id="hessa",
    name="حصة الصباح",
    upn="hessa@ministry.example",
    mail="hessa@ministry.example",
    unit_id="sector",
    post="وكيلة الوزارة المساعدة",
    clearance="secret",
    signs=2,
)
CIRCUIT_PEOPLE = {
    **PEOPLE,
    "huda": replace(PEOPLE["huda"], signs=1),
    "laila": replace(PEOPLE["laila"], signs=1),
    "hessa": HESSA,
}
CIRCUIT_UNITS = {
    **UNITS,
    "sector": Unit(unit_id="sector", ar="قطاع الشؤون المالية", en="Financial Affairs Sector", code="ق.م", head="hessa"),
    "finance": replace(UNITS["finance"], under="sector"),
    "legal": replace(UNITS["legal"], under="sector"),
}
LEVELS = (
    SigningLevel(ar="مدير الإدارة", en="Director", heads_of=("finance", "legal")),
    SigningLevel(ar="الوكيل المساعد", en="Assistant undersecretary", heads_of=("sector",)),
)
# Huda initials, Laila gives an opinion, Huda approves, Hessa signs.
LAID_DOWN = (
    StageRule(act=INITIAL, who=(Who(PERSON, "salem"),)),
    StageRule(act=OPINION, who=(Who(HEAD, "legal"),)),
    StageRule(act=APPROVE, who=(Who(HEAD),), fixed=True),
    StageRule(act=SIGN, who=(Who(HEAD, "sector"),)),
)


def laid_down(*stages: StageRule, **office: Any) -> Any:
    """The office, with this circuit for everything."""
    rules = (CircuitRule(stages=stages or LAID_DOWN),)
    return replace(
        OFFICE,
        people=CIRCUIT_PEOPLE,
        units=CIRCUIT_UNITS,
        circuits=Circuits(rules=rules, levels=LEVELS),
        **office,
    )


TEXT = "نظراً لزيادة أعباء الربع الثالث، نرجو الموافقة على تكليف موظفَين بالعمل الإضافي.\nوالله الموفق."


def draft(record_id: str = "m1", **fields: Any) -> Draft:
    """Omar's memo to Legal."""
    usual: dict[str, Any] = {
        "by": "omar",
        "kind": "internal_memo",
        "subject": "طلب عمل إضافي للربع الثالث",
        "text": TEXT,
        "addressees": (Addressee("legal", None, "for_information"),),
    }
    return Draft(record_id=record_id, **usual | fields)


def drafted(*stages: StageRule, record_id: str = "m1", office: Any = None, **fields: Any) -> Desk:
    """A desk on which Omar has begun his memo."""
    desk = Desk(office or laid_down(*stages), record_id=record_id)
    desk.accept(draft(record_id, **fields))
    return desk


def submitted(*stages: StageRule, **fields: Any) -> Desk:
    """… and has put it on its way."""
    desk = drafted(*stages, **fields)
    desk.accept(Submit(record_id=desk.record_id, step=1, by=desk.held.drafter or ""))
    return desk


def turns(desk: Desk) -> list[tuple[str | None, str]]:
    """Whose turn it is, and what they are asked."""
    return [(h.person, h.asked) for h in holders(desk.held)]


# ---------------------------------------------------------------- every event, as it stands on the sheet

_STAGES = (
    Stage(number=1, act=INITIAL, seats=(Seat("salem", "finance"),)),
    Stage(number=2, act=SIGN, seats=(Seat("huda", "finance"), Seat("laila", "legal")), mode="any", fixed=True),
)
_WORDS: dict[str, Any] = {
    "subject": "طلب عمل إضافي",
    "text": "نرجو الموافقة.",
    "addressees": (Addressee("legal", None, "for_information"),),
    "party": None,
    "confidentiality": "normal",
    "urgency": "urgent",
    "level": 1,
}
CIRCUIT_EVENTS: tuple[Event, ...] = (
    Drafted(
        at=NOON,
        by="omar",
        capacity="member",
        entity_id="ministry",
        kind="internal_memo",
        direction="internal",
        registry_unit_id="finance",
        reference="ش.م/م/—",
        sender=Address("عمر الفهد", "omar@ministry.example"),
        attachments=(Attachment(size_bytes=48213, sha256="a" * 64, content_type="application/pdf"),),
        attachment_names=("كشف.pdf",),
        **_WORDS,
    ),
    Redrafted(at=NOON, by="omar", capacity="member", **_WORDS | {"party": "ديوان المحاسبة"}),
    Submitted(at=NOON, by="omar", capacity="member", step=1, stages=_STAGES, seal="c" * 64, note=None),
    StepInitialled(at=NOON, by="salem", capacity="member", step=2, note="لا مانع"),
    StepSigned(at=NOON, by="huda", capacity="head", step=3, seal="c" * 64, note=None),
    StageEnded(at=NOON, by="huda", capacity="head", stage=2, outcome="skipped", note="لعدم الحاجة"),
    StageInserted(at=NOON, by="huda", capacity="head", stage=_STAGES[0], before=2, note=None),
    SentBack(at=NOON, by="huda", capacity="head", to_stage=None, why="return"),
    Numbered(at=NOON, by="huda", capacity="head", serial=7, year=2026, reference="ش.م/م/7/2026"),
)
