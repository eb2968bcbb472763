"""Files shared by a link, in memory."""

from service.ports import NotFetched, SharedFile
from tests.fakes.faults import Faults


class FakeSharedFiles:
    """SharedFiles: `files` by link, `refused` with the reason; anything else is not there. `asked`: links, in order."""

    def __init__(self) -> None:
        self.files: dict[str, SharedFile] = {}
        self.refused: dict[str, str] = {}
        self.asked: list[str] = []
        self.faults = Faults()

    async def fetch(self, link: str) -> SharedFile:
        self.asked.append(link)
        self.faults.before("fetch")
        if link in self.refused:
            raise NotFetched(self.refused[link])
        if link not in self.files:
            raise NotFetched("file.gone")
        self.faults.after("fetch")
        return self.files[link]
