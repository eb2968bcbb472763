################################################################
# The ports of a letter on its way out: converted
################################################################

from typing import Protocol

from registry.errors import Mistaken


class Unreadable(Mistaken):
    """The bytes cannot be converted: encrypted, damaged, or no document at all."""


class Converter(Protocol):
    """Word documents into PDF, as the ministry's own Word would print them."""

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        """*docx* as PDF: a rendering to look at and to seal, no archival format by itself.

        The same *key* may be asked for again, and leaves nothing behind. Raises Unreadable; Throttled, Unavailable,
        Misconfigured as any call.
        """
        ...
