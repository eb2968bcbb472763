"""What an issued letter needs of the world beside a converter: its paper, and somebody who signs it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.letter_ports import Unreadable


class NotOpened(Unreadable):
    """A document that is not opened. `reason` is a text key that says why."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"{reason}: {why}" if why else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPdf:
    """A PDF with the entity's signature in it, or without one where there is no certificate."""

    body: bytes
    level: str  # approval: nothing signs it but presses in Teams; protected: a certificate does
    certificate: str | None = None  # the SHA-256 of the signer's certificate
    signer: str = ""  # the certificate's subject, to be read
    stamped_at: datetime | None = None  # by a time-stamp authority


class Signer(Protocol):
    """Puts the entity's seal in a PDF: our own certificate, or the national service for it."""

    async def level(self) -> str:
        """What `sign` will make of it: the stamp says so before. Raises Unavailable, Misconfigured."""
        ...

    async def sign(self, pdf: bytes, *, reason: str, name: str, field: str) -> SignedPdf:
        """Return *pdf* signed whole: *name* is who seals, *reason* why, *field* the name of the signature's field.

        Raises:
            Unreadable: It cannot be signed.
            Unavailable: The key or the time-stamp authority is.
            Misconfigured: There is no such key, or it has expired.
        """
        ...
