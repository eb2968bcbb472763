"""R4: twenty-six ways in which Graph fails, and who has every letter once at the end: ours, msgraph-sdk, O365."""

import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bench import peers
from bench.fault_pages import COUNT, FAULTS, PAGE
from bench.measuring import Goal, Line, Table
from bench.side import Side

WITHIN_S = 20.0  # how long a client is waited for

type Found = dict[str, dict[str, Any]]  # by fault


def measure(pairs: int) -> list[Table]:
    """One round each: whether a fault is survived is no matter of time."""
    with contextlib.ExitStack() as held:

        def side(module: str, told: Mapping[str, Any], **how: Any) -> Side:
            return held.enter_context(Side(f"bench.{module}", told, **how))

        pages = side("fault_pages", {})
        sides = {
            "ours": (side("sides.faults", {}), {}),
            "control": (side("sides.faults", {"once": True}), {}),
            "msgraph-sdk": (side("sides.faults_sdk", {}, env={}), {"page": PAGE, "within_s": WITHIN_S}),
            "O365": (
                side("sides.faults_o365", {}, python=peers.python()),
                {"page": PAGE, "count": COUNT, "within_s": WITHIN_S},
            ),
        }
        found: dict[str, Found] = {name: {} for name in sides}
        for fault in FAULTS:
            for name, (run, told) in sides.items():
                at = f"/{quote(fault, safe='')}/{quote(name)}"
                told_back = run(base_url=f"{pages.ready['origin']}{at}/v1.0", **told)
                found[name][fault] = told_back | pages(at=at)
    return [_table(found)]


def survived(told: Mapping[str, Any]) -> bool:
    """Every letter once, nothing raised, no token given to a stranger."""
    return told["ids"] == told["all"] == COUNT and not told["error"] and not told["leaks"]


def _table(found: Mapping[str, Found]) -> Table:
    def passed(name: str) -> list[float]:
        return [float(sum(map(survived, found[name].values())))]

    ours = found["ours"].values()
    every = len(FAULTS)
    return Table(
        f"R4: {every} faults of Graph on the second page; {COUNT} letters, each once at the end",
        [
            Line("ours: registered, durably", passed("ours"), "", Goal(at_least=every)),
            Line("ours: in the first visit", [float(sum(survived(t) and t["visits"] == 1 for t in ours))]),
            Line("ours: most requests for the folder and its letters", [float(max(t["asked"] for t in ours))]),
            Line("msgraph-sdk: listed", passed("msgraph-sdk")),
            Line("O365: listed", passed("O365")),
            Line(
                "control: ours with one visit and no patience",
                passed("control"),
                "",
                Goal(at_least=every),
                control=True,
            ),
        ],
        [
            "A visit of ours that ends with an error is made again, as the timer makes it; the peers are asked once, "
            f"with the retries that they bring along, and waited for {WITHIN_S:g} s.",
            *(f"{name} fails at: {_failed(found[name])}" for name in ("ours", "msgraph-sdk", "O365")),
        ],
    )


def _failed(found: Found) -> str:
    return "; ".join(f"{fault} ({_why(told)})" for fault, told in found.items() if not survived(told)) or "none"


def _why(told: Mapping[str, Any]) -> str:
    if told["error"]:
        return str(told["error"]).partition(":")[0]
    if told["leaks"]:
        return "the token was given away"
    different = min(told["ids"], COUNT)
    return f"{COUNT - different} lost, {told['all'] - different} doubled"
