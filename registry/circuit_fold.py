"""What the events of a circuit make of a record: the part of `evolve` that is about what we issue ourselves."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from registry.changed import changed
from registry.circuit_events import (
    Numbered,
    Redrafted,
    SentBack,
    StageEnded,
    StageInserted,
    StepInitialled,
    StepSigned,
    Submitted,
)
from registry.circuits import OPEN, WAITING, Circuit, Stage
from registry.event import Event
from registry.recipients import chosen
from registry.vocabulary import DONE, Status

if TYPE_CHECKING:
    from registry.record import Record, Step

_ENDINGS: dict[type[Event], str] = {
    StepInitialled: "initialled",
    StepSigned: "signed",
    Submitted: "submitted",
}


def after_circuit(record: "Record", event: Event) -> "Record":
    """Return *record* after an event of circuit_events.py."""
    match event:
        case StepInitialled():
            return _decided(record, event, event.step, event.note, event.document)
        case StepSigned():
            return changed(_decided(record, event, event.step, event.note, event.document), signed_by=event.by)
        case Submitted():
            circuit = Circuit(stages=event.stages, seal=event.seal, level=record.level)
            return changed(_decided(record, event, event.step, event.note), circuit=circuit, status=Status.IN_CIRCUIT)
        case StageEnded(stage=number, outcome=outcome):
            circuit = _circuit(record)
            over = circuit.stage(number)
            assert over is not None, "a stage that ends is one of the circuit"
            after = _overtaken(record, event) if over.state == OPEN else record
            return changed(after, circuit=_with_stages(circuit, lambda s: s is over, state=outcome))
        case StageInserted(stage=stage, before=before):
            circuit = _circuit(record)
            place = next(i for i, s in enumerate(circuit.stages) if s.number == before)
            stages = (*circuit.stages[:place], stage, *circuit.stages[place:])
            return changed(record, circuit=replace(circuit, stages=stages))
        case SentBack():
            return _sent_back(record, event)
        case Redrafted():
            return _redrafted(record, event)
        case Numbered():
            return changed(
                record,
                serial=event.serial,
                year=event.year,
                reference=event.reference,
                registered_at=event.at,
                status=Status.ISSUED,
            )
        case _:
            raise AssertionError(f"no record knows what {type(event).__name__} does to it")


def with_seat_taken(record: "Record", step: "Step") -> "Record":
    """Return *record* with the stage opened of which *step* is a seat; the first seat opens it."""
    circuit = _circuit(record)
    opens = _with_stages(
        circuit, lambda s: s.number == step.stage and s.state == WAITING, state=OPEN, opened_from=step.number
    )
    return changed(record, circuit=opens)


def _sent_back(record: "Record", event: SentBack) -> "Record":
    """To a stage: what was decided there and after it counts no more. To the drafter: what was decided before does."""
    circuit = _circuit(record)
    numbers = [s.number for s in circuit.stages]
    back_to = event.to_stage if event.to_stage is not None else circuit.next.number if circuit.next else numbers[-1]
    anew = set(numbers[numbers.index(back_to) :])
    stages = _with_stages(circuit, lambda s: s.number in anew and s.state != "skipped", state=WAITING, opened_from=0)
    after = changed(_overtaken(record, event), circuit=stages)
    return changed(after, status=Status.DRAFT) if event.to_stage is None else after


def _redrafted(record: "Record", e: Redrafted) -> "Record":
    after = changed(
        record,
        subject=e.subject,
        text=e.text,
        addressees=e.addressees,
        party=e.party,
        confidentiality=e.confidentiality,
        urgency=e.urgency,
        level=e.level,
        recipients=chosen(e.outside),
        expects_reply=bool(e.expects_reply),
    )
    if record.circuit is None:
        return after
    circuit = _with_stages(record.circuit, lambda s: True, state=WAITING, opened_from=0)
    if record.circuit.current is not None:  # else its drafter has it, and goes on having it
        after = _overtaken(after, e, "voided")
    steps = tuple(changed(s, voided=True) if s.stage is not None and not s.voided else s for s in after.steps)
    return changed(after, circuit=replace(circuit, edited=True), steps=steps, signed_by=None)


def _decided(record: "Record", event: Event, number: int, note: str | None, document: str | None = None) -> "Record":
    return _with_step(
        record,
        number,
        state=DONE,
        outcome=_ENDINGS[type(event)],
        result=note,
        ended_at=event.at,
        ended_by=event.by,
        document=document,
    )


def _with_step(record: "Record", number: int, **new: object) -> "Record":
    steps = list(record.steps)
    steps[number - 1] = changed(steps[number - 1], **new)
    return changed(record, steps=tuple(steps))


def _overtaken(record: "Record", event: Event, outcome: str = "overtaken") -> "Record":
    """Return *record* with nobody holding it any more; whoever is only told of it still is."""
    steps = tuple(
        changed(s, state=DONE, outcome=outcome, ended_at=event.at, ended_by=event.by)
        if s.state != DONE and s.custody
        else s
        for s in record.steps
    )
    return changed(record, steps=steps)


def _circuit(record: "Record") -> Circuit:
    assert record.circuit is not None, "what happens in a circuit happens after it was submitted"
    return record.circuit


def _with_stages(circuit: Circuit, fits: Callable[[Stage], bool], **new: object) -> Circuit:
    return replace(circuit, stages=tuple(changed(s, **new) if fits(s) else s for s in circuit.stages))
