"""What every event is, and the values that several of them hold. The events themselves: events.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One annex of a letter; its name is free text and stands in `attachment_names`, in the same order."""

    size_bytes: int
    sha256: str
    content_type: str
    complete: bool = True
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a letter came from: the mailbox, the mail, the exact bytes.

    A letter that is no mail has neither mailbox nor item nor Message-ID; its bytes are the slip by which it was entered
    (service/deliveries.py), which names every scanned file by its SHA-256.
    """

    mailbox: str
    item_id: str
    internet_message_id: str
    sha256: str
    size_bytes: int
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says: when, who, in what capacity, for whom."""

    private: ClassVar[frozenset[str]] = frozenset()
    later: ClassVar[frozenset[str]] = frozenset()

    at: datetime
    by: str  # a person's id, or SYSTEM
    capacity: str | None = None  # head, member, clerk: what the person was when they acted
    on_behalf_of: str | None = None
