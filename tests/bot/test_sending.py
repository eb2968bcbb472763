"""What is said and pressed about letters on their way out: the form's choices, sending again."""

import pytest

from bot.actions import Inputs, Press, inputs_of
from bot.draft_words import draft_words
from bot.verb_acts import command_of
from functions.commanding import BadField
from functions.commanding import command_of as command_over_the_api
from registry.decisions import Refused
from registry.dispatch_commands import Resend
from registry.recipients import Chosen
from service.service import Service
from tests.bot.sending_samples import TOKEN, _bounced, _view
from tests.service.house import chat_of


def press(**typed: str) -> Press:
    return Press(
        token=TOKEN,
        verb="resend_it",
        inputs=inputs_of(typed),
        by="abdullah",
        chat=chat_of("abdullah"),
        activity_id="a1",
        card_id="c1",
        kind="execute",
    )


def test_the_form_names_recipients_and_copies_by_their_codes() -> None:
    typed = inputs_of({"outside": "cbk, sab,cbk,", "outside_copies": "kmu"})
    assert draft_words(typed, "outgoing_letter")["recipients"] == (
        Chosen(entity="cbk"),
        Chosen(entity="sab"),
        Chosen(entity="kmu", copy=True),
    )
    assert draft_words(Inputs(), "outgoing_letter")["recipients"] == ()


def test_a_press_sends_it_again_to_the_recipient_that_was_chosen() -> None:
    view = _view(_bounced(), "abdullah", "ar")
    service: Service = None  # type: ignore[assignment]  # nothing is asked of it
    assert command_of(service, press(to="2", address=" right@bank.example", note="صُحّح"), view) == Resend(
        record_id="l1", by="abdullah", recipient=2, address=" right@bank.example", note="صُحّح"
    )
    for nobody in ("", "bank", "99999", "٢"):
        assert command_of(service, press(to=nobody, address="a@b.example"), view) == Refused("card.choose_first")


def test_the_api_asks_the_same() -> None:
    service: Service = None  # type: ignore[assignment]
    body = {"command": "resend", "recipient": 1, "address": "right@bank.example"}
    assert command_over_the_api(body, "l1", "abdullah", service) == Resend(
        record_id="l1", by="abdullah", recipient=1, address="right@bank.example"
    )
    for missing in ("recipient", "address"):
        with pytest.raises(BadField, match=missing):
            command_over_the_api({k: v for k, v in body.items() if k != missing}, "l1", "abdullah", service)
