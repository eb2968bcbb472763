"""The directory in memory."""

from collections.abc import Iterable

from service.ports import DirectoryPerson
from tests.fakes.faults import Faults


class FakeDirectory:
    """Directory of the people that are given; `members` may be changed at any time."""

    def __init__(self, members: Iterable[DirectoryPerson] = ()) -> None:
        self.members = list(members)
        self.faults = Faults()

    async def people(self) -> list[DirectoryPerson]:
        self.faults.before("people")
        return list(self.members)
