################################################################
# Acting for another: what a delegation says, and whom somebody stands in for because of it
################################################################
#
# Rule 1: a delegation works from `starts` to before `until`, once the substitute accepted it, until somebody ends it;
#         an order for a post works without being accepted. All of it is asked at the instant of the decision.
# Rule 2: what was delegated is passed on only where it says so; a chain has LONGEST links at most and nobody twice.
# Rule 3: a chain is as narrow as its narrowest link: the kinds that all of them name, and the lowest secrecy of all
#         that they name and that anybody in it is cleared for.
# Rule 4: only what was put before the delegator by name is delegated, and of a post only what was put before it. A
#         register is kept by all its clerks; nobody stands in for one of them.
# Rule 5: the delegator loses nothing: who acts first decides.

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from registry.vocabulary import CONFIDENTIALITIES

if TYPE_CHECKING:
    from registry.office import Person

LONGEST = 3  # links of a chain

DELEGATE, ACTING = "delegate", "acting"  # the capacities in which somebody acts for another

PROPOSED, DECLINED, COMING, WORKING, OVER = "proposed", "declined", "coming", "working", "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """`to_person` acts for `from_person`; what has become of that by now."""

    delegation_id: str
    from_person: str
    to_person: str
    starts: datetime
    until: datetime  # the first instant at which it works no more
    secrecy: str  # up to which
    kinds: tuple[str, ...] = ()  # of records; none: all
    may_pass_on: bool = False
    post: str | None = None  # the unit whose head's post it is; None: the person
    order: str | None = None  # by which order, for a post
    note: str | None = None
    entered_by: str
    entered_at: datetime
    accepted_at: datetime | None = None
    declined: bool = False
    began_at: datetime | None = None  # when what waited was put before the substitute
    ended_at: datetime | None = None
    ended_by: str | None = None
    why: str | None = None  # revoked, handed_back, over, lapsed, left
    version: int = 1

    @property
    def binds(self) -> bool:
        """Whether it works in its time: accepted, or ordered."""
        return self.accepted_at is not None or self.order is not None

    @property
    def is_open(self) -> bool:
        """Whether it works, or may yet."""
        return self.ended_at is None and not self.declined

    def works(self, at: datetime) -> bool:
        """Whether it works at the instant *at*."""
        accepted = self.order is not None or (self.accepted_at is not None and self.accepted_at <= at)
        ended = self.declined or (self.ended_at is not None and self.ended_at <= at)
        return accepted and not ended and self.starts <= at < self.until

    def state(self, at: datetime) -> str:
        if self.declined:
            return DECLINED
        if self.ended_at is not None or at >= self.until:
            return OVER
        if not self.binds:
            return PROPOSED
        return WORKING if self.works(at) else COMING


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """That somebody stands in for `for_person`, directly or `through` others; `via` are the delegations."""

    for_person: str
    via: tuple[str, ...]
    starts: datetime
    until: datetime
    kinds: frozenset[str] | None  # None: all
    secrecy: str
    post: str | None = None
    order: str | None = None
    through: tuple[str, ...] = ()

    @property
    def capacity(self) -> str:
        return ACTING if self.order is not None else DELEGATE

    def works(self, at: datetime) -> bool:
        return self.starts <= at < self.until

    def covers(self, kind: str, confidentiality: str) -> bool:
        """Whether records of this kind, this secret, are among what was delegated."""
        within = CONFIDENTIALITIES.index(confidentiality) <= CONFIDENTIALITIES.index(self.secrecy)
        return within and (self.kinds is None or kind in self.kinds)

    def is_for(self, to_person: str | None, to_unit: str) -> bool:
        """Whether what was put before *to_person*, as one of *to_unit*, is put before this substitute."""
        return to_person == self.for_person and self.post in (None, to_unit)


def standings(people: "Mapping[str, Person]", delegations: Iterable[Delegation]) -> dict[str, tuple[Standing, ...]]:
    """Return for whom everybody stands in, the shortest chain first. Windows may lie in the past or in the future."""
    bound = [d for d in delegations if d.is_open and d.binds and _present(people, d)]
    by_from: dict[str, list[Delegation]] = {}
    for delegation in sorted(bound, key=lambda d: d.delegation_id):
        by_from.setdefault(delegation.from_person, []).append(delegation)
    found: dict[str, list[Standing]] = {}
    for first in by_from:
        for chain in _chains(by_from, (), first):
            if (standing := _standing(people, chain)) is not None:
                found.setdefault(chain[-1].to_person, []).append(standing)
    return {who: tuple(sorted(those, key=lambda s: (len(s.via), s.via))) for who, those in found.items()}


def _present(people: "Mapping[str, Person]", delegation: Delegation) -> bool:
    """Whether both are still there; of a post, its holder need not be."""
    giver, taker = people.get(delegation.from_person), people.get(delegation.to_person)
    if giver is None or taker is None:
        return False
    return taker.active and (giver.active or delegation.post is not None)


def _chains(
    by_from: Mapping[str, list[Delegation]], before: tuple[Delegation, ...], giver: str
) -> Iterator[tuple[Delegation, ...]]:
    """Every chain that goes on from *before*, whose last link led to *giver*."""
    met = {link.from_person for link in before} | {giver}
    for link in by_from.get(giver, ()):
        if link.to_person in met or (before and link.post is not None):
            continue
        chain = (*before, link)
        yield chain
        if len(chain) < LONGEST and link.may_pass_on:
            yield from _chains(by_from, chain, link.to_person)


def _standing(people: "Mapping[str, Person]", chain: tuple[Delegation, ...]) -> Standing | None:
    starts = max(max(link.starts, _accepted(link)) for link in chain)
    until = min(link.until for link in chain)
    kinds: frozenset[str] | None = None
    for link in chain:
        if link.kinds:
            kinds = frozenset(link.kinds) if kinds is None else kinds & frozenset(link.kinds)
    levels = [link.secrecy for link in chain]
    levels += [people[who].clearance for link in chain for who in (link.from_person, link.to_person)]
    if starts >= until or kinds == frozenset():
        return None
    return Standing(
        for_person=chain[0].from_person,
        via=tuple(link.delegation_id for link in chain),
        starts=starts,
        until=until,
        kinds=kinds,
        secrecy=min(levels, key=CONFIDENTIALITIES.index),
        post=chain[0].post,
        order=chain[0].order,
        through=tuple(link.from_person for link in chain[1:]),
    )


def _accepted(link: Delegation) -> datetime:
    return link.starts if link.order is not None or link.accepted_at is None else link.accepted_at
