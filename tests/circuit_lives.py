################################################################
# The way of what we issue, for all circuits, people and orders of commands: a state machine on a store
################################################################
#
# Rule 1: the circuit is drawn at random; commands are given by anybody, on any step; what is accepted has happened.
# Rule 2: what must hold is said once, here, and without the code that decides: holders from the steps, laws from
#         counting.
# Rule 3: two records draw from one series, so that a gap or a double shows.

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from registry.changed import changed
from registry.circuit_commands import Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.circuit_events import Numbered, StageEnded, StepSigned, Submitted
from registry.circuits import (
    ACTS,
    APPROVE,
    INITIAL,
    OPINION,
    PERSON,
    SIGN,
    Addressee,
    CircuitRule,
    Circuits,
    StageRule,
    Who,
)
from registry.commands import (
    Acknowledge,
    Approve,
    Close,
    Command,
    Complete,
    NoteOpened,
    Recall,
    Refer,
    Reject,
    Return,
    Void,
)
from registry.decisions import Accepted
from registry.events import Event, StepApproved, StepCompleted
from registry.office import Office
from registry.record import DONE, Record, Step, fold, holders
from registry.sheet import read_entry, verify
from registry.verb_events import StepRejected
from service.ports import Store
from service.take import Taken, Taker
from tests.circuit_values import LEVELS, draft, laid_down
from tests.fakes.store import FakeStore
from tests.values import NOON

ANYBODY = ("omar", "salem", "huda", "laila", "noura", "hessa")
SOMEBODY = st.sampled_from(ANYBODY)
NOTE = st.sampled_from([None, "", "ملاحظة"])
STEP = st.integers(0, 14)
STAGE = st.integers(0, 7)
ENDS = {Initial: "initialled", Complete: "completed", Approve: "approved", Sign: "signed", Reject: "rejected"}


@st.composite
def rules(draw: st.DrawFn) -> tuple[StageRule, ...]:
    """One to four stages; the last one signs. Nobody who approves signs: such a circuit is refused, and has its own
    test."""
    stages = []
    for _ in range(draw(st.integers(0, 3))):
        act = draw(st.sampled_from([INITIAL, OPINION, APPROVE]))
        among = ["salem", "huda", "noura"] if act == APPROVE else ["salem", "huda", "laila", "noura", "hessa"]
        stages.append(_stage(draw, act, among))
    return (*stages, _stage(draw, SIGN, ["laila", "hessa"]))


def _stage(draw: st.DrawFn, act: str, among: list[str]) -> StageRule:
    people = draw(st.lists(st.sampled_from(among), min_size=1, max_size=3, unique=True))
    mode = draw(st.sampled_from(["all", "any", "quorum"]))
    return StageRule(
        act=act,
        who=tuple(Who(PERSON, p) for p in people),
        mode=mode,
        quorum=draw(st.integers(1, len(people))) if mode == "quorum" else 0,
        fixed=draw(st.booleans()) and act != OPINION,
        in_turn=draw(st.booleans()) and mode == "all",
    )


class Way(RuleBasedStateMachine):
    """Two memos, by Omar and Salem of Finance."""

    store: Store

    def open_store(self) -> Store:
        return FakeStore()

    @initialize(stages=rules(), two=st.booleans())
    def they_are_drafted(self, stages: tuple[StageRule, ...], two: bool) -> None:
        self.now: datetime = NOON
        self.office: Office = replace(
            laid_down(), circuits=Circuits(rules=(CircuitRule(stages=stages),), levels=LEVELS)
        )
        self.store = self.open_store()
        self.store.write(lambda tx: tx.save_office(self.office))
        self.taker = Taker(self.store, lambda: self.now)
        self.keys = count(1)
        self.records = [self.new_id() for _ in range(2 if two else 1)]
        self.ended: dict[tuple[str, int], Step] = {}
        to = (Addressee("legal", None, "for_information"), Addressee("store", "salem", "for_action"))
        for record_id, by in zip(self.records, ("omar", "salem"), strict=False):
            taken = self.take(draft(record_id, by=by, addressees=to[: 1 + two]))
            assert isinstance(taken.decision, Accepted)
            self.take(Submit(record_id=record_id, step=1, by=by))

    def new_id(self) -> str:
        return f"m{next(self.keys)}"

    def held(self, record_id: str) -> Record:
        stored = self.store.read(lambda tx: tx.record(record_id))
        assert stored is not None
        return stored.record

    def events(self, record_id: str) -> list[Event]:
        return [read_entry(e) for e in self.store.read(lambda tx: tx.sheet(record_id))]

    def take(self, command: Command) -> Taken:
        return self.taker.take(command, key=f"k{next(self.keys)}")

    def ask(self, command: Command) -> None:
        before = self.held(command.record_id)
        taken = self.take(command)
        self.now += timedelta(minutes=1)
        if not isinstance(taken.decision, Accepted):
            assert self.held(command.record_id) == before, "what was refused changed something"
            return
        after = self.held(command.record_id)
        self.decided_by_one_who_may(command, taken.decision.events, before)
        assert not isinstance(self.take(command).decision, Accepted), f"{command} was accepted twice"
        assert self.held(command.record_id) == after

    # ------------------------------------------------------------ what people do

    @rule(data=st.data())
    def whose_turn_it_is_goes_on(self, data: st.DataObject) -> None:
        record = self.held(data.draw(st.sampled_from(self.records)))
        if not holders(record):
            return
        turn = data.draw(st.sampled_from(holders(record)))
        assert turn.person is not None
        step = {"record_id": record.record_id, "step": turn.step, "by": turn.person}
        forward: Command = {
            "for_drafting": Submit(**step),
            "for_initial": Initial(**step),
            "for_study_opinion": Complete(**step, note="رأي"),
            "for_approval": Approve(**step),
            "for_signature": Sign(**step),
        }.get(turn.asked, Complete(**step, note="تم"))
        self.ask(forward)

    @rule(data=st.data(), kind=st.sampled_from([*ENDS, Return, Submit, Close]), by=SOMEBODY, step=STEP, note=NOTE)
    def somebody_ends_a_step(self, data: st.DataObject, kind: Any, by: str, step: int, note: str | None) -> None:
        self.ask(kind(record_id=data.draw(st.sampled_from(self.records)), step=step, by=by, note=note))

    @rule(data=st.data(), against=st.booleans(), to_stage=st.one_of(st.none(), STAGE))
    def whose_turn_it_is_says_no(self, data: st.DataObject, against: bool, to_stage: int | None) -> None:
        record = self.held(data.draw(st.sampled_from(self.records)))
        if not holders(record):
            return
        turn = data.draw(st.sampled_from(holders(record)))
        who = {"record_id": record.record_id, "step": turn.step, "by": turn.person or "", "note": "لا"}
        self.ask(Reject(**who) if against else Return(**who, to_stage=to_stage))

    @rule(
        data=st.data(),
        by=SOMEBODY,
        to=SOMEBODY,
        step=STEP,
        asked=st.sampled_from(["for_action", "for_study_opinion", "for_approval"]),
    )
    def somebody_refers(self, data: st.DataObject, by: str, to: str, step: int, asked: str) -> None:
        record = data.draw(st.sampled_from(self.records))
        turn = next((h for h in holders(self.held(record)) if h.person == by), None)
        number = turn.step if turn is not None else step
        self.ask(Refer(record_id=record, step=number, by=by, asked=asked, to_person=to))

    @rule(data=st.data(), by=SOMEBODY, note=NOTE, what=st.sampled_from(["recall", "withdraw", "void", "open", "read"]))
    def somebody_does_it_to_the_whole(self, data: st.DataObject, by: str, note: str | None, what: str) -> None:
        record = data.draw(st.sampled_from(self.records))
        held = self.held(record)
        by = data.draw(st.sampled_from([by, held.drafter or by, held.signed_by or by]))
        note, step = data.draw(st.sampled_from([note, "لسبب"])), len(held.steps)
        command: Command = {
            "recall": Recall(record_id=record, step=step, by=by, note=note),
            "withdraw": Withdraw(record_id=record, by=by, note=note),
            "void": Void(record_id=record, by=by, note=note),
            "open": NoteOpened(record_id=record, step=step, by=by),
            "read": Acknowledge(record_id=record, step=step, by=by),
        }[what]
        self.ask(command)

    @rule(data=st.data(), words=st.sampled_from(["نص أول", "نص ثان"]), level=st.integers(0, 3))
    def the_drafter_writes_it_anew(self, data: st.DataObject, words: str, level: int) -> None:
        record = self.held(data.draw(st.sampled_from(self.records)))
        by = data.draw(st.sampled_from([record.drafter or "", *ANYBODY]))
        self.ask(
            Redraft(
                record_id=record.record_id,
                by=by,
                subject=record.subject,
                text=words,
                addressees=record.addressees,
                level=level,
            )
        )

    @rule(
        data=st.data(),
        act=st.sampled_from([*ACTS, "nod"]),
        people=st.lists(SOMEBODY, max_size=2),
        before=STAGE,
        mode=st.sampled_from(["all", "any"]),
    )
    def somebody_inserts_a_stage(
        self, data: st.DataObject, act: str, people: list[str], before: int, mode: str
    ) -> None:
        record = self.held(data.draw(st.sampled_from(self.records)))
        if record.circuit is not None and len(record.circuit.stages) > 6:
            return
        by = data.draw(st.sampled_from([*(h.person or "" for h in holders(record)), *ANYBODY]))
        if data.draw(st.booleans()):
            by, before = "huda", data.draw(st.sampled_from(_left(record)))
        self.ask(Insert(record_id=record.record_id, by=by, act=act, people=tuple(people), before=before, mode=mode))

    @rule(data=st.data(), by=SOMEBODY, stage=STAGE, note=NOTE)
    def somebody_skips_a_stage(self, data: st.DataObject, by: str, stage: int, note: str | None) -> None:
        record = self.held(data.draw(st.sampled_from(self.records)))
        if data.draw(st.booleans()):
            by, stage, note = "huda", data.draw(st.sampled_from(_left(record))), "لسبب"
        self.ask(Skip(record_id=record.record_id, by=by, stage=stage, note=note))

    # ------------------------------------------------------------ what must hold of a decision

    def decided_by_one_who_may(self, command: Command, events: tuple[Event, ...], before: Record) -> None:
        for event in events:
            if not isinstance(event, StepApproved | StepSigned | StepCompleted | StepRejected):
                continue
            step = before.step(event.step)
            assert step is not None
            assert (step.state, step.to_person) == ("open", event.by), "a step that is not theirs, or not open"
            if step.stage is not None or isinstance(event, StepApproved):
                assert event.by != before.drafter, "the drafter decided on their own draft"
            if isinstance(event, StepSigned):
                assert self.office.people[event.by].signs >= max(before.level, 1), "signed above their level"

    # ------------------------------------------------------------ what must hold always

    @invariant()
    def the_record_is_the_fold_of_its_sheet(self) -> None:
        for record_id in self.records:
            record, entries = self.held(record_id), self.store.read(lambda tx, r=record_id: tx.sheet(r))
            assert verify(entries) is None
            assert fold(record_id, map(read_entry, entries)) == record

    @invariant()
    def there_is_one_set_of_holders_while_it_is_open_and_none_when_it_has_ended(self) -> None:
        for record in map(self.held, self.records):
            asked = [s for s in record.steps if s.state == "open" and s.custody]
            assert bool(asked) != record.ended
            assert [h.step for h in holders(record)] == ([] if record.ended else [s.number for s in asked])
            if record.ended or not record.is_draft:
                continue
            stages = {_root(record, s).stage for s in asked}
            assert len(stages) == 1, "asked in two stages at once, or by the drafter and in a stage"
            (at,) = stages
            current = record.circuit.current if record.circuit is not None else None
            assert (current.number if current is not None else None) == at

    @invariant()
    def nobody_is_asked_twice_at_once(self) -> None:
        for record in map(self.held, self.records):
            seats = [(s.stage, s.to_person) for s in record.open_steps if s.stage is not None]
            assert len(seats) == len(set(seats))

    @invariant()
    def no_step_is_decided_twice(self) -> None:
        for record in map(self.held, self.records):
            for step in record.steps:
                if step.state == DONE:
                    kept = self.ended.setdefault((record.record_id, step.number), step)
                    assert changed(kept, voided=step.voided) == step

    @invariant()
    def a_stage_ends_when_its_law_is_met_and_not_before(self) -> None:
        for record in map(self.held, self.records):
            circuit = record.circuit
            for stage in circuit.stages if circuit is not None else ():
                since = [s for s in record.steps if s.stage == stage.number and s.number >= stage.opened_from]
                acted = len({s.ended_by for s in since if s.outcome in ENDS.values() and s.outcome != "rejected"})
                needed = {"all": len(stage.seats), "any": 1, "quorum": stage.quorum}[stage.mode]
                if stage.state == "passed":
                    assert acted == needed
                elif stage.state == "open":
                    assert acted < needed

    @invariant()
    def the_stages_before_the_one_that_is_asked_are_over_and_those_after_are_not(self) -> None:
        for record in map(self.held, self.records):
            if record.circuit is None or record.circuit.current is None or record.ended:
                continue
            place = record.circuit.stages.index(record.circuit.current)
            assert all(s.state in ("passed", "skipped") for s in record.circuit.stages[:place])
            assert all(s.state in ("waiting", "skipped") for s in record.circuit.stages[place + 1 :])
            assert record.circuit.stages[-1].act == SIGN

    @invariant()
    def a_number_comes_with_the_last_signature_and_without_gaps(self) -> None:
        serials = []
        for record_id in self.records:
            record, events = self.held(record_id), self.events(record_id)
            numbered = [i for i, e in enumerate(events) if isinstance(e, Numbered)]
            assert len(numbered) == (record.serial is not None) <= 1
            if not numbered:
                assert record.reference.endswith("/—")
                continue
            assert isinstance(events[numbered[0] - 1], StageEnded)
            assert isinstance(events[numbered[0] - 2], StepSigned)
            sealed = [e.seal for e in events[: numbered[0]] if isinstance(e, Submitted | StepSigned)]
            assert sealed[-1] == sealed[-2], "what was signed is not what was submitted"
            serials.append(record.serial)
        assert sorted(s for s in serials if s is not None) == list(range(1, len(serials) + 1))

    @precondition(lambda self: bool(self.records))
    @invariant()
    def whoever_approved_did_not_sign(self) -> None:
        for record in map(self.held, self.records):
            if record.circuit is None or record.serial is None:
                continue
            acts = {s.number: (s.act, s.opened_from) for s in record.circuit.stages if s.state == "passed"}
            decided = [
                (acts[s.stage][0], s.ended_by)
                for s in record.steps
                if s.stage in acts and s.number >= acts[s.stage][1] and s.outcome in ("approved", "signed")
            ]
            approved, signed = ({p for a, p in decided if a == act} for act in (APPROVE, SIGN))
            assert not approved & signed
            assert signed
            assert record.drafter not in approved | signed


def _left(record: Record) -> list[int]:
    """The stages that are not over."""
    stages = record.circuit.stages if record.circuit is not None else ()
    return [s.number for s in stages if s.state in ("waiting", "open")] or [0]


def _root(record: Record, step: Step) -> Step:
    """The step from which *step* was asked: a seat, or the drafter's."""
    while step.parent is not None:
        step = record.steps[step.parent - 1]
    return step
