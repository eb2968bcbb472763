################################################################
# What happened to a record
################################################################
#
# Rule 1: an event is a fact: frozen, in the past tense, never edited. A correction is another event.
# Rule 2: the fields of a class are the closed list of keys it may have on the sheet; a change of them is a new `v`. A
#         field that came `later` is on the sheet only where it says something: what was written before reads as it did.
# Rule 3: `private` names the fields that hold free text or private persons' names. On the sheet they stand as hashes
#         (registry/sheet.py), so that a lawful erasure leaves the chain whole.

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from registry.answer_events import ANSWER_EVENTS
from registry.circuit_events import CIRCUIT_EVENTS
from registry.dispatch_events import DISPATCH_EVENTS
from registry.document_events import DOCUMENT_EVENTS
from registry.event import Attachment as Attachment
from registry.event import Event as Event
from registry.event import Source as Source
from registry.mail import Address, Repair
from registry.opening_events import OPENING_EVENTS
from registry.sealed_events import SEALED_EVENTS
from registry.verb_events import VERB_EVENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """A letter was entered in the register and has its number."""

    private: ClassVar[frozenset[str]] = frozenset(
        {"subject", "sender", "original_sender", "letter_date", "attachment_names", "their_reference", "repairs"}
    )
    later: ClassVar[frozenset[str]] = frozenset(
        {"their_reference", "released_from", "same_as", "same_reference", "arc", "repairs", "due_at"}
    )

    entity_id: str
    kind: str
    direction: str
    registry_unit_id: str
    serial: int
    year: int
    reference: str
    subject: str
    sender: Address  # who put it before the registry
    original_sender: Address  # whose letter it is; the same where nobody forwarded it
    forwarded_by: str | None  # the official who forwarded it
    received_at: datetime
    received_via: str
    letter_date: str  # as printed
    confidentiality: str
    urgency: str
    needs_reply: bool
    dmarc: str
    source: Source
    attachments: tuple[Attachment, ...]
    attachment_names: tuple[str, ...]
    reasons: tuple[str, ...] = ()  # as text keys: why it is in quarantine; what must be known of a letter (sealed …)
    their_reference: str | None = None  # the number that the sender gave the letter
    released_from: str | None = None  # the quarantined record whose mail this is
    same_as: str | None = None  # the record that had one of its files before, as a scan or as a mail's annex …
    same_reference: str | None = None  # … and its number
    arc: str | None = None  # what our server made of the seals of those who passed it on, where there are any
    repairs: tuple[Repair, ...] = ()  # texts that were put right, each as it stood
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred(Event):
    """A step was opened: somebody is asked something. `parent` is the step of the one who asks."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"due_at", "remind_at", "awaits", "stage"})

    step: int
    asked: str
    to_person: str | None  # None: whoever keeps the register of `to_unit`
    to_unit: str
    parent: int | None
    # rule, person, answer, return, escalation; rejection, recall, secrecy, reopening; draft, circuit, issue, restart
    cause: str
    answers: tuple[int, ...] = ()  # the steps whose results are put before this person
    resumes: int | None = None  # the waiting step whose place this one takes
    rule: str | None = None
    note: str | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None  # when whoever is asked is reminded, if it is not done by then
    awaits: str | None = None  # what must come before the one asked is done: reply
    stage: int | None = None  # the stage of the record's circuit that this is a seat of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded(Event):
    """Whoever holds the step was reminded of it. `remind_at`: when they are again; None: never again."""

    step: int
    remind_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAcknowledged(Event):
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted(Event):
    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"document"})

    step: int
    note: str | None  # the result, the opinion
    document: str | None = None  # the SHA-256 of the frozen file that was decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class StepApproved(Event):
    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"document"})

    step: int
    note: str | None
    document: str | None = None  # the SHA-256 of the frozen file that was decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReturned(Event):
    private: ClassVar[frozenset[str]] = frozenset({"note"})

    step: int
    note: str | None  # why


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationDrafted(Event):
    """A note its author may still change; nobody else reads it."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationFinal(Event):
    """A note that stands for ever. It takes the place of its author's draft, if there is one."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReceived(Event):
    """The same letter arrived again."""

    source: Source
    same_as: str  # identity: the very same mail; content: sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReceived(Event):
    """A mail came in that answers one of the record."""

    private: ClassVar[frozenset[str]] = frozenset({"subject", "sender"})

    subject: str
    sender: Address
    source: Source
    answers: str  # the Message-ID it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexFetched(Event):
    """The file of an annex that came as a link is there, and takes the link's place."""

    private: ClassVar[frozenset[str]] = frozenset({"name"})
    later: ClassVar[frozenset[str]] = frozenset({"remarks"})

    annex: int  # its place among the attachments, from 0
    name: str
    size_bytes: int
    sha256: str
    content_type: str
    way: str  # link: out of the cloud; mail: in an answer; chat: handed in there
    remarks: tuple[str, ...] = ()  # as text keys: what must be known of the file before it is opened


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexRefused(Event):
    """The file behind a link cannot be had. `reason` is a text key."""

    annex: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed(Event):
    """A mail of ours, `answers`, did not reach these recipients. `status` is RFC 3463's; `words` are their server's."""

    private: ClassVar[frozenset[str]] = frozenset({"recipients", "words"})

    source: Source
    answers: str
    status: str
    recipients: tuple[str, ...]
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReceived(Event):
    """A mail system tells of a mail of ours: that it was delivered, delayed, read …"""

    private: ClassVar[frozenset[str]] = frozenset({"recipients"})

    source: Source
    answers: str
    what: str  # as RFC 3464 and RFC 8098 name it; empty where it does not say
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoReplyReceived(Event):
    """A machine answered a mail of ours: somebody is away, a ticket was made."""

    private: ClassVar[frozenset[str]] = frozenset({"subject", "sender"})

    subject: str
    sender: Address
    source: Source
    answers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OursReturned(Event):
    """A mail of ours came back to a registry mailbox. `known_by`: its Message-ID (message_id), or our mark (mark)."""

    source: Source
    known_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked(Event):
    """The record has to do with another one. `how`: same_id, number, register, as it seems; else as somebody said, a
    code of vocabulary.INVERSE."""

    to_record: str
    reference: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Event):
    """Nobody need act any more. `outcome` is approved, rejected, answered, filed, closed; of a quarantined mail,
    released, dismissed."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    outcome: str
    note: str | None  # the result that was approved, or the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """A clerk registered a quarantined mail after all: as this record, under this number."""

    as_record: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderConfirmed(Event):
    """A clerk says whose letter it is. What was proposed stands beside it, whether or not it was right."""

    private: ClassVar[frozenset[str]] = frozenset({"proposed", "sender"})

    proposed: Address
    sender: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDrafted(Event):
    """The reply lies in the mailbox's drafts under this id; from here on only this one may be sent.

    Where the mailbox says of a draft under which Message-ID it will go, that is known from now on.
    """

    later: ClassVar[frozenset[str]] = frozenset({"internet_message_id"})

    mailbox: str
    item_id: str
    internet_message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySent(Event):
    """The mailbox's server accepted the reply."""

    mailbox: str
    item_id: str
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUnreached(Event):
    """The card of a step could not be brought to `person` in Teams. `reason` is a text key."""

    step: int
    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDrafted(Event):
    """The mail that asks `person` in the card's place lies in the mailbox's drafts; only this one may be sent."""

    step: int
    person: str
    mailbox: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMailed(Event):
    """The mailbox's server accepted the mail that asks `person`."""

    step: int
    person: str
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectStuck(Event):
    """Something that had to be done outside could not be, and an operator must act. `reason` is a text key."""

    effect: str
    reason: str


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Registered,
        Referred,
        Reminded,
        StepAcknowledged,
        StepCompleted,
        StepApproved,
        StepReturned,
        AnnotationDrafted,
        AnnotationFinal,
        CopyReceived,
        MailReceived,
        AnnexFetched,
        AnnexRefused,
        DeliveryFailed,
        ReceiptReceived,
        AutoReplyReceived,
        OursReturned,
        Linked,
        Closed,
        Released,
        SenderConfirmed,
        ReplyDrafted,
        ReplySent,
        EffectStuck,
        CardUnreached,
        QuestionDrafted,
        QuestionMailed,
        *VERB_EVENTS,
        *CIRCUIT_EVENTS,
        *SEALED_EVENTS,
        *DOCUMENT_EVENTS,
        *OPENING_EVENTS,
        *DISPATCH_EVENTS,
        *ANSWER_EVENTS,
    )
}
