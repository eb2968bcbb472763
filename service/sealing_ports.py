"""What an issued letter needs of the world beside a converter: its paper, and somebody who signs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.letter_ports import Unreadable


class NotOpened(Unreadable):
    """A document that is not opened. `reason` is a text key that says why."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"{reason}: {why}" if why else reason)
        self.reason = reason


class Paper(Protocol):
    """The letter as a Word file. Both methods take their time: call them in a thread."""

    def written(self, kind: str, values: Mapping[str, str]) -> bytes:
        """Return the template of *kind* with *values* in its fields. The same input gives the same bytes.

        Raises:
            Misconfigured: There is no template, or none that can be filled.
        """
        ...

    def stamped(self, docx: bytes, values: Mapping[str, str], link: str) -> bytes:
        """Return *docx* with *values* in its fields and *link* as a QR code; a place that it lacks is made at its end.

        The same input gives the same bytes. Raises NotOpened.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPdf:
    """A PDF with the entity's signature in it, or without one where there is no certificate."""

    body: bytes
    level: str  # approval: nothing signs it but presses in Teams; protected: a certificate does
    certificate: str | None = None  # the SHA-256 of the signer's certificate
    signer: str = ""  # the certificate's subject, to be read
    stamped_at: datetime | None = None  # by a time-stamp authority that is trusted
    unknown: tuple[str, ...] = ()  # text keys: what could not be found out about certificate and time


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
            Misconfigured: There is no such key, it has expired or was revoked, or a stranger stamped the time.
        """
        ...
