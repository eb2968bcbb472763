"""What the API and the sheet say of a draft's Word file."""

from collections.abc import Sequence
from typing import Any

from registry.document_events import (
    DecisionsVoided,
    DraftChanged,
    DraftFreed,
    DraftHeld,
    DraftLost,
    DraftPlaced,
    DraftUnfit,
    Frozen,
    PressDropped,
    PressPending,
    PreviewMade,
)
from registry.event import Event
from registry.office import Office
from registry.record import Record
from service.instants import instant
from texts import Language, say
from texts.say import knows

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF_TYPE = "application/pdf"
HASH_SHOWN = 12  # characters of a hash, where it is shown to be compared by eye


def document_said(event: Event, office: Office, lang: Language) -> str | None:
    """What happened to the file, in a sentence; None where the event is about something else."""
    name = type(event).__name__
    match event:
        case DraftPlaced(sha256=sha256) | PreviewMade(sha256=sha256):
            return say(lang, f"event.{name}", hash=sha256[:HASH_SHOWN])
        case DraftChanged(version=version, sha256=sha256, editor=editor):
            return say(
                lang, "event.DraftChanged", version=version, hash=sha256[:HASH_SHOWN], who=_who(editor, office, lang)
            )
        case Frozen(version=version, sha256=sha256):
            return say(lang, "event.Frozen", version=version, hash=sha256[:HASH_SHOWN])
        case DraftUnfit(reasons=reasons):
            return say(lang, "event.DraftUnfit", reasons=reasons_said(reasons, lang))
        case PressPending(what=what):
            return say(lang, f"event.PressPending.{what}")
        case PressDropped(what=what, reason=reason):
            return say(lang, f"event.PressDropped.{what}", reason=say(lang, reason) if knows(reason) else reason)
        case DraftLost(reason=reason):
            return say(lang, "event.DraftLost", reason=say(lang, reason) if knows(reason) else reason)
        case DraftHeld(holder=holder):
            key = "event.DraftHeld" if holder is not None else "event.DraftHeld.unknown"
            return say(lang, key, **({"who": _who(holder, office, lang)} if holder is not None else {}))
        case DraftFreed() | DecisionsVoided():
            return say(lang, f"event.{name}")
        case _:
            return None


def reasons_said(reasons: Sequence[str], lang: Language) -> str:
    """Why a file cannot be decided on as it is, and what is to be done with it."""
    return " ".join(say(lang, f"fix.{reason}") if knows(f"fix.{reason}") else reason for reason in reasons)


def document_view(record: Record, *, open_to_viewer: bool) -> dict[str, Any] | None:
    """The Word file as the API shows it; None for a record that has none. What leads to its words is left out where the
    viewer may not read them."""
    document = record.document
    if document is None:
        return None
    return {
        "name": document.name if open_to_viewer else None,
        "web_url": document.web_url or None if open_to_viewer and record.lies_in is not None else None,
        "version": document.version,
        "sha256": document.sha256,
        "size_bytes": document.size_bytes,
        "frozen": document.frozen,
        "frozen_version": document.frozen_version or None,
        "preview": document.preview,
        "lost": document.lost,
        "held_by": document.held or None,
        "is_held": document.held is not None,
        "unfit": list(document.unfit),
        "pending": record.pending.what if record.pending is not None else None,
        "versions": [
            {
                "version": v.number,
                "sha256": v.sha256,
                "size_bytes": v.size_bytes,
                "editor": v.editor,
                "at": instant(v.at),
            }
            for v in document.versions
        ],
    }


def to_compare(record: Record) -> tuple[str, str] | None:
    """Which two versions are compared first: what was decided on before an edit (else the version before), and what is
    decided on now (else the last one). None where there is one version only."""
    document = record.document
    if document is None or len(document.versions) < 2:
        return None
    after = document.frozen if document.frozen is not None and document.of(document.frozen) else document.sha256
    decided = [s.document for s in record.steps if s.document not in (None, after)]
    known = [sha256 for sha256 in decided if sha256 is not None and document.of(sha256) is not None]
    earlier = [v.sha256 for v in document.versions if v.sha256 != after]
    before = known[-1] if known else earlier[-1] if earlier else None
    return (before, after) if before is not None else None


def document_of(record: Record, sha256: str) -> tuple[str, str] | None:
    """The name and content type of a version of the file, or of its preview; None where *sha256* is neither."""
    document = record.document
    if document is None or not sha256:
        return None
    stem = document.name.removesuffix(".docx")
    if sha256 == document.preview:
        return f"{stem}.pdf", PDF_TYPE
    version = document.of(sha256)
    number = version.number if version is not None else document.frozen_version if sha256 == document.frozen else None
    return (f"{stem} ({number}).docx", WORD_TYPE) if number is not None else None


def _who(editor: str | None, office: Office, lang: Language) -> str:
    person = office.person(editor)
    return person.name if person is not None else say(lang, "sheet.an_application") if editor is None else editor
