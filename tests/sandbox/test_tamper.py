"""Somebody changes a stored byte behind the product's back, on both databases, and puts it back."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kept import Kept
from sandbox.tamper import CannotTamper, Tamper, changed
from tests.sandbox.small_app import SmallApp

EVENTS = [
    json.dumps({"seq": seq, "type": "Noted", "note": f"لإجراء اللازم {seq}"}, ensure_ascii=False).encode()
    for seq in (1, 2, 3)
]
type Database = tuple[str, Callable[[], list[bytes]]]  # its URL, and a look at r1's events


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        file = tmp_path / "a b.db"
        with closing(sqlite3.connect(file)) as lite, lite:
            lite.execute("CREATE TABLE events (entity_id TEXT, record_id TEXT, seq INTEGER, canonical BLOB)")
            lite.executemany("INSERT INTO events VALUES ('e', 'r1', ?, ?)", list(enumerate(EVENTS, start=1)))

        def stored() -> list[bytes]:
            with closing(sqlite3.connect(file)) as again:
                return [row[0] for row in again.execute("SELECT canonical FROM events ORDER BY seq")]

        yield f"sqlite:///{file}", stored
    else:
        url = request.getfixturevalue("postgres")
        plain = url.replace("+psycopg", "")
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        plain = plain.removesuffix("postgres") + name
        with psycopg.connect(plain) as server:
            server.execute("CREATE TABLE events (entity_id TEXT, record_id TEXT, seq INTEGER, canonical BYTEA)")
            for seq, event in enumerate(EVENTS, start=1):
                server.execute("INSERT INTO events VALUES ('e', 'r1', %s, %s)", (seq, event))

        def stored_there() -> list[bytes]:
            with psycopg.connect(plain) as server:
                return [bytes(row[0]) for row in server.execute("SELECT canonical FROM events ORDER BY seq")]

        yield url.removesuffix("postgres") + name, stored_there


def test_one_byte_of_the_middle_event_changes_and_comes_back(database: Database, tmp_path: Path) -> None:
    url, stored = database
    tamper = Tamper(url, Kept(tmp_path / "kept.json"))
    done = tamper.tamper("r1")
    assert done["seq"] == 2
    first, second, third = stored()
    assert (first, third) == (EVENTS[0], EVENTS[2])
    assert [n for n, (a, b) in enumerate(zip(second, EVENTS[1], strict=True)) if a != b] == [done["position"]]
    assert tamper.untamper() == [{"record_id": "r1", "seq": 2}]
    assert stored() == EVENTS


def test_what_was_there_first_comes_back_also_after_a_restart(database: Database, tmp_path: Path) -> None:
    url, stored = database
    for _ in range(3):
        Tamper(url, Kept(tmp_path / "kept.json")).tamper("r1", 3)
    assert stored()[2] != EVENTS[2]
    Tamper(url, Kept(tmp_path / "kept.json")).untamper()
    assert stored() == EVENTS
    assert Tamper(url, Kept(tmp_path / "kept.json")).untamper() == []


def test_an_unknown_record_or_event_is_named(database: Database, tmp_path: Path) -> None:
    tamper = Tamper(database[0], Kept(tmp_path / "kept.json"))
    with pytest.raises(CannotTamper, match="no events of record r9"):
        tamper.tamper("r9")
    with pytest.raises(CannotTamper, match=r"no event 7; it has \[1, 2, 3\]"):
        tamper.tamper("r1", 7)


@given(
    st.dictionaries(st.text(min_size=1), st.text(min_size=1) | st.integers(), min_size=1).filter(
        lambda d: any(isinstance(v, str) and json.dumps(v, ensure_ascii=False) == f'"{v}"' for v in d.values())
    )
)
def test_a_changed_event_is_still_json_with_the_same_keys(event: dict[str, Any]) -> None:
    canonical = json.dumps(event, ensure_ascii=False).encode()
    after, position = changed(canonical)
    assert after != canonical
    assert after[:position] + after[position + 1 :] == canonical[:position] + canonical[position + 1 :]
    read = json.loads(after.decode())
    assert read.keys() == event.keys()
    assert sum(read[key] != event[key] for key in event) == 1


def test_over_http_it_says_what_it_did_and_why_it_cannot(tmp_path: Path) -> None:
    file = tmp_path / "p.db"
    with closing(sqlite3.connect(file)) as lite, lite:
        lite.execute("CREATE TABLE events (entity_id TEXT, record_id TEXT, seq INTEGER, canonical TEXT)")
        lite.execute("INSERT INTO events VALUES ('e', 'r1', 1, ?)", (EVENTS[0].decode(),))
    with SmallApp(tmp_path, env={"DATABASE_URL": f"sqlite:///{file}"}) as app:
        assert app.product("POST", "/sandbox/tamper", json={"record_id": "r1"}).json()["seq"] == 1
        assert app.product("POST", "/sandbox/untamper", body=b"").json() == {
            "restored": [{"record_id": "r1", "seq": 1}]
        }
        refused = app.product("POST", "/sandbox/tamper", json={"record_id": "r9"})
        assert (refused.status, refused.json()) == (409, {"error": "no events of record r9 in the database"})
        assert app.product("POST", "/sandbox/tamper", json={"seq": 1}).status == 400
    with closing(sqlite3.connect(file)) as lite:
        assert lite.execute("SELECT canonical FROM events").fetchone() == (EVENTS[0].decode(),)
