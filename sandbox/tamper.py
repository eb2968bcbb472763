################################################################
# Somebody with the database's password changes one byte of a sheet
################################################################
#
# Rule 1: behind the product's back: straight in the table `events` of the database that DATABASE_URL names, so that
#         what the product says about it afterwards is its own finding.
# Rule 2: the byte stands inside a text of the canonical JSON, which stays JSON and UTF-8.
# Rule 3: what was there before is kept, and `untamper` puts it back.

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

from sandbox.kept import Kept

_TEXT = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?')  # a JSON string; a key when a colon follows


class CannotTamper(Exception):
    """There is no such event, or no database to be reached; says which."""


class Tamper:
    def __init__(self, database_url: str, kept: Kept) -> None:
        self._url, self._kept = database_url, kept

    def tamper(self, record_id: str, seq: int | None = None) -> dict[str, Any]:
        """Change one byte of event *seq* of a record (without it: the middle one) and say which and where."""
        with _connected(self._url) as run:
            rows = run("SELECT seq, canonical FROM events WHERE record_id = ? ORDER BY seq", (record_id,))
            stored = {int(number): canonical for number, canonical in rows}
            if not stored:
                raise CannotTamper(f"no events of record {record_id} in the database")
            chosen = sorted(stored)[len(stored) // 2] if seq is None else seq
            if chosen not in stored:
                raise CannotTamper(f"record {record_id} has no event {chosen}; it has {sorted(stored)}")
            before = stored[chosen].encode() if isinstance(stored[chosen], str) else bytes(stored[chosen])
            after, position = changed(before)
            _write(run, record_id, chosen, after, as_text=isinstance(stored[chosen], str))
        kept = self._kept.get("tampered", [])
        row = {"record_id": record_id, "seq": chosen, "canonical": base64.b64encode(before).decode()}
        if not any(k["record_id"] == record_id and k["seq"] == chosen for k in kept):
            self._kept.keep("tampered", [*kept, row | {"as_text": isinstance(stored[chosen], str)}])
        return {"record_id": record_id, "seq": chosen, "position": position}

    def untamper(self) -> list[dict[str, Any]]:
        """Put every changed event back as it was, and say which."""
        kept = self._kept.get("tampered", [])
        if kept:
            with _connected(self._url) as run:
                for row in kept:
                    canonical = base64.b64decode(row["canonical"])
                    _write(run, row["record_id"], row["seq"], canonical, as_text=row["as_text"])
            self._kept.keep("tampered", [])
        return [{"record_id": row["record_id"], "seq": row["seq"]} for row in kept]


def changed(canonical: bytes) -> tuple[bytes, int]:
    """Return *canonical* with one byte in the middle of its longest text changed, and the byte's position."""
    texts = [found for found in _TEXT.finditer(canonical) if not found[2] and found[1] and b"\\" not in found[1]]
    if not texts:
        raise CannotTamper("the event holds no text to change")
    longest = max(texts, key=lambda found: len(found[1]))
    position = (longest.start(1) + longest.end(1)) // 2
    while position + 1 < longest.end(1) and canonical[position + 1] & 0xC0 == 0x80:
        position += 1  # the last byte of a letter of several bytes: any other such byte makes another letter
    old = canonical[position]
    new = old ^ 1 if old >= 0x80 else next(c for c in b"01ab" if c != old)
    return canonical[:position] + bytes([new]) + canonical[position + 1 :], position


def _write(run: Any, record_id: str, seq: int, canonical: bytes, *, as_text: bool) -> None:
    value = canonical.decode() if as_text else canonical
    run("UPDATE events SET canonical = ? WHERE record_id = ? AND seq = ?", (value, record_id, seq))


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    """A function that runs one SQL statement (with `?`) and returns its rows; all of it is one transaction."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        try:
            lite = sqlite3.connect(f"file:{quote(rest.removeprefix('/'))}?mode=rw", uri=True, timeout=10)
        except sqlite3.Error as error:
            raise CannotTamper(f"{url}: {error}") from error
        with closing(lite), _told(sqlite3.Error), lite:
            yield lambda sql, values: lite.execute(sql, values).fetchall()
    elif scheme.startswith("postgresql"):
        import psycopg

        with _told(psycopg.Error), psycopg.connect(f"postgresql://{rest}") as server:

            def run(sql: str, values: tuple[Any, ...]) -> list[Any]:
                done = server.execute(sql.replace("?", "%s").encode(), values)
                return done.fetchall() if done.description else []

            yield run
    else:
        raise CannotTamper("DATABASE_URL names no SQLite or PostgreSQL database")


@contextmanager
def _told(failure: type[Exception]) -> Iterator[None]:
    try:
        yield
    except failure as error:
        raise CannotTamper(f"the database says: {error}") from error
