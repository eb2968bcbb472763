"""Whose turn it is can be named for any record at any instant; and who gets a card for it."""

from datetime import timedelta

from registry.commands import Acknowledge, Approve, Complete, Refer, Return
from registry.decisions import Accepted
from registry.effects import AskAction, RefreshCard, cards_due
from registry.record import Holder, asked_people, fold, holders, record_at
from tests.values import NOON, OFFICE, PEOPLE, Desk, mail, registered


def refer(step: int, by: str, to: str, asked: str = "for_action") -> Refer:
    return Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to)


def a_whole_life() -> Desk:
    desk = registered()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(Complete(record_id="r1", step=3, by="omar", note="ناقص"))
    desk.accept(Return(record_id="r1", step=4, by="huda", note="أكمله"))
    desk.accept(Complete(record_id="r1", step=5, by="omar", note="كامل"))
    desk.accept(Approve(record_id="r1", step=6, by="huda"))
    return desk


def test_for_every_instant_of_a_record_s_life_its_holders_are_known() -> None:
    desk = a_whole_life()
    turns = []
    for minute in range(8):
        record = record_at("r1", desk.events, NOON + timedelta(minutes=minute))
        assert record is not None
        turns.append([h.person for h in holders(record)])
    assert turns == [["huda"], ["huda"], ["omar"], ["huda"], ["omar"], ["huda"], [], []]


def test_before_it_was_registered_there_is_no_record() -> None:
    desk = a_whole_life()
    assert record_at("r1", desk.events, NOON - timedelta(seconds=1)) is None
    assert fold("r1", []) is None


def test_a_record_is_the_fold_of_its_events_and_counts_them() -> None:
    desk = a_whole_life()
    assert fold("r1", desk.events) == desk.held
    assert desk.held.version == len(desk.events)
    assert desk.held.updated_at == desk.events[-1].at


def test_a_holder_has_held_since_their_step_was_opened() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    since = NOON + timedelta(minutes=1)
    assert holders(desk.held) == (Holder(person="omar", unit="finance", asked="for_action", since=since, step=2),)


def test_a_register_s_step_is_put_before_all_its_clerks() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    assert {p.person_id for p in asked_people(desk.held.steps[0], OFFICE)} == {"noura", "abdullah"}
    assert asked_people(registered().held.steps[0], OFFICE) == (PEOPLE["huda"],)


def test_everyone_it_was_put_before_may_read_a_record() -> None:
    assert a_whole_life().held.participants == {"huda", "omar", "salem"}


def test_cards_follow_from_what_changed_and_from_nothing_else() -> None:
    desk = registered()
    before = desk.held
    assert cards_due(before, before, OFFICE) == ()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    assert cards_due(before, desk.held, OFFICE) == (AskAction(record_id="r1", step=2, person="salem"),)
    before = desk.held
    desk.accept(Acknowledge(record_id="r1", step=2, by="salem"))
    assert cards_due(before, desk.held, OFFICE) == (RefreshCard(record_id="r1", step=2, person="salem"),)


def test_every_clerk_s_card_changes_when_one_of_them_acts() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    decision = desk.accept(refer(1, "abdullah", "noura"))
    assert isinstance(decision, Accepted)
    assert {(type(e).__name__, getattr(e, "person", "")) for e in decision.effects} == {
        ("RefreshCard", "noura"),
        ("RefreshCard", "abdullah"),
        ("AskAction", "noura"),
    }
