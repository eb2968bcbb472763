"""The rarer verbs: no, take back, file, void, open again; what each obliges, ends and says."""

from dataclasses import replace

import pytest

from registry.acting import refusal
from registry.circulating import circulation
from registry.commands import (
    Acknowledge,
    Approve,
    AwaitReply,
    Circulate,
    Close,
    Command,
    Complete,
    File,
    NoteOpened,
    NoteRelation,
    NoteReplyDrafted,
    NoteReplySent,
    Recall,
    Refer,
    Reject,
    Reopen,
    Return,
    Void,
)
from registry.decisions import Accepted, Nothing, Refused
from registry.effects import DraftReply, RefreshCard
from registry.record import Link, holders
from registry.referring import offered
from registry.rights import may_act
from registry.vocabulary import ASKED_FROM_CARDS, DISPOSITIONS, KINDS, Status, Verb
from tests.values import OFFICE, PEOPLE, Desk, mail, registered


def refer(step: int, by: str, to: str, asked: str = "for_action") -> Refer:
    return Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to, note="للأهمية")


def at_register() -> Desk:
    """A letter that no rule sends further."""
    return registered(mail(), replace(OFFICE, rules=()))


def turn(desk: Desk) -> list[tuple[str | None, str]]:
    return [(h.person, h.asked) for h in holders(desk.held)]


def reason(desk: Desk, command: Command) -> str:
    decision = desk.take(command)
    assert isinstance(decision, Refused), decision
    return decision.reason


# ---------------------------------------------------------------- what a referral asks, and what closes it

ENDS: dict[str, Command] = {
    "for_information": Acknowledge(record_id="r1", step=2, by="huda"),
    "for_action": Complete(record_id="r1", step=2, by="huda", note="تم"),
    "for_study_opinion": Complete(record_id="r1", step=2, by="huda", note="أرى الموافقة"),
    "for_reply": Complete(record_id="r1", step=2, by="huda", note="نص الرد"),
    "for_statement": Complete(record_id="r1", step=2, by="huda", note="نعم، ورد"),
    "for_review": Complete(record_id="r1", step=2, by="huda"),
    "for_initial": Approve(record_id="r1", step=2, by="huda"),
    "for_approval": Approve(record_id="r1", step=2, by="huda"),
    "for_signature": Approve(record_id="r1", step=2, by="huda"),
    "for_presentation": Complete(record_id="r1", step=2, by="huda", note="عُرض"),
    "for_discussion": Complete(record_id="r1", step=2, by="huda", note="نوقش"),
    "for_coordination": Complete(record_id="r1", step=2, by="huda", note="نُسّق"),
    "for_follow_up": Complete(record_id="r1", step=2, by="huda"),
    "for_filing": File(record_id="r1", step=2, by="huda", note="ملف 7"),
    "for_circulation": Acknowledge(record_id="r1", step=2, by="huda"),
}


@pytest.mark.parametrize("asked", ASKED_FROM_CARDS)
def test_each_of_the_fifteen_is_asked_by_a_referral_and_ended_by_what_it_obliges_to(asked: str) -> None:
    desk = at_register()
    desk.accept(refer(1, "noura", "huda", asked))
    desk.accept(ENDS[asked])
    assert desk.held.steps[1].state == "done"
    assert desk.held.ended is DISPOSITIONS[asked].custody  # nobody else was asked


def test_the_form_offers_what_fits_the_person_and_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    record = at_register().held
    assert offered(PEOPLE["noura"], record, OFFICE) == ASKED_FROM_CARDS
    assert "for_circulation" not in offered(PEOPLE["omar"], record, OFFICE)
    row = replace(KINDS["incoming_letter"], unasked=frozenset({"for_signature"}))
    monkeypatch.setitem(KINDS, "incoming_letter", row)
    assert "for_signature" not in offered(PEOPLE["huda"], record, OFFICE)
    desk = at_register()
    assert reason(desk, refer(1, "noura", "huda", "for_signature")) == "refer.not_for_this_kind"


def test_only_whoever_heads_a_unit_is_asked_to_sign_and_only_they_or_a_clerk_circulate() -> None:
    desk = at_register()
    assert reason(desk, refer(1, "noura", "omar", "for_signature")) == "refer.not_a_head"
    desk.accept(refer(1, "noura", "omar"))
    assert reason(desk, refer(2, "omar", "laila", "for_circulation")) == "refer.not_for_you"


def test_a_result_may_be_the_record_that_was_made_of_it() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_reply"))
    assert reason(desk, Complete(record_id="r1", step=2, by="omar")) == "say.result_missing"
    link = Link(record_id="r9", reference="س.ع/ص/9/2026", how="replied_by")
    desk.accept(NoteRelation(record_id="r1", by="omar", link=link))
    desk.accept(Complete(record_id="r1", step=2, by="omar"))
    assert desk.held.steps[1].result == "س.ع/ص/9/2026"


def test_a_circular_is_told_the_head_of_each_unit_once_and_counts_who_has_acknowledged() -> None:
    desk = at_register()
    desk.accept(Circulate(record_id="r1", step=1, by="noura", to_units=("finance", "legal")))
    told = circulation(desk.held)
    assert told is not None
    assert (told.units, [s.to_person for s in told.waiting]) == (2, ["huda", "laila"])
    assert turn(desk) == [(None, "for_review")]
    again = Circulate(record_id="r1", step=1, by="noura", to_units=("legal",))
    assert isinstance(desk.take(again), Nothing)
    desk.accept(Acknowledge(record_id="r1", step=2, by="huda"))
    told = circulation(desk.held)
    assert told is not None
    assert [s.to_unit for s in told.waiting] == ["legal"]
    assert reason(desk, Circulate(record_id="r1", step=1, by="noura", to_units=("store",))) == "circulate.no_head"


# ---------------------------------------------------------------- no


def test_a_rejection_goes_back_to_whoever_asked_with_the_reason_and_is_no_return() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_approval"))
    assert reason(desk, Reject(record_id="r1", step=2, by="omar", note=" ")) == "say.reason_missing"
    desk.accept(Reject(record_id="r1", step=2, by="omar", note="لا تنطبق الشروط"))
    assert turn(desk) == [("huda", "for_approval")]
    last = desk.held.steps[-1]
    assert (last.cause, last.answers, desk.held.steps[1].outcome) == ("rejection", (2,), "rejected")
    assert isinstance(desk.take(Reject(record_id="r1", step=2, by="omar", note="لا")), Nothing)


def test_where_nobody_asked_a_rejection_ends_the_record_the_forwarder_is_answered_and_the_register_told() -> None:
    desk = registered()
    decision = desk.accept(Reject(record_id="r1", step=1, by="huda", note="لا ميزانية"))
    assert (desk.held.status, desk.held.outcome, desk.held.outcome_note) == (Status.CLOSED, "rejected", "لا ميزانية")
    assert DraftReply(record_id="r1") in decision.effects
    told = desk.held.open_steps
    assert [(s.to_unit, s.to_person, s.asked) for s in told] == [("registry", None, "for_information")]


def test_what_was_rejected_is_not_taken_for_what_is_approved() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_approval"))
    desk.accept(Reject(record_id="r1", step=2, by="omar", note="لا"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    assert desk.held.outcome_note is None


def test_only_what_wants_a_decision_can_be_rejected() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_action"))
    assert reason(desk, Reject(record_id="r1", step=2, by="omar", note="لا")) == "may.not_asked_so"


# ---------------------------------------------------------------- taken back


def test_whoever_asked_takes_it_back_and_has_it_as_before() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    decision = desk.accept(Recall(record_id="r1", step=2, by="huda"))
    assert turn(desk) == [("huda", "for_approval")]
    assert RefreshCard(record_id="r1", step=2, person="omar") in decision.effects
    assert "omar" not in desk.held.participants
    assert isinstance(desk.take(Recall(record_id="r1", step=2, by="huda")), Nothing)


def test_what_was_opened_is_not_taken_back_and_the_refusal_says_who_opened_it() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(NoteOpened(record_id="r1", step=2, by="omar"))
    assert isinstance(desk.take(NoteOpened(record_id="r1", step=2, by="omar")), Nothing)
    decision = desk.take(Recall(record_id="r1", step=2, by="huda"))
    assert isinstance(decision, Refused)
    assert (decision.reason, decision.values["who"]) == ("may.opened", PEOPLE["omar"].name)


def test_acting_is_opening() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(refer(2, "omar", "salem", "for_information"))
    assert reason(desk, Recall(record_id="r1", step=2, by="huda")) == "may.opened"


def test_a_clerk_takes_back_what_the_register_handed_over_whoever_of_them_did() -> None:
    desk = at_register()
    desk.accept(refer(1, "abdullah", "huda"))
    desk.accept(Recall(record_id="r1", step=2, by="noura"))
    assert turn(desk) == [(None, "for_review")]


def test_nobody_else_takes_it_back_nor_what_no_person_asked() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    assert reason(desk, Recall(record_id="r1", step=2, by="salem")) == "may.not_asker"
    assert reason(desk, Recall(record_id="r1", step=1, by="huda")) == "may.not_asker"
    assert reason(desk, Recall(record_id="r1", step=9, by="huda")) == "may.no_such_step"


def test_that_a_card_was_opened_changes_no_card() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    assert desk.accept(NoteOpened(record_id="r1", step=2, by="omar")).effects == ()


# ---------------------------------------------------------------- filed, voided, opened again


def test_what_is_filed_is_done_with_and_the_forwarder_is_answered() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar", "for_filing"))
    decision = desk.accept(File(record_id="r1", step=2, by="omar", note="ملف 7/أ"))
    assert (desk.held.status, desk.held.filed_in, desk.held.outcome) == (Status.ARCHIVED, "ملف 7/أ", "filed")
    assert DraftReply(record_id="r1") in decision.effects


def test_where_whoever_asked_owes_an_answer_they_have_it_again() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(refer(2, "omar", "salem", "for_filing"))
    desk.accept(File(record_id="r1", step=3, by="salem", note="ملف 7"))
    assert turn(desk) == [("omar", "for_action")]


def test_the_register_files_what_was_closed() -> None:
    desk = at_register()
    assert reason(desk, File(record_id="r1", step=0, by="noura")) == "may.not_ended"
    desk.accept(Close(record_id="r1", step=1, by="noura", note="للعلم"))
    assert reason(desk, File(record_id="r1", step=0, by="huda")) == "may.registry_keeps"
    desk.accept(File(record_id="r1", step=0, by="abdullah", note="ملف 3"))
    assert (desk.held.status, desk.held.filed_in) == (Status.ARCHIVED, "ملف 3")


def test_a_voided_record_keeps_its_number_and_says_why_and_nothing_can_be_done_to_it() -> None:
    desk = registered()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    assert reason(desk, Void(record_id="r1", by="huda", note="مكرر")) == "may.registry_keeps"
    assert reason(desk, Void(record_id="r1", by="noura", note="")) == "say.reason_missing"
    decision = desk.accept(Void(record_id="r1", by="noura", note="مكرر"))
    held = desk.held
    assert (held.status, held.reference, held.outcome_note) == (Status.VOIDED, "س.ع/و/1/2026", "مكرر")
    assert holders(held) == held.open_steps == ()
    assert DraftReply(record_id="r1") not in decision.effects
    assert {e.person for e in decision.effects if isinstance(e, RefreshCard)} == {"huda", "salem"}
    for who in PEOPLE.values():
        for verb in set(Verb) - {Verb.READ}:
            assert not may_act(who, held, verb, desk.now, 1)


def test_a_clerk_opens_a_closed_record_again_and_it_lies_with_the_register() -> None:
    desk = at_register()
    assert reason(desk, Reopen(record_id="r1", by="noura", note="x")) == "may.not_ended"
    desk.accept(Close(record_id="r1", step=1, by="noura", note="للعلم"))
    assert reason(desk, Reopen(record_id="r1", by="omar", note="x")) == "may.registry_or_ender"
    desk.accept(Reopen(record_id="r1", by="abdullah", note="ورد ما يستجد"))
    assert turn(desk) == [(None, "for_review")]
    assert (desk.held.status, desk.held.outcome) == (Status.IN_ACTION, None)


def test_whoever_ended_it_has_it_again_and_its_second_end_is_answered_too() -> None:
    desk = registered()
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert reason(desk, Reopen(record_id="r1", by="huda", note="خطأ")) == "reopen.reply_on_its_way"
    desk.accept(NoteReplyDrafted(record_id="r1", mailbox="m", item_id="d1"))
    desk.accept(NoteReplySent(record_id="r1", mailbox="m", item_id="d1", internet_message_id="<1>"))
    desk.accept(Reopen(record_id="r1", by="huda", note="خطأ"))
    assert turn(desk) == [("huda", "for_approval")]
    assert DraftReply(record_id="r1") in desk.accept(Reject(record_id="r1", step=2, by="huda", note="لا")).effects
    assert desk.held.reopened == 1


# ---------------------------------------------------------------- a reply that is awaited


def awaiting_a_reply() -> Desk:
    desk = registered()
    desk.accept(AwaitReply(record_id="r1", step=1, by="huda", to_person="omar"))
    return desk


def reply_linked() -> NoteRelation:
    return NoteRelation(
        record_id="r1", by="noura", link=Link(record_id="r2", reference="س.ع/و/2/2026", how="replied_by")
    )


def test_whoever_follows_it_up_holds_it_until_the_reply_is_linked() -> None:
    desk = awaiting_a_reply()
    assert (turn(desk), desk.held.status) == ([("omar", "for_follow_up")], Status.AWAITING_REPLY)
    desk.accept(reply_linked())
    assert turn(desk) == [("huda", "for_approval")]
    assert desk.held.steps[1].result == "س.ع/و/2/2026"


def test_a_link_that_is_no_reply_leaves_the_watch() -> None:
    desk = awaiting_a_reply()
    link = Link(record_id="r2", reference="س.ع/و/2/2026", how="continued_by")
    desk.accept(NoteRelation(record_id="r1", by="noura", link=link))
    assert turn(desk) == [("omar", "for_follow_up")]


def test_that_no_reply_comes_any_more_must_be_said() -> None:
    desk = awaiting_a_reply()
    assert reason(desk, Complete(record_id="r1", step=2, by="omar")) == "say.result_missing"
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="اعتذروا هاتفياً"))
    assert turn(desk) == [("huda", "for_approval")]


def test_what_goes_on_around_the_watch_comes_back_to_it() -> None:
    desk = awaiting_a_reply()
    desk.accept(refer(2, "omar", "salem"))
    desk.accept(Return(record_id="r1", step=3, by="salem", note="ليست لي"))
    assert (turn(desk), desk.held.status) == ([("omar", "for_follow_up")], Status.AWAITING_REPLY)
    assert desk.held.open_steps[0].awaits == "reply"
    assert isinstance(desk.take(AwaitReply(record_id="r1", step=4, by="omar")), Nothing)


def test_a_refusal_of_a_step_that_ended_needs_no_step() -> None:
    assert refusal("may.already_done", registered().held, None, OFFICE).reason == "may.already_ended"
    assert isinstance(registered().accept(Approve(record_id="r1", step=1, by="huda")), Accepted)
