"""Drafts, circuits and numbers, one rule at a time. All orders at once: test_circuit_lives.py."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.circuit_commands import Draft, Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.circuit_events import Numbered, StepSigned, Submitted
from registry.circuits import (
    APPROVE,
    HEAD,
    INITIAL,
    OPINION,
    PASSED,
    PERSON,
    POST,
    QUORUM,
    SIGN,
    Addressee,
    Seat,
    Stage,
    StageRule,
    Who,
    standing,
)
from registry.commands import Acknowledge, Approve, Complete, NoteOpened, Recall, Refer, Reject, Return, Void
from registry.decisions import Accepted, Nothing, Refused
from registry.events import Referred
from registry.issuing import acknowledged
from registry.record import Step, evolve, holders
from registry.vocabulary import KINDS
from registry.working_time import DueRules
from tests.circuit_values import CIRCUIT_PEOPLE, draft, drafted, laid_down, submitted, turns
from tests.values import NOON, Desk

SIGNED_BY_HUDA = StageRule(act=SIGN, who=(Who(HEAD),))


def refused(desk: Desk, command: Any) -> str:
    decision = desk.take(command)
    assert isinstance(decision, Refused), decision
    return decision.reason


def at_huda() -> Desk:
    """Salem has initialled, Laila has given her opinion; Huda is to approve."""
    desk = submitted()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Complete(record_id="m1", step=3, by="laila", note="لا مانع"))
    return desk


def issued(**fields: Any) -> Desk:
    desk = submitted(SIGNED_BY_HUDA, **fields)
    desk.accept(Sign(record_id="m1", step=2, by="huda", serial=4))
    return desk


# ---------------------------------------------------------------- drafts


@pytest.mark.parametrize("kind", [k for k, row in KINDS.items() if row.issued])
def test_a_draft_has_no_number_and_its_drafter_holds_it(kind: str) -> None:
    desk = drafted(kind=kind)
    assert (desk.held.serial, desk.held.year, desk.held.is_draft) == (None, None, True)
    assert desk.held.reference == f"ش.م/{KINDS[kind].letter}/—"
    assert turns(desk) == [("omar", "for_drafting")]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"by": "ghost"}, "may.unknown_person"),
        ({"by": "badr"}, "may.inactive"),
        ({"kind": "incoming_letter"}, "draft.unknown_kind"),
        ({"subject": "  "}, "say.subject_missing"),
        ({"text": "\n"}, "say.text_missing"),
        ({"urgency": "soon"}, "register.unknown_level"),
        ({"confidentiality": "top_secret"}, "may.secrecy"),
        ({"level": 3}, "draft.unknown_signing"),
        ({"addressees": (Addressee("legal", None, "for_fun"),)}, "refer.unknown_disposition"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(fields: dict[str, Any], why: str) -> None:
    assert refused(Desk(laid_down(), record_id="m1"), draft(**fields)) == why


def test_nobody_but_its_drafter_submits_edits_or_withdraws_it() -> None:
    desk = drafted()
    assert refused(desk, Submit(record_id="m1", step=1, by="huda")) == "may.not_yours"
    assert refused(desk, Redraft(record_id="m1", by="huda", subject="م", text="ن")) == "may.drafter_only"
    assert refused(desk, Withdraw(record_id="m1", by="huda", note="لا")) == "may.drafter_only"


def test_what_is_withdrawn_ends_without_a_number() -> None:
    desk = submitted()
    desk.accept(Withdraw(record_id="m1", by="omar", note="انتفت الحاجة"))
    assert (desk.held.ended, desk.held.outcome, desk.held.serial, holders(desk.held)) == (True, "withdrawn", None, ())


def test_a_draft_and_its_steps_are_due_like_a_letter() -> None:
    desk = submitted(office=laid_down(due=DueRules(days=(("internal_memo", "", 3),))))
    assert desk.held.due_at is not None
    assert {s.due_at for s in desk.held.steps} == {desk.held.due_at}


# ---------------------------------------------------------------- planning


@pytest.mark.parametrize(
    ("stages", "why"),
    [
        ((StageRule(act=SIGN, who=(Who(HEAD, "store"),)),), "circuit.no_holder"),
        ((StageRule(act=SIGN, who=(Who(POST, "وزير"),)),), "circuit.no_holder"),
        ((StageRule(act=SIGN, who=(Who(PERSON, "omar"),)),), "circuit.no_holder"),
        ((StageRule(act=SIGN, who=(Who(PERSON, "salem"),)),), "circuit.level"),
        ((StageRule(act=APPROVE, who=(Who(HEAD),)), SIGNED_BY_HUDA), "circuit.one_person"),
        ((StageRule(act=APPROVE, who=(Who(HEAD),)),), "circuit.no_signature"),
        ((StageRule(act=INITIAL, who=(Who(HEAD),), mode=QUORUM, quorum=2), SIGNED_BY_HUDA), "circuit.nobody"),
    ],
)
def test_a_way_that_nobody_could_finish_is_never_begun(stages: tuple[StageRule, ...], why: str) -> None:
    desk = drafted(*stages)
    assert refused(desk, Submit(record_id="m1", step=1, by="omar")) == why
    assert turns(desk) == [("omar", "for_drafting")]


def test_the_first_rule_that_fits_kind_unit_and_level_holds() -> None:
    low, high = StageRule(act=SIGN, who=(Who(HEAD),)), StageRule(act=SIGN, who=(Who(HEAD, "sector"),))
    office = laid_down(low)
    rule = office.circuits.rules[0]
    rules = (replace(rule, kind="circular", stages=(high,)), replace(rule, level=2, stages=(high,)), rule)
    office = replace(office, circuits=replace(office.circuits, rules=rules))
    for fields, signer in (({}, "huda"), ({"level": 2}, "hessa"), ({"kind": "circular"}, "hessa")):
        assert turns(submitted(office=office, **fields)) == [(signer, "for_signature")]


def test_a_head_who_drafts_is_signed_for_by_the_head_above() -> None:
    desk = submitted(SIGNED_BY_HUDA, by="huda")
    assert turns(desk) == [("hessa", "for_signature")]


def test_a_memo_to_nobody_and_one_to_a_unit_without_a_head_are_not_submitted() -> None:
    assert refused(drafted(addressees=()), Submit(record_id="m1", step=1, by="omar")) == "issue.to_nobody"
    to_store = drafted(addressees=(Addressee("store", None, "for_action"),))
    assert refused(to_store, Submit(record_id="m1", step=1, by="omar")) == "issue.nobody_there"


def test_those_who_sit_in_turn_are_asked_one_after_another() -> None:
    two = (Who(PERSON, "laila"), Who(PERSON, "salem"))
    desk = submitted(StageRule(act=INITIAL, who=two, in_turn=True), SIGNED_BY_HUDA)
    assert turns(desk) == [("laila", "for_initial")]
    desk.accept(Initial(record_id="m1", step=2, by="laila"))
    assert turns(desk) == [("salem", "for_initial")]


def test_the_seat_of_one_who_has_left_is_the_head_s_when_it_is_asked() -> None:
    desk = submitted(StageRule(act=INITIAL, who=(Who(PERSON, "laila"),)), SIGNED_BY_HUDA)
    hessa, gone = CIRCUIT_PEOPLE["hessa"], replace(CIRCUIT_PEOPLE["huda"], active=False)
    desk.office = replace(desk.office, people={**desk.office.people, "huda": gone})
    desk.accept(Initial(record_id="m1", step=2, by="laila"))
    assert turns(desk) == [(hessa.person_id, "for_signature")]


# ---------------------------------------------------------------- deciding


def test_a_memo_goes_from_stage_to_stage_and_is_numbered_when_it_is_signed() -> None:
    desk = at_huda()
    assert turns(desk) == [("huda", "for_approval")]
    desk.accept(Approve(record_id="m1", step=4, by="huda"))
    assert (turns(desk), desk.held.serial) == ([("hessa", "for_signature")], None)
    desk.accept(Sign(record_id="m1", step=5, by="hessa", serial=7))
    assert (desk.held.serial, desk.held.reference, desk.held.outcome) == (7, "ش.م/م/7/2026", "issued")
    sealed = [e.seal for e in desk.events if isinstance(e, Submitted | StepSigned)]
    assert len(set(sealed)) == 1


@pytest.mark.parametrize("command", [Approve, Sign, Complete, Initial])
def test_to_initial_is_not_to_approve_and_not_to_sign(command: Any) -> None:
    desk = submitted()
    decision = desk.take(command(record_id="m1", step=2, by="salem", note="تم"))
    assert isinstance(decision, Accepted) is (command is Initial)


def test_nobody_signs_above_their_level() -> None:
    desk = submitted(StageRule(act=SIGN, who=(Who(HEAD, "sector"),)), level=2)
    lowered = replace(CIRCUIT_PEOPLE["hessa"], signs=1)
    desk.office = replace(desk.office, people={**desk.office.people, "hessa": lowered})
    assert refused(desk, Sign(record_id="m1", step=2, by="hessa", serial=1)) == "may.level"


def test_the_drafter_decides_nothing_even_where_a_seat_fell_to_them() -> None:
    desk = submitted(SIGNED_BY_HUDA)
    theirs = Referred(
        at=desk.now,
        by="huda",
        step=3,
        asked="for_approval",
        to_person="omar",
        to_unit="finance",
        parent=2,
        cause="person",
    )
    desk.record = evolve("m1", desk.held, theirs)
    assert refused(desk, Approve(record_id="m1", step=3, by="omar")) == "may.own_draft"


def test_an_opinion_needs_words_and_a_return_and_a_rejection_a_reason() -> None:
    desk = submitted()
    assert refused(desk, Reject(record_id="m1", step=2, by="salem")) == "say.reason_missing"
    assert refused(desk, Return(record_id="m1", step=2, by="salem")) == "say.reason_missing"
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    assert refused(desk, Complete(record_id="m1", step=3, by="laila")) == "say.result_missing"
    assert refused(desk, Reject(record_id="m1", step=3, by="laila", note="لا")) == "may.not_asked_so"


def test_whoever_sits_in_a_stage_may_ask_a_colleague_and_goes_on_with_their_seat() -> None:
    desk = at_huda()
    desk.accept(Refer(record_id="m1", step=4, by="huda", asked="for_action", to_person="salem"))
    assert turns(desk) == [("salem", "for_action")]
    desk.accept(Complete(record_id="m1", step=5, by="salem", note="40 ساعة"))
    assert turns(desk) == [("huda", "for_approval")]
    desk.accept(Approve(record_id="m1", step=6, by="huda"))
    assert turns(desk) == [("hessa", "for_signature")]


STAGES = st.tuples(st.integers(1, 5), st.sampled_from(["all", "any", "quorum"]), st.integers(1, 5)).map(
    lambda drawn: Stage(
        number=1,
        act=APPROVE,
        seats=tuple(Seat(f"p{n}", "u") for n in range(drawn[0])),
        mode=drawn[1],
        quorum=min(drawn[2], drawn[0]) if drawn[1] == QUORUM else 0,
        state="open",
        opened_from=1,
    )
)


@given(STAGES, st.lists(st.sampled_from(["approved", "rejected", None]), max_size=5))
def test_all_any_and_a_quorum_pass_as_soon_as_enough_agree_and_fail_when_enough_cannot(
    stage: Stage, said: list[str | None]
) -> None:
    steps = [_voice(n, outcome) for n, outcome in enumerate(said[: len(stage.seats)], start=1)]
    agreed, against = said[: len(stage.seats)].count("approved"), said[: len(stage.seats)].count("rejected")
    needed = {"all": len(stage.seats), "any": 1, "quorum": stage.quorum}[stage.mode]
    left = len(stage.seats) - agreed - against
    expected = PASSED if agreed >= needed else "lost" if agreed + left < needed else "open"
    assert standing(stage, steps) == expected
    assert standing(replace(stage, opened_from=9), steps) == "open", "what was decided before it was opened counts"


def _voice(number: int, outcome: str | None) -> Step:
    return Step(
        number=number,
        asked="for_approval",
        to_person=f"p{number}",
        to_unit="u",
        parent=None,
        cause="circuit",
        opened_at=NOON,
        opened_by="x",
        stage=1,
        outcome=outcome,
    )


def test_whoever_is_not_needed_any_more_is_asked_no_more() -> None:
    three = tuple(Who(PERSON, p) for p in ("salem", "laila", "noura"))
    desk = submitted(StageRule(act=INITIAL, who=three, mode=QUORUM, quorum=2), SIGNED_BY_HUDA)
    assert len(turns(desk)) == 3
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    assert [p for p, _ in turns(desk)] == ["laila", "noura"]
    decision = desk.accept(Initial(record_id="m1", step=4, by="noura"))
    assert turns(desk) == [("huda", "for_signature")]
    assert desk.held.steps[2].outcome == "overtaken"
    assert {e.person for e in decision.effects} >= {"laila", "noura", "huda"}
    assert refused(desk, Initial(record_id="m1", step=3, by="laila")) == "may.already_done"


def test_one_rejection_does_not_end_what_others_can_still_agree_to() -> None:
    two = (Who(PERSON, "salem"), Who(PERSON, "laila"))
    desk = submitted(StageRule(act=INITIAL, who=two, mode="any"), SIGNED_BY_HUDA)
    desk.accept(Reject(record_id="m1", step=2, by="salem", note="لا أرى ذلك"))
    assert turns(desk) == [("laila", "for_initial")]
    desk.accept(Reject(record_id="m1", step=3, by="laila", note="ولا أنا"))
    assert (desk.held.outcome, desk.held.serial, holders(desk.held)) == ("rejected", None, ())


# ---------------------------------------------------------------- back and forth


def test_a_return_goes_to_the_drafter_and_what_comes_back_unchanged_goes_on_where_it_was() -> None:
    desk = at_huda()
    desk.accept(Return(record_id="m1", step=4, by="huda", note="أكمل المرفقات"))
    assert turns(desk) == [("omar", "for_drafting")]
    assert desk.held.steps[-1].note == "أكمل المرفقات"
    desk.accept(Submit(record_id="m1", step=5, by="omar"))
    assert turns(desk) == [("huda", "for_approval")]


def test_a_return_may_go_to_any_stage_that_is_over() -> None:
    desk = at_huda()
    assert refused(desk, Return(record_id="m1", step=4, by="huda", note="؟", to_stage=4)) == "circuit.no_such_stage"
    desk.accept(Return(record_id="m1", step=4, by="huda", note="؟", to_stage=1))
    assert turns(desk) == [("salem", "for_initial")]
    desk.accept(Initial(record_id="m1", step=5, by="salem"))
    assert turns(desk) == [("laila", "for_study_opinion")], "what came after is decided anew"


def test_an_edit_voids_what_was_decided_and_begins_again_under_a_new_seal() -> None:
    desk = at_huda()
    r = desk.held
    desk.accept(Redraft(record_id="m1", by="omar", subject=r.subject, text="نص آخر", addressees=r.addressees))
    assert turns(desk) == [("salem", "for_initial")]
    assert [s.voided for s in desk.held.steps if s.stage is not None] == [True, True, True, False]
    first, second = (e.seal for e in desk.events if isinstance(e, Submitted))
    assert first != second
    assert desk.held.circuit is not None
    assert desk.held.circuit.seal == second


def test_an_edit_that_cannot_be_decided_on_changes_nothing() -> None:
    desk = at_huda()
    before = desk.held
    ask = Redraft(
        record_id="m1", by="omar", subject="م", text="ن", addressees=(Addressee("store", None, "for_action"),)
    )
    assert refused(desk, ask) == "issue.nobody_there"
    assert desk.held == before


def test_what_was_sent_on_is_taken_back_until_somebody_looked_at_it() -> None:
    desk = submitted()
    assert refused(desk, Recall(record_id="m1", step=2, by="huda")) == "may.sender_only"
    desk.accept(Recall(record_id="m1", step=2, by="omar"))
    assert turns(desk) == [("omar", "for_drafting")]
    assert desk.take(Recall(record_id="m1", step=2, by="omar")) == Nothing()
    desk.accept(Submit(record_id="m1", step=3, by="omar"))
    assert desk.take(NoteOpened(record_id="m1", step=4, by="huda")) == Nothing(), "it is not hers"
    desk.accept(NoteOpened(record_id="m1", step=4, by="salem"))
    assert refused(desk, Recall(record_id="m1", step=4, by="omar")) == "may.opened_already"


def test_whoever_decided_alone_takes_their_decision_back() -> None:
    desk = submitted()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Recall(record_id="m1", step=2, by="salem"))
    assert turns(desk) == [("salem", "for_initial")]


# ---------------------------------------------------------------- another way


def test_a_stage_is_inserted_before_one_that_is_not_over() -> None:
    desk = at_huda()
    desk.accept(Insert(record_id="m1", by="huda", act=OPINION, people=("noura",), before=3))
    assert turns(desk) == [("noura", "for_study_opinion")]
    desk.accept(Complete(record_id="m1", step=5, by="noura", note="محفوظ"))
    assert turns(desk) == [("huda", "for_approval")]
    assert refused(desk, Insert(record_id="m1", by="huda", act=OPINION, people=("noura",), before=1)) == (
        "circuit.no_such_stage"
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"people": ("omar",)}, "circuit.own_draft"),
        ({"people": ("badr",)}, "refer.nobody"),
        ({"people": ()}, "circuit.no_act"),
        ({"act": "nod"}, "circuit.no_act"),
        ({"act": SIGN, "people": ("salem",)}, "circuit.level"),
        ({"act": SIGN, "people": ("huda",)}, "circuit.one_person"),
        ({"by": "laila"}, "may.not_your_circuit"),
    ],
)
def test_a_stage_that_may_not_be_is_not_inserted(fields: dict[str, Any], why: str) -> None:
    desk = at_huda()
    usual: dict[str, Any] = {"by": "huda", "act": OPINION, "people": ("noura",), "before": 4}
    assert refused(desk, Insert(record_id="m1", **usual | fields)) == why


def test_a_stage_is_skipped_with_a_reason_but_neither_a_fixed_one_nor_a_signature() -> None:
    desk = submitted()
    assert refused(desk, Skip(record_id="m1", by="omar", stage=2, note="لا حاجة")) == "may.own_draft"
    assert refused(desk, Skip(record_id="m1", by="huda", stage=2)) == "say.reason_missing"
    assert refused(desk, Skip(record_id="m1", by="huda", stage=3, note="لا حاجة")) == "circuit.fixed"
    assert refused(desk, Skip(record_id="m1", by="huda", stage=4, note="لا حاجة")) == "circuit.fixed"
    desk.accept(Skip(record_id="m1", by="huda", stage=2, note="لا حاجة"))
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    assert turns(desk) == [("huda", "for_approval")]


def test_the_stage_that_is_asked_is_skipped_to_the_next() -> None:
    desk = submitted()
    desk.accept(Skip(record_id="m1", by="huda", stage=1, note="في إجازة"))
    assert turns(desk) == [("laila", "for_study_opinion")]


# ---------------------------------------------------------------- issued


def test_it_goes_to_its_addressees_and_is_closed_while_the_acknowledgements_come_in() -> None:
    units = tuple(Addressee(u, None, "for_circulation") for u in ("legal", "registry", "sector"))
    desk = issued(kind="circular", addressees=units)
    assert desk.held.ended
    assert [(s.to_person, s.asked) for s in desk.held.open_steps] == [
        (p, "for_circulation") for p in ("laila", "noura", "hessa")
    ]
    desk.accept(Acknowledge(record_id="m1", step=4, by="noura"))
    assert acknowledged(desk.held) == (1, 3)


def test_what_somebody_must_act_on_keeps_it_open_until_they_have() -> None:
    desk = issued(addressees=(Addressee("legal", None, "for_action"), Addressee("sector", None, "for_information")))
    assert (desk.held.ended, turns(desk)) == (False, [("laila", "for_action")])
    desk.accept(Complete(record_id="m1", step=3, by="laila", note="تم"))
    assert desk.held.ended


def test_an_addressee_who_returns_it_returns_it_to_its_drafter() -> None:
    desk = issued(addressees=(Addressee("legal", None, "for_action"),))
    desk.accept(Return(record_id="m1", step=3, by="laila", note="ليس من اختصاصنا"))
    assert turns(desk) == [("omar", "for_review")]


def test_everyone_is_everybody_who_is_active_once() -> None:
    desk = issued(
        kind="circular",
        addressees=(Addressee("*", None, "for_information"), Addressee("legal", None, "for_information")),
    )
    assert sorted(s.to_person or "" for s in desk.held.steps if s.cause == "issue") == sorted(
        p for p, person in CIRCUIT_PEOPLE.items() if person.active
    )


def test_what_goes_out_is_put_before_the_register_to_be_sent() -> None:
    desk = issued(kind="outgoing_letter", addressees=(), party="ديوان المحاسبة")
    assert [(h.person, h.unit, h.asked) for h in holders(desk.held)] == [(None, "registry", "for_action")]


def test_an_addressee_whose_head_has_gone_meanwhile_is_the_drafter_s_to_see_to() -> None:
    desk = submitted(SIGNED_BY_HUDA)
    gone = replace(CIRCUIT_PEOPLE["laila"], active=False)
    desk.office = replace(desk.office, people={**desk.office.people, "laila": gone})
    desk.accept(Sign(record_id="m1", step=2, by="huda", serial=4))
    assert turns(desk) == [("omar", "for_action")]


def test_a_void_number_stays_its_own_and_says_why() -> None:
    desk = issued()
    assert refused(desk, Void(record_id="m1", by="omar", note="خطأ")) == "may.signer_only"
    assert refused(desk, Void(record_id="m1", by="huda", note=None)) == "say.reason_missing"
    desk.accept(Void(record_id="m1", by="huda", note="صدر بالخطأ"))
    assert (desk.held.serial, desk.held.status, desk.held.outcome_note) == (4, "voided", "صدر بالخطأ")
    assert not desk.held.open_steps
    assert refused(submitted(), Void(record_id="m1", by="huda", note="خطأ")) == "may.no_number_to_void"


def test_the_year_of_a_number_is_that_of_the_signature() -> None:
    desk = submitted(SIGNED_BY_HUDA)
    desk.now = NOON.replace(year=2027)
    desk.accept(Sign(record_id="m1", step=2, by="huda", serial=1))
    (numbered,) = (e for e in desk.events if isinstance(e, Numbered))
    assert (numbered.year, desk.held.reference) == (2027, "ش.م/م/1/2027")


def test_a_draft_is_begun_once() -> None:
    desk = drafted()
    assert desk.take(Draft(record_id="m1", by="omar", kind="internal_memo", subject="م", text="ن")) == Nothing()
