"""Microsoft's limits: told in docs/limits.md as the code has them, each said once, and read by what keeps to it."""

import ast
from typing import Any

import pytest

from bot import limits as teams
from bot.cards.parts import LARGEST_BYTES, MOST_ACTIONS
from graph import limits as graph
from graph.client import Manners
from graph.mime_tree import Limits as MailLimits
from graph.notifications import client_state
from service.subscribe import MOST_FOLDERS
from tests.building.house import code, files_of, name_of, table, tree_of

HOMES = {"graph/limits.py", "bot/limits.py"}
# Numbers that are hardly anything but Microsoft's. Smaller ones may mean many things.
TELLING = {
    *(each.value for each in graph.LIMITS.values() if each.value > 10_000 or each.value in (4_320, 1_440)),
    *(each.value for each in teams.LIMITS.values() if each.value > 10_000),
} - {86_400}  # a day means many things as well


@pytest.mark.parametrize(("first", "limits"), [("limit of Graph", graph.LIMITS), ("limit of Teams", teams.LIMITS)])
def test_the_table_says_what_the_code_has(first: str, limits: dict[str, Any]) -> None:
    told = {code(row[0])[0]: row[1:] for row in table("limits.md", first)}
    assert told == {
        name: [
            f"{limit.value:,}" + (f" in {limit.window_s:,} s" if limit.window_s else ""),
            limit.unit,
            limit.source + ("" if limit.sure else " (not sure)"),
        ]
        for name, limit in limits.items()
    }


def product_of(node: ast.expr) -> Any:
    """What an expression of numbers alone comes to (3 * 60), else None."""
    try:
        return eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})
    except Exception:
        return None


def said(tree: ast.AST) -> set[float]:
    numbers = (node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.BinOp))
    return {n for n in map(product_of, numbers) if isinstance(n, int | float)}


def test_a_limit_of_microsofts_is_said_once() -> None:
    elsewhere = [path for path in files_of("graph", "bot", "service") if name_of(path) not in HOMES]
    assert {name_of(p): found for p in elsewhere if (found := said(tree_of(p)) & TELLING)} == {}


def test_a_limit_that_is_said_again_is_found() -> None:
    assert said(ast.parse("LIFE = timedelta(minutes=10_080)")) & TELLING
    assert said(ast.parse("most = 150 * 1024 * 1024")) & TELLING


def test_what_we_allow_ourselves_is_within_what_microsoft_allows() -> None:
    assert Manners().at_once < graph.MAILBOX_CALLS_AT_ONCE.value
    assert graph.SUBSCRIPTIONS_OF_MAILBOX.value > MOST_FOLDERS
    assert len(client_state("k" * 43, "registry@ministry.example", 9_999_999_999)) <= graph.CLIENT_STATE_LENGTH.value
    assert MailLimits().size_bytes <= graph.LARGEST_MAIL.value
    assert teams.CARD.value > LARGEST_BYTES
    assert teams.ACTIONS.value >= MOST_ACTIONS
