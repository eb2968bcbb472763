################################################################
# OData: the query options of a Graph request, and $filter as a function
################################################################
#
# Rule 1: what a service does not offer is refused with 400, as Graph does; nothing is passed over in silence.
# Rule 2: no service is known here. A filter is judged on the JSON of one object.

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.tenant.wire import Request, refuse

type Json = Mapping[str, Any]
type Test = Callable[[Json], bool]


def bad_request(message: str) -> Exception:
    return refuse(400, "BadRequest", message)


def options(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """The query options of a request, named without `$` and in lower case. Raises Refused for one not *allowed*."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True):
        key = name.removeprefix("$").lower()
        if key in found:
            raise bad_request(f"Query parameter '{name}' is specified more than once.")
        if key not in allowed:
            raise bad_request(f"The query parameter '{name}' is not supported here.")
        found[key] = value
    return found


def whole(found: Json, name: str, default: int, most: int) -> int:
    """The whole number of an option such as $top."""
    text = str(found.get(name, default))
    if not text.isdecimal() or (name == "top" and int(text) == 0):
        raise bad_request(f"Invalid value '{text}' for ${name} query option found.")
    return min(int(text), most)


def selected(found: Json, known: Iterable[str], type_name: str) -> set[str] | None:
    """The property names of $select, or None for the usual ones. Raises Refused for a name the type does not have."""
    if "select" not in found:
        return None
    by_lower = {name.lower(): name for name in known}
    names = set()
    for part in found["select"].split(","):
        name = by_lower.get(part.strip().lower())
        if name is None:
            raise bad_request(f"Could not find a property named '{part.strip()}' on type '{type_name}'.")
        names.add(name)
    return names


def expansions(found: Json) -> dict[str, dict[str, str]]:
    """What $expand names, each with its own options in brackets: `a($filter=…;$select=…),b`."""
    wanted: dict[str, dict[str, str]] = {}
    for part in _split(found.get("expand", ""), ","):
        name, _, inner = part.strip().partition("(")
        pairs = (piece.partition("=") for piece in _split(inner.removesuffix(")"), ";"))
        if name:
            wanted[name] = {k.strip().removeprefix("$").lower(): v for k, _, v in pairs if k.strip()}
    return wanted


def _split(text: str, mark: str) -> list[str]:
    """Split where *mark* stands outside brackets and quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == "'"
        depth += (letter == "(") - (letter == ")") if not quoted else 0
        if letter == mark and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


################################################################
# $filter
################################################################


@dataclass(slots=True)
class Filter:
    """A parsed $filter: `test` judges one object.

    `facts` are what every match must satisfy, as (path, operator, value), so that a service can look in an index first;
    `properties` are the extended properties that every match must have, as (id, value).
    """

    test: Test
    facts: list[tuple[str, str, Any]] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<instant>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+\ -]\d\d:\d\d)?)?)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_@][\w.]*(?:/[A-Za-z_$][\w.]*)*)
      | (?P<mark>[(),:])
    )""",
    re.VERBOSE,
)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: a is not None and bool(a > b),
    "ge": lambda a, b: a is not None and bool(a >= b),
    "lt": lambda a, b: a is not None and bool(a < b),
    "le": lambda a, b: a is not None and bool(a <= b),
}

_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}


def instant(text: str) -> datetime:
    """An OData instant. A `+` that became a blank on its way through a URL is read as the `+` it was."""
    at = datetime.fromisoformat(text.replace(" ", "+"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def parse_filter(text: str, *, fold: bool = False) -> Filter:
    """Read a $filter. With *fold* texts are compared without regard to case, as the directory does.

    Raises:
        Refused: 400 for what cannot be read.
    """
    parser = _Parser(text, fold)
    parsed = parser.either()
    if parser.peek():
        raise bad_request(f"Invalid filter clause: unexpected '{parser.peek()}'.")
    return parsed


class _Parser:
    def __init__(self, text: str, fold: bool) -> None:
        self._fold = fold
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        where = 0
        while where < len(text.rstrip()):
            found = _TOKEN.match(text, where)
            if found is None:
                raise bad_request(f"Invalid filter clause: syntax error at position {where} in '{text}'.")
            self._tokens.append((str(found.lastgroup), found[found.lastgroup or 0]))
            where = found.end()

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> tuple[str, str]:
        if self._at >= len(self._tokens) or (expected is not None and self.peek().lower() != expected):
            raise bad_request(
                f"Invalid filter clause: '{expected or 'an expression'}' expected, '{self.peek()}' found."
            )
        self._at += 1
        return self._tokens[self._at - 1]

    def either(self) -> Filter:
        parsed = self.both()
        while self.peek().lower() == "or":
            self.take()
            parsed = _or(parsed, self.both())
        return parsed

    def both(self) -> Filter:
        parsed = self.one()
        while self.peek().lower() == "and":
            self.take()
            parsed = _and(parsed, self.one())
        return parsed

    def one(self) -> Filter:
        if self.peek().lower() == "not":
            self.take()
            inner = self.one()
            return Filter(lambda item: not inner.test(item))
        if self.peek() == "(":
            self.take()
            parsed = self.either()
            self.take(")")
            return parsed
        kind, name = self.take()
        if kind != "name":
            raise bad_request(f"Invalid filter clause: a property name expected, '{name}' found.")
        if self.peek() == "(":
            return self._call(name)
        operator = self.take()[1].lower()
        if operator == "in":
            return self._among(name)
        if operator not in _COMPARE:
            raise bad_request(f"Invalid filter clause: '{operator}' is no operator.")
        return self._comparison(name, operator, self._literal())

    def _comparison(self, path: str, operator: str, value: Any) -> Filter:
        compare, fold = _COMPARE[operator], self._fold

        def test(item: Json) -> bool:
            found = _at_path(item, path)
            if isinstance(value, datetime):
                found = instant(found) if found else None
            elif fold and isinstance(found, str) and isinstance(value, str):
                return compare(found.lower(), value.lower())
            return compare(found, value)

        return Filter(test, [(path, operator, value)])

    def _among(self, path: str) -> Filter:
        self.take("(")
        values = [self._literal()]
        while self.peek() == ",":
            self.take()
            values.append(self._literal())
        self.take(")")
        choices = [self._comparison(path, "eq", value) for value in values]
        return Filter(lambda item: any(choice.test(item) for choice in choices))

    def _call(self, name: str) -> Filter:
        self.take("(")
        path, _, last = name.rpartition("/")
        if last.lower() == "any":
            return self._any(path)
        if last.lower() not in _FUNCTIONS or path:
            raise bad_request(f"Invalid filter clause: unknown function '{name}'.")
        function, fold = _FUNCTIONS[last.lower()], self._fold
        of = self.take()[1]
        self.take(",")
        part = str(self._literal())
        self.take(")")

        def test(item: Json) -> bool:
            found = str(_at_path(item, of) or "")
            return function(found.lower(), part.lower()) if fold else function(found, part)

        return Filter(test)

    def _any(self, path: str) -> Filter:
        variable = self.take()[1]
        self.take(":")
        inner = self.either()
        self.take(")")

        def test(item: Json) -> bool:
            return any(inner.test({variable: each}) for each in _at_path(item, path) or ())

        said = {p.removeprefix(f"{variable}/"): v for p, operator, v in inner.facts if operator == "eq"}
        indexable = path == "singleValueExtendedProperties" and {"id", "value"} <= said.keys()
        return Filter(test, [], [(said["id"], said["value"])] if indexable else [])

    def _literal(self) -> Any:
        kind, text = self.take()
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "instant":
            return instant(text)
        if kind == "number":
            return float(text) if "." in text else int(text)
        words = {"true": True, "false": False, "null": None}
        if kind != "name" or text not in words:
            raise bad_request(f"Invalid filter clause: a value expected, '{text}' found.")
        return words[text]


def _and(a: Filter, b: Filter) -> Filter:
    return Filter(lambda item: a.test(item) and b.test(item), a.facts + b.facts, a.properties + b.properties)


def _or(a: Filter, b: Filter) -> Filter:
    return Filter(lambda item: a.test(item) or b.test(item))


def _at_path(item: Any, path: str) -> Any:
    for name in path.split("/"):
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item
