"""`may_act` says of everybody, on every step, what the rules' prose says; and a rule that is not kept is noticed."""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from registry.office import Office, Person
from registry.rights import may_act
from registry.vocabulary import Verb
from tests.registry.acting_oracle import HOURS, STEP_VERBS, Oracle, a_record, an_office
from tests.values import NOON

REGISTRY = Path(__file__).resolve().parents[2] / "registry"
FEW, MANY = 20_000, 1_000_000

type Ask = Callable[[Office, str, Any, Verb, Any, int | None], bool]


def asked(office: Office, who: str, record: Any, verb: Verb, at: Any, step: int | None) -> bool:
    person = office.person(who)
    assert person is not None
    return bool(may_act(person, record, verb, at, step))


def differences(triples: int, seed: int, ask: Ask, verbs: tuple[Verb, ...] = STEP_VERBS) -> Iterator[tuple[Any, ...]]:
    """Ask so many questions of random offices; every one that is answered otherwise than by the oracle."""
    rng, done = random.Random(seed), 0
    while done < triples:
        office = an_office(rng)
        record = a_record(rng, office)
        at = NOON + timedelta(hours=rng.choice(HOURS))
        oracle = Oracle(office, at)
        steps = (None, *range(len(record.steps) + 2)) if verbs is STEP_VERBS else [s.number for s in record.open_steps]
        questions = [(verb, step) for verb in verbs for step in steps]
        besides = (Verb.READ, Verb.ANNOTATE, Verb.REGISTER, Verb.CORRECT) if verbs is STEP_VERBS else (Verb.READ,)
        questions += [(verb, None) for verb in besides]
        for who in office.people:
            for verb, step in questions:
                done += 1
                if ask(office, who, record, verb, at, step) != oracle.may(who, record, verb, step):
                    yield who, verb, step, at, record, office.delegations


def test_of_20_000_questions_none_is_answered_otherwise_than_by_brute_force() -> None:
    assert list(differences(FEW, seed=1, ask=asked)) == []


@pytest.mark.soak
def test_of_a_million_questions_none_is_answered_otherwise_than_by_brute_force() -> None:
    assert list(differences(MANY, seed=2, ask=asked)) == []


def test_the_questions_are_about_something() -> None:
    """Enough of them are about somebody who acts for another, directly and through others, and enough are refused."""
    rng = random.Random(1)
    direct = through = barred = 0
    for _ in range(150):
        office = an_office(rng)
        record = a_record(rng, office)
        at = NOON + timedelta(hours=rng.choice(HOURS))
        oracle = Oracle(office, at)
        for who in office.people:
            for step in record.open_steps:
                rows = oracle.stands_in(who, record, step)
                direct += any(len(row) == 1 for row in rows)
                through += any(len(row) > 1 for row in rows)
                reasons = may_act(office.person(who), record, Verb.APPROVE, at, step.number).reasons  # type: ignore[arg-type]
                barred += "may.own_work" in reasons
    assert min(direct, through, barred) >= 3, (direct, through, barred)


# ---------------------------------------------------------------- rules that are not kept

# fmt: off
MUTANTS = {
    "the last instant belongs to it": ("delegation", "return self.starts <= at <", "return self.starts <= at <="),
    "a chain is longer": ("delegation", "if len(chain) < LONGEST and", "if len(chain) <= LONGEST and"),
    "a chain is shorter": ("delegation", "LONGEST = 3", "LONGEST = 2"),
    "everybody passes on": ("delegation", " and link.may_pass_on:", ":"),
    "a post is passed on like a person's": ("delegation", "(before and link.post is not None)", "False"),
    "clearances do not count": ("delegation", "    levels += [people", "    _ = [people"),
    "the highest secrecy counts": ("delegation", "secrecy=min(levels", "secrecy=max(levels"),
    "kinds add up": ("delegation", "kinds & frozenset(link.kinds)", "kinds | frozenset(link.kinds)"),
    "kinds do not count": ("delegation", "(self.kinds is None or kind in self.kinds)", "True"),
    "who left gives on": ("delegation", "giver.active or delegation.post is not None", "True"),
    "of a post everything goes over": ("delegation", "self.post in (None, to_unit)", "True"),
    "what was not accepted works": ("delegation", "d.is_open and d.binds and", "d.is_open and"),
    "it works before it was accepted": ("delegation", "max(link.starts, _accepted(link))", "link.starts"),
    "the earliest end does not count": ("delegation", "until = min(link", "until = max(link"),
    "one's own work may be approved": ("rights", "verb in DECIDES and", "False and"),
    "what one put forward may be approved": ("rights", "if record.forwarded_by == person.person_id:", "if False:"),
    "the giver's work may be approved": ("rights", "standing.for_person, *standing.through", "*standing.through"),
    "time does not count": ("rights", "if s.works(at) and", "if"),
    "scope does not count": ("rights", "if s.covers(record.kind, record.confidentiality)", "if True"),
    "who stands in reads what is over": ("rights", "record.open_steps)\n\n\ndef _k", "record.steps)\n\n\ndef _k"),
}  # fmt: skip


def mutated(name: str, old: str, new: str) -> ModuleType:
    """A room of the registry with one rule spoilt."""
    source = (REGISTRY / f"{name}.py").read_text("utf-8")
    assert source.count(old) == 1, f"{name}: {old!r} stands {source.count(old)} times"
    module = ModuleType(f"spoilt_{name}")
    sys.modules[module.__name__] = module
    exec(compile(source.replace(old, new), f"{name}.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("spoilt", MUTANTS)
def test_a_rule_that_is_not_kept_is_noticed(spoilt: str) -> None:
    name, old, new = MUTANTS[spoilt]
    module = mutated(name, old, new)
    known: dict[int, Any] = {}

    def ask(office: Office, who: str, record: Any, verb: Verb, at: Any, step: int | None) -> bool:
        if name == "rights":
            return bool(module.may_act(office.person(who), record, verb, at, step))
        if id(office) not in known:
            known.clear()
            known[id(office)] = module.standings(office.people, spoilt_delegations(office, module))
        person: Person = replace(office.people[who], stands_for=known[id(office)].get(who, ()))
        return bool(may_act(person, record, verb, at, step))

    found = differences(100_000, seed=3, ask=ask, verbs=(Verb.APPROVE, Verb.COMPLETE))
    assert next(found, None) is not None


def spoilt_delegations(office: Office, module: ModuleType) -> list[Any]:
    names = module.Delegation.__dataclass_fields__
    return [module.Delegation(**{n: getattr(d, n) for n in names}) for d in office.delegations]
