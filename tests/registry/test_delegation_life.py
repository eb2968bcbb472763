"""For all orders of delegating, returning, escalating and acting: one set of holders, no decision twice, none by
somebody who may not. Who may is said by the brute-force oracle, not by the rules that are tried."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from registry.commands import Approve, Close, Command, Complete, NoteOpened, Recall, Refer, Reject, Remind, Return
from registry.decisions import Accepted
from registry.delegating import (
    AcceptDelegation,
    DeclineDelegation,
    Delegate,
    DelegationCommand,
    EndDelegation,
    KeepTime,
)
from registry.delegation_sheet import fold_delegation
from registry.record import DONE, Step, fold, holders
from registry.vocabulary import Verb
from registry.working_time import DueRules
from tests.registry.test_delegating import Book
from tests.registry.verbs_oracle import Whole
from tests.values import OFFICE, PEOPLE, UNITS, Desk, forwarded, registered

SOMEBODY = st.sampled_from(["huda", "omar", "salem", "laila", "noura"])
HOURS = st.integers(-2, 30)
ANSWERS = [AcceptDelegation, DeclineDelegation, EndDelegation]
ASKED = st.sampled_from(["for_action", "for_study_opinion", "for_information"])
UNDER = {**UNITS, "finance": replace(UNITS["finance"], under="legal")}
START = replace(OFFICE, units=UNDER, due=DueRules(days=(("", "", 1),)))
WAYS: dict[type[Command], Verb] = {
    Approve: Verb.APPROVE,
    Complete: Verb.COMPLETE,
    Return: Verb.RETURN,
    Close: Verb.CLOSE,
    Refer: Verb.REFER,
    Reject: Verb.REJECT,
    Recall: Verb.RECALL,
}


class ActingForAnother(RuleBasedStateMachine):
    """One record, five people, any number of delegations."""

    desk: Desk
    book: Book

    @initialize()
    def a_letter_comes_in(self) -> None:
        self.book = Book(START)
        self.desk = registered(forwarded(), START)
        self.ended: dict[int, Step] = {}
        self._tell()

    def _tell(self) -> None:
        """Record and delegations live in one office, at one instant."""
        self.book.now = self.desk.now
        self.desk.office = self.book.office

    def _ask(self, command: DelegationCommand) -> None:
        self.book.take(command)
        self._tell()

    # ------------------------------------------------------------ delegations

    @rule(
        giver=SOMEBODY, taker=SOMEBODY, starts=HOURS, lasts=st.integers(1, 40), on=st.booleans(), now=st.booleans(),
        secrecy=st.sampled_from(["normal", "restricted"]),
    )  # fmt: skip
    def somebody_delegates(
        self, giver: str, taker: str, starts: int, lasts: int, on: bool, now: bool, secrecy: str
    ) -> None:
        first = self.desk.now + timedelta(hours=0 if now else starts)
        number = f"d{len(self.book.known)}"
        ask = Delegate(
            delegation_id=number,
            by=giver,
            from_person=giver,
            to_person=taker,
            starts=first,
            until=first + timedelta(hours=lasts),
            may_pass_on=on,
            secrecy=secrecy,
        )
        self._ask(ask)
        if now:
            self._ask(AcceptDelegation(delegation_id=number, by=taker))

    @rule(number=st.integers(0, 6), by=SOMEBODY, what=st.sampled_from(ANSWERS))
    def somebody_answers_or_ends_one(self, number: int, by: str, what: type[AcceptDelegation]) -> None:
        self._ask(what(delegation_id=f"d{number}", by=by))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.desk.now += timedelta(hours=hours)
        self._tell()
        for number in list(self.book.known):
            self._ask(KeepTime(delegation_id=number))

    # ------------------------------------------------------------ the record

    @rule(data=st.data(), way=st.sampled_from(sorted(WAYS, key=str)), by=SOMEBODY, to=SOMEBODY, asked=ASKED)
    def somebody_acts(self, data: st.DataObject, way: type[Command], by: str, to: str, asked: str) -> None:
        step = data.draw(st.integers(1, len(self.desk.held.steps)))
        self._try(way, step, by, to, asked)

    @rule(data=st.data(), way=st.sampled_from([Refer, Refer, Complete, Approve, Return, Reject]), to=SOMEBODY)
    def one_of_those_who_may_acts(self, data: st.DataObject, way: type[Command], to: str) -> None:
        """So that lives get long: the holder, or somebody who stands in for them."""
        turns = holders(self.desk.held)
        if not turns:
            return
        turn = data.draw(st.sampled_from(turns))
        step = self.desk.held.step(turn.step)
        assert step is not None
        oracle = Whole(self.desk.office, self.desk.now)
        able = [who for who in PEOPLE if who == turn.person or oracle.stands_in(who, self.desk.held, step)]
        self._try(way, turn.step, data.draw(st.sampled_from(able or ["noura"])), to, "for_action")

    def _try(self, way: type[Command], step: int, by: str, to: str, asked: str) -> None:
        before, now = self.desk.held, self.desk.now
        command: Command
        if way is Refer:
            command = Refer(record_id="r1", step=step, by=by, asked=asked, to_person=to)
        else:
            command = way(record_id="r1", step=step, by=by, note="كلام")  # type: ignore[call-arg]
        oracle = Whole(self.desk.office, now)
        decision = self.desk.take(command)
        allowed = oracle.may(by, before, WAYS[way], step)
        if not isinstance(decision, Accepted):
            assert self.desk.held == before
            return
        assert allowed, (command, before.steps[step - 1], self.desk.office.delegations)
        asked_step = before.steps[step - 1]
        for event in decision.events:
            if event.by == by:
                own = way is Recall or asked_step.to_person in (by, None)
                assert event.on_behalf_of == (None if own else asked_step.to_person)
        self._tell()

    @rule(data=st.data(), by=SOMEBODY, asker=st.booleans())
    def somebody_takes_back_what_was_asked(self, data: st.DataObject, by: str, asker: bool) -> None:
        step = data.draw(st.sampled_from(self.desk.held.steps))
        self._try(Recall, step.number, step.opened_by if asker and step.opened_by in PEOPLE else by, by, "for_action")

    @rule(data=st.data())
    def whoever_is_asked_looks(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.desk.held.steps))
        self.desk.take(NoteOpened(record_id="r1", step=step.number, by=step.to_person or "noura"))
        self._tell()

    @rule()
    def what_is_late_is_escalated(self) -> None:
        for step in self.desk.held.open_steps:
            self.desk.take(Remind(record_id="r1", step=step.number))
        self._tell()

    # ------------------------------------------------------------ what must hold

    @invariant()
    def one_holds_an_open_record_and_nobody_one_that_has_ended(self) -> None:
        turns = {(h.person, h.unit) for h in holders(self.desk.held)}
        assert len(turns) == (0 if self.desk.held.ended else 1)

    @invariant()
    def no_step_is_decided_twice(self) -> None:
        for number, step in self.ended.items():
            assert self.desk.held.step(number) == step
        self.ended |= {s.number: s for s in self.desk.held.steps if s.state == DONE}

    @invariant()
    def record_and_delegations_are_the_folds_of_their_events(self) -> None:
        assert fold("r1", self.desk.events) == self.desk.held
        for number, delegation in self.book.known.items():
            assert fold_delegation(number, self.book.events[number]) == delegation

    @invariant()
    def nobody_acts_for_another_outside_of_a_time_that_both_agreed_to(self) -> None:
        for person in map(self.desk.office.person, PEOPLE):
            assert person is not None
            for standing in person.stands_for:
                links = [self.book.known[number] for number in standing.via]
                if standing.works(self.desk.now):
                    assert all(link.works(self.desk.now) for link in links)
                assert standing.for_person != person.person_id


TestActingForAnother = ActingForAnother.TestCase
TestActingForAnother.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
