"""Acting for another: who may delegate what, when it works, and what stands on the sheet."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.commands import Annotate, Approve, Complete, Refer, Return
from registry.decisions import Nothing, Refused
from registry.delegating import (
    AcceptDelegation,
    Agreed,
    DeclineDelegation,
    Delegate,
    DelegationCommand,
    EndDelegation,
    KeepTime,
    decide_delegation,
    posts_of,
)
from registry.delegation import Delegation
from registry.delegation_sheet import (
    DELEGATION_EVENTS,
    Delegated,
    DelegationAccepted,
    DelegationBegan,
    DelegationDeclined,
    DelegationEnded,
    fold_delegation,
)
from registry.effects import AskAction, RefreshCard
from registry.events import Event
from registry.explaining import explain
from registry.office import SYSTEM, Office
from registry.rights import may_act
from registry.sheet import FIRST_PREV_HASH, read_entry, write_entry
from registry.vocabulary import Verb
from tests.values import NOON, OFFICE, OMAR, PEOPLE, UNITS, Desk, changed, forwarded, mail, registered

DAY = timedelta(days=1)
GOLDEN = Path(__file__).with_name("golden_delegations_v1.jsonl")


def asking(**fields: Any) -> Delegate:
    """Huda has Salem act for her for a week from now, unless *fields* say otherwise."""
    plain: dict[str, Any] = {
        "delegation_id": "d1",
        "by": "huda",
        "from_person": "huda",
        "to_person": "salem",
        "starts": NOON,
        "until": NOON + 7 * DAY,
    }
    return Delegate(**plain | fields)


class Book:
    """Delegations of one office, decided on one after the other."""

    def __init__(self, office: Office = OFFICE) -> None:
        self.office, self.now = office, NOON
        self.known: dict[str, Delegation] = {}
        self.events: dict[str, list[Event]] = {}

    def take(self, command: DelegationCommand) -> Agreed | Refused | Nothing:
        decision = decide_delegation(command, self.known.get(command.delegation_id), self.office, self.now)
        if isinstance(decision, Agreed):
            self.known[command.delegation_id] = decision.after
            self.events.setdefault(command.delegation_id, []).extend(decision.events)
            is_open = tuple(d for d in self.known.values() if d.is_open)
            self.office = replace(self.office, delegations=is_open)
        return decision

    def agree(self, command: DelegationCommand) -> Agreed:
        decision = self.take(command)
        assert isinstance(decision, Agreed), decision
        return decision


def in_force(office: Office = OFFICE, **fields: Any) -> Book:
    book = Book(office)
    ask = asking(**fields)
    book.agree(ask)
    if ask.order is None:
        book.agree(AcceptDelegation(delegation_id=ask.delegation_id, by=ask.to_person))
    return book


def desk_of(book: Book, letter: Any = None) -> Desk:
    return registered(letter or forwarded(), book.office)


def types(events: Iterable[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


# ---------------------------------------------------------------- who may act


def test_a_substitute_decides_and_the_sheet_says_for_whom_and_in_what_capacity() -> None:
    desk = desk_of(in_force())
    desk.accept(Approve(record_id="r1", step=1, by="salem"))
    approved, closed = desk.events[-2:]
    for event in (approved, closed):
        assert (event.by, event.on_behalf_of, event.capacity) == ("salem", "huda", "delegate")
    assert (desk.held.steps[0].ended_by, desk.held.steps[0].ended_for) == ("salem", "huda")


def test_what_was_asked_for_another_comes_back_to_the_other() -> None:
    desk = desk_of(in_force())
    desk.accept(Refer(record_id="r1", step=1, by="salem", asked="for_action", to_person="omar"))
    assert (desk.held.steps[1].opened_by, desk.held.steps[1].opened_for) == ("salem", "huda")
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    assert desk.held.steps[-1].to_person == "huda"
    assert desk.events[-1].on_behalf_of is None


def test_whoever_delegated_goes_on_acting_and_the_first_to_press_decides() -> None:
    desk = desk_of(in_force())
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert desk.events[-1].on_behalf_of is None
    again = desk.take(Approve(record_id="r1", step=1, by="salem"))
    assert isinstance(again, Refused)
    assert (again.reason, again.values["who"]) == ("may.already_done", PEOPLE["huda"].name)


def test_before_it_is_accepted_nothing_is_delegated() -> None:
    book = Book()
    book.agree(asking())
    assert not may_act(book.office.person("salem"), desk_of(book).held, Verb.APPROVE, NOON, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("hours", "allowed"), [(-1, False), (0, True), (167, True), (168, False)])
def test_it_works_from_its_first_instant_to_before_its_last(hours: int, allowed: bool) -> None:
    book = in_force()
    salem = book.office.person("salem")
    assert salem is not None
    at = NOON + timedelta(hours=hours)
    assert bool(may_act(salem, desk_of(book).held, Verb.APPROVE, at, 1)) is allowed


def test_taken_back_it_works_no_more_from_that_instant() -> None:
    book = in_force()
    desk = desk_of(book)
    book.now += timedelta(hours=1)
    book.agree(EndDelegation(delegation_id="d1", by="huda"))
    desk.office = book.office
    refused = desk.take(Approve(record_id="r1", step=1, by="salem"))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.values["who"]) == ("may.not_yours", PEOPLE["huda"].name)


def test_a_refusal_names_whose_turn_it_is_and_who_may_act_for_them() -> None:
    desk = desk_of(in_force())
    refused = desk.take(Approve(record_id="r1", step=1, by="laila"))
    assert isinstance(refused, Refused)
    assert (refused.values["who"], refused.values["others"]) == (PEOPLE["huda"].name, PEOPLE["salem"].name)
    assert refused.sentence == "may.not_yours.stand_in"


def test_kinds_that_were_not_delegated_stay_with_whoever_delegates() -> None:
    book = in_force(kinds=("incoming_letter",))
    record = desk_of(book).held
    other = replace(record, kind="quarantined_mail")
    salem = book.office.person("salem")
    assert salem is not None
    assert may_act(salem, record, Verb.APPROVE, NOON, 1)
    assert "may.not_delegated" in may_act(salem, other, Verb.APPROVE, NOON, 1).reasons


CEILINGS = [("top_secret", "restricted", "secret"), ("restricted", "secret", ""), ("secret", "secret", "restricted")]


@pytest.mark.parametrize(("giver", "taker", "said"), CEILINGS)
def test_the_lowest_secrecy_of_both_and_of_the_delegation_is_the_ceiling(giver: str, taker: str, said: str) -> None:
    office = changed(huda=replace(PEOPLE["huda"], clearance=giver), salem=replace(PEOPLE["salem"], clearance=taker))
    book = in_force(office, secrecy=said)
    salem = book.office.person("salem")
    assert salem is not None
    record = desk_of(book).held
    assert may_act(salem, replace(record, confidentiality="restricted"), Verb.APPROVE, NOON, 1)
    assert not may_act(salem, replace(record, confidentiality="secret"), Verb.APPROVE, NOON, 1)
    assert not may_act(salem, replace(record, confidentiality="secret"), Verb.READ, NOON)


def test_nobody_approves_for_another_what_they_wrote_themselves() -> None:
    book = in_force(to_person="omar")
    desk = desk_of(book)
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    refused = desk.take(Approve(record_id="r1", step=3, by="omar"))
    assert isinstance(refused, Refused)
    assert refused.reason == "may.own_work"
    desk.accept(Return(record_id="r1", step=3, by="omar", note="ينقصه كشف"))


def test_what_others_approved_meanwhile_is_still_its_writers_work() -> None:
    """Salem writes, Omar passes it on with his approval; Salem, who acts for Huda, does not decide on it."""
    desk = desk_of(in_force())
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    desk.accept(Refer(record_id="r1", step=2, by="omar", asked="for_action", to_person="salem"))
    desk.accept(Complete(record_id="r1", step=3, by="salem", note="تم"))
    desk.accept(Approve(record_id="r1", step=4, by="omar"))
    assert desk.held.steps[4].to_person == "huda"
    salem = desk.office.person("salem")
    assert salem is not None
    assert may_act(salem, desk.held, Verb.APPROVE, desk.now, 5).reasons == ("may.own_work",)


def test_nobody_approves_for_another_what_they_put_before_the_office() -> None:
    desk = desk_of(in_force(to_person="omar"), forwarded(sender=OMAR))
    refused = desk.take(Approve(record_id="r1", step=1, by="omar"))
    assert isinstance(refused, Refused)
    assert refused.reason == "may.own_work"


def test_what_was_delegated_is_passed_on_only_where_that_is_allowed() -> None:
    for may_pass_on, allowed in ((True, True), (False, False)):
        book = in_force(may_pass_on=may_pass_on)
        further = asking(delegation_id="d2", by="salem", from_person="salem", to_person="laila")
        book.agree(further)
        book.agree(AcceptDelegation(delegation_id="d2", by="laila"))
        laila = book.office.person("laila")
        assert laila is not None
        assert bool(may_act(laila, desk_of(book).held, Verb.APPROVE, NOON, 1)) is allowed


def test_two_who_delegate_to_each_other_each_have_what_is_theirs_and_the_others() -> None:
    book = in_force(may_pass_on=True)
    back = asking(delegation_id="d2", by="salem", from_person="salem", to_person="huda", may_pass_on=True)
    book.agree(back)
    book.agree(AcceptDelegation(delegation_id="d2", by="huda"))
    huda, salem = book.office.person("huda"), book.office.person("salem")
    assert huda is not None
    assert salem is not None
    assert [s.for_person for s in huda.stands_for] == ["salem"]
    assert [s.for_person for s in salem.stands_for] == ["huda"]


def test_who_keeps_a_register_delegates_none_of_it() -> None:
    book = in_force(by="abdullah", from_person="abdullah", to_person="omar")
    desk = registered(mail(subject="سري: كشف الرواتب"), book.office)
    assert not may_act(book.office.person("omar"), desk.held, Verb.REFER, NOON, 1)  # type: ignore[arg-type]


def test_cards_go_to_whoever_is_asked_and_whoever_acts_for_them() -> None:
    book = in_force()
    desk = Desk(book.office)
    from registry.commands import Register

    made = desk.accept(Register(record_id="r1", mail=forwarded(), serial=1))
    assert [e.person for e in made.effects if isinstance(e, AskAction)] == ["huda", "salem"]
    done = desk.accept(Approve(record_id="r1", step=1, by="salem"))
    assert [e.person for e in done.effects if isinstance(e, RefreshCard)] == ["huda", "salem"]


def test_whoever_acted_for_another_may_read_what_became_of_it_afterwards() -> None:
    book = in_force()
    desk = desk_of(book)
    desk.accept(Refer(record_id="r1", step=1, by="salem", asked="for_action", to_person="omar"))
    assert may_act(PEOPLE["salem"], desk.held, Verb.READ, NOON + 30 * DAY)
    assert not may_act(PEOPLE["salem"], desk_of(book).held, Verb.READ, NOON + 30 * DAY)


def test_a_note_written_for_another_says_so() -> None:
    desk = desk_of(in_force())
    desk.accept(Annotate(record_id="r1", by="salem", note="راجعت الملف", final=True))
    assert (desk.held.annotations[0].by, desk.held.annotations[0].on_behalf_of) == ("salem", "huda")


def test_a_post_is_acted_for_by_order_without_being_accepted_and_its_holder_alone_gives_it() -> None:
    book = in_force(post="finance", order="ق 12/2026")
    desk = desk_of(book)
    desk.accept(Approve(record_id="r1", step=1, by="salem"))
    assert desk.events[-1].capacity == "acting"
    assert book.take(asking(delegation_id="d2", by="omar", post="finance", order="ق 13")) == Refused(
        "delegate.not_yours", {"who": PEOPLE["salem"].name}
    )


def test_whoever_stands_above_a_post_gives_it_and_takes_it_back() -> None:
    office = replace(OFFICE, units={**UNITS, "finance": replace(UNITS["finance"], under="legal")})
    assert posts_of(PEOPLE["laila"], office) == ("finance", "legal")
    book = in_force(office, by="laila", post="finance", order="ق 12/2026")
    book.agree(EndDelegation(delegation_id="d1", by="laila"))
    assert book.known["d1"].why == "revoked"


# ---------------------------------------------------------------- what may be delegated


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"to_person": "huda"}, "delegate.to_oneself"),
        ({"to_person": "badr"}, "delegate.nobody"),
        ({"to_person": "ghost"}, "delegate.nobody"),
        ({"by": "omar"}, "delegate.not_yours"),
        ({"by": "ghost"}, "delegate.not_yours"),
        ({"from_person": "badr", "by": SYSTEM}, "delegate.nobody_away"),
        ({"until": NOON}, "delegate.no_time"),
        ({"starts": NOON - 9 * DAY, "until": NOON - DAY}, "delegate.no_time"),
        ({"until": NOON + 400 * DAY}, "delegate.too_long"),
        ({"kinds": ("quarantined_mail",)}, "delegate.unknown_kind"),
        ({"secrecy": "top_secret"}, "delegate.too_secret"),
        ({"order": "ق 12"}, "delegate.order_needs_post"),
        ({"post": "finance"}, "delegate.order_missing"),
        ({"post": "legal", "order": "ق 12"}, "delegate.no_such_post"),
    ],
)
def test_what_cannot_be_delegated_is_refused_with_the_reason(fields: dict[str, Any], why: str) -> None:
    refused = Book().take(asking(**fields))
    assert isinstance(refused, Refused)
    assert refused.reason == why


def test_another_system_may_enter_one_for_anybody() -> None:
    assert Book().agree(asking(by=SYSTEM, on_behalf_of="app:hr")).events[0].on_behalf_of == "app:hr"


def test_only_the_one_asked_accepts_or_declines_and_once() -> None:
    book = Book()
    book.agree(asking())
    for wrong in (AcceptDelegation(delegation_id="d1", by="omar"), DeclineDelegation(delegation_id="d1", by="huda")):
        assert book.take(wrong) == Refused("delegate.not_for_you")
    book.agree(AcceptDelegation(delegation_id="d1", by="salem"))
    assert isinstance(book.take(AcceptDelegation(delegation_id="d1", by="salem")), Nothing)
    assert book.take(DeclineDelegation(delegation_id="d1", by="salem")) == Refused("delegate.hand_it_back")


def test_either_of_the_two_ends_it_and_nobody_else() -> None:
    for by, why in (("huda", "revoked"), ("salem", "handed_back")):
        book = in_force()
        assert book.take(EndDelegation(delegation_id="d1", by="laila")) == Refused("delegate.not_yours_to_end")
        book.agree(EndDelegation(delegation_id="d1", by=by))
        assert book.known["d1"].why == why
        assert isinstance(book.take(EndDelegation(delegation_id="d1", by=by)), Nothing)


def test_the_same_asked_twice_is_one_delegation() -> None:
    book = in_force()
    assert isinstance(book.take(asking(delegation_id="d2")), Nothing)


# ---------------------------------------------------------------- time


def test_one_that_lies_ahead_begins_in_its_time_and_ends_in_its_time() -> None:
    book = Book()
    book.agree(asking(starts=NOON + DAY, until=NOON + 2 * DAY))
    book.agree(AcceptDelegation(delegation_id="d1", by="salem"))
    assert isinstance(book.take(KeepTime(delegation_id="d1")), Nothing)
    book.now = NOON + DAY
    assert types(book.agree(KeepTime(delegation_id="d1")).events) == ["DelegationBegan"]
    book.now = NOON + 2 * DAY
    assert book.agree(KeepTime(delegation_id="d1")).after.why == "over"
    assert isinstance(book.take(KeepTime(delegation_id="d1")), Nothing)


def test_one_that_was_never_accepted_lapses() -> None:
    book = Book()
    book.agree(asking())
    book.now = NOON + 8 * DAY
    assert book.agree(KeepTime(delegation_id="d1")).after.why == "lapsed"


@pytest.mark.parametrize("gone", ["huda", "salem"])
def test_when_one_of_the_two_leaves_it_ends(gone: str) -> None:
    book = in_force()
    book.office = replace(book.office, people={**PEOPLE, gone: replace(PEOPLE[gone], active=False)})
    assert not any(
        may_act(p, desk_of(in_force()).held, Verb.APPROVE, NOON, 1) for p in [book.office.person("salem")] if p
    )
    assert book.agree(KeepTime(delegation_id="d1")).after.why == "left"


# ---------------------------------------------------------------- why, and who


def test_whoever_asks_why_is_told_whose_turn_it_is_who_may_act_for_them_and_why_they_may_not() -> None:
    book = in_force()
    desk = desk_of(book)
    (turn,) = explain(PEOPLE["laila"], desk.held, book.office, NOON)
    assert [p.person_id for p in turn.asked] == ["huda"]
    assert [p.person_id for p in turn.stand_ins] == ["salem"]
    assert (turn.verbs, turn.reasons) == ((), ("may.not_yours",))
    salem = book.office.person("salem")
    assert salem is not None
    (turn,) = explain(salem, desk.held, book.office, NOON)
    assert Verb.APPROVE in turn.verbs
    assert turn.acts_for is not None
    assert turn.acts_for.person_id == "huda"


def test_a_substitute_who_may_not_decide_is_named_with_the_reason() -> None:
    book = in_force(to_person="omar")
    (turn,) = explain(PEOPLE["huda"], desk_of(book, forwarded(sender=OMAR)).held, book.office, NOON)
    assert [(b.person.person_id, b.reason) for b in turn.barred] == [("omar", "may.own_work")]


# ---------------------------------------------------------------- the sheet

EVERY: tuple[Event, ...] = (
    Delegated(
        at=NOON, by="huda", capacity="head", from_person="huda", to_person="salem", starts=NOON, until=NOON + DAY,
        secrecy="restricted", kinds=("incoming_letter",), may_pass_on=True, post="finance", order="ق 12/2026",
        note="إجازة",
    ),
    DelegationAccepted(at=NOON, by="salem"),
    DelegationDeclined(at=NOON, by="salem", note="في مهمة"),
    DelegationBegan(at=NOON, by=SYSTEM),
    DelegationEnded(at=NOON, by="huda", capacity="head", why="revoked", note=None),
)  # fmt: skip


def test_every_event_is_written_byte_for_byte_as_it_once_was_and_read_back() -> None:
    lines = GOLDEN.read_text("utf-8").splitlines()
    assert {type(e).__name__ for e in EVERY} == set(DELEGATION_EVENTS)
    for seq, (event, line) in enumerate(zip(EVERY, lines, strict=True), start=1):
        entry = write_entry("d1", seq, event, FIRST_PREV_HASH, lambda: "0" * 32)
        assert entry.canonical.decode() == line
        assert read_entry(entry, DELEGATION_EVENTS) == event
        assert json.loads(line)["type"] == type(event).__name__


def test_a_delegation_is_the_fold_of_its_events() -> None:
    book = in_force()
    book.agree(EndDelegation(delegation_id="d1", by="huda", note="عدت"))
    assert fold_delegation("d1", book.events["d1"]) == book.known["d1"]
    assert types(book.events["d1"]) == ["Delegated", "DelegationAccepted", "DelegationBegan", "DelegationEnded"]
    assert book.known["d1"].version == 4
