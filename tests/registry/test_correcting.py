"""A counter-entry: what was entered and what is right both stand, and cards follow."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import AwaitReply, Correct, Refer
from registry.decisions import Nothing, Refused
from registry.effects import RefreshCard
from registry.events import Registered
from registry.record import fold, holders
from registry.registering import searchable
from registry.verb_events import Corrected
from registry.vocabulary import Verb
from registry.working_time import DueRules
from tests.values import NOON, OFFICE, PEOPLE, Desk, forwarded, mail, registered


def correct(by: str = "noura", note: str = "خطأ في القيد", **fields: str) -> Correct:
    return Correct(record_id="r1", by=by, note=note, **fields)


def reason(desk: Desk, command: Correct) -> str:
    decision = desk.take(command)
    assert isinstance(decision, Refused), decision
    return decision.reason


def test_what_was_entered_stands_beside_what_is_right() -> None:
    desk = registered()
    desk.accept(correct(by="abdullah", subject="  طلب   بيانات ", their_reference="ص/44", letter_date="15/11/2026"))
    held, first = desk.held, desk.events[0]
    assert isinstance(first, Registered)
    assert (held.subject, held.their_reference, held.letter_date) == ("طلب بيانات", "ص/44", "15/11/2026")
    assert first.subject == "طلب مستندات الربع الثاني"
    assert next((c.what, c.was, c.now, c.by, c.note) for c in held.corrections) == (
        "subject",
        first.subject,
        "طلب بيانات",
        "abdullah",
        "خطأ في القيد",
    )
    assert "طلب بيانات" in searchable(held)


def test_a_correction_needs_a_clerk_a_reason_and_something_that_differs() -> None:
    desk = registered()
    assert reason(desk, correct(by="huda", subject="آخر")) == "may.registry_only"
    assert reason(desk, correct(note=" ", subject="آخر")) == "say.reason_missing"
    assert reason(desk, correct(subject="  ")) == "say.subject_missing"
    assert reason(desk, correct(urgency="at once")) == "register.unknown_level"
    assert reason(desk, correct(confidentiality="")) == "register.unknown_level"
    assert isinstance(desk.take(correct(subject=desk.held.subject, urgency="normal")), Nothing)


def test_the_secrecy_is_changed_only_by_one_who_is_cleared_for_both_levels() -> None:
    desk = registered()
    assert reason(desk, correct(by="abdullah", confidentiality="secret")) == "correct.no_authority"
    desk.accept(correct(confidentiality="secret"))
    last = next(e for e in reversed(desk.events) if isinstance(e, Corrected))
    assert (last.was_confidentiality, last.confidentiality, last.note) == ("normal", "secret", "خطأ في القيد")
    assert reason(desk, correct(by="abdullah", confidentiality="normal")) == "may.secrecy"
    desk.accept(correct(confidentiality="normal"))
    assert desk.held.confidentiality == "normal"


def test_whoever_may_not_see_it_any_more_holds_it_no_longer_and_the_register_does() -> None:
    desk = registered()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_information", to_person="salem"))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    decision = desk.accept(correct(confidentiality="secret"))
    assert [(h.person, h.unit, h.asked) for h in holders(desk.held)] == [(None, "registry", "for_review")]
    assert {s.outcome for s in desk.held.steps[:3]} == {"recalled"}
    refreshed = {e.person for e in decision.effects if isinstance(e, RefreshCard)}
    assert {"huda", "salem", "omar"} <= refreshed


def test_a_holder_who_is_cleared_keeps_it_and_every_card_changes() -> None:
    office = replace(OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], clearance="secret")})
    desk = registered(forwarded(), office)
    decision = desk.accept(correct(confidentiality="secret"))
    assert [h.person for h in holders(desk.held)] == ["huda"]
    assert RefreshCard(record_id="r1", step=1, person="huda") in decision.effects


def test_the_register_routes_by_the_number_what_was_marked_secret() -> None:
    desk = registered(mail(), replace(OFFICE, rules=()))
    desk.accept(correct(confidentiality="top_secret"))
    assert [h.unit for h in holders(desk.held)] == ["registry"]
    assert len(desk.held.steps) == 1


def test_another_urgency_is_another_time_for_whoever_holds_it() -> None:
    rules = DueRules(days=(("", "very_urgent", 1), ("", "", 10)))
    desk = registered(forwarded(), replace(OFFICE, due=rules))
    before = desk.held.due_at
    desk.accept(correct(urgency="very_urgent"))
    held = desk.held
    assert before is not None
    assert held.due_at is not None
    assert held.due_at < before - timedelta(days=5)
    assert held.steps[0].due_at == held.due_at
    assert held.steps[0].remind_at is not None
    assert fold("r1", desk.events) == held


@pytest.mark.parametrize("verb", [Verb.CORRECT])
def test_after_the_end_the_entry_may_still_be_put_right(verb: Verb) -> None:
    desk = registered(mail(), replace(OFFICE, rules=()))
    desk.accept(AwaitReply(record_id="r1", step=1, by="noura"))
    desk.now = max(desk.now, NOON)
    desk.accept(correct(subject="آخر"))
    assert verb in desk.held.rules.verbs
