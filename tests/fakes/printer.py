"""A converter that makes another PDF of the same document each time, as real ones do."""

from itertools import count

from documents.word import words_of
from tests.documents.papers import plain_pdf
from tests.fakes.faults import Faults


class FakePrinter:
    """Converter. `asked` holds the keys and the words of every document."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.faults = Faults()
        self._turns = count(1)

    async def pdf(self, docx: bytes, *, key: str) -> bytes:
        self.faults.before("pdf")
        self.asked.append((key, words_of(docx)))
        self.faults.after("pdf")
        return plain_pdf(f"made {next(self._turns)}")
