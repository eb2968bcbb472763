################################################################
# take(command): decide, and keep what was decided, once
################################################################
#
# Rule 1: one transaction holds the fact's key, the record, its new lines, the effects and the number drawn; or none.
# Rule 2: the same key again changes nothing, and is answered with the record that it was taken for, as it stands. A
#         refusal keeps no key.
# Rule 3: nothing here waits for the outside world.
# Rule 4: where a decision asks for another record as well, both are kept in this transaction, or neither.

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from uuid_utils import uuid7

from registry.circuit_commands import Draft, Redraft, Sign, Submit
from registry.commands import Command, Enter, JoinMatter, Quarantine, Register, Relate, Release, Unrelate
from registry.decide import decide
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatch_events import LetterDrafted, LetterSent
from registry.document_commands import NoteLooked
from registry.documents import numbers
from registry.effects import Effect
from registry.events import (
    AnnexFetched,
    AutoReplyReceived,
    CopyReceived,
    Event,
    MailReceived,
    QuestionMailed,
    Registered,
    Released,
    ReplyDrafted,
    ReplySent,
)
from registry.joining import MOST_IN_A_MATTER
from registry.numbers import series_of
from registry.office import Office, Unit
from registry.record import Record
from registry.sealed_events import Sealed
from registry.sheet import FIRST_PREV_HASH, Entry, write_entry
from registry.vocabulary import KINDS
from service.ports import Clock, SeenMail, Store, Stored, Transaction, Wanted
from service.same_files import SCAN, first_with, note_files
from service.sealing import sealed_key


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a command: the decision, the record as it now stands, and whether its key had been taken before."""

    decision: Decision
    record: Record | None
    repeated: bool = False
    effects: tuple[Effect, ...] = ()


def _new_salt() -> str:
    return secrets.token_hex(16)


def _new_token() -> str:
    return secrets.token_urlsafe(18)


def _new_id() -> str:
    return str(uuid7())


@dataclass(frozen=True, slots=True)
class Chance:
    """Where what must not be guessed comes from: salts, card tokens, record ids. Tests give their own."""

    new_salt: Callable[[], str] = field(default=_new_salt)
    new_token: Callable[[], str] = field(default=_new_token)
    new_id: Callable[[], str] = field(default=_new_id)


class Undone(Exception):
    """The transaction comes to nothing; its answer is carried out."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(type(taken.decision).__name__)
        self.taken = taken


class Taker:
    """Takes commands into a store."""

    def __init__(self, store: Store, clock: Clock, chance: Chance | None = None) -> None:
        self._store, self._clock, self.chance = store, clock, chance or Chance()

    def take(self, command: Command, *, key: str, seen: SeenMail | None = None) -> Taken:
        """Apply *command* once. `seen` is the verdict on the mail that caused it, kept with it.

        Raises:
            Unavailable: The database is; nothing was changed, and the same command may be tried again.
        """
        try:
            return self._store.write(lambda tx: self.take_in(tx, command, key=key, seen=seen))
        except Undone as undone:
            return undone.taken

    def take_in(self, tx: Transaction, command: Command, *, key: str, seen: SeenMail | None = None) -> Taken:
        """As `take`, in a transaction that is already open. Raises Undone for whatever must not be kept."""
        now = self._clock()
        if not tx.first_time(key, command.record_id, now):
            stored = tx.record(tx.taken_for(key) or command.record_id)
            return Taken(Nothing(), stored.record if stored else None, repeated=True)
        command = self._joined(tx, command)
        stored = tx.record(command.record_id)
        record, office = stored.record if stored else None, tx.office()
        command = _numbered(tx, _compared(tx, command, record), record, office, now)
        decision = decide(command, record, office, now)
        if not isinstance(decision, Accepted):
            raise Undone(Taken(decision, record))
        after = self._keep(tx, command.record_id, stored, decision, now)
        effects = decision.effects
        asked_too = list(decision.then)
        while asked_too:
            following = asked_too.pop(0)
            there = tx.record(following.record_id)
            follows = decide(following, there.record if there else None, office, now)
            if isinstance(follows, Refused):
                raise Undone(Taken(follows, record))
            if isinstance(follows, Accepted):
                self._keep(tx, following.record_id, there, follows, now)
                effects += follows.effects
                asked_too += follows.then
        if seen is not None:
            tx.see_mail(replace(seen, record_id=command.record_id), now)
        return Taken(decision, after, effects=effects)

    def _joined(self, tx: Transaction, command: Command) -> Command:
        """Find what a command that is about two records needs of the other one. Both, and all that go with them, are
        locked in one order, whoever asks: two who join the same records wait for each other and do not cross."""
        if isinstance(command, Draft | Redraft | Submit):
            return _answering(tx, command)
        if not isinstance(command, Relate | Unrelate | JoinMatter):
            return command
        found = {r: tx.record(r) for r in sorted({command.record_id, command.to_record})}
        mine, other = (
            s.record if s is not None else None for s in (found[command.record_id], found[command.to_record])
        )
        if not isinstance(command, JoinMatter):
            return replace(command, other=other)
        matter_id = mine.matter_id if mine is not None else None
        wanted = Wanted(matter=matter_id, top=MOST_IN_A_MATTER + 1) if matter_id is not None else None
        members = sorted(r.record_id for r in tx.find(wanted)) if wanted is not None else []
        return replace(command, other=other, members=tuple(members), matter_id=self.chance.new_id())

    def _keep(
        self, tx: Transaction, record_id: str, stored: Stored | None, decision: Accepted, now: datetime
    ) -> Record:
        before, after = stored.record if stored else None, decision.after
        assert after is not None, "decide gives the record after the events"
        head_hash = stored.head_hash if stored else FIRST_PREV_HASH
        entries: list[Entry] = []
        for seq, event in enumerate(decision.events, start=before.version + 1 if before else 1):
            entries.append(write_entry(record_id, seq, event, head_hash, self.chance.new_salt))
            head_hash = entries[-1].hash
        tx.save(before, after, entries)
        tx.request(decision.effects, after.version, now, self.chance.new_token, since=after.registered_at)
        for event in decision.events:
            note_ids(tx, after, event, now)
        return after


def _numbered(tx: Transaction, command: Command, record: Record | None, office: Office, now: datetime) -> Command:
    """Draw the number of a new record, or of one that is signed now, before it is decided on: a refusal rolls it back
    with everything else."""
    unit: Unit | None
    match command:
        case Register() | Quarantine():
            unit, kind = office.registry_unit(command.mail.mailbox), command.kind
        case Enter():
            unit, kind = office.unit(command.delivery.unit_id), command.kind
        case Release():
            unit, kind = office.unit(record.registry_unit_id) if record is not None else None, command.kind
        case Sign() | NoteLooked() if record is not None and numbers(command, record, office, now):
            unit, kind = office.unit(record.registry_unit_id), record.kind
        case _:
            return command
    if unit is None:
        return command
    return replace(command, serial=tx.draw(series_of(office, unit, KINDS[kind], now)))


def _answering(tx: Transaction, command: Draft | Redraft | Submit) -> Command:
    """Find the letter that a draft answers: how secret it is now decides how secret the draft must be."""
    stored = tx.record(command.record_id)
    known = stored.record.in_reply_to if stored is not None else None
    letter_id = command.in_reply_to if isinstance(command, Draft) else known
    found = tx.record(letter_id) if letter_id else None
    return replace(command, letter=found.record) if found is not None else command


def _compared(tx: Transaction, command: Command, record: Record | None) -> Command:
    """Name the record of a scan that has one of the mail's annexes."""
    match command:
        case Register():
            first = first_with(tx, command.mail.parts, SCAN)
        case Release() if record is not None:
            first = first_with(tx, record.attachments, SCAN)
        case _:
            return command
    return replace(command, same_as=first.record_id, same_reference=first.reference) if first is not None else command


def note_ids(tx: Transaction, record: Record, event: Event, now: datetime) -> None:
    """Remember by which Message-IDs the record is answered, and by which files it is known; those of a released one are
    its letter's from now on."""
    record_id = record.record_id
    match event:
        case Released(as_record=as_record):
            tx.hand_over_mail(record_id, as_record, now)
        case (
            Registered(source=source)
            | CopyReceived(source=source)
            | MailReceived(source=source)
            | AutoReplyReceived(source=source)
        ):
            if source.internet_message_id:
                tx.note_message_id(source.internet_message_id, record_id, ours=False)
            if isinstance(event, Registered) and record.rules.listed:
                note_files(tx, record, now)
        case AnnexFetched():
            note_files(tx, record, now)
        case Sealed(sha256=sha256):
            tx.first_time(sealed_key(sha256), record_id, now)
        case (
            ReplyDrafted(internet_message_id=message_id)
            | ReplySent(internet_message_id=message_id)
            | QuestionMailed(internet_message_id=message_id)
            | LetterDrafted(internet_message_id=message_id)
            | LetterSent(internet_message_id=message_id)
        ):
            if message_id:
                tx.note_message_id(message_id, record_id, ours=True)
        case _:
            pass
