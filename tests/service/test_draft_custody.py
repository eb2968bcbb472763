################################################################
# Custody of a draft: one adversity, at every single moment of its life
################################################################
#
# Rule 1: a life is from the first bytes to the number, with an edit by its drafter, on the way that the office lays
#         down; in one of them it becomes secret on the way, and its file is moved.
# Rule 2: a moment is every press, and every call to a drive, the archive or the converter: there are some thirty. Each
#         is tried, none is drawn by chance.
# Rule 3: what must hold stands in tests/draft_laws.py; and what was written into a file is in the archive and still in
#         that file. Products broken on purpose show that it is noticed.

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from registry.circuit_commands import Redraft
from registry.errors import Locked, Unavailable
from service.draft_files import DraftFiles
from service.drafts_port import DraftPlace
from service.leavers import Leavers
from service.outcomes import Done
from tests import draft_laws
from tests.document_values import in_word
from tests.draft_house import DraftHouse, written

CALLS = ("place", "look", "read", "set_access", "remove", "changes")
WRITES = ("set_access", "remove")
MOST_PRESSES = 14


type Adversity = Callable[["Life", str], None]  # what happens at a moment; it may raise, in the place of a call


def nothing(life: "Life", call: str) -> None:
    """A life without adversity."""


class Life:
    """Omar's letter; at the moment `at` *adversity* strikes, before the call is done or after it."""

    def __init__(
        self, adversity: Adversity = nothing, at: int = -1, *, after: bool = False, secret: bool = False, **rules: Any
    ) -> None:
        office = in_word(**rules)
        people = {who: replace(person, clearance="secret") for who, person in office.people.items()}
        self.house = DraftHouse(replace(office, people=people))
        self.adversity, self.at, self.after = adversity, at, after
        self.moments: list[str] = []
        self.struck = False
        self.wrote: list[tuple[int, DraftPlace, bytes]] = []  # at which moment, where, what
        self.looked = 0  # the last moment at which the file was looked at, or read
        for name in CALLS:
            self._watch(self.house.drafts, name)
        self._watch(self.house.archive, "put")
        self._watch(self.house.converter, "pdf")
        self._live(secret)

    def _watch(self, part: Any, name: str) -> None:
        do = getattr(part, name)

        async def watched(*args: Any, **named: Any) -> Any:
            number = len(self.moments)
            self.moments.append(name)
            if number == self.at and not self.after:
                self._strike(name)
            done = await do(*args, **named)
            if name in ("look", "read"):
                self.looked = number
            if number == self.at and self.after:
                self._strike(name)
            return done

        setattr(part, name, watched)

    def _strike(self, call: str) -> None:
        self.struck = True
        self.adversity(self, call)

    def _press(self) -> None:
        number = len(self.moments)
        self.moments.append("press")
        if number == self.at:
            self._strike("press")
        self.house.press()

    def _live(self, secret: bool) -> None:
        house = self.house
        house.begin()
        house.go(1)
        house.later(70)
        self.write("ما كتبه المحرر")
        for pressed in range(MOST_PRESSES):
            house.go(1)
            if house.record.serial is not None:
                break
            self._press()
            if secret and pressed == 1:
                self.becomes_secret()
        house.go(3, 900)

    def write(self, words: str) -> None:
        document = self.house.record.document
        if document is None or self.house.place not in self.house.drafts.files:
            return
        self.house.edit(words, "omar" if self.house.place.drive.endswith("omar") else "huda")
        self.wrote.append((len(self.moments), self.house.place, written(words)))

    def becomes_secret(self) -> None:
        house, record = self.house, self.house.record
        fields = {
            name: getattr(record, name) for name in ("subject", "text", "addressees", "party", "urgency", "level")
        }
        house.take(Redraft(record_id="m1", by=str(record.drafter), confidentiality="secret", **fields))

    def obeys(self) -> None:
        """Raises AssertionError where something was lost, doubled or overwritten, or waits for nobody."""
        draft_laws.check(self.house)
        draft_laws.nothing_was_made_twice(self.house)
        draft_laws.it_is_issued_or_waits_for_somebody(self.house)
        for nth, (number, place, body) in enumerate(self.wrote):
            later = [b for _, p, b in self.wrote[nth + 1 :] if p == place]
            if place in self.house.drafts.files and not later:
                assert self.house.drafts.files[place].body == body, "overwritten"
            if number <= self.looked and not later and place not in self.ended:
                assert body in self.house.archive.kept.values(), "lost: it lay there when the file was looked at"

    @property
    def ended(self) -> set[DraftPlace]:
        """Where somebody deleted a file, or whose drive went: what was written there last may not have been seen."""
        return {place for _, place, _ in self.wrote if place not in self.house.drafts.files}


def moments(**life: Any) -> list[str]:
    calm = Life(**life)
    calm.obeys()
    assert calm.house.record.serial == 1
    return calm.moments


# ---------------------------------------------------------------- what happens


def its_author_is_deleted(life: Life, call: str) -> None:
    life.house.leaves("omar")


def its_author_is_disabled(life: Life, call: str) -> None:
    """Their drive is there for some weeks; nobody signs in to it."""

    def work(tx: Any) -> None:
        office = tx.office()
        tx.save_office(replace(office, people={**office.people, "omar": replace(office.people["omar"], active=False)}))

    life.house.store.write(work)


def it_is_edited(life: Life, call: str) -> None:
    life.write("دُسّ بعد أن قُرّر")


def its_file_is_deleted(life: Life, call: str) -> None:
    if life.house.record.document is not None and life.house.place in life.house.drafts.files:
        life.house.drafts.delete(life.house.place)


def somebody_has_it_open(life: Life, call: str) -> None:
    if call in WRITES:
        life.house.drafts.open_for(life.house.place, 2, "omar")
        raise Locked("resourceLocked", "omar")


def the_answer_is_lost(life: Life, call: str) -> None:
    if call != "press":
        raise Unavailable("504")


STRIKES: list[tuple[Adversity, bool]] = [
    (its_author_is_deleted, False),
    (its_author_is_disabled, False),
    (it_is_edited, False),
    (its_file_is_deleted, False),
    (somebody_has_it_open, False),
    (the_answer_is_lost, True),
]
RARER = [(it_is_edited, True), (its_file_is_deleted, True), (the_answer_is_lost, False)]


def broken_at(adversity: Adversity, *, after: bool = False, **life: Any) -> Iterator[str]:
    """At which moments something does not hold, and what."""
    for at, call in enumerate(moments(**life)):
        if call == "press" and after:
            continue  # a press is a moment before it alone
        lived = Life(adversity, at, after=after, **life)
        try:
            assert lived.struck, "it never came to it"
            lived.obeys()
        except AssertionError as why:
            yield f"{at} {call}: {why}"


@pytest.mark.parametrize(("adversity", "after"), STRIKES)
def test_at_no_moment_is_anything_lost_doubled_or_overwritten(adversity: Adversity, after: bool) -> None:
    assert list(broken_at(adversity, after=after)) == []


@pytest.mark.soak
@pytest.mark.parametrize(("adversity", "after"), [*STRIKES, *RARER])
@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("restart", ["first", "approve", "drafter"])
def test_nor_where_it_becomes_secret_on_its_way_and_wherever_an_edit_begins_anew(
    adversity: Adversity, after: bool, secret: bool, restart: str
) -> None:
    assert list(broken_at(adversity, after=after, secret=secret, restart=restart)) == []


def test_a_life_has_every_kind_of_moment() -> None:
    """Else a name that changed would leave a call out, and every test here would hold."""
    assert set(moments()) == {*CALLS, "put", "pdf", "press"} - {"remove"}
    assert "remove" in moments(secret=True)
    assert len(moments()) > 25


# ---------------------------------------------------------------- products that are broken


def test_a_product_that_does_not_look_before_the_last_signature_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        return None

    monkeypatch.setattr(DraftFiles, "_news", never)
    assert next(broken_at(it_is_edited), None)


def test_a_product_that_places_nothing_anew_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    place = DraftFiles._place

    async def once(self: DraftFiles, effect: Any) -> Any:
        record, _ = await self._read(effect)
        return await place(self, effect) if record.document is None else Done()

    monkeypatch.setattr(DraftFiles, "_place", once)
    assert next(broken_at(its_author_is_deleted), None)
    assert next(broken_at(its_file_is_deleted), None)


def test_a_product_that_takes_a_lock_for_an_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    share = DraftFiles._share

    async def once(self: DraftFiles, *args: Any) -> None:
        try:
            await share(self, *args)
        except Locked:
            return

    monkeypatch.setattr(DraftFiles, "_share", once)
    assert next(broken_at(somebody_has_it_open), None)


def test_a_product_that_makes_each_time_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = iter(range(1_000_000))
    place = Life._watch

    def watch(self: Life, part: Any, name: str) -> None:
        if name == "place":
            do = part.place

            async def anew(*args: Any, key: str) -> Any:
                return await do(*args, key=f"{key}:{next(keys)}")

            part.place = anew
        place(self, part, name)

    monkeypatch.setattr(Life, "_watch", watch)
    assert next(broken_at(the_answer_is_lost, after=True), None)


def test_a_product_that_leaves_what_waits_with_who_has_left_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(self: Leavers) -> int:
        return 0

    monkeypatch.setattr(Leavers, "look", nobody)
    assert next(broken_at(its_author_is_disabled), None)
