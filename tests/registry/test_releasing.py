"""A quarantined mail registered after all: once, whoever presses, how often and in which order."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.commands import Admit, Annotate, Close, Command, Quarantine, Release
from registry.decide import decide
from registry.decisions import Accepted, Nothing, Refused
from registry.effects import AskAction, MarkMail, RefreshCard
from registry.events import Referred, Registered
from registry.mail import Address
from registry.record import Record, evolve, holders
from registry.vocabulary import Status
from tests.values import ANNEX, AUDIT, HUDA, OFFICE, Desk, forwarded, mail


def held(**fields: Any) -> Desk:
    desk = Desk(record_id="q1")
    letter = mail(parts=(ANNEX,), **fields)
    desk.accept(Quarantine(record_id="q1", mail=letter, reasons=("quarantine.unknown_insider",), serial=4))
    return desk


def release(by: str = "abdullah", **fields: Any) -> Release:
    return Release(**{"record_id": "q1", "by": by, "as_record": "r1", "serial": 7} | fields)


def letter_of(decision: Accepted, desk: Desk) -> Record:
    """The record that a released mail became."""
    (admit,) = decision.then
    admitted = decide(admit, None, desk.office, desk.now)
    assert isinstance(admitted, Accepted)
    record = None
    for event in admitted.events:
        record = evolve(admit.record_id, record, event)
    assert record is not None
    return record


def test_releasing_closes_the_quarantined_record_and_names_the_letters_number() -> None:
    desk = held()
    decision = desk.accept(release())
    assert [type(e).__name__ for e in decision.events] == ["Released", "Closed"]
    assert (desk.held.status, desk.held.outcome) == (Status.CLOSED, "released")
    assert (desk.held.released_as, desk.held.released_reference) == ("r1", "س.ع/و/7/2026")
    assert (desk.held.steps[0].outcome, desk.held.steps[0].ended_by) == ("released", "abdullah")
    assert {(e.person, e.step) for e in decision.effects if isinstance(e, RefreshCard)} == {
        ("abdullah", 1),
        ("noura", 1),
    }


def test_the_letter_is_what_the_quarantine_knew_and_lies_with_the_register() -> None:
    desk = held()
    desk_now = desk.now
    record = letter_of(desk.accept(release()), desk)
    assert (record.kind, record.reference, record.released_from) == ("incoming_letter", "س.ع/و/7/2026", "q1")
    assert (record.subject, record.original_sender) == (desk.held.subject, AUDIT)
    assert (record.source, record.attachment_names) == (desk.held.source, (ANNEX.name,))
    assert record.reasons == ()
    assert [(h.person, h.unit) for h in holders(record)] == [(None, "registry")]
    assert record.registered_at > desk_now


def test_the_mail_gets_the_letters_mark_and_every_clerk_a_card() -> None:
    desk = held()
    (admit,) = desk.accept(release()).then
    admitted = decide(admit, None, desk.office, desk.now)
    assert isinstance(admitted, Accepted)
    assert MarkMail(record_id="r1", mailbox=desk.held.source.mailbox, item_id="item-1") in admitted.effects
    assert {e.person for e in admitted.effects if isinstance(e, AskAction)} == {"abdullah", "noura"}
    assert [type(e) for e in admitted.events] == [Registered, Referred]


def test_an_official_whose_mail_was_kept_apart_is_answered_when_its_letter_is_done() -> None:
    desk = Desk(record_id="q1")
    desk.accept(Quarantine(record_id="q1", mail=forwarded(), reasons=("quarantine.encrypted",), serial=1))
    record = letter_of(desk.accept(release()), desk)
    assert (record.sender, record.forwarded_by, record.needs_reply) == (HUDA, "huda", True)


def test_what_the_clerk_read_takes_the_place_of_what_the_machine_could_not() -> None:
    desk = held(subject="", sender=Address("", ""))
    assert desk.take(release()) == Refused("say.subject_missing")
    record = letter_of(desk.accept(release(subject="  طلب\n مستندات ", sender=Address(" ديوان المحاسبة ", ""))), desk)
    assert (record.subject, record.original_sender) == ("طلب مستندات", Address("ديوان المحاسبة", ""))
    assert desk.held.original_sender == Address("", "")


@pytest.mark.parametrize(("by", "why"), [("huda", "may.registry_only"), ("ghost", "may.unknown_person")])
def test_nobody_but_a_clerk_of_the_register_releases(by: str, why: str) -> None:
    decision = held().take(release(by))
    assert isinstance(decision, Refused)
    assert decision.reason == why


def test_the_same_clerk_again_is_not_told_off_and_another_one_is_told_that_it_is_over() -> None:
    desk = held()
    desk.accept(release())
    assert desk.take(release(as_record="r2")) == Nothing()
    second = desk.take(release("noura", as_record="r3"))
    assert isinstance(second, Refused)
    assert second.reason == "may.ended"


def test_a_mail_that_is_no_letter_is_dismissed_with_the_reason() -> None:
    desk = held()
    assert desk.take(Close(record_id="q1", step=1, by="abdullah")) == Refused("say.reason_missing")
    dismiss = Close(record_id="q1", step=1, by="abdullah", note="إعلان تجاري")
    desk.accept(dismiss)
    assert (desk.held.outcome, desk.held.outcome_note) == ("dismissed", "إعلان تجاري")
    assert desk.held.steps[0].outcome == "dismissed"
    assert desk.take(dismiss) == Nothing()
    assert isinstance(desk.take(release()), Refused)


def test_a_letter_is_not_released() -> None:
    desk = held()
    letter = Desk()
    letter.record = replace(letter_of(desk.accept(release()), desk), record_id="r1")
    decision = letter.take(release(record_id="r1", as_record="r9"))
    assert isinstance(decision, Refused)
    assert decision.reason == "may.not_for_this_kind"


WISHES: tuple[Command, ...] = (
    release("abdullah", as_record="a"),
    release("abdullah", as_record="b"),
    release("noura", as_record="c"),
    Close(record_id="q1", step=1, by="noura", note="ليس كتاباً"),
    Annotate(record_id="q1", by="abdullah", note="يُراجع", final=True),
)


def test_in_every_order_of_two_clerks_presses_there_is_one_letter_or_it_was_dismissed_first() -> None:
    for order in itertools.permutations(WISHES):
        desk = held()
        letters = [a for w in order if isinstance(d := desk.take(w), Accepted) for a in d.then]
        first = next(w for w in order if isinstance(w, Release | Close))
        assert len(letters) == isinstance(first, Release)
        assert desk.held.outcome == ("released" if letters else "dismissed")
        assert all(isinstance(a, Admit) and a.record_id == desk.held.released_as for a in letters)


@given(st.lists(st.sampled_from([*WISHES, release("huda", as_record="d")]), max_size=12))
def test_whatever_is_pressed_a_mail_makes_at_most_one_letter(wishes: list[Command]) -> None:
    desk = held()
    letters = [a for w in wishes if isinstance(d := desk.take(w), Accepted) for a in d.then]
    assert len(letters) == (desk.held.outcome == "released") <= 1
    assert (holders(desk.held) == ()) is desk.held.ended


def test_a_letter_that_stands_already_is_not_admitted_again() -> None:
    desk = held()
    decision = desk.accept(release())
    record = letter_of(decision, desk)
    assert decide(decision.then[0], record, OFFICE, desk.now) == Nothing()
