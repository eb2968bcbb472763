################################################################
# Everything the tenant knows, and how it survives a restart
################################################################
#
# Rule 1: state is tables of JSON objects by id, nothing else; large bytes lie beside them by their SHA-256.
# Rule 2: what one request changed is written in one transaction at its end (`flush`), or not at all.
# Rule 3: ids are drawn from counters, so that the same requests in the same order give the same ids.

import hashlib
import json
import sqlite3
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

type Thing = dict[str, Any]


class Table(MutableMapping[str, Thing]):
    """Objects by id, in insertion order. Assign an object again after changing it: only what was assigned is kept."""

    def __init__(self, rows: dict[str, Thing]) -> None:
        self._rows = rows
        self.changed: dict[str, None] = {}

    def __getitem__(self, key: str) -> Thing:
        return self._rows[key]

    def __setitem__(self, key: str, value: Thing) -> None:
        self._rows[key] = value
        self.changed[key] = None

    def __delitem__(self, key: str) -> None:
        del self._rows[key]
        self.changed[key] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class World:
    """Tables, counters and bytes. With a folder it lasts; without one it lives as long as the object."""

    def __init__(self, folder: Path | None = None) -> None:
        self._tables: dict[str, Table] = {}
        self._bytes: dict[str, bytes] = {}
        self._fresh_bytes: list[str] = []
        self._db: sqlite3.Connection | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / "tenant.db", isolation_level=None, check_same_thread=False)
            self._db.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                "CREATE TABLE IF NOT EXISTS things (tab TEXT, id TEXT, body TEXT, PRIMARY KEY (tab, id));"
                "CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, body BLOB);"
            )
            for tab, key, body in self._db.execute("SELECT tab, id, body FROM things ORDER BY rowid"):
                self.table(tab)._rows[key] = json.loads(body)

    def table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table({})
        return self._tables[name]

    def next(self, counter: str) -> int:
        """1, 2, 3 … for each name."""
        row = self.table("counters").get(counter, {"value": 0})
        self.table("counters")[counter] = {"value": row["value"] + 1}
        return int(row["value"]) + 1

    def keep(self, body: bytes) -> str:
        """Keep *body* and return its SHA-256, by which `bytes_of` gives it back."""
        sha256 = hashlib.sha256(body).hexdigest()
        if sha256 not in self._bytes:  # with a folder only what is not written down yet stays in memory
            self._bytes[sha256] = body
            self._fresh_bytes.append(sha256)
        return sha256

    def bytes_of(self, sha256: str) -> bytes:
        if sha256 not in self._bytes and self._db is not None:
            row = self._db.execute("SELECT body FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
            if row:
                return bytes(row[0])
        return self._bytes[sha256]

    def flush(self) -> None:
        """Write down what changed since the last flush, all of it or nothing."""
        changed = [(name, table) for name, table in self._tables.items() if table.changed]
        if self._db is not None and (changed or self._fresh_bytes):
            self._db.execute("BEGIN")
            for sha256 in self._fresh_bytes:
                self._db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (sha256, self._bytes[sha256]))
            for name, table in changed:
                for key in table.changed:
                    if key in table:
                        body = json.dumps(table[key], ensure_ascii=False)
                        self._db.execute(
                            "INSERT INTO things VALUES (?, ?, ?)"
                            " ON CONFLICT (tab, id) DO UPDATE SET body = excluded.body",
                            (name, key, body),
                        )
                    else:
                        self._db.execute("DELETE FROM things WHERE tab = ? AND id = ?", (name, key))
            self._db.execute("COMMIT")
            for sha256 in self._fresh_bytes:
                del self._bytes[sha256]
        for _, table in changed:
            table.changed.clear()
        self._fresh_bytes.clear()

    def close(self) -> None:
        if self._db is not None:
            self.flush()
            self._db.close()
            self._db = None
