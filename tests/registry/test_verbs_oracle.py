"""`may_act` says of every verb, to everybody, on letters and on what we issue, what the rules' prose says."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from registry.record import Record
from registry.vocabulary import KINDS, Verb
from tests.registry.acting_oracle import HOURS, an_office
from tests.registry.test_acting_oracle import Ask, asked, mutated
from tests.registry.verbs_oracle import Whole, a_letter, an_issuing_office, of_ours
from tests.values import NOON

FEW, MANY = 40_000, 1_000_000
EVERY = tuple(Verb)

type Question = tuple[str, Verb, int | None, Any, Record]


def questions(
    triples: int, seed: int, verbs: tuple[Verb, ...] = EVERY, kind: str | None = None
) -> Iterator[tuple[Whole, Question]]:
    """So many questions of random offices and records: everybody, every verb, every step and one too many."""
    rng, done = random.Random(seed), 0
    while done < triples:
        if rng.random() < (0.5 if kind is None else kind == "letter"):
            office = an_office(rng)
            record = a_letter(rng, office)
        else:
            play = an_issuing_office(rng)
            office = an_office(rng, play)
            record = of_ours(rng, office, play)
        at = NOON + timedelta(hours=rng.choice(HOURS))
        oracle = Whole(office, at)
        steps = (None, *range(len(record.steps) + 2))
        whole = (Verb.READ, Verb.ANNOTATE, Verb.REGISTER, Verb.CORRECT, Verb.VOID, Verb.REOPEN, Verb.LINK, Verb.REPLY)
        for who in office.people:
            for verb in verbs:
                for step in (None,) if verb in whole else steps:
                    done += 1
                    yield oracle, (who, verb, step, at, record)


def differences(
    triples: int, seed: int, ask: Ask = asked, verbs: tuple[Verb, ...] = EVERY, kind: str | None = None
) -> Iterator[Question]:
    for oracle, question in questions(triples, seed, verbs, kind):
        who, verb, step, at, record = question
        if ask(oracle.office, who, record, verb, at, step) != oracle.may(who, record, verb, step):
            yield question


def test_of_40_000_questions_about_every_verb_none_is_answered_otherwise() -> None:
    assert list(differences(FEW, seed=1)) == []


@pytest.mark.soak
def test_of_a_million_questions_about_every_verb_none_is_answered_otherwise() -> None:
    assert list(differences(MANY, seed=2)) == []


def test_every_verb_is_allowed_to_somebody_and_refused_to_somebody() -> None:
    """What is never allowed in random lives was not asked about."""
    yes, no = Counter[Verb](), Counter[Verb]()
    for oracle, (who, verb, step, _, record) in questions(FEW, seed=4):
        if verb in KINDS[record.kind].verbs:
            (yes if oracle.may(who, record, verb, step) else no)[verb] += 1
    # A letter that is registered is not registered again; what is sent again: tests/registry/test_dispatching.py.
    never = set(Verb) - {Verb.REGISTER, Verb.RESEND}
    assert {verb: (yes[verb], no[verb]) for verb in never if yes[verb] < 2 or no[verb] < 2} == {}


# What is asked about to notice it, the room, and what is written there and instead.
MUTANTS = {
    "a letter is voided by anybody": (
        "letter",
        Verb.VOID,
        "rights",
        ' is_clerk(person, record.registry_unit_id) else ["may.registry_keeps"]\n    elif verb is Verb.RE',
        " True else []\n    elif verb is Verb.RE",
    ),
    "opened again by anybody": (
        "letter",
        Verb.REOPEN,
        "rights",
        "return [] if ended_it or is_clerk(",
        "return [] if True or is_clerk(",
    ),
    "linked by whoever is asked": (
        "letter",
        Verb.LINK,
        "rights",
        "any(s.custody for s in steps_of(",
        "any(True for s in steps_of(",
    ),
    "filed when it is open": ("letter", Verb.FILE, "rights", "if record.status is not Status.CLOSED:", "if False:"),
    "corrected when it is void": (
        "letter",
        Verb.CORRECT,
        "rights",
        "if record.status is Status.VOIDED else []\n        reasons += [] if is_clerk(",
        "if False else []\n        reasons += [] if is_clerk(",
    ),
    "taken back when it was read": (
        "letter",
        Verb.RECALL,
        "rights",
        '["may.opened"] if opened_of(record, step) is not None else []',
        "[]",
    ),
    "taken back by anybody": (
        "letter",
        Verb.RECALL,
        "rights",
        "return person.person_id in (step.opened_by, step.opened_for)",
        "return True",
    ),
    "refused for another who wrote it": (
        "letter",
        Verb.REJECT,
        "vocabulary",
        "Verb.APPROVE, Verb.REJECT, Verb.INITIAL",
        "Verb.APPROVE, Verb.INITIAL",
    ),
    "decided for another who drafted it": (
        "ours",
        Verb.SIGN,
        "circuit_rights",
        "if record.drafter in those and (verb in",
        "if record.drafter == person.person_id and (verb in",
    ),
    "an opinion is refused": ("ours", Verb.REJECT, "rights", "STAGE_VERBS[step.asked] is not Verb.COMPLETE", "True"),
    "one's own draft is decided": (
        "ours",
        Verb.SIGN,
        "circuit_rights",
        "if record.drafter in those and (verb in",
        "if False and (verb in",
    ),
    "signed above one's level": (
        "ours",
        Verb.SIGN,
        "circuit_rights",
        "if person.signs >= max(record.level, 1)",
        "if person.signs",
    ),
    "signed by who approved": (
        "ours",
        Verb.SIGN,
        "circuit_rights",
        "if those & approvers(record)",
        "if False",
    ),
    "edited by anybody": (
        "ours",
        Verb.EDIT,
        "circuit_rights",
        "if record.drafter == person.person_id else",
        "if True else",
    ),
    "the drafter leaves a stage out": (
        "ours",
        Verb.SKIP,
        "circuit_rights",
        "return [] if verb is Verb.INSERT else",
        "return [] if True else",
    ),
    "called back when somebody looked": (
        "ours",
        Verb.RECALL,
        "circuit_rights",
        'all(s.state == "open" and s.read_at is None for',
        'all(s.state == "open" for',
    ),
    "called back by anybody": (
        "ours",
        Verb.RECALL,
        "circuit_rights",
        "if record.drafter != person.person_id and sent_on_by",
        "if False and sent_on_by",
    ),
    "the way is changed by who gives an opinion": (
        "ours",
        Verb.INSERT,
        "circuit_rights",
        "decides = now is not None and now.act in (INITIAL, APPROVE, SIGN)",
        "decides = True",
    ),
    "voided by anybody who can sign": (
        "ours",
        Verb.VOID,
        "circuit_rights",
        "return [] if keeps or person.person_id == record.signed_by else",
        "return [] if keeps or person.signs else",
    ),
}


@pytest.mark.parametrize("spoilt", MUTANTS)
def test_a_rule_that_is_not_kept_is_noticed(spoilt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, verb, name, old, new = MUTANTS[spoilt]
    import registry.rights as rights

    module = mutated(name, old, new)
    if name == "rights":
        rights = module  # type: ignore[assignment]
    elif name == "vocabulary":
        monkeypatch.setattr(rights, "DECIDES", {Verb(v.value) for v in module.DECIDES})
    else:
        monkeypatch.setattr(rights, "of_the_circuit", module.of_the_circuit)
        monkeypatch.setattr(rights, "on_a_draft", module.on_a_draft)

    def ask(office: Any, who: str, record: Any, verb: Verb, at: Any, step: int | None) -> bool:
        return bool(rights.may_act(office.person(who), record, verb, at, step))

    assert next(differences(100_000, 3, ask, (verb,), kind), None) is not None
