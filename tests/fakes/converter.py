"""Documents into PDF, in memory: what comes out names what went in."""

import hashlib

from service.letter_ports import Unreadable
from tests.fakes.faults import Faults


class FakeConverter:
    """Converter. `asked`: the keys, in order. What is no zip is no document."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.faults = Faults()

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        self.asked.append(key)
        self.faults.before("pdf")
        if not docx.startswith(b"PK"):
            raise Unreadable("no document")
        self.faults.after("pdf")
        return b"%PDF-1.7\n% of " + hashlib.sha256(docx).hexdigest().encode() + b"\n%%EOF\n"
