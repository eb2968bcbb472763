"""What happens to a record that we issue ourselves, before it has its number and when it gets it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from registry.circuits import Addressee, Stage
from registry.event import Attachment, Event
from registry.mail import Address
from registry.recipients import Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(Event):
    """Somebody began a record of ours. It has no number: `reference` says in which register it will get one."""

    private: ClassVar[frozenset[str]] = frozenset(
        {"subject", "text", "sender", "party", "attachment_names", "their_reference", "their_date"}
    )
    later: ClassVar[frozenset[str]] = frozenset(
        {"due_at", "written_in", "outside", "expects_reply", "in_reply_to", "their_reference", "their_date"}
    )

    entity_id: str
    kind: str
    direction: str
    registry_unit_id: str  # the drafter's unit, which numbers it
    reference: str
    subject: str
    text: str
    sender: Address  # the drafter
    addressees: tuple[Addressee, ...]
    party: str | None  # outside, of what goes out
    confidentiality: str
    urgency: str
    level: int  # at which it must be signed
    attachments: tuple[Attachment, ...]
    attachment_names: tuple[str, ...]
    due_at: datetime | None = None
    written_in: str | None = None  # word: its words are those of a file, which is to be placed; None: it is `text`
    outside: tuple[Chosen, ...] = ()  # to whom it goes, of the directory of entities
    expects_reply: bool | None = None
    in_reply_to: str | None = None  # the record of the letter that it answers …
    their_reference: str | None = None  # … its number there …
    their_date: str | None = None  # … and its date, as printed or ISO


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrafted(Event):
    """The drafter wrote it anew: these are its words from now on. What was decided on other words is void."""

    private: ClassVar[frozenset[str]] = frozenset({"subject", "text", "party"})
    later: ClassVar[frozenset[str]] = frozenset({"outside", "expects_reply"})

    subject: str
    text: str
    addressees: tuple[Addressee, ...]
    party: str | None
    confidentiality: str
    urgency: str
    level: int
    outside: tuple[Chosen, ...] = ()
    expects_reply: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Event):
    """It was put on its way. `seal` is the SHA-256 of what is decided on: registry.circuits.seal_of."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    step: int
    stages: tuple[Stage, ...]
    seal: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInitialled(Event):
    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"document"})

    step: int
    note: str | None
    document: str | None = None  # the SHA-256 of the frozen file that was decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSigned(Event):
    """`seal` is what was signed. A press binds it to a person and to these words; it is no protected signature."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"document"})

    step: int
    seal: str
    note: str | None
    document: str | None = None  # as in StepInitialled


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEnded(Event):
    """A stage is over. `outcome`: passed, or skipped for the reason in `note`."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    stage: int
    outcome: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageInserted(Event):
    """One more stage, before the stage `before`."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    stage: Stage
    before: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack(Event):
    """It goes back: to the stage `to_stage`, or to its drafter (None). `why`: return, recall, insert."""

    to_stage: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered(Event):
    """It was signed, and has its number from now on."""

    serial: int
    year: int
    reference: str


CIRCUIT_EVENTS: tuple[type[Event], ...] = (
    Drafted,
    Redrafted,
    Submitted,
    StepInitialled,
    StepSigned,
    StageEnded,
    StageInserted,
    SentBack,
    Numbered,
)
