################################################################
# The store in memory: what service.ports.Store says, over dicts
################################################################
#
# Rule 1: a transaction that raises leaves nothing: each change notes what was there before it, and is taken back.
# Rule 2: who reads sees one moment: as long as somebody does, who writes works on tables of their own.
# Rule 3: the contract is tests/store's, which run on this as on both databases. A day in memory costs no SQL.

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from registry.delegation import Delegation
from registry.dispatching import answer_to
from registry.effects import TOKENED, Effect, SendLetter, SendReply
from registry.mail import Mail, is_cut
from registry.numbers import Series, mentioned
from registry.office import Office
from registry.recognise import Known, traces
from registry.record import Link, Record
from registry.registering import searchable
from registry.sheet import Entry
from service.listed import Listed
from service.ports import (
    Arrived,
    Asked,
    Claimed,
    Conversation,
    KeptDelegation,
    SeenMail,
    SentCard,
    Stored,
    Subscribed,
    Transaction,
    Turns,
    Wanted,
)
from service.sign_in import SignIn
from store.instants import write_instant
from texts import search_words


class AlreadyThere(Exception):
    """What is to be entered has the key of what is there."""


class ReadOnly(Exception):
    """Who only reads may not write."""

    def __init__(self) -> None:
        super().__init__("a read-only transaction")


class Kept(NamedTuple):
    """A record as it stands, as it was when it was last filed to be found, and the hash of its last line."""

    record: Record
    entered: Record
    head_hash: str


class Due(NamedTuple):
    """An effect in the outbox, waiting or stuck."""

    effect: Effect
    due_at: datetime
    state: str = "waiting"
    owner: str | None = None
    lease_until: datetime | None = None
    tries: int = 0
    error: str = ""


class Lease(NamedTuple):
    """Who has it until when, and whether somebody rang meanwhile."""

    owner: str
    until: datetime | None
    rung: bool = False


class Place(NamedTuple):
    """Who has a place of a scope until when, and whether somebody waits for it."""

    owner: str
    until: datetime
    rung: bool = False


@dataclass(slots=True)
class Tables:
    """Rows by their keys. None of them is ever changed in its place."""

    inbox: dict[str, str] = field(default_factory=dict)  # record ids
    records: dict[str, Kept] = field(default_factory=dict)
    events: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    numbers: dict[Series, int] = field(default_factory=dict)
    outbox: dict[int, Due] = field(default_factory=dict)
    done: dict[int, Effect] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)  # the last effect's number
    asks: dict[str, Asked] = field(default_factory=dict)
    tokens: dict[tuple[str, int, str], str] = field(default_factory=dict)
    mail: dict[tuple[str, str], SeenMail] = field(default_factory=dict)
    message_ids: dict[tuple[str, str], bool] = field(default_factory=dict)
    cursors: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    cards: dict[tuple[str, str, str], tuple[datetime, SentCard]] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    turns: dict[tuple[str, int], Place] = field(default_factory=dict)
    pauses: dict[str, datetime] = field(default_factory=dict)
    subscriptions: dict[str, Subscribed] = field(default_factory=dict)
    day_counts: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)
    delegations: dict[str, KeptDelegation] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[datetime, Listed]] = field(default_factory=dict)
    preferences: dict[tuple[str, str], str] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(*(dict(getattr(self, table.name)) for table in fields(self)))


class FakeStore:
    """See service.ports.Store. `tables` may be looked at, and be spoilt, by a test."""

    def __init__(self, entity_id: str = "ministry") -> None:
        self.entity_id, self.tables = entity_id, Tables()
        self._lock = threading.Lock()
        self._readers = 0

    def write[T](self, work: Callable[[Transaction], T]) -> T:
        with self._lock:
            tables = self.tables.copy() if self._readers else self.tables
            undo: list[tuple[dict[Any, Any], Any, Any]] = []
            try:
                result = work(FakeTransaction(self.entity_id, tables, undo))
            except BaseException:
                for table, key, before in reversed(undo):
                    if before is None:
                        del table[key]
                    else:
                        table[key] = before
                raise
            self.tables = tables
            return result

    def read[T](self, work: Callable[[Transaction], T]) -> T:
        with self._lock:
            self._readers += 1
            tables = self.tables
        try:
            return work(FakeTransaction(self.entity_id, tables, None))
        finally:
            with self._lock:
                self._readers -= 1

    def close(self) -> None:
        """Nothing is held open."""


class FakeTransaction:
    """See service.ports.Transaction. `undo` takes what each change replaces; None where nothing may be changed."""

    def __init__(self, entity_id: str, tables: Tables, undo: list[tuple[dict[Any, Any], Any, Any]] | None) -> None:
        self._entity_id, self._t, self._undo = entity_id, tables, undo

    def _put[K, V](self, table: dict[K, V], key: K, value: V) -> None:
        if self._undo is None:
            raise ReadOnly
        self._undo.append((table, key, table.get(key)))
        table[key] = value

    def _drop[K, V](self, table: dict[K, V], key: K) -> None:
        if self._undo is None:
            raise ReadOnly
        if key in table:
            self._undo.append((table, key, table.pop(key)))

    # ------------------------------------------------------------ take

    def first_time(self, key: str, record_id: str, at: datetime) -> bool:
        if key in self._t.inbox:
            return False
        self._put(self._t.inbox, key, record_id)
        return True

    def taken_for(self, key: str) -> str | None:
        return self._t.inbox.get(key)

    def record(self, record_id: str) -> Stored | None:
        kept = self._t.records.get(record_id)
        return Stored(kept.record, kept.head_hash) if kept is not None else None

    def draw(self, series: Series) -> int:
        self._put(self._t.numbers, series, self._t.numbers.get(series, 0) + 1)
        return self._t.numbers[series]

    def reserve(self, series: Series, serial: int) -> None:
        self._put(self._t.numbers, series, max(self._t.numbers.get(series, 0), serial))

    def save(self, before: Record | None, after: Record, entries: Sequence[Entry]) -> None:
        kept, lines = self._t.records.get(after.record_id), self._t.events.get(after.record_id, ())
        if (before is None) != (kept is None) or entries[0].seq != len(lines) + 1:
            raise AlreadyThere(after.record_id)
        entered = after
        same = kept is not None and (kept.record.subject, kept.record.matter_id) == (after.subject, after.matter_id)
        if kept is not None and same and not after.rules.issued:
            entered = kept.entered
        self._put(self._t.records, after.record_id, Kept(after, entered, entries[-1].hash))
        self._put(self._t.events, after.record_id, (*lines, *entries))

    def open_drafts(self) -> list[tuple[str, str, str]]:
        found = ((kept.record.lies_in, record_id) for record_id, kept in sorted(self._t.records.items()))
        return [(*lies_in, record_id) for lies_in, record_id in found if lies_in is not None]

    def to_remind(self, now: datetime, limit: int) -> list[tuple[str, int, datetime]]:
        due = [
            (step.remind_at, record_id, step.number)
            for record_id, kept in self._t.records.items()
            for step in kept.record.open_steps
            if step.remind_at is not None and step.remind_at <= now
        ]
        return [(record_id, number, at) for at, record_id, number in sorted(due)[:limit]]

    def request(
        self,
        effects: Iterable[Effect],
        version: int,
        at: datetime,
        new_token: Callable[[], str],
        *,
        since: datetime | None = None,
    ) -> None:
        for effect in effects:
            if isinstance(effect, TOKENED):
                token, step = new_token(), (effect.record_id, effect.step, effect.person)
                if step not in self._t.tokens:
                    self._put(self._t.tokens, step, token)
                    asked = Asked(
                        token=token, record_id=effect.record_id, step=effect.step, person=effect.person, version=version
                    )
                    self._put(self._t.asks, token, asked)
            self._put(self._t.last, "effect", self._t.last.get("effect", 0) + 1)
            self._put(self._t.outbox, self._t.last["effect"], Due(effect, min(at, since or at)))

    def office(self) -> Office:
        return self._t.offices.get(self._entity_id) or Office(entity_id=self._entity_id)

    def asked(self, token: str) -> Asked | None:
        return self._t.asks.get(token)

    def token_of(self, record_id: str, step: int, person: str) -> str | None:
        return self._t.tokens.get((record_id, step, person))

    # ------------------------------------------------------------ mail

    def known(self, mail: Mail) -> Known:
        office = self.office()
        same_letter, same_reference, same_in = self._same_letter(mail, office)
        sent = self._record_of([mail.message_id], ours=True)
        ours = (sent[0], "message_id") if sent is not None else None
        if ours is None and self._is_a_reply_of_ours(mail.our_key):
            ours = (mail.our_key.split(":")[1], "mark")
        references = list(dict.fromkeys(mail.references))
        answered = self._record_of(references)
        told_of = self._told_of(mail, references)
        found = same_letter is not None or answered is not None or told_of is not None
        in_thread, our_answers = self._lately(mail, told_of or answered, office)
        return Known(
            ours=ours,
            same_letter=same_letter,
            same_reference=same_reference,
            same_in=same_in,
            answered=answered,
            outgoing=self._outgoing(mail, answered),
            told_of=told_of,
            links=() if found else self._links(mail, office),
            in_thread=in_thread,
            our_answers=our_answers,
        )

    def _same_letter(self, mail: Mail, office: Office) -> tuple[str | None, str, str]:
        made = [
            m
            for m in self._t.mail.values()
            if m.identity == mail.identity and m.verdict in ("registered", "quarantined")
        ]
        found = [
            (m.record_id, self._t.records.get(m.record_id or ""))
            for m in sorted(made, key=lambda m: (m.received_at, m.item_id))
        ]
        unit = office.registry_unit(mail.mailbox)
        own = [(r, k) for r, k in found if k and unit and k.record.registry_unit_id == unit.unit_id]
        for record_id, kept in own or found:
            if kept is None:
                return record_id, "", ""
            listed = kept.record.rules.listed
            return record_id, kept.record.reference, kept.record.registry_unit_id if listed else ""
        for m in sorted(self._t.mail.values(), key=lambda m: m.item_id) if mail.message_id else ():
            same = (m.mailbox, m.message_id, m.received_at) == (mail.mailbox, mail.message_id, mail.received_at)
            kept = self._t.records.get(m.record_id or "")
            if same and kept is not None and m.verdict in ("registered", "quarantined"):
                of = kept.record
                if mail.cut or is_cut(of.reasons):
                    return of.record_id, of.reference, of.registry_unit_id if of.rules.listed else ""
        return None, "", ""

    def _record_of(self, message_ids: Sequence[str], *, ours: bool = False) -> tuple[str, str] | None:
        by_id = {i: record_id for (i, record_id), is_ours in self._t.message_ids.items() if is_ours or not ours}
        return next(((by_id[i], i) for i in reversed(message_ids) if i and i in by_id), None)

    def _told_of(self, mail: Mail, references: list[str]) -> tuple[str, str] | None:
        about = mail.report.about if mail.report is not None else ()
        found = self._record_of([*references, *reversed(about)], ours=True)
        if found is None and mail.report is not None and self._is_a_reply_of_ours(mail.report.our_key):
            return mail.report.our_key.split(":")[1], next(iter(about), "")
        return found

    def _outgoing(self, mail: Mail, answered: tuple[str, str] | None) -> Link | None:
        kept = self._t.records.get(answered[0]) if answered is not None else None
        return answer_to(mail, kept.record) if kept is not None else None

    def _is_a_reply_of_ours(self, key: str) -> bool:
        kind, record_id, *_ = *key.split(":"), ""
        drafted = (*(due.effect for due in self._t.outbox.values()), *self._t.done.values())
        sends = {"reply": SendReply, "letter": SendLetter}.get(kind)
        return sends is not None and any(
            isinstance(effect, sends) and effect.record_id == record_id for effect in drafted
        )

    def _lately(self, mail: Mail, joined: tuple[str, str] | None, office: Office) -> tuple[int, int]:
        sender, thread = traces(mail)

        def of_sender(within_s: int) -> list[SeenMail]:
            since = mail.received_at - timedelta(seconds=within_s)
            return [
                m for m in self._t.mail.values() if m.sender == sender and since < m.received_at <= mail.received_at
            ]

        if joined is not None:
            return sum(m.record_id == joined[0] for m in of_sender(office.loop_guard.mails_s)), 0
        if office.by_address(mail.sender.address) is None:
            return 0, 0
        answered = {record_id for (_, record_id), ours in self._t.message_ids.items() if ours}
        lately = of_sender(office.loop_guard.answers_s)
        return 0, sum(m.thread == thread and m.record_id in answered for m in lately)

    def _links(self, mail: Mail, office: Office) -> tuple[Link, ...]:
        found: dict[str, Link] = {}
        same_id = [
            r for i, r in self._t.message_ids if mail.message_id and i == mail.message_id and r in self._t.records
        ]
        for record_id in same_id[:1]:
            reference = self._t.records[record_id].record.reference
            found[record_id] = Link(record_id=record_id, reference=reference, how="same_id")
        numbers = mentioned(f"{mail.letter.subject}\n{mail.letter.text}", office)
        named = {(n.unit_id, n.kind, n.year, n.serial) for n in numbers}
        records = sorted((k.record for k in self._t.records.values()), key=lambda r: r.reference) if named else []
        for r in records:
            if (r.registry_unit_id, r.kind, r.year, r.serial) in named:
                found.setdefault(r.record_id, Link(record_id=r.record_id, reference=r.reference, how="number"))
        return tuple(found.values())

    def see_mail(self, seen: SeenMail, at: datetime) -> None:
        self._put(self._t.mail, (seen.mailbox, seen.item_id), seen)

    def show_mail(self, mailbox: str, arrived: Sequence[Arrived], at: datetime) -> None:
        for item in arrived:
            if (mailbox, item.item_id) not in self._t.mail:
                shown = SeenMail(
                    mailbox=mailbox,
                    item_id=item.item_id,
                    identity="",
                    message_id=item.message_id,
                    received_at=item.received_at,
                    verdict="shown",
                )
                self._put(self._t.mail, (mailbox, item.item_id), shown)

    def note_message_id(self, message_id: str, record_id: str, *, ours: bool) -> None:
        if (message_id, record_id) not in self._t.message_ids:
            self._put(self._t.message_ids, (message_id, record_id), ours)

    def hand_over_mail(self, record_id: str, to_record: str, at: datetime) -> None:
        for key, seen in list(self._t.mail.items()):
            if seen.record_id == record_id:
                made = seen.verdict == "quarantined"
                verdict, rule = ("registered", "released") if made else (seen.verdict, seen.rule)
                self._put(self._t.mail, key, replace(seen, verdict=verdict, rule=rule, record_id=to_record))
        for (message_id, of_record), ours in list(self._t.message_ids.items()):
            if of_record == record_id:
                self._drop(self._t.message_ids, (message_id, record_id))
                self._put(self._t.message_ids, (message_id, to_record), ours)

    def unseen(self, mailbox: str, item_ids: Sequence[str]) -> frozenset[str]:
        mail = self._t.mail
        return frozenset(
            i for i in item_ids if (mailbox, i) not in mail or mail[mailbox, i].verdict in ("gone", "shown")
        )

    def mail_between(self, mailbox: str, start: datetime, end: datetime) -> list[SeenMail]:
        found = [m for m in self._t.mail.values() if m.mailbox == mailbox and start <= m.received_at < end]
        return sorted(found, key=lambda m: (m.received_at, m.item_id))

    def lost(self, mailbox: str, start: datetime, end: datetime) -> list[str]:
        named = {m.record_id for m in self.mail_between(mailbox, start, end) if m.record_id is not None}
        return sorted(r for r in named if not self._is_whole(r))

    def _is_whole(self, record_id: str) -> bool:
        kept = self._t.records.get(record_id)
        return kept is not None and kept.record.version == len(self._t.events.get(record_id, ()))

    def heads(self, start: datetime, end: datetime) -> list[tuple[str, int, str]]:
        kept = [k for k in self._t.records.values() if start <= k.record.updated_at < end]
        return sorted((k.record.record_id, k.record.version, k.head_hash) for k in kept)

    def forget_lost(self, record_ids: Sequence[str]) -> None:
        gone = {r for r in record_ids if r not in self._t.records}
        tables: tuple[tuple[dict[Any, Any], Callable[[Any, Any], str | None]], ...] = (
            (self._t.mail, lambda _, seen: seen.record_id),
            (self._t.message_ids, lambda key, _: key[1]),
            (self._t.asks, lambda _, asked: asked.record_id),
            (self._t.tokens, lambda key, _: key[0]),
            (self._t.events, lambda key, _: key),
            (self._t.outbox, lambda _, due: due.effect.record_id),
            (self._t.done, lambda _, effect: effect.record_id),
        )
        for table, record_of in tables:
            for key in [key for key, row in table.items() if record_of(key, row) in gone]:
                self._drop(table, key)

    def cursor(self, mailbox: str, folder: str) -> str | None:
        return self._t.cursors.get((mailbox, folder), ("", None))[0] or None

    def save_cursor(self, mailbox: str, folder: str, link: str | None, at: datetime) -> None:
        if link is None:
            self._drop(self._t.cursors, (mailbox, folder))
        else:
            self._put(self._t.cursors, (mailbox, folder), (link, at))

    def followed(self, mailbox: str) -> dict[str, datetime]:
        return {folder: at for (box, folder), (_, at) in sorted(self._t.cursors.items()) if box == mailbox}

    def follow(self, mailbox: str, folders: Sequence[str], at: datetime) -> None:
        known = self.followed(mailbox)
        for folder in known.keys() - set(folders):
            self._drop(self._t.cursors, (mailbox, folder))
        for folder in dict.fromkeys(folders):
            if folder not in known:
                self._put(self._t.cursors, (mailbox, folder), ("", at))

    # ------------------------------------------------------------ the outbox

    def _in_turn(self) -> Iterator[tuple[int, Due]]:
        """What waits and is the first of its lane that is not done; a stuck one goes on holding its lane."""
        held: set[str] = set()
        for number, due in sorted(self._t.outbox.items()):
            lane = due.effect.lane
            if lane not in held:
                held.add(lane)
                if due.state == "waiting":
                    yield number, due

    def claim(self, owner: str, now: datetime, lease_until: datetime, limit: int) -> list[Claimed]:
        free = [
            (due.due_at, number, due)
            for number, due in self._in_turn()
            if due.due_at <= now and (due.lease_until is None or due.lease_until <= now)
        ]
        taken = sorted((number, due) for _, number, due in sorted(free)[:limit])
        for number, due in taken:
            self._put(self._t.outbox, number, due._replace(owner=owner, lease_until=lease_until, tries=due.tries + 1))
        return [Claimed(effect_id=number, effect=due.effect, tries=due.tries + 1) for number, due in taken]

    def _mine(self, effect_id: int, owner: str) -> Due | None:
        due = self._t.outbox.get(effect_id)
        return due if due is not None and due.owner == owner and due.state == "waiting" else None

    def settle(self, effect_id: int, owner: str, at: datetime) -> bool:
        if (due := self._mine(effect_id, owner)) is not None:
            self._drop(self._t.outbox, effect_id)
            self._put(self._t.done, effect_id, due.effect)
        return due is not None

    def stick(self, effect_id: int, owner: str, at: datetime, error: str) -> bool:
        if (due := self._mine(effect_id, owner)) is not None:
            stuck = due._replace(state="stuck", owner=None, lease_until=None, error=error)
            self._put(self._t.outbox, effect_id, stuck)
        return due is not None

    def postpone(self, effect_id: int, owner: str, due_at: datetime, error: str) -> None:
        if (due := self._mine(effect_id, owner)) is not None:
            later = due._replace(due_at=due_at, owner=None, lease_until=None, error=error[:500])
            self._put(self._t.outbox, effect_id, later)

    def hasten(self, person: str, at: datetime) -> int:
        hastened = [
            (number, due)
            for number, due in self._t.outbox.items()
            if due.effect.lane == f"{due.effect.record_id}/{person}"
            and (due.lease_until is None or due.lease_until <= at)
        ]
        for number, due in hastened:
            self._put(self._t.outbox, number, due._replace(state="waiting", due_at=at, tries=0))
        return len(hastened)

    def next_due_at(self) -> datetime | None:
        return min((max(due.due_at, due.lease_until or due.due_at) for _, due in self._in_turn()), default=None)

    def stuck(self) -> list[tuple[int, str, str, str]]:
        return [
            (number, due.effect.record_id, type(due.effect).__name__, due.error)
            for number, due in sorted(self._t.outbox.items())
            if due.state == "stuck"
        ]

    # ------------------------------------------------------------ chats, leases, subscriptions

    def add_card(self, card: SentCard, at: datetime) -> None:
        self._put(self._t.cards, (card.token, card.conversation_id, card.activity_id), (at, card))

    def cards(self, token: str) -> list[SentCard]:
        found = [(at, card) for (of, _, _), (at, card) in self._t.cards.items() if of == token]
        return [card for _, card in sorted(found, key=lambda sent: sent[0])]

    def drop_card(self, card: SentCard) -> None:
        self._drop(self._t.cards, (card.token, card.conversation_id, card.activity_id))

    def conversation(self, person: str) -> Conversation | None:
        return self._t.conversations.get(person)

    def save_conversation(self, conversation: Conversation, at: datetime) -> None:
        self._put(self._t.conversations, conversation.person, conversation)

    def block_conversation(self, person: str, reason: str | None, at: datetime) -> None:
        if (known := self._t.conversations.get(person)) is not None:
            self._put(self._t.conversations, person, replace(known, blocked=reason))

    def take_lease(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        held = self._t.leases.get(name) or Lease("", None)
        free = held.owner == owner or held.until is None or held.until <= now
        self._put(self._t.leases, name, Lease(owner, until, held.rung) if free else held._replace(rung=True))
        return free

    def end_lease(self, name: str, owner: str) -> bool:
        held = self._t.leases.get(name)
        if held is None or held.owner != owner:
            return True
        self._put(self._t.leases, name, held._replace(rung=False) if held.rung else Lease("", None))
        return not held.rung

    def take_turns(self, scope: str, owner: str, wanted: int, most: int, now: datetime, until: datetime) -> Turns:
        places = {(scope, n): self._t.turns.get((scope, n)) for n in range(most)}
        held = {key: place for key, place in places.items() if place is not None and place.until > now}
        mine = [key for key, place in held.items() if place.owner == owner]
        kept = [*mine, *(key for key in places if key not in held)][:wanted]
        for key in kept:
            self._put(self._t.turns, key, Place(owner, until))
        for key in mine:
            if key not in kept:
                self._drop(self._t.turns, key)
        for key, place in held.items():
            if len(kept) < wanted and place.owner != owner:
                self._put(self._t.turns, key, place._replace(rung=True))
        return Turns(len(kept), any(held[key].rung for key in mine))

    def pause(self, scope: str, until: datetime) -> None:
        self._put(self._t.pauses, scope, max(until, self._t.pauses.get(scope, until)))

    def pauses(self, now: datetime) -> dict[str, datetime]:
        return {scope: until for scope, until in self._t.pauses.items() if until > now}

    def subscriptions(self) -> list[Subscribed]:
        return list(self._t.subscriptions.values())

    def save_subscription(self, subscribed: Subscribed) -> None:
        self._put(self._t.subscriptions, subscribed.subscription_id, replace(subscribed, outdated=False))

    def drop_subscription(self, subscription_id: str) -> None:
        self._drop(self._t.subscriptions, subscription_id)

    # ------------------------------------------------------------ people, records, counts

    def save_office(self, office: Office) -> bool:
        known = self.office()
        office = replace(office, delegations=known.delegations)
        if replace(office, version=known.version) == known:
            return False
        kept = replace(office, entity_id=self._entity_id, version=known.version + 1)
        self._put(self._t.offices, self._entity_id, kept)
        return True

    def delegation(self, delegation_id: str) -> KeptDelegation | None:
        return self._t.delegations.get(delegation_id)

    def delegations_of(self, person: str, limit: int) -> list[Delegation]:
        known = (kept.delegation for kept in self._t.delegations.values())
        found = [d for d in known if person in (d.from_person, d.to_person)]
        return sorted(found, key=lambda d: (d.is_open, d.delegation_id), reverse=True)[:limit]

    def save_delegation(self, after: Delegation, entries: Sequence[Entry], at: datetime) -> None:
        lines = self._t.events.get(after.delegation_id, ())
        if entries[0].seq != len(lines) + 1:
            raise AlreadyThere(after.delegation_id)
        self._put(self._t.events, after.delegation_id, (*lines, *entries))
        self._put(self._t.delegations, after.delegation_id, KeptDelegation(after, entries[-1].hash))
        known = self.office()
        is_open = sorted(
            (kept.delegation for kept in self._t.delegations.values() if kept.delegation.is_open),
            key=lambda d: d.delegation_id,
        )
        office = replace(known, version=known.version + 1, delegations=tuple(is_open))
        self._put(self._t.offices, self._entity_id, office)

    def waiting_people(self) -> list[str]:
        named = {s.to_person for kept in self._t.records.values() for s in kept.record.open_steps}
        return sorted(who for who in named if who is not None)

    def imported(self) -> str | None:
        return self._t.imported.get(self._entity_id)

    def save_imported(self, body: str, at: datetime) -> None:
        self._put(self._t.imported, self._entity_id, body)

    def find(self, wanted: Wanted) -> list[Record]:
        words = search_words(wanted.search)
        found = [k.record for k in self._t.records.values() if _fits(k.record, wanted) and _says(k.entered, words)]
        found.sort(key=_place, reverse=not wanted.oldest_first)
        if (last := wanted.after) is not None:
            found = [r for r in found if (_place(r) > last if wanted.oldest_first else _place(r) < last)]
        return found[: wanted.top]

    def sheet(self, record_id: str) -> list[Entry]:
        return list(self._t.events.get(record_id, ()))

    def save_day_count(self, day: str, mailbox: str, as_of: datetime, body: str) -> None:
        self._put(self._t.day_counts, (day, mailbox), (write_instant(as_of), body))

    def day_counts(self, day: str) -> dict[str, tuple[str, str]]:
        return {mailbox: told for (of, mailbox), told in sorted(self._t.day_counts.items()) if of == day}

    # ------------------------------------------------------------ lists, preferences

    def save_list(self, listed: Listed, at: datetime, forget_before: datetime) -> None:
        for token, (made_at, kept) in list(self._t.lists.items()):
            if kept.person == listed.person and made_at < forget_before:
                self._drop(self._t.lists, token)
        self._put(self._t.lists, listed.token, (at, listed))

    def listed(self, token: str) -> Listed | None:
        kept = self._t.lists.get(token)
        return kept[1] if kept is not None else None

    def preference(self, person: str, name: str) -> str | None:
        return self._t.preferences.get((person, name))

    def save_preference(self, person: str, name: str, value: str) -> None:
        self._put(self._t.preferences, (person, name), value)

    def sign_in(self, person: str) -> SignIn | None:
        return self._t.sign_ins.get(person)

    def save_sign_in(self, sign_in: SignIn) -> None:
        self._put(self._t.sign_ins, sign_in.person, sign_in)

    def who_waits(self, since_before: datetime) -> list[tuple[str | None, str]]:
        steps = (step for kept in self._t.records.values() for step in kept.record.open_steps)
        found = {(s.to_person, "" if s.to_person else s.to_unit) for s in steps if s.opened_at < since_before}
        return sorted(found, key=lambda one: (one[0] or "", one[1]))


# ---------------------------------------------------------------- finding


def _place(record: Record) -> tuple[str, str]:
    return write_instant(record.updated_at), record.record_id


def _says(record: Record, words: Sequence[str]) -> bool:
    said = searchable(record) if words else ""
    return all(word in said for word in words)


def _fits(record: Record, wanted: Wanted) -> bool:
    if wanted.kind:
        if record.kind != wanted.kind:
            return False
    elif wanted.listed_kinds and record.kind not in wanted.listed_kinds:
        return False
    return (
        (not wanted.status or record.status == wanted.status)
        and (wanted.updated_since is None or record.updated_at >= wanted.updated_since)
        and (not wanted.matter or record.matter_id == wanted.matter)
        and (wanted.serial is None or record.serial == wanted.serial)
        and (wanted.year is None or record.year == wanted.year)
        and _is_put_before(record, wanted.holder, wanted.holder_unit, custody=True)
        and _is_put_before(record, wanted.asked_of, wanted.asked_of_unit, custody=False)
        and (not wanted.put_before or _waits_for(record, wanted.put_before))
        and (_may_read(record, wanted.reader, wanted.reader_unit) or _waits_for(record, wanted.reader_for))
    )


def _waits_for(record: Record, people: Sequence[str]) -> bool:
    return any(step.to_person in people for step in record.open_steps if step.to_person is not None)


def _is_put_before(record: Record, person: str, unit: str, *, custody: bool) -> bool:
    if not person and not unit:
        return True
    return any(
        (step.custody or not custody)
        and (step.to_person == person if step.to_person is not None else bool(unit) and step.to_unit == unit)
        for step in record.open_steps
    )


def _may_read(record: Record, reader: str, unit: str) -> bool:
    if not reader and not unit:
        return True
    return reader in record.participants or (bool(unit) and unit in record.registers)
