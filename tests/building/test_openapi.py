"""The API's description is one that others' tools can read, and speaks of the doors that are there."""

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from functions.openapi import DOCUMENT
from tests.building.house import bound

OPERATIONS = [
    (method, path, operation) for path, listed in DOCUMENT["paths"].items() for method, operation in listed.items()
]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def schemas() -> Iterator[Any]:
    """Every schema of the document: the named ones, those of parameters, and those of answers."""
    yield from DOCUMENT["components"]["schemas"].values()
    for node in nodes(DOCUMENT["paths"]):
        if isinstance(node.get("schema"), dict):
            yield node["schema"]


def test_it_is_openapi_3_1_and_can_be_written_as_json() -> None:
    assert re.fullmatch(r"3\.1\.\d", DOCUMENT["openapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_every_schema_is_one() -> None:
    for schema in schemas():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    for node in nodes(DOCUMENT):
        if "$ref" in node:
            place: Any = DOCUMENT
            for part in node["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            assert isinstance(place, dict)


def test_every_named_schema_is_used() -> None:
    used = {node["$ref"].rpartition("/")[2] for node in nodes(DOCUMENT) if "$ref" in node}
    assert used == DOCUMENT["components"]["schemas"].keys()


def test_it_describes_the_doors_under_v1_and_no_others() -> None:
    doors = {
        (method.value.lower(), f"/{http['route']}")
        for http in bound("httpTrigger")
        for method in http["methods"]
        if http["route"].startswith("v1/")
    }
    assert {(method, path) for method, path, _ in OPERATIONS} == doors


def test_an_operation_is_named_as_the_function_that_answers_it() -> None:
    functions = {
        (method.value.lower(), f"/{http['route']}"): http["function"]
        for http in bound("httpTrigger")
        for method in http["methods"]
    }
    assert [o["operationId"] for _, _, o in OPERATIONS] == [functions[method, path] for method, path, _ in OPERATIONS]


def test_a_parameter_of_a_path_is_declared_and_required() -> None:
    for _, path, operation in OPERATIONS:
        declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path" and p["required"]}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_every_answer_is_described_and_every_problem_is_problem_json() -> None:
    for _, path, operation in OPERATIONS:
        assert "200" in operation["responses"]
        for status, answer in operation["responses"].items():
            assert answer["description"], (path, status)
            assert status in ("200", "201") or set(answer["content"]) - {"text/html"} == {"application/problem+json"}


def test_everything_but_the_description_itself_asks_for_a_token() -> None:
    assert DOCUMENT["security"] == [{name: []} for name in DOCUMENT["components"]["securitySchemes"]]
    assert [path for _, path, operation in OPERATIONS if operation.get("security") == []] == [
        "/v1/verify/{token}",
        "/v1/openapi.json",
    ]
