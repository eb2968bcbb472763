"""What goes wrong in a fake, when a test says so."""

from collections import defaultdict


class Faults:
    """Errors that wait for the next calls, by the name of the method."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[tuple[Exception, bool]]] = defaultdict(list)

    def add(self, method: str, error: Exception, *, done: bool = False, times: int = 1) -> None:
        """Let the next *times* calls of *method* raise *error*: before anything was done, or after it was *done*."""
        self._waiting[method] += [(error, done)] * times

    def before(self, method: str) -> None:
        if self._waiting[method] and not self._waiting[method][0][1]:
            raise self._waiting[method].pop(0)[0]

    def after(self, method: str) -> None:
        if self._waiting[method] and self._waiting[method][0][1]:
            raise self._waiting[method].pop(0)[0]
