################################################################
# Finding records by what is written on them: number, subject, sender, names of annexes
################################################################
#
# Rule 1: nobody finds what they may not read.
# Rule 2: a record whose words somebody may not see is found by its number alone: else every search would be a question
#         about them.

from dataclasses import dataclass, replace
from datetime import datetime

from registry.office import Person
from registry.record import Record, Step
from registry.rights import is_reader, steps_of
from registry.vocabulary import is_secret, may_see
from service.ports import Transaction, Wanted
from service.waiting import givers_of
from texts import search_key, search_words

_LOOKED_AT = 100  # records with the words, of which the newest are shown


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a person may read, with the step that is theirs now and their token for it, if there is one."""

    record: Record
    step: Step | None
    token: str | None


def is_named_by(record: Record, text: str) -> bool:
    """Whether *text* says no more of the record than its number."""
    reference = search_key(record.reference)
    return all(word in reference for word in search_words(text))


def found_by(tx: Transaction, text: str, person: Person, most: int, at: datetime) -> tuple[list[Found], bool]:
    """The records that *text* finds for *person* in a chat, what changed last first; and whether there are more."""
    if not search_words(text):
        return [], False
    found = _read_by(tx, person, at, Wanted(search=text, top=_LOOKED_AT))
    records = [r for r in found if _shown_in_chat(r, person) or is_named_by(r, text)]
    return [with_step(tx, record, person, at) for record in records[:most]], len(records) > most


def latest_of(tx: Transaction, person: Person, most: int, at: datetime) -> list[Found]:
    """The records of *person* that changed last."""
    return [with_step(tx, record, person, at) for record in _read_by(tx, person, at, Wanted(top=most))]


def with_step(tx: Transaction, record: Record, person: Person, at: datetime) -> Found:
    step = next(iter(steps_of(person, record, at)), None)
    token = tx.token_of(record.record_id, step.number, person.person_id) if step is not None else None
    return Found(record, step, token)


def _read_by(tx: Transaction, person: Person, at: datetime, wanted: Wanted) -> list[Record]:
    """The records of *wanted* that *person* may read, by themselves or for those for whom they stand in."""
    unit = person.unit_id if person.clerk else ""
    wanted = replace(wanted, reader=person.person_id, reader_unit=unit, reader_for=givers_of(person, at))
    return [record for record in tx.find(wanted) if is_reader(person, record, at)]


def _shown_in_chat(record: Record, person: Person) -> bool:
    return not is_secret(record.confidentiality) and may_see(person.clearance, record.confidentiality)
