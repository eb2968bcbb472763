"""What every event says, whatever it is about. The events themselves stand in events.py and verb_events.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says: when, who, in what capacity, for whom."""

    private: ClassVar[frozenset[str]] = frozenset()
    later: ClassVar[frozenset[str]] = frozenset()

    at: datetime
    by: str  # a person's id, or SYSTEM
    capacity: str | None = None  # head, member, clerk: what the person was when they acted
    on_behalf_of: str | None = None
