"""Ending a step: what each answer leads to, along chains of questions, until the record is closed."""

from datetime import timedelta

import pytest

from registry.commands import (
    Acknowledge,
    Approve,
    Close,
    Complete,
    File,
    Refer,
    Return,
    StepCommand,
)
from registry.decisions import Accepted, Nothing, Refused
from registry.effects import AskAction, DraftReply, RefreshCard
from registry.events import Closed, Referred, StepApproved, StepCompleted
from registry.record import Step, first_asked, holders, words_before
from registry.vocabulary import Status
from tests.values import NOON, PEOPLE, Desk, mail, registered


def refer(step: int, by: str, to: str, asked: str = "for_action") -> Refer:
    return Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to)


def complete(step: int, by: str, note: str | None = "النتيجة") -> Complete:
    return Complete(record_id="r1", step=step, by=by, note=note)


def approve(step: int, by: str, note: str | None = None) -> Approve:
    return Approve(record_id="r1", step=step, by=by, note=note)


def send_back(step: int, by: str, note: str | None = "ينقصه المرفق") -> Return:
    return Return(record_id="r1", step=step, by=by, note=note)


def close(step: int, by: str, note: str | None = "لا يلزم إجراء") -> Close:
    return Close(record_id="r1", step=step, by=by, note=note)


def turn(desk: Desk) -> list[tuple[str, str, int]]:
    """Whose turn it is (a person, or a unit's register), what for, and on which step."""
    return [(h.person or h.unit, h.asked, h.step) for h in holders(desk.held)]


def last(desk: Desk) -> Step:
    return desk.held.steps[-1]


# ---------------------------------------------------------------- the plain way


def test_a_result_is_put_before_whoever_asked_for_approval_and_approving_it_closes_the_record() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "أُرسلت المستندات"))
    assert turn(desk) == [("huda", "for_approval", 3)]
    assert (last(desk).cause, last(desk).answers, last(desk).resumes) == ("answer", (2,), 1)
    desk.accept(approve(3, "huda"))
    assert turn(desk) == []
    assert (desk.held.status, desk.held.outcome, desk.held.outcome_note) == (
        Status.CLOSED,
        "approved",
        "أُرسلت المستندات",
    )


def test_the_official_who_forwarded_a_letter_is_answered_when_it_is_closed_and_an_outsider_is_not() -> None:
    for desk, answered in ((registered(), True), (registered(mail()), False)):
        decision = desk.accept(approve(1, "huda"))
        assert (DraftReply(record_id="r1") in decision.effects) is answered


def test_each_answer_changes_the_cards_of_those_concerned_and_no_other() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    assert set(desk.accept(complete(2, "omar")).effects) == {
        RefreshCard(record_id="r1", step=2, person="omar"),
        RefreshCard(record_id="r1", step=1, person="huda"),
        AskAction(record_id="r1", step=3, person="huda"),
    }


def test_what_was_approved_is_the_result_whatever_the_approver_adds() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "أُرسلت المستندات"))
    desk.accept(approve(3, "huda", "أحسنتم"))
    assert desk.held.outcome_note == "أُرسلت المستندات"


def test_where_nobody_did_anything_the_approver_s_own_words_are_the_outcome() -> None:
    desk = registered()
    desk.accept(approve(1, "huda", "لا مانع"))
    assert (desk.held.outcome, desk.held.outcome_note) == ("approved", "لا مانع")


def test_whoever_was_asked_first_to_act_closes_the_record_with_the_result() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    desk.accept(refer(1, "abdullah", "noura", "for_action"))
    desk.accept(complete(2, "noura", "تم"))
    assert (desk.held.status, desk.held.outcome, desk.held.outcome_note) == (Status.CLOSED, "answered", "تم")


# ---------------------------------------------------------------- chains


def chain() -> Desk:
    """Huda asks Omar, and Omar asks Salem, to act."""
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(refer(2, "omar", "salem"))
    assert turn(desk) == [("salem", "for_action", 3)]
    return desk


def test_an_answer_goes_back_the_way_the_question_came() -> None:
    desk = chain()
    desk.accept(complete(3, "salem", "جهزت الكشوف"))
    assert turn(desk) == [("omar", "for_approval", 4)]
    desk.accept(approve(4, "omar"))
    assert turn(desk) == [("huda", "for_approval", 5)]
    desk.accept(approve(5, "huda"))
    assert (desk.held.status, desk.held.outcome_note) == (Status.CLOSED, "جهزت الكشوف")


def test_whoever_approves_along_the_chain_passes_the_result_on_with_their_own_words() -> None:
    desk = chain()
    desk.accept(complete(3, "salem", "جهزت الكشوف"))
    desk.accept(approve(4, "omar", "راجعتها"))
    assert [(s.to_person, s.result) for s in words_before(desk.held, last(desk))] == [
        ("salem", "جهزت الكشوف"),
        ("omar", "راجعتها"),
    ]
    desk.accept(approve(5, "huda"))
    assert desk.held.outcome_note == "جهزت الكشوف"


def test_what_somebody_owes_is_what_they_were_first_asked() -> None:
    desk = chain()
    desk.accept(complete(3, "salem"))
    assert (last(desk).asked, first_asked(desk.held, last(desk))) == ("for_approval", "for_action")


def test_an_opinion_brings_back_the_question_it_was_asked_for() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(refer(2, "omar", "laila", "for_study_opinion"))
    desk.accept(complete(3, "laila", "لا مانع قانوناً"))
    assert turn(desk) == [("omar", "for_action", 4)]
    assert [s.result for s in words_before(desk.held, last(desk))] == ["لا مانع قانوناً"]
    desk.accept(complete(4, "omar", "تم الصرف"))
    assert turn(desk) == [("huda", "for_approval", 5)]
    desk.accept(approve(5, "huda"))
    assert desk.held.outcome_note == "تم الصرف"


def test_an_opinion_on_a_result_stands_beside_the_result_and_is_not_what_is_approved() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "تم الصرف"))
    desk.accept(refer(3, "huda", "laila", "for_study_opinion"))
    desk.accept(complete(4, "laila", "لا مانع قانوناً"))
    assert turn(desk) == [("huda", "for_approval", 5)]
    assert [s.result for s in words_before(desk.held, last(desk))] == ["تم الصرف", "لا مانع قانوناً"]
    desk.accept(approve(5, "huda"))
    assert desk.held.outcome_note == "تم الصرف"


def test_where_there_are_only_opinions_the_approver_s_words_go_before_them() -> None:
    for said, outcome in ((None, "لا مانع قانوناً"), ("نوافق", "نوافق")):
        desk = registered()
        desk.accept(refer(1, "huda", "laila", "for_study_opinion"))
        desk.accept(complete(2, "laila", "لا مانع قانوناً"))
        desk.accept(approve(3, "huda", said))
        assert desk.held.outcome_note == outcome


# ---------------------------------------------------------------- returning


def test_a_result_is_sent_back_to_be_done_again_and_the_old_one_is_not_put_before_anybody_twice() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "ناقص"))
    desk.accept(send_back(3, "huda", "أكمله"))
    assert turn(desk) == [("omar", "for_action", 4)]
    assert (desk.held.status, last(desk).note) == (Status.RETURNED, "أكمله")
    desk.accept(complete(4, "omar", "كامل"))
    assert turn(desk) == [("huda", "for_approval", 5)]
    assert [s.result for s in words_before(desk.held, last(desk))] == ["كامل"]
    desk.accept(approve(5, "huda"))
    assert desk.held.outcome_note == "كامل"


def test_a_result_that_came_through_several_hands_goes_back_through_them() -> None:
    desk = chain()
    desk.accept(complete(3, "salem", "ناقص"))
    desk.accept(approve(4, "omar"))
    desk.accept(send_back(5, "huda"))
    assert turn(desk) == [("omar", "for_action", 6)]
    desk.accept(send_back(6, "omar"))
    assert turn(desk) == [("salem", "for_action", 7)]
    desk.accept(complete(7, "salem", "كامل"))
    assert turn(desk) == [("omar", "for_approval", 8)]
    desk.accept(approve(8, "omar"))
    assert turn(desk) == [("huda", "for_approval", 9)]
    desk.accept(approve(9, "huda"))
    assert (desk.held.status, desk.held.outcome_note) == (Status.CLOSED, "كامل")


def test_who_does_it_themselves_after_all_puts_their_own_result_forward_and_not_the_rejected_one() -> None:
    desk = chain()
    desk.accept(complete(3, "salem", "ناقص"))
    desk.accept(approve(4, "omar"))
    desk.accept(send_back(5, "huda"))
    assert [s.result for s in words_before(desk.held, last(desk))] == ["ناقص"]
    desk.accept(complete(6, "omar", "كامل"))
    assert [s.result for s in words_before(desk.held, last(desk))] == ["كامل"]


def test_a_result_is_sent_back_to_who_did_the_work_even_when_an_opinion_came_later() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "تم الصرف"))
    desk.accept(refer(3, "huda", "laila", "for_study_opinion"))
    desk.accept(complete(4, "laila", "لا يجوز"))
    desk.accept(send_back(5, "huda"))
    assert turn(desk) == [("omar", "for_action", 6)]


def test_who_cannot_do_what_was_asked_returns_it_to_whoever_asked() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(send_back(2, "omar", "ليس من اختصاصي"))
    assert turn(desk) == [("huda", "for_approval", 3)]
    assert last(desk).note == "ليس من اختصاصي"
    assert desk.held.steps[0].outcome == "referred"


def test_a_result_is_not_lost_where_an_opinion_on_it_is_declined() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar", "تم الصرف"))
    desk.accept(refer(3, "huda", "laila", "for_study_opinion"))
    desk.accept(send_back(4, "laila", "ليس من اختصاصنا"))
    assert turn(desk) == [("huda", "for_approval", 5)]
    desk.accept(approve(5, "huda"))
    assert desk.held.outcome_note == "تم الصرف"


def test_whom_nobody_asked_returns_the_record_to_the_register_which_refers_it_again() -> None:
    desk = registered()
    desk.accept(send_back(1, "huda", "ليست للمالية"))
    assert turn(desk) == [("registry", "for_review", 2)]
    assert {e.person for e in accepted(desk).effects if isinstance(e, AskAction)} == {"noura", "abdullah"}
    desk.accept(refer(2, "abdullah", "laila", "for_approval"))
    assert turn(desk) == [("laila", "for_approval", 3)]
    assert (desk.held.status, last(desk).parent) == (Status.IN_ACTION, None)
    desk.accept(approve(3, "laila"))
    assert desk.held.status is Status.CLOSED


def accepted(desk: Desk) -> Accepted:
    decision = desk.decisions[-1]
    assert isinstance(decision, Accepted)
    return decision


# ---------------------------------------------------------------- closing


def test_the_register_and_the_first_one_asked_may_close_with_a_reason() -> None:
    desk = registered()
    desk.accept(close(1, "huda", "مكرر"))
    assert (desk.held.status, desk.held.outcome, desk.held.outcome_note) == (Status.CLOSED, "closed", "مكرر")
    desk = registered(mail(subject="سري: كشف الرواتب"))
    desk.accept(close(1, "abdullah"))
    assert (desk.held.status, turn(desk)) == (Status.CLOSED, [])


def test_closing_ends_every_step_that_somebody_held_and_leaves_copies_to_be_read() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(send_back(3, "omar"))
    desk.accept(close(4, "huda"))
    assert [(s.number, s.state, s.outcome) for s in desk.held.steps] == [
        (1, "done", "referred"),
        (2, "open", None),
        (3, "done", "returned"),
        (4, "done", "closed"),
    ]
    desk.accept(Acknowledge(record_id="r1", step=2, by="salem"))
    assert (desk.held.status, turn(desk)) == (Status.CLOSED, [])


@pytest.mark.parametrize(
    "late",
    [approve(1, "huda"), complete(1, "huda"), send_back(1, "huda"), close(1, "huda", "x"), refer(1, "huda", "omar")],
)
def test_closed_is_closed(late: StepCommand | Refer) -> None:
    desk = registered()
    desk.accept(close(1, "huda", "مكرر"))
    before = desk.held
    if late != close(1, "huda", "x"):
        decision = desk.take(late)
        assert isinstance(decision, Refused)
        assert decision.reason == "may.already_done"
        assert decision.values["who"] == PEOPLE["huda"].name
    else:
        assert desk.take(late) == Nothing()
    assert desk.held == before


def test_who_was_asked_by_another_does_not_close_the_record() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    decision = desk.take(close(2, "omar"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.only_the_first_closes"


# ---------------------------------------------------------------- words that must be said, verbs that fit


@pytest.mark.parametrize("note", [None, "", "  \n "])
def test_a_result_a_return_and_a_closing_need_words(note: str | None) -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    assert desk.take(complete(2, "omar", note)) == Refused("say.result_missing")
    assert desk.take(send_back(2, "omar", note)) == Refused("say.reason_missing")
    assert registered().take(close(1, "huda", note)) == Refused("say.reason_missing")


def test_filing_needs_no_words() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_filing"))
    desk.accept(File(record_id="r1", step=2, by="omar"))
    assert desk.held.status is Status.ARCHIVED


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ("for_approval", [complete(2, "omar"), Acknowledge(record_id="r1", step=2, by="omar")]),
        ("for_action", [approve(2, "omar"), Acknowledge(record_id="r1", step=2, by="omar")]),
        ("for_information", [approve(2, "omar"), complete(2, "omar")]),
    ],
)
def test_a_step_ends_only_as_its_disposition_says(asked: str, wrong: list[StepCommand]) -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", asked))
    for ask in wrong:
        decision = desk.take(ask)
        assert isinstance(decision, Refused)
        assert decision.reason == "may.not_asked_so"


def test_the_registry_neither_approves_nor_completes() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    for ask in (approve(1, "noura"), complete(1, "noura")):
        decision = desk.take(ask)
        assert isinstance(decision, Refused)
        assert decision.reason == "may.registry_refers_or_closes"
    decision = desk.take(send_back(1, "noura"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.nowhere_to_return"


@pytest.mark.parametrize("by", ["omar", "noura", "abdullah", "laila"])
def test_only_the_one_asked_may_answer(by: str) -> None:
    desk = registered()
    decision = desk.take(approve(1, by))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.not_yours"


# ---------------------------------------------------------------- twice


@pytest.mark.parametrize(
    "ask",
    [
        approve(1, "huda"),
        send_back(1, "huda"),
        close(1, "huda"),
    ],
)
def test_the_same_person_doing_the_same_again_changes_nothing_and_is_not_told_off(ask: StepCommand) -> None:
    desk = registered()
    desk.accept(ask)
    before = desk.held
    assert desk.take(ask) == Nothing()
    assert desk.held == before


def test_a_step_is_decided_once_and_the_refusal_says_by_whom_and_how() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar"))
    decision = desk.take(send_back(2, "omar"))
    assert isinstance(decision, Refused)
    assert (decision.reason, decision.values["who"], decision.values["outcome"]) == (
        "may.already_done",
        PEOPLE["omar"].name,
        "completed",
    )


def test_events_carry_instant_actor_and_capacity() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(complete(2, "omar"))
    desk.accept(approve(3, "huda"))
    told = [(type(e), e.by, e.capacity, e.at) for e in desk.events[3:]]
    assert told == [
        (StepCompleted, "omar", "member", NOON + timedelta(minutes=2)),
        (Referred, "omar", "member", NOON + timedelta(minutes=2)),
        (StepApproved, "huda", "head", NOON + timedelta(minutes=3)),
        (Closed, "huda", "head", NOON + timedelta(minutes=3)),
    ]
