"""What happens to the Word file of a draft."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from registry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlaced(Event):
    """The file lies in a drive. `sha256` is what lies there; the archive has it too. `alone`: in the ministry's
    library, where nothing passes its access on to it, for it is too secret to lie elsewhere."""

    private: ClassVar[frozenset[str]] = frozenset({"name"})
    later: ClassVar[frozenset[str]] = frozenset({"alone"})

    drive: str
    item: str
    ctag: str
    web_url: str
    name: str
    sha256: str
    size_bytes: int
    alone: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChanged(Event):
    """Somebody wrote into the file. `editor` is their Entra id; None: an application, or unknown."""

    ctag: str
    sha256: str
    size_bytes: int
    version: int
    editor: str | None
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(Event):
    """Decisions from here on are about exactly these bytes."""

    sha256: str
    size_bytes: int
    version: int
    ctag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftUnfit(Event):
    """The file that was to be decided on cannot be, for the reasons (text keys: `unsafe.…`, `word.…`). These are its
    bytes; the archive has them as they came, unopened."""

    sha256: str
    size_bytes: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PressPending(Event):
    """A press was accepted, and comes true when the file has been looked at. `what`: submit, sign."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    what: str
    step: int
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDropped(Event):
    """It came to nothing. `reason` is a text key."""

    what: str
    step: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsVoided(Event):
    """What was decided was decided on other bytes, and is void: from the stage `to_stage` on, which is asked again;
    None: all of it, and its drafter has it. `seal` is that of what is decided on from now on."""

    to_stage: int | None
    seal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLost(Event):
    """The file is not where it lay. The office goes on from the last version. `reason` is a text key."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftHeld(Event):
    """Somebody has the file open, and what we must do to it waits. `holder` is their Entra id, where it is known."""

    holder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFreed(Event):
    """What waited for the file was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMade(Event):
    """The frozen bytes `frozen` were made into a PDF to look at: `sha256`."""

    frozen: str
    sha256: str
    size_bytes: int


DOCUMENT_EVENTS: tuple[type[Event], ...] = (
    DraftPlaced,
    DraftChanged,
    Frozen,
    PressPending,
    PressDropped,
    DecisionsVoided,
    DraftLost,
    DraftHeld,
    DraftFreed,
    PreviewMade,
    DraftUnfit,
)
