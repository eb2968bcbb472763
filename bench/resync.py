"""P2 and P3: what a mailbox that is read again costs, beside msgraph-sdk, O365 and a bare socket."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from bench import peers
from bench.measuring import Goal, Line, Round, Table, column, in_turns, ratios
from bench.side import Side

COUNT, PAGE = 5_000, 200  # letters of the folder; letters of a page
NEW = 40  # letters that nobody has seen
NAIVE, NAIVE_PAGE = 300, 10  # the control: Graph's own page where nobody asks for another
SDK_PAGES, O365_PAGES = 1, 2  # they are slow and read a part of the letters; figures are per letter read
SELECTED = ["id", "internetMessageId", "receivedDateTime"]


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:

        def side(module: str, told: Mapping[str, Any], **how: Any) -> Side:
            return held.enter_context(Side(f"bench.{module}", told, **how))

        pages = side("graph_pages", {"count": COUNT, "page": PAGE, "new": NEW})
        small = side("graph_pages", {"count": NAIVE, "page": NAIVE_PAGE})
        at, at_small = pages.ready["origin"], small.ready["origin"]
        alone = peers.python()

        def ours(kind: str, base: str, count: int) -> Side:
            return side("sides.resync", {"kind": kind, "base_url": f"{base}/v1.0", "count": count})

        def sdk(folder: str, select: list[str]) -> Side:
            told = {"base_url": f"{at}/{folder}/v1.0", "page": PAGE, "pages": SDK_PAGES, "select": select}
            return side("sides.listing_sdk", told)

        def o365(folder: str, select: list[str]) -> Side:
            told = {"base_url": f"{at}/{folder}/v1.0", "page": PAGE, "count": PAGE * O365_PAGES, "select": select}
            return side("sides.listing_o365", told, python=alone)

        def floor(folder: str) -> Side:
            return side("sides.listing_floor", {"base_url": f"{at}/{folder}/v1.0"}, python=alone)

        sides = {
            "ours": counted(ours("known", f"{at}/selected", COUNT), pages),
            "sdk": counted(sdk("selected", SELECTED), pages),
            "o365": counted(o365("selected", SELECTED), pages),
            "floor": counted(floor("selected"), pages),
            "floor, whole": counted(floor("whole"), pages),
            "ours, whole": counted(ours("known", f"{at}/whole", COUNT), pages),
            "sdk, whole": counted(sdk("whole", []), pages),
            "o365, whole": counted(o365("whole", []), pages),
            "new": counted(ours("new", f"{at}/new", NEW), pages),
            "naive": counted(ours("naive", f"{at_small}/selected", NAIVE), small),
        }
        found = in_turns(sides, pairs)
    return [_cpu(found), _requests(found)]


def counted(side: Side, server: Side) -> Callable[[], Round]:
    """A round of *side*, per letter, with what the server was asked and what it spent on it."""

    def round_() -> Round:
        before, told, after = server(), side(), server()
        count = told["letters"]
        return {
            "cpu_us": told["cpu_s"] / count * 1e6,
            "letters_per_s": count / told["wall_s"],
            "requests": (after["asked"] - before["asked"]) / count,
            "grew_mb": told.get("grew_mb", 0.0),
            "server_share": (after["cpu_s"] - before["cpu_s"]) / told["cpu_s"] * 100,
        }

    return round_


def _cpu(found: Mapping[str, list[Round]]) -> Table:
    def cpu(what: str, name: str, goal: Goal | None = None, *, control: bool = False) -> Line:
        return Line(what, column(found[name], "cpu_us"), "µs", goal, control)

    def times(what: str, over: str, under: str, goal: Goal) -> Line:
        return Line(what, ratios(found[over], found[under], "cpu_us"), "×", goal)

    return Table(
        "P2: CPU per letter of a resync, letters already held",
        [
            cpu("ours: delta, verdicts looked up, cursor synced", "ours", Goal(at_most=60)),
            cpu("msgraph-sdk 1.65.0: lists, keeps nothing", "sdk"),
            cpu("O365 2.1.10: lists, keeps nothing", "o365"),
            cpu("floor: a socket and orjson, keeps nothing", "floor"),
            times("msgraph-sdk ÷ ours", "sdk", "ours", Goal(at_least=60)),
            times("O365 ÷ ours", "o365", "ours", Goal(at_least=5)),
            times("ours ÷ floor", "ours", "floor", Goal(at_most=6)),
            cpu("ours, whole messages of 5.6 KB", "ours, whole"),
            times("msgraph-sdk ÷ ours, whole messages", "sdk, whole", "ours, whole", Goal(at_least=60)),
            times("O365 ÷ ours, whole messages", "o365, whole", "ours, whole", Goal(at_least=5)),
            times("ours ÷ floor, whole messages", "ours, whole", "floor, whole", Goal(at_most=6)),
            cpu("control: a transaction and a cursor per letter", "naive", Goal(at_most=60), control=True),
            cpu("a new letter: MIME fetched, kept, registered, referred", "new"),
            Line("the server's CPU, of ours", column(found["ours"], "server_share"), "%", Goal(at_most=10)),
            Line("letters per second, ours", column(found["ours"], "letters_per_s"), more_is_better=True),
        ],
        [
            f"{COUNT:,} letters in pages of {PAGE}; id, Message-ID and time selected (0.5 KB of JSON) for every client "
            "unless it says whole.",
            "Ours keeps verdicts and cursor in SQLite (WAL, synchronous=FULL); the peers have no delta and keep "
            "nothing.",
            f"msgraph-sdk reads {SDK_PAGES * PAGE} of the letters, O365 {O365_PAGES * PAGE}; figures are per letter "
            "read.",
        ],
    )


def _requests(found: Mapping[str, list[Round]]) -> Table:
    def asked(what: str, name: str, goal: Goal | None = None, *, control: bool = False) -> Line:
        return Line(what, column(found[name], "requests"), "", goal, control)

    return Table(
        "P3: Graph requests per letter, counted by the server",
        [
            asked("ours, letters already held", "ours", Goal(at_most=0.011)),
            asked("msgraph-sdk, asked for the same pages", "sdk"),
            asked("O365, asked for the same pages", "o365"),
            asked("ours, new letters", "new", Goal(at_most=1.1)),
            asked("control: Graph's own pages of 10", "naive", Goal(at_most=0.011), control=True),
        ],
    )
