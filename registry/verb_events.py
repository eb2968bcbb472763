"""What happened to a record by the rarer verbs: rejected, taken back, corrected, filed, voided, opened again, joined.

The rules are those of events.py.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from registry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOpened(Event):
    """Whoever was asked looked at it: it cannot be taken back any more."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRejected(Event):
    """A decision: no. It is not sent back to be done again; whoever asked is told."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    step: int
    note: str | None  # why


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecalled(Event):
    """What was asked is asked no more: whoever asked took it back, or the one asked may not see the record any more."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    step: int
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedText:
    """A text of the record, as it was and as it is: subject, their_reference or letter_date."""

    what: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected(Event):
    """A counter-entry: what was entered wrongly stands where it stood, and here what is right, and why.

    `due_at` is the record's; `steps_due_at` and `remind_at` are those of whoever holds it: by the urgency.
    """

    private: ClassVar[frozenset[str]] = frozenset({"note", "texts"})
    later: ClassVar[frozenset[str]] = frozenset(
        {
            "texts",
            "urgency",
            "was_urgency",
            "confidentiality",
            "was_confidentiality",
            "due_at",
            "steps_due_at",
            "remind_at",
        }
    )

    note: str
    texts: tuple[CorrectedText, ...] = ()
    urgency: str | None = None
    was_urgency: str | None = None
    confidentiality: str | None = None
    was_confidentiality: str | None = None
    due_at: datetime | None = None
    steps_due_at: datetime | None = None
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed(Event):
    """The letter lies in the file. `note`: in which; None where nobody said. `step`: the one that asked for it."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})
    later: ClassVar[frozenset[str]] = frozenset({"step"})

    note: str | None
    step: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided(Event):
    """The record ends: it should not have been made. Its number is kept, and is nobody else's ever."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(Event):
    """The record goes on after its end."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked(Event):
    """The record has nothing to do with that one, whatever a line above says."""

    to_record: str
    reference: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterJoined(Event):
    """The record belongs to a matter: with it all others that say the same `matter_id`. `reference` is the number of
    the record for whose sake it was joined."""

    matter_id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterLeft(Event):
    """The record does not belong to the matter any more."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    matter_id: str
    note: str


VERB_EVENTS: tuple[type[Event], ...] = (
    StepOpened,
    StepRejected,
    StepRecalled,
    Corrected,
    Filed,
    Voided,
    Reopened,
    Unlinked,
    MatterJoined,
    MatterLeft,
)
