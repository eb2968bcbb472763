################################################################
# Who kills: a small office whose product dies again and again
################################################################
#
# Rule 1: a death is planned: at a call out of the process, before it is done or after and before it is answered; or at
#         some instant. kill -9 and SIGTERM take turns.
# Rule 2: what was not answered is asked again of the next process, whose clock is more than a lease ahead.
#
# python -m tests.acceptance.lethal --kills 1000 [--url postgresql://…] prints what came of it.

import argparse
import asyncio
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from store.database import Database
from store.store import SqlStore
from tests import stores
from tests.acceptance.mortal import receive, send
from tests.acceptance.small_office import Office, Press, at_rest, unnoted, wrong
from tests.fakes.chats import FakeTeams
from tests.programs import REPOSITORY
from tests.values import OFFICE

CALLS = (
    *("install", "ask", "refresh"),  # Teams
    *("folders", "changes", "fetch", "put", "mark", "draft_reply", "send_draft"),  # Graph and the archive
)
LEASE_AND_MORE_S = 61.0
LOOK_AGAIN_S = 301.0  # longer than anything that is put off here
COMES_WITHIN_S = 2.0  # a call that was waited for; else the process dies where it is
LETTERS_AT_ONCE = 8
REST_AT_MOST = 12  # lives, until nothing is left to be done


@dataclass(frozen=True, slots=True)
class Death:
    """`call` is one of CALLS, at whose *nth* time it strikes; None is some instant, `in_s` seconds after the birth."""

    number: int
    call: str | None = None
    nth: int = 1
    after: bool = False
    in_s: float = 0.0


def deaths(seed: int, count: int) -> Iterator[Death]:
    """Half of them at calls, each call before and after with each signal in turn; half at random instants."""
    rng = Random(seed)
    boundaries = itertools.cycle(itertools.product((signal.SIGKILL, signal.SIGTERM), (False, True), CALLS))
    for number in range(count):
        if number % 2:
            yield Death(rng.choice((signal.SIGKILL, signal.SIGTERM)), in_s=rng.uniform(0.005, 0.15))
        else:
            kill, after, call = next(boundaries)
            yield Death(kill, call, 1 if call == "install" else rng.randint(1, 3), after)


@dataclass
class Figures:
    """What came of it."""

    kills: int = 0
    at_calls: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    answered: int = 0  # presses that were answered
    cards_twice: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        at = ", ".join(f"{call} {times}" for call, times in sorted(self.at_calls.items()))
        return (
            f"{self.kills} kills, {self.at_calls.total()} of them at a call ({at}); {self.letters} letters, "
            f"{self.answered} presses answered; {len(self.wrong)} lost or doubled; {self.cards_twice} cards stand twice"
        )


@dataclass(slots=True)
class _Job:
    number: int
    kind: str
    said: Any = None
    press: Press | None = None


class Killing:
    """One office, and the processes that die in it. `finds_drafts` False is a world that doubles drafts."""

    def __init__(self, folder: Path, url: str, *, seed: int, product: str = "ours", finds_drafts: bool = True) -> None:
        self._socket, self._url, self._product = folder / "outside", url, product
        self._store = SqlStore(Database(url), OFFICE.entity_id)
        self._ahead_s = 0.0
        self.office = Office(Random(seed), self._now)
        self.office.box.finds_drafts = finds_drafts
        self.figures = Figures()
        self._parts: dict[str, Any] = {
            "box": self.office.box,
            "archive": self.office.archive,
            "chats": self.office.chats,
            "installs": self.office,
            "teams": FakeTeams(),
        }
        self._numbers = itertools.count(1)
        self._todo: deque[_Job] = deque()
        self._in_hand: dict[int, _Job] = {}
        self._more = asyncio.Condition()
        self._death: Death | None = None
        self._seen = 0
        self._pid = 0
        self._answering: set[asyncio.Task[None]] = set()
        self._excused: Counter[str] = Counter()  # how often a process died between sending a card and noting it

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    async def run(self, planned: Sequence[Death]) -> Figures:
        """Let a process live for each of the deaths, then one in peace; and judge."""
        self._store.write(lambda tx: tx.save_office(OFFICE))
        server = await asyncio.start_unix_server(self._serve, self._socket)
        command = [sys.executable, "-m", "tests.acceptance.mortal", str(self._socket), self._url, self._product]
        mother = await asyncio.create_subprocess_exec(
            *command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            for death in planned:
                self._letters_come()
                await self._one_life(mother, death)
            for _ in range(REST_AT_MOST):
                if self._is_over():
                    break
                self._ahead_s += LOOK_AGAIN_S
                await self._one_life(mother, None)
        finally:
            assert mother.stdin is not None
            mother.stdin.close()
            await mother.wait()
            server.close()
            for task in self._answering:
                task.cancel()
        self._judge()
        return self.figures

    def _judge(self) -> None:
        office, figures = self.office, self.figures
        figures.letters = office.came
        figures.cards_twice = sum(office.chats.sent.values()) - len(office.chats.sent)
        figures.wrong = wrong(self._store, office, excused=self._excused)
        self._store.close()

    def _is_over(self) -> bool:
        nothing_left = not self._todo and not self._in_hand and not self.office.pressing and not self.office.told
        return nothing_left and len(self.office.box.sent) >= self.office.came and at_rest(self._store)

    def _letters_come(self) -> None:
        if self.office.came - len(self.office.box.sent) < LETTERS_AT_ONCE:
            for _ in range(self.office.rng.randint(1, 3)):
                self.office.arrives()

    # ------------------------------------------------------------ a life

    async def _one_life(self, mother: asyncio.subprocess.Process, death: Death | None) -> None:
        assert mother.stdin is not None
        assert mother.stdout is not None
        self._ahead_s += LEASE_AND_MORE_S
        self._todo.extendleft(self._in_hand.values())
        self._in_hand.clear()
        self._death, self._seen = death, 0
        for kind in ("keep", "visit", "perform"):
            self._todo.append(_Job(next(self._numbers), kind))
        mother.stdin.write(f"live {self._ahead_s}\n".encode())
        self._pid = int(await mother.stdout.readline())
        if death is None:
            ended = asyncio.create_task(self._in_peace())
        else:
            ended = asyncio.create_task(self._strike_later(death))
        of = int(await mother.stdout.readline())
        left = [ended, *self._answering]  # the dead wait for nothing
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        assert of in (signal.SIGKILL, signal.SIGTERM), "the process ended by itself"
        self.figures.kills += death is not None
        self._excused.update(unnoted(self._store, self.office))

    async def _strike_later(self, death: Death) -> None:
        if death.call is None:
            await asyncio.sleep(death.in_s)
        else:
            await self._nothing_to_do()
        self._kill(death.number)

    async def _in_peace(self) -> None:
        await self._nothing_to_do()
        self._kill(signal.SIGKILL)

    async def _nothing_to_do(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(COMES_WITHIN_S), self._more:
                await self._more.wait_for(lambda: not self._todo and not self._in_hand)

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    # ------------------------------------------------------------ what the process asks

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError, ConnectionError):
            while True:
                task = asyncio.create_task(self._answer(writer, *await receive(reader)))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, number: int, part: str, method: str, args: Any, named: Any
    ) -> None:
        struck = False
        if part == "jobs":
            answer = await (self._next_job() if method == "next" else self._job_done(*args))
        else:
            death = self._death
            if death is not None and method == death.call:
                self._seen += 1
                struck = self._seen == death.nth
            if struck and death is not None and not death.after:
                self._note_strike(death)
                return
            answer = await self._done(part, method, args, named)
            if struck and death is not None:
                self._note_strike(death)
                return
        if not writer.is_closing():
            send(writer, (number, answer))

    async def _done(self, part: str, method: str, args: Any, named: Any) -> Any:
        if method == "listing":
            return [item async for item in self._parts[part].listing(*args)]
        try:
            answer = await getattr(self._parts[part], method)(*args, **named)
        except Exception as error:
            return error
        for press in self.office.pressing:
            self._todo.append(_Job(next(self._numbers), "turn", press.activity, press))
        for activity in self.office.told:
            self._todo.append(_Job(next(self._numbers), "turn", activity))
        if self.office.pressing or self.office.told:
            self.office.pressing.clear()
            self.office.told.clear()
            await self._wake()
        return answer

    def _note_strike(self, death: Death) -> None:
        self._kill(death.number)
        self.figures.at_calls[f"{'after' if death.after else 'before'} {death.call}"] += 1

    async def _next_job(self) -> tuple[int, str, Any]:
        async with self._more:
            await self._more.wait_for(lambda: self._todo)
            job = self._todo.popleft()
        self._in_hand[job.number] = job
        return job.number, job.kind, job.said

    async def _job_done(self, number: int, answer: Any, rings: bool) -> None:
        job = self._in_hand.pop(number, None)
        if job is None:
            return  # it is with somebody else by now
        if job.press is not None:
            if answer["type"].endswith("adaptive"):
                self.figures.answered += 1
                for press in job.press.then:
                    self._todo.append(_Job(next(self._numbers), "turn", press.activity, press))
            else:  # busy: they press again
                self._todo.append(job)
        if rings:
            self._todo.append(_Job(next(self._numbers), "perform"))
        await self._wake()

    async def _wake(self) -> None:
        async with self._more:
            self._more.notify_all()


def killed(url: str, planned: Sequence[Death], *, seed: int = 1448, **how: Any) -> Figures:
    """Let the product die so, in the fresh register *url*, and say what came of it. *how*: see Killing."""
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        return runner.run(_killed(Path(name), url, planned, seed, how))


async def _killed(folder: Path, url: str, planned: Sequence[Death], seed: int, how: dict[str, Any]) -> Figures:
    return await Killing(folder, url, seed=seed, **how).run(planned)


def main() -> None:
    ask = argparse.ArgumentParser(description="Kill the product, and see what is lost.")
    ask.add_argument("--kills", type=int, default=1_000)
    ask.add_argument("--seed", type=int, default=1448)
    ask.add_argument("--url", help="a fresh register; without it a SQLite file")
    ask.add_argument("--product", default="ours")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as name:
        url = given.url or stores.sqlite_url(Path(name))
        found = killed(url, list(deaths(given.seed, given.kills)), seed=given.seed, product=given.product)
    print(found)  # noqa: T201
    print(*found.wrong[:20], sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
