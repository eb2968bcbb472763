################################################################
# Who may do what with a record that we issue: the part of `may_act` that is about drafts and circuits
################################################################
#
# Rule 1: nobody decides on what they drafted, and whoever approved does not sign: three people, three acts. Whoever
#         another approved for has approved.
# Rule 2: whoever signs does so at their level or below it; a substitute at their own, and not what was drafted or
#         approved by those for whom they act.
# Rule 3: the drafter's are the words and the recall; the way is changed by whoever is asked to decide on it now, and by
#         those of the drafter's unit who sign.

from typing import TYPE_CHECKING

from registry.circuits import APPROVE, FOR, INITIAL, SIGN
from registry.office import Person
from registry.vocabulary import Status, Verb

if TYPE_CHECKING:
    from registry.record import Record, Step

_ON_THE_WHOLE = frozenset({Verb.EDIT, Verb.WITHDRAW, Verb.RECALL, Verb.INSERT, Verb.SKIP, Verb.VOID})
_DECIDES = frozenset({Verb.INITIAL, Verb.APPROVE, Verb.SIGN, Verb.REJECT})


def of_the_circuit(person: Person, record: "Record", verb: Verb, step: int | None) -> list[str] | None:
    """Return why *person* may not do what is done to the record as a whole; None where *verb* is about one step."""
    asked = record.step(step) if step is not None else None
    of_somebody = verb is Verb.RECALL and (not record.is_draft or (asked is not None and asked.cause == "person"))
    if verb not in _ON_THE_WHOLE or of_somebody:
        return None
    if record.ended and verb is not Verb.VOID:
        return ["may.ended"]
    match verb:
        case Verb.VOID:
            return _void(person, record)
        case Verb.EDIT | Verb.WITHDRAW:
            ours = [] if record.is_draft else ["may.numbered"]
            return [*ours, *([] if record.drafter == person.person_id else ["may.drafter_only"])]
        case Verb.RECALL:
            return _recall(person, record, step)
        case _:
            return _reroute(person, record, verb)


def on_a_draft(
    person: Person, record: "Record", verb: Verb, step: "Step | None", acts_for: frozenset[str] = frozenset()
) -> list[str]:
    """Return why *person* may not decide on the record, besides what the step itself says.

    Args:
        acts_for: For whom and through whom they would act: what one of these drafted or approved is theirs as well.
            The level at which they sign is their own.
    """
    those = acts_for | {person.person_id}
    of_a_stage = step is not None and step.stage is not None
    if record.drafter in those and (verb in _DECIDES or (verb is Verb.COMPLETE and of_a_stage)):
        return ["may.own_draft"]
    if of_a_stage or verb is Verb.SUBMIT:
        waiting = _for_the_file(record, step)
        if waiting is not None:
            return [waiting]
    if verb is Verb.CLOSE and (step is None or step.to_person is not None):
        return ["may.registry_only"]
    if verb is not Verb.SIGN:
        return []
    reasons = [] if person.signs >= max(record.level, 1) else ["may.level"]
    return [*reasons, *(["may.approved_it"] if those & approvers(record) else [])]


def _for_the_file(record: "Record", step: "Step | None") -> str | None:
    """Why nobody can decide yet: the Word file is not there, or a press waits for it."""
    if not record.in_word or not record.is_draft:
        return None
    if record.document is None:
        return "draft.not_placed"
    pending = record.pending
    if pending is None or step is None:
        return None
    if pending.what == "sign":
        return "draft.being_checked"
    return "draft.being_frozen" if pending.step == step.number else None


def approvers(record: "Record") -> frozenset[str]:
    """Return who approved the record, as it is now worded, and for whom."""
    circuit = record.circuit
    approving = (
        {s.number: s.opened_from for s in circuit.stages if s.act == APPROVE and s.opened_from} if circuit else {}
    )
    return frozenset(
        who
        for s in record.steps
        if s.outcome in FOR and s.stage in approving and s.number >= approving[s.stage]
        for who in (s.ended_by, s.ended_for)
        if who
    )


def recallable(record: "Record") -> bool:
    """Whether nobody who is asked now has looked at it or acted."""
    stage = record.circuit.current if record.circuit is not None else None
    if stage is None:
        return False
    asked = [s for s in record.steps if s.stage == stage.number and s.number >= stage.opened_from]
    return all(s.state == "open" and s.read_at is None for s in asked)


def sent_on_by(person: Person, record: "Record") -> int | None:
    """Return the stage that *person* alone decided, and from which the record came to where it is; None for none."""
    circuit = record.circuit
    now = circuit.current if circuit is not None else None
    if circuit is None or now is None:
        return None
    passed = [s for s in circuit.stages[: circuit.stages.index(now)] if s.state == "passed"]
    if not passed:
        return None
    last = passed[-1]
    decided = [s for s in record.steps if s.stage == last.number and s.number >= last.opened_from and s.outcome in FOR]
    return last.number if [s.ended_by for s in decided] == [person.person_id] else None


def _recall(person: Person, record: "Record", step: int | None) -> list[str]:
    asked = record.step(step) if step is not None else None
    if step is not None and asked is None:
        return ["may.no_such_step"]
    if record.circuit is None or record.circuit.current is None:
        return ["may.nothing_to_recall"]
    if record.drafter != person.person_id and sent_on_by(person, record) is None:
        return ["may.sender_only"]
    return [] if recallable(record) else ["may.opened_already"]


def _reroute(person: Person, record: "Record", verb: Verb) -> list[str]:
    if not record.is_draft:
        return ["may.numbered"]
    if record.circuit is None:
        return ["may.not_submitted"]
    if person.person_id == record.drafter:
        return [] if verb is Verb.INSERT else ["may.own_draft"]
    if person.signs and person.unit_id == record.registry_unit_id:
        return []
    now = record.circuit.current
    decides = now is not None and now.act in (INITIAL, APPROVE, SIGN)
    return [] if decides and any(_holds(person, s) for s in record.steps) else ["may.not_your_circuit"]


def _holds(person: Person, step: "Step") -> bool:
    return step.stage is not None and step.state == "open" and step.to_person == person.person_id


def _void(person: Person, record: "Record") -> list[str]:
    if record.is_draft:
        return ["may.no_number_to_void"]
    if record.status is Status.VOIDED:
        return ["may.ended"]
    keeps = person.clerk and person.unit_id == record.registry_unit_id
    return [] if keeps or person.person_id == record.signed_by else ["may.signer_only"]
