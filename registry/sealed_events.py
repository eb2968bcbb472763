"""What happens to a letter of ours when it is issued as a file: the one that is sent, archived and checked."""

from dataclasses import dataclass
from datetime import datetime

from registry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(Event):
    """The issued PDF lies in the archive, for ever. It names the words it was made from."""

    sha256: str
    size_bytes: int
    frozen: str  # the SHA-256 of the .docx that it was made from
    level: str  # approval: pressed in Teams; protected: signed with a certificate
    certificate: str | None  # the SHA-256 of the signer's certificate
    stamped_at: datetime | None  # by a time-stamp authority
    manifest: str  # the SHA-256 of what the archive keeps beside it


SEALED_EVENTS: tuple[type[Event], ...] = (Sealed,)
