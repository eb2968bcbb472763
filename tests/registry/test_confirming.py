"""Whose letter it is: proposed out of a forwarded text, confirmed or corrected by a clerk, both kept."""

import pytest

from registry.commands import ConfirmSender
from registry.decisions import Nothing, Refused
from registry.events import SenderConfirmed
from registry.mail import Address
from registry.registering import searchable
from tests.values import AUDIT, Desk, mail, registered

BANK = Address("بنك التجربة", "letters@bank.example")


def confirm(sender: Address = AUDIT, by: str = "abdullah") -> ConfirmSender:
    return ConfirmSender(record_id="r1", by=by, sender=sender)


def test_a_sender_out_of_a_forwarded_text_is_proposed_until_a_clerk_says_so() -> None:
    desk = registered()
    assert desk.held.sender_is_proposed
    desk.accept(confirm())
    assert not desk.held.sender_is_proposed
    assert (desk.held.original_sender, desk.held.sender_confirmed_by) == (AUDIT, "abdullah")


def test_a_correction_keeps_what_was_proposed_and_is_found_by_the_right_name() -> None:
    desk = registered()
    desk.accept(confirm(BANK))
    event = desk.events[-1]
    assert isinstance(event, SenderConfirmed)
    assert (event.proposed, event.sender) == (AUDIT, BANK)
    assert (desk.held.original_sender, desk.held.proposed_sender) == (BANK, AUDIT)
    assert "letters@bank.example" in searchable(desk.held)
    desk.accept(confirm(AUDIT, "noura"))
    assert desk.held.proposed_sender == AUDIT, "what the machine proposed first"


def test_saying_the_same_again_changes_nothing() -> None:
    desk = registered()
    desk.accept(confirm())
    assert desk.take(confirm()) == Nothing()
    assert desk.take(confirm(by="noura")) == Nothing()


def test_the_sender_of_a_letter_from_outside_needs_no_confirmation_but_may_be_corrected() -> None:
    desk: Desk = registered(mail())
    assert not desk.held.sender_is_proposed
    assert desk.take(confirm()) == Nothing()
    desk.accept(confirm(BANK))
    assert desk.held.original_sender == BANK


@pytest.mark.parametrize(
    ("by", "sender", "why"),
    [
        ("huda", AUDIT, "may.registry_only"),
        ("ghost", AUDIT, "may.unknown_person"),
        ("noura", Address(" ", "\n"), "say.sender_missing"),
    ],
)
def test_nobody_but_a_clerk_says_so_and_somebody_must_be_named(by: str, sender: Address, why: str) -> None:
    decision = registered().take(confirm(sender, by))
    assert isinstance(decision, Refused)
    assert decision.reason == why
