"""The circuits of the organisation file: read, or refused with all that is wrong."""

from typing import Any

import pytest

from registry.circuits import CircuitRule, Circuits, SigningLevel, StageRule, Who
from registry.planning import level_of
from service.circuit_rules import read_circuits

UNITS = ("finance", "legal", "sector")
SIGNED: dict[str, Any] = {"act": "sign", "who": ["head:sector"]}


def faults(**body: Any) -> list[str]:
    return read_circuits(body, UNITS)[1]


def test_without_any_the_head_of_the_drafter_s_unit_signs() -> None:
    known, wrong = read_circuits({}, UNITS)
    assert (known, wrong) == (Circuits(), [])
    (rule,) = known.rules
    assert [(s.act, s.who, s.fixed) for s in rule.stages] == [("sign", (Who("head"),), True)]


def test_everything_that_can_be_laid_down_is_read() -> None:
    legal = {"act": "opinion", "who": ["head:legal", "post:مستشار"], "mode": "quorum", "quorum": 1, "fixed": True}
    both = {"act": "initial", "who": ["person:Salem@ministry.example", "above"], "mode": "in_turn"}
    level = {"ar": "مدير", "en": "Director", "heads_of": ["finance"], "people": ["Huda@ministry.example"]}
    rule = {"kind": "decision", "unit": "finance", "level": 1, "stages": [legal, both, SIGNED]}
    known, wrong = read_circuits({"levels": [level], "rules": [rule]}, UNITS)
    assert wrong == []
    assert known.levels == (
        SigningLevel(ar="مدير", en="Director", heads_of=("finance",), people=("huda@ministry.example",)),
    )
    assert known.rules == (
        CircuitRule(
            kind="decision",
            unit="finance",
            level=1,
            stages=(
                StageRule(
                    act="opinion",
                    who=(Who("head", "legal"), Who("post", "مستشار")),
                    mode="quorum",
                    quorum=1,
                    fixed=True,
                ),
                StageRule(act="initial", who=(Who("person", "Salem@ministry.example"), Who("above")), in_turn=True),
                StageRule(act="sign", who=(Who("head", "sector"),)),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"signers": []}, "signers, which nobody reads"),
        ({"levels": {}}, "are lists"),
        ({"levels": [{"ar": "مدير"}]}, "number 1, needs ar and en"),
        ({"levels": [{"ar": "م", "en": "d"}]}, "needs heads_of or people"),
        ({"levels": [{"ar": "م", "en": "d", "heads_of": ["moon"]}]}, "no unit moon"),
        ({"rules": [{}]}, "needs stages"),
        ({"rules": [{"kind": "incoming_letter", "stages": [SIGNED]}]}, "kind incoming_letter"),
        ({"rules": [{"unit": "moon", "stages": [SIGNED]}]}, "no unit moon"),
        ({"rules": [{"level": 4, "stages": [SIGNED]}]}, "no level 4"),
        ({"rules": [{"stages": [{"act": "nod", "who": ["head"]}]}]}, "needs an act"),
        ({"rules": [{"stages": [{"act": "sign", "who": []}]}]}, "needs who"),
        ({"rules": [{"stages": [{"act": "sign", "who": ["minister"]}]}]}, "asks minister"),
        ({"rules": [{"stages": [{"act": "sign", "who": ["head:moon"]}]}]}, "no unit moon"),
        ({"rules": [{"stages": [SIGNED | {"mode": "most"}]}]}, "the mode most"),
        ({"rules": [{"stages": [SIGNED | {"mode": "quorum"}]}]}, "needs a quorum"),
        ({"rules": [{"stages": [SIGNED | {"quorum": 2}]}]}, "needs a quorum"),
        (
            {"rules": [{"stages": [SIGNED, {"act": "approve", "who": ["head"]}]}]},
            "does not end with a stage that signs",
        ),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], said: str) -> None:
    (fault,) = faults(**body)
    assert said in fault


def test_all_that_is_wrong_is_named_together() -> None:
    assert len(faults(levels=[{}, {}], rules=[{}, {"stages": [SIGNED | {"when": 1}]}], more=1)) == 5


def test_a_person_signs_at_the_highest_level_that_names_them() -> None:
    low = SigningLevel(ar="أ", en="a", heads_of=("finance", "legal"))
    high = SigningLevel(ar="ب", en="b", people=("huda@ministry.example",))
    circuits = Circuits(levels=(low, high))
    assert level_of("Huda@ministry.example", ["finance"], circuits) == 2
    assert level_of("laila@ministry.example", ["legal"], circuits) == 1
    assert level_of("omar@ministry.example", [], circuits) == 0
    assert level_of("omar@ministry.example", ["it"], Circuits()) == 1
