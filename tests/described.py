"""Microsoft's own description of Graph, where GRAPH_CONTRACT names its folder, and what it holds against exchanges.

A tenant that was told to record (`Options.exchanges`, `--exchanges`) leaves a file; `hold` reads it.
"""

import base64
import importlib.util
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = "GRAPH_CONTRACT"
_BY_A_GATEWAY = (503, 504)  # it answers as it likes, in HTML too
_IN_PART = 207  # what was not done stands in it as an error, which the documents show and the description lacks
# What the checker remarks on, and the documents show all the same: a MIME body, a 201 that has a Location alone.
_AS_DOCUMENTED = ("text/plain body", "no body where one is described")


@cache
def description() -> Any:
    """Microsoft's description of Graph, or None where GRAPH_CONTRACT names no folder."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    spec = importlib.util.spec_from_file_location("graph_contract", Path(folder) / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Contract(Path(folder) / "graph-v1.0-subset.openapi.json")


def breaks(verdict: tuple[list[str], list[str]]) -> list[str]:
    """The errors of the checker's verdict on a request, but for what the documents show and the description lacks: an
    instance attribute that stands in the query."""
    return [said for said in verdict[0] if not said.startswith("query @microsoft.graph.conflictBehavior:")]


def hold(exchanges: Path, *, requests: bool = True) -> None:
    """Raise AssertionError where a call in *exchanges*, or what it was answered, is not what the description says.

    Args:
        requests: False where a test asks what no product would: then it is the answers alone that are judged.
    """
    if description() is None or not exchanges.exists():
        return
    found: dict[str, None] = {}
    with exchanges.open() as lines:
        for line in lines:
            found |= dict.fromkeys(_wrong_with(json.loads(line), requests=requests))
    assert not found, "\n".join(found)


def _wrong_with(call: dict[str, Any], *, requests: bool) -> Iterator[str]:
    contract, method, url, status = description(), call["method"], call["url"], call["status"]
    said: list[str] = []
    if requests and call["body"] is not None:
        sent = (method, url, call["headers"], base64.b64decode(call["body"]))
        for each in batched(url, sent[-1]) if url.endswith("/$batch") else [sent]:
            errors, warnings = contract.request(*each)
            said += [*breaks((errors, warnings)), *(w for w in warnings if not w.startswith(_AS_DOCUMENTED))]
    if url.endswith("/$batch") and status == 200 and not call["spoilt"] and call["answer_body"] is not None:
        said += _wrong_in_batch(call)
    described = contract.resolve(url)
    known = described is not None and method.lower() in described[1]
    answered = status not in (0, _IN_PART, *_BY_A_GATEWAY) and not call["spoilt"]
    if known and answered and call["answer_body"] is not None:
        body = base64.b64decode(call["answer_body"])
        errors, warnings = contract.response(method, url, status, call["answer_headers"], body)
        remarks = [w for w in warnings if not w.startswith(_AS_DOCUMENTED)]
        said += [f"answered {status}: {each}" for each in (*errors, *remarks)]
    yield from (f"{method} {url}: {each}" for each in said)


def _wrong_in_batch(call: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answers that a batch carries, each as if it had been given alone."""
    contract, base = description(), call["url"].removesuffix("/$batch")
    asked = {each["id"]: each for each in json.loads(base64.b64decode(call["body"]))["requests"]}
    answers = json.loads(base64.b64decode(call["answer_body"]))["responses"]
    if {each["id"] for each in answers} != set(asked):
        yield "a batch that answers something else than was asked"
    for each in answers:
        one = asked.get(each["id"])
        if one is None or "body" not in each or each["status"] in _BY_A_GATEWAY:
            continue
        method, url = one["method"], base + one["url"]
        described = contract.resolve(url)
        if described is None or method.lower() not in described[1]:
            continue
        headers = {"content-type": "application/json", **each.get("headers", {})}
        errors, warnings = contract.response(method, url, each["status"], headers, json.dumps(each["body"]).encode())
        remarks = [w for w in warnings if not w.startswith(_AS_DOCUMENTED)]
        yield from (f"{method} {one['url']} answered {each['status']}: {what}" for what in (*errors, *remarks))


def batched(url: str, body: bytes) -> list[tuple[str, str, dict[str, str], bytes]]:
    """The requests in a batch, which Microsoft's description does not have, each as if it had been sent alone."""
    base = url.removesuffix("/$batch")
    return [
        (
            each["method"],
            base + each["url"],
            {"authorization": "Bearer x", **each["headers"]},
            json.dumps(each["body"]).encode() if "body" in each else b"",
        )
        for each in json.loads(body)["requests"]
    ]
