"""What is to be done outside when a letter of ours has its number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SealLetter:
    """The issued PDF lies in the archive: stamped, signed where there is a certificate, with its manifest."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/letter"
