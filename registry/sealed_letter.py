"""The issued letter as a file, as its record knows it."""

from dataclasses import dataclass
from datetime import datetime

from registry.sealed_events import Sealed

APPROVAL, PROTECTED = "approval", "protected"  # pressed in Teams; signed with a certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLetter:
    """Which file it is, what it was made of, and how it is signed. Fields: registry/sealed_events.py."""

    at: datetime
    sha256: str
    size_bytes: int
    frozen: str
    level: str
    certificate: str | None
    stamped_at: datetime | None
    manifest: str


def sealed_letter(event: Sealed) -> SealedLetter:
    return SealedLetter(
        at=event.at,
        sha256=event.sha256,
        size_bytes=event.size_bytes,
        frozen=event.frozen,
        level=event.level,
        certificate=event.certificate,
        stamped_at=event.stamped_at,
        manifest=event.manifest,
    )
