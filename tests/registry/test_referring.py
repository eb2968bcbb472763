"""Asking a colleague: who may be asked what, from which step, and whose turn it is then."""

from dataclasses import replace

import pytest

from registry.commands import Acknowledge, Complete, Refer
from registry.decisions import Accepted, Nothing, Refused
from registry.effects import AskAction, RefreshCard
from registry.events import Referred
from registry.record import OPEN, REFERRED, holders
from registry.vocabulary import Status
from tests.values import OFFICE, PEOPLE, Desk, changed, mail, registered


def refer(to: str | None, asked: str = "for_action", *, by: str = "huda", step: int = 1, **rest: str) -> Refer:
    return Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to, **rest)


def turn(desk: Desk) -> list[tuple[str | None, str]]:
    """Whose turn it is, and what for."""
    return [(h.person, h.asked) for h in holders(desk.held)]


def secret() -> Desk:
    """A secret letter: it waits at the register."""
    return registered(mail(subject="سري: كشف الرواتب"))


# ---------------------------------------------------------------- asking


def test_whoever_is_asked_holds_the_record_and_the_asker_waits() -> None:
    desk = registered()
    desk.accept(refer("omar", note="  يرجى الاطلاع  "))
    assert turn(desk) == [("omar", "for_action")]
    assert desk.held.steps[0].state == REFERRED
    assert desk.held.steps[1].note == "يرجى الاطلاع"
    assert desk.held.status is Status.IN_ACTION


def test_the_asked_gets_a_card_and_the_asker_s_card_changes() -> None:
    decision = registered().accept(refer("omar"))
    assert set(decision.effects) == {
        AskAction(record_id="r1", step=2, person="omar"),
        RefreshCard(record_id="r1", step=1, person="huda"),
    }


def test_the_event_says_in_what_capacity_the_asker_acted() -> None:
    desk = registered()
    desk.accept(refer("omar"))
    desk.accept(refer("salem", by="omar", step=2))
    assert [e.capacity for e in desk.events if isinstance(e, Referred)] == [None, "head", "member"]


def test_a_unit_is_asked_through_its_head() -> None:
    desk = registered()
    desk.accept(refer(None, to_unit="legal"))
    assert turn(desk) == [("laila", "for_action")]


def test_copies_for_information_go_out_side_by_side_and_take_the_turn_from_nobody() -> None:
    desk = registered()
    for to in ("omar", "salem", "laila"):
        desk.accept(refer(to, "for_information"))
    assert turn(desk) == [("huda", "for_approval")]
    assert [(s.to_person, s.state) for s in desk.held.steps[1:]] == [("omar", OPEN), ("salem", OPEN), ("laila", OPEN)]
    desk.accept(Acknowledge(record_id="r1", step=3, by="salem"))
    assert turn(desk) == [("huda", "for_approval")]


def test_the_registry_hands_a_record_over_and_does_not_wait() -> None:
    desk = secret()
    desk.accept(refer("noura", "for_action", by="abdullah"))
    assert turn(desk) == [("noura", "for_action")]
    assert (desk.held.steps[0].state, desk.held.steps[0].outcome) == ("done", "referred")
    assert desk.held.steps[1].parent is None


def test_the_registry_s_copy_for_information_leaves_the_record_at_the_registry() -> None:
    desk = secret()
    desk.accept(refer("noura", "for_information", by="abdullah"))
    assert [(h.person, h.unit) for h in holders(desk.held)] == [(None, "registry")]


# ---------------------------------------------------------------- asking twice


def test_asking_the_same_of_the_same_one_again_is_harmless() -> None:
    desk = registered()
    desk.accept(refer("omar"))
    assert desk.take(refer("omar")) == Nothing()
    desk = registered()
    desk.accept(refer(None, to_unit="legal"))
    assert desk.take(refer(None, to_unit="legal")) == Nothing()
    assert desk.take(refer("laila")) == Nothing()
    desk = secret()
    desk.accept(refer("noura", by="abdullah"))
    assert desk.take(refer("noura", by="abdullah")) == Nothing()


def test_asking_something_else_meanwhile_is_not_the_asker_s_turn() -> None:
    desk = registered()
    desk.accept(refer("omar"))
    assert desk.take(refer("salem")) == Refused(
        "may.already_done", {"who": PEOPLE["huda"].name, "at": "", "outcome": "referred"}
    )


def test_a_copy_for_information_may_be_sent_again_once_it_was_read() -> None:
    desk = registered()
    desk.accept(refer("omar", "for_information"))
    desk.accept(Acknowledge(record_id="r1", step=2, by="omar"))
    assert isinstance(desk.take(refer("omar", "for_information")), Accepted)


# ---------------------------------------------------------------- who may not be asked


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (refer("huda"), "refer.to_oneself"),
        (refer(None, to_unit="finance"), "refer.to_oneself"),
        (refer("badr"), "refer.nobody"),
        (refer("ghost"), "refer.nobody"),
        (refer(None), "refer.nobody"),
        (refer(None, to_unit="store"), "refer.nobody"),  # nobody heads it
        (refer("omar", "for_fun"), "refer.unknown_disposition"),
        (refer("omar", by="omar"), "may.not_yours"),
        (refer("omar", by="abdullah"), "may.not_yours"),
        (refer("omar", by="ghost"), "may.unknown_person"),
        (refer("omar", by="badr"), "may.inactive"),
        (refer("omar", step=2), "may.no_such_step"),
        (refer("omar", step=0), "may.no_such_step"),
    ],
)
def test_who_may_not_be_asked_and_who_may_not_ask(ask: Refer, reason: str) -> None:
    desk = registered()
    decision = desk.take(ask)
    assert isinstance(decision, Refused)
    assert decision.reason == reason
    assert turn(desk) == [("huda", "for_approval")]


def test_nobody_is_asked_who_is_not_cleared_and_the_refusal_names_them() -> None:
    decision = secret().take(refer("omar", by="abdullah"))
    assert decision == Refused("refer.not_cleared", {"who": PEOPLE["omar"].name})


def test_a_record_cannot_be_referred_back_to_whoever_waits_for_it() -> None:
    desk = registered()
    desk.accept(refer("omar"))
    desk.accept(refer("salem", by="omar", step=2))
    for asker in ("omar", "huda"):
        decision = desk.take(refer(asker, by="salem", step=3))
        assert decision == Refused("refer.to_the_one_who_asked", {"who": PEOPLE[asker].name})


def test_a_copy_for_information_is_not_its_reader_s_to_refer() -> None:
    desk = registered()
    desk.accept(refer("omar", "for_information"))
    decision = desk.take(refer("salem", by="omar", step=2))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.not_asked_so"


def test_a_quarantined_mail_is_referred_to_nobody() -> None:
    from registry.commands import Quarantine

    desk = Desk(record_id="q1")
    desk.accept(Quarantine(record_id="q1", mail=mail(), reasons=("quarantine.encrypted",), serial=1))
    decision = desk.take(Refer(record_id="q1", step=1, by="abdullah", asked="for_action", to_person="huda"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.not_for_this_kind"


def test_who_left_between_two_steps_can_no_longer_act() -> None:
    desk = registered()
    desk.accept(refer("omar"))
    desk.office = changed(OFFICE, omar=replace(PEOPLE["omar"], active=False))
    decision = desk.take(Complete(record_id="r1", step=2, by="omar", note="تم"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.inactive"
