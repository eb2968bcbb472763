"""What is wrong with a card: by Microsoft's schema of Adaptive Cards 1.5, by Teams' rules and by our own."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
from jsonschema import Draft6Validator  # type: ignore[import-untyped]

from bot.cards.parts import LARGEST_BYTES, MOST_ACTIONS, size_bytes
from bot.limits import REFRESHED_FOR
from service.waiting import PAGE

VERSION = (1, 5)
INPUTS = (
    *("note", "to", "disposition", "subject", "sender_name", "sender_address", "their_reference", "letter_date"),
    *("received_via", "urgency", "confidentiality", "number", "units"),
    *("kind", "text", "party", "level", "copy_to", "back_to", "stage", "act", "before", "code"),
    *("outside", "outside_copies", "expects_reply", "address"),
    *("starts", "ends", "kinds", "secrecy", "post", "order", "hands_on"),
    *(f"pick{place}" for place in range(1, PAGE + 1)),
)
NEVER = ("Action.ShowCard", "Image", "Media")  # lost on phones
# The only ways out: a file in Office online, a document by a link for one person, our page that leads to Entra's.
LEADS_TO = re.compile(r"https://ministry-my\.sharepoint\.com/|https?://[^/]+/api/(v1/records/|sign-in/start\?ticket=)")


@cache
def schema() -> dict[str, Any]:
    """The official schema, with two slips of this copy mended: Container's `rtl` is spelt `rtl?`, and the style
    `filtered`, which 1.5 brought, is not among those of a choice; and `choices.data`, which Teams knows already."""
    read: dict[str, Any] = json.loads((files("adaptive_cards") / "schemas" / "schema-1.5.json").read_text("utf-8"))
    container = read["definitions"]["Container"]["properties"]
    container["rtl"] = container.pop("rtl?")
    query = {"type": {"enum": ["Data.Query"]}, "dataset": {"type": "string"}}
    data = {"type": "object", "properties": query, "required": ["type", "dataset"], "additionalProperties": False}
    read["definitions"]["Input.ChoiceSet"]["properties"]["choices.data"] = data
    read["definitions"]["ChoiceInputStyle"]["anyOf"].append({"enum": ["filtered"]})
    return read


def walk(node: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a card, with where it stands."""
    if isinstance(node, dict):
        yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from walk(child, f"{path}.{name}")


def wrong_with(card: dict[str, Any], *, rtl: bool) -> list[str]:
    """Everything that is wrong with *card*; empty for a good one."""
    bare = {name: value for name, value in card.items() if name != "msteams"}
    found = [*_against_schema(bare), *_newer_than_said(bare)]
    for path, node in walk(bare):
        kind = node.get("type")
        if kind in ("AdaptiveCard", "Container", "Column") and node.get("rtl") is not rtl:
            found.append(f"{path}: rtl is {node.get('rtl')}")
        if kind == "ActionSet" and not 0 < len(node["actions"]) <= MOST_ACTIONS:
            found.append(f"{path}: {len(node['actions'])} actions")
        if kind in NEVER:
            found.append(f"{path}: {kind}")
        if kind == "Action.OpenUrl" and not LEADS_TO.match(node["url"]):
            found.append(f"{path}: a way out to {node['url'][:40]}")
        if kind in ("Action.Execute", "Action.Submit"):
            found += _wrong_press(path, node)
        if (kind == "TextBlock" or ".facts." in path) and "](" in str(node.get("text", node.get("value", ""))):
            found.append(f"{path}: a link in Markdown")
    ids = [node.get("id") for _, node in walk(bare) if str(node.get("type")).startswith("Input.")]
    found += [f"an input called {i}" for i in ids if i not in INPUTS]
    found += ["an input twice"] if len(ids) != len(set(ids)) else []
    asked_for = bare.get("refresh", {}).get("userIds", [])
    found += [f"refreshed for {len(asked_for)}"] if len(asked_for) > REFRESHED_FOR.value else []
    found += ["actions outside an ActionSet"] if card.get("actions") else []
    found += [f"{size_bytes(card)} bytes"] if size_bytes(card) > LARGEST_BYTES else []
    return found


def _wrong_press(path: str, node: dict[str, Any]) -> list[str]:
    if node["type"] == "Action.Submit" and node["data"].get("msteams") == {"type": "task/fetch"}:
        node = {**node, "data": {name: value for name, value in node["data"].items() if name != "msteams"}}
    found = [] if set(node["data"]) <= {"token", "verb"} else [f"{path}: data holds {sorted(node['data'])}"]
    if node["type"] == "Action.Execute" and path != "$.refresh.action":
        fallback = node.get("fallback")
        if not isinstance(fallback, dict) or fallback.get("type") != "Action.Submit":
            return [*found, f"{path}: no Submit to fall back on"]
        if node["verb"] != node["data"]["verb"] or fallback["data"] != node["data"]:
            found.append(f"{path}: two presses in one button")
    return found


def _against_schema(card: dict[str, Any]) -> list[str]:
    if _quick().is_valid(card):
        return []
    return [line for error in Draft6Validator(schema()).iter_errors(card) for line in _explained(error, "$")]


@cache
def _quick() -> Any:
    """The same check a hundred times faster, without saying what is wrong."""
    return jsonschema_rs.Draft6Validator(schema())


def _explained(error: Any, path: str) -> list[str]:
    """The reason, found by going down into the element that `type` names: without it all is one large "anyOf"."""
    path, node, definitions = path + error.json_path[1:], error.instance, schema()["definitions"]
    if error.validator not in ("anyOf", "oneOf") or not isinstance(node, dict):
        return [f"{path}: {error.message[:160]}"]
    if node.get("type") not in definitions:
        return [f"{path}: no type {node.get('type')!r}"]
    inner = Draft6Validator({"$ref": f"#/definitions/{node['type']}", "definitions": definitions})
    found = [line for e in inner.iter_errors(node) for line in _explained(e, path)]
    return found or [f"{path}: {node['type']} may not stand here"]


def _newer_than_said(card: dict[str, Any]) -> list[str]:
    found = []
    for path, node in walk(card):
        kind = schema()["definitions"].get(str(node.get("type")), {})
        needs = {str(node.get("type")): kind.get("version")}
        needs |= {name: kind.get("properties", {}).get(name, {}).get("version") for name in node}
        found += [
            f"{path}: {name} needs {v}" for name, v in needs.items() if v and tuple(map(int, v.split("."))) > VERSION
        ]
    return found
