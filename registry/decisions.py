"""The three answers that `decide` gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.commands import Command
from registry.effects import Effect
from registry.events import Event
from registry.record import Record


@dataclass(frozen=True, slots=True)
class Accepted:
    """It comes true: these events happened, these effects must be performed. `after` is the record with the events.

    `then` are commands on other records that come true in the same transaction, or nothing does.
    """

    events: tuple[Event, ...]
    effects: tuple[Effect, ...] = ()
    then: tuple[Command, ...] = ()
    after: Record | None = field(default=None, compare=False, repr=False)  # `decide` gives it


@dataclass(frozen=True, slots=True)
class Refused:
    """It does not, and `reason` says why: a key into the texts, with the values its sentence names."""

    reason: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The key of its sentence: where it can name whose turn it is, and who may act for them, it does."""
        if self.reason != "may.not_yours" or "who" not in self.values:
            return self.reason
        return "may.not_yours.stand_in" if "others" in self.values else "may.not_yours.who"


@dataclass(frozen=True, slots=True)
class Nothing:
    """It came true before; asking again is harmless, and nobody is told off."""


type Decision = Accepted | Refused | Nothing
