################################################################
# Who may do every verb there is, by brute force: the rest of the prose, and the lives on which it is asked
################################################################
#
# The prose, beyond that of acting_oracle.py. Whoever was taken back from before they looked does not read the record.
# A record is corrected by a clerk of its register, cleared for it, until it is void. A letter is voided by such a clerk
# while it is open; opened again by such a clerk or by whoever ended it, once it is closed and not void and no letter
# was made of it; linked until it is void by such a clerk or by whoever holds it; filed, once it is closed, by such a
# clerk. What somebody asked, they take back until it was looked at, passed on or ended; a register may take back what
# was asked from what was put before it. To refuse is to decide: not for another, on what either of them wrote.
#
# Of what we issue: its drafter words it and gives it up, until it has a number. Nobody initials, approves, signs or
# refuses what they drafted, nor gives the opinion that the circuit asks for; nor does anybody decide for another on
# what that other, or one between them, drafted. Signed is at one's level or below, by somebody who did not approve it,
# nor had it approved by another for them; who acts for another counts as that other, too, and as all between them.
# What goes out is sent again by whoever is asked to dispatch it, or by a clerk of a register that has it, until it is
# void.
# The way is added to by its drafter, by those of the drafter's unit who sign, and by whoever is asked now to initial,
# to approve or to sign; a stage is left out by the same without the drafter. What is on its way is called back by its
# drafter, or by whoever alone sent it on, while nobody who is asked now has looked or acted. It is voided once it has a
# number, by whoever signed it or by a clerk of its register. Only a register ends it.

import random
from dataclasses import replace
from typing import Any

from registry.circuit_commands import Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.circuits import APPROVE, INITIAL, OPINION, PERSON, SIGN, CircuitRule, Circuits, StageRule, Who
from registry.commands import (
    Approve,
    AwaitReply,
    Circulate,
    Close,
    Complete,
    Correct,
    File,
    NoteOpened,
    Recall,
    Refer,
    Reject,
    Reopen,
    Return,
    Void,
)
from registry.office import Office, Person
from registry.record import Record, Step
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS, KINDS, Status, Verb
from tests.circuit_values import LEVELS, draft, laid_down
from tests.registry.acting_oracle import LEVEL, Oracle
from tests.values import HUDA, NOON, OMAR, PEOPLE, Desk, forwarded, mail, registered

ACT = {INITIAL: Verb.INITIAL, OPINION: Verb.COMPLETE, APPROVE: Verb.APPROVE, SIGN: Verb.SIGN}
SEAT = {"for_initial": INITIAL, "for_study_opinion": OPINION, "for_approval": APPROVE, "for_signature": SIGN}
TO_DECIDE = (Verb.INITIAL, Verb.APPROVE, Verb.SIGN, Verb.REJECT)


class Whole(Oracle):
    """Answers for every verb, of a letter and of what we issue."""

    def may(self, who: str, record: Record, verb: Verb, number: int | None) -> bool:
        person = self.office.people[who]
        if not person.active or verb not in KINDS[record.kind].verbs:
            return False
        ours, clerk = KINDS[record.kind].issued, self._keeps(person, record.registry_unit_id)
        void, over = record.status == Status.VOIDED, record.ended
        if verb is Verb.CORRECT and void:
            return False
        if verb is Verb.REPLY:
            return not void and super().may(who, record, Verb.READ, number)
        if verb in (Verb.READ, Verb.ANNOTATE, Verb.REGISTER, Verb.CORRECT):
            return super().may(who, record, verb, number)
        cleared = LEVEL[person.clearance] >= LEVEL[record.confidentiality]
        if not cleared and not any(self._keeps(person, unit) for unit in self._registers(record)):
            return False
        asked = record.steps[number - 1] if number is not None and 0 < number <= len(record.steps) else None
        match verb:
            case Verb.EDIT | Verb.WITHDRAW:
                return not over and record.serial is None and record.drafter == who
            case Verb.INSERT | Verb.SKIP:
                return not over and self._changes_the_way(person, record, verb)
            case Verb.VOID if ours:
                return record.serial is not None and not void and (clerk or record.signed_by == who)
            case Verb.VOID:
                return clerk and not over
            case Verb.REOPEN:
                closed = record.status in (Status.CLOSED, Status.ARCHIVED) and record.released_as is None
                return closed and (clerk or record.ended_by == who)
            case Verb.LINK:
                return not void and (clerk or any(self._has(person, record, s) and _holds(s) for s in record.steps))
            case Verb.RESEND:
                dispatches = any(self._has(person, record, s) and s.cause == "dispatch" for s in record.steps)
                return not void and (dispatches or any(self._keeps(person, u) for u in self._registers(record)))
            case Verb.FILE if number == 0:
                return clerk and record.status == Status.CLOSED
            case Verb.RECALL:
                if ours and record.serial is None and (asked is None or asked.cause != "person"):
                    known = number is None or asked is not None
                    return known and not over and self._calls_back(who, record)
                if number is None:
                    return any(self._takes_back(person, record, s) for s in record.steps)
                return asked is not None and self._takes_back(person, record, asked)
        if number is None:
            return any(self._ends(person, record, verb, s) for s in record.steps)
        return asked is not None and self._ends(person, record, verb, asked)

    def _reads(self, person: Person, record: Record) -> bool:
        unseen = [s for s in record.steps if s.outcome == "recalled" and s.read_at is None]
        rest = tuple(replace(s, to_person="nobody") if s in unseen and s.to_person else s for s in record.steps)
        return super()._reads(person, replace(record, steps=rest))

    # ------------------------------------------------------------ steps

    def _has(self, person: Person, record: Record, step: Step) -> bool:
        if step.state != "open":
            return False
        if step.to_person is None:
            return self._keeps(person, step.to_unit)
        return step.to_person == person.person_id or bool(self.stands_in(person.person_id, record, step))

    def _ends(self, person: Person, record: Record, verb: Verb, step: Step) -> bool:
        seat = step.stage is not None
        if not self._has(person, record, step):
            return False
        if verb in TO_DECIDE and self._barred(person, record, step):
            return False
        if KINDS[record.kind].issued:
            those = self._those(person, record, step)
            if record.drafter in those and (verb in TO_DECIDE or (verb is Verb.COMPLETE and seat)):
                return False
            if verb is Verb.CLOSE and step.to_person is not None:
                return False
            if verb is Verb.SIGN and (person.signs < max(record.level, 1) or those & self._approved(record)):
                return False
        row, register = DISPOSITIONS[step.asked], step.to_person is None
        if verb is Verb.REFER:
            return _holds(step)
        if verb is Verb.RETURN:
            return _holds(step) and not register and step.asked != "for_drafting"
        if seat:
            return verb is ACT[SEAT[step.asked]] or (verb is Verb.REJECT and SEAT[step.asked] != OPINION)
        if verb is Verb.CLOSE:
            return _holds(step) and step.parent is None
        return not (register and _holds(step)) and verb in row.closed_by

    def _barred(self, person: Person, record: Record, step: Step) -> bool:
        """Whether they would decide for another on what one of them wrote."""
        if step.to_person in (None, person.person_id):
            return False
        people = self._those(person, record, step)
        mine = record.forwarded_by == person.person_id
        return mine or record.drafter in people or self._wrote(people, record, step)

    def _those(self, person: Person, record: Record, step: Step) -> set[str]:
        """Who would end the step, for whom, and through whom."""
        if step.to_person in (None, person.person_id):
            return {person.person_id}
        rows = self.stands_in(person.person_id, record, step)
        row = min(rows, key=lambda r: (len(r), [d.delegation_id for d in r]))
        return {person.person_id, *(d.from_person for d in row)}

    def _takes_back(self, person: Person, record: Record, step: Step) -> bool:
        if step.cause != "person" or step.state == "done":
            return False
        from_step = record.steps[step.resumes - 1] if step.resumes else None
        asked_it = person.person_id in (step.opened_by, step.opened_for)
        if from_step is not None and from_step.to_person is None and self._keeps(person, from_step.to_unit):
            asked_it = True
        passed_on = any(s.parent == step.number and s.cause == "person" for s in record.steps)
        return asked_it and step.read_at is None and not passed_on

    # ------------------------------------------------------------ circuits

    def _approved(self, record: Record) -> set[str | None]:
        stages = record.circuit.stages if record.circuit is not None else ()
        opened = {s.number: s.opened_from for s in stages if s.act == APPROVE and s.opened_from > 0}
        said = ("initialled", "completed", "approved", "signed")
        ended = [s for s in record.steps if s.stage in opened and s.outcome in said and s.number >= opened[s.stage]]
        return {s.ended_by for s in ended} | {s.ended_for for s in ended if s.ended_for}

    def _changes_the_way(self, person: Person, record: Record, verb: Verb) -> bool:
        if record.serial is not None or record.circuit is None:
            return False
        if record.drafter == person.person_id:
            return verb is Verb.INSERT
        if person.signs > 0 and person.unit_id == record.registry_unit_id:
            return True
        now = [s for s in record.circuit.stages if s.state == "open"]
        sits = any(s.stage and s.state == "open" and s.to_person == person.person_id for s in record.steps)
        return sits and any(s.act != OPINION for s in now)

    def _calls_back(self, who: str, record: Record) -> bool:
        stages = record.circuit.stages if record.circuit is not None else ()
        now = next((n for n, s in enumerate(stages) if s.state == "open"), None)
        if now is None:
            return False
        asked = [s for s in record.steps if s.stage == stages[now].number and s.number >= stages[now].opened_from]
        if any(s.state != "open" or s.read_at is not None for s in asked):
            return False
        if record.drafter == who:
            return True
        before = [s for s in stages[:now] if s.state == "passed"]
        if not before:
            return False
        said = ("initialled", "completed", "approved", "signed")
        sent_on = [
            s.ended_by for s in record.steps
            if s.stage == before[-1].number and s.number >= before[-1].opened_from and s.outcome in said
        ]  # fmt: skip
        return sent_on == [who]


def _holds(step: Step) -> bool:
    return DISPOSITIONS[step.asked].custody or step.awaits is not None


# ---------------------------------------------------------------- random lives


def a_letter(rng: random.Random, office: Office) -> Record:
    """A letter on which everything there is was tried, by whoever has it and by others."""
    desk = registered(
        rng.choice((forwarded(), forwarded(sender=OMAR), mail(sender=HUDA))), replace(office, people=PEOPLE)
    )
    for _ in range(rng.randint(0, 9)):
        _somebody_acts(rng, desk)
    return _marked(rng, desk.held)


def _somebody_acts(rng: random.Random, desk: Desk) -> None:
    held, note = desk.held, "كلام"
    step = rng.choice(held.open_steps or held.steps)
    by = (step.to_person or "noura") if rng.random() < 0.8 else rng.choice(list(desk.office.people))
    r, n, to = held.record_id, step.number, rng.choice([*desk.office.people, by])
    asked = rng.choice(("for_action", "for_study_opinion", "for_approval", "for_information", "for_filing"))
    who: dict[str, Any] = {"record_id": r, "step": n, "by": by}
    last = held.steps[-1]
    ways: list[Any] = [
        Refer(**who, asked=asked, to_person=to),
        Refer(**who, asked=asked, to_person=to),
        Complete(**who, note=note),
        Complete(**who, note=note),
        Approve(**who),
        Return(**who, note=note),
        Reject(**who, note=note),
        Close(**who, note=note),
        File(**who, note=note),
        NoteOpened(**who),
        AwaitReply(**who, to_person=to),
        Circulate(**who, to_units=("legal",)),
        Recall(record_id=r, step=last.number, by=last.opened_by, note=note),
        Reopen(record_id=r, by="noura", note=note),
        Correct(record_id=r, by="noura", note=note, confidentiality=rng.choice(CONFIDENTIALITIES[:3])),
    ]
    if rng.random() < 0.04:
        ways = [Void(record_id=r, by="noura", note=note)]
    desk.take(rng.choice(ways))


def an_issuing_office(rng: random.Random) -> Office:
    """The office of tests/circuit_values.py, with a circuit drawn at random."""
    stages = []
    for _ in range(rng.randint(1, 2)):
        act = rng.choice((INITIAL, OPINION, APPROVE, APPROVE))
        stages.append(_stage(rng, act, ["salem", "huda", "noura"] + (["laila", "hessa"] if act != APPROVE else [])))
    stages.append(_stage(rng, SIGN, ["laila", "hessa"]))
    office: Office = replace(laid_down(), circuits=Circuits(rules=(CircuitRule(stages=tuple(stages)),), levels=LEVELS))
    return office


def _stage(rng: random.Random, act: str, among: list[str]) -> StageRule:
    people = rng.sample(among, rng.randint(1, 2))
    return StageRule(act=act, who=tuple(Who(PERSON, p) for p in people), mode=rng.choice(("all", "any")))


def of_ours(rng: random.Random, office: Office, play: Office) -> Record:
    """A record of ours some way along its circuit, played in the office *play*, where everybody is there."""
    kind = rng.choice(("internal_memo", "internal_memo", "decision", "follow_up_letter"))
    outward = {"addressees": (), "party": "ديوان المحاسبة"} if kind == "follow_up_letter" else {}
    desk = Desk(replace(play, delegations=office.delegations), record_id="m1")
    desk.accept(draft("m1", by=rng.choice(("omar", "omar", "salem", "laila")), kind=kind, level=1, **outward))
    for _ in range(rng.randint(0, 12)):
        held, note = desk.held, "كلام"
        if not held.open_steps:
            break
        if rng.random() < 0.1:
            _somebody_acts(rng, desk)
            continue
        step = rng.choice(held.open_steps)
        able = [p for p in desk.office.people if p == step.to_person] or ["noura"]
        by = rng.choice(able) if rng.random() < 0.95 else rng.choice(list(desk.office.people))
        who: dict[str, Any] = {"record_id": "m1", "step": step.number, "by": by}
        on = {
            "for_drafting": Submit(**who),
            "for_initial": Initial(**who),
            "for_study_opinion": Complete(**who, note=note),
            "for_approval": Approve(**who),
            "for_signature": Sign(**who, serial=1),
        }.get(step.asked, Complete(**who, note=note))
        stages = held.circuit.stages if held.circuit is not None else ()
        number = rng.choice([s.number for s in stages] or [1])
        drafter = held.drafter or ""
        rare: list[Any] = [
            Insert(record_id="m1", by=by, act=INITIAL, people=(rng.choice(list(desk.office.people)),), before=number),
            Skip(record_id="m1", by=by, stage=number, note=note),
            Recall(record_id="m1", step=step.number, by=drafter, note=note),
            Return(**who, note=note),
            Reject(**who, note=note),
            Redraft(record_id="m1", by=drafter, subject=held.subject, text="نص آخر", addressees=held.addressees),
            Void(record_id="m1", by=held.signed_by or "huda", note=note),
            Withdraw(record_id="m1", by=drafter, note=note) if rng.random() < 0.2 else NoteOpened(**who),
        ]
        desk.take(rng.choice(rare) if rng.random() < 0.15 else on)
    return _marked(rng, desk.held)


def _marked(rng: random.Random, record: Record) -> Record:
    """With what orderly lives seldom come to: another secrecy, a look at what is asked, others who wrote or decided."""
    steps = list(record.steps)
    for n, step in enumerate(steps):
        if step.state == "open" and rng.random() < 0.2:
            steps[n] = replace(step, read_at=NOON, read_by=step.to_person or "noura")
        if step.stage is not None and step.state == "done" and rng.random() < 0.3:
            steps[n] = replace(
                step, ended_by=rng.choice(("hessa", "laila", "huda")), ended_for=rng.choice((None, "hessa"))
            )
    level = rng.choice(CONFIDENTIALITIES[:4]) if rng.random() < 0.3 else record.confidentiality
    seated = [s.to_person for s in steps if s.stage is not None]
    drafter = rng.choice(seated) if seated and rng.random() < 0.2 else record.drafter
    return replace(record, confidentiality=level, level=rng.choice((0, 1, 2)), steps=tuple(steps), drafter=drafter)
