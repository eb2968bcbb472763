################################################################
# Acting for another: what is decided on a delegation is kept, and cards and files follow
################################################################
#
# Rule 1: one transaction holds the fact's key, the delegation, the new lines of its sheet and the cards; or none.
# Rule 2: when it begins, what waits for the delegator is put before the substitute; when it ends, the substitute's
#         cards are written anew. Who may act is asked at the press (registry/rights.py), whatever a card shows. So it
#         is with the files of drafts that wait for the delegator: who may open one is settled at both ends.
# Rule 3: the timer begins and ends what is due; two instances that look at once do it once.

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.decisions import Nothing
from registry.delegating import (
    Agreed,
    DelegationCommand,
    DelegationDecision,
    KeepTime,
    decide_delegation,
    is_due,
    standing_by,
)
from registry.delegation import Delegation
from registry.delegation_sheet import DelegationBegan, DelegationEnded
from registry.document_effects import SetAccess
from registry.effects import AskAction, Effect, RefreshCard, RefreshDelegation, ShowDelegation
from registry.office import Office, Person
from registry.rights import is_asked, standing_on
from registry.sheet import FIRST_PREV_HASH, Entry, write_entry
from service.once import KeyReused
from service.ports import Clock, Store, Transaction, Wanted
from service.take import Chance
from service.views import instant

log = logging.getLogger("tarasul.delegations")

_MOST_LISTED = 50
_MOST_MOVED = 5_000  # records that wait for one person: more than anybody has


@dataclass(frozen=True, slots=True)
class DelegationTaken:
    """What came of a command, the delegation as it now stands, and whether effects wait to be performed."""

    decision: DelegationDecision
    delegation: Delegation | None
    rang: bool = False


class _Undone(Exception):
    def __init__(self, taken: DelegationTaken) -> None:
        super().__init__(type(taken.decision).__name__)
        self.taken = taken


class Delegations:
    """Takes what is asked of delegations into a store."""

    def __init__(self, store: Store, clock: Clock, chance: Chance | None = None) -> None:
        self._store, self._clock, self.chance = store, clock, chance or Chance()

    def take(self, command: DelegationCommand, *, key: str) -> DelegationTaken:
        """Apply *command* once. Raises Unavailable where the database is; nothing was changed then."""
        try:
            return self._store.write(lambda tx: self._take_in(tx, command, key))
        except _Undone as undone:
            return undone.taken

    def take_once(self, command: DelegationCommand, *, key: str, digest: str) -> DelegationTaken:
        """Take what a caller asks under a key of their own. Raises KeyReused, Unavailable."""

        def work(tx: Transaction) -> DelegationTaken:
            whole, before = f"{key}:{digest}", tx.taken_for(key)
            if before is not None and tx.taken_for(whole) is None:
                raise KeyReused(before)
            taken = self._take_in(tx, command, whole)
            tx.first_time(key, command.delegation_id, self._clock())
            return taken

        try:
            return self._store.write(work)
        except _Undone as undone:
            return undone.taken

    def of(self, person: str) -> list[Delegation]:
        """What *person* delegated or was to take on: what is not over first, then the newest."""
        return self._store.read(lambda tx: tx.delegations_of(person, _MOST_LISTED))

    def one(self, delegation_id: str) -> Delegation | None:
        kept = self._store.read(lambda tx: tx.delegation(delegation_id))
        return kept.delegation if kept is not None else None

    async def look(self) -> int:
        """Begin and end what is due; how many that were."""
        moved = 0
        now, office = self._clock(), await asyncio.to_thread(self._store.read, lambda tx: tx.office())
        for delegation in office.delegations:
            if is_due(delegation, office, now):
                ask = KeepTime(delegation_id=delegation.delegation_id)
                key = f"delegation:{delegation.delegation_id}:{delegation.version}"
                taken = await asyncio.to_thread(self.take, ask, key=key)
                moved += isinstance(taken.decision, Agreed)
        if moved:
            log.info("delegations began or ended", extra={"delegations": moved})
        return moved

    # ------------------------------------------------------------ in the transaction

    def _take_in(self, tx: Transaction, command: DelegationCommand, key: str) -> DelegationTaken:
        now = self._clock()
        kept = tx.delegation(command.delegation_id)
        before = kept.delegation if kept is not None else None
        if not tx.first_time(key, command.delegation_id, now):
            same = tx.delegation(tx.taken_for(key) or command.delegation_id)
            return DelegationTaken(Nothing(), same.delegation if same is not None else before)
        office = tx.office()
        decision = decide_delegation(command, before, office, now)
        if not isinstance(decision, Agreed):
            raise _Undone(DelegationTaken(decision, before))
        after = decision.after
        head_hash = kept.head_hash if kept is not None else FIRST_PREV_HASH
        entries: list[Entry] = []
        for seq, event in enumerate(decision.events, start=before.version + 1 if before is not None else 1):
            entries.append(write_entry(after.delegation_id, seq, event, head_hash, self.chance.new_salt))
            head_hash = entries[-1].hash
        tx.save_delegation(after, entries, now)
        told = list(_told(decision, before))
        tx.request(told, after.version, now, self.chance.new_token)
        self._move(tx, decision, office)
        return DelegationTaken(decision, after, rang=True)

    def _move(self, tx: Transaction, decision: Agreed, before: Office) -> None:
        """Cards and files of what waits: they come to whoever stands in from now on, and change for whoever does no
        more."""
        now, after = self._clock(), tx.office()
        delegation_id = decision.after.delegation_id
        if any(isinstance(event, DelegationBegan) for event in decision.events):
            for person, standing in standing_by(after, delegation_id):
                if standing.works(now):
                    self._put_before(tx, person, standing.for_person)
        if any(isinstance(event, DelegationEnded) for event in decision.events):
            for person, standing in standing_by(before, delegation_id):
                self._take_away(tx, person, standing.for_person)

    def _put_before(self, tx: Transaction, person: Person, giver: str) -> None:
        now = self._clock()
        for record in tx.find(Wanted(put_before=(giver,), oldest_first=True, top=_MOST_MOVED)):
            steps = [s for s in record.open_steps if s.to_person == giver and standing_on(person, record, s, now)]
            due: list[Effect] = [
                AskAction(record_id=record.record_id, step=s.number, person=person.person_id)
                for s in steps
                if not is_asked(person, s)
            ]
            due += [SetAccess(record_id=record.record_id)] if due and record.lies_in is not None else []
            tx.request(due, record.version, now, self.chance.new_token)

    def _take_away(self, tx: Transaction, person: Person, giver: str) -> None:
        now = self._clock()
        for record in tx.find(Wanted(put_before=(giver,), oldest_first=True, top=_MOST_MOVED)):
            due: list[Effect] = [
                RefreshCard(record_id=record.record_id, step=s.number, person=person.person_id)
                for s in record.open_steps
                if s.to_person == giver and tx.token_of(record.record_id, s.number, person.person_id) is not None
            ]
            due += [SetAccess(record_id=record.record_id)] if record.lies_in is not None else []
            tx.request(due, record.version, now, self.chance.new_token)


def _told(decision: Agreed, before: Delegation | None) -> Iterator[Effect]:
    """Who is shown what has become of it: the substitute when they are asked, both when it begins and when it ends;
    and every copy of its card is brought up to date."""
    after = decision.after
    both = (after.to_person, after.from_person)
    ended = any(isinstance(event, DelegationEnded) for event in decision.events)
    began = any(isinstance(event, DelegationBegan) for event in decision.events)
    if before is not None:
        yield from (RefreshDelegation(record_id=after.delegation_id, person=person) for person in both)
    for person in both if before is None or began or ended else (after.from_person,):
        yield ShowDelegation(record_id=after.delegation_id, person=person)


def delegation_view(delegation: Delegation, office: Office, now: datetime) -> dict[str, Any]:
    """A delegation as the API shows it."""

    def named(person_id: str) -> dict[str, str]:
        person = office.person(person_id)
        return {"person": person_id, "name": person.name if person is not None else person_id}

    return {
        "delegation_id": delegation.delegation_id,
        "from": named(delegation.from_person),
        "to": named(delegation.to_person),
        "starts": instant(delegation.starts),
        "until": instant(delegation.until),
        "kinds": list(delegation.kinds),
        "secrecy": delegation.secrecy,
        "may_pass_on": delegation.may_pass_on,
        "post": delegation.post,
        "order": delegation.order,
        "note": delegation.note,
        "state": delegation.state(now),
        "why_over": delegation.why,
        "accepted_at": instant(delegation.accepted_at),
        "ended_at": instant(delegation.ended_at),
    }
