################################################################
# In what order the things of one collection last changed
################################################################
#
# Rule 1: of each thing only its last change counts; a delta feed reads forward from where it stopped.

from bisect import bisect_right
from collections.abc import Iterator


class ChangeLog:
    """Keys in the order of their last change. A change has a number, greater than all before it."""

    def __init__(self) -> None:
        self._order: list[tuple[int, str]] = []
        self._latest: dict[str, int] = {}

    @property
    def last(self) -> int:
        """The number of the last change; 0 before the first."""
        return self._order[-1][0] if self._order else 0

    def note(self, number: int, key: str) -> None:
        self._order.append((number, key))
        self._latest[key] = number
        if len(self._order) > 2 * len(self._latest) + 1000:
            self._order = [entry for entry in self._order if self._latest[entry[1]] == entry[0]]

    def since(self, number: int) -> Iterator[tuple[int, str]]:
        """The changes after *number*, each thing once."""
        for at in range(bisect_right(self._order, (number, "\U0010ffff")), len(self._order)):
            entry = self._order[at]
            if self._latest[entry[1]] == entry[0]:
                yield entry
