################################################################
# Who may do what, and why not
################################################################
#
# Rule 1: every question "may this person do this?" is answered here, from the record, the person and nothing else.
# Rule 2: a refusal names every reason, as keys of `texts`, so that the person can be told whose turn it is.
# Rule 3: the secrecy ceiling and being away are asked of every verb; nobody is above them.
# Rule 4: whoever stands in for another (registry/delegation.py) may do with a step what the other may, within what was
#         delegated; but they never decide on what they or the other wrote or, themselves, put before the office.

from dataclasses import dataclass
from datetime import datetime

from registry.circuit_rights import of_the_circuit, on_a_draft
from registry.delegation import Standing
from registry.office import Office, Person
from registry.record import OPEN, Record, Step
from registry.vocabulary import DECIDES, DONE, FOR_DRAFTING, STAGE_VERBS, Status, Verb, may_see


@dataclass(frozen=True, slots=True)
class MayAct:
    """Yes, or no with the reasons. Truthy for yes."""

    allowed: bool
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


def may_act(person: Person, record: Record, verb: Verb, at: datetime, step: int | None = None) -> MayAct:
    """Whether *person* may do *verb* to *record* at the instant *at*, on step *step* or on any of theirs.

    The instant matters to whoever acts for another for a time; what a person is today is in *person*.
    """
    reasons = _person_reasons(person, record, verb)
    if verb not in record.rules.verbs:
        reasons.append("may.not_for_this_kind")
    if verb is Verb.READ:
        reasons += [] if is_reader(person, record, at) else ["may.stranger"]
    elif verb is Verb.REPLY:
        reasons += ["may.voided"] if record.status is Status.VOIDED else []
        reasons += [] if is_reader(person, record, at) else ["may.stranger"]
    elif verb is Verb.ANNOTATE:
        reasons += ["may.ended"] if record.ended else []
        reasons += [] if is_reader(person, record, at) else ["may.stranger"]
    elif verb is Verb.REGISTER:
        reasons += ["may.ended"] if record.ended else []
        reasons += [] if is_clerk(person, record.registry_unit_id) else ["may.registry_only"]
    elif verb is Verb.CORRECT:
        reasons += ["may.voided"] if record.status is Status.VOIDED else []
        reasons += [] if is_clerk(person, record.registry_unit_id) else ["may.registry_only"]
    elif record.rules.issued and (of_it := of_the_circuit(person, record, verb, step)) is not None:
        reasons += of_it
    elif verb is Verb.VOID:
        reasons += ["may.ended"] if record.ended else []
        reasons += [] if is_clerk(person, record.registry_unit_id) else ["may.registry_keeps"]
    elif verb is Verb.REOPEN:
        reasons += _reopen_reasons(person, record)
    elif verb is Verb.LINK:
        reasons += ["may.voided"] if record.status is Status.VOIDED else []
        holds = any(s.custody for s in steps_of(person, record, at))
        its_own = holds or is_clerk(person, record.registry_unit_id)
        reasons += [] if its_own else ["may.not_yours"]
    elif verb is Verb.RESEND:
        reasons += ["may.voided"] if record.status is Status.VOIDED else []
        dispatches = any(s.cause == "dispatch" for s in steps_of(person, record, at))
        reasons += [] if dispatches or _keeps_it(person, record) else ["may.registry_keeps"]
    elif verb is Verb.RECALL:
        reasons += _recall_reasons(person, record, step)
    elif verb is Verb.FILE and step == 0:
        if record.status is not Status.CLOSED:
            reasons.append("may.ended" if record.ended else "may.not_ended")
        reasons += [] if is_clerk(person, record.registry_unit_id) else ["may.registry_keeps"]
    else:
        reasons += _step_reasons(person, record, verb, at, step)
    return MayAct(not reasons, tuple(dict.fromkeys(reasons)))


def steps_of(person: Person, record: Record, at: datetime | None = None) -> tuple[Step, ...]:
    """The open steps that are this person's to end; with those of whom they stand in for at the instant *at*."""
    return tuple(
        step
        for step in record.steps
        if step.state == OPEN
        and (is_asked(person, step) or (at is not None and standing_on(person, record, step, at) is not None))
    )


def standing_on(person: Person, record: Record, step: Step, at: datetime) -> Standing | None:
    """As whose stand-in *person* may act on *step* at the instant *at*; None where they may not, or need none."""
    if not person.stands_for or is_asked(person, step):
        return None
    return next((s for s in _stands(person, step, at) if s.covers(record.kind, record.confidentiality)), None)


def right_of(person: Person, record: Record, step: int | None, at: datetime) -> Standing | None:
    """As whose stand-in *person* acts, on one step or on the record as a whole; None for who acts for themselves."""
    if not person.stands_for:
        return None
    if step is not None:
        found = record.step(step)
        return standing_on(person, record, found, at) if found is not None else None
    if is_reader(person, record):
        return None
    standings = (standing_on(person, record, s, at) for s in record.open_steps)
    return next((standing for standing in standings if standing is not None), None)


def right_to_recall(person: Person, record: Record, number: int, at: datetime) -> Standing | None:
    """As whose stand-in *person* takes back what was asked by the step: of whoever it was asked for by them, if they
    still act for them; the one who is asked has no part in it."""
    step = record.step(number)
    if step is None or step.opened_for is None or step.opened_by != person.person_id:
        return None
    mine = (s for s in person.stands_for if s.for_person == step.opened_for and s.works(at))
    return next((right for right in mine if right.covers(record.kind, record.confidentiality)), None)


def _acts_for(person: Person, record: Record, step: Step | None, at: datetime) -> frozenset[str]:
    """For whom *person* would end the step, and through whom; nobody where it is their own."""
    right = standing_on(person, record, step, at) if step is not None else None
    return frozenset((right.for_person, *right.through)) if right is not None else frozenset()


def stand_ins(record: Record, step: Step, office: Office, at: datetime) -> tuple[Person, ...]:
    """Everyone who may act on *step* at the instant *at* for the person it is put before."""
    if step.to_person is None or not office.delegations:
        return ()
    return tuple(p for p in office.stand_ins(step.to_person) if standing_on(p, record, step, at) is not None)


def _stands(person: Person, step: Step, at: datetime) -> tuple[Standing, ...]:
    return tuple(s for s in person.stands_for if s.works(at) and s.is_for(step.to_person, step.to_unit))


def is_asked(person: Person, step: Step) -> bool:
    """Whether *step* is put before *person*: by name, or because they keep the register of the unit asked."""
    if step.to_person is not None:
        return step.to_person == person.person_id
    return is_clerk(person, step.to_unit)


def has_asked(person: Person, record: Record, step: Step) -> bool:
    """Whether *person* asked by *step*: by name, or as a clerk of the register that handed the record over by it."""
    if step.cause != "person":
        return False
    handed_over = record.step(step.resumes or 0)
    if handed_over is not None and handed_over.to_person is None and is_clerk(person, handed_over.to_unit):
        return True
    return person.person_id in (step.opened_by, step.opened_for)


def opened_of(record: Record, step: Step) -> tuple[str, datetime] | None:
    """Who opened what *step* asks first, and when: looked at it, or asked others from it; None: nobody has."""
    if step.read_at is not None and step.read_by is not None:
        return step.read_by, step.read_at
    asked = next((s for s in record.steps if s.parent == step.number and s.cause == "person"), None)
    return (asked.opened_by, asked.opened_at) if asked is not None else None


def recallable(person: Person, record: Record) -> tuple[Step, ...]:
    """The steps by which *person* asked, and that nobody has opened or ended yet."""
    return tuple(s for s in record.steps if not _recall_reason(person, record, s))


def is_clerk(person: Person, unit_id: str) -> bool:
    return person.clerk and person.unit_id == unit_id


def is_reader(person: Person, record: Record, at: datetime | None = None) -> bool:
    """Whether the record was put before this person, came through them, or stands in or was put before
    their register; with an instant, also whether it is put before somebody for whom they stand in then."""
    if person.person_id in record.participants or _keeps_it(person, record):
        return True
    return at is not None and any(standing_on(person, record, step, at) is not None for step in record.open_steps)


def _keeps_it(person: Person, record: Record) -> bool:
    return any(is_clerk(person, unit) for unit in record.registers)


def _person_reasons(person: Person, record: Record, verb: Verb) -> list[str]:
    reasons = []
    if not person.active:
        reasons.append("may.inactive")
    unread = verb not in (Verb.READ, Verb.CORRECT, Verb.REPLY)  # what can be done by the number alone
    routes = unread and _keeps_it(person, record)
    if not routes and not may_see(person.clearance, record.confidentiality):
        reasons.append("may.secrecy")
    return reasons


def _reopen_reasons(person: Person, record: Record) -> list[str]:
    if record.status not in (Status.CLOSED, Status.ARCHIVED) or record.released_as is not None:
        return ["may.voided" if record.status is Status.VOIDED else "may.not_ended"]
    ended_it = record.ended_by == person.person_id
    return [] if ended_it or is_clerk(person, record.registry_unit_id) else ["may.registry_or_ender"]


def _recall_reasons(person: Person, record: Record, number: int | None) -> list[str]:
    if number is not None:
        step = record.step(number)
        return ["may.no_such_step"] if step is None else _recall_reason(person, record, step)
    verdicts = [_recall_reason(person, record, s) for s in record.steps if has_asked(person, record, s)]
    return min(verdicts, key=len, default=["may.not_asker"])


def _recall_reason(person: Person, record: Record, step: Step) -> list[str]:
    if not has_asked(person, record, step):
        return ["may.not_asker"]
    if step.state == DONE:
        return ["may.already_done"]
    return ["may.opened"] if opened_of(record, step) is not None else []


def _step_reasons(person: Person, record: Record, verb: Verb, at: datetime, number: int | None) -> list[str]:
    def of_ours(step: Step | None) -> list[str]:
        return (
            on_a_draft(person, record, verb, step, _acts_for(person, record, step, at)) if record.rules.issued else []
        )

    if number is not None:
        step = record.step(number)
        found = ["may.no_such_step"] if step is None else _one_step(person, record, verb, step, at)
        return found + of_ours(step)
    verdicts = [_one_step(person, record, verb, step, at) + of_ours(step) for step in steps_of(person, record, at)]
    return min(verdicts, key=len, default=["may.ended" if record.ended else "may.not_yours", *of_ours(None)])


_NOT_SO = ["may.not_asked_so"]


def _one_step(person: Person, record: Record, verb: Verb, step: Step, at: datetime) -> list[str]:
    standing = standing_on(person, record, step, at)
    if standing is None and not is_asked(person, step):
        return ["may.not_delegated"] if _stands(person, step, at) else ["may.not_yours"]
    if step.state != OPEN:
        return ["may.already_done"]
    if standing is not None and verb in DECIDES and _is_own_work(person, standing, record, step):
        return ["may.own_work"]
    at_registry = step.to_person is None
    match verb:
        case Verb.REFER:
            return [] if step.custody else _NOT_SO
        case Verb.RETURN:
            nowhere = at_registry or step.asked == FOR_DRAFTING
            return [] if step.custody and not nowhere else ["may.nowhere_to_return"]
        case Verb.REJECT if step.stage is not None:
            return [] if STAGE_VERBS[step.asked] is not Verb.COMPLETE else _NOT_SO
        case _ if step.stage is not None:
            return [] if verb is STAGE_VERBS[step.asked] else _NOT_SO
        case Verb.CLOSE:
            return [] if step.custody and step.parent is None else ["may.only_the_first_closes"]
        case _:
            if at_registry and step.custody:
                return ["may.registry_refers_or_closes"]
            return [] if verb in step.disposition.closed_by else ["may.not_asked_so"]


def _is_own_work(person: Person, standing: Standing, record: Record, step: Step) -> bool:
    """Whether what is to be decided on was written by whoever acts, or by one of those for whom they act."""
    if record.forwarded_by == person.person_id:
        return True
    wrote = {who for s in _answers(record, step) for who in (s.ended_by, s.ended_for)}
    if record.forwarded_by is not None and record.sender == record.original_sender:
        wrote.add(record.forwarded_by)  # nobody else's letter: the forwarder's own
    return not wrote.isdisjoint({person.person_id, standing.for_person, *standing.through})


def _answers(record: Record, step: Step) -> list[Step]:
    """The steps whose results are put before *step*, also those that others approved before."""
    found: list[Step] = []
    for number in step.answers:
        answered = record.step(number)
        if answered is not None and answered.state == DONE:
            found += [answered] if answered.outcome == "completed" else _answers(record, answered)
    return found
