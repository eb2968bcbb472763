"""What must be done outside for a letter of ours on its way out. The rules are those of effects.py."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLetter:
    """The sealed letter is dispatched: to whom it goes, and by which way, is fixed."""

    record_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLetter:
    """The mail to a recipient lies in the mailbox with all its enclosures, ready to be sent."""

    record_id: str
    recipient: int
    attempt: int

    @property
    def lane(self) -> str:
        return f"{self.record_id}/letter/{self.recipient}/{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLetter:
    """The mail with this id, and no other, goes out to a recipient."""

    record_id: str
    recipient: int
    attempt: int
    mailbox: str
    item_id: str

    @property
    def lane(self) -> str:
        return f"{self.record_id}/letter/{self.recipient}/{self.attempt}"
