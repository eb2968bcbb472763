################################################################
# What waits for a person, and the lists of it that stand in their chat
################################################################
#
# Rule 1: what is overdue comes first, then what waits longest.
# Rule 2: a list has a token of its own, and remembers which items stand on it: a press on it names places, and the
#         places are the list's. What is kept is forgotten after some days; such a list is too old to be pressed.

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.office import Person
from registry.record import Record, Step
from registry.rights import steps_of
from service.listed import Listed
from service.ports import Transaction, Wanted

PAGE = 5  # items of a card; more of them would not fit with their buttons, whatever their subjects
KEPT_FOR = timedelta(days=7)
_MOST = 500  # items that are looked at; nobody pages further


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record, the step that is the reader's, and the token of their card of it, if they have one."""

    record: Record
    step: Step
    token: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what waits, from the *start*-th on; `token` stands for exactly these rows."""

    rows: tuple[Waiting, ...]
    total: int = 0
    late: int = 0  # of all, those that are overdue
    start: int = 0
    token: str | None = None

    @property
    def more(self) -> int:
        return max(self.total - self.start - len(self.rows), 0)


def is_late(step: Step, at: datetime) -> bool:
    return step.due_at is not None and at > step.due_at


def givers_of(person: Person, at: datetime) -> tuple[str, ...]:
    """Everybody for whom *person* stands in at the instant *at*."""
    return tuple(sorted({s.for_person for s in person.stands_for if s.works(at)}))


def waiting_for(tx: Transaction, person: Person, at: datetime, kind: str = "") -> list[Waiting]:
    """What waits for *person*, of one kind or of all."""
    unit = person.unit_id if person.clerk else ""
    found = tx.find(Wanted(kind=kind, asked_of=person.person_id, asked_of_unit=unit, oldest_first=True, top=_MOST))
    if givers := givers_of(person, at):
        known = {record.record_id for record in found}
        theirs = tx.find(Wanted(kind=kind, put_before=givers, oldest_first=True, top=_MOST))
        found += [record for record in theirs if record.record_id not in known]
    mine = [(record, step) for record in found for step in steps_of(person, record, at)]
    mine.sort(key=lambda one: (not is_late(one[1], at), one[1].opened_at, one[0].record_id, one[1].number))
    return [Waiting(r, s, tx.token_of(r.record_id, s.number, person.person_id)) for r, s in mine]


def page_of(tx: Transaction, person: Person, at: datetime, token: str, *, kind: str = "", start: int = 0) -> Page:
    """The page of what waits that begins at *start*, kept under *token*; the last page where there is none so far."""
    waiting = waiting_for(tx, person, at, kind)
    start = max(min(start, len(waiting) - 1), 0)
    rows = waiting[start : start + PAGE]
    items = tuple(one.token or "" for one in rows)
    tx.save_list(Listed(token=token, person=person.person_id, kind=kind, start=start, items=items), at, at - KEPT_FOR)
    late = sum(is_late(one.step, at) for one in waiting)
    return Page(tuple(rows), len(waiting), late, start, token)


def start_after(listed: Listed, waiting: Sequence[Waiting], *, back: bool) -> int:
    """Where the page after *listed* begins, or the one before it: what was on it may be done by now."""
    still = [n for n, one in enumerate(waiting) if one.token and one.token in listed.items]
    if back:
        return max((still[0] if still else listed.start) - PAGE, 0)
    return still[-1] + 1 if still else listed.start
