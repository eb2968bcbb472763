"""Notes on a record: a draft is its author's alone and may change; a final note stands for ever."""

from datetime import datetime

from registry.acting import capacity_of, words
from registry.commands import Annotate
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.events import AnnotationDrafted, AnnotationFinal, Event
from registry.office import Office, Person
from registry.record import Record
from registry.rights import is_clerk, may_act
from registry.vocabulary import Verb


def decide_annotate(ask: Annotate, record: Record, office: Office, now: datetime) -> Decision:
    """Write, change or finish a note. Finishing without words makes the author's draft final."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    mine = [a for a in record.annotations if a.by == ask.by]
    draft = next((a.text for a in mine if not a.final), None)
    note = words(ask.note) or (draft if ask.final else None)
    if note is None:
        return Refused("say.note_missing")
    if draft is None and mine and mine[-1].text == note:
        return Nothing()
    if draft == note and not ask.final:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.ANNOTATE, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    capacity = _capacity(person, record, office)
    kind = AnnotationFinal if ask.final else AnnotationDrafted
    written: Event = kind(at=now, by=ask.by, capacity=capacity, note=note)
    return Accepted((written,))


def _capacity(person: Person, record: Record, office: Office) -> str:
    mine = [s for s in record.steps if s.to_person == person.person_id]
    if mine:
        return capacity_of(person, mine[-1], office)
    return "clerk" if is_clerk(person, record.registry_unit_id) else "member"
