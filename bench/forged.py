"""R5: calls that are not Teams', at our door and at those of the SDKs that Microsoft has for such bots, in one run."""

import base64
import contextlib
from collections.abc import Mapping
from typing import Any

from bench import callers, peers
from bench.measuring import Goal, Line, Round, Table, column, in_turns
from bench.side import Side
from tests.bot.issuer import activity, as_bytes
from tests.bot.test_channel_in import FORGED, forged

GOOD = "a call of the channel's own"


def calls() -> list[tuple[str, str | None, str]]:
    """Every way to forge a call, made now, and one that is good."""
    made = {kind: forged(kind) for kind in FORGED} | {GOOD: (callers.channel_token(), as_bytes(activity()))}
    return [(kind, header, base64.b64encode(body).decode()) for kind, (header, body) in made.items()]


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:
        published = callers.published()
        pages = held.enter_context(Side("bench.graph_pages", {"alone": published}))
        ours = held.enter_context(
            Side("bench.sides.forged", {"origin": pages.ready["origin"], "key": published["/keys"]["keys"][0]})
        )
        known = {"app_id": callers.APP_ID, "tenant_id": callers.TENANT_ID, "keys": published["/keys"]}
        agents = Side("bench.sides.forged_agents", known, python=peers.python(peers.AGENTS))
        teams = Side("bench.sides.forged_teams", known, python=peers.python(peers.TEAMS))
        held.enter_context(agents)
        held.enter_context(teams)

        def asked(side: Side, **how: Any) -> Round:
            told = side(calls=calls(), **how)
            statuses = told["statuses"]
            assert statuses.pop(GOOD) == 200, f"a door that lets nobody in refuses well: {told}"
            kept.setdefault(id(side) if not how else 0, statuses)
            return {
                "refused": float(sum(status in (401, 403) for status in statuses.values())),
                "in": float(sum(status < 400 for status in statuses.values())),
                "failed": float(sum(status >= 500 for status in statuses.values())),
                "cpu_us": told["cpu_us"],
            }

        kept: dict[int, Mapping[str, int]] = {}
        sides = {
            "ours": lambda: asked(ours),
            "microsoft-agents": lambda: asked(agents),
            "teams.py": lambda: asked(teams),
            "control": lambda: asked(ours, naive=True),
        }
        found = in_turns(sides, pairs)
        let_in = {
            name: [kind for kind, status in kept[id(side)].items() if status not in (401, 403)]
            for name, side in (("ours", ours), ("microsoft-agents", agents), ("teams.py", teams))
        }
    every = Goal(at_least=len(FORGED))
    lines = [
        Line("ours: refused with 401 or 403", column(found["ours"], "refused"), "", every),
        Line("ours: failed (5xx)", column(found["ours"], "failed"), "", Goal(at_most=0)),
        Line("ours: CPU of a call", column(found["ours"], "cpu_us"), "µs", Goal(at_most=1_000)),
    ]
    for name in ("microsoft-agents", "teams.py"):
        lines += [
            Line(f"{name}: refused with 401 or 403", column(found[name], "refused"), "", more_is_better=True),
            Line(f"{name}: let in", column(found[name], "in")),
            Line(f"{name}: failed (5xx)", column(found[name], "failed")),
        ]
    control = Line("control: a decoder of tokens alone", column(found["control"], "refused"), "", every, control=True)
    return [
        Table(
            f"R5: {len(FORGED)} forged calls",
            [*lines, control],
            [
                "Each door is called in process with header and body, as its own server would call it, and lets the "
                "channel's own call in. Whatever address a peer would ask for keys, it gets the channel's.",
                f"{peers.AGENTS[0]} and {peers.TEAMS[0]}, as they come. That the tenant is ours they leave to "
                "the bot's own code; ours asks at the door.",
                *(f"{name} does not refuse: {'; '.join(kinds) or 'none'}" for name, kinds in let_in.items()),
            ],
        )
    ]
