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
    AwaitReply,
    Circulate,
    Close,
    Command,
    Complete,
    ConfirmSender,
    Correct,
    File,
    HandIn,
    JoinMatter,
    LeaveMatter,
    NoteAnnexFetched,
    NoteAnnexRefused,
    NoteCopy,
    NoteMail,
    NoteMatter,
    NoteOpened,
    NoteRelation,
    NoteReplyDrafted,
    NoteReplySent,
    NoteStuck,
    Quarantine,
    Recall,
    Refer,
    Register,
    Reject,
    Relate,
    Release,
    Reopen,
    Return,
    Unrelate,
    Void,
)
from registry.decide import decide
from registry.decisions import Accepted, Decision
from registry.effects import AskAction
from registry.events import Released
from registry.mail import Address, Mail
from registry.office import SYSTEM
from registry.record import DONE, OPEN, Link, Record, Step, asked_people, fold, holders, missing_annexes
from registry.rights import may_act
from registry.vocabulary import (
    CONFIDENTIALITIES,
    DISPOSITIONS,
    FOR_MISSING_FILE,
    INVERSE,
    URGENCIES,
    Status,
    Verb,
    may_see,
)
from tests.values import ANNEX, CLOUD_FILE, FORWARDED, OFFICE, PEOPLE, Desk, forwarded, mail, registered

LETTERS: dict[str, Mail] = {
    "forwarded": forwarded(),
    "from outside": mail(),
    "secret": mail(subject="سري: كشف الرواتب"),
    "a secret forward": forwarded(text=FORWARDED.replace("طلب مستندات", "سري - طلب مستندات")),
    "with links": forwarded(parts=(CLOUD_FILE, ANNEX, CLOUD_FILE), remarks=("incomplete.cloud",)),
    "quarantined": mail(unreadable=("quarantine.encrypted",)),
}
OTHER = replace(
    registered(mail(7)).held,
    record_id="other",
    reference="س.ع/و/7/2026",
    serial=7,
    steps=tuple(replace(registered().held.steps[0], to_person=p, number=n) for n, p in enumerate(PEOPLE, start=1)),
)
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
    Correct: Verb.CORRECT,
    Reject: Verb.REJECT,
    File: Verb.FILE,
    Recall: Verb.RECALL,
    Circulate: Verb.REFER,
    AwaitReply: Verb.REFER,
    Void: Verb.VOID,
    Reopen: Verb.REOPEN,
    Relate: Verb.LINK,
    Unrelate: Verb.LINK,
    JoinMatter: Verb.LINK,
    LeaveMatter: Verb.LINK,
}
ENDINGS = ("Closed", "Voided")


class Life(RuleBasedStateMachine):
    """One record among the people of tests/values.py."""

    desk: Desk

    def begin(self) -> None:
        """Make `self.desk`. A machine on a store makes its record there as well."""
        self.desk = Desk()

    def take(self, command: Command) -> Decision:
        """Have *command* decided on. A machine on a store takes it there as well."""
        return self.desk.take(command)

    def other(self) -> Record:
        """Another record, which everybody may read. A machine on a store keeps it there."""
        return OTHER

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
        if isinstance(command, JoinMatter):
            return  # what `take` finds the second time is not what it found the first
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

    @rule(kind=st.sampled_from([Complete, Approve, Return, Close, Reject, File]), by=SOMEBODY, step=STEP, note=NOTE)
    def somebody_ends_a_step(self, kind: type[Complete], by: str, step: int, note: str | None) -> None:
        self.ask(kind(record_id=self.desk.record_id, step=step, by=by, note=note))

    @rule(by=SOMEBODY, step=STEP, note=NOTE)
    def somebody_takes_back_what_they_asked(self, by: str, step: int, note: str | None) -> None:
        opened = {s.number for s in self.desk.held.steps if s.read_at is not None}
        self.ask(Recall(record_id=self.desk.record_id, step=step, by=by, note=note))
        recalled = {s.number for s in self.desk.held.steps if s.outcome == "recalled" and s.ended_by == by}
        assert not recalled & opened, "what was opened was taken back"

    @rule(data=st.data(), note=NOTE)
    def whoever_asked_takes_it_back(self, data: st.DataObject, note: str | None) -> None:
        asked = [s for s in self.desk.held.open_steps if s.cause == "person"]
        if asked:
            step = data.draw(st.sampled_from(asked))
            self.somebody_takes_back_what_they_asked(step.opened_by, step.number, note)

    @rule(by=SOMEBODY, step=STEP)
    def somebody_looks_at_a_card(self, by: str, step: int) -> None:
        self.ask(NoteOpened(record_id=self.desk.record_id, step=step, by=by))

    @rule(
        by=SOMEBODY,
        note=NOTE,
        subject=NOTE,
        urgency=st.sampled_from([None, *URGENCIES, "at once"]),
        level=st.sampled_from([None, *CONFIDENTIALITIES, "hush"]),
    )
    def somebody_puts_it_right(
        self, by: str, note: str | None, subject: str | None, urgency: str | None, level: str | None
    ) -> None:
        r = self.desk.record_id
        self.ask(Correct(record_id=r, by=by, note=note, subject=subject, urgency=urgency, confidentiality=level))

    @rule(by=SOMEBODY, note=NOTE, often=st.integers(0, 4))
    def somebody_voids_it(self, by: str, note: str | None, often: int) -> None:
        if not often:  # else few lives would get long
            self.ask(Void(record_id=self.desk.record_id, by=by, note=note))

    @rule(by=SOMEBODY, note=NOTE)
    def somebody_opens_it_again(self, by: str, note: str | None) -> None:
        self.ask(Reopen(record_id=self.desk.record_id, by=by, note=note))

    @rule(by=SOMEBODY, step=STEP, units=st.lists(UNIT.map(lambda u: u or "nowhere"), max_size=3))
    def somebody_circulates_it(self, by: str, step: int, units: list[str]) -> None:
        self.ask(Circulate(record_id=self.desk.record_id, step=step, by=by, to_units=tuple(units)))

    @rule(by=SOMEBODY, step=STEP, to=COLLEAGUE)
    def somebody_awaits_a_reply(self, by: str, step: int, to: str | None) -> None:
        self.ask(AwaitReply(record_id=self.desk.record_id, step=step, by=by, to_person=to))

    @rule(by=SOMEBODY, kind=st.sampled_from([Relate, Unrelate]), relation=st.sampled_from([*INVERSE, "likes"]))
    def somebody_links_it(self, by: str, kind: type[Relate], relation: str) -> None:
        other = self.other()
        self.ask(kind(record_id=self.desk.record_id, by=by, to_record=other.record_id, relation=relation, other=other))

    @rule(by=SOMEBODY, relation=st.sampled_from([*INVERSE]), ended=st.booleans())
    def it_is_linked_from_the_other_side(self, by: str, relation: str, ended: bool) -> None:
        there = self.other()
        link = Link(record_id=there.record_id, reference=there.reference, how=relation)
        self.ask(NoteRelation(record_id=self.desk.record_id, by=by, link=link, ended=ended))

    @rule(by=SOMEBODY, number=st.integers(1, 2))
    def somebody_joins_it_to_a_matter(self, by: str, number: int) -> None:
        other = self.other()
        r = self.desk.record_id
        ask = JoinMatter(record_id=r, by=by, to_record=other.record_id, other=other, matter_id=f"{r}-m{number}")
        self.ask(ask)

    @rule(by=SOMEBODY, number=st.integers(1, 2))
    def it_comes_along_into_a_matter(self, by: str, number: int) -> None:
        r = self.desk.record_id
        self.ask(NoteMatter(record_id=r, by=by, matter_id=f"{r}-m{number}", reference=self.other().reference))

    @rule(by=SOMEBODY, note=NOTE)
    def somebody_takes_it_out_of_its_matter(self, by: str, note: str | None) -> None:
        self.ask(LeaveMatter(record_id=self.desk.record_id, by=by, note=note))

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
            Reject(record_id=r, step=n, by=by, note=words),
            File(record_id=r, step=n, by=by, note=note),
            AwaitReply(record_id=r, step=n, by=by, to_person=to),
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
        types = [type(e).__name__ for e in self.desk.events]
        assert sum(map(types.count, ENDINGS)) == types.count("Reopened") + record.ended
        assert (record.status is Status.VOIDED) == ("Voided" in types)
        assert not record.ended or all(s.state == DONE for s in record.steps if s.custody)

    @invariant()
    def whoever_holds_it_may_see_it_or_keeps_the_register(self) -> None:
        """Where a letter came in secret, or was marked so later."""
        for holder in holders(self.desk.held):
            person = OFFICE.person(holder.person)
            assert person is None or may_see(person.clearance, self.desk.held.confidentiality)

    @invariant()
    def a_record_that_waits_for_a_reply_says_so(self) -> None:
        waits = any(s.awaits for s in self.desk.held.open_steps)
        assert not waits or self.desk.held.status is Status.AWAITING_REPLY

    @invariant()
    def a_link_stands_once(self) -> None:
        said = [(link.record_id, link.how) for link in self.desk.held.links]
        assert len(said) == len(set(said))

    @invariant()
    def steps_are_numbered_and_point_only_at_earlier_ones(self) -> None:
        for number, step in enumerate(self.desk.held.steps, start=1):
            assert step.number == number
            assert all(n < number for n in (*step.answers, step.parent or 0, step.resumes or 0))
