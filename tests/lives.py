################################################################
# The life of a record, for all orders of commands: a state machine that plays an office of people at random
################################################################
#
# Rule 1: commands are given by anybody, on any step, well-formed or not; what is accepted has happened.
# Rule 2: what must hold is said once, here. tests/registry plays it in memory; tests/store plays it on a store, where
#         `take` is the service's and what is kept is compared as well.

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from registry.commands import (
    Acknowledge,
    Annotate,
    Approve,
    Close,
    Command,
    Complete,
    ConfirmSender,
    HandIn,
    NoteAnnexFetched,
    NoteAnnexRefused,
    NoteCopy,
    NoteMail,
    NoteReplyDrafted,
    NoteReplySent,
    NoteStuck,
    Quarantine,
    Refer,
    Register,
    Release,
    Return,
)
from registry.decide import decide
from registry.decisions import Accepted, Decision
from registry.effects import AskAction
from registry.events import Released
from registry.mail import Address, Mail
from registry.office import SYSTEM
from registry.record import DONE, OPEN, Record, Step, asked_people, fold, holders, missing_annexes
from registry.rights import may_act
from registry.vocabulary import DISPOSITIONS, FOR_MISSING_FILE, Verb
from tests.values import ANNEX, CLOUD_FILE, FORWARDED, OFFICE, PEOPLE, Desk, forwarded, mail

LETTERS: dict[str, Mail] = {
    "forwarded": forwarded(),
    "from outside": mail(),
    "secret": mail(subject="سري: كشف الرواتب"),
    "a secret forward": forwarded(text=FORWARDED.replace("طلب مستندات", "سري - طلب مستندات")),
    "with links": forwarded(parts=(CLOUD_FILE, ANNEX, CLOUD_FILE), remarks=("incomplete.cloud",)),
    "quarantined": mail(unreadable=("quarantine.encrypted",)),
}
SOMEBODY = st.sampled_from([*PEOPLE, "ghost"])
COLLEAGUE = st.sampled_from([*PEOPLE, "ghost", None])
UNIT = st.sampled_from([*OFFICE.units, None])
ASKED = st.sampled_from([*DISPOSITIONS, "for_fun"])
STEP = st.integers(0, 30)
NOTE = st.sampled_from([None, "", "  ", "تم", "ينقصه المرفق", "a\x00b\ud800"])
VERBS: dict[type[Any], Verb] = {
    Acknowledge: Verb.ACKNOWLEDGE,
    Complete: Verb.COMPLETE,
    Approve: Verb.APPROVE,
    Return: Verb.RETURN,
    Close: Verb.CLOSE,
    Refer: Verb.REFER,
    Annotate: Verb.ANNOTATE,
    Release: Verb.REGISTER,
    ConfirmSender: Verb.CORRECT,
}


class Life(RuleBasedStateMachine):
    """One record among the people of tests/values.py."""

    desk: Desk

    def begin(self) -> None:
        """Make `self.desk`. A machine on a store makes its record there as well."""
        self.desk = Desk()

    def take(self, command: Command) -> Decision:
        """Have *command* decided on. A machine on a store takes it there as well."""
        return self.desk.take(command)

    # ------------------------------------------------------------ what happens

    @initialize(which=st.sampled_from(sorted(LETTERS)))
    def a_mail_comes_in(self, which: str) -> None:
        self.begin()
        letter, r = LETTERS[which], self.desk.record_id
        command: Command = (
            Quarantine(record_id=r, mail=letter, reasons=letter.unreadable, serial=1)
            if letter.unreadable
            else Register(record_id=r, mail=letter, serial=1)
        )
        self.ended_steps: dict[int, Step] = {}
        assert isinstance(self.take(command), Accepted)

    def ask(self, command: Command) -> None:
        """Somebody wants something: it is taken, and what must hold of the decision is checked."""
        before = self.desk.held
        now = self.desk.now
        decision = self.take(command)
        if not isinstance(decision, Accepted):
            assert self.desk.held == before
            return
        after = self.desk.held
        assert all(e.at == now and e.by in (getattr(command, "by", SYSTEM), SYSTEM) for e in decision.events)
        self.was_allowed(command, before)
        self.everyone_newly_asked_gets_a_card(decision, before, after)
        again = decide(command, after, OFFICE, self.desk.now)
        assert not isinstance(again, Accepted), f"{command} was accepted twice"

    def was_allowed(self, command: Command, before: Record) -> None:
        if (verb := VERBS.get(type(command))) is None:
            return
        person = PEOPLE[getattr(command, "by")]  # noqa: B009
        assert may_act(person, before, verb, self.desk.now, getattr(command, "step", None)), command

    def everyone_newly_asked_gets_a_card(self, decision: Accepted, before: Record, after: Record) -> None:
        new = [s for s in after.steps[len(before.steps) :] if s.state == OPEN]
        due = {(s.number, p.person_id) for s in new for p in asked_people(s, OFFICE)}
        assert {(e.step, e.person) for e in decision.effects if isinstance(e, AskAction)} == due

    @rule(by=SOMEBODY, step=STEP, asked=ASKED, to=COLLEAGUE, unit=UNIT, note=NOTE)
    def somebody_refers(
        self, by: str, step: int, asked: str, to: str | None, unit: str | None, note: str | None
    ) -> None:
        r = self.desk.record_id
        self.ask(Refer(record_id=r, step=step, by=by, asked=asked, to_person=to, to_unit=unit, note=note))

    @rule(kind=st.sampled_from([Complete, Approve, Return, Close]), by=SOMEBODY, step=STEP, note=NOTE)
    def somebody_ends_a_step(self, kind: type[Complete], by: str, step: int, note: str | None) -> None:
        self.ask(kind(record_id=self.desk.record_id, step=step, by=by, note=note))

    @rule(by=SOMEBODY, step=STEP)
    def somebody_acknowledges(self, by: str, step: int) -> None:
        self.ask(Acknowledge(record_id=self.desk.record_id, step=step, by=by))

    @rule(by=SOMEBODY, note=NOTE, final=st.booleans())
    def somebody_writes_a_note(self, by: str, note: str | None, final: bool) -> None:
        self.ask(Annotate(record_id=self.desk.record_id, by=by, note=note, final=final))

    @rule(by=SOMEBODY, again=st.integers(0, 3), subject=NOTE)
    def somebody_releases_it(self, by: str, again: int, subject: str | None) -> None:
        """A quarantined mail; a letter is not to be released."""
        as_record = f"{self.desk.record_id}-released-{len(self.desk.events)}-{again}"
        self.ask(Release(record_id=self.desk.record_id, by=by, as_record=as_record, subject=subject, serial=1))

    @rule(by=SOMEBODY, name=NOTE)
    def somebody_says_whose_letter_it_is(self, by: str, name: str | None) -> None:
        self.ask(ConfirmSender(record_id=self.desk.record_id, by=by, sender=Address(name or "", "")))

    @precondition(lambda self: not self.desk.held.ended)
    @rule(data=st.data(), asked=ASKED, note=NOTE)
    def a_holder_goes_on(self, data: st.DataObject, asked: str, note: str | None) -> None:
        """Whose turn it is does something, so that lives get long."""
        holder = data.draw(st.sampled_from(holders(self.desk.held)))
        by = holder.person or data.draw(st.sampled_from(["noura", "abdullah"]))
        r, n, words = self.desk.record_id, holder.step, note or "كلام"
        to = data.draw(st.sampled_from(sorted(PEOPLE)))
        ways: list[Command] = [
            Refer(record_id=r, step=n, by=by, asked=asked, to_person=to),
            Refer(record_id=r, step=n, by=by, asked="for_action", to_person=to),
            Complete(record_id=r, step=n, by=by, note=words),
            Approve(record_id=r, step=n, by=by, note=note),
            Return(record_id=r, step=n, by=by, note=words),
        ]
        self.ask(data.draw(st.sampled_from(ways)))

    @rule(number=st.integers(1, 3), answers=st.booleans())
    def another_mail_comes_in(self, number: int, answers: bool) -> None:
        again = mail(number, item_id=f"again-{number}")
        r = self.desk.record_id
        self.ask(NoteMail(record_id=r, mail=again, answers="<1@x>") if answers else NoteCopy(record_id=r, mail=again))

    @rule(annex=st.integers(0, 3), had=st.booleans())
    def a_link_is_followed(self, annex: int, had: bool) -> None:
        r, file = self.desk.record_id, replace(ANNEX, sha256=f"{annex:064x}")
        refused = NoteAnnexRefused(record_id=r, annex=annex, reason="file.gone")
        self.ask(NoteAnnexFetched(record_id=r, annex=annex, file=file) if had else refused)

    @rule(by=SOMEBODY, number=st.integers(0, 3))
    def somebody_hands_in_a_file(self, by: str, number: int) -> None:
        file = replace(ANNEX, sha256=f"{number:064x}")
        self.ask(HandIn(record_id=self.desk.record_id, by=by, files=(file,)))

    @rule(sent=st.booleans(), number=st.integers(1, 2))
    def the_reply_goes_its_way(self, sent: bool, number: int) -> None:
        fields: dict[str, str] = {"record_id": self.desk.record_id, "mailbox": "m", "item_id": f"draft-{number}"}
        self.ask(NoteReplySent(**fields, internet_message_id="<r@m>") if sent else NoteReplyDrafted(**fields))

    @rule(effect=st.sampled_from(["AskAction", "DraftReply"]))
    def an_effect_gets_stuck(self, effect: str) -> None:
        self.ask(NoteStuck(record_id=self.desk.record_id, effect=effect, reason="stuck.mistaken"))

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_record_is_the_fold_of_its_events(self) -> None:
        assert fold(self.desk.record_id, self.desk.events) == self.desk.held
        assert self.desk.held.version == len(self.desk.events)

    @invariant()
    def somebody_holds_an_open_record_and_nobody_one_that_has_ended(self) -> None:
        turns = [(h.person, h.unit) for h in holders(self.desk.held)]
        assert len(turns) == (0 if self.desk.held.ended else 1)

    @invariant()
    def no_step_is_decided_twice(self) -> None:
        for number, step in self.ended_steps.items():
            assert self.desk.held.step(number) == step
        self.ended_steps |= {s.number: s for s in self.desk.held.steps if s.state == DONE}

    @invariant()
    def a_mail_is_released_once_and_is_a_letter_no_longer_kept_apart(self) -> None:
        released = [e for e in self.desk.events if isinstance(e, Released)]
        assert len(released) == (self.desk.held.released_as is not None) <= self.desk.held.ended
        assert not released or not self.desk.held.rules.listed

    @invariant()
    def a_record_says_that_it_is_incomplete_while_a_link_waits(self) -> None:
        record = self.desk.held
        asked = [s for s in record.steps if s.asked == FOR_MISSING_FILE and s.cause == "rule"]
        if record.rules.listed:
            assert ("incomplete.cloud" in record.reasons) == bool(missing_annexes(record))
        assert missing_annexes(record) or all(s.state == DONE for s in asked)

    @invariant()
    def closed_is_closed(self) -> None:
        record = self.desk.held
        closings = [type(e).__name__ for e in self.desk.events].count("Closed")
        assert closings == record.ended
        assert not record.ended or all(s.state == DONE for s in record.steps if s.custody)

    @invariant()
    def steps_are_numbered_and_point_only_at_earlier_ones(self) -> None:
        for number, step in enumerate(self.desk.held.steps, start=1):
            assert step.number == number
            assert all(n < number for n in (*step.answers, step.parent or 0, step.resumes or 0))
