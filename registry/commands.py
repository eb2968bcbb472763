"""What may be asked of a record. A command is a wish: `decide` says whether it comes true."""

from dataclasses import dataclass

from registry.answer_commands import NoteOurAnswer
from registry.circuit_commands import CircuitCommand
from registry.delivery import Delivery
from registry.dispatch_commands import DispatchCommand
from registry.document_commands import DocumentCommand
from registry.mail import Address, Mail, Part
from registry.opening_commands import ShowSecret
from registry.record import Link, Record
from registry.sealed_commands import NoteSealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Enter a letter that came by mail. `serial` was drawn in the transaction that decides; a refusal gives it back."""

    record_id: str
    mail: Mail
    links: tuple[Link, ...] = ()
    serial: int = 0
    kind: str = "incoming_letter"
    same_as: str | None = None  # the record of a scan that has one of the mail's annexes …
    same_reference: str | None = None  # … and its number


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Keep a mail that may not, or cannot, be entered as a letter: numbered, with its reasons, for a clerk to see."""

    record_id: str
    mail: Mail
    reasons: tuple[str, ...]
    links: tuple[Link, ...] = ()
    serial: int = 0
    kind: str = "quarantined_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Enter a letter that came on paper. `by` is a clerk; None: a system did, which `on_behalf_of` names."""

    record_id: str
    delivery: Delivery
    by: str | None
    on_behalf_of: str | None = None
    serial: int = 0
    kind: str = "incoming_letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Register a quarantined mail after all, as the record `as_record`.

    `subject` and `sender` are what the clerk read where the mail could not be; None leaves what is known.
    """

    record_id: str
    by: str
    as_record: str
    subject: str | None = None
    sender: Address | None = None
    serial: int = 0
    kind: str = "incoming_letter"
    same_as: str | None = None
    same_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Enter the letter of a quarantined mail; nobody asks for it but `Release`, in whose transaction it comes true."""

    record_id: str
    held: Record
    by: str
    subject: str
    sender: Address
    serial: int
    kind: str
    same_as: str | None = None
    same_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSender:
    """Say whose letter it is: what was proposed out of the forwarded text, or somebody else."""

    record_id: str
    by: str
    sender: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCopy:
    """The letter of a record arrived once more; `refer_to` is the unit in whose register it did, if it is to know."""

    record_id: str
    mail: Mail
    refer_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMail:
    """A mail arrived that answers one of the record's own."""

    record_id: str
    mail: Mail
    answers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMachine:
    """A machine answered a mail of ours, or reports of it: a bounce, a receipt, an automatic reply."""

    record_id: str
    mail: Mail
    answers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOurs:
    """A mail of ours came back to us."""

    record_id: str
    mail: Mail
    known_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLink:
    """The record has to do with another one."""

    record_id: str
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnnexFetched:
    """The file behind a link is in the archive. `annex` is its place among the letter's attachments, from 0."""

    record_id: str
    annex: int
    file: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnnexRefused:
    """The file behind a link cannot be had, for the reason (a text key)."""

    record_id: str
    annex: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """Files that the letter lacks, handed in by a person."""

    record_id: str
    by: str
    files: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """Ask `to_person`, or whoever heads `to_unit`, something, from the step that `by` holds."""

    record_id: str
    step: int
    by: str
    asked: str
    to_person: str | None = None
    to_unit: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    record_id: str
    step: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Give it back. `to_stage`: of a circuit, the stage that it goes back to; None: whoever wrote it."""

    record_id: str
    step: int
    by: str
    note: str | None = None
    to_stage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """No, and why. It goes back to whoever asked; where nobody did, the record ends."""

    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """It lies in the file `note`. `step` 0: it was closed already, and the register files it."""

    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circulate:
    """Tell the heads of `to_units`, each of whom acknowledges for the unit, from the step that `by` holds."""

    record_id: str
    step: int
    by: str
    to_units: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitReply:
    """A reply was asked for: `to_person`, or `by`, follows it up and holds the record until it is linked."""

    record_id: str
    step: int
    by: str
    to_person: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Take back what was asked by the step, as long as nobody has opened it."""

    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOpened:
    """Whoever was asked by the step looks at it."""

    record_id: str
    step: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Put right what was entered wrongly; None leaves it. `note` says why."""

    record_id: str
    by: str
    note: str | None
    subject: str | None = None
    their_reference: str | None = None
    letter_date: str | None = None
    urgency: str | None = None
    confidentiality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """End the record, which should not have been made. Its number is kept. `step` is of the card that says so."""

    record_id: str
    by: str
    note: str | None
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Go on with a record that was closed."""

    record_id: str
    by: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relate:
    """Say how the record has to do with another: a code of vocabulary.INVERSE. `other`: it, as `take` finds it."""

    record_id: str
    by: str
    to_record: str
    relation: str
    other: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrelate:
    """It has nothing to do with that one after all."""

    record_id: str
    by: str
    to_record: str
    relation: str
    other: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRelation:
    """The other side of a link; nobody asks for it but `Relate` and `Unrelate`, in whose transaction it comes true."""

    record_id: str
    by: str
    link: Link
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinMatter:
    """The record and `to_record` belong together, with all that belongs to either.

    `take` finds `other` and `members`, those of the record's own matter, and draws `matter_id` for a new one.
    """

    record_id: str
    by: str
    to_record: str
    other: Record | None = None
    members: tuple[str, ...] = ()
    matter_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMatter:
    """The record belongs to a matter; nobody asks for it but `JoinMatter`, in whose transaction it comes true."""

    record_id: str
    by: str
    matter_id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveMatter:
    """The record does not belong with the others, and why."""

    record_id: str
    by: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """It is time to remind whoever holds the step."""

    record_id: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Whoever holds the step has left: somebody else must have it."""

    record_id: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotate:
    """Write a note on the record: a draft that only its author sees, or the final word that stands for ever."""

    record_id: str
    by: str
    note: str | None
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReplyDrafted:
    """The reply lies in the mailbox under this id, and will go under that Message-ID, where a draft has one."""

    record_id: str
    mailbox: str
    item_id: str
    internet_message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReplySent:
    """The mailbox's server accepted the reply."""

    record_id: str
    mailbox: str
    item_id: str
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteUnreached:
    """The card of the step could not be brought to a person, for the reason (a text key)."""

    record_id: str
    step: int
    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteQuestionDrafted:
    """The mail that asks in the card's place lies in the mailbox under this id."""

    record_id: str
    step: int
    person: str
    mailbox: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteQuestionMailed:
    """The mailbox's server accepted the mail that asks."""

    record_id: str
    step: int
    person: str
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStuck:
    """An effect could not be performed, and waiting does not help."""

    record_id: str
    effect: str
    reason: str


type StepCommand = Acknowledge | Complete | Approve | Return | Close | Reject | File
type BesidesCommand = Recall | NoteOpened | Correct | Void | Reopen | Circulate | AwaitReply
type JoiningCommand = Relate | Unrelate | NoteRelation | JoinMatter | NoteMatter | LeaveMatter
type NewRecord = Register | Quarantine
type Numbered = NewRecord | Enter | Release
type Command = (
    Numbered
    | Admit
    | ConfirmSender
    | NoteCopy
    | NoteMail
    | NoteMachine
    | NoteOurs
    | NoteLink
    | NoteAnnexFetched
    | NoteAnnexRefused
    | HandIn
    | Refer
    | StepCommand
    | BesidesCommand
    | JoiningCommand
    | Remind
    | HandOver
    | Annotate
    | NoteReplyDrafted
    | NoteReplySent
    | NoteUnreached
    | NoteQuestionDrafted
    | NoteQuestionMailed
    | NoteStuck
    | NoteSealed
    | ShowSecret
    | CircuitCommand
    | DocumentCommand
    | DispatchCommand
    | NoteOurAnswer
)
