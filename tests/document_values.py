################################################################
# A letter drafted in Word: what the tests of drafts' files speak of
################################################################
#
# Omar drafts an outgoing letter in Word; Salem initials, Huda approves, Hessa signs.

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from registry.circuit_commands import Submit
from registry.circuits import APPROVE, HEAD, INITIAL, PERSON, SIGN, StageRule, Who
from registry.document import Document, DocumentRules
from registry.document_commands import NoteChanged, NoteFrozen, NoteLooked, NotePlaced
from registry.document_events import (
    DecisionsVoided,
    DraftChanged,
    DraftFreed,
    DraftHeld,
    DraftLost,
    DraftPlaced,
    DraftUnfit,
    Frozen,
    PressDropped,
    PressPending,
    PreviewMade,
)
from registry.event import Event
from tests.circuit_values import drafted, laid_down
from tests.values import NOON, Desk

WAY = (
    StageRule(act=INITIAL, who=(Who(PERSON, "salem"),)),
    StageRule(act=APPROVE, who=(Who(HEAD),), fixed=True),
    StageRule(act=SIGN, who=(Who(HEAD, "sector"),)),
)
WEB = "https://ministry-my.sharepoint.com/:w:/r/personal/omar/doc.docx"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def in_word(*stages: StageRule, restart: str = "first") -> Any:
    """The office that drafts its letters in Word."""
    rules = DocumentRules(word=("outgoing_letter", "decision", "circular"), restart=restart)
    return laid_down(*(stages or WAY), documents=rules)


def begun(*stages: StageRule, restart: str = "first", **fields: Any) -> Desk:
    """A desk on which Omar began his letter; the file is not there yet."""
    words = {"kind": "outgoing_letter", "text": "", "addressees": (), "party": "ديوان المحاسبة"} | fields
    return drafted(office=in_word(*stages, restart=restart), **words)


def placed(*stages: StageRule, **fields: Any) -> Desk:
    """… and now it is."""
    desk = begun(*stages, **fields)
    desk.accept(note_placed())
    return desk


def frozen(*stages: StageRule, **fields: Any) -> Desk:
    """… and he has put it on its way: the first stage is asked about the bytes `hash_of("one")`."""
    desk = placed(*stages, **fields)
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    desk.accept(note_frozen(desk))
    return desk


def document(desk: Desk) -> Document:
    assert desk.held.document is not None
    return desk.held.document


def note_placed(item: str = "f1", words: str = "one") -> NotePlaced:
    return NotePlaced(
        record_id="m1",
        drive="d-omar",
        item=item,
        ctag=f"c:{item}:{words}",
        web_url=WEB,
        name="m1 طلب.docx",
        sha256=hash_of(words),
        size_bytes=len(words),
    )


def told(desk: Desk, words: str, editor: str | None = "omar", at: datetime | None = None) -> dict[str, Any]:
    """What a look at the file tells when it says *words*."""
    item = document(desk).item
    return {
        "record_id": "m1",
        "item": item,
        "ctag": f"c:{item}:{words}",
        "sha256": hash_of(words),
        "size_bytes": len(words),
        "editor": editor,
        "modified_at": at or desk.now - timedelta(seconds=10),
    }


def note_frozen(desk: Desk, words: str = "one", editor: str | None = "omar") -> NoteFrozen:
    return NoteFrozen(**told(desk, words, editor))


def note_changed(desk: Desk, words: str, editor: str | None = "omar", at: datetime | None = None) -> NoteChanged:
    return NoteChanged(**told(desk, words, editor, at))


def note_looked(desk: Desk, words: str, by: str = "hessa", serial: int = 7) -> NoteLooked:
    assert desk.held.pending is not None
    return NoteLooked(step=desk.held.pending.step, by=by, serial=serial, **told(desk, words))


# ---------------------------------------------------------------- every event, as it stands on the sheet

_NOW: dict[str, Any] = {"at": NOON, "by": "tarasul"}
DOCUMENT_EVENTS: tuple[Event, ...] = (
    DraftPlaced(
        **_NOW,
        drive="b!d1",
        item="01F1",
        ctag='"c:{F1},1"',
        web_url=WEB,
        name="m1 طلب.docx",
        sha256="a" * 64,
        size_bytes=9000,
    ),
    DraftChanged(
        at=NOON,
        by="omar",
        ctag='"c:{F1},2"',
        sha256="b" * 64,
        size_bytes=9100,
        version=2,
        editor="omar",
        modified_at=NOON,
    ),
    Frozen(**_NOW, sha256="b" * 64, size_bytes=9100, version=2, ctag='"c:{F1},2"'),
    PressPending(at=NOON, by="omar", capacity="member", what="submit", step=1, note="للنظر"),
    PressDropped(**_NOW, what="sign", step=4, reason="draft.edited_meanwhile"),
    DecisionsVoided(at=NOON, by="omar", to_stage=1, seal="c" * 64),
    DraftLost(**_NOW, reason="draft.gone"),
    DraftHeld(**_NOW, holder="omar"),
    DraftFreed(**_NOW),
    PreviewMade(**_NOW, frozen="b" * 64, sha256="d" * 64, size_bytes=40000),
)
LATER_DOCUMENT_EVENTS: tuple[Event, ...] = (
    DraftPlaced(
        **_NOW,
        drive="b!library",
        item="01F2",
        ctag='"c:{F2},1"',
        web_url=WEB,
        name="m1.docx",
        sha256="b" * 64,
        size_bytes=9100,
        alone=True,
    ),
    DraftUnfit(**_NOW, sha256="b" * 64, size_bytes=9100, reasons=("word.tracked", "word.comments")),
)
