################################################################
# Finding records by what is written on them: number, subject, sender, names of annexes
################################################################
#
# Rule 1: nobody finds what they may not read.
# Rule 2: a record whose words somebody may not see is found by its number alone: else every search would be a question
#         about them.

from dataclasses import dataclass

from registry.office import Person
from registry.record import Record, Step
from registry.rights import steps_of
from registry.vocabulary import is_secret, may_see
from service.ports import Transaction, Wanted
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


def found_by(tx: Transaction, text: str, person: Person, most: int) -> tuple[list[Found], bool]:
    """The records that *text* finds for *person* in a chat, what changed last first; and whether there are more."""
    if not search_words(text):
        return [], False
    unit = person.unit_id if person.clerk else ""
    wanted = Wanted(search=text, reader=person.person_id, reader_unit=unit, top=_LOOKED_AT)
    records = [r for r in tx.find(wanted) if _shown_in_chat(r, person) or is_named_by(r, text)]
    return [with_step(tx, record, person) for record in records[:most]], len(records) > most


def latest_of(tx: Transaction, person: Person, most: int) -> list[Found]:
    """The records of *person* that changed last."""
    unit = person.unit_id if person.clerk else ""
    found = tx.find(Wanted(reader=person.person_id, reader_unit=unit, top=most))
    return [with_step(tx, record, person) for record in found]


def with_step(tx: Transaction, record: Record, person: Person) -> Found:
    step = next(iter(steps_of(person, record)), None)
    token = tx.token_of(record.record_id, step.number, person.person_id) if step is not None else None
    return Found(record, step, token)


def _shown_in_chat(record: Record, person: Person) -> bool:
    return not is_secret(record.confidentiality) and may_see(person.clearance, record.confidentiality)
