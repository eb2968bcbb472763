"""Who may do what, and why not: every verb, every person, every state, beside what `decide` does."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from registry.circuit_commands import Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.commands import (
    Acknowledge,
    Annotate,
    Approve,
    Close,
    Command,
    Complete,
    ConfirmSender,
    File,
    Quarantine,
    Recall,
    Refer,
    Reject,
    Relate,
    Release,
    Reopen,
    Return,
    Void,
)
from registry.decisions import Accepted, Refused
from registry.dispatch_commands import Resend
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import Verb
from tests.values import NOON, OMAR, PEOPLE, Desk, mail, registered


def refer(step: int, by: str, to: str, asked: str = "for_action") -> Refer:
    return Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to)


def states() -> Iterator[tuple[str, Desk]]:
    """One desk for each state that a record can be in."""
    yield "new", registered()
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    yield "with a colleague", desk
    desk = registered()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    yield "with a copy", desk
    desk = registered()
    desk.accept(refer(1, "huda", "omar"))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    yield "with a result", desk
    desk = registered()
    desk.accept(Return(record_id="r1", step=1, by="huda", note="ليست لنا"))
    yield "at the register", desk
    desk = registered()
    desk.accept(refer(1, "huda", "salem", "for_information"))
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    yield "closed", desk
    desk = registered(mail())
    desk.accept(Reject(record_id="r1", step=1, by="huda", note="لا"))
    yield "rejected", desk
    desk = registered()
    desk.accept(Void(record_id="r1", by="abdullah", note="مكرر"))
    yield "voided", desk
    desk = Desk()
    desk.accept(Quarantine(record_id="r1", mail=mail(), reasons=("quarantine.encrypted",), serial=1))
    yield "quarantined", desk
    yield "secret", registered(mail(subject="سري: كشف الرواتب"))


STATES = dict(states())


def asking(verb: Verb, by: str, step: int) -> Command:
    """A well-formed command for *verb*."""
    match verb:
        case Verb.REFER:
            return refer(step, by, "noura" if by != "noura" else "laila", "for_information")
        case Verb.ANNOTATE:
            return Annotate(record_id="r1", by=by, note="ملاحظة جديدة", final=True)
        case Verb.REGISTER:
            return Release(record_id="r1", by=by, as_record="r2", serial=1)
        case Verb.CORRECT:
            return ConfirmSender(record_id="r1", by=by, sender=OMAR)
        case Verb.VOID:
            return Void(record_id="r1", by=by, note="كلام")
        case Verb.REOPEN:
            return Reopen(record_id="r1", by=by, note="كلام")
        case Verb.LINK:
            other = replace(STATES["new"].held, record_id="r0", confidentiality="normal", forwarded_by=by)
            return Relate(record_id="r1", by=by, to_record="r0", relation="refers_to", other=other)
        case Verb.ACKNOWLEDGE:
            return Acknowledge(record_id="r1", step=step, by=by)
        case Verb.EDIT:
            return Redraft(record_id="r1", by=by, subject="م", text="ن")
        case Verb.WITHDRAW:
            return Withdraw(record_id="r1", by=by, note="لسبب")
        case Verb.INSERT:
            return Insert(record_id="r1", by=by, act="opinion", people=("laila",), before=1)
        case Verb.SKIP:
            return Skip(record_id="r1", by=by, stage=1, note="لسبب")
        case Verb.RESEND:
            return Resend(record_id="r1", by=by, recipient=1, address="a@b.example")
        case Verb.SUBMIT | Verb.INITIAL | Verb.SIGN:
            of_a_circuit = {Verb.SUBMIT: Submit, Verb.INITIAL: Initial, Verb.SIGN: Sign}
            return of_a_circuit[verb](record_id="r1", step=step, by=by, note="كلام")
        case _:
            kinds: dict[Verb, type[Complete | Approve | Return | Close | Reject | File | Recall]] = {
                Verb.REJECT: Reject,
                Verb.FILE: File,
                Verb.RECALL: Recall,
                Verb.COMPLETE: Complete,
                Verb.APPROVE: Approve,
                Verb.RETURN: Return,
                Verb.CLOSE: Close,
            }
            return kinds[verb](record_id="r1", step=step, by=by, note="كلام")


_ABOUT_THE_TARGET = ("refer.", "reopen.")


def trial(desk: Desk) -> Desk:
    """A copy of *desk* to try a command on."""
    copy = Desk(desk.office, now=desk.now)
    copy.record = desk.held
    return copy


@pytest.mark.parametrize("state", STATES)
# what is read is decided by no command; a reply is begun on a record of its own: tests/registry/test_answering.py
@pytest.mark.parametrize("verb", [v for v in Verb if v not in (Verb.READ, Verb.REPLY)])
def test_decide_accepts_exactly_what_may_act_allows(state: str, verb: Verb) -> None:
    desk = STATES[state]
    for by, person in PEOPLE.items():
        for step in range(len(desk.held.steps) + 2):
            allowed = may_act(person, desk.held, verb, desk.now, step)
            decision = trial(desk).take(asking(verb, by, step))
            accepted = isinstance(decision, Accepted)
            about_the_target = isinstance(decision, Refused) and decision.reason.startswith(_ABOUT_THE_TARGET)
            assert accepted or about_the_target or not allowed, (by, step, decision)
            assert not accepted or allowed, (by, step, decision)
            if isinstance(decision, Refused) and not allowed:
                assert decision.reason == allowed.reasons[0]


@pytest.mark.parametrize("state", STATES)
def test_without_a_step_the_question_is_about_any_of_theirs(state: str) -> None:
    desk = STATES[state]
    for person in PEOPLE.values():
        for verb in (Verb.REFER, Verb.COMPLETE, Verb.APPROVE, Verb.RETURN, Verb.CLOSE, Verb.ACKNOWLEDGE):
            anywhere = bool(may_act(person, desk.held, verb, NOON))
            by_step = [bool(may_act(person, desk.held, verb, NOON, s.number)) for s in desk.held.steps]
            assert anywhere is any(by_step), (person.person_id, verb)


def reasons(who: str, state: str, verb: Verb, step: int | None = None) -> tuple[str, ...]:
    return may_act(PEOPLE[who], STATES[state].held, verb, NOON, step).reasons


@pytest.mark.parametrize(
    ("who", "state", "verb", "step", "why"),
    [
        ("huda", "new", Verb.APPROVE, 1, ()),
        ("huda", "new", Verb.COMPLETE, 1, ("may.not_asked_so",)),
        ("omar", "new", Verb.APPROVE, 1, ("may.not_yours",)),
        ("omar", "new", Verb.APPROVE, None, ("may.not_yours",)),
        ("omar", "new", Verb.READ, None, ("may.stranger",)),
        ("abdullah", "new", Verb.READ, None, ()),
        ("abdullah", "new", Verb.CLOSE, 1, ("may.not_yours",)),
        ("badr", "new", Verb.READ, None, ("may.inactive", "may.stranger")),
        ("huda", "with a colleague", Verb.READ, None, ()),
        ("huda", "with a colleague", Verb.REFER, 1, ("may.already_done",)),
        ("omar", "with a colleague", Verb.CLOSE, 2, ("may.only_the_first_closes",)),
        ("omar", "with a colleague", Verb.COMPLETE, 2, ()),
        ("salem", "with a copy", Verb.ACKNOWLEDGE, 2, ()),
        ("salem", "with a copy", Verb.RETURN, 2, ("may.nowhere_to_return",)),
        ("abdullah", "at the register", Verb.REFER, 2, ()),
        ("abdullah", "at the register", Verb.APPROVE, 2, ("may.registry_refers_or_closes",)),
        ("abdullah", "at the register", Verb.RETURN, 2, ("may.nowhere_to_return",)),
        ("huda", "closed", Verb.APPROVE, 1, ("may.already_done",)),
        ("huda", "closed", Verb.APPROVE, None, ("may.ended",)),
        ("huda", "closed", Verb.ANNOTATE, None, ("may.ended",)),
        ("salem", "closed", Verb.ACKNOWLEDGE, 2, ()),
        ("noura", "secret", Verb.READ, None, ()),
        ("abdullah", "secret", Verb.READ, None, ("may.secrecy",)),
        ("abdullah", "secret", Verb.REFER, 1, ()),
        ("huda", "secret", Verb.READ, None, ("may.secrecy", "may.stranger")),
        ("huda", "quarantined", Verb.REGISTER, None, ("may.registry_only",)),
        ("abdullah", "quarantined", Verb.REGISTER, None, ()),
        ("abdullah", "new", Verb.REGISTER, None, ("may.not_for_this_kind",)),
        ("abdullah", "new", Verb.CORRECT, None, ()),
        ("huda", "new", Verb.CORRECT, None, ("may.registry_only",)),
        ("abdullah", "secret", Verb.CORRECT, None, ("may.secrecy",)),
        ("huda", "new", Verb.APPROVE, 9, ("may.no_such_step",)),
    ],
)
def test_a_refusal_names_every_reason(who: str, state: str, verb: Verb, step: int | None, why: tuple[str, ...]) -> None:
    assert reasons(who, state, verb, step) == why
    assert bool(may_act(PEOPLE[who], STATES[state].held, verb, NOON, step)) is (why == ())


def test_nobody_is_above_the_secrecy_ceiling_when_reading() -> None:
    secret: Record = replace(STATES["with a result"].held, confidentiality="top_secret")
    for who in ("huda", "omar", "abdullah"):
        assert "may.secrecy" in may_act(PEOPLE[who], secret, Verb.READ, NOON).reasons
        cleared = replace(PEOPLE[who], clearance="top_secret")
        assert may_act(cleared, secret, Verb.READ, NOON)


def test_whoever_forwarded_a_letter_may_read_what_became_of_it() -> None:
    desk = registered(mail(sender=OMAR, subject="طلب", text="نرجو الإفادة"))
    assert may_act(PEOPLE["omar"], desk.held, Verb.READ, NOON)
