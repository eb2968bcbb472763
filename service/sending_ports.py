"""What sending letters needs of a mailbox, beside what every registry mailbox does. The rules are those of ports.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from registry.errors import Mistaken
from service.ports import Drafted, Mailbox


class TooLarge(Mistaken):
    """The enclosures are more than one mail may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that goes with a letter. Its name is the only one of the letter."""

    name: str
    content_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterMail:
    """A letter to one address, as a mail. `answers`: the Message-ID of the mail in whose thread it goes."""

    to: str
    subject: str
    html: str
    enclosures: tuple[Enclosure, ...]
    answers: str = ""


type BytesOf = Callable[[Enclosure], Awaitable[bytes]]


class LetterMailbox(Mailbox, Protocol):
    """A mailbox out of which letters go."""

    async def draft_letter(self, letter: LetterMail, bytes_of: BytesOf, *, key: str) -> Drafted:
        """Return the one draft that carries *key*, with every enclosure once: made, found, or completed where an
        earlier try was cut off. Of one that was sent already nothing is changed.

        Raises:
            TooLarge: The enclosures are, all together; nothing was made.
            Mistaken: The address is none.
        """
        ...
