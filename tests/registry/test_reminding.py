"""What is not done in time is recalled to whoever holds it, and those above are asked to follow it up."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.commands import Approve, Complete, Quarantine, Refer, Register, Remind
from registry.decide import decide
from registry.decisions import Accepted, Nothing
from registry.effects import AskAction, RemindCard
from registry.events import Referred, Reminded
from registry.office import Office
from registry.record import fold, holders
from registry.working_time import DueRules
from tests.values import KUWAIT, OFFICE, PEOPLE, UNITS, Desk, changed, forwarded, registered

DUE = DueRules(days=(("", "", 10),))
SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=KUWAIT)
LATE = SUNDAY + timedelta(days=60)

# Huda (finance) answers to the head of Legal here, so that there is somebody above.
UNDER = {**UNITS, "finance": replace(UNITS["finance"], under="store"), "store": replace(UNITS["store"], under="legal")}
TIMED = replace(OFFICE, due=DUE, units=UNDER)


def desk_of(office: Office = TIMED, **fields: object) -> Desk:
    desk = Desk(office, now=SUNDAY)
    desk.accept(Register(record_id="r1", mail=forwarded(**fields), serial=1))
    return desk


def reminded(desk: Desk, at: datetime, step: int = 1) -> Accepted:
    desk.now = at
    return desk.accept(Remind(record_id="r1", step=step))


def told(decision: Accepted) -> list[str]:
    return [e.person for e in decision.effects if isinstance(e, RemindCard)]


def asked_to_follow(decision: Accepted) -> list[str | None]:
    return [e.to_person for e in decision.events if isinstance(e, Referred)]


def test_where_the_office_has_no_rules_nothing_is_due() -> None:
    held = registered().held
    assert (held.due_at, held.steps[0].due_at, held.steps[0].remind_at) == (None, None, None)


def test_a_letter_and_whoever_holds_it_have_the_time_that_the_rules_give() -> None:
    desk = desk_of()
    due = DUE.calendar.end_of(10, SUNDAY, KUWAIT)
    assert (desk.held.due_at, holders(desk.held)[0].due_at) == (due, due)
    assert desk.held.steps[0].remind_at == DUE.calendar.start_of(-1, due, KUWAIT)


def test_what_waits_in_quarantine_has_no_time() -> None:
    desk = Desk(TIMED, now=SUNDAY)
    desk.accept(Quarantine(record_id="r1", mail=forwarded(), reasons=("quarantine.no_sender",), serial=1))
    assert desk.held.due_at is None


def test_who_is_only_told_has_no_time() -> None:
    desk = desk_of()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_information", to_person="salem"))
    assert desk.held.steps[1].due_at is None


def test_before_its_time_nobody_is_reminded() -> None:
    desk = desk_of()
    at = desk.held.steps[0].remind_at
    assert at is not None
    desk.now = at - timedelta(seconds=1)
    assert desk.take(Remind(record_id="r1", step=1)) == Nothing()
    assert told(reminded(desk, at)) == ["huda"]


def test_the_day_before_and_the_day_itself_only_the_holder_hears_of_it() -> None:
    desk = desk_of()
    for _ in range(2):
        at = desk.held.steps[0].remind_at
        assert at is not None
        decision = reminded(desk, at)
        assert (told(decision), asked_to_follow(decision)) == (["huda"], [])


def test_once_it_is_late_the_head_of_the_holder_s_unit_is_asked_to_follow_it_up() -> None:
    desk = desk_of()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    due = desk.held.steps[1].due_at
    assert due is not None
    decision = reminded(desk, DUE.calendar.start_of(1, due, KUWAIT), step=2)
    assert (told(decision), asked_to_follow(decision)) == (["omar"], ["huda"])
    assert [(e.person, e.step) for e in decision.effects if isinstance(e, AskAction)] == [("huda", 3)]
    assert [h.person for h in holders(desk.held)] == ["omar"]  # to watch is not to hold


def test_the_head_who_is_late_answers_to_the_nearest_head_above() -> None:
    desk = desk_of()  # nobody heads the Store, which is above Finance; Laila heads what is above the Store
    assert asked_to_follow(reminded(desk, LATE)) == ["laila"]


def test_after_an_outage_there_is_one_reminder_and_nobody_above_is_left_out() -> None:
    desk = desk_of()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    decision = reminded(desk, LATE, step=2)
    assert [type(e) for e in decision.events] == [Reminded, Referred, Referred]
    assert asked_to_follow(decision) == ["huda", "laila"]
    assert desk.held.steps[1].remind_at is None
    assert desk.take(Remind(record_id="r1", step=2)) == Nothing()


def test_who_watches_a_record_already_is_not_asked_again() -> None:
    desk = desk_of()
    reminded(desk, LATE)
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    again = reminded(desk, LATE + timedelta(days=60), step=len(desk.held.steps))
    assert asked_to_follow(again) == ["huda"]


def test_who_may_not_see_the_letter_is_not_asked_to_follow_it_up() -> None:
    office = changed(TIMED, laila=replace(PEOPLE["laila"], clearance="normal"))
    desk = desk_of(office)
    desk.record = replace(desk.held, confidentiality="restricted")
    assert asked_to_follow(reminded(desk, LATE)) == []


def test_the_register_s_clerks_are_all_reminded_and_its_head_is_asked() -> None:
    office = replace(TIMED, rules=())
    desk = desk_of(office)
    decision = reminded(desk, LATE)
    assert (told(decision), asked_to_follow(decision)) == (["abdullah", "noura"], ["noura"])


def test_what_was_decided_is_recalled_to_nobody() -> None:
    desk = desk_of()
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    desk.now = LATE
    assert desk.take(Remind(record_id="r1", step=1)) == Nothing()


def test_when_the_record_ends_nobody_need_follow_it_up_any_more() -> None:
    desk = desk_of()
    reminded(desk, LATE)
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert [s.state for s in desk.held.steps] == ["done", "done"]
    assert desk.held.steps[1].outcome == "closed"


def test_who_is_asked_when_it_is_late_has_a_day_of_their_own() -> None:
    desk = desk_of()
    desk.now = LATE
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    step = desk.held.steps[1]
    assert step.due_at == DUE.calendar.end_of(1, LATE, KUWAIT)
    assert step.remind_at == DUE.calendar.start_of(0, step.due_at, KUWAIT)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 96), max_size=12), st.sampled_from([1, 3, 10]))
def test_whenever_the_clock_looks_the_holder_hears_once_for_each_look_at_most_and_watchers_are_asked_once(
    waits_h: list[int], days: int
) -> None:
    desk = desk_of(replace(TIMED, due=DueRules(days=(("", "", days),))))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    for wait_h in waits_h:
        desk.now += timedelta(hours=wait_h)
        before = desk.held
        decision = decide(Remind(record_id="r1", step=2), before, desk.office, desk.now)
        desk.take(Remind(record_id="r1", step=2))
        if isinstance(decision, Accepted):
            assert told(decision) == ["omar"]
            assert decide(Remind(record_id="r1", step=2), desk.held, desk.office, desk.now) == Nothing()
    watchers = [s.to_person for s in desk.held.steps if s.asked == "for_follow_up"]
    assert len(watchers) == len(set(watchers))
    assert [h.person for h in holders(desk.held)] == ["omar"]
    assert fold("r1", desk.events) == desk.held
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    assert [h.person for h in holders(desk.held)] == ["huda"]
