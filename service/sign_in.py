################################################################
# Signing in anew before a secret opens: what is kept of it, and what Entra is asked for it
################################################################
#
# Rule 1: of a ticket and of a code only hashes are kept; of whoever signed in only that they did and when. No token.

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How far a person is; there is one for each, and whoever begins again begins anew.

    Attributes:
        state: What goes to Entra and comes back; empty once it came back: it is good for one return.
        ends_at: Until when the ticket, and then the code, may be used.
        signed_in_at: When they signed in, by Entra's word, while the code is waited for.
        code: The hash of the code that was shown to them where they signed in; empty where none is waited for.
        tries: How often a wrong code was typed.
        opened_at: The sign-in that opens secrets now, until it is a quarter of an hour old.
    """

    person: str
    state: str = ""
    ends_at: datetime
    signed_in_at: datetime | None = None
    code: str = ""
    tries: int = 0
    opened_at: datetime | None = None


class NotSignedIn(Exception):
    """It came to nothing; `reason` is a text key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Proven:
    """Who signed in, and when they last proved who they are."""

    person: str
    at: datetime


class Entrance(Protocol):
    """Entra's page on which people sign in."""

    def address(self, *, state: str, nonce: str, challenge: str, hint: str) -> str:
        """Where the browser is sent; *challenge* is that of PKCE (S256), *hint* the person's sign-in name."""
        ...

    async def proven(self, code: str, *, verifier: str, nonce: str) -> Proven:
        """Return who signed in, for the *code* that Entra sent back.

        Raises:
            NotSignedIn: Entra does not know the code, or what it says is not for us, not for this sign-in or not true.
            Unavailable, Misconfigured: Entra cannot be asked.
        """
        ...
