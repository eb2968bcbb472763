################################################################
# History that somebody changed: every kind of change to a sheet is found, by the chain or by its head
################################################################
#
# Rule 1: whoever changes lines and cannot write all that follows anew is found
#         by the chain alone, without a head that was told elsewhere.
# Rule 2: whoever writes all of it anew, as one who owns the database can, is found by the head: a day's statement and
#         an export tell it (docs/adr/010, 019).

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from registry.commands import Approve, Complete, Refer
from registry.sheet import FIRST_PREV_HASH, Entry, PrivateText, chain_hash, verify, write_entry
from tests.values import ANNEX, Desk, forwarded, registered

type Sheet = Sequence[Entry]
type Change = Callable[[Sheet, Sheet, random.Random], Sheet]

SHARE, ALL = 14_000, 1_000_000  # of changes: in `make test`, in `make soak`


def life(record_id: str, note: str) -> Sheet:
    desk: Desk = registered(forwarded(parts=(ANNEX,)))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar", note=note))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تمت الدراسة"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    return chained(record_id, [e for e in desk.events])


def chained(record_id: str, events: Sequence[object]) -> Sheet:
    lines: list[Entry] = []
    for seq, event in enumerate(events, start=1):
        before = lines[-1].hash if lines else FIRST_PREV_HASH
        lines.append(write_entry(record_id, seq, event, before, lambda: "0" * 32))  # type: ignore[arg-type]
    return lines


def with_line(sheet: Sheet, place: int, line: Entry) -> Sheet:
    return [*sheet[:place], line, *sheet[place + 1 :]]


def flipped(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place = chance.randrange(len(sheet))
    canonical = bytearray(sheet[place].canonical)
    canonical[chance.randrange(len(canonical))] ^= 1 << chance.randrange(8)
    return with_line(sheet, place, replace(sheet[place], canonical=bytes(canonical)))


def flipped_and_hashed(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    """The changed line has a hash of its own; those after it are left as they were."""
    place = chance.randrange(len(sheet) - 1)
    changed = flipped([sheet[place]], other, chance)[0]
    return with_line(sheet, place, replace(changed, hash=chain_hash(changed.prev_hash, changed.canonical)))


def hash_changed(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place, name = chance.randrange(len(sheet)), chance.choice(("hash", "prev_hash"))
    text = list(getattr(sheet[place], name))
    at = chance.randrange(64)
    text[at] = chance.choice([c for c in "0123456789abcdef" if c != text[at]])
    return with_line(sheet, place, replace(sheet[place], **{name: "".join(text)}))


def deleted(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place = chance.randrange(len(sheet) - 1)  # the last one: `truncated`
    return [*sheet[:place], *sheet[place + 1 :]]


def deleted_and_counted(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    left = deleted(sheet, other, chance)
    return [replace(line, seq=seq) for seq, line in enumerate(left, start=1)]


def doubled(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place = chance.randrange(len(sheet))
    return [*sheet[: place + 1], sheet[place], *sheet[place + 1 :]]


def inserted(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place = chance.randrange(1, len(sheet))
    line = replace(chance.choice(other), seq=place + 1)
    return [*sheet[:place], line, *(replace(one, seq=one.seq + 1) for one in sheet[place:])]


def swapped(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    first, second = chance.sample(range(len(sheet)), 2)
    lines = list(sheet)
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def exchanged(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    """A line of another record in the place of this one's."""
    place = chance.randrange(len(sheet))
    return with_line(sheet, place, replace(other[place], record_id=sheet[place].record_id))


def relabelled(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    """The whole sheet of another record, under this one's name."""
    return [replace(line, record_id=sheet[0].record_id) for line in other]


def typed(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    place = chance.randrange(len(sheet))
    return with_line(sheet, place, replace(sheet[place], type=chance.choice(("Voided", "Noted"))))


def reworded(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    """Another text beside a line that names the hash of the first."""
    place = chance.choice([p for p, line in enumerate(sheet) if line.texts])
    texts = list(sheet[place].texts)
    at = chance.randrange(len(texts))
    texts[at] = PrivateText(texts[at].field, texts[at].salt, texts[at].text + "؟")
    return with_line(sheet, place, replace(sheet[place], texts=tuple(texts)))


def truncated(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    return sheet[: chance.randrange(1, len(sheet))]


def written_anew(sheet: Sheet, other: Sheet, chance: random.Random) -> Sheet:
    """By whoever owns the database: one line changed, and everything after it chained again."""
    place = chance.randrange(len(sheet))
    changed = sheet[place].canonical.replace(b'"v":1', b'"v":1 ', 1)
    lines = list(sheet[:place])
    before = lines[-1].hash if lines else FIRST_PREV_HASH
    for line in (replace(sheet[place], canonical=changed), *sheet[place + 1 :]):
        made = replace(line, prev_hash=before, hash=chain_hash(before, line.canonical))
        lines.append(made)
        before = made.hash
    return lines


BY_THE_CHAIN: tuple[Change, ...] = (
    *(flipped, flipped_and_hashed, hash_changed, deleted, deleted_and_counted, doubled, inserted, swapped, exchanged),
    *(relabelled, typed, reworded),
)
BY_THE_HEAD: tuple[Change, ...] = (truncated, written_anew)


def found(sheet: Sheet, head: str) -> bool:
    return verify(sheet) is not None or sheet[-1].hash != head


def missed(count: int, seed: int) -> list[str]:
    """The changes, of *count* drawn at random, that nobody finds."""
    chance = random.Random(seed)
    sheet, other = life("r1", "يرجى الدراسة"), life("r2", "للإفادة")
    assert verify(sheet) is None
    assert verify(other) is None
    head, changes = sheet[-1].hash, (*BY_THE_CHAIN, *BY_THE_HEAD)
    not_found = []
    for number in range(count):
        change = changes[number % len(changes)]
        changed = change(sheet, other, chance)
        assert changed != sheet, change.__name__
        if not found(changed, head):
            not_found.append(change.__name__)
    return not_found


def test_every_change_of_fourteen_thousand_is_found() -> None:
    assert missed(SHARE, seed=1) == []


@pytest.mark.soak
def test_every_change_of_a_million_is_found() -> None:
    assert missed(ALL, seed=2) == []


@pytest.mark.parametrize("change", BY_THE_CHAIN)
def test_what_the_chain_finds_it_finds_without_a_head(change: Change) -> None:
    chance = random.Random(3)
    sheet, other = life("r1", "يرجى الدراسة"), life("r2", "للإفادة")
    assert all(verify(change(sheet, other, chance)) is not None for _ in range(200))


@pytest.mark.parametrize("change", BY_THE_HEAD)
def test_what_only_the_head_finds_the_chain_calls_whole(change: Change) -> None:
    """The negative control: why a head must be told elsewhere."""
    chance = random.Random(4)
    sheet, other = life("r1", "يرجى الدراسة"), life("r2", "للإفادة")
    changed = [change(sheet, other, chance) for _ in range(50)]
    assert all(verify(c) is None for c in changed)
    assert all(found(c, sheet[-1].hash) for c in changed)
