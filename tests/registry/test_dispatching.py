"""A letter of ours on its way out: to whom it goes and how, what becomes of it with each, and whose turn it then is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.circuit_commands import Redraft, Submit
from registry.circuits import seal_of
from registry.commands import AwaitReply, Close, NoteMachine, NoteRelation, Register, Void
from registry.decide import decide
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatch_commands import Dispatch, NoteAnswer, NoteLetterRefused, Resend
from registry.dispatching import answer_to, sending_mailbox, still_due
from registry.drafting import sealed
from registry.effects import AskAction, DispatchLetter, DraftLetter, RefreshCard, SendLetter
from registry.events import Closed, DeliveryFailed, Linked, Referred
from registry.mail import Address, Authentication
from registry.recipients import STATES, Chosen, all_gone
from registry.record import Link, fold, holders
from registry.sheet import FIRST_PREV_HASH, read_entry, write_entry
from registry.vocabulary import CONFIDENTIALITIES
from tests.dispatch_values import (
    BANK,
    SENDING_OFFICE,
    TO_BANK,
    TO_BOTH,
    answering,
    dispatched,
    draft_of,
    happen,
    outgoing,
    report,
    seal_event,
    send,
    sent_of,
    signed,
)
from tests.values import MAILBOX, Desk, mail

SENT_TO_BANK = "<l1-1-1@ministry.example>"


def states(desk: Desk) -> list[str]:
    return [r.state for r in desk.held.recipients]


def told(desk: Desk, what: str, status: str = "", *, number: int = 50, about: str = SENT_TO_BANK) -> Decision:
    note = mail(number, sender=Address("", "postmaster@bank.example"), report=report(what, status))
    return desk.take(NoteMachine(record_id="l1", mail=note, answers=about))


# ---------------------------------------------------------------- chosen


def test_a_recipient_is_one_of_the_directory_and_the_letter_is_addressed_to_one_at_least() -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    for chosen, why in (
        ((Chosen(entity="nobody"),), "draft.unknown_recipient"),
        ((Chosen(entity="cbk", copy=True),), "draft.copies_alone"),
        ((Chosen(entity="cbk"),) * 51, "draft.too_many_recipients"),
    ):
        assert desk.take(outgoing(recipients=chosen)) == Refused(why)


def test_a_recipient_is_named_once_and_those_it_is_addressed_to_come_first() -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing(recipients=(Chosen(entity="sab", copy=True), Chosen(entity="cbk", copy=True), *TO_BANK)))
    assert [(r.entity, r.copy, r.state) for r in desk.held.recipients] == [
        ("cbk", False, "chosen"),
        ("sab", True, "chosen"),
    ]


def test_what_stays_inside_goes_to_nobody_outside() -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing(kind="internal_memo"))
    assert desk.held.recipients == ()


def test_who_signs_signs_to_whom_it_goes() -> None:
    one, two = Desk(SENDING_OFFICE, record_id="l1"), Desk(SENDING_OFFICE, record_id="l1")
    one.accept(outgoing(recipients=TO_BANK))
    two.accept(outgoing(recipients=TO_BOTH))
    assert sealed(one.held) != sealed(two.held)


def test_a_seal_of_what_has_no_recipients_is_what_it_always_was() -> None:
    assert seal_of("s", "t", (), None, []) == seal_of("s", "t", (), None, [], ())


def test_another_recipient_is_an_edit_and_voids_what_was_decided() -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing())
    desk.accept(Submit(record_id="l1", step=1, by="omar"))
    written = {"subject": desk.held.subject, "text": desk.held.text}
    same = Redraft(record_id="l1", by="omar", recipients=TO_BANK, **written)
    assert desk.take(same) == Nothing()
    desk.accept(replace(same, recipients=TO_BOTH))
    assert [r.entity for r in desk.held.recipients] == ["cbk", "sab"]
    assert desk.held.circuit is not None
    assert desk.held.circuit.seal == sealed(desk.held)


# ---------------------------------------------------------------- dispatched


def test_a_letter_goes_out_when_it_is_sealed_and_not_before() -> None:
    desk = signed()
    assert desk.take(Dispatch(record_id="l1")) == Nothing()
    assert happen(desk, seal_event()) == (DispatchLetter(record_id="l1"),)
    accepted = desk.accept(Dispatch(record_id="l1"))
    assert [e for e in accepted.effects if isinstance(e, DraftLetter)] == [
        DraftLetter(record_id="l1", recipient=1, attempt=1)
    ]
    assert desk.take(Dispatch(record_id="l1")) == Nothing()


def test_what_names_a_free_party_alone_is_sent_by_the_register_as_ever() -> None:
    desk = signed(recipients=(), party="شركة")
    assert happen(desk, seal_event()) == ()
    assert [s.cause for s in desk.held.steps if s.to_person is None] == ["issue"]


def test_name_way_and_address_are_fixed_when_it_is_dispatched() -> None:
    desk = dispatched(recipients=(*TO_BANK, Chosen(entity="kmu"), Chosen(entity="moj")))
    shown = [(r.en, r.channel, r.address, r.state) for r in desk.held.recipients]
    assert shown == [
        ("Central Bank", "mail", "registry@bank.example", "pending"),
        ("Municipality", "paper", "", "by_hand"),
        ("Ministry of Justice", "hand", "", "by_hand"),
    ]


@pytest.mark.parametrize("level", CONFIDENTIALITIES)
def test_what_is_more_secret_than_the_office_mails_goes_by_hand(level: str) -> None:
    desk = dispatched()
    secret = replace(desk.held, confidentiality=level, recipients=signed().held.recipients)
    decision = decide(Dispatch(record_id="l1"), secret, SENDING_OFFICE, desk.now)
    assert isinstance(decision, Accepted)
    mailed = [e for e in decision.effects if isinstance(e, DraftLetter)]
    assert bool(mailed) == (level in ("normal", "restricted"))
    allowed = decide(Dispatch(record_id="l1"), secret, replace(SENDING_OFFICE, mail_up_to=level), desk.now)
    assert isinstance(allowed, Accepted)
    assert any(isinstance(e, DraftLetter) for e in allowed.effects)


def test_an_entity_that_left_the_directory_is_seen_to_by_the_register() -> None:
    desk = dispatched(replace(SENDING_OFFICE))
    gone = replace(SENDING_OFFICE, entities={})
    chosen = replace(desk.held, recipients=signed().held.recipients)
    decision = decide(Dispatch(record_id="l1"), chosen, gone, desk.now)
    assert isinstance(decision, Accepted)
    assert decision.after is not None
    assert [(r.entity, r.state) for r in decision.after.recipients] == [("cbk", "by_hand")]


def test_it_goes_out_of_its_units_mailbox_or_else_that_of_the_register() -> None:
    record = signed().held
    assert sending_mailbox(record, SENDING_OFFICE) == MAILBOX
    finance = replace(SENDING_OFFICE.units["finance"], registry_for=("finance@ministry.example",))
    own = replace(SENDING_OFFICE, units={**SENDING_OFFICE.units, "finance": finance})
    assert sending_mailbox(record, own) == "finance@ministry.example"


def test_the_register_holds_it_until_it_went_to_everybody() -> None:
    desk = dispatched(recipients=TO_BOTH)
    assert [(h.person, h.unit, h.asked) for h in holders(desk.held)] == [(None, "registry", "for_action")]
    send(desk, 1)
    assert not desk.held.ended
    last = send(desk, 2)
    assert isinstance(last.events[-1], Closed)
    assert (desk.held.outcome, states(desk), all_gone(desk.held)) == ("issued", ["sent", "sent"], True)


def test_where_something_is_brought_by_hand_the_register_says_when_that_is_done() -> None:
    desk = dispatched(recipients=(*TO_BANK, Chosen(entity="kmu")))
    send(desk)
    assert [h.unit for h in holders(desk.held)] == ["registry"]
    desk.accept(Close(record_id="l1", step=desk.last_step, by="abdullah", note="سُلّم باليد"))
    assert desk.held.ended


def test_a_draft_is_sent_by_its_id_and_noted_once() -> None:
    desk = dispatched()
    accepted = desk.accept(draft_of(desk))
    assert [e for e in accepted.effects if isinstance(e, SendLetter)] == [
        SendLetter(record_id="l1", recipient=1, attempt=1, mailbox=MAILBOX, item_id="item-l1-1-1")
    ]
    assert desk.take(draft_of(desk)) == Nothing()
    desk.accept(sent_of(desk))
    assert desk.take(sent_of(desk)) == Nothing()


def test_every_card_of_the_letter_says_so_once_it_went_to_everybody() -> None:
    desk = dispatched(recipients=TO_BOTH)
    drafting = next(s.number for s in desk.held.steps if s.asked == "for_drafting")
    signing = next(s.number for s in desk.held.steps if s.outcome == "signed")
    refreshed = []
    for number in (1, 2):
        desk.accept(draft_of(desk, number))
        accepted = desk.accept(sent_of(desk, number))
        refreshed.append({e.step for e in accepted.effects if isinstance(e, RefreshCard)})
    assert drafting in refreshed[0]
    assert signing not in refreshed[0], "what is still on its way is for whoever sees to it"
    assert {drafting, signing} <= refreshed[1]


def test_nothing_is_due_of_what_was_voided() -> None:
    desk = dispatched()
    assert still_due(desk.held, 1, 1)
    desk.accept(Void(record_id="l1", by="huda", note="صدر خطأ"))
    assert not still_due(desk.held, 1, 1)


# ---------------------------------------------------------------- what becomes of it


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("5.1.1", "dispatch.why.address"),
        ("5.1.10", "dispatch.why.address"),
        ("5.4.1", "dispatch.why.address"),
        ("5.2.2", "dispatch.why.full"),
        ("5.3.4", "dispatch.why.too_large"),
        ("5.7.1", "dispatch.why.refused_there"),
        ("5.4.7", "dispatch.why.not_delivered"),
        ("", "dispatch.why.not_delivered"),
    ],
)
def test_what_came_back_is_a_task_of_the_register_that_says_what_to_do(status: str, why: str) -> None:
    desk = dispatched()
    send(desk)
    decision = told(desk, "failed", status)
    assert isinstance(decision, Accepted)
    kinds = [type(e) for e in decision.events]
    assert kinds[0] is DeliveryFailed
    assert kinds[-1] is Referred
    assert {e.person for e in decision.effects if isinstance(e, AskAction)} == {"noura", "abdullah"}
    assert (desk.held.recipients[0].state, desk.held.recipients[0].why) == ("bounced", why)
    assert (desk.held.ended, desk.held.outcome) == (False, None)
    assert [(h.unit, h.asked) for h in holders(desk.held)] == [("registry", "for_action")]


def test_the_same_report_twice_is_one_task() -> None:
    desk = dispatched()
    send(desk)
    told(desk, "failed", "5.1.1")
    steps = desk.last_step
    told(desk, "failed", "5.1.1", number=51)
    assert desk.last_step == steps


def test_who_holds_it_for_another_recipient_has_no_second_task() -> None:
    desk = dispatched(recipients=(*TO_BANK, Chosen(entity="kmu")))
    send(desk)
    steps = desk.last_step
    decision = told(desk, "failed", "5.1.1")
    assert desk.last_step == steps
    assert isinstance(decision, Accepted)
    assert any(isinstance(e, RefreshCard) and e.step == steps for e in decision.effects)


def test_a_mail_that_cannot_go_out_is_a_task_as_well() -> None:
    desk = dispatched(recipients=TO_BOTH)
    desk.accept(NoteLetterRefused(record_id="l1", recipient=1, attempt=1, reason="stuck.mistaken"))
    send(desk, 2)
    assert states(desk) == ["refused", "sent"]
    assert not still_due(desk.held, 1, 1), "an operator who tries it again sends nothing: the register does"
    assert [h.unit for h in holders(desk.held)] == ["registry"]


def test_proof_that_it_arrived_stands_above_word_that_it_did_not() -> None:
    desk = dispatched()
    send(desk)
    told(desk, "displayed")
    assert states(desk) == ["read"]
    told(desk, "delivered", number=51)
    told(desk, "failed", "5.1.1", number=52)
    assert (states(desk), desk.held.ended) == (["read"], True)


def test_what_is_delayed_or_passed_on_is_noted_and_proves_nothing() -> None:
    desk = dispatched()
    send(desk)
    for number, what in enumerate(("delayed", "relayed", "expanded", "deleted", ""), start=60):
        told(desk, what, number=number)
    assert states(desk) == ["sent"]


def test_a_bounce_that_comes_before_we_know_that_it_went_out_is_not_forgotten() -> None:
    desk = dispatched()
    desk.accept(draft_of(desk))
    told(desk, "failed", "5.1.1")
    desk.accept(sent_of(desk))
    assert (states(desk), desk.held.recipients[0].sent_at is not None) == (["bounced"], True)
    assert not desk.held.ended


def test_a_letter_whose_draft_has_no_message_id_is_known_by_our_mark() -> None:
    desk = dispatched()
    desk.accept(replace(draft_of(desk), internet_message_id=None))
    word = replace(report("failed", "5.1.1"), our_key="letter:l1:1:1")
    note = mail(50, sender=Address("", "postmaster@bank.example"), report=word)
    desk.accept(NoteMachine(record_id="l1", mail=note, answers=""))
    assert states(desk) == ["bounced"]


# ---------------------------------------------------------------- once more


def resend(**fields: Any) -> Resend:
    return Resend(**{"record_id": "l1", "by": "abdullah", "recipient": 1, "address": "new@bank.example"} | fields)


def bounced() -> Desk:
    desk = dispatched()
    send(desk)
    told(desk, "failed", "5.1.1")
    return desk


def test_the_register_sends_it_again_to_the_right_address_and_is_done_when_it_went() -> None:
    desk = bounced()
    accepted = desk.accept(resend())
    assert [e for e in accepted.effects if isinstance(e, DraftLetter)] == [
        DraftLetter(record_id="l1", recipient=1, attempt=2)
    ]
    assert (states(desk), desk.held.recipients[0].address) == (["pending"], "new@bank.example")
    assert desk.take(resend()) == Nothing()
    assert desk.take(resend(address="other@bank.example")) == Refused(
        "dispatch.on_its_way", {"reference": desk.held.reference}
    )
    send(desk, 1, 2)
    assert (states(desk), desk.held.ended) == (["sent"], True)


def test_what_is_told_of_an_earlier_attempt_changes_nothing() -> None:
    desk = bounced()
    desk.accept(resend())
    send(desk, 1, 2)
    told(desk, "failed", "5.1.1", number=51)
    told(desk, "displayed", number=52)
    assert desk.take(sent_of(desk, 1, 1)) == Nothing()
    assert states(desk) == ["sent"]


def test_it_is_sent_once_more_to_the_same_address_only_where_it_never_arrived() -> None:
    desk = bounced()
    desk.accept(resend(address=BANK.address))
    send(desk, 1, 2)
    assert desk.take(resend(address=BANK.address.upper())) == Refused(
        "dispatch.sent_already", {"reference": desk.held.reference}
    )
    desk.accept(resend())
    assert (desk.held.ended, [h.unit for h in holders(desk.held)]) == (False, ["registry"])


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b", "a@b.example, c@d.example", "بنك@bank.example", "a b@c.example"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert bounced().take(resend(address=address)) == Refused(
        "dispatch.no_address", {"reference": bounced().held.reference}
    )


def test_nobody_but_the_register_sends_it_again() -> None:
    desk = bounced()
    for person in ("omar", "huda", "laila"):
        decision = desk.take(resend(by=person))
        assert isinstance(decision, Refused)
        assert decision.reason in ("may.registry_keeps", "may.secrecy")


def test_what_is_brought_by_hand_can_be_mailed_after_all_unless_it_is_secret() -> None:
    desk = dispatched(recipients=(Chosen(entity="moj"),))
    secret = replace(desk.held, confidentiality="secret")
    refused = decide(resend(by="noura"), secret, desk.office, desk.now)
    assert refused == Refused("dispatch.secret", {"reference": desk.held.reference})
    desk.accept(resend())
    send(desk)
    assert (states(desk), desk.held.ended) == (["sent"], True)


# ---------------------------------------------------------------- answered


def answer(desk: Desk, how: str, *references: str, sender: str = "registry@bank.example") -> Decision:
    link = Link(record_id="in1", reference="س.ع/و/9/2026", how=how)
    return desk.take(NoteAnswer(record_id="l1", link=link, references=references, sender=Address("", sender)))


def test_an_answer_from_where_it_went_is_linked_and_ends_the_wait() -> None:
    desk = dispatched(recipients=(*TO_BANK, Chosen(entity="kmu")))
    desk.accept(Close(record_id="l1", step=desk.last_step, by="abdullah", note="سُلّم"))
    desk = dispatched()
    desk.accept(AwaitReply(record_id="l1", step=desk.last_step, by="abdullah", to_person="noura"))
    send(desk)
    assert desk.held.status == "awaiting_reply"
    decision = answer(desk, "replies_to", SENT_TO_BANK)
    assert isinstance(decision, Accepted)
    assert [type(e).__name__ for e in decision.events] == ["Linked", "RecipientReached", "StepCompleted", "Closed"]
    assert (states(desk), desk.held.outcome) == (["answered"], "answered")
    assert desk.held.links[-1].how == "replied_by"
    assert answer(desk, "replies_to", SENT_TO_BANK) == Nothing()


def test_whoever_drafted_what_expects_a_reply_holds_it_until_the_reply_is_there() -> None:
    desk = dispatched(expects_reply=True)
    send(desk)
    assert desk.held.status == "awaiting_reply"
    assert [(h.person, h.asked) for h in holders(desk.held)] == [("omar", "for_follow_up")]
    told(desk, "failed", "5.1.1")
    assert {h.unit for h in holders(desk.held)} == {"registry", "finance"}
    desk.accept(resend())
    send(desk, 1, 2)
    assert [h.person for h in holders(desk.held)] == ["omar"]
    answer(desk, "replies_to", "<l1-1-2@ministry.example>")
    assert (desk.held.ended, desk.held.outcome, states(desk)) == (True, "answered", ["answered"])


def test_a_reply_that_is_there_before_all_is_sent_leaves_nothing_to_follow_up() -> None:
    desk = dispatched(expects_reply=True, recipients=TO_BOTH)
    send(desk, 1)
    answer(desk, "replies_to", SENT_TO_BANK)
    send(desk, 2)
    assert (desk.held.ended, desk.held.outcome) == (True, "issued")


@pytest.mark.parametrize("how", ["number", "may_answer"])
def test_what_names_our_number_alone_is_proposed_and_ends_nothing(how: str) -> None:
    desk = dispatched()
    desk.accept(AwaitReply(record_id="l1", step=desk.last_step, by="abdullah", to_person="noura"))
    send(desk)
    answer(desk, how)
    assert (states(desk), desk.held.status) == (["sent"], "awaiting_reply")
    assert desk.held.links[-1].how == "may_be_answered_by"


def test_a_person_who_links_the_reply_says_that_the_one_recipient_answered() -> None:
    desk = dispatched()
    send(desk)
    link = Link(record_id="in1", reference="س.ع/و/9/2026", how="replied_by")
    desk.accept(NoteRelation(record_id="l1", by="abdullah", link=link))
    assert states(desk) == ["answered"]


def test_who_answers_from_elsewhere_or_as_somebody_else_may_be_answering() -> None:
    desk = dispatched()
    send(desk)
    fitting = answering(9, SENT_TO_BANK)
    assert answer_to(fitting, desk.held) == Link(record_id="l1", reference=desk.held.reference, how="replies_to")
    spoofed = replace(fitting, authentication=Authentication(dmarc="fail"))
    elsewhere = answering(9, SENT_TO_BANK, sender="somebody@else.example")
    for doubtful in (spoofed, elsewhere):
        found = answer_to(doubtful, desk.held)
        assert found is not None
        assert found.how == "may_answer"
    assert answer_to(fitting, signed().held) is None


def test_a_new_letter_tells_the_one_that_it_answers() -> None:
    link = Link(record_id="l1", reference="ش.م/ص/7/2026", how="replies_to")
    ask = Register(record_id="in1", mail=answering(9, SENT_TO_BANK), serial=9, links=(link,))
    decision = decide(ask, None, SENDING_OFFICE, signed().now)
    assert isinstance(decision, Accepted)
    assert [(type(c), c.record_id) for c in decision.then] == [(NoteAnswer, "l1")]
    assert any(isinstance(e, Linked) and e.how == "replies_to" for e in decision.events)


def test_what_answers_nothing_that_is_there_is_registered_all_the_same() -> None:
    gone = NoteAnswer(
        record_id="lost",
        link=Link(record_id="in1", reference="9", how="number"),
        references=(),
        sender=Address("", "a@b.example"),
    )
    assert decide(gone, None, SENDING_OFFICE, signed().now) == Nothing()


# ---------------------------------------------------------------- any order


WORDS = st.sampled_from(
    ["drafted", "sent", "failed", "delivered", "displayed", "delayed", "answer", "resend", "refused"]
)


@given(st.lists(st.tuples(WORDS, st.integers(1, 2)), max_size=14))
@example(
    [("drafted", 1), ("delivered", 1), ("refused", 1)]
)  # accepted for what it asks for: there is nothing new to write
def test_in_any_order_states_only_grow_and_somebody_holds_what_is_not_done(said: list[tuple[str, int]]) -> None:
    desk = dispatched(recipients=TO_BOTH)
    for number, (word, recipient) in enumerate(said, start=100):
        before = desk.held
        attempt = before.recipients[recipient - 1].attempt
        about = f"<l1-{recipient}-{attempt}@ministry.example>"
        match word:
            case "drafted":
                desk.take(draft_of(desk, recipient, attempt))
            case "sent" if before.recipients[recipient - 1].item_id:
                desk.take(sent_of(desk, recipient, attempt))
            case "refused":
                desk.take(NoteLetterRefused(record_id="l1", recipient=recipient, attempt=attempt, reason="stuck.tries"))
            case "answer":
                answer(desk, "replies_to", about)
            case "resend":
                desk.take(resend(recipient=recipient, address=f"a{number}@bank.example"))
            case "failed" | "delivered" | "displayed" | "delayed":
                told(desk, word, "5.1.1", number=number, about=about)
        for was, now in zip(before.recipients, desk.held.recipients, strict=True):
            assert now.state in STATES
            assert now.attempt > was.attempt or (now.attempt, now.rank) >= (was.attempt, was.rank)
        open_still = [r for r in desk.held.recipients if r.state in ("pending", "drafted", "refused", "bounced")]
        assert bool(holders(desk.held)) != desk.held.ended
        assert not (open_still and desk.held.ended)
    assert fold("l1", desk.events) == desk.held
    entries = []
    for seq, event in enumerate(desk.events, start=1):
        prev = entries[-1].hash if entries else FIRST_PREV_HASH
        entries.append(write_entry("l1", seq, event, prev, lambda: "0" * 32))
    assert [read_entry(e) for e in entries] == desk.events
