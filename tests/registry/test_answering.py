"""A letter of ours that answers one: begun from it by who may read it, joined to it, and what it ends there."""

from dataclasses import replace
from typing import Any

import pytest

from registry.answer_commands import NoteOurAnswer
from registry.answering import sender_in, too_open
from registry.circuit_commands import Redraft, Sign, Submit, Withdraw
from registry.commands import Close, Complete, Refer, Unrelate, Void
from registry.decisions import Accepted, Nothing, Refused
from registry.dispatch_commands import Dispatch, NoteLetterRefused
from registry.effects import DraftReply, RefreshCard
from registry.mail import Address
from registry.record import Record, fold, holders
from registry.rights import may_act
from registry.vocabulary import CONFIDENTIALITIES, Status, Verb
from tests.dispatch_values import BANK, BUREAU, SENDING_OFFICE, TOWN, draft_of, happen, outgoing, seal_event, sent_of
from tests.values import Desk, mail, registered

FROM_BANK = Address("البنك المركزي", "officer@bank.example")
CLEARED = {
    p: replace(SENDING_OFFICE.people[p], clearance="very_secret") for p in ("huda", "omar", "noura", "salem", "laila")
}
OFFICE = replace(SENDING_OFFICE, people={**SENDING_OFFICE.people, **CLEARED})


def came_in(subject: str = "طلب مستندات الربع الثاني", **fields: Any) -> Desk:
    """The bank's letter, which the register put before Omar."""
    desk = registered(mail(1, sender=FROM_BANK, subject=subject, **fields), replace(OFFICE, rules=()))
    desk.office = OFFICE
    desk.accept(Refer(record_id="r1", step=1, by="noura", asked="for_reply", to_person="omar"))
    return desk


def reply_to(letter: Record | None, **fields: Any) -> Any:
    usual: dict[str, Any] = {"in_reply_to": "r1", "letter": letter, "subject": "رداً على: طلب مستندات"}
    return outgoing(**usual | fields)


def begun(letter: Desk, **fields: Any) -> Desk:
    reply = Desk(OFFICE, record_id="l1")
    tell(letter, reply.accept(reply_to(letter.held, **fields)))
    return reply


def tell(letter: Desk, accepted: Accepted) -> Accepted | None:
    """The letter is told in the same transaction."""
    told = [c for c in accepted.then if isinstance(c, NoteOurAnswer)]
    assert len(told) <= 1
    return letter.accept(told[0]) if told else None


def signed(letter: Desk, **fields: Any) -> Desk:
    reply = begun(letter, **fields)
    reply.accept(Submit(record_id="l1", step=1, by="omar", letter=letter.held))
    assert not reply.accept(Sign(record_id="l1", step=reply.last_step, by="huda", serial=7)).then
    happen(reply, seal_event())
    return reply


def sent(letter: Desk, **fields: Any) -> tuple[Desk, Accepted | None]:
    reply = signed(letter, **fields)
    reply.accept(Dispatch(record_id="l1"))
    reply.accept(draft_of(reply))
    return reply, tell(letter, reply.accept(sent_of(reply)))


def reason(decision: object) -> str:
    assert isinstance(decision, Refused), decision
    return decision.reason


# ---------------------------------------------------------------- begun


def test_a_reply_names_its_letter_and_the_letter_its_reply() -> None:
    letter = came_in()
    reply = begun(letter)
    assert (reply.held.in_reply_to, reply.held.their_date[:4].isdigit() or bool(reply.held.their_date)) == ("r1", True)
    assert [(k.record_id, k.reference, k.how) for k in reply.held.links] == [
        ("r1", letter.held.reference, "replies_to")
    ]
    assert [(k.record_id, k.how) for k in letter.held.links] == [("l1", "answer_drafted")]
    assert [(a.record_id, a.state) for a in letter.held.answers] == [("l1", "begun")]
    assert holders(reply.held)[0].person == "omar"
    assert fold("l1", reply.events) == reply.held
    assert fold("r1", letter.events) == letter.held


def test_every_card_of_the_letter_says_that_a_reply_is_written() -> None:
    letter = came_in()
    accepted = tell(letter, Desk(OFFICE, record_id="l1").accept(reply_to(letter.held)))
    assert accepted is not None
    assert {e.step for e in accepted.effects if isinstance(e, RefreshCard)} == {1, 2}


def test_whoever_may_not_read_the_letter_is_told_that_there_is_none() -> None:
    letter = came_in()
    desk = Desk(OFFICE, record_id="l1")
    assert reason(desk.take(reply_to(letter.held, by="laila"))) == "reply.unknown_letter"
    assert reason(desk.take(reply_to(None))) == "reply.unknown_letter"
    secret = replace(letter.held, confidentiality="top_secret")
    assert reason(desk.take(reply_to(secret, confidentiality="very_secret"))) == "reply.unknown_letter"


def test_what_is_no_letter_that_came_in_is_not_answered_so() -> None:
    letter, desk = came_in(), Desk(OFFICE, record_id="l1")
    ours = begun(letter)
    assert reason(desk.take(reply_to(ours.held))) == "may.not_for_this_kind"
    letter.accept(Void(record_id="r1", by="noura", note="مكرر"))
    assert reason(desk.take(reply_to(letter.held))) == "may.voided"
    assert reason(desk.take(reply_to(came_in().held, kind="circular", recipients=()))) == "reply.goes_out"


@pytest.mark.parametrize("of_the_letter", CONFIDENTIALITIES)
@pytest.mark.parametrize("of_the_reply", CONFIDENTIALITIES)
def test_a_reply_is_no_less_secret_than_its_letter(of_the_letter: str, of_the_reply: str) -> None:
    letter = replace(came_in().held, confidentiality=of_the_letter)
    less = CONFIDENTIALITIES.index(of_the_reply) < CONFIDENTIALITIES.index(of_the_letter)
    assert (too_open(of_the_reply, letter) is not None) is less
    if "top_secret" in (of_the_letter, of_the_reply):
        return
    decision = Desk(OFFICE, record_id="l1").take(reply_to(letter, confidentiality=of_the_reply))
    if less:
        assert reason(decision) == "reply.less_secret"
    else:
        assert isinstance(decision, Accepted)


def test_nor_does_it_become_so_when_it_is_written_anew_or_the_letter_is_raised() -> None:
    letter = came_in()
    reply = begun(letter, confidentiality="restricted")
    raised = replace(letter.held, confidentiality="restricted")
    anew = Redraft(record_id="l1", by="omar", subject="آخر", text="نص", party="البنك", letter=raised)
    assert reason(reply.take(anew)) == "reply.less_secret"
    higher = replace(letter.held, confidentiality="secret")
    assert reason(reply.take(Submit(record_id="l1", step=1, by="omar", letter=higher))) == "reply.less_secret"
    assert isinstance(reply.take(replace(anew, confidentiality="restricted")), Accepted)
    assert isinstance(reply.take(Submit(record_id="l1", step=1, by="omar", letter=raised)), Accepted)


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        (Address("", "REGISTRY@bank.example"), "cbk"),
        (Address("أحمد", "ahmad@bank.example"), "cbk"),
        (Address("البلدية", "someone@elsewhere.example"), "kmu"),
        (Address("المواطن", "someone@elsewhere.example"), None),
        (Address("", ""), None),
    ],
)
def test_the_entity_that_wrote_is_known_by_its_address_its_domain_or_its_name(
    sender: Address, code: str | None
) -> None:
    found = sender_in(sender, (BANK, BUREAU, TOWN))
    assert (found.code if found is not None else None) == code


def test_a_domain_that_two_have_names_neither() -> None:
    other = replace(BUREAU, address="post@bank.example")
    assert sender_in(Address("", "ahmad@bank.example"), (BANK, other)) is None
    assert sender_in(Address("", "post@bank.example"), (BANK, other)) == other


# ---------------------------------------------------------------- left


def test_once_the_reply_has_left_the_letter_is_answered_and_says_by_which() -> None:
    letter = came_in()
    assert [s.number for s in letter.held.open_steps if s.asked == "for_reply"] == [2]
    reply, told = sent(letter)
    assert told is not None
    assert [type(e).__name__ for e in told.events][:2] == ["AnswerLeft", "StepCompleted"]
    assert [(a.reference, a.state) for a in letter.held.answers] == [(reply.held.reference, "left")]
    assert [(k.record_id, k.reference, k.how) for k in letter.held.links] == [
        ("l1", reply.held.reference, "replied_by")
    ]
    done = letter.held.step(2)
    assert done is not None
    assert (done.outcome, done.result) == ("completed", reply.held.reference)
    assert [h.asked for h in holders(letter.held)] != ["for_reply"]
    assert fold("r1", letter.events) == letter.held


def test_where_to_reply_was_all_that_was_asked_the_letter_ends_and_its_forwarder_is_told() -> None:
    letter = registered()  # Huda's forward, which is put before her
    letter.office = OFFICE
    letter.record = replace(letter.held, steps=tuple(replace(s, asked="for_reply") for s in letter.held.steps))
    reply = Desk(OFFICE, record_id="l1")
    tell(letter, reply.accept(reply_to(letter.held, by="huda")))
    left = NoteOurAnswer(record_id="r1", by="tarasul", answer="l1", reference="ش.م/ص/7/2026", state="left")
    decision = letter.accept(left)
    assert (letter.held.status, letter.held.outcome, letter.held.outcome_note) == (
        Status.CLOSED,
        "answered",
        "ش.م/ص/7/2026",
    )
    assert DraftReply(record_id="r1") in decision.effects
    assert isinstance(letter.take(left), Nothing)


def test_whoever_was_asked_for_something_else_says_themselves_that_it_is_done_and_needs_no_words() -> None:
    letter = came_in()
    letter.accept(Refer(record_id="r1", step=2, by="omar", asked="for_action", to_person="salem"))
    sent(letter)
    assert [h.person for h in holders(letter.held)] == ["salem"]
    letter.accept(Complete(record_id="r1", step=letter.last_step, by="salem", note=None))
    assert letter.held.step(3).result == letter.held.answers[0].reference  # type: ignore[union-attr]


def test_what_was_answered_is_closed_without_another_reason() -> None:
    letter = registered()
    letter.office = OFFICE
    assert reason(letter.take(Close(record_id="r1", step=1, by="huda", note=None))) == "say.reason_missing"
    reply = Desk(OFFICE, record_id="l1")
    tell(letter, reply.accept(reply_to(letter.held, by="huda")))
    letter.accept(NoteOurAnswer(record_id="r1", by="tarasul", answer="l1", reference="ش.م/ص/7/2026", state="left"))
    letter.accept(Close(record_id="r1", step=1, by="huda", note=None))
    assert letter.held.outcome_note == "ش.م/ص/7/2026"


def test_a_reply_that_is_brought_by_hand_has_left_when_the_register_says_so() -> None:
    letter = came_in()
    reply = begun(letter, recipients=(), party="شركة")
    reply.accept(Submit(record_id="l1", step=1, by="omar", letter=letter.held))
    reply.accept(Sign(record_id="l1", step=reply.last_step, by="huda", serial=7))
    assert letter.held.answers[0].state == "begun"
    tell(letter, reply.accept(Close(record_id="l1", step=reply.last_step, by="noura", note="سُلّم باليد")))
    assert letter.held.answers[0].state == "left"


def test_a_reply_that_did_not_go_out_has_not_left() -> None:
    letter = came_in()
    reply = signed(letter)
    reply.accept(Dispatch(record_id="l1"))
    accepted = reply.accept(NoteLetterRefused(record_id="l1", recipient=1, attempt=1, reason="stuck.mistaken"))
    assert tell(letter, accepted) is None
    assert letter.held.answers[0].state == "begun"


# ---------------------------------------------------------------- come to nothing


def test_a_reply_that_is_withdrawn_is_none_any_more_and_another_may_be_begun() -> None:
    letter = came_in()
    reply = begun(letter)
    tell(letter, reply.accept(Withdraw(record_id="l1", by="omar", note="لا حاجة")))
    assert (letter.held.links, [a.state for a in letter.held.answers]) == ((), ["withdrawn"])
    again = Desk(OFFICE, record_id="l2")
    tell(letter, again.accept(replace(reply_to(letter.held), record_id="l2")))
    assert [(a.record_id, a.state) for a in letter.held.answers] == [("l1", "withdrawn"), ("l2", "begun")]


def test_a_reply_that_left_and_was_voided_is_none_and_says_so() -> None:
    letter = came_in()
    reply = signed(letter)
    tell(letter, reply.accept(Void(record_id="l1", by="huda", note="خطأ")))
    assert (letter.held.links, [a.state for a in letter.held.answers]) == ((), ["voided"])


def test_a_link_that_was_wrong_is_ended_on_both() -> None:
    letter = came_in()
    reply = begun(letter)
    wrong = Unrelate(record_id="l1", by="omar", to_record="r1", relation="replies_to", other=letter.held)
    accepted = reply.accept(wrong)
    assert (reply.held.links, reply.held.in_reply_to) == ((), None)
    for command in accepted.then:
        letter.take(command)
    assert (letter.held.links, [a.state for a in letter.held.answers]) == ((), ["unlinked"])
    assert fold("l1", reply.events) == reply.held
    assert fold("r1", letter.events) == letter.held


def test_what_is_told_twice_changes_nothing_and_nothing_that_is_told_is_refused() -> None:
    letter = came_in()
    begun(letter)
    for state in ("begun", "left", "begun", "voided", "left", "withdrawn", "unlinked"):
        for _ in range(2):
            told = NoteOurAnswer(record_id="r1", by="tarasul", answer="l1", reference="x", state=state)
            assert not isinstance(letter.take(told), Refused)
            stranger = replace(told, answer="l9", state="left")
            assert isinstance(letter.take(stranger), Nothing)
    assert [a.state for a in letter.held.answers] == ["voided"]
    assert isinstance(Desk(OFFICE, record_id="r9").take(replace(told, record_id="r9")), Nothing)


def test_who_may_reply_is_who_may_read_it_cleared_and_while_it_is_not_voided() -> None:
    letter = came_in()
    for person in OFFICE.people.values():
        may_read = bool(may_act(person, letter.held, Verb.READ, letter.now))
        assert bool(may_act(person, letter.held, Verb.REPLY, letter.now)) is may_read
    secret = replace(letter.held, confidentiality="secret")
    assert not may_act(OFFICE.people["abdullah"], secret, Verb.REPLY, letter.now), "the register knows its number alone"
