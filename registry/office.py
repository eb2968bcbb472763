"""The people and units of one entity as they stand now: who heads what, who keeps the register, who is away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from registry.changed import changed
from registry.circuits import Circuits
from registry.delegation import Delegation, Standing, standings
from registry.document import DocumentRules
from registry.entities import Entity
from registry.working_time import DueRules
from texts import Language

SYSTEM = "tarasul"  # who acts when a rule of the registry acts; never a person's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the directory. `person_id` is the Entra object id, the only key that is trusted."""

    person_id: str
    name: str
    upn: str = ""
    mail: str = ""
    language: Language = "ar"
    unit_id: str = ""
    post: str = ""
    active: bool = True
    clerk: bool = False  # keeps the register of their unit
    clearance: str = "restricted"
    signs: int = 0  # the level up to which they sign, from 1; 0: they do not
    stands_for: tuple[Standing, ...] = ()  # whom they act for, and when: `Office.person` knows


# What a register does with a letter that another register has entered already: note it on that record, have that record
# referred to it, or enter the letter under a number of its own, linked with the first.
COPIES = ("note", "refer", "link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit. `code` stands in references; `registry_for` are the mailboxes whose register it keeps."""

    unit_id: str
    ar: str
    en: str
    code: str
    head: str | None = None  # person_id
    registry_for: tuple[str, ...] = ()
    copies: str = "note"  # of COPIES
    under: str | None = None  # the unit above this one

    def name(self, lang: Language) -> str:
        return self.en if lang == "en" else self.ar


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRule:
    """Letters in which one of `any_words` stands go to `unit`, asked `asked`; no words: every letter."""

    rule: str
    any_words: tuple[str, ...]
    unit: str
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopGuard:
    """Where two machines must have begun to answer each other.

    `mails`: from one sender on one record within `mails_s`. `answers`: of ours within `answers_s`, to one official who
    goes on writing under the same subject.
    """

    mails: int = 20
    mails_s: int = 3_600
    answers: int = 5
    answers_s: int = 86_400


@dataclass(frozen=True, kw_only=True)
class Office:
    """One entity's people, units and rules, at one moment. Compared by `version`."""

    entity_id: str
    version: int = 0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Kuwait"))
    domains: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)  # the entity's own name by language
    people: dict[str, Person] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    rules: tuple[ReferralRule, ...] = ()
    loop_guard: LoopGuard = LoopGuard()
    due: DueRules | None = None  # None: nothing has a time
    circuits: Circuits = field(default_factory=Circuits)
    documents: DocumentRules = field(default_factory=DocumentRules)
    delegations: tuple[Delegation, ...] = ()  # those that are not over
    entities: dict[str, Entity] = field(default_factory=dict)  # outside, by code: to whom letters go
    mail_up_to: str = "restricted"  # what is more secret goes to them by hand and never by mail

    def person(self, person_id: str | None) -> Person | None:
        """The person as they are now, with everybody whom they stand in for."""
        if self.delegations and (standing := self._standing_in.get(person_id or "")) is not None:
            return standing
        return self.people.get(person_id or "")

    def stand_ins(self, person_id: str | None) -> tuple[Person, ...]:
        """Everyone who stands in for this person, at whatever time."""
        return tuple(p for p in self._standing_in.values() if any(s.for_person == person_id for s in p.stands_for))

    def unit(self, unit_id: str | None) -> Unit | None:
        return self.units.get(unit_id or "")

    def head(self, unit_id: str) -> Person | None:
        """The active head of a unit, if it has one."""
        unit = self.unit(unit_id)
        person = self.person(unit.head) if unit else None
        return person if person is not None and person.active else None

    def head_above(self, unit_id: str) -> Person | None:
        """The active head of the nearest unit above that has one."""
        seen = {unit_id}
        unit = self.unit(unit_id)
        while unit is not None and unit.under is not None and unit.under not in seen:
            if (head := self.head(unit.under)) is not None:
                return head
            seen.add(unit.under)
            unit = self.unit(unit.under)
        return None

    def clerks(self, unit_id: str) -> tuple[Person, ...]:
        """Everyone who keeps the register of *unit_id*."""
        return tuple(p for p in self._by_unit.get(unit_id, ()) if p.clerk and p.active)

    def members(self, unit_id: str) -> tuple[Person, ...]:
        return tuple(p for p in self._by_unit.get(unit_id, ()) if p.active)

    def by_address(self, address: str) -> Person | None:
        """The person whose mail or user name *address* is, whatever its case."""
        return self._by_address.get(address.strip().lower())

    def is_inside(self, address: str) -> bool:
        """Whether *address* says it is one of ours."""
        return address.strip().lower().rpartition("@")[2] in self.domains

    def registry_unit(self, mailbox: str) -> Unit | None:
        """The unit that keeps the register of *mailbox*."""
        return next((u for u in self.units.values() if mailbox.lower() in u.registry_for), None)

    @cached_property
    def _standing_in(self) -> dict[str, Person]:
        """Whoever acts for somebody, with those for whom."""
        found = standings(self.people, self.delegations)
        return {who: changed(self.people[who], stands_for=those) for who, those in sorted(found.items())}

    @cached_property
    def _by_unit(self) -> dict[str, list[Person]]:
        return _grouped(self.people.values())

    @cached_property
    def _by_address(self) -> dict[str, Person]:
        return {a.lower(): p for p in self.people.values() for a in (p.upn, p.mail) if a}


def _grouped(people: Iterable[Person]) -> dict[str, list[Person]]:
    units: dict[str, list[Person]] = {}
    for person in sorted(people, key=lambda p: p.person_id):  # in one order, wherever they were read from
        units.setdefault(person.unit_id, []).append(person)
    return units
