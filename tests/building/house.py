"""The house as tests of the building see it: its rooms, its files, its functions, the tables in its docs."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func

from tests.programs import REPOSITORY

PRODUCT = ("texts", "registry", "service", "store", "graph", "bot", "documents", "functions", "app")
DOCS = REPOSITORY / "docs"


def files_of(*rooms: str) -> list[Path]:
    """The Python files of *rooms* (folders or files of the repository)."""
    found: list[Path] = []
    for room in rooms:
        path = REPOSITORY / room
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module a file imports, wherever in it; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def bindings() -> dict[str, list[dict[str, Any]]]:
    """The bindings of every function that function_app.py registers, by the function's name."""
    import function_app

    found: list[func.decorators.function_app.Function] = function_app.app.get_functions()
    names = [str(function.get_function_name()) for function in found]
    assert len(names) == len(set(names)), "two functions have one name"
    return {
        name: [b.get_dict_repr() for b in function.get_bindings()] for name, function in zip(names, found, strict=True)
    }


def bound(kind: str, **fits: str) -> list[dict[str, Any]]:
    """The bindings of one kind (httpTrigger, queueTrigger, timerTrigger, queue) that have the values given."""
    return [
        {**binding, "function": name}
        for name, listed in bindings().items()
        for binding in listed
        if binding["type"] == kind and all(str(binding[k]) == v for k, v in fits.items())
    ]


def table(document: str, first: str) -> list[list[str]]:
    """The rows of the one table in docs/*document* whose first heading is *first*, cell by cell."""
    lines = (DOCS / document).read_text("utf-8").splitlines()
    starts = [n for n, line in enumerate(lines) if re.match(rf"\|\s*{re.escape(first)}\s*\|", line)]
    assert len(starts) == 1, f"{document}: {len(starts)} tables begin with {first}"
    rows = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def code(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell.replace(r"\|", "|"))
