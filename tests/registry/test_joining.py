"""Links and matters: on both records or on neither, and nobody links what they may not read."""

from dataclasses import replace

import pytest

from registry.commands import JoinMatter, LeaveMatter, NoteMatter, NoteRelation, Relate, Unrelate, Void
from registry.decisions import Nothing, Refused
from registry.joining import MOST_IN_A_MATTER
from registry.record import Record
from registry.vocabulary import INVERSE
from tests.values import OFFICE, Desk, mail, registered


def other(**fields: object) -> Record:
    """Record no. 7, which the clerks may read."""
    record = registered(mail(7), replace(OFFICE, rules=())).held
    return replace(record, record_id="r7", reference="س.ع/و/7/2026", serial=7, **fields)  # type: ignore[arg-type]


def relate(by: str = "noura", relation: str = "replies_to", there: Record | None = None) -> Relate:
    return Relate(record_id="r1", by=by, to_record="r7", relation=relation, other=there or other())


@pytest.mark.parametrize("relation", INVERSE)
def test_each_record_says_the_link_from_its_own_side(relation: str) -> None:
    desk = registered()
    (back,) = desk.accept(relate(relation=relation)).then
    assert [(k.reference, k.how) for k in desk.held.links] == [("س.ع/و/7/2026", relation)]
    assert isinstance(back, NoteRelation)
    assert (back.record_id, back.link.record_id, back.link.how) == ("r7", "r1", INVERSE[relation])
    assert INVERSE[INVERSE[relation]] == relation
    assert isinstance(desk.take(relate(relation=relation)), Nothing)


def test_a_wrong_link_is_ended_by_another_line() -> None:
    desk = registered()
    desk.accept(relate())
    ended = Unrelate(record_id="r1", by="noura", to_record="r7", relation="replies_to", other=other())
    (back,) = desk.accept(ended).then
    assert isinstance(back, NoteRelation)
    assert (desk.held.links, back.ended) == ((), True)
    assert isinstance(desk.take(ended), Nothing)


def test_nobody_links_what_they_may_not_read() -> None:
    def refused(ask: Relate) -> str:
        decision = registered().take(ask)
        assert isinstance(decision, Refused), decision
        return decision.reason

    assert refused(relate(by="huda")) == "link.unknown_record"  # it was never put before her
    assert refused(relate(by="abdullah", there=other(confidentiality="secret"))) == "link.unknown_record"
    assert refused(relate(by="salem")) == "may.not_yours"
    assert refused(relate(relation="likes")) == "link.unknown_relation"
    assert refused(replace(relate(), to_record="r1")) == "link.to_itself"
    assert refused(replace(relate(), other=None)) == "link.unknown_record"
    voided = registered(mail(7))
    voided.accept(Void(record_id="r1", by="noura", note="مكرر"))
    assert refused(relate(there=replace(voided.held, record_id="r7"))) == "link.voided"


def test_two_records_that_are_joined_make_a_matter() -> None:
    desk = registered()
    ask = JoinMatter(record_id="r1", by="noura", to_record="r7", other=other(), matter_id="m1")
    assert desk.accept(ask).then == (NoteMatter(record_id="r7", by="noura", matter_id="m1", reference="س.ع/و/1/2026"),)
    assert desk.held.matter_id == "m1"


def test_joining_two_matters_brings_all_of_the_one_into_the_other() -> None:
    desk = registered()
    desk.accept(NoteMatter(record_id="r1", by="noura", matter_id="m1", reference="x"))
    there = other(matter_id="m2")
    ask = JoinMatter(
        record_id="r1", by="noura", to_record="r7", other=there, members=("r1", "r2", "r3"), matter_id="m3"
    )
    along = desk.accept(ask).then
    assert [(c.record_id, getattr(c, "matter_id", "")) for c in along] == [("r2", "m2"), ("r3", "m2")]
    assert desk.held.matter_id == "m2"
    assert isinstance(desk.take(ask), Nothing)


def test_what_belongs_to_none_comes_into_the_matter_that_is_there() -> None:
    desk = registered()
    desk.accept(NoteMatter(record_id="r1", by="noura", matter_id="m1", reference="x"))
    ask = JoinMatter(record_id="r1", by="noura", to_record="r7", other=other(), members=("r1", "r2"), matter_id="m3")
    assert [c.record_id for c in desk.accept(ask).then] == ["r7"]
    assert desk.held.matter_id == "m1"


def test_a_matter_has_a_largest_size() -> None:
    desk = registered()
    desk.accept(NoteMatter(record_id="r1", by="noura", matter_id="m1", reference="x"))
    many = tuple(f"r{n}" for n in range(MOST_IN_A_MATTER + 1))
    ask = JoinMatter(record_id="r1", by="noura", to_record="r7", other=other(), members=many, matter_id="m3")
    decision = desk.take(ask)
    assert isinstance(decision, Refused)
    assert decision.reason == "matter.too_large"


def test_whoever_leaves_a_matter_says_why_and_goes_alone() -> None:
    desk: Desk = registered()
    leave = LeaveMatter(record_id="r1", by="noura", note="ليست منها")
    assert isinstance(desk.take(leave), Nothing)
    desk.accept(NoteMatter(record_id="r1", by="noura", matter_id="m1", reference="x"))
    assert desk.take(replace(leave, note=" ")) == Refused("say.reason_missing")
    assert desk.accept(leave).then == ()
    assert desk.held.matter_id is None
