"""What may be asked of a letter of ours on its way out."""

from dataclasses import dataclass

from registry.mail import Address
from registry.record import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """The issued letter lies in the archive: it goes out."""

    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLetterDrafted:
    """The mail to a recipient lies in the mailbox under this id, whole."""

    record_id: str
    recipient: int
    attempt: int
    mailbox: str
    item_id: str
    internet_message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLetterSent:
    """The mailbox's server accepted the mail to a recipient."""

    record_id: str
    recipient: int
    attempt: int
    internet_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLetterRefused:
    """The mail to a recipient cannot go out, for the reason (a text key)."""

    record_id: str
    recipient: int
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnswer:
    """A letter that was registered, `link`, answers this one or may. `references` are the Message-IDs that it names.

    Nobody asks for it but `Register`, in whose transaction it comes true.
    """

    record_id: str
    link: Link
    references: tuple[str, ...]
    sender: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Send it to a recipient once more, to `address`."""

    record_id: str
    by: str
    recipient: int
    address: str
    note: str | None = None


type DispatchCommand = Dispatch | NoteLetterDrafted | NoteLetterSent | NoteLetterRefused | NoteAnswer | Resend
DISPATCH_COMMANDS = (Dispatch, NoteLetterDrafted, NoteLetterSent, NoteLetterRefused, NoteAnswer, Resend)
