"""Waiting for what other threads and programs do: on a condition, with a deadline, never for a while."""

import threading
import time
from collections.abc import Callable

_A_MOMENT_S, _PATIENCE_S = 0.002, 60.0


def until(true: Callable[[], object], patience_s: float = _PATIENCE_S) -> None:
    """Return as soon as *true* says so. Fails where it does not within *patience_s* seconds."""
    deadline, never = time.monotonic() + patience_s, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"waited {patience_s:g} s in vain for {true}"
        never.wait(_A_MOMENT_S)
