################################################################
# What must be done outside, and what that follows from
################################################################
#
# Rule 1: an effect names a record and the intent; whoever performs it reads the record as it then stands.
# Rule 2: effects of one lane are performed in order; a lane is a record and whom it reaches.
# Rule 3: cards follow from two states of a record, before and after, and from nothing else: `cards_due`.

from dataclasses import dataclass
from datetime import datetime

from registry.changed import changed
from registry.dispatch_effects import DispatchLetter as DispatchLetter
from registry.dispatch_effects import DraftLetter as DraftLetter
from registry.dispatch_effects import SendLetter as SendLetter
from registry.document_effects import DOCUMENT_EFFECTS, DocumentEffect
from registry.office import Office
from registry.record import OPEN, Record, Step, asked_people
from registry.rights import stand_ins
from registry.sealed_effects import SealLetter


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAction:
    """Put a card before `person`: the record's step `step` is theirs."""

    record_id: str
    step: int
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshCard:
    """Every copy of the card that `person` has of step `step` shows what has become of it."""

    record_id: str
    step: int
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindCard:
    """A fresh copy of the card that `person` has of step `step` comes into their chat: it is still theirs."""

    record_id: str
    step: int
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMail:
    """The mail in the registry's mailbox says by which number it is registered. No mark waits for a reply."""

    record_id: str
    mailbox: str
    item_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchAnnex:
    """The file behind a link of the letter lies in the archive. `annex` is its place among the attachments, from 0."""

    record_id: str
    annex: int

    @property
    def lane(self) -> str:
        return f"{self.record_id}/annex"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReply:
    """A reply in the thread of the mail that brought the record lies in the mailbox, ready to be sent."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReply:
    """The reply with this id, and no other, goes out."""

    record_id: str
    mailbox: str
    item_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQuestion:
    """A mail that asks `person` what the record's step `step` asks lies in the registry's mailbox, ready to be sent."""

    record_id: str
    step: int
    person: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}/mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendQuestion:
    """The mail with this id, and no other, goes out to `person`."""

    record_id: str
    step: int
    person: str
    mailbox: str
    item_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}/mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallApp:
    """`person` has the app in their Teams. It belongs to no record: `record_id` is a key of its own."""

    record_id: str
    person: str

    @property
    def lane(self) -> str:
        return self.record_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TellDay:
    """An operator is told how a day's count ended. It belongs to no record: `record_id` is the statement's key."""

    record_id: str
    person: str
    day: str  # ISO
    green: bool
    seen: int
    registered: int
    quarantined: int
    unlisted: tuple[str, ...] = ()  # mailboxes that could not be listed
    missing: int = 0
    named: tuple[str, ...] = ()  # some of what is missing

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDelegation:
    """A fresh card of a delegation comes into the chat of `person`. `record_id` is the delegation's."""

    record_id: str
    person: str
    step: int = 0

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshDelegation:
    """Every copy of the card that `person` has of a delegation shows what has become of it."""

    record_id: str
    person: str
    step: int = 0

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForDelegate:
    """Whoever is away is asked who acts for them. It belongs to no record: `record_id` is the absence's key."""

    record_id: str
    person: str
    starts: datetime
    until: datetime | None  # None: until they say otherwise

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellWaiting:
    """A person is told what waits for them on the morning of a day. It belongs to no record."""

    record_id: str
    person: str
    day: str  # ISO

    @property
    def lane(self) -> str:
        return f"{self.record_id}/{self.person}"


type Effect = (
    AskAction
    | RefreshCard
    | RemindCard
    | MarkMail
    | FetchAnnex
    | DraftReply
    | SendReply
    | MailQuestion
    | SendQuestion
    | InstallApp
    | TellDay
    | ShowDelegation
    | RefreshDelegation
    | AskForDelegate
    | TellWaiting
    | SealLetter
    | DocumentEffect
    | DispatchLetter
    | DraftLetter
    | SendLetter
)

TOKENED = (AskAction, ShowDelegation)  # what puts a card before somebody that is known by a token

EFFECTS: dict[str, type[Effect]] = {
    kind.__name__: kind
    for kind in (
        AskAction,
        RefreshCard,
        RemindCard,
        MarkMail,
        FetchAnnex,
        DraftReply,
        SendReply,
        MailQuestion,
        SendQuestion,
        InstallApp,
        TellDay,
        ShowDelegation,
        RefreshDelegation,
        AskForDelegate,
        TellWaiting,
        SealLetter,
        *DOCUMENT_EFFECTS,
        DispatchLetter,
        DraftLetter,
        SendLetter,
    )
}


# What stands on every card of a record, whatever has become of the step.
_ON_EVERY_CARD = ("subject", "answers", "their_reference", "urgency", "confidentiality", "matter_id", "sealed")


def _file_shown(record: Record) -> tuple[object, ...]:
    """What a card says of the Word file, and what it leads to."""
    document = record.document
    if document is None:
        return ()
    shown = (document.item, document.version, document.frozen, document.preview)
    return (*shown, document.lost, document.held, document.dropped, document.unfit, record.pending)


def _shown(step: Step) -> Step:
    """The step without what no card shows: that it was looked at changes none."""
    return changed(step, read_at=None, read_by=None)


def cards_due(before: Record | None, after: Record, office: Office) -> tuple[Effect, ...]:
    """Return the cards that must be put before people, and those that must change, now that the record has."""
    due: list[Effect] = []
    anew = before is not None and any(getattr(before, name) != getattr(after, name) for name in _ON_EVERY_CARD)
    for step in after.steps:
        was = before.step(step.number) if before is not None else None
        file_anew = step.state == OPEN and before is not None and _file_shown(before) != _file_shown(after)
        if was is not None and (anew or file_anew or (was != step and _shown(was) != _shown(step))):
            people = _shown_to(after, step, office)
            due += [RefreshCard(record_id=after.record_id, step=step.number, person=who) for who in people]
            if was.reminded_at != step.reminded_at:  # after the others: this copy says that it is a reminder
                due += [RemindCard(record_id=after.record_id, step=step.number, person=who) for who in people]
        elif was is None and step.state == OPEN:
            people = _shown_to(after, step, office)
            due += [AskAction(record_id=after.record_id, step=step.number, person=who) for who in people]
    return tuple(due)


def _shown_to(record: Record, step: Step, office: Office) -> tuple[str, ...]:
    """Who has the card of *step*: whoever is asked, and whoever stands in for them at this moment."""
    people = (*asked_people(step, office), *stand_ins(record, step, office, record.updated_at))
    return tuple(dict.fromkeys(person.person_id for person in people))
