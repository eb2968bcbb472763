################################################################
# Circuits: who must agree to what we issue, and in which order
################################################################
#
# Rule 1: a circuit is stages one after another; in a stage sit people who are asked at once. To initial, to give an
#         opinion, to approve and to sign are different acts.
# Rule 2: what a stage needs is a number of those who sit in it: all, any one, or a quorum. An opinion is neither for
#         nor against: everybody who is needed for it gives one.
# Rule 3: what was decided in a stage counts from when the stage was opened last: `opened_from`.
# Rule 4: the last stage is one that signs: nothing gets a number without.
#
# Source: domain of official correspondence in Gulf ministries (sections 4.2 to 4.4).

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from registry.recipients import Chosen

INITIAL, OPINION, APPROVE, SIGN = "initial", "opinion", "approve", "sign"
ACTS = (INITIAL, OPINION, APPROVE, SIGN)
ASKED_IN = {INITIAL: "for_initial", OPINION: "for_study_opinion", APPROVE: "for_approval", SIGN: "for_signature"}

ALL, ANY, QUORUM = "all", "any", "quorum"
MODES = (ALL, ANY, QUORUM)

WAITING, OPEN, PASSED, SKIPPED, LOST = "waiting", "open", "passed", "skipped", "lost"

FOR = frozenset({"initialled", "completed", "approved", "signed"})
AGAINST = "rejected"
MOST_STAGES, MOST_SEATS = 20, 20


@dataclass(frozen=True, slots=True)
class Seat:
    """One who is asked in a stage, and the unit for which they are."""

    person: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a record's circuit. `number` is its name, for ever; where it stands says its place."""

    number: int
    act: str
    seats: tuple[Seat, ...]
    mode: str = ALL
    quorum: int = 0  # of QUORUM
    fixed: bool = False  # nobody may skip it
    state: str = WAITING
    opened_from: int = 0  # the first step of its last opening

    @property
    def needed(self) -> int:
        """How many of those who sit in it must have acted."""
        return {ALL: len(self.seats), ANY: 1}.get(self.mode, self.quorum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The way of one record. `level` is that at which it was planned to be signed."""

    stages: tuple[Stage, ...]
    seal: str
    level: int = 0
    edited: bool = False  # its words have changed since it was submitted

    def stage(self, number: int | None) -> Stage | None:
        return next((s for s in self.stages if s.number == number), None)

    @property
    def current(self) -> Stage | None:
        """The stage that is asked now."""
        return next((s for s in self.stages if s.state == OPEN), None)

    @property
    def next(self) -> Stage | None:
        """The first stage that is not over."""
        return next((s for s in self.stages if s.state in (WAITING, OPEN)), None)


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom something goes when it is issued: a person, or a unit's head (`person` is None); and what is asked."""

    unit: str
    person: str | None
    asked: str


EVERYONE = "*"  # the unit of an addressee that is everybody who is active


class Voice(Protocol):
    """What of a step says how its person decided."""

    @property
    def number(self) -> int: ...
    @property
    def stage(self) -> int | None: ...
    @property
    def outcome(self) -> str | None: ...


def voices(stage: Stage, steps: Iterable[Voice]) -> tuple[int, int]:
    """Return how many acted, and how many rejected, since *stage* was opened."""
    said = [s.outcome for s in steps if s.stage == stage.number and s.number >= stage.opened_from]
    return sum(outcome in FOR for outcome in said), said.count(AGAINST)


def standing(stage: Stage, steps: Iterable[Voice]) -> str:
    """Return how an open *stage* stands: passed when enough have acted, lost when enough no longer can."""
    acted, rejected = voices(stage, steps)
    if acted >= stage.needed:
        return PASSED
    return LOST if len(stage.seats) - rejected < stage.needed else OPEN


def seal_of(
    subject: str,
    text: str,
    addressees: Sequence[Addressee],
    party: str | None,
    files: Sequence[str],
    recipients: Sequence[Chosen] = (),
) -> str:
    """Return the SHA-256 (hex) of what people decide on: words, to whom it goes, and the files by their SHA-256."""
    to = [[a.unit, a.person, a.asked] for a in addressees]
    outside = [[[r.entity, r.copy] for r in recipients]] if recipients else []  # earlier seals know of none
    whole = json.dumps([subject, text, to, party, list(files), *outside], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


# ---------------------------------------------------------------- the office's own, as data


@dataclass(frozen=True, slots=True)
class Who:
    """Who sits in a stage, before it is known who that is: `way` head, above, post, person; of what, in `of`.

    For head and above, `of` is a unit, or empty: the drafter's.
    """

    way: str
    of: str = ""


HEAD, ABOVE, POST, PERSON = "head", "above", "post", "person"
WAYS = (HEAD, ABOVE, POST, PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """A stage as the office lays it down. `in_turn`: those who sit in it are asked one after another."""

    act: str
    who: tuple[Who, ...]
    mode: str = ALL
    quorum: int = 0
    fixed: bool = False
    in_turn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRule:
    """The circuit of a kind, for a unit's drafts, at a signing level; "" and 0 are any."""

    stages: tuple[StageRule, ...]
    kind: str = ""
    unit: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningLevel:
    """A level at which something is signed, and who signs at it: heads of units, people by user name."""

    ar: str
    en: str
    heads_of: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def _usual() -> tuple[CircuitRule, ...]:
    return (CircuitRule(stages=(StageRule(act=SIGN, who=(Who(HEAD),), fixed=True),)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuits:
    """All that the office lays down of circuits. `levels` from the lowest up; without any, heads sign.

    Without rules of its own, the head of the drafter's unit signs.
    """

    rules: tuple[CircuitRule, ...] = field(default_factory=_usual)
    levels: tuple[SigningLevel, ...] = ()

    def rule(self, kind: str, unit: str, level: int) -> CircuitRule | None:
        """The first that fits."""
        return next(
            (r for r in self.rules if r.kind in ("", kind) and r.unit in ("", unit) and r.level in (0, level)), None
        )
