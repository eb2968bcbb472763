"""Entra's sign-in page in memory: who stands before it, and since when they are signed in."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from service.ports import Clock
from service.sign_in import NotSignedIn, Proven


@dataclass
class Visit:
    """What the page was asked for, and who then signed in."""

    nonce: str
    challenge: str
    who: Proven


class FakeEntrance:
    """See service.sign_in.Entrance. A code is good once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._visits: dict[str, Visit] = {}
        self.down: Exception | None = None
        self.asked: dict[str, str] = {}  # of the last address

    def address(self, *, state: str, nonce: str, challenge: str, hint: str) -> str:
        self.asked = {"state": state, "nonce": nonce, "challenge": challenge, "hint": hint}
        return f"https://login.example/authorize?{urlencode(self.asked)}"

    def signs_in(self, person: str, at: datetime | None = None) -> str:
        """*person* proves who they are on the page that was asked for last; the code that goes back."""
        code = f"code-{len(self._visits) + 1}"
        proven = Proven(person, at or self._clock())
        self._visits[code] = Visit(self.asked["nonce"], self.asked["challenge"], proven)
        return code

    async def proven(self, code: str, *, verifier: str, nonce: str) -> Proven:
        from base64 import urlsafe_b64encode
        from hashlib import sha256

        if self.down is not None:
            raise self.down
        visit = self._visits.pop(code, None)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        if visit is None or visit.nonce != nonce or visit.challenge != challenge:
            raise NotSignedIn("sign_in.refused")
        return visit.who
