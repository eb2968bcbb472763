"""What is told of the Word file of a draft: the results of the effects that touch it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePlaced:
    """The file lies in a drive, and says these bytes."""

    record_id: str
    drive: str
    item: str
    ctag: str
    web_url: str
    name: str
    sha256: str
    size_bytes: int
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChanged:
    """The file says other bytes than before. `unfit`: why they cannot be decided on (text keys), if that is asked."""

    record_id: str
    item: str
    ctag: str
    sha256: str
    size_bytes: int
    editor: str | None
    modified_at: datetime
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFrozen:
    """The file was read so that it can be decided on: these are its bytes; it cannot be where they are `unfit`."""

    record_id: str
    item: str
    ctag: str
    sha256: str
    size_bytes: int
    editor: str | None
    modified_at: datetime
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLooked:
    """The file was looked at before the last signature. `sha256` is what it says, or the frozen hash where nobody
    touched it. `by` and `step` are the signer's; `serial` was drawn in the transaction that decides."""

    record_id: str
    step: int
    by: str
    item: str
    ctag: str
    sha256: str
    size_bytes: int
    editor: str | None
    modified_at: datetime
    unfit: tuple[str, ...] = ()
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLost:
    """The file is not where it lay, for the reason (a text key)."""

    record_id: str
    item: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteHeld:
    """Somebody has the file open."""

    record_id: str
    holder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFreed:
    """What waited for the file was done."""

    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePreview:
    """The frozen bytes as a PDF are in the archive."""

    record_id: str
    frozen: str
    sha256: str
    size_bytes: int


type DocumentCommand = (
    NotePlaced | NoteChanged | NoteFrozen | NoteLooked | NoteLost | NoteHeld | NoteFreed | NotePreview
)
