################################################################
# Timer functions
################################################################
#
# Rule 1: schedules are NCRONTAB: six fields, seconds first, UTC, and a day must fit both its day fields.
# Rule 2: one timer never runs twice at once; what it missed meanwhile, or while the host was down, runs once, past due.
# Rule 3: they follow the moved clock.

import asyncio
import contextlib
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from sandbox.invocations import Invocations
from sandbox.kept import Kept
from sandbox.moved_clock import MovedClock
from sandbox.worker import Function, FunctionFailed, Worker

LATE_S = 5.0  # seconds after its instant that a run counts as past due
MONITORED_FROM_S = 60.0  # a schedule that comes more often is not watched over a restart, as in Azure


class BadSchedule(Exception):
    """A schedule that is no NCRONTAB expression of six fields."""


class Schedule:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        if len(expression.split()) != 6:
            raise BadSchedule(f"{expression!r}: six fields are needed, {{second}} {{minute}} {{hour}} {{day}} …")
        try:
            self.after(datetime(2026, 1, 1, tzinfo=UTC))
        except (CronSimError, StopIteration) as error:
            raise BadSchedule(f"{expression!r}: {error or 'it never comes'}") from error

    def after(self, at: datetime) -> datetime:
        """The first instant of the schedule after *at* (UTC)."""
        cron = CronSim(self._expression, at)
        cron.day_and = True  # unlike cron, NCRONTAB asks for both the day of the month and the day of the week
        return next(cron)


class Timer:
    """One timer function. `remembered` keeps when it ran and is due, by its name."""

    def __init__(
        self, function: Function, worker: Worker, invocations: Invocations, clock: MovedClock, remembered: Kept
    ) -> None:
        self.function, self._worker, self._invocations = function, worker, invocations
        self._clock, self._remembered = clock, remembered
        self._schedule = Schedule(str(function.trigger["schedule"]))
        self._one_at_a_time = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Fire at every instant of the schedule until cancelled. A run that is under way goes on; `drain` waits."""
        started = datetime.now(UTC)
        due = self._remembered_instant("next")
        if self._monitored(started) and due is not None and due < started:
            await asyncio.shield(self.fire(past_due=True))
        elif self.function.trigger.get("runOnStartup"):
            await asyncio.shield(self.fire(past_due=False))
        while True:
            due = self._schedule.after(datetime.now(UTC))
            self._remember(due)
            await self._clock.sleep_until(due)
            late_s = (datetime.now(UTC) - due).total_seconds()
            await asyncio.shield(self.fire(past_due=late_s > LATE_S))

    def fire(self, *, past_due: bool = False) -> asyncio.Task[None]:
        """Run the function now, or after the run that is under way."""
        task = asyncio.create_task(self._fire(past_due=past_due))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self, within_s: float) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within_s)
            for task in late:
                task.cancel()

    async def _fire(self, *, past_due: bool) -> None:
        async with self._one_at_a_time:
            now = datetime.now(UTC)
            running = self._worker.timer(
                self.function.name,
                past_due=past_due,
                last=self._remembered_instant("last"),
                following=self._schedule.after(now),
            )
            with contextlib.suppress(FunctionFailed):  # logged already; the next run is at its next instant
                await self._invocations.finish(self.function.name, running)
            self._remember(self._schedule.after(now), last=now)

    def _monitored(self, at: datetime) -> bool:
        first = self._schedule.after(at)
        apart_s = (self._schedule.after(first) - first).total_seconds()
        return bool(self.function.trigger.get("useMonitor", True)) and apart_s >= MONITORED_FROM_S

    def _remembered_instant(self, which: str) -> datetime | None:
        said = self._remembered.get(self.function.name, {}).get(which)
        return datetime.fromisoformat(said) if said else None

    def _remember(self, following: datetime, *, last: datetime | None = None) -> None:
        ran = last or self._remembered_instant("last")
        kept = {"last": ran.isoformat() if ran else None, "next": following.isoformat()}
        self._remembered.keep(self.function.name, kept)
