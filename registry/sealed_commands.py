"""What the archive's side asks of a record that was issued."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSealed:
    """The issued PDF lies in the archive, made of the words with the hash `frozen`. The first one that is noted is the
    letter; of another, made by a try that was thought to be lost, nobody ever hears."""

    record_id: str
    sha256: str
    size_bytes: int
    frozen: str
    level: str
    certificate: str | None
    stamped_at: datetime | None
    manifest: str
