################################################################
# When a record and its steps are due, and who hears of it
################################################################
#
# Rule 1: who holds a step is reminded; whoever stands above them is asked to follow it up, once for a record.
# Rule 2: after an outage there is one reminder for all that was missed, and nobody above is left out for it.
# Rule 3: what is put before somebody is theirs from that moment: no reminder that was due before then reaches them.

from collections.abc import Iterable
from datetime import datetime

from registry.changed import changed
from registry.circuit_events import Drafted
from registry.commands import Remind
from registry.decisions import Accepted, Decision, Nothing
from registry.events import Event, Referred, Registered, Reminded
from registry.office import SYSTEM, Office, Person
from registry.record import OPEN, Record, Step
from registry.verb_events import Corrected
from registry.vocabulary import DISPOSITIONS, FOR_FOLLOW_UP, KINDS, may_see
from registry.working_time import ABOVE, HEAD, DueRules


def timed(event: Event, record: Record | None, office: Office) -> Event:
    """Return *event* with the instants at which what it opens is due, where the office has rules for that."""
    rules = office.due
    if rules is None:
        return event
    match event:
        case Registered(kind=kind) if KINDS[kind].listed:
            sender = event.original_sender.name
            return changed(event, due_at=rules.due_at(kind, event.urgency, sender, event.at, office.zone))
        case Drafted(kind=kind):
            return changed(event, due_at=rules.due_at(kind, event.urgency, "", event.at, office.zone))
        case Referred(asked=asked, awaits=awaits) if (
            record is not None and record.due_at is not None and (DISPOSITIONS[asked].custody or awaits is not None)
        ):
            due_at = rules.step_due_at(record.due_at, event.at, office.zone)
            return changed(event, due_at=due_at, remind_at=rules.next_rung_at(event.at, due_at, office.zone))
        case Corrected(urgency=urgency) if record is not None and urgency is not None and KINDS[record.kind].listed:
            sender = record.original_sender.name
            now_due_at = rules.due_at(record.kind, urgency, sender, record.registered_at, office.zone)
            if now_due_at is None:
                return event
            steps_due_at = rules.step_due_at(now_due_at, event.at, office.zone)
            again_at = rules.next_rung_at(event.at, steps_due_at, office.zone)
            return changed(event, due_at=now_due_at, steps_due_at=steps_due_at, remind_at=again_at)
        case _:
            return event


def decide_remind(ask: Remind, record: Record, office: Office, now: datetime) -> Decision:
    """Remind whoever holds the step, and ask those above to follow it up, where it is time to."""
    step, rules = record.step(ask.step), office.due
    if step is None or step.state != OPEN or step.due_at is None or step.remind_at is None or step.remind_at > now:
        return Nothing()
    next_at = rules.next_rung_at(now, step.due_at, office.zone) if rules is not None else None
    reminded = Reminded(at=now, by=SYSTEM, step=step.number, remind_at=next_at)
    above = _above(step, rules, office, now) if rules is not None else []
    return Accepted((reminded, *_followed_up(record, above, now)))


def _above(step: Step, rules: DueRules, office: Office, now: datetime) -> list[Person]:
    """Those whom the ladder names besides the holder, up to where it is climbed by now."""
    assert step.due_at is not None
    climbed = {r.to for r in rules.rungs_between(step.reminded_at or step.opened_at, now, step.due_at, office.zone)}
    named: list[Person | None] = []
    if HEAD in climbed:
        head = office.head(step.to_unit)
        named.append(head if head is not None and head.person_id != step.to_person else office.head_above(step.to_unit))
    if ABOVE in climbed:
        named.append(office.head_above(step.to_unit))
    return [person for person in named if person is not None and person.person_id != step.to_person]


def _followed_up(record: Record, above: Iterable[Person], now: datetime) -> tuple[Referred, ...]:
    """A step of following up for each of *above* who does not watch the record yet and may see it."""
    watching = {s.to_person for s in record.steps if s.asked == FOR_FOLLOW_UP and s.state == OPEN}
    fresh = {p.person_id: p for p in above if p.person_id not in watching}
    cleared = [p for p in fresh.values() if may_see(p.clearance, record.confidentiality)]
    return tuple(
        Referred(
            at=now,
            by=SYSTEM,
            step=number,
            asked=FOR_FOLLOW_UP,
            to_person=person.person_id,
            to_unit=person.unit_id,
            parent=None,
            cause="escalation",
        )
        for number, person in enumerate(cleared, start=len(record.steps) + 1)
    )
