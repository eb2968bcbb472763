################################################################
# What must be done to the file of a draft, and when: it follows from the record before and after
################################################################
#
# Rule 1: as with cards, no decision names these effects itself: `files_due` does.
# Rule 2: what writes to the file stands in one lane of its record, in order; looking at it waits for nobody.
# Rule 3: access follows whose turn it is, and ends with it: `access_of`.

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from registry.document import SUBMIT, UNFIT
from registry.office import Office, Person
from registry.rights import stand_ins
from registry.vocabulary import FOR_DRAFTING, may_see

if TYPE_CHECKING:
    from registry.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDraft:
    """The Word file of a draft lies in a drive; where it was lost, the last version lies there again."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDraft:
    """The file does not lie in its place any more, because what it says is too secret for it; the archive has it."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccess:
    """Exactly those whose turn it is can open the file."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeDraft:
    """What was submitted is in the archive, byte for byte."""

    record_id: str
    step: int

    @property
    def lane(self) -> str:
        return f"{self.record_id}/freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBeforeSigning:
    """Whether the file still says what was frozen is known, before the last signature counts."""

    record_id: str
    step: int

    @property
    def lane(self) -> str:
        return f"{self.record_id}/freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtDraft:
    """What the file says now is known."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/look"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePreview:
    """A PDF of the frozen bytes is in the archive."""

    record_id: str
    frozen: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellHeld:
    """Whoever has the file open is told that the office waits for it."""

    record_id: str
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUnfit:
    """Whoever put the file on its way is told that it cannot be decided on as it is."""

    record_id: str
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


type DocumentEffect = (
    PlaceDraft
    | WithdrawDraft
    | SetAccess
    | FreezeDraft
    | LookBeforeSigning
    | LookAtDraft
    | MakePreview
    | TellHeld
    | TellUnfit
)

DOCUMENT_EFFECTS: tuple[type[DocumentEffect], ...] = (
    PlaceDraft,
    WithdrawDraft,
    SetAccess,
    FreezeDraft,
    LookBeforeSigning,
    LookAtDraft,
    MakePreview,
    TellHeld,
    TellUnfit,
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may open the file, by Entra id, besides whose drive it lies in."""

    readers: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()


def access_of(record: "Record", office: Office, at: datetime) -> Access:
    """Return who may open the file at the instant *at*: whoever is to write it writes, everybody else whose turn it is
    reads, and so does whoever stands in for them; of all those, who is there and cleared for it. When it has its
    number, or was given up, nobody."""
    if record.ended or not record.is_draft:
        return Access()
    readers, writers = set[str](), set[str]()
    for step in record.open_steps:
        if not step.custody or step.to_person is None:
            continue
        people = [step.to_person, *(p.person_id for p in stand_ins(record, step, office, at))]
        fit = {p for p in people if _may_open(office.person(p), record)}
        (writers if step.asked == FOR_DRAFTING else readers).update(fit)
    return Access(frozenset(readers - writers), frozenset(writers))


def _may_open(person: Person | None, record: "Record") -> bool:
    return person is not None and person.active and may_see(person.clearance, record.confidentiality)


def is_misplaced(record: "Record", office: Office) -> bool:
    """Whether the file lies where what it says is too secret to lie: it was placed before it was so."""
    document = record.document
    if document is None or record.lies_in is None or document.alone:
        return False
    return office.documents.lies_alone(record.confidentiality)


def files_due(before: "Record | None", after: "Record", office: Office) -> tuple[DocumentEffect, ...]:
    """Return what must be done to the file, now that the record has changed."""
    if not after.in_word:
        return ()
    record_id, document = after.record_id, after.document
    if document is None:
        return (PlaceDraft(record_id=record_id),) if before is None else ()
    was = before.document if before is not None else None
    due: list[DocumentEffect] = []
    anew = was is None or was.placed != document.placed
    if document.lost is not None and (was is None or was.lost is None):
        return (PlaceDraft(record_id=record_id),)
    at = after.updated_at
    had = access_of(before, office, at) if before is not None and not anew else None
    if document.lost is None and had != access_of(after, office, at):
        due.append(SetAccess(record_id=record_id))
    if is_misplaced(after, office):  # asked again with each change, until it is done
        due.append(WithdrawDraft(record_id=record_id))
    pending = after.pending
    if pending is not None and document.lost is None and (anew or before is None or before.pending != pending):
        kind = FreezeDraft if pending.what == SUBMIT else LookBeforeSigning
        due.append(kind(record_id=record_id, step=pending.step))
    if document.frozen is not None and (was is None or was.frozen != document.frozen):
        due.append(MakePreview(record_id=record_id, frozen=document.frozen))
    if document.held is not None and (was is None or was.held != document.held):
        told = document.held if document.held in office.people else after.drafter
        due += [TellHeld(record_id=record_id, person=told)] if told is not None else []
    if document.dropped == UNFIT and was is not None and was.pending is not None:
        due.append(TellUnfit(record_id=record_id, person=was.pending.by))
    return tuple(due)
