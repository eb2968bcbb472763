"""Files at links that open themselves, in memory."""

from service.ports import NotFetched
from tests.fakes.faults import Faults


class FakeDownloads:
    """Downloads: `files` by link; a link of nothing is one that has died. `asked` is every link that was followed."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.faults = Faults()

    async def fetch(self, link: str, limit_bytes: int) -> bytes:
        self.asked.append(link)
        self.faults.before("fetch")
        if not link.startswith("https://files.example/"):
            raise NotFetched("file.elsewhere")
        if link not in self.files:
            raise NotFetched("file.gone")
        if len(self.files[link]) > limit_bytes:
            raise NotFetched("file.too_large")
        self.faults.after("fetch")
        return self.files[link]
