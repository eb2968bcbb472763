"""What may be asked of a record. A command is a wish: `decide` says whether it comes true."""

from dataclasses import dataclass

from registry.mail import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Enter a letter that came by mail. `serial` was drawn in the transaction that decides; a refusal gives it back."""

    record_id: str
    mail: Mail
    serial: int = 0
    kind: str = "incoming_letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Keep a mail that may not, or cannot, be entered as a letter: numbered, with its reasons, for a clerk to see."""

    record_id: str
    mail: Mail
    reasons: tuple[str, ...]
    serial: int = 0
    kind: str = "quarantined_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCopy:
    """The letter of a record arrived once more."""

    record_id: str
    mail: Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMail:
    """A mail arrived that answers one of the record's own."""

    record_id: str
    mail: Mail
    answers: str


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
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotate:
    """Write a note on the record: a draft that only its author sees, or the final word that stands for ever."""

    record_id: str
    by: str
    note: str | None
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReplyDrafted:
    """The reply lies in the mailbox under this id."""

    record_id: str
    mailbox: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReplySent:
    """The mailbox's server accepted the reply."""

    record_id: str
    mailbox: str
    item_id: str
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStuck:
    """An effect could not be performed, and waiting does not help."""

    record_id: str
    effect: str
    reason: str


type StepCommand = Acknowledge | Complete | Approve | Return | Close
type NewRecord = Register | Quarantine
type Command = (
    NewRecord | NoteCopy | NoteMail | Refer | StepCommand | Annotate | NoteReplyDrafted | NoteReplySent | NoteStuck
)
