################################################################
# One invocation: the function runs, then its output bindings are stored
################################################################
#
# Rule 1: an invocation has succeeded when its messages are stored, not before; whoever waits for it is answered then.
# Rule 2: every failure is one line in the log with the function's name, and the stack below it.

import asyncio
import base64
import logging
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from sandbox.queues import MessageTooLarge, Parcel, Queues
from sandbox.worker import FunctionFailed, Invoked

log = logging.getLogger("host")

SHUFFLE_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class QueueFaults:
    """What happens to messages on their way into a queue.

    Attributes:
        double: The share of messages, 0 to 1, that are delivered twice.
        shuffle: Whether messages overtake each other, by waits of up to SHUFFLE_WITHIN_S.
    """

    double: float = 0.0
    shuffle: bool = False
    seed: int = 0


class Invocations:
    """Runs functions to their end. `faults` may be changed at any time."""

    def __init__(self, queues: Queues, *, encoding: str, timeout_s: float) -> None:
        self._queues = queues
        self._encoding = encoding
        self._timeout_s = timeout_s
        self.faults = QueueFaults()
        self._dice = random.Random(0)

    def set_faults(self, faults: QueueFaults) -> None:
        self.faults = faults
        self._dice = random.Random(faults.seed)

    async def finish(self, name: str, running: Awaitable[Invoked]) -> Invoked:
        """Await the function *name* that is *running*, store what it leaves, and log a failure.

        Raises:
            FunctionFailed: it raised, took longer than functionTimeout, or its messages cannot be stored.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                done = await running
            await self._store(done.messages)
        except TimeoutError as error:
            failure = FunctionFailed(f"took longer than {self._timeout_s:g} s")
            log.error("%s failed: %s", name, failure)
            raise failure from error
        except MessageTooLarge as error:
            log.error("%s failed: %s", name, error)
            raise FunctionFailed(str(error)) from error
        except FunctionFailed as failure:
            log.error("%s failed: %s\n%s", name, failure, failure.trace)
            raise
        return done

    async def _store(self, messages: Sequence[tuple[str, bytes]]) -> None:
        parcels = []
        for queue, body in messages:
            for _ in range(2 if self._dice.random() < self.faults.double else 1):
                delay_s = self._dice.uniform(0, SHUFFLE_WITHIN_S) if self.faults.shuffle else 0.0
                parcels.append(Parcel(queue, encoded(body, self._encoding), delay_s))
        if parcels:
            await self._queues.put(parcels)


def encoded(body: bytes, encoding: str) -> str:
    """The text that stands in the queue for *body*."""
    return base64.b64encode(body).decode() if encoding == "base64" else body.decode()


def decoded(text: str, encoding: str) -> bytes:
    """The body that *text* stands for. Raises ValueError when it was put there in another encoding."""
    return base64.b64decode(text, validate=True) if encoding == "base64" else text.encode()
