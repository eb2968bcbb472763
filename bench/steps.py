"""P7's floor: commands that the product takes in a second, beside what the raw driver could on the same database."""

import contextlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from bench.measuring import Goal, Line, Round, Table, column, in_turns, ratios
from bench.side import Side
from tests import stores
from tests.programs import find_program, postgres

CLIENTS = (1, 8)
RECORDS = 50  # of a round; three commands on each
RAW_RECORDS = 250  # the floor is fast: more of them, so that a round is no blink
GOAL = Goal(at_least=0.6)


@dataclass(frozen=True, slots=True)
class _Database:
    """Where both sides work: the product's URL of a fresh register, and how the floor is told of the same place."""

    name: str
    url: Callable[[], str]
    raw: Mapping[str, Any]


def measure(pairs: int) -> list[Table]:
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        databases = [
            _Database("SQLite", lambda: stores.sqlite_url(folder), {"sqlite": str(folder / "raw.db")}),
        ]
        notes = ["SQLite: WAL, synchronous=FULL. PostgreSQL: fsync and synchronous_commit on."]
        if find_program("initdb") is None:
            notes.append("PostgreSQL is missing on this machine (apt-get install postgresql): SQLite alone.")
        else:
            server = held.enter_context(postgres(fsync=True))
            raw = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
            databases.append(_Database("PostgreSQL", lambda: stores.postgres_url(server), {"postgres": raw}))
        lines = [line for database in databases for clients in CLIENTS for line in _beside(database, clients, pairs)]
    return [
        Table(
            "P7, its floor: commands per second, each with key, rights, sheet, projections, outbox and commit",
            lines,
            [
                "A command is a real one: refer, complete or approve. The floor's step is a guarded UPDATE, an outbox "
                "row and a chained audit row in a commit of its own: no rights, no key, no projections, nothing read.",
                *notes,
                "Clients are threads of one process on both sides; each is answered after its commit.",
            ],
        )
    ]


def _beside(database: _Database, clients: int, pairs: int) -> Sequence[Line]:
    told = {"clients": clients}
    ours_told = told | {"url": database.url(), "records": RECORDS}
    raw_told = told | {"records": RAW_RECORDS} | dict(database.raw)
    with Side("bench.sides.steps", ours_told) as ours, Side("bench.sides.raw_steps", raw_told) as raw:
        found = in_turns({"ours": ours, "raw": raw}, pairs)
    return _lines(f"{database.name}, {clients} client{'s' if clients > 1 else ''}", found)


def _lines(where: str, found: Mapping[str, list[Round]]) -> Sequence[Line]:
    return (
        Line(f"{where}: ours", column(found["ours"], "per_s"), "/s", more_is_better=True),
        Line(f"{where}: floor", column(found["raw"], "per_s"), "/s", more_is_better=True),
        Line(f"{where}: ours ÷ floor", ratios(found["ours"], found["raw"], "per_s"), "×", GOAL),
        Line(f"{where}: CPU of our process", column(found["ours"], "cpu_us"), "µs"),
    )
