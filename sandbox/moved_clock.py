################################################################
# The clock of this process, which people and tests may move on
################################################################
#
# Rule 1: wall time alone moves (time.time, datetime.now and their kin, in every module); time.monotonic stays, so that
#         timeouts and the event loop go on as ever. It ticks on after a move.
# Rule 2: it moves forwards only: what was hidden until an instant must not be hidden for ever.

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sandbox.kept import Kept


@contextlib.contextmanager
def _without(module: str) -> Iterator[None]:
    """Nobody finds *module*, unless it is loaded already."""
    sys.modules.setdefault(module, None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if sys.modules[module] is None:
            del sys.modules[module]


with _without("pytest"):  # it brings a plugin, and with that pytest: a quarter of what the host loads at a start
    import time_machine


class CannotGoBack(Exception):
    """Somebody asked for an offset smaller than the one in force."""


class MovedClock:
    """The offset in force, kept across restarts. Made before anything else looks at the time."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._traveller: time_machine.Traveller | None = None
        self._moved = asyncio.Event()
        self.offset_s = 0.0
        self.move_to(float(kept.get("offset_s", 0.0)))

    def move_to(self, offset_s: float) -> None:
        """Set the wall clock of the whole process *offset_s* seconds ahead of the machine's. Raises CannotGoBack."""
        by = timedelta(seconds=offset_s - self.offset_s)
        if by < timedelta(0):
            raise CannotGoBack(f"the clock stands {self.offset_s:g} s ahead and cannot go back to {offset_s:g} s")
        if not by:
            return
        if self._traveller is None:
            self._traveller = time_machine.travel(datetime.now(UTC) + by, tick=True).start()
        else:
            self._traveller.shift(by)
        self.offset_s = offset_s
        self._kept.keep("offset_s", offset_s)
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, at: datetime) -> None:
        """Return when the clock shows *at* or later, however it got there."""
        while (left_s := (at - datetime.now(UTC)).total_seconds()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), left_s)
            except TimeoutError:
                continue
