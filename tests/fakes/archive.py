"""The archive in memory."""

import hashlib

from registry.errors import Gone, Unavailable
from tests.fakes.faults import Faults


class FakeArchive:
    """Archive. `kept` holds the bytes by their SHA-256; a test may change them, as a bad disk does."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.faults = Faults()

    async def put(self, body: bytes) -> str:
        self.faults.before("put")
        sha256 = hashlib.sha256(body).hexdigest()
        self.kept.setdefault(sha256, body)
        self.faults.after("put")
        return sha256

    async def get(self, sha256: str) -> bytes:
        self.faults.before("get")
        if sha256 not in self.kept:
            raise Gone(f"the archive has no {sha256[:80]!r}")
        body = self.kept[sha256]
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Unavailable("the bytes are not what was put")
        return body

    async def close(self) -> None:
        """Nothing is held open."""
