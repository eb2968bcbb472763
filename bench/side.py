################################################################
# A side of a measurement: a program of its own, measured round by round
################################################################
#
# Rule 1: a side stays alive between rounds, so that the sides can take turns and none pays for its start; it measures
#         itself: CPU is what its process used, user and system, in all its threads.
# Rule 2: parent and side speak in lines of JSON over the side's stdin and stdout; what the side prints goes to stderr.
# Rule 3: this file imports the standard library alone: it runs in the peers' environment as well.

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REPOSITORY = Path(__file__).resolve().parent.parent


class Side:
    """A side that runs. Call it for a round.

    Args:
        module: The program, `bench.sides.…`.
        told: What it needs to know, as JSON can say it.
        python: Whose interpreter runs it.
        within: A command that runs a command, and within which it is to run.
    """

    def __init__(
        self,
        module: str,
        told: Mapping[str, Any],
        *,
        python: Path | str = sys.executable,
        env: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [*within, str(python), "-m", module, json.dumps(told)],
            cwd=REPOSITORY,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.ready = self._read()

    def __call__(self, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        return self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait()}")
        told: dict[str, Any] = json.loads(line)
        return told


@dataclass(slots=True)
class Spent:
    """What a stretch of this process took."""

    cpu_s: float = 0.0
    wall_s: float = 0.0


@contextlib.contextmanager
def spent() -> Iterator[Spent]:
    """Measure what is inside, all threads of this process together."""
    found = Spent()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield found
    finally:
        found.cpu_s, found.wall_s = time.process_time() - cpu, time.perf_counter() - wall


def serve(measure: Callable[..., Mapping[str, Any]], ready: Mapping[str, Any] | None = None) -> None:
    """In the side: answer every line of stdin by one round of *measure*, until stdin ends."""
    out, sys.stdout = sys.stdout, sys.stderr
    _say(out, ready or {})
    for line in sys.stdin:
        _say(out, measure(**json.loads(line)))


def told(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """In the side: what the parent told it."""
    found: dict[str, Any] = json.loads((arguments or sys.argv)[1])
    return found


def _say(out: Any, value: Mapping[str, Any]) -> None:
    out.write(json.dumps(value) + "\n")
    out.flush()
