"""What may come of performing an effect, besides an error: it is done, or it is too early."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.commands import Command
from service.ports import Transaction


@dataclass(frozen=True, slots=True)
class Done:
    """What is to be kept when an effect was performed."""

    command: Command | None = None
    also: Callable[[Transaction, datetime], None] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It cannot be done yet. `patient`: no number of tries makes it stuck; the other side will be back."""

    wait_s: float
    why: str
    patient: bool = False
    unless: Callable[[Transaction], bool] | None = None  # what it waits for came meanwhile: due at once


type Performs = Callable[[Any, int], Awaitable[Done | Later]]  # an effect of its type, and how often it was tried
