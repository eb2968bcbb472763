"""P5: what one press on a card costs, from the request's bytes to the answer's; botbuilder's share apart."""

import contextlib
import tempfile
from pathlib import Path

from bench import callers
from bench.measuring import Goal, Line, Round, Table, column, in_turns
from bench.side import Side
from tests import stores

TURNS = 40  # of a round in process, and as many taken apart
HTTP_TURNS, AT_ONCE = 200, 16
CPU = Goal(at_most=250)

_PARTS = {
    "read: JSON to a press": "read_us",
    "lookup: token, record, person, office": "look_us",
    "take: rights, record, sheet, outbox, on disk": "take_us",
    "draw: the decided card as JSON": "draw_us",
}


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        pages = held.enter_context(Side("bench.graph_pages", {"alone": callers.published()}))
        origin, good = pages.ready["origin"], callers.channel_token()
        told = {"origin": origin, "authorization": good, "forged": callers.forged_token(), "turns": TURNS}
        inside = held.enter_context(Side("bench.sides.card", told))
        env = callers.settings(origin, folder, stores.sqlite_url(folder))
        door = held.enter_context(Side("bench.sides.door", {}, env=env))
        how = {"path": "/api/messages", "authorization": good, "at_once": AT_ONCE}
        clients = held.enter_context(Side("bench.sides.clients", door.ready | how))

        def over_http() -> Round:
            bodies = door(prepare=HTTP_TURNS)["bodies"]
            told = clients(bodies=bodies)
            return told | {"cpu_us": door()["cpu_s"] / HTTP_TURNS * 1e6}

        found = in_turns({"inside": inside, "http": over_http}, pairs)
    turns, http = found["inside"], found["http"]
    own = [r["turn_us"] - r["verify_us"] for r in turns]
    verify = column(turns, "verify_us")
    return [
        Table(
            "P5: CPU of one card action, verified, authorised and on disk (SQLite)",
            [
                Line("in process: a turn without botbuilder's share", own, "µs", CPU),
                Line("in process: botbuilder's share, the token verified", verify, "µs"),
                *(Line(f"alone: {what}", column(turns, name), "µs") for what, name in _PARTS.items()),
                Line(
                    f"over HTTP, {AT_ONCE} clients: a turn without botbuilder's share",
                    [h["cpu_us"] - v for h, v in zip(http, verify, strict=True)],
                    "µs",
                    CPU,
                ),
                Line(f"over HTTP, {AT_ONCE} clients: all", column(http, "cpu_us"), "µs"),
                Line(f"over HTTP, {AT_ONCE} clients: turns", column(http, "per_s"), "/s", Goal(at_least=3_500)),
                Line(f"over HTTP, {AT_ONCE} clients: p99", column(http, "p99_ms"), "ms", Goal(at_most=10)),
            ],
            [
                "An approval that closes a record; each press is the first on its card. A forged token was refused "
                "before the first round.",
                "The parts are the same calls one after the other; a turn has the way to a thread and back as well.",
                "Over HTTP: aiohttp, `functions.messages` and the house in one process; what Azure's own host adds "
                "is not ours and not in it.",
            ],
        )
    ]
