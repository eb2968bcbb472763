"""Acting for somebody who signs, and taking back what one asked for another: by whose right, and as whose."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from registry.circuit_commands import Sign
from registry.circuits import APPROVE, HEAD, SIGN, StageRule, Who
from registry.commands import Approve, Recall, Refer
from registry.decisions import Accepted, Refused
from registry.delegation import Delegation
from tests.circuit_values import CIRCUIT_PEOPLE, laid_down, submitted
from tests.values import NOON, OFFICE, Desk, registered

A_DAY = timedelta(days=1)


def lets(giver: str, taker: str, **more: Any) -> Delegation:
    """*giver* lets *taker* act for them, these days."""
    usual: dict[str, Any] = {"delegation_id": f"{giver}-{taker}", "from_person": giver, "to_person": taker}
    when = {"starts": NOON - A_DAY, "until": NOON + A_DAY, "accepted_at": NOON - A_DAY}
    entered = {"entered_by": giver, "entered_at": NOON - A_DAY, "began_at": NOON - A_DAY}
    return Delegation(**usual, **when, **entered, secrecy="top_secret", **more)


def signing(*delegations: Delegation, level: int = 1, signs: dict[str, int] | None = None) -> Desk:
    """Omar's memo, which only Huda must sign."""
    people = {who: replace(p, signs=(signs or {}).get(who, p.signs)) for who, p in CIRCUIT_PEOPLE.items()}
    office = replace(laid_down(StageRule(act=SIGN, who=(Who(HEAD),))), people=people, delegations=delegations)
    desk = submitted(office=office)
    assert desk.held.level in (0, level)
    return desk


def sign(desk: Desk, by: str) -> Any:
    return desk.take(Sign(record_id="m1", step=desk.last_step, by=by, serial=1))


# ---------------------------------------------------------------- who signs for another


def test_a_substitute_who_signs_at_the_level_signs_for_another_and_it_is_said() -> None:
    decision = sign(signing(lets("huda", "laila")), "laila")
    assert isinstance(decision, Accepted)
    assert {(e.by, e.on_behalf_of) for e in decision.events if type(e).__name__ == "StepSigned"} == {("laila", "huda")}


def test_a_substitute_who_does_not_sign_does_not_sign_for_another() -> None:
    """What was delegated is whose turn it is, not the level: that is each one's own."""
    refused = sign(signing(lets("huda", "salem")), "salem")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.level"


def test_a_substitute_signs_at_their_own_level_however_high_the_other_signs() -> None:
    stages = StageRule(act=SIGN, who=(Who(HEAD, "sector"),))
    office = replace(laid_down(stages), delegations=(lets("hessa", "laila"),))
    desk = submitted(office=office, level=2)
    refused = sign(desk, "laila")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.level"
    assert isinstance(sign(desk, "hessa"), Accepted)


def test_nobody_signs_for_another_what_they_drafted() -> None:
    refused = sign(signing(lets("huda", "omar"), signs={"omar": 1}), "omar")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.own_draft"


def test_nobody_signs_by_a_chain_that_runs_through_whoever_drafted_it() -> None:
    """Huda lets Omar act for her, and he lets Laila: the one whose right she has drafted it."""
    chain = (lets("huda", "omar", may_pass_on=True), lets("omar", "laila"))
    refused = sign(signing(*chain), "laila")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.own_draft"


def test_whoever_was_acted_for_in_the_approval_does_not_sign() -> None:
    """Salem approves for Laila: that is her approval, and she does not sign for Huda what she approved."""
    stages = (StageRule(act=APPROVE, who=(Who(HEAD, "legal"),)), StageRule(act=SIGN, who=(Who(HEAD),)))
    office = replace(laid_down(*stages), delegations=(lets("laila", "salem"), lets("huda", "laila")))
    desk = submitted(office=office)
    desk.accept(Approve(record_id="m1", step=desk.last_step, by="salem"))
    refused = sign(desk, "laila")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.approved_it"
    assert isinstance(sign(desk, "huda"), Accepted)


def test_whoever_approved_for_another_does_not_sign_for_a_third() -> None:
    stages = (StageRule(act=APPROVE, who=(Who(HEAD, "legal"),)), StageRule(act=SIGN, who=(Who(HEAD, "sector"),)))
    people = {**CIRCUIT_PEOPLE, "huda": replace(CIRCUIT_PEOPLE["huda"], signs=2)}
    office = replace(laid_down(*stages), people=people, delegations=(lets("laila", "huda"), lets("hessa", "huda")))
    desk = submitted(office=office)
    desk.accept(Approve(record_id="m1", step=desk.last_step, by="huda"))
    refused = sign(desk, "huda")
    assert isinstance(refused, Refused)
    assert refused.reason == "may.approved_it"


# ---------------------------------------------------------------- what is taken back, and as whose


def asked_omar(*delegations: Delegation, by: str = "huda") -> Desk:
    desk = registered(office=replace(OFFICE, delegations=delegations))
    desk.accept(Refer(record_id="r1", step=1, by=by, asked="for_action", to_person="omar"))
    return desk


def recalled(desk: Desk, by: str) -> tuple[str, str | None, str | None]:
    decision = desk.accept(Recall(record_id="r1", step=2, by=by, note="سهو"))
    event = decision.events[0]
    return event.by, event.on_behalf_of, event.capacity


def test_whoever_takes_back_their_own_question_does_so_for_themselves_though_they_stand_in_for_the_one_asked() -> None:
    assert recalled(asked_omar(lets("omar", "huda")), "huda") == ("huda", None, "head")


def test_a_question_that_was_asked_for_another_is_taken_back_for_them() -> None:
    desk = asked_omar(lets("huda", "salem"), lets("omar", "salem"), by="salem")
    assert recalled(desk, "salem") == ("salem", "huda", "delegate")


def test_the_one_for_whom_it_was_asked_takes_it_back_in_their_own_name() -> None:
    assert recalled(asked_omar(lets("huda", "salem"), by="salem"), "huda") == ("huda", None, "head")


def test_once_the_delegation_is_over_it_is_taken_back_in_ones_own_name() -> None:
    desk = asked_omar(lets("huda", "salem"), by="salem")
    desk.office = replace(desk.office, delegations=())
    assert recalled(desk, "salem")[:2] == ("salem", None)
