"""What waits for somebody who has left goes to their post's holder, the head, those above, or the register."""

from dataclasses import replace

import pytest

from registry.commands import Approve, Complete, HandOver, Refer
from registry.decisions import Accepted, Nothing
from registry.delegation import Delegation
from registry.office import Office, Person
from registry.record import fold, holders
from tests.values import NOON, OFFICE, PEOPLE, UNITS, Desk, changed, forwarded, mail, registered

ABOVE = {**UNITS, "finance": replace(UNITS["finance"], under="legal")}


def gone(who: str, office: Office = OFFICE, **people: Person) -> Office:
    return changed(office, **{who: replace(PEOPLE[who], active=False)}, **people)


def left(desk: Desk, who: str, **people: Person) -> Desk:
    desk.office = gone(who, desk.office, **people)
    return desk


def to_omar() -> Desk:
    desk = registered()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar", note="للإفادة"))
    return desk


def test_it_goes_to_whoever_has_the_post_now() -> None:
    fatma = Person(person_id="fatma", name="فاطمة", unit_id="finance", post=PEOPLE["omar"].post)
    desk = left(to_omar(), "omar", fatma=fatma)
    desk.accept(HandOver(record_id="r1", step=2))
    (now,) = holders(desk.held)
    assert (now.person, now.asked, desk.held.steps[2].note) == ("fatma", "for_action", "للإفادة")
    desk.accept(Complete(record_id="r1", step=3, by="fatma", note="تم"))
    assert holders(desk.held)[0].person == "huda"


def test_it_goes_to_whoever_acts_for_the_post_by_order() -> None:
    order = Delegation(
        delegation_id="d1", from_person="huda", to_person="salem", starts=NOON, until=NOON.replace(year=2027),
        secrecy="restricted", post="finance", order="ق 12", entered_by="huda", entered_at=NOON,
    )  # fmt: skip
    desk = registered()
    desk.office = replace(gone("huda"), delegations=(order,))
    desk.accept(HandOver(record_id="r1", step=1))
    assert holders(desk.held)[0].person == "salem"


def test_else_to_the_head_above_where_the_head_themselves_left() -> None:
    desk = registered(office=replace(OFFICE, units=ABOVE))
    left(desk, "huda").accept(HandOver(record_id="r1", step=1))
    assert holders(desk.held)[0].person == "laila"


def test_else_back_to_whoever_asked() -> None:
    desk = to_omar()
    desk.office = replace(gone("omar"), units={**UNITS, "finance": replace(UNITS["finance"], head=None)})
    desk.accept(HandOver(record_id="r1", step=2))
    assert holders(desk.held)[0].person == "huda"


def test_else_to_the_register() -> None:
    desk = left(registered(), "huda")
    desk.accept(HandOver(record_id="r1", step=1))
    (now,) = holders(desk.held)
    assert (now.person, now.unit, now.asked) == (None, "registry", "for_review")


def test_nobody_gets_what_they_are_not_cleared_for() -> None:
    office = changed(OFFICE, huda=replace(PEOPLE["huda"], clearance="secret"))
    desk = registered(mail(subject="سري: كشف"), replace(office, units=ABOVE))
    desk.accept(Refer(record_id="r1", step=1, by="noura", asked="for_approval", to_person="huda"))
    desk.office = replace(desk.office, people={**office.people, "huda": replace(PEOPLE["huda"], active=False)})
    desk.accept(HandOver(record_id="r1", step=2))
    assert holders(desk.held)[0].person is None


def test_the_sheet_says_why_and_the_leaver_may_do_nothing_more() -> None:
    desk = left(registered(), "huda")
    desk.accept(HandOver(record_id="r1", step=1))
    assert desk.events[-1].cause == "leaver"  # type: ignore[attr-defined]
    assert not isinstance(desk.take(Approve(record_id="r1", step=1, by="huda")), Accepted)
    assert fold("r1", desk.events) == desk.held


@pytest.mark.parametrize("step", [1, 2, 9])
def test_who_is_still_there_keeps_what_is_theirs_and_asking_twice_is_harmless(step: int) -> None:
    desk = to_omar()
    assert isinstance(desk.take(HandOver(record_id="r1", step=step)), Nothing)
    left(desk, "omar").accept(HandOver(record_id="r1", step=2))
    assert isinstance(desk.take(HandOver(record_id="r1", step=2)), Nothing)


def test_what_was_only_for_information_goes_to_the_head_who_was_not_told() -> None:
    desk = registered(forwarded())
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_information", to_person="salem"))
    left(desk, "salem").accept(HandOver(record_id="r1", step=2))
    assert (desk.held.steps[2].to_person, desk.held.steps[2].asked) == ("huda", "for_information")
