"""Annexes that came as a link: fetched, refused, asked for, handed in."""

from dataclasses import replace
from typing import Any

import pytest

from registry.commands import (
    Acknowledge,
    Close,
    Complete,
    HandIn,
    NoteAnnexFetched,
    NoteAnnexRefused,
    NoteMail,
    Release,
)
from registry.decisions import Nothing, Refused
from registry.effects import AskAction, FetchAnnex
from registry.events import AnnexFetched, AnnexRefused, MailReceived, Referred, StepCompleted
from registry.mail import Address, Authentication, Part
from registry.record import missing_annexes
from tests.values import ANNEX, AUDIT, CLOUD_FILE, HUDA, OFFICE, PEOPLE, Desk, changed, forwarded, mail, registered

FILE = Part(name="كشف.pdf", content_type="application/pdf", size_bytes=900, sha256="f" * 64)
LINKS: dict[str, Any] = {
    "parts": (CLOUD_FILE, ANNEX, replace(CLOUD_FILE, name="جدول.xlsx", sha256="d" * 64)),
    "remarks": ("incomplete.cloud",),
}


def incomplete(**more: Any) -> Desk:
    return registered(forwarded(**LINKS | more))


def refused(annex: int, reason: str = "file.forbidden") -> NoteAnnexRefused:
    return NoteAnnexRefused(record_id="r1", annex=annex, reason=reason)


def fetched(annex: int, file: Part = FILE) -> NoteAnnexFetched:
    return NoteAnnexFetched(record_id="r1", annex=annex, file=file)


def hands_in(by: str, *files: Part) -> HandIn:
    return HandIn(record_id="r1", by=by, files=files or (FILE,))


def test_a_letter_with_links_has_each_fetched() -> None:
    desk = incomplete()
    (decision,) = desk.decisions
    assert [e for e in decision.effects if isinstance(e, FetchAnnex)] == [  # type: ignore[union-attr]
        FetchAnnex(record_id="r1", annex=0),
        FetchAnnex(record_id="r1", annex=2),
    ]


def test_a_file_takes_its_links_place_and_the_last_one_makes_the_record_whole() -> None:
    desk = incomplete()
    desk.accept(fetched(0))
    assert missing_annexes(desk.held) == (2,)
    assert desk.held.reasons == ("incomplete.cloud",)
    desk.accept(fetched(2, replace(FILE, name="جدول.xlsx", sha256="e" * 64)))
    assert desk.held.reasons == ()
    assert desk.held.attachment_names == ("كشف.pdf", ANNEX.name, "جدول.xlsx")
    assert [(a.sha256[0], a.complete) for a in desk.held.attachments] == [("f", True), ("a", True), ("e", True)]
    assert isinstance(desk.take(fetched(0)), Nothing)
    assert isinstance(desk.take(refused(0)), Nothing)


def test_the_forwarder_is_asked_once_for_all_files_that_cannot_be_had() -> None:
    desk = incomplete()
    decision = desk.accept(refused(0))
    asked = desk.events[-1]
    assert isinstance(asked, Referred)
    assert (asked.to_person, asked.asked, asked.cause, asked.rule) == (
        "huda",
        "for_missing_file",
        "rule",
        "missing_file",
    )
    assert AskAction(record_id="r1", step=2, person="huda") in decision.effects
    desk.accept(refused(2))
    assert isinstance(desk.events[-1], AnnexRefused)
    assert len(desk.held.steps) == 2
    assert isinstance(desk.take(refused(2)), Nothing)
    assert not desk.held.step(2).custody  # type: ignore[union-attr]


@pytest.mark.parametrize("letter", [mail(**LINKS), forwarded(**LINKS)])
def test_where_nobody_in_the_house_can_send_it_the_register_is_asked(letter: Any) -> None:
    office = changed(huda=replace(PEOPLE["huda"], active=False))
    desk = Desk(office)
    desk.record, desk.events = registered(letter).record, list(registered(letter).events)
    desk.accept(refused(0))
    step = desk.held.steps[-1]
    assert (step.to_person, step.to_unit) == (None, "registry")
    desk.accept(Complete(record_id="r1", step=step.number, by="noura", note="لا يُرسله صاحبه"))


def test_the_file_handed_in_by_chat_ends_what_was_asked() -> None:
    desk = incomplete(parts=(CLOUD_FILE,))
    desk.accept(refused(0))
    desk.accept(hands_in("huda"))
    assert [type(e) for e in desk.events[-2:]] == [AnnexFetched, StepCompleted]
    assert (desk.held.steps[1].outcome, desk.held.steps[1].ended_by, desk.held.reasons) == ("completed", "huda", ())
    assert isinstance(desk.take(hands_in("huda")), Nothing)
    other = desk.take(hands_in("huda", replace(FILE, sha256="1" * 64)))
    assert isinstance(other, Refused)
    assert other.reason == "annex.none_missing"


@pytest.mark.parametrize(("by", "may"), [("huda", True), ("noura", True), ("omar", False), ("ghost", False)])
def test_only_whoever_was_asked_forwarded_it_or_keeps_the_register_hands_in_a_file(by: str, may: bool) -> None:
    assert isinstance(incomplete().take(hands_in(by)), Refused) is not may


def test_a_file_goes_to_the_link_of_its_name_else_to_the_first() -> None:
    desk = incomplete()
    desk.accept(hands_in("huda", replace(FILE, name="جدول.XLSX", sha256="e" * 64)))
    assert missing_annexes(desk.held) == (0,)
    desk.accept(hands_in("huda", replace(FILE, name="scan0001.pdf")))
    assert desk.held.attachment_names == ("scan0001.pdf", ANNEX.name, "جدول.XLSX")


def answer(*parts: Part, **more: Any) -> NoteMail:
    said = more or {"sender": HUDA, "parts": parts}
    return NoteMail(record_id="r1", mail=mail(2, **said), answers="<1>")


def test_an_answer_of_the_forwarder_brings_the_file() -> None:
    desk = incomplete(parts=(CLOUD_FILE,))
    desk.accept(refused(0))
    desk.accept(answer(FILE))
    assert [type(e) for e in desk.events[-3:]] == [MailReceived, AnnexFetched, StepCompleted]
    assert desk.held.reasons == ()


@pytest.mark.parametrize(
    "more",
    [
        {"sender": Address("", "stranger@bank.example"), "parts": (FILE,)},
        {"sender": HUDA, "parts": (FILE,), "authentication": Authentication("fail", "fail", "fail")},
        {"sender": HUDA, "parts": (replace(FILE, inline=True),)},
        {"sender": HUDA, "parts": (replace(FILE, inside=1),)},
        {"sender": HUDA, "parts": (replace(FILE, complete=False),)},
        {"sender": HUDA, "parts": (replace(FILE, name="logo.png", content_type="image/png"),)},
        {"sender": HUDA, "parts": ()},
    ],
)
def test_an_answer_of_anybody_else_or_without_a_file_brings_none(more: dict[str, Any]) -> None:
    desk = incomplete()
    desk.accept(answer(**more))
    assert missing_annexes(desk.held) == (0, 2)


def test_the_outside_sender_of_a_letter_may_answer_with_its_file() -> None:
    desk = registered(mail(**LINKS))
    desk.accept(NoteMail(record_id="r1", mail=mail(2, sender=AUDIT, parts=(FILE,)), answers="<1>"))
    assert missing_annexes(desk.held) == (2,)


def test_the_file_is_taken_after_the_record_was_closed_too() -> None:
    desk = incomplete(parts=(CLOUD_FILE,))
    desk.accept(refused(0))
    desk.accept(Close(record_id="r1", step=1, by="huda", note="مكرر"))
    desk.accept(hands_in("huda"))
    assert (desk.held.ended, missing_annexes(desk.held)) == (True, ())


def test_a_quarantined_mails_links_are_fetched_when_it_is_released() -> None:
    from registry.commands import Quarantine

    desk = Desk(OFFICE)
    held = desk.accept(Quarantine(record_id="r1", mail=forwarded(**LINKS), reasons=("quarantine.too_deep",), serial=1))
    assert not any(isinstance(e, FetchAnnex) for e in held.effects)
    released = desk.accept(Release(record_id="r1", by="noura", as_record="r2", serial=1))
    follows = released.then[0]
    made = Desk(OFFICE, "r2")
    admitted = made.accept(follows)
    assert [e.annex for e in admitted.effects if isinstance(e, FetchAnnex)] == [0, 2]
    assert made.held.reasons == ("incomplete.cloud",)


def test_the_clerks_are_told_of_a_scan_that_a_mail_repeats_and_end_that_by_a_press() -> None:
    from registry.commands import Register

    desk = Desk()
    ask = Register(record_id="r1", mail=forwarded(parts=(FILE,)), serial=2, same_as="r0", same_reference="س.ع/و/1/2026")
    desk.accept(ask)
    assert [(s.to_person, s.to_unit, s.asked) for s in desk.held.steps[1:]] == [(None, "registry", "for_information")]
    desk.accept(Acknowledge(record_id="r1", step=2, by="noura"))
    assert isinstance(desk.take(Acknowledge(record_id="r1", step=2, by="abdullah")), Refused)
