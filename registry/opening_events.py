"""Who was shown the words of a secret record. The rules are those of events.py."""

from dataclasses import dataclass
from datetime import datetime

from registry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretShown(Event):
    """`by` signed in anew at `signed_in_at`, and was then shown what the record says. Once for each sign-in."""

    signed_in_at: datetime


OPENING_EVENTS: tuple[type[Event], ...] = (SecretShown,)
