################################################################
# The Word file of a draft: where it lies, which bytes were frozen, what waits for it
################################################################
#
# Rule 1: a draft belongs to the office, a decision to bytes: what is decided names the SHA-256 of the frozen file.
# Rule 2: what is in the drive is what people write; what counts is in the archive, under the hash that stands here.

from dataclasses import dataclass
from datetime import datetime

from registry.vocabulary import CONFIDENTIALITIES

FIRST, TO_DRAFTER = "first", "drafter"
ONEDRIVE, LIBRARY = "onedrive", "library"
PLACES = (ONEDRIVE, LIBRARY)
WORD_KINDS = ("outgoing_letter", "decision", "circular")

SUBMIT, SIGN = "submit", "sign"
UNFIT, TOO_SECRET = "draft.unfit", "draft.too_secret_there"  # why a press came to nothing; why a file was taken away
_KEPT = 50  # versions that a record carries; all of them are on its sheet and in the archive


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRules:
    """What the office lays down of drafts in Word.

    Attributes:
        word: The kinds that are drafted in Word; all others are text.
        place: Where a file is put: its drafter's OneDrive, or the ministry's library.
        restart: Where the way goes on after an edit of what was frozen: FIRST stage, TO_DRAFTER, or the first stage of
            an act (of registry.circuits.ACTS) that was asked so far.
        alone_from: From which confidentiality up a file lies in the ministry's library and never in a person's drive,
            and is passed on to nobody by the folder that it lies in.
    """

    word: tuple[str, ...] = ()
    place: str = ONEDRIVE
    restart: str = FIRST
    alone_from: str = "secret"

    def lies_alone(self, confidentiality: str) -> bool:
        """Whether what is as secret as this lies in nobody's drive."""
        return CONFIDENTIALITIES.index(confidentiality) >= CONFIDENTIALITIES.index(self.alone_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the file. `editor` is a person's Entra id; None: an application, or unknown."""

    number: int
    sha256: str
    size_bytes: int
    editor: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A press that was accepted and comes true when the file has been looked at. `what`: SUBMIT or SIGN."""

    what: str
    step: int
    by: str
    capacity: str | None
    on_behalf_of: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The Word file of a record.

    Attributes:
        placed: How often it was put into a drive: again, where it was lost there.
        sha256: Of the version that was seen last; its bytes are in the archive.
        frozen: The SHA-256 of what is decided on; None while nothing is.
        preview: The SHA-256 of the PDF of the frozen bytes.
        lost: Why the file is not where it lay (a text key), until it is placed anew.
        alone: It lies where nothing passes its access on to it.
        held: Who has it open, so that we cannot write to it; empty where nobody knows who. None: nobody does.
    """

    drive: str
    item: str
    name: str
    web_url: str
    ctag: str
    placed: int
    version: int
    sha256: str
    size_bytes: int
    modified_at: datetime
    versions: tuple[Version, ...]
    frozen: str | None = None
    frozen_version: int = 0
    frozen_bytes: int = 0
    preview: str | None = None
    lost: str | None = None
    held: str | None = None
    pending: Pending | None = None
    dropped: str | None = None  # why the last press came to nothing (a text key)
    unfit: tuple[str, ...] = ()  # why what it said last could not be decided on (text keys)
    alone: bool = False

    def of(self, sha256: str) -> Version | None:
        """The version that has these bytes."""
        return next((v for v in self.versions if v.sha256 == sha256), None)

    def with_version(self, version: Version) -> tuple[Version, ...]:
        """The versions to carry from now on: the latest ones, and the one that was frozen."""
        listed = (*self.versions, version)
        dropped = listed[:-_KEPT]
        return (*(v for v in dropped if v.sha256 == self.frozen), *listed[-_KEPT:])
