"""The API does what its own description says, whatever is asked: schemathesis, seeded and bounded."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from functions.openapi import DOCUMENT
from tests.acceptance.ministry import ABDULLAH, HUDA, MARYAM, Ministry

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
ASKED = [
    (label, mode)
    for label, operation in OPERATIONS.items()
    for mode in ("as described", "not as described")
    if mode == "as described" or "parameters" in operation.definition.raw  # what takes nothing cannot be asked wrongly
]
MODES = {"as described": GenerationMode.POSITIVE, "not as described": GenerationMode.NEGATIVE}
ROLES = ("Records.ReadWrite.All",)
# What a description cannot say: a token that is none of ours is tried elsewhere (tests/graph/test_entra.py), and a
# letter as described may still name a unit that is not there.
NOT_HERE = {"ignored_auth", "use_after_free", "ensure_resource_availability", "positive_data_acceptance"}
CHECKED = [check for check in CHECKS.get_all() if check.__name__ not in NOT_HERE]


@pytest.fixture(scope="module")
def ids(ministry: Ministry) -> dict[str, st.SearchStrategy[str]]:
    """What stands in paths beside what is made up: there is a letter, its mail, and a day."""
    ministry.receives_and_forwards(MARYAM, "كتاب للتجربة")
    record = ministry.registered("كتاب للتجربة")
    day = str(ministry.now().date())
    return {
        "record_id": st.just(record["record_id"]),
        "sha256": st.just(record["source"]["sha256"]),
        "date": st.just(day),
    }


def lost_on_the_way(case: Any, url: str) -> bool:
    """Whether what was wrong never reached the door: a parameter without a value is no part of an address, and in
    place of a wrong header stands the token."""
    wrong = {place.value for place, part in case.meta.components.items() if part.mode is GenerationMode.NEGATIVE}
    described = {p["name"] for p in case.operation.definition.raw.get("parameters", ()) if p["in"] == "query"}
    unknown = set(case.query or {}) - described
    sent = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if unknown and not unknown & sent:
        wrong.discard("query")
    return not wrong - {"header"}


def fuzz(ministry: Ministry, label: str, mode: GenerationMode, ids: dict[str, Any], examples: int, number: int) -> None:
    operation = OPERATIONS[label]
    tokens = [
        ministry.stage.token(roles=ROLES, audience="api"),
        ministry.stage.token(upn=ABDULLAH, audience="api"),
        ministry.stage.token(upn=HUDA, audience="api"),
    ]
    known = {name: ids[name] for name in ids if f"{{{name}}}" in operation.path}

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        token=st.sampled_from(tokens),
        there=st.booleans(),
        named=st.fixed_dictionaries(known),
    )
    def ask(case: Any, token: str, there: bool, named: dict[str, str]) -> None:
        if there and mode is GenerationMode.POSITIVE:
            case.path_parameters = {**(case.path_parameters or {}), **named}
        here = ministry.stage.urls["product"] + "/api"
        answer = case.call(base_url=here, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        if answer.status_code == 404 and not answer.headers["content-type"][0].startswith("application/"):
            return  # the host's: such a path leads to no function
        if mode is GenerationMode.NEGATIVE and lost_on_the_way(case, answer.request.url):
            return
        case.validate_response(answer, checks=CHECKED)

    ask()


@pytest.mark.parametrize(("label", "mode"), ASKED)
def test_every_answer_is_one_that_the_description_foresees(
    ministry: Ministry, ids: dict[str, Any], label: str, mode: str
) -> None:
    fuzz(ministry, label, MODES[mode], ids, examples=15, number=3)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(("label", "mode"), ASKED)
def test_for_a_long_time_every_answer_is_one_that_the_description_foresees(
    ministry: Ministry, ids: dict[str, Any], label: str, mode: str, number: int
) -> None:
    fuzz(ministry, label, MODES[mode], ids, examples=200, number=number)
