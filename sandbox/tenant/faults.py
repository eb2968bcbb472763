################################################################
# What goes wrong on purpose
################################################################
#
# Rule 1: seeded: the same rules, seed and requests in the same order give the same faults.
# Rule 2: a fault of a request is decided before any service is asked; a fault of a delivery when it is put down.
# Rule 3: a new fault is one function below and its name in one of the three tables.
#
# A rule matches a service ("graph", "connector", "entra", "vault"), a kind of delivery ("notifications", "connector",
# "mail"), or as a glob "METHOD /path" or "/path" alone. The first rule that matches and is drawn strikes.

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sandbox.tenant.wire import HELD, NO_ANSWER, Response, error_response
from sandbox.tenant.world import Thing, World

STATUS_CODES = {
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    409: "Conflict",
    410: "syncStateNotFound",
    412: "PreconditionFailed",
    423: "resourceLocked",
    429: "TooManyRequests",
    503: "serviceNotAvailable",
    504: "UnknownError",
    507: "quotaLimitReached",
}


@dataclass(frozen=True, slots=True)
class Struck:
    """What the caller is answered, and whether what was asked is done first all the same.

    Attributes:
        spoil: What becomes of the answer to what was done; it takes the place of `response`.
    """

    response: Response = NO_ANSWER
    done_first: bool = False
    spoil: Callable[[Response], Response] | None = None

    def after(self, answer: Response) -> Response:
        """What the caller is answered when what was asked was done, and *answer* is what it came to. A refusal is not
        spoilt."""
        if self.spoil is None:
            return self.response
        return replace(self.spoil(answer), spoilt=True) if answer.status < 300 else answer


def _status(status: int, args: Thing, luck: random.Random) -> Response:
    headers: dict[str, str] = dict(args.get("headers", {}))
    if status in (429, 503):
        wait = args.get("retry_after", luck.choice((1, 2, 3, 1.5, 0.5, None)))
        if wait is not None:
            headers["retry-after"] = str(wait)
    if status >= 500 and "code" not in args and luck.random() < 0.3:
        return Response(status, {"content-type": "text/html", **headers}, b"<h1>Service unavailable</h1>")
    code = args.get("code", STATUS_CODES.get(status, "generalException"))
    answer = error_response(status, code, args.get("message", "The sandbox was told to fail here."))
    return Response(status, {**answer.headers, **headers}, answer.body)


def _spoilt(how: Callable[[Response, Thing], Response]) -> Callable[[Thing, random.Random], Struck]:
    return lambda args, luck: Struck(done_first=True, spoil=lambda answer: how(answer, args))


def _of_a_proxy(answer: Response, args: Thing) -> Response:
    return Response(200, {"content-type": "text/html"}, b"<h1>Sign in to the network</h1>")


# By name; a name of three digits is that status, answered instead of doing anything. Whoever is held waits until the
# rules are changed, and then finds the connection cut: time enough to be killed just before a deed, or just after it.
# The last ones do what was asked and spoil the answer: half of it, cut off, dripping for `s` seconds, a proxy's page
# with 200, nothing with 200.
REQUEST_FAULTS: dict[str, Callable[[Thing, random.Random], Struck]] = {
    "504_after": lambda args, luck: Struck(_status(504, args, luck), done_first=True),
    "lost": lambda args, luck: Struck(NO_ANSWER, done_first=True),
    "reset": lambda args, luck: Struck(NO_ANSWER),
    "held": lambda args, luck: Struck(HELD),
    "held_after": lambda args, luck: Struck(HELD, done_first=True),
    "half": _spoilt(lambda answer, args: replace(answer, body=answer.body[: len(answer.body) // 2])),
    "cut": _spoilt(lambda answer, args: replace(answer, cut=True)),
    "drip": _spoilt(lambda answer, args: replace(answer, drip_s=float(args.get("s", 60)))),
    "proxy": _spoilt(_of_a_proxy),
    "nothing": _spoilt(lambda answer, args: replace(answer, body=b"")),
}

# What becomes of one delivery: the seconds by which each of its copies is put off. No copy: it is dropped. Copies of a
# doubled one go at once, or each at its own instant within `s` seconds, overtaking others.
DELIVERY_FAULTS: dict[str, Callable[[Thing, random.Random], list[float]]] = {
    "double": lambda args, luck: [luck.uniform(0, float(args.get("s", 0))) for _ in range(int(args.get("times", 2)))],
    "shuffle": lambda args, luck: [luck.uniform(0, float(args.get("s", 3)))],
    "drop": lambda args, luck: [],
    "delay": lambda args, luck: [float(args.get("s", 30))],
}

# Done by the services themselves, which ask `befalls`: a delta page that is empty and has a next one, or shows items
# once more; notifications that somebody has forged.
OWN_FAULTS = ("empty_page", "replay", "forged")


def known(name: str) -> bool:
    return name in REQUEST_FAULTS or name in DELIVERY_FAULTS or name in OWN_FAULTS or _is_status(name)


def _is_status(name: str) -> bool:
    return len(name) == 3 and name.isdigit() and name[0] in "45"


def set_rules(world: World, seed: int, rules: Iterable[Thing], now: datetime) -> None:
    """Put these rules in the place of those before; `for_s` ends one so many seconds from now."""
    kept = []
    for rule in rules:
        until = (now + timedelta(seconds=float(rule["for_s"]))).isoformat() if "for_s" in rule else None
        kept.append({"rate": 1.0, "args": {}, **rule, "until": until, "asked": 0, "struck": 0})
    world.table("faults")["rules"] = {"seed": seed, "rules": kept}


def rules(world: World) -> Thing:
    return world.table("faults").get("rules", {"seed": 0, "rules": []})


def on_request(world: World, service: str, line: str, now: datetime) -> Struck | None:
    """What strikes this request; *line* is its method and path."""
    drawn = _draw(world, service, line, now, lambda name: name in REQUEST_FAULTS or _is_status(name))
    if drawn is None:
        return None
    rule, luck = drawn
    if _is_status(rule["fault"]):
        return Struck(_status(int(rule["fault"]), rule["args"], luck))
    return REQUEST_FAULTS[rule["fault"]](rule["args"], luck)


def on_delivery(world: World, kind: str, now: datetime) -> list[float]:
    """The seconds by which each copy of a delivery of this kind is put off; as a rule one copy, at once."""
    drawn = _draw(world, kind, "", now, lambda name: name in DELIVERY_FAULTS)
    if drawn is None:
        return [0.0]
    rule, luck = drawn
    return DELIVERY_FAULTS[rule["fault"]](rule["args"], luck)


def befalls(world: World, name: str, service: str, now: datetime, line: str = "") -> bool:
    """Whether this one of OWN_FAULTS strikes now."""
    return _draw(world, service, line, now, lambda fault: fault == name) is not None


def _draw(
    world: World, service: str, line: str, now: datetime, of_family: Callable[[str], bool]
) -> tuple[Thing, random.Random] | None:
    book = rules(world)
    for index, rule in enumerate(book["rules"]):
        if not of_family(rule["fault"]) or not _matches(rule["match"], service, line):
            continue
        if rule["until"] is not None and now >= datetime.fromisoformat(rule["until"]):
            continue
        rule["asked"] += 1
        luck = random.Random(f"{book['seed']}/{index}/{rule['asked']}")
        strikes = luck.random() < rule["rate"]
        rule["struck"] += strikes
        world.table("faults")["rules"] = book
        if strikes:
            return rule, luck
    return None


def _matches(match: str, service: str, line: str) -> bool:
    glob = f"* {match}" if match.startswith("/") else match
    return match in ("*", service) or (" " in glob and fnmatchcase(line, glob))


def listed(world: World, now: datetime) -> dict[str, Any]:
    """The rules as GET /sandbox/faults shows them."""
    book = rules(world)
    live = [{**r, "active": r["until"] is None or now < datetime.fromisoformat(r["until"])} for r in book["rules"]]
    return {"seed": book["seed"], "rules": live}
