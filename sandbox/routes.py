################################################################
# Which function answers a path
################################################################
#
# Rule 1: as the host routes: letter case of the path does not matter, a literal part wins over a named one, a named
#         one over the rest of the path; a known path with another method is 405.

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.worker import Function

_CONSTRAINTS = {
    "": "[^/]+",
    "int": r"-?\d+",
    "long": r"-?\d+",
    "alpha": "[A-Za-z]+",
    "bool": "(?:true|false)",
    "guid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}
_NAMED = re.compile(r"\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}")


class BadRoute(Exception):
    """A template that the sandbox cannot read, or two functions on one method and route."""


@dataclass(frozen=True, slots=True)
class Route:
    """One function's way in. `methods` is empty when it takes them all; `level` is ANONYMOUS, FUNCTION or ADMIN."""

    function: str
    methods: frozenset[str]
    level: str
    pattern: re.Pattern[str]
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """404, or 405 with the methods that the path does take."""

    status: int
    allowed: tuple[str, ...] = ()


def read_routes(functions: Iterable[Function], prefix: str) -> list[Route]:
    """Return the routes of the HTTP functions, the one to try first first. Raises BadRoute."""
    routes: list[Route] = []
    taken: dict[tuple[str, str], str] = {}
    for function in functions:
        if function.kind != "httpTrigger":
            continue
        template = str(function.trigger.get("route", function.name)).strip("/")
        methods = frozenset(str(m).upper() for m in function.trigger.get("methods", ()))
        pattern, rank = _compiled(f"{prefix}/{template}".strip("/"))
        shape = re.sub(r"\?P<\w+>", "", pattern.pattern).lower()
        for method in methods or ("*",):
            if other := taken.get((method, shape)):
                raise BadRoute(f"{other} and {function.name} both take {method} {template}")
            taken[method, shape] = function.name
        level = str(function.trigger.get("authLevel", "FUNCTION")).upper()
        routes.append(Route(function.name, methods, level, pattern, rank))
    return sorted(routes, key=lambda route: route.rank)


def find(routes: Iterable[Route], method: str, path: str) -> Match | NoMatch:
    """*path* is as sent, still percent-encoded."""
    allowed: set[str] = set()
    for route in routes:
        if (found := route.pattern.match(path)) is None:
            continue
        if not route.methods or method.upper() in route.methods:
            return Match(route, {k: unquote(v) for k, v in found.groupdict().items() if v is not None})
        allowed |= route.methods
    return NoMatch(405, tuple(sorted(allowed))) if allowed else NoMatch(404)


def _compiled(template: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """The pattern of a template, and how particular each of its segments is (0: literal, 3: the rest of the path)."""
    pattern, rank = "", []
    for segment in template.split("/"):
        named = _NAMED.fullmatch(segment)
        if named is None and ("{" in segment or "}" in segment):
            raise BadRoute(f"{template}: the sandbox reads a name only as a whole segment, not {segment!r}")
        if named is None:
            pattern += "/" + re.escape(segment)
            rank.append(0)
        elif named[1]:
            pattern += f"(?:/(?P<{named[2]}>.*))?"
            rank.append(3)
        else:
            if (kind := named[3] or "") not in _CONSTRAINTS:
                raise BadRoute(f"{template}: the sandbox does not know the constraint {kind!r}")
            part = f"/(?P<{named[2]}>{_CONSTRAINTS[kind]})"
            pattern += f"(?:{part})?" if named[4] else part
            rank.append(1 if kind else 2)
    return re.compile(f"^{pattern}/?$", re.IGNORECASE), tuple(rank)
