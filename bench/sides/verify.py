"""Sheets are verified: as the registry does it, and by their hashes alone, which is as fast as Python can."""

import hashlib
from collections.abc import Callable

from bench.side import serve, spent
from registry.commands import Approve, Complete, Refer
from registry.sheet import FIRST_PREV_HASH, Entry, verify, write_entry
from tests.values import ANNEX, Desk, forwarded, registered

SHEETS = 2_000  # of a round, of one life each


def a_sheet() -> list[Entry]:
    """A letter that was registered, referred, completed and approved: seven events with their texts."""
    desk: Desk = registered(forwarded(parts=(ANNEX,)))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar", note="يرجى الدراسة"))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تمت الدراسة"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    lines: list[Entry] = []
    for seq, event in enumerate(desk.events, start=1):
        before = lines[-1].hash if lines else FIRST_PREV_HASH
        lines.append(write_entry("r1", seq, event, before, lambda: "0" * 32))
    return lines


def chained(lines: list[Entry]) -> bool:
    """The floor: the chain, and nothing of what a line says of itself or of its texts."""
    before = FIRST_PREV_HASH
    for line in lines:
        before = hashlib.sha256(before.encode() + line.canonical).hexdigest()
    return before == lines[-1].hash


def hashed(parts: list[bytes]) -> bool:
    """The other floor: every hash that must be computed, over bytes that lie ready, compared with nothing."""
    sha256, last = hashlib.sha256, ""
    for part in parts:
        last = sha256(part).hexdigest()
    return last != ""


def main() -> None:
    lines = a_sheet()
    bad = lines[:3] + lines[4:]
    assert verify(bad) is not None, "a sheet without one of its lines was called whole"
    parts = [line.prev_hash.encode() + line.canonical for line in lines]
    parts += [(text.salt + text.text).encode() for line in lines for text in line.texts]
    ways: dict[str, Callable[[], bool]] = {
        "ours": lambda: verify(lines) is None,
        "chain": lambda: chained(lines),
        "hashes": lambda: hashed(parts),
    }

    def measured(way: str) -> dict[str, float]:
        check = ways[way]
        with spent() as cost:
            whole = all(check() for _ in range(SHEETS))
        assert whole
        return {"per_s": SHEETS * len(lines) / cost.cpu_s, "cpu_us": cost.cpu_s / (SHEETS * len(lines)) * 1e6}

    serve(measured)


if __name__ == "__main__":
    main()
