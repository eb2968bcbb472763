"""What happens to a letter of ours on its way out: to whom it was dispatched, and what became of it with each."""

from dataclasses import dataclass
from typing import ClassVar

from registry.event import Event
from registry.recipients import Addressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched(Event):
    """The issued letter goes out: to these, by these ways."""

    outside: tuple[Addressed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDrafted(Event):
    """The mail to a recipient lies in the mailbox's drafts with all its enclosures; only this one may be sent."""

    recipient: int
    attempt: int
    mailbox: str
    item_id: str
    internet_message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSent(Event):
    """The mailbox's server accepted the mail to a recipient."""

    recipient: int
    attempt: int
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientMissed(Event):
    """The mail did not go out to a recipient (refused) or did not arrive (bounced). `why` is a text key; `status`, of
    RFC 3463, their server's."""

    recipient: int
    attempt: int
    state: str
    why: str
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReached(Event):
    """A recipient has it: delivered, read, or answered by another record of ours, which is linked."""

    recipient: int
    attempt: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readdressed(Event):
    """It goes to a recipient once more, to this address."""

    private: ClassVar[frozenset[str]] = frozenset({"address", "note"})

    recipient: int
    attempt: int
    address: str
    note: str | None


DISPATCH_EVENTS: tuple[type[Event], ...] = (
    Dispatched,
    LetterDrafted,
    LetterSent,
    RecipientMissed,
    RecipientReached,
    Readdressed,
)
