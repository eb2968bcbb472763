################################################################
# What is decided on what is told of a draft's file: placed, changed, frozen, looked at, lost, held
################################################################
#
# Rule 1: nobody is asked before the bytes are frozen: a submission is accepted, its drafter holds the record until the
#         file was read, and then the first stage is asked about exactly those bytes.
# Rule 2: the last signature is taken when the file has been looked at once more, and not before.
# Rule 3: an edit of what was frozen voids what was decided on it; the way goes on where the office's rules say.
# Rule 4: nobody is asked about bytes that could not be issued (macros, a file that cannot be read, changes that nobody
#         accepted): the press comes to nothing, and an edit that made them so brings the draft back to its drafter.
# Rule 5: a file that is lost changes no decision: the bytes are in the archive, and the file is placed anew.
# Rule 6: what is told late is told for nothing: an older state, another file than the record's.

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from registry.acting import capacity_of, words
from registry.changed import changed
from registry.circuit_commands import Sign
from registry.circuit_events import Submitted
from registry.circuits import SKIPPED, Circuit, Stage
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.document import FIRST, SIGN, SUBMIT, TO_DRAFTER, UNFIT, Document, Pending
from registry.document_commands import (
    NoteChanged,
    NoteFreed,
    NoteFrozen,
    NoteHeld,
    NoteLooked,
    NoteLost,
    NotePlaced,
    NotePreview,
)
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
from registry.drafting import sealed, undeliverable, way_of
from registry.event import Event
from registry.office import SYSTEM, Office
from registry.record import Record, evolve
from registry.seats import asked_in, begun, decide_seat, to_drafter
from registry.seats import numbers as seat_numbers

type _Told = NoteChanged | NoteFrozen | NoteLooked


def numbers(ask: Sign | NoteLooked, record: Record, office: Office, now: datetime) -> bool:
    """Whether *ask*, were it taken now, would give the record its number."""
    if isinstance(ask, Sign):
        return not record.in_word and seat_numbers(ask, record, office, now)
    decision = _decide_looked(ask, record, office, now)
    return isinstance(decision, Accepted) and any(type(e).__name__ == "Numbered" for e in decision.events)


def waits_for_a_look(ask: Sign, record: Record, office: Office, now: datetime) -> bool:
    """Whether the signature is the last one on a draft in Word, so that the file is looked at first."""
    return record.in_word and (_is_pending(record, ask.step, ask.by, SIGN) or seat_numbers(ask, record, office, now))


def decide_pending_sign(ask: Sign, record: Record, office: Office, now: datetime) -> Decision:
    """Accept the signature; it comes true when the file has been looked at."""
    if _is_pending(record, ask.step, ask.by, SIGN):
        return Nothing()
    person, step = office.person(ask.by), record.step(ask.step)
    assert person is not None, "whoever would number the record is somebody"
    assert step is not None, "… and has a step"
    capacity = capacity_of(person, step, office)
    note = words(ask.note)
    return Accepted((PressPending(at=now, by=ask.by, capacity=capacity, what=SIGN, step=ask.step, note=note),))


def decide_told(ask: Any, record: Record, office: Office, now: datetime) -> Decision:
    """Decide on a command of document_commands.py."""
    decision: Decision = _DECIDES[type(ask)](ask, record, office, now)
    return decision


def _decide_placed(ask: NotePlaced, record: Record, office: Office, now: datetime) -> Decision:
    document = record.document
    if record.ended or not record.in_word or (document is not None and document.lost is None):
        return Nothing()
    placed = DraftPlaced(
        at=now,
        by=SYSTEM,
        drive=ask.drive,
        item=ask.item,
        ctag=ask.ctag,
        web_url=ask.web_url,
        name=ask.name,
        sha256=ask.sha256,
        size_bytes=ask.size_bytes,
        alone=ask.alone or None,
    )
    return Accepted((placed,))


def _decide_changed(ask: NoteChanged, record: Record, office: Office, now: datetime) -> Decision:
    document = record.document
    if document is None or not _is_news(ask, record, document):
        return Nothing()
    return Accepted(tuple(_edited(ask, record, document, office, now)))


def _decide_frozen(ask: NoteFrozen, record: Record, office: Office, now: datetime) -> Decision:
    document, pending = record.document, record.pending
    if document is None or pending is None or pending.what != SUBMIT or ask.item != document.item:
        return Nothing()
    events: list[Event] = []
    if ask.sha256 != document.sha256:
        events += _edited(ask, record, document, office, now)
    if ask.unfit:
        return Accepted((*events, _unfit(ask, now), _dropped(pending, UNFIT, now)))
    after = _then(record, events)
    assert after.document is not None
    version = after.document.version
    frozen = Frozen(at=now, by=SYSTEM, sha256=ask.sha256, size_bytes=ask.size_bytes, version=version, ctag=ask.ctag)
    events.append(frozen)
    after = _then(after, [frozen])
    stages = way_of(after, office)
    if isinstance(stages, Refused) or undeliverable(after, office) is not None:
        return Accepted((*events[:-1], _dropped(pending, "draft.way_changed", now)))
    submitted = Submitted(
        at=now,
        by=pending.by,
        capacity=pending.capacity,
        on_behalf_of=pending.on_behalf_of,
        step=pending.step,
        stages=stages,
        seal=sealed(after),
        note=pending.note,
    )
    after = _then(after, [submitted])
    assert after.circuit is not None, "it was just submitted"
    return Accepted((*events, submitted, *asked_in(begun(after.circuit), after, submitted, office, now)))


def _decide_looked(ask: NoteLooked, record: Record, office: Office, now: datetime) -> Decision:
    document, pending = record.document, record.pending
    if document is None or pending is None or (pending.what, pending.step, pending.by) != (SIGN, ask.step, ask.by):
        return Nothing()
    if ask.item != document.item:
        return Nothing()  # it was placed anew meanwhile, and is looked at again
    if ask.ctag != document.ctag and ask.sha256 != document.sha256:
        dropped = _dropped(pending, "draft.edited_meanwhile", now)
        after = _then(record, [dropped])
        return Accepted((dropped, *_edited(ask, after, document, office, now)))
    free = changed(record, document=replace(document, pending=None))
    sign = Sign(record_id=record.record_id, step=ask.step, by=ask.by, note=pending.note, serial=ask.serial)
    decision = decide_seat(sign, free, office, now)
    if isinstance(decision, Accepted):
        return decision
    return Accepted((_dropped(pending, "draft.may_not_any_more", now),))


def _decide_lost(ask: NoteLost, record: Record, office: Office, now: datetime) -> Decision:
    document = record.document
    if document is None or document.item != ask.item or document.lost is not None or not _is_open(record):
        return Nothing()
    return Accepted((DraftLost(at=now, by=SYSTEM, reason=ask.reason),))


def _decide_held(ask: NoteHeld, record: Record, office: Office, now: datetime) -> Decision:
    document = record.document
    if document is None or not _is_open(record) or document.held == (ask.holder or ""):
        return Nothing()
    return Accepted((DraftHeld(at=now, by=SYSTEM, holder=ask.holder),))


def _decide_freed(ask: NoteFreed, record: Record, office: Office, now: datetime) -> Decision:
    if record.document is None or record.document.held is None:
        return Nothing()
    return Accepted((DraftFreed(at=now, by=SYSTEM),))


def _decide_preview(ask: NotePreview, record: Record, office: Office, now: datetime) -> Decision:
    document = record.document
    if document is None or document.frozen != ask.frozen or document.preview is not None:
        return Nothing()
    made = PreviewMade(at=now, by=SYSTEM, frozen=ask.frozen, sha256=ask.sha256, size_bytes=ask.size_bytes)
    return Accepted((made,))


_DECIDES: dict[type[Any], Callable[..., Decision]] = {
    NotePlaced: _decide_placed,
    NoteChanged: _decide_changed,
    NoteFrozen: _decide_frozen,
    NoteLooked: _decide_looked,
    NoteLost: _decide_lost,
    NoteHeld: _decide_held,
    NoteFreed: _decide_freed,
    NotePreview: _decide_preview,
}


# ---------------------------------------------------------------- an edit


def _edited(ask: _Told, record: Record, document: Document, office: Office, now: datetime) -> list[Event]:
    """The new version, and what it does to what was decided on another."""
    editor = office.people.get(ask.editor or "")
    by = editor.person_id if editor is not None else SYSTEM
    written = DraftChanged(
        at=now,
        by=by,
        ctag=ask.ctag,
        sha256=ask.sha256,
        size_bytes=ask.size_bytes,
        version=document.version + 1,
        editor=ask.editor,
        modified_at=ask.modified_at,
    )
    circuit = record.circuit
    if circuit is None or document.frozen in (None, ask.sha256):
        return [written]
    if circuit.current is None:
        return [written] if circuit.edited else [written, DecisionsVoided(at=now, by=by, to_stage=None, seal=None)]
    after = _then(record, [written])
    unfit = [_unfit(ask, now)] if ask.unfit else []
    if unfit or (stage := _begins_again(circuit, office.documents.restart)) is None:
        voided = DecisionsVoided(at=now, by=by, to_stage=None, seal=None)
        return [written, *unfit, voided, to_drafter(_then(after, [voided]), voided, "edit", now)]
    frozen = Frozen(
        at=now, by=SYSTEM, sha256=ask.sha256, size_bytes=ask.size_bytes, version=written.version, ctag=ask.ctag
    )
    after = _then(after, [frozen])
    voided = DecisionsVoided(at=now, by=by, to_stage=stage.number, seal=sealed(after))
    after = _then(after, [voided])
    asked = (changed(e, cause="restart") for e in asked_in(stage, after, voided, office, now))
    return [written, frozen, voided, *asked]


def _begins_again(circuit: Circuit, restart: str) -> Stage | None:
    """The stage that is asked again; None: its drafter has it again."""
    if restart == TO_DRAFTER:
        return None
    current = circuit.current
    assert current is not None, "it is on its way"
    asked = [s for s in circuit.stages[: circuit.stages.index(current) + 1] if s.state != SKIPPED]
    if restart == FIRST:
        return asked[0]
    return next((s for s in asked if s.act == restart), current)


def _unfit(ask: _Told, now: datetime) -> DraftUnfit:
    return DraftUnfit(at=now, by=SYSTEM, sha256=ask.sha256, size_bytes=ask.size_bytes, reasons=ask.unfit)


# ---------------------------------------------------------------- small


def _is_open(record: Record) -> bool:
    """Whether the file matters still: the record is a draft, and nobody gave it up."""
    return record.is_draft and not record.ended


def _is_news(ask: NoteChanged, record: Record, document: Document) -> bool:
    if not _is_open(record) or document.lost is not None or ask.item != document.item:
        return False
    if ask.modified_at < document.modified_at:
        return False
    return ask.ctag != document.ctag and ask.sha256 != document.sha256


def _is_pending(record: Record, step: int, by: str, what: str) -> bool:
    pending = record.pending
    return pending is not None and (pending.what, pending.step, pending.by) == (what, step, by)


def _dropped(pending: Pending, reason: str, now: datetime) -> PressDropped:
    return PressDropped(at=now, by=SYSTEM, what=pending.what, step=pending.step, reason=reason)


def _then(record: Record, events: list[Any]) -> Record:
    for event in events:
        record = evolve(record.record_id, record, event)
    return record
