"""A decision belongs to bytes: what is told of a draft's file, and what it does to what was decided."""

from datetime import timedelta

import pytest

from registry.circuit_commands import Initial, Sign, Submit, Withdraw
from registry.circuit_events import Numbered, StepInitialled, StepSigned, Submitted
from registry.circuits import Addressee
from registry.commands import Approve, Recall, Return
from registry.decisions import Accepted, Nothing, Refused
from registry.document_commands import NoteFreed, NoteHeld, NoteLost, NotePreview
from registry.document_effects import (
    FreezeDraft,
    LookBeforeSigning,
    MakePreview,
    PlaceDraft,
    SetAccess,
    TellHeld,
    access_of,
)
from registry.document_events import DecisionsVoided, DraftChanged, Frozen, PressDropped, PressPending
from registry.record import Record, holders
from registry.rights import may_act
from registry.vocabulary import Verb
from tests.circuit_values import submitted, turns
from tests.document_values import (
    begun,
    document,
    frozen,
    hash_of,
    in_word,
    note_changed,
    note_frozen,
    note_looked,
    note_placed,
    placed,
)
from tests.values import Desk


def effects(decision: Accepted, *kinds: type) -> list[object]:
    return [e for e in decision.effects if isinstance(e, kinds)]


def names(decision: Accepted) -> list[str]:
    return [type(e).__name__ for e in decision.events]


def approved(desk: Desk) -> Desk:
    """Salem has initialled, Huda approved; Hessa is asked to sign."""
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Approve(record_id="m1", step=3, by="huda"))
    return desk


def signed(desk: Desk) -> Accepted:
    """… and has pressed; what came of it."""
    return desk.accept(Sign(record_id="m1", step=4, by="hessa"))


# ---------------------------------------------------------------- placed


def test_a_kind_that_is_drafted_in_word_asks_for_its_file() -> None:
    desk = begun()
    decision = desk.decisions[0]
    assert isinstance(decision, Accepted)
    assert effects(decision, PlaceDraft) == [PlaceDraft(record_id="m1")]
    assert desk.held.in_word


def test_a_kind_that_is_not_stays_text() -> None:
    desk = begun(kind="internal_memo", text="نص", addressees=(Addressee("legal", None, "for_information"),))
    assert isinstance(desk.decisions[0], Accepted)
    assert not effects(desk.decisions[0], PlaceDraft)
    assert not desk.held.in_word
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    assert turns(desk) == [("salem", "for_initial")]


def test_before_the_file_is_there_nothing_is_submitted() -> None:
    desk = begun()
    omar = desk.office.person("omar")
    assert omar is not None
    assert may_act(omar, desk.held, Verb.SUBMIT, desk.now, 1).reasons == ("draft.not_placed",)
    assert desk.take(Submit(record_id="m1", step=1, by="omar")) == Refused(
        "draft.not_placed", {"reference": desk.held.reference}
    )


def test_a_file_is_placed_once() -> None:
    desk = placed()
    assert isinstance(desk.take(note_placed("f2")), Nothing)
    assert document(desk).item == "f1"


def test_a_draft_that_was_given_up_gets_no_file() -> None:
    desk = begun()
    desk.accept(Withdraw(record_id="m1", by="omar", note="لا حاجة"))
    assert isinstance(desk.take(note_placed()), Nothing)


# ---------------------------------------------------------------- submitted, frozen


def test_nobody_is_asked_before_the_bytes_are_frozen() -> None:
    desk = placed()
    decision = desk.accept(Submit(record_id="m1", step=1, by="omar", note="للتوقيع"))
    assert names(decision) == ["PressPending"]
    assert effects(decision, FreezeDraft) == [FreezeDraft(record_id="m1", step=1)]
    assert turns(desk) == [("omar", "for_drafting")]
    decision = desk.accept(note_frozen(desk))
    assert names(decision) == ["Frozen", "Submitted", "Referred"]
    assert turns(desk) == [("salem", "for_initial")]
    assert effects(decision, MakePreview) == [MakePreview(record_id="m1", frozen=hash_of("one"))]


def test_what_was_written_until_it_was_read_is_what_is_decided_on() -> None:
    desk = placed()
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    decision = desk.accept(note_frozen(desk, "two"))
    assert names(decision) == ["DraftChanged", "Frozen", "Submitted", "Referred"]
    assert (document(desk).frozen, document(desk).version) == (hash_of("two"), 2)


def test_who_submits_twice_submits_once() -> None:
    desk = placed()
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    assert isinstance(desk.take(Submit(record_id="m1", step=1, by="omar")), Nothing)
    desk.accept(note_frozen(desk))
    assert isinstance(desk.take(Submit(record_id="m1", step=1, by="omar")), Nothing)
    assert isinstance(desk.take(note_frozen(desk)), Nothing)


def test_the_submission_is_its_drafters_and_not_the_machines() -> None:
    submission = next(e for e in frozen().events if isinstance(e, Submitted))
    assert (submission.by, submission.capacity) == ("omar", "member")


def test_the_seal_covers_the_frozen_bytes() -> None:
    one, two = frozen(), placed()
    two.accept(Submit(record_id="m1", step=1, by="omar"))
    two.accept(note_frozen(two, "two"))
    assert one.held.circuit is not None
    assert two.held.circuit is not None
    assert one.held.circuit.seal != two.held.circuit.seal


def test_every_decision_names_the_bytes_it_is_about() -> None:
    desk = approved(frozen())
    signed(desk)
    decision = desk.accept(note_looked(desk, "one"))
    said = [getattr(e, "document", "") for e in desk.events if hasattr(e, "document")]
    assert said == [hash_of("one")] * 3
    assert [s.document for s in desk.held.steps[1:4]] == [hash_of("one")] * 3
    assert "Numbered" in names(decision)


def test_a_draft_without_a_file_names_none() -> None:
    desk = submitted()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    decided = next(e for e in desk.events if isinstance(e, StepInitialled))
    assert decided.document is None


def test_a_submission_that_cannot_go_on_any_more_comes_to_nothing_and_says_so() -> None:
    desk = placed()
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    people = {k: v for k, v in desk.office.people.items() if k != "hessa"}
    desk.office = in_word()
    object.__setattr__(desk.office, "people", people)
    decision = desk.accept(note_frozen(desk))
    assert names(decision) == ["PressDropped"]
    assert turns(desk) == [("omar", "for_drafting")]
    assert document(desk).dropped == "draft.way_changed"
    assert document(desk).frozen is None
    assert desk.held.pending is None


# ---------------------------------------------------------------- edited


def test_an_edit_before_it_is_submitted_is_a_version() -> None:
    desk = placed()
    decision = desk.accept(note_changed(desk, "two"))
    assert names(decision) == ["DraftChanged"]
    (changed,) = decision.events
    assert isinstance(changed, DraftChanged)
    assert (changed.by, changed.version, changed.editor) == ("omar", 2, "omar")
    assert [v.sha256 for v in document(desk).versions] == [hash_of("one"), hash_of("two")]


def test_what_is_told_twice_or_late_or_of_another_file_changes_nothing() -> None:
    desk = placed()
    late = note_changed(desk, "late", at=desk.now - timedelta(hours=1))
    desk.accept(note_changed(desk, "two"))
    assert isinstance(desk.take(note_changed(desk, "two")), Nothing)
    assert isinstance(desk.take(late), Nothing)
    desk.accept(NoteLost(record_id="m1", item="f1", reason="draft.gone"))
    gone = note_changed(desk, "three")
    desk.accept(note_placed("f2", "two"))
    assert isinstance(desk.take(gone), Nothing)


@pytest.mark.parametrize("decided", [0, 1, 2])
def test_an_edit_on_its_way_voids_what_was_decided_and_begins_again(decided: int) -> None:
    desk = frozen()
    presses = (Initial(record_id="m1", step=2, by="salem"), Approve(record_id="m1", step=3, by="huda"))
    for press in presses[:decided]:
        desk.accept(press)
    seal = desk.held.circuit.seal if desk.held.circuit is not None else ""
    decision = desk.accept(note_changed(desk, "two"))
    assert names(decision) == ["DraftChanged", "Frozen", "DecisionsVoided", "Referred"]
    assert turns(desk) == [("salem", "for_initial")]
    assert desk.held.circuit is not None
    assert desk.held.circuit.seal != seal
    assert document(desk).frozen == hash_of("two")
    assert all(s.voided for s in desk.held.steps[1:-1])
    assert [s.state for s in desk.held.circuit.stages] == ["open", "waiting", "waiting"]
    refused = desk.take(Approve(record_id="m1", step=2 + decided, by="huda"))
    assert not isinstance(refused, Accepted)


@pytest.mark.parametrize(
    ("restart", "turn", "void"),
    [
        ("first", [("salem", "for_initial")], [2, 3, 4]),
        ("approve", [("huda", "for_approval")], [3, 4]),
        ("sign", [("hessa", "for_signature")], [4]),
        ("drafter", [("omar", "for_drafting")], [2, 3, 4]),
    ],
)
def test_where_it_goes_on_is_the_offices_to_say(restart: str, turn: list[tuple[str, str]], void: list[int]) -> None:
    desk = approved(frozen(restart=restart))
    desk.accept(note_changed(desk, "two"))
    assert turns(desk) == turn
    assert [s.number for s in desk.held.steps if s.voided] == void


def test_after_an_edit_the_whole_way_can_be_gone_again() -> None:
    desk = approved(frozen())
    desk.accept(note_changed(desk, "two"))
    desk.accept(Initial(record_id="m1", step=5, by="salem"))
    desk.accept(Approve(record_id="m1", step=6, by="huda"))
    desk.accept(Sign(record_id="m1", step=7, by="hessa"))
    desk.accept(note_looked(desk, "two"))
    last = next(e for e in reversed(desk.events) if isinstance(e, StepSigned))
    assert last.document == hash_of("two")
    assert desk.held.serial == 7


def test_the_same_bytes_written_again_void_nothing() -> None:
    desk = approved(frozen())
    again = note_changed(desk, "one")
    object.__setattr__(again, "ctag", "c:other")
    assert isinstance(desk.take(again), Nothing)


def test_an_edit_of_what_was_sent_back_voids_what_was_decided_before() -> None:
    desk = frozen()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Return(record_id="m1", step=3, by="huda", note="يُعدّل"))
    assert turns(desk) == [("omar", "for_drafting")]
    decision = desk.accept(note_changed(desk, "two"))
    assert names(decision) == ["DraftChanged", "DecisionsVoided"]
    assert turns(desk) == [("omar", "for_drafting")]
    assert names(desk.accept(note_changed(desk, "three"))) == ["DraftChanged"]
    desk.accept(Submit(record_id="m1", step=4, by="omar"))
    desk.accept(note_frozen(desk, "three"))
    assert turns(desk) == [("salem", "for_initial")]


def test_what_comes_back_unchanged_goes_on_where_it_was() -> None:
    desk = frozen()
    desk.accept(Initial(record_id="m1", step=2, by="salem"))
    desk.accept(Return(record_id="m1", step=3, by="huda", note="للتأكد"))
    desk.accept(Submit(record_id="m1", step=4, by="omar"))
    desk.accept(note_frozen(desk))
    assert turns(desk) == [("huda", "for_approval")]
    assert not any(s.voided for s in desk.held.steps)


def test_an_edit_after_it_has_its_number_is_nobodys_matter() -> None:
    desk = approved(frozen())
    signed(desk)
    desk.accept(note_looked(desk, "one"))
    assert isinstance(desk.take(note_changed(desk, "two")), Nothing)


# ---------------------------------------------------------------- signed


def test_the_last_signature_counts_when_the_file_was_looked_at() -> None:
    desk = approved(frozen())
    decision = signed(desk)
    assert names(decision) == ["PressPending"]
    assert effects(decision, LookBeforeSigning) == [LookBeforeSigning(record_id="m1", step=4)]
    assert desk.held.serial is None
    assert turns(desk) == [("hessa", "for_signature")]
    assert isinstance(desk.take(Sign(record_id="m1", step=4, by="hessa")), Nothing)
    decision = desk.accept(note_looked(desk, "one"))
    assert names(decision)[:3] == ["StepSigned", "StageEnded", "Numbered"]
    assert isinstance(decision.events[0], StepSigned)
    assert decision.events[0].by == "hessa"
    assert isinstance(desk.take(Sign(record_id="m1", step=4, by="hessa")), Nothing)


def test_an_edit_that_the_look_finds_takes_the_signature_back() -> None:
    desk = approved(frozen())
    signed(desk)
    decision = desk.accept(note_looked(desk, "two"))
    assert names(decision) == ["PressDropped", "DraftChanged", "Frozen", "DecisionsVoided", "Referred"]
    assert desk.held.serial is None
    assert turns(desk) == [("salem", "for_initial")]
    assert not any(isinstance(e, StepSigned | Numbered) for e in desk.events)


def test_while_the_file_is_looked_at_nobody_decides() -> None:
    desk = approved(frozen())
    signed(desk)
    refused = desk.take(Return(record_id="m1", step=4, by="hessa", note="لا"))
    assert isinstance(refused, Refused)
    assert refused.reason == "draft.being_checked"


def test_a_recall_wins_over_a_signature_that_waits() -> None:
    desk = approved(frozen())
    signed(desk)
    looked = note_looked(desk, "one")
    desk.accept(Recall(record_id="m1", step=4, by="omar"))
    assert turns(desk) == [("omar", "for_drafting")]
    assert desk.held.pending is None
    assert isinstance(desk.take(looked), Nothing)
    assert desk.held.serial is None


def test_only_the_signature_that_numbers_it_waits() -> None:
    from registry.circuits import PERSON, SIGN, StageRule, Who

    two = StageRule(act=SIGN, who=(Who(PERSON, "huda"), Who(PERSON, "hessa")))
    desk = frozen(two)
    assert names(desk.accept(Sign(record_id="m1", step=2, by="huda"))) == ["StepSigned"]
    assert names(desk.accept(Sign(record_id="m1", step=3, by="hessa"))) == ["PressPending"]


# ---------------------------------------------------------------- lost, held, shown


def test_a_file_that_is_lost_is_placed_anew_and_changes_no_decision() -> None:
    desk = approved(frozen())
    decision = desk.accept(NoteLost(record_id="m1", item="f1", reason="draft.gone"))
    assert [e for e in decision.effects if isinstance(e, PlaceDraft | SetAccess)] == [PlaceDraft(record_id="m1")]
    assert isinstance(desk.take(NoteLost(record_id="m1", item="f1", reason="draft.gone")), Nothing)
    desk.accept(note_placed("f2", "one and what the drive wrote"))
    assert turns(desk) == [("hessa", "for_signature")]
    assert not any(s.voided for s in desk.held.steps)
    assert (document(desk).item, document(desk).frozen) == ("f2", hash_of("one"))


def test_what_waited_for_a_lost_file_goes_on_when_it_is_back() -> None:
    desk = placed()
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    desk.accept(NoteLost(record_id="m1", item="f1", reason="draft.gone"))
    decision = desk.accept(note_placed("f2"))
    assert effects(decision, FreezeDraft, SetAccess) == [
        SetAccess(record_id="m1"),
        FreezeDraft(record_id="m1", step=1),
    ]
    desk.accept(note_frozen(desk))
    assert turns(desk) == [("salem", "for_initial")]


def test_who_has_the_file_open_is_told_once() -> None:
    desk = placed()
    decision = desk.accept(NoteHeld(record_id="m1", holder="salem"))
    assert effects(decision, TellHeld) == [TellHeld(record_id="m1", person="salem")]
    assert isinstance(desk.take(NoteHeld(record_id="m1", holder="salem")), Nothing)
    desk.accept(NoteFreed(record_id="m1"))
    assert document(desk).held is None
    assert isinstance(desk.take(NoteFreed(record_id="m1")), Nothing)


def test_where_nobody_knows_who_has_it_open_its_drafter_is_told() -> None:
    decision = placed().accept(NoteHeld(record_id="m1", holder=None))
    assert effects(decision, TellHeld) == [TellHeld(record_id="m1", person="omar")]


def test_a_preview_is_of_the_bytes_that_are_frozen_now() -> None:
    desk = frozen()
    desk.accept(note_changed(desk, "two"))
    old = NotePreview(record_id="m1", frozen=hash_of("one"), sha256="e" * 64, size_bytes=1)
    assert isinstance(desk.take(old), Nothing)
    desk.accept(NotePreview(record_id="m1", frozen=hash_of("two"), sha256="f" * 64, size_bytes=1))
    assert document(desk).preview == "f" * 64
    desk.accept(note_changed(desk, "three"))
    assert document(desk).preview is None


# ---------------------------------------------------------------- access


def access(record: Record, desk: Desk) -> tuple[set[str], set[str]]:
    found = access_of(record, desk.office, desk.now)
    return set(found.readers), set(found.writers)


def test_the_file_is_open_to_those_whose_turn_it_is_and_to_nobody_else() -> None:
    desk = placed()
    assert access(desk.held, desk) == (set(), {"omar"})
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    desk.accept(note_frozen(desk))
    for who, press in (
        ("salem", Initial(record_id="m1", step=2, by="salem")),
        ("huda", Approve(record_id="m1", step=3, by="huda")),
    ):
        assert access(desk.held, desk) == ({who}, set())
        assert SetAccess(record_id="m1") in desk.accept(press).effects
    assert access(desk.held, desk) == ({"hessa"}, set())
    signed(desk)
    ended = desk.accept(note_looked(desk, "one"))
    assert access(desk.held, desk) == (set(), set())
    assert SetAccess(record_id="m1") in ended.effects


def test_when_it_is_given_up_the_file_is_nobodys_but_its_owners() -> None:
    desk = placed()
    decision = desk.accept(Withdraw(record_id="m1", by="omar", note="لا حاجة"))
    assert SetAccess(record_id="m1") in decision.effects
    assert access(desk.held, desk) == (set(), set())
    assert desk.held.lies_in is None


def test_pending_presses_are_events_of_who_pressed() -> None:
    desk = approved(frozen())
    signed(desk)
    pending = [e for e in desk.events if isinstance(e, PressPending)]
    assert [(e.by, e.what, e.step) for e in pending] == [("omar", "submit", 1), ("hessa", "sign", 4)]
    assert [type(e) for e in desk.events].count(Frozen) == 1
    assert holders(desk.held)
    assert not [e for e in desk.events if isinstance(e, DecisionsVoided | PressDropped)]
