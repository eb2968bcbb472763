################################################################
# What may be done with a delegation, and what follows from it
################################################################
#
# Rule 1: as in registry/decide.py: no clock, no input or output; asking twice is harmless.
# Rule 2: who delegates is who is away, or who stands above the post; an order names its number. The substitute accepts
#         it, except an order; either of the two ends it, at any instant.
# Rule 3: when it begins, what waits for the delegator is put before the substitute; when it ends, the substitute's
#         cards are written anew. Both follow from the people's standings before and after, whoever is in the chain.

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.acting import words
from registry.decisions import Nothing, Refused
from registry.delegation import Delegation, Standing
from registry.delegation_sheet import (
    Delegated,
    DelegationAccepted,
    DelegationBegan,
    DelegationDeclined,
    DelegationEnded,
    evolve_delegation,
)
from registry.events import Event
from registry.office import SYSTEM, Office, Person
from registry.vocabulary import CONFIDENTIALITIES, KINDS, may_see

LONGEST_TIME = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """`to_person` is to act for `from_person`, from `starts` to before `until`; with `post`, for the head of a unit."""

    delegation_id: str
    by: str  # SYSTEM: another system of the ministry
    from_person: str
    to_person: str
    starts: datetime
    until: datetime
    secrecy: str = ""  # empty: as far as the delegator is cleared
    kinds: tuple[str, ...] = ()
    may_pass_on: bool = False
    post: str | None = None
    order: str | None = None
    note: str | None = None
    on_behalf_of: str | None = None  # the app that asks, where a system does


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDelegation:
    delegation_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineDelegation:
    delegation_id: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDelegation:
    """The delegator takes it back, or the substitute hands it back."""

    delegation_id: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepTime:
    """It may be time for it to begin, or to end."""

    delegation_id: str


type DelegationCommand = Delegate | AcceptDelegation | DeclineDelegation | EndDelegation | KeepTime


@dataclass(frozen=True, slots=True)
class Agreed:
    """It comes true: these events happened, and `after` is what they add up to."""

    events: tuple[Event, ...]
    after: Delegation


type DelegationDecision = Agreed | Refused | Nothing


def decide_delegation(
    command: DelegationCommand, delegation: Delegation | None, office: Office, now: datetime
) -> DelegationDecision:
    """Judge *command* on *delegation* as it stands in *office* at *now*."""
    if isinstance(command, Delegate):
        return _decide_new(command, delegation, office, now)
    if delegation is None:
        return Refused("delegate.unknown")
    match command:
        case AcceptDelegation():
            return _decide_accept(command, delegation, now)
        case DeclineDelegation():
            return _decide_decline(command, delegation, now)
        case EndDelegation():
            return _decide_end(command, delegation, office, now)
        case KeepTime():
            return _decide_time(delegation, office, now)


def posts_of(person: Person, office: Office) -> tuple[str, ...]:
    """The units whose head's post *person* may give to another: those they head, and those below them."""
    headed = [unit_id for unit_id, unit in office.units.items() if unit.head == person.person_id]
    return tuple(unit_id for unit_id in office.units if any(_lies_below(unit_id, top, office) for top in headed))


def _lies_below(unit_id: str, top: str, office: Office) -> bool:
    """Whether the unit is *top*, or under it."""
    seen: set[str] = set()
    at: str | None = unit_id
    while at is not None and at not in seen:
        if at == top:
            return True
        seen.add(at)
        unit = office.unit(at)
        at = unit.under if unit is not None else None
    return False


# ---------------------------------------------------------------- entering


def _decide_new(ask: Delegate, known: Delegation | None, office: Office, now: datetime) -> DelegationDecision:
    if known is not None:
        return Nothing()
    if (reason := _unfit(ask, office, now)) is not None:
        substitute = office.person(ask.to_person)
        return Refused(reason, {"who": substitute.name if substitute is not None else ask.to_person})
    if any(_is_the_same(ask, d) for d in office.delegations):
        return Nothing()
    giver = office.people[ask.from_person]
    delegated = Delegated(
        at=now,
        by=ask.by,
        capacity=_capacity(ask.by, office),
        on_behalf_of=ask.on_behalf_of,
        from_person=ask.from_person,
        to_person=ask.to_person,
        starts=ask.starts,
        until=ask.until,
        secrecy=ask.secrecy or giver.clearance,
        kinds=tuple(kind for kind in KINDS if kind in ask.kinds),
        may_pass_on=ask.may_pass_on,
        post=ask.post,
        order=words(ask.order),
        note=words(ask.note),
    )
    return _with_beginning((delegated,), None, ask.delegation_id, now)


def _unfit(ask: Delegate, office: Office, now: datetime) -> str | None:
    giver, taker = office.person(ask.from_person), office.person(ask.to_person)
    if giver is None or (not giver.active and ask.post is None):
        return "delegate.nobody_away"
    if taker is None or not taker.active:
        return "delegate.nobody"
    if ask.to_person == ask.from_person:
        return "delegate.to_oneself"
    if (reason := _unfit_right(ask, giver, office)) is not None:
        return reason
    if ask.until <= ask.starts or ask.until <= now:
        return "delegate.no_time"
    if ask.until - max(ask.starts, now) > LONGEST_TIME:
        return "delegate.too_long"
    if any(kind not in KINDS or not KINDS[kind].listed for kind in ask.kinds):
        return "delegate.unknown_kind"
    if ask.secrecy and (ask.secrecy not in CONFIDENTIALITIES or not may_see(giver.clearance, ask.secrecy)):
        return "delegate.too_secret"
    return None


def _unfit_right(ask: Delegate, giver: Person, office: Office) -> str | None:
    """Why whoever asks may not delegate this: they give what is theirs, or a post that they hold or stand above."""
    asking = office.person(ask.by)
    if ask.by != SYSTEM and (asking is None or not asking.active):
        return "delegate.not_yours"
    if ask.post is None:
        return "delegate.order_needs_post" if words(ask.order) else _not_theirs(ask.by not in (SYSTEM, giver.person_id))
    unit = office.unit(ask.post)
    if unit is None or unit.head != giver.person_id:
        return "delegate.no_such_post"
    if words(ask.order) is None:
        return "delegate.order_missing"
    return _not_theirs(asking is not None and ask.post not in posts_of(asking, office))


def _not_theirs(wrong: bool) -> str | None:
    return "delegate.not_yours" if wrong else None


def _is_the_same(ask: Delegate, known: Delegation) -> bool:
    def of(one: Delegate | Delegation) -> tuple[object, ...]:
        return one.from_person, one.to_person, one.starts, one.until, one.post, words(one.order), set(one.kinds)

    return known.is_open and of(ask) == of(known) and ask.secrecy in ("", known.secrecy)


# ---------------------------------------------------------------- accepting, ending


def _decide_accept(ask: AcceptDelegation, delegation: Delegation, now: datetime) -> DelegationDecision:
    if ask.by != delegation.to_person:
        return Refused("delegate.not_for_you")
    if not delegation.is_open or now >= delegation.until:
        return Refused("delegate.over")
    if delegation.accepted_at is not None:
        return Nothing()
    accepted = DelegationAccepted(at=now, by=ask.by)
    return _with_beginning((accepted,), delegation, delegation.delegation_id, now)


def _decide_decline(ask: DeclineDelegation, delegation: Delegation, now: datetime) -> DelegationDecision:
    if ask.by != delegation.to_person:
        return Refused("delegate.not_for_you")
    if delegation.declined:
        return Nothing()
    if not delegation.is_open:
        return Refused("delegate.over")
    if delegation.binds:
        return Refused("delegate.hand_it_back")
    declined = DelegationDeclined(at=now, by=ask.by, note=words(ask.note))
    return _agreed((declined,), delegation, delegation.delegation_id)


def _decide_end(ask: EndDelegation, delegation: Delegation, office: Office, now: datetime) -> DelegationDecision:
    substitute = ask.by == delegation.to_person
    asking = office.person(ask.by)
    above = asking is not None and delegation.post is not None and delegation.post in posts_of(asking, office)
    if not substitute and not above and ask.by not in (SYSTEM, delegation.from_person, delegation.entered_by):
        return Refused("delegate.not_yours_to_end")
    if delegation.ended_at is not None and delegation.ended_by == ask.by:
        return Nothing()
    if not delegation.is_open:
        return Refused("delegate.over")
    if substitute and not delegation.binds:
        return Refused("delegate.decline_it")
    if substitute and delegation.order is not None:
        return Refused("delegate.ordered")
    ended = DelegationEnded(
        at=now,
        by=ask.by,
        capacity=_capacity(ask.by, office),
        why="handed_back" if substitute else "revoked",
        note=words(ask.note),
    )
    return _agreed((ended,), delegation, delegation.delegation_id)


def _decide_time(delegation: Delegation, office: Office, now: datetime) -> DelegationDecision:
    """Begin what is to begin; end what is over, was never accepted in its time, or whose people are gone."""
    if not delegation.is_open:
        return Nothing()
    if (why := why_over(delegation, office, now)) is not None:
        ended = DelegationEnded(at=now, by=SYSTEM, why=why, note=None)
        return _agreed((ended,), delegation, delegation.delegation_id)
    if delegation.began_at is None and delegation.works(now):
        return _agreed((DelegationBegan(at=now, by=SYSTEM),), delegation, delegation.delegation_id)
    return Nothing()


def why_over(delegation: Delegation, office: Office, now: datetime) -> str | None:
    """Why time or the directory ends an open delegation at *now*; None where neither does."""
    giver, taker = office.people.get(delegation.from_person), office.people.get(delegation.to_person)
    giver_is_gone = (giver is None or not giver.active) and delegation.post is None
    if giver_is_gone or taker is None or not taker.active:
        return "left"
    if now >= delegation.until:
        return "over" if delegation.binds else "lapsed"
    return None


def is_due(delegation: Delegation, office: Office, now: datetime) -> bool:
    """Whether `KeepTime` would change something."""
    begins = delegation.began_at is None and delegation.works(now)
    return delegation.is_open and (begins or why_over(delegation, office, now) is not None)


def _with_beginning(
    events: tuple[Event, ...], delegation: Delegation | None, delegation_id: str, now: datetime
) -> Agreed:
    """As `_agreed`; where it works from now on, it begins with it."""
    agreed = _agreed(events, delegation, delegation_id)
    if agreed.after.works(now):
        return _agreed((*events, DelegationBegan(at=now, by=SYSTEM)), delegation, delegation_id)
    return agreed


def _agreed(events: tuple[Event, ...], delegation: Delegation | None, delegation_id: str) -> Agreed:
    after = delegation
    for event in events:
        after = evolve_delegation(delegation_id, after, event)
    assert after is not None, "something happened"
    return Agreed(events, after)


def _capacity(by: str, office: Office) -> str | None:
    if by == SYSTEM:
        return None
    return "head" if any(unit.head == by for unit in office.units.values()) else "member"


# ---------------------------------------------------------------- whose cards move


def standing_by(office: Office, delegation_id: str) -> Iterator[tuple[Person, Standing]]:
    """Everyone who stands in for somebody by this delegation, alone or as a link of a chain."""
    givers = {delegation.to_person for delegation in office.delegations}
    for who in sorted(givers):
        person = office.person(who)
        for standing in person.stands_for if person is not None else ():
            if delegation_id in standing.via:
                yield person, standing  # type: ignore[misc]  # who stands in is somebody
