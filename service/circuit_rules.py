################################################################
# The `circuits` of the organisation file: who signs, and who must agree before
################################################################
#
# Rule 1: it is data of the entity. Without it the head of the drafter's unit signs, and heads sign everything.
# Rule 2: what is wrong with it is named, all of it together, in words for the operator.

from collections.abc import Collection
from typing import Any

from registry.circuits import (
    ABOVE,
    ACTS,
    HEAD,
    MODES,
    QUORUM,
    SIGN,
    WAYS,
    CircuitRule,
    Circuits,
    SigningLevel,
    StageRule,
    Who,
)
from registry.vocabulary import ISSUED_KINDS

IN_TURN = "in_turn"
_KEYS = {"levels", "rules"}
_LEVEL_KEYS = {"ar", "en", "heads_of", "people"}
_RULE_KEYS = {"kind", "unit", "level", "stages"}
_STAGE_KEYS = {"act", "who", "mode", "quorum", "fixed"}


def read_circuits(body: Any, units: Collection[str]) -> tuple[Circuits, list[str]]:
    """Return what *body* (the JSON as it was read; docs/settings.md) lays down, and every fault of it."""
    if not isinstance(body, dict):
        return Circuits(), ["circuits must be an object"]
    wrong = [f"circuits says {name}, which nobody reads" for name in sorted(body.keys() - _KEYS)]
    levels, rules = body.get("levels", []), body.get("rules", [])
    if not isinstance(levels, list) or not isinstance(rules, list):
        return Circuits(), [*wrong, "circuits.levels and circuits.rules are lists"]
    read_levels = [_level(v, n, units, wrong) for n, v in enumerate(levels, start=1)]
    read_rules = [_rule(v, n, units, len(levels), wrong) for n, v in enumerate(rules, start=1)]
    known = Circuits(levels=tuple(level for level in read_levels if level is not None))
    if rules:
        known = Circuits(levels=known.levels, rules=tuple(rule for rule in read_rules if rule is not None))
    return known, wrong


def _level(value: Any, number: int, units: Collection[str], wrong: list[str]) -> SigningLevel | None:
    where = f"circuits.levels, number {number},"
    if not isinstance(value, dict) or not all(isinstance(value.get(n), str) and value[n] for n in ("ar", "en")):
        wrong.append(f"{where} needs ar and en")
        return None
    _unread(value, _LEVEL_KEYS, where, wrong)
    heads_of, people = value.get("heads_of", []), value.get("people", [])
    if not _texts(heads_of) or not _texts(people) or not (heads_of or people):
        wrong.append(f"{where} needs heads_of or people, as lists")
        return None
    wrong += [f"{where} names no unit {unit}" for unit in heads_of if unit not in units]
    return SigningLevel(
        ar=value["ar"], en=value["en"], heads_of=tuple(heads_of), people=tuple(p.lower() for p in people)
    )


def _rule(value: Any, number: int, units: Collection[str], levels: int, wrong: list[str]) -> CircuitRule | None:
    where = f"circuits.rules, number {number},"
    stages = value.get("stages") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(stages, list) or not stages:
        wrong.append(f"{where} needs stages")
        return None
    _unread(value, _RULE_KEYS, where, wrong)
    kind, unit, level = value.get("kind", ""), value.get("unit", ""), value.get("level", 0)
    if kind not in ("", *ISSUED_KINDS):
        wrong.append(f"{where} is of the kind {kind}, which is none of {', '.join(ISSUED_KINDS)}")
    if unit and unit not in units:
        wrong.append(f"{where} names no unit {unit}")
    if type(level) is not int or not 0 <= level <= max(levels, 1):
        wrong.append(f"{where} has no level {level}")
        level = 0
    read = [_stage(v, f"{where} stage {n},", units, wrong) for n, v in enumerate(stages, start=1)]
    if read[-1] is not None and read[-1].act != SIGN:
        wrong.append(f"{where} does not end with a stage that signs")
    return CircuitRule(
        stages=tuple(stage for stage in read if stage is not None), kind=str(kind), unit=str(unit), level=level
    )


def _stage(value: Any, where: str, units: Collection[str], wrong: list[str]) -> StageRule | None:
    if not isinstance(value, dict) or value.get("act") not in ACTS:
        wrong.append(f"{where} needs an act: {', '.join(ACTS)}")
        return None
    _unread(value, _STAGE_KEYS, where, wrong)
    who, mode, quorum, fixed = (
        value.get(n, d) for n, d in (("who", []), ("mode", "all"), ("quorum", 0), ("fixed", False))
    )
    if not _texts(who) or not who:
        wrong.append(f"{where} needs who, a list")
        return None
    if mode not in (*MODES, IN_TURN):
        wrong.append(f"{where} has the mode {mode}, which is none of {', '.join((*MODES, IN_TURN))}")
        return None
    if type(quorum) is not int or (quorum > 0) is not (mode == QUORUM) or type(fixed) is not bool:
        wrong.append(f"{where} needs a quorum above 0 where that is its mode, nowhere else; fixed is true or false")
        return None
    people = [_who(text, where, units, wrong) for text in who]
    return StageRule(
        act=value["act"],
        who=tuple(one for one in people if one is not None),
        mode="all" if mode == IN_TURN else mode,
        quorum=quorum,
        fixed=fixed,
        in_turn=mode == IN_TURN,
    )


def _who(text: str, where: str, units: Collection[str], wrong: list[str]) -> Who | None:
    way, _, of = (part.strip() for part in text.partition(":"))
    if way not in WAYS or (way not in (HEAD, ABOVE) and not of):
        wrong.append(f"{where} asks {text}: write head, head:UNIT, above, above:UNIT, post:POST or person:USER")
        return None
    if way in (HEAD, ABOVE) and of and of not in units:
        wrong.append(f"{where} names no unit {of}")
        return None
    return Who(way, of)


def _unread(value: dict[str, Any], keys: set[str], where: str, wrong: list[str]) -> None:
    wrong += [f"{where} says {name}, which nobody reads" for name in sorted(value.keys() - keys)]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
