################################################################
# Who may open the files of drafts, when people come, go, or are cleared for less
################################################################
#
# Rule 1: access follows whose turn it is (registry/document_effects.py). A record that changes says so itself, and so
#         does a delegation that begins or ends (service/delegations.py); here it is people who change.
# Rule 2: it is one transaction with the office that is kept: whoever may open a file no more is named by no later look.
# Rule 3: the effect settles what is true when it is performed, in its record's lane: asked for twice it is one access.

from registry.document_effects import SetAccess, access_of
from registry.office import Office
from service.ports import Clock, Transaction, Wanted
from service.take import Chance

_MOST_MOVED = 5_000  # drafts that are open
_AT_ONCE = 500  # people in one question to the database


def people_moved(clock: Clock, chance: Chance, tx: Transaction, before: Office, after: Office) -> int:
    """Have access settled for every open draft that others may open now than before; how many those are."""
    now, concerned, moved = clock(), sorted(_concerned(before, after)), dict[str, int]()
    for start in range(0, len(concerned), _AT_ONCE):
        people = tuple(concerned[start : start + _AT_ONCE])
        for record in tx.find(Wanted(put_before=people, oldest_first=True, top=_MOST_MOVED)):
            lies = record.lies_in is not None
            if lies and access_of(record, before, now) != access_of(record, after, now):
                moved[record.record_id] = record.version
    for record_id, version in moved.items():
        tx.request([SetAccess(record_id=record_id)], version, now, chance.new_token)
    return len(moved)


def _concerned(before: Office, after: Office) -> set[str]:
    """Before whom something may be put that somebody can open now, or no more: whoever came, went or is cleared
    otherwise, and those for whom they stand in: so does, through them, whoever comes after them in a chain."""
    if before.version == 0:
        return set()  # nothing was put before anybody yet
    known = before.people.keys() | after.people.keys()
    moved = {who for who in known if _fitness(before, who) != _fitness(after, who)}
    found = (office.person(who) for office in (before, after) for who in moved)
    givers = {s.for_person for person in found if person is not None for s in person.stands_for}
    return moved | givers


def _fitness(office: Office, who: str) -> tuple[bool, str] | None:
    person = office.people.get(who)
    return (person.active, person.clearance) if person is not None else None
