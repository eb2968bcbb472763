"""What happens to a delegation, and what its events add up to: a sheet of its own, chained as a record's is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from registry.changed import changed
from registry.delegation import Delegation
from registry.events import Event
from registry.prepared import prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated(Event):
    """Somebody is to act for another, or for the holder of a post."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    from_person: str
    to_person: str
    starts: datetime
    until: datetime
    secrecy: str
    kinds: tuple[str, ...]
    may_pass_on: bool
    post: str | None
    order: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationAccepted(Event):
    """The substitute took it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationDeclined(Event):
    """The substitute did not."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationBegan(Event):
    """Its time came: what waits for the delegator is put before the substitute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEnded(Event):
    """It works no more. `why`: revoked, handed_back, over, lapsed (never accepted), left (one of the two did)."""

    private: ClassVar[frozenset[str]] = frozenset({"note"})

    why: str
    note: str | None


DELEGATION_EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (Delegated, DelegationAccepted, DelegationDeclined, DelegationBegan, DelegationEnded)
}
for _kind in DELEGATION_EVENTS.values():
    prepared(_kind)


def fold_delegation(delegation_id: str, events: Iterable[Event]) -> Delegation | None:
    """Return what *events* add up to; None for no events."""
    delegation: Delegation | None = None
    for event in events:
        delegation = evolve_delegation(delegation_id, delegation, event)
    return delegation


def evolve_delegation(delegation_id: str, delegation: Delegation | None, event: Event) -> Delegation:
    """Return the delegation after *event*."""
    if isinstance(event, Delegated):
        return Delegation(
            delegation_id=delegation_id,
            from_person=event.from_person,
            to_person=event.to_person,
            starts=event.starts,
            until=event.until,
            secrecy=event.secrecy,
            kinds=event.kinds,
            may_pass_on=event.may_pass_on,
            post=event.post,
            order=event.order,
            note=event.note,
            entered_by=event.by,
            entered_at=event.at,
        )
    assert delegation is not None, "the first event of its sheet is Delegated"
    after = changed(delegation, version=delegation.version + 1)
    match event:
        case DelegationAccepted():
            return changed(after, accepted_at=event.at)
        case DelegationDeclined():
            return changed(after, declined=True, ended_by=event.by)
        case DelegationBegan():
            return changed(after, began_at=event.at)
        case DelegationEnded(why=why):
            return changed(after, ended_at=event.at, ended_by=event.by, why=why)
        case _:
            raise AssertionError(f"no delegation knows what {type(event).__name__} does to it")
