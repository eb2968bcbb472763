################################################################
# Who may do what, by brute force: written from the rules' prose, without a line of registry/rights.py or delegation.py
################################################################
#
# The prose: somebody may end a step that is put before them by name, or before the register they keep; or before
# somebody for whom they stand in at that instant. They stand in by one, two or three delegations in a row, of different
# people. Each of these was accepted (an order need not be), has begun, is not over and was not ended; each but the last
# says that it may be passed on; each but the first is of a person, not of a post. Whoever gives is still active, unless
# they give a post; whoever takes is. The record's kind is among the kinds of each; the record is no more secret than
# each says, and than everybody in the row is cleared for. Of a post, only what was put before it goes over. Nobody
# approves for another what they, that other or one between them wrote, nor what they themselves put before the office.

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, permutations, product

from registry.commands import Approve, Close, Complete, Refer, Return
from registry.delegation import Delegation
from registry.office import Office, Person
from registry.record import Record, Step
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS, KINDS, Verb
from tests.values import HUDA, LAILA, NOON, OFFICE, OMAR, PEOPLE, Desk, forwarded, mail, registered

LEVEL = {level: n for n, level in enumerate(CONFIDENTIALITIES)}
STEP_VERBS = (Verb.REFER, Verb.ACKNOWLEDGE, Verb.COMPLETE, Verb.RETURN, Verb.APPROVE, Verb.CLOSE)


class Oracle:
    """Answers for one office at one instant."""

    def __init__(self, office: Office, at: datetime) -> None:
        self.office, self.at = office, at
        self.now = [d for d in office.delegations if self._works(d)]

    def _works(self, d: Delegation) -> bool:
        if d.declined or (d.ended_at is not None and self.at >= d.ended_at):
            return False
        if d.order is None and (d.accepted_at is None or self.at < d.accepted_at):
            return False
        return not (self.at < d.starts or self.at >= d.until)

    def rows(self, giver: str, taker: str) -> list[list[Delegation]]:
        """Every row of delegations that leads from the one to the other now."""
        between = [who for who in self.office.people if who not in (giver, taker)]
        found = []
        for many in (0, 1, 2):
            for middle in permutations(between, many):
                people = [giver, *middle, taker]
                links = [[d for d in self.now if (d.from_person, d.to_person) == pair] for pair in pairwise(people)]
                found += [list(row) for row in product(*links) if all(links)]
        return [row for row in found if self._holds(row)]

    def _holds(self, row: list[Delegation]) -> bool:
        for place, d in enumerate(row):
            if place < len(row) - 1 and not d.may_pass_on:
                return False
            if place > 0 and d.post is not None:
                return False
            if not self.office.people[d.to_person].active:
                return False
            if not self.office.people[d.from_person].active and d.post is None:
                return False
        return True

    def stands_in(self, person: str, record: Record, step: Step) -> list[list[Delegation]]:
        if step.to_person is None or step.to_person == person:
            return []
        return [row for row in self.rows(step.to_person, person) if self._covers(row, record, step)]

    def _covers(self, row: list[Delegation], record: Record, step: Step) -> bool:
        if row[0].post is not None and step.to_unit != row[0].post:
            return False
        for d in row:
            if len(d.kinds) > 0 and record.kind not in d.kinds:
                return False
            if LEVEL[record.confidentiality] > LEVEL[d.secrecy]:
                return False
            for who in (d.from_person, d.to_person):
                if LEVEL[record.confidentiality] > LEVEL[self.office.people[who].clearance]:
                    return False
        return True

    # ------------------------------------------------------------ the question

    def may(self, who: str, record: Record, verb: Verb, number: int | None) -> bool:
        person = self.office.people[who]
        if not person.active or verb not in KINDS[record.kind].verbs:
            return False
        cleared = LEVEL[person.clearance] >= LEVEL[record.confidentiality]
        keeps = any(self._keeps(person, unit) for unit in self._registers(record))
        if verb is Verb.READ:
            return cleared and self._reads(person, record)
        if verb is Verb.ANNOTATE:
            return (cleared or keeps) and not record.ended and self._reads(person, record)
        if verb is Verb.REGISTER:
            return (cleared or keeps) and not record.ended and self._keeps(person, record.registry_unit_id)
        if verb is Verb.CORRECT:
            return cleared and self._keeps(person, record.registry_unit_id)
        if not (cleared or keeps):
            return False
        if number is None:
            return any(self._step(person, record, verb, s) for s in record.steps)
        return 0 < number <= len(record.steps) and self._step(person, record, verb, record.steps[number - 1])

    def _keeps(self, person: Person, unit: str) -> bool:
        return person.clerk and person.unit_id == unit

    def _registers(self, record: Record) -> list[str]:
        return [record.registry_unit_id] + [s.to_unit for s in record.steps if s.to_person is None]

    def _reads(self, person: Person, record: Record) -> bool:
        who = person.person_id
        if who == record.forwarded_by or any(s.to_person == who for s in record.steps):
            return True
        for s in record.steps:  # who once acted for somebody knows the record
            if (s.opened_by == who and s.opened_for is not None) or (s.ended_by == who and s.ended_for is not None):
                return True
        if any(self._keeps(person, unit) for unit in self._registers(record)):
            return True
        return any(s.state == "open" and self.stands_in(who, record, s) for s in record.steps)

    def _step(self, person: Person, record: Record, verb: Verb, step: Step) -> bool:
        if step.state != "open":
            return False
        own = self._keeps(person, step.to_unit) if step.to_person is None else step.to_person == person.person_id
        rows = [] if own else self.stands_in(person.person_id, record, step)
        if not own and not rows:
            return False
        if not own and verb is Verb.APPROVE:
            # the right that counts is the shortest row, and of two the one that was given first
            row = min(rows, key=lambda r: (len(r), [d.delegation_id for d in r]))
            if self._wrote({person.person_id, *(d.from_person for d in row)}, record, step):
                return False
            if record.forwarded_by == person.person_id:
                return False
        row_of = DISPOSITIONS[step.asked]
        at_register = step.to_person is None
        if verb is Verb.REFER:
            return row_of.custody
        if verb is Verb.RETURN:
            return row_of.custody and not at_register
        if verb is Verb.CLOSE:
            return row_of.custody and step.parent is None
        return not (at_register and row_of.custody) and verb in row_of.closed_by

    def _wrote(self, people: set[str], record: Record, step: Step) -> bool:
        """Whether one of *people* wrote what is put before the step, however often it was passed on meanwhile."""
        if record.sender == record.original_sender and record.forwarded_by in people:
            return True
        look, seen = list(step.answers), set()
        while look:
            number = look.pop()
            if number in seen:
                continue
            seen.add(number)
            said = record.steps[number - 1]
            if said.state != "done":
                continue
            if said.outcome == "completed":
                if said.ended_by in people or said.ended_for in people:
                    return True
            else:
                look += said.answers
        return False


# ---------------------------------------------------------------- random offices, random records

UNITS = tuple(OFFICE.units)
HOURS = range(6)
SECRET = mail(subject="سري: كشف الرواتب")


def an_office(rng: random.Random, base: Office = OFFICE) -> Office:
    """The people of *base* with other clearances, some gone; and who acts for whom."""
    people = {
        who: replace(
            person,
            active=person.active and rng.random() < 0.97,
            clearance=rng.choice(CONFIDENTIALITIES[1:] + CONFIDENTIALITIES[2:]),
            clerk=person.clerk,
        )
        for who, person in base.people.items()
    }
    names = [who for who in base.people if who not in ("abdullah", "badr")]
    rng.shuffle(names)
    pairs = list(pairwise(names)) if rng.random() < 0.6 else []  # a long row, among whatever else there is
    pairs += [(a, b) for a, b in (rng.sample(names, 2) for _ in range(rng.randint(1, 5)))]
    delegations = []
    for number, (giver, taker) in enumerate(pairs):
        starts = rng.choice((0, 0, 0, 1, 2))
        post = rng.choice(UNITS) if rng.random() < 0.12 else None
        delegations.append(
            Delegation(
                delegation_id=f"d{number}",
                from_person=giver,
                to_person=taker,
                starts=_hour(starts),
                until=_hour(starts + rng.randint(2, 6)),
                secrecy=rng.choice(CONFIDENTIALITIES[2:]),
                kinds=tuple(k for k in KINDS if rng.random() < 0.6) if rng.random() < 0.25 else (),
                may_pass_on=rng.random() < 0.75,
                post=post,
                order="ق/12" if post is not None else None,
                entered_by=giver,
                entered_at=_hour(0),
                accepted_at=_hour(rng.choice((0, 0, 0, 1, 3))) if rng.random() < 0.9 else None,
                declined=rng.random() < 0.03,
                ended_at=_hour(rng.choice(HOURS)) if rng.random() < 0.05 else None,
            )
        )
    is_open = tuple(d for d in delegations if d.is_open)
    return replace(base, people=people, delegations=is_open)


def _hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def a_record(rng: random.Random, office: Office) -> Record:
    """Some way into its life, with one of several kinds of letters and levels."""
    inside = rng.choice((HUDA, OMAR, LAILA))
    letter = rng.choice((forwarded(sender=inside), forwarded(sender=inside), mail(), mail(sender=inside), SECRET))
    desk: Desk = registered(letter, replace(office, people={**office.people, "huda": PEOPLE["huda"]}))
    desk.now += timedelta(hours=rng.choice((0, 1, 2)))
    for _ in range(rng.randint(0, 6)):
        if desk.held.ended:
            break
        step = rng.choice(desk.held.open_steps)
        by = step.to_person or "noura"
        if rng.random() < 0.3:
            by = rng.choice(list(PEOPLE))
        to, note = rng.choice(list(PEOPLE)), "كلام"
        asked = rng.choice(("for_action", "for_study_opinion", "for_approval", "for_information"))
        n = step.number
        way = rng.choice(
            (
                Refer(record_id="r1", step=n, by=by, asked=asked, to_person=to),
                Refer(record_id="r1", step=n, by=by, asked="for_action", to_person=to),
                Complete(record_id="r1", step=n, by=by, note=note),
                Complete(record_id="r1", step=n, by=by, note=note),
                Approve(record_id="r1", step=n, by=by),
                Return(record_id="r1", step=n, by=by, note=note),
                Close(record_id="r1", step=n, by=by, note=note),
            )
        )
        desk.take(way)
    record = desk.held
    if rng.random() < 0.4:
        record = replace(record, confidentiality=rng.choice(CONFIDENTIALITIES[:4]))
    return record
