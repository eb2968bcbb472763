################################################################
# Links that open one document for one person, for some minutes
################################################################
#
# Rule 1: a link is made when somebody presses for it, and whether they may read is asked again when it is opened.
# Rule 2: it names the person, the document and the minute it ends, under a keyed hash; it opens nothing else.

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlencode

from service.ports import Clock

LASTS = timedelta(minutes=10)
_LONGEST = 300


class Links:
    """Makes and reads them. *key* is a secret of ours; *public_url* is where people reach us."""

    def __init__(self, key: str, public_url: str, clock: Clock) -> None:
        self._key = hmac.digest(key.encode(), b"tarasul: links to documents", "sha256")
        self._start, self._clock = f"{public_url.rstrip('/')}/api/v1/records/", clock

    def to(self, what: str, person_id: str) -> str:
        """A link to *what* (`RECORD/documents/SHA256`) for *person_id*."""
        ends = int((self._clock() + LASTS).timestamp())
        ticket = f"{ends}.{person_id}.{self._mac(what, person_id, ends)}"
        return f"{self._start}{what}?{urlencode({'ticket': ticket})}"

    def holder(self, ticket: str, what: str) -> str | None:
        """For whom *ticket* opens *what* now; None where it does not."""
        ends, _, rest = ticket[:_LONGEST].partition(".")
        person_id, _, mac = rest.rpartition(".")
        if not (ends.isascii() and ends.isdecimal() and person_id and mac.isascii()) or len(ends) > 12:
            return None
        if not hmac.compare_digest(mac, self._mac(what, person_id, int(ends))):
            return None
        return person_id if self._clock().timestamp() <= int(ends) else None

    def _mac(self, what: str, person_id: str, ends: int) -> str:
        said = "\n".join((str(ends), person_id, what))
        return hmac.digest(self._key, said.encode("utf-8", "replace"), hashlib.sha256).hex()
