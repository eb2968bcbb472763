"""A letter on paper, as a clerk or a system enters it."""

from dataclasses import replace
from typing import Any

import pytest

from registry.commands import Enter
from registry.decisions import Nothing, Refused
from registry.delivery import Delivery
from registry.effects import AskAction, DraftReply
from registry.events import Referred, Registered
from registry.mail import Address, Letter, Part
from registry.record import holders
from tests.values import AUDIT, NOON, OFFICE, Desk, registered

SCAN = Part(name="الكتاب.pdf", content_type="application/pdf", size_bytes=9, sha256="c" * 64)


def delivery(subject: str = "طلب مستندات", sender: Address = AUDIT, **fields: Any) -> Delivery:
    plain: dict[str, Any] = {
        "unit_id": "registry",
        "way": "hand",
        "letter": Letter(sender=sender, subject=subject, text="", sent_at="10/6/1448"),
        "received_at": NOON,
        "sha256": "d" * 64,
        "size_bytes": 300,
        "parts": (SCAN,),
        "their_reference": "ص/44",
    }
    return Delivery(**plain | fields)


def enter(by: str | None = "abdullah", **fields: Any) -> Enter:
    return Enter(record_id="r1", delivery=delivery(**fields), by=by, serial=3)


def entered(**fields: Any) -> Desk:
    desk = Desk()
    desk.accept(enter(**fields))
    return desk


def test_it_has_a_number_of_the_letters_and_says_how_it_came() -> None:
    record = entered().held
    assert (record.kind, record.reference, record.serial) == ("incoming_letter", "س.ع/و/3/2026", 3)
    assert (record.received_via, record.delivered, record.forwarded_by) == ("hand", True, None)
    assert (record.source.mailbox, record.source.item_id, record.source.internet_message_id) == ("", "", "")
    assert (record.source.sha256, record.attachment_names) == ("d" * 64, ("الكتاب.pdf",))
    assert (record.letter_date, record.their_reference) == ("10/6/1448", "ص/44")


def test_no_mail_is_marked_and_nobody_is_answered_by_mail() -> None:
    desk = Desk()
    decision = desk.accept(enter())
    assert {type(e) for e in decision.effects} == {AskAction}
    ended = registered()  # beside it: an official's forward is answered
    assert ended.held.needs_reply
    assert not desk.held.needs_reply
    assert not any(isinstance(e, DraftReply) for e in decision.effects)


def test_it_goes_by_the_registrys_rules_where_no_unit_is_named() -> None:
    assert [(h.person, h.asked) for h in holders(entered(subject="عقد صيانة").held)] == [("laila", "for_approval")]


def test_it_goes_to_the_head_of_the_unit_that_is_named() -> None:
    desk = entered(subject="عقد صيانة", to_unit="finance", asked="for_reply")
    assert [(h.person, h.asked) for h in holders(desk.held)] == [("huda", "for_reply")]
    referred = desk.events[1]
    assert isinstance(referred, Referred)
    assert (referred.cause, referred.by, referred.capacity) == ("person", "abdullah", "clerk")


def test_a_secret_one_goes_to_the_register_unless_somebody_cleared_is_named() -> None:
    desk = entered(subject="سري: خطة", confidentiality="normal")
    assert desk.held.confidentiality == "secret", "never less than the letter's words say"
    assert [(h.person, h.unit) for h in holders(desk.held)] == [(None, "registry")]
    refused = Desk().take(enter(subject="خطة", confidentiality="top_secret", to_unit="finance"))
    assert isinstance(refused, Refused)
    assert refused.reason == "refer.not_cleared"


def test_the_clerks_urgency_stands_before_the_letters_words() -> None:
    assert entered(subject="عاجل: طلب").held.urgency == "urgent"
    assert entered(subject="عاجل: طلب", urgency="normal").held.urgency == "normal"


def test_a_system_enters_in_the_name_of_its_app() -> None:
    desk = Desk()
    desk.accept(Enter(record_id="r1", delivery=delivery(), by=None, on_behalf_of="app:scanner", serial=1))
    first = desk.events[0]
    assert isinstance(first, Registered)
    assert (first.by, first.on_behalf_of, first.capacity) == ("tarasul", "app:scanner", None)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (enter("huda"), "may.registry_only"),
        (enter("ghost"), "may.unknown_person"),
        (enter("badr"), "may.inactive"),
        (enter(None, unit_id="finance"), "register.no_such_register"),
        (enter(None, unit_id="nowhere"), "register.no_such_register"),
        (enter(subject=" \x00 "), "say.subject_missing"),
        (enter(sender=Address(" ", "")), "say.sender_missing"),
        (enter(way="pigeon"), "register.unknown_way"),
        (enter(urgency="at once"), "register.unknown_level"),
        (enter(confidentiality="hush"), "register.unknown_level"),
        (enter(to_unit="store"), "refer.nobody"),
        (enter(to_unit="finance", asked="for_fun"), "refer.unknown_disposition"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_the_reason(ask: Enter, why: str) -> None:
    decision = Desk().take(ask)
    assert isinstance(decision, Refused)
    assert decision.reason == why


def test_what_stands_is_not_entered_again() -> None:
    desk = entered()
    assert desk.take(enter()) == Nothing()


def test_a_clerk_who_left_the_register_enters_nothing() -> None:
    moved = replace(OFFICE.people["abdullah"], unit_id="finance", clerk=False)
    office = replace(OFFICE, people={**OFFICE.people, "abdullah": moved})
    assert Desk(office).take(enter()) == Refused("may.registry_only")
