"""What an issued letter needs of the world: somebody who makes a PDF of it, and somebody who signs that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.errors import Mistaken


class Unreadable(Mistaken):
    """A document that is not opened or cannot be converted. `reason` is a text key that says why."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"{reason}: {why}" if why else reason)
        self.reason = reason


class Converter(Protocol):
    """Makes a PDF of a Word document."""

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        """Return the pages of *docx*. The same *key* may be asked again.

        Raises:
            Unreadable: It cannot be converted.
            Unavailable: The service is.
        """
        ...


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
