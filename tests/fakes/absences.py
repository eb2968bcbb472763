"""Automatic replies in memory."""

from service.ports import Absence, NotKnown


class FakeAbsences:
    """`away` holds what is said of each; of `denied` nothing may be read."""

    def __init__(self) -> None:
        self.away: dict[str, Absence] = {}
        self.denied: set[str] = set()
        self.asked: list[str] = []

    async def of(self, person: str) -> Absence | None:
        self.asked.append(person)
        if person in self.denied:
            raise NotKnown("403")
        return self.away.get(person)
