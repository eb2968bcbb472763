"""What may be asked about the words of a secret record."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSecret:
    """*by*, who signed in at *signed_in_at*, wants to read what a secret record says."""

    record_id: str
    by: str
    signed_in_at: datetime
