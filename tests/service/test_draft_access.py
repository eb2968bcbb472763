"""Who may open a draft's file is whose turn it is, and who stands in for them at that instant: in the drive as well."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.delegating import AcceptDelegation, Delegate, EndDelegation
from registry.document_effects import MakePreview, access_of
from registry.errors import Unavailable
from service import delegations as delegations_module
from service.delegations import Delegations
from service.draft_access import people_moved
from tests.document_values import in_word
from tests.draft_house import DraftHouse

HOUR = timedelta(hours=1)


class Access:
    """Omar's letter in Word, delegations, and a directory that changes."""

    def __init__(self, pressed: int = 0, **words: Any) -> None:
        self.house = DraftHouse(in_word())
        self.book = Delegations(self.house.store, self.house.clock)
        self.house.begin(**words)
        self.house.perform()
        for _ in range(pressed):
            self.house.press()
            self.house.perform()
        self.made = 0

    def delegate(self, giver: str, taker: str, hours: int = 4, *, soon: bool = False, **fields: Any) -> str:
        self.made += 1
        name = f"d{self.made}"
        starts = self.house.now + (HOUR if soon else timedelta(0))
        plain = {
            "by": giver,
            "from_person": giver,
            "to_person": taker,
            "starts": starts,
            "until": starts + hours * HOUR,
        }
        self.book.take(Delegate(**{"delegation_id": name, **plain, **fields}), key=f"ask:{name}")
        self.book.take(AcceptDelegation(delegation_id=name, by=taker), key=f"accept:{name}")
        return name

    def end(self, name: str) -> None:
        kept = self.book.one(name)
        if kept is not None:
            self.book.take(EndDelegation(delegation_id=name, by=kept.from_person), key=f"end:{name}:{self.house.now}")

    def person(self, who: str, **fields: Any) -> None:
        """The directory says something else of somebody from now on."""

        def work(tx: Any) -> None:
            before = tx.office()
            people = {**before.people, who: replace(before.people[who], **fields)}
            if tx.save_office(replace(before, people=people)):
                people_moved(self.house.clock, self.house.taker.chance, tx, before, tx.office())

        self.house.store.write(work)

    def goes_on(self, minutes: float = 1.0) -> None:
        """Time passes, the timer of delegations rings, and effects are performed."""
        self.house.later(minutes * 60)
        self.house.run(self.book.look())
        self.house.perform()

    @property
    def given(self) -> tuple[frozenset[str], frozenset[str]]:
        return self.house.access

    @property
    def due(self) -> tuple[frozenset[str], frozenset[str]]:
        """What the drive should say: whose drive it is needs no permission."""
        office = self.house.store.read(lambda tx: tx.office())
        access, owner = access_of(self.house.record, office, self.house.now), frozenset({"omar"})
        return access.readers - owner, access.writers - owner


def opens(access: Access) -> set[str]:
    return set().union(*access.given)


@pytest.mark.parametrize(("pressed", "holder"), [(1, "salem"), (2, "huda"), (3, "hessa")])
def test_the_substitute_opens_the_file_from_the_beginning_to_the_end_and_not_a_minute_longer(
    pressed: int, holder: str
) -> None:
    access = Access(pressed)
    access.delegate(holder, "laila", 4, soon=True)
    access.goes_on()
    assert opens(access) == {holder}
    access.goes_on(60)
    assert opens(access) == {holder, "laila"}
    access.goes_on(4 * 60)
    assert opens(access) == {holder}


def test_whoever_writes_for_the_drafter_writes_and_reads_no_more_when_it_is_taken_back() -> None:
    access = Access()
    name = access.delegate("omar", "laila")
    access.goes_on()
    assert access.given == (frozenset(), frozenset({"laila"}))
    access.end(name)
    access.house.perform()
    assert access.given == (frozenset(), frozenset())


def test_what_is_taken_back_while_it_is_being_given_is_not_given_in_the_end() -> None:
    access = Access(1)
    name = access.delegate("salem", "laila")
    before = access.house.drafts.set_access

    async def slow(*args: Any, **named: Any) -> None:
        access.house.drafts.set_access = before  # type: ignore[method-assign]
        access.end(name)
        await before(*args, **named)

    access.house.drafts.set_access = slow  # type: ignore[method-assign]
    access.house.perform()
    assert opens(access) == {"salem"}


def test_a_chain_gives_to_its_last_link_and_breaks_with_the_one_between() -> None:
    access = Access(1)
    access.delegate("salem", "laila", may_pass_on=True)
    access.delegate("laila", "huda")
    access.goes_on()
    assert opens(access) == {"salem", "laila", "huda"}
    access.person("laila", active=False)
    access.house.perform()
    assert opens(access) == {"salem"}
    access.goes_on()
    assert opens(access) == {"salem"}


def test_whoever_leaves_or_is_cleared_for_less_opens_nothing_any_more() -> None:
    access = Access(1)
    access.person("salem", active=False)
    access.house.perform()
    assert opens(access) == set()
    access.person("salem", active=True)
    access.house.perform()
    assert opens(access) == {"salem"}
    restricted = Access(1, confidentiality="restricted")
    restricted.person("salem", clearance="normal")
    restricted.house.perform()
    assert opens(restricted) == set()


def test_what_does_not_change_who_may_open_it_asks_the_drive_for_nothing() -> None:
    access = Access(1)
    calls, before = [], access.house.drafts.set_access

    async def counted(*args: Any, **named: Any) -> None:
        calls.append(args)
        await before(*args, **named)

    access.house.drafts.set_access = counted  # type: ignore[method-assign]
    access.person("laila", active=False)
    access.person("salem", post="رئيس قسم")
    access.goes_on()
    assert calls == []


_PEOPLE = ("omar", "salem", "huda", "hessa", "laila")
_MOVES = st.one_of(
    st.tuples(st.just("delegate"), st.sampled_from(_PEOPLE), st.sampled_from(_PEOPLE), st.booleans(), st.booleans()),
    st.tuples(st.just("end"), st.integers(1, 4)),
    st.tuples(st.just("person"), st.sampled_from(_PEOPLE), st.booleans()),
    st.tuples(st.just("press")),
    st.tuples(st.just("time"), st.sampled_from([1, 61, 300])),
    st.tuples(st.just("perform")),
    st.tuples(st.just("busy")),
)


def live(moves: list[tuple[Any, ...]]) -> Access:
    access = Access()
    for what, *said in moves:
        match what:
            case "delegate":
                access.delegate(said[0], said[1], soon=said[2], may_pass_on=said[3])
            case "end":
                access.end(f"d{said[0]}")
            case "person":
                access.person(said[0], active=said[1])
            case "press":
                access.house.press()
            case "time":
                access.house.later(said[0] * 60)
            case "busy":
                access.house.drafts.faults.add("set_access", Unavailable("504"), done=True)
            case _:
                access.house.perform()
    for _ in range(4):
        access.goes_on()
    return access


@settings(max_examples=30, deadline=None)
@given(st.lists(_MOVES, min_size=3, max_size=12))
def test_in_whatever_order_people_delegate_leave_and_press_the_drive_says_whose_turn_it_is(
    moves: list[tuple[Any, ...]],
) -> None:
    access = live(moves)
    assert access.given == access.due


def test_a_product_that_forgets_the_end_of_a_delegation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = MakePreview(record_id="m1", frozen="")  # of bytes that nothing decides on: nothing is done
    monkeypatch.setattr(delegations_module, "SetAccess", lambda record_id: idle)
    moves = [("press",), ("perform",), ("delegate", "salem", "laila", False, False), ("perform",)]
    access = live(moves)
    assert access.given != access.due
