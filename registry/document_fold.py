"""What the events of a Word file make of a record: the part of `evolve` that is about drafts in drives."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from registry.changed import changed
from registry.circuits import SKIPPED, WAITING
from registry.document import Document, Pending, Version
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
from registry.vocabulary import DONE, Status

if TYPE_CHECKING:
    from registry.record import Record


_APART = timedelta(minutes=10)  # that a drive's clock may be behind ours: nothing older is told of a new file


def after_document(record: "Record", event: Event) -> "Record":
    """Return *record* after an event of document_events.py."""
    if isinstance(event, DraftPlaced):
        return changed(record, document=_placed(record.document, event))
    if isinstance(event, DecisionsVoided):
        return _voided(record, event)
    assert record.document is not None, "what happens to a file happens after it was placed"
    return changed(record, document=_after(record.document, event))


def _placed(document: Document | None, e: DraftPlaced) -> Document:
    where: dict[str, Any] = {"drive": e.drive, "item": e.item, "name": e.name, "web_url": e.web_url, "ctag": e.ctag}
    where["alone"] = bool(e.alone)
    if document is not None:
        return replace(
            document,
            **where,
            placed=document.placed + 1,
            sha256=e.sha256,
            size_bytes=e.size_bytes,
            modified_at=e.at - _APART,
            lost=None,
            held=None,
        )
    first = Version(number=1, sha256=e.sha256, size_bytes=e.size_bytes, editor=None, at=e.at)
    return Document(
        **where,
        placed=1,
        version=1,
        sha256=e.sha256,
        size_bytes=e.size_bytes,
        modified_at=e.at - _APART,
        versions=(first,),
    )


def _after(document: Document, event: Event) -> Document:
    match event:
        case DraftChanged():
            version = Version(
                number=event.version,
                sha256=event.sha256,
                size_bytes=event.size_bytes,
                editor=event.editor,
                at=event.modified_at,
            )
            return replace(
                document,
                ctag=event.ctag,
                version=event.version,
                sha256=event.sha256,
                size_bytes=event.size_bytes,
                modified_at=event.modified_at,
                versions=document.with_version(version),
                held=None,
            )
        case Frozen():
            same = document.frozen == event.sha256
            return replace(
                document,
                ctag=event.ctag,
                frozen=event.sha256,
                frozen_version=event.version,
                frozen_bytes=event.size_bytes,
                preview=document.preview if same else None,
                held=None,
                dropped=None,
                unfit=(),
            )
        case PressPending():
            pending = Pending(
                what=event.what,
                step=event.step,
                by=event.by,
                capacity=event.capacity,
                on_behalf_of=event.on_behalf_of,
                note=event.note,
            )
            return replace(document, pending=pending, dropped=None, unfit=())
        case DraftUnfit():
            return replace(document, unfit=event.reasons)
        case PressDropped():
            return replace(document, pending=None, dropped=event.reason)
        case DraftLost():
            return replace(document, lost=event.reason, held=None)
        case DraftHeld():
            return replace(document, held=event.holder or "")
        case DraftFreed():
            return replace(document, held=None)
        case PreviewMade():
            return replace(document, preview=event.sha256)
        case _:
            raise AssertionError(f"no record knows what {type(event).__name__} does to it")


def _voided(record: "Record", e: DecisionsVoided) -> "Record":
    circuit = record.circuit
    assert circuit is not None, "what was decided was decided in a circuit"
    numbers = [s.number for s in circuit.stages]
    anew = set(numbers if e.to_stage is None else numbers[numbers.index(e.to_stage) :])
    stages = tuple(
        changed(s, state=WAITING, opened_from=0) if s.number in anew and s.state != SKIPPED else s
        for s in circuit.stages
    )
    asked = circuit.current is not None  # else its drafter has it, and goes on having it
    steps = []
    for step in record.steps:
        if asked and step.state != DONE and step.custody:
            step = changed(step, state=DONE, outcome="voided", ended_at=e.at, ended_by=e.by)
        if step.stage in anew and not step.voided:
            step = changed(step, voided=True)
        steps.append(step)
    return changed(
        record,
        steps=tuple(steps),
        circuit=replace(
            circuit, stages=stages, seal=e.seal or circuit.seal, edited=circuit.edited or e.to_stage is None
        ),
        status=Status.DRAFT if asked and e.to_stage is None else record.status,
        signed_by=None,
    )
