"""One transaction of the store: the port's methods over statements and questions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from registry.delegation import Delegation
from registry.effects import EFFECTS, TOKENED, Effect
from registry.mail import Mail
from registry.numbers import Series
from registry.office import Office
from registry.prepared import prepared
from registry.recognise import Known
from registry.record import Record
from registry.registering import searchable
from registry.sheet import Entry
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
    Turns,
    Wanted,
)
from store import delegations, limits, questions
from store import statements as sql
from store.database import Connected, Statement
from store.instants import read_instant, write_instant
from store.known import known
from store.lists import ListsOfPeople
from store.offices import OfficeCache, load_office, save_office
from store.records import record_of, state_of
from store.sign_ins import SignInsOfPeople

_DONE, _STUCK = "done", "stuck"
_json = msgspec.json.Encoder()
_effects = {name: prepared(kind) for name, kind in EFFECTS.items()}


class SqlTransaction(ListsOfPeople, SignInsOfPeople):
    """See service.ports.Transaction."""

    def __init__(self, connected: Connected, entity_id: str, offices: OfficeCache, *, writing: bool) -> None:
        self._on, self._entity_id, self._offices, self._writing = connected, entity_id, offices, writing
        self._saved_office = False
        self._office_version: int | None = None  # where a statement of this transaction has told it

    def _run(self, statement: Statement, **values: Any) -> Any:
        return self._on.run(statement, {"entity_id": self._entity_id, **values})

    def _many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        listed = [{"entity_id": self._entity_id, **row} for row in rows]
        if len(listed) == 1:
            self._on.run(statement, listed[0])
        elif listed:
            self._on.run_many(statement, listed)

    # ------------------------------------------------------------ take

    def first_time(self, key: str, record_id: str, at: datetime) -> bool:
        row = self._run(sql.first_time, key=key, record_id=record_id, at=write_instant(at)).fetchone()
        return row is not None

    def taken_for(self, key: str) -> str | None:
        row = self._run(sql.taken_for, key=key).fetchone()
        return row[0] if row else None

    def record(self, record_id: str) -> Stored | None:
        statement = sql.record if self._writing else sql.record_unlocked
        row = self._run(statement, record_id=record_id).fetchone()
        if row is None:
            return None
        self._office_version = row[2] or 0
        return Stored(record_of(row[0]), row[1])

    def draw(self, series: Series) -> int:
        row = self._run(sql.draw, unit_id=series.unit_id, kind=series.kind, year=series.year).fetchone()
        return int(row[0])

    def reserve(self, series: Series, serial: int) -> None:
        self._run(sql.reserve, unit_id=series.unit_id, kind=series.kind, year=series.year, serial=serial)

    def save(self, before: Record | None, after: Record, entries: Sequence[Entry]) -> None:
        record_id, at = after.record_id, write_instant(after.updated_at)
        state = {
            "status": after.status.value,
            "version": after.version,
            "head_hash": entries[-1].hash,
            "updated_at": at,
            "state": state_of(after),
        }
        self._on.hurry()
        if before is None:
            self._run(
                sql.new_record,
                record_id=record_id,
                kind=after.kind,
                unit_id=after.registry_unit_id,
                year=after.year,
                serial=after.serial,
                reference=after.reference,
                search=searchable(after),  # of what a letter is registered with; see `_is_filed_otherwise`
                registered_at=write_instant(after.registered_at),
                matter_id=after.matter_id,
                **state,
            )
        else:
            self._run(sql.change_record, of_record=record_id, of_version=before.version, **state)
            if after.rules.issued and (before.is_draft or before.reference != after.reference):
                self._run(
                    sql.number_record,
                    of_record=record_id,
                    year=after.year,
                    serial=after.serial,
                    reference=after.reference,
                    registered_at=write_instant(after.registered_at),
                )
            if _is_filed_otherwise(before, after):
                questions.file_anew(self._on.cold, self._entity_id, after, searchable(after))
        self._save_entries(entries, at)
        self._save_open_steps(before, after)
        self._save_open_draft(before.lies_in if before is not None else None, after)
        was, now = _readers(before) if before is not None else frozenset(), _readers(after)
        self._many(sql.new_reader, [{"record_id": record_id, "person_id": p} for p in sorted(now - was)])
        if was - now:
            questions.drop_readers(self._on.cold, self._entity_id, record_id, was - now)

    def _save_entries(self, entries: Sequence[Entry], at: str) -> None:
        self._many(sql.new_event, [_event_row(entry, at) for entry in entries])
        self._many(
            sql.new_event_text,
            [
                {"record_id": e.record_id, "seq": e.seq, "field": t.field, "salt": t.salt, "text": t.text}
                for e in entries
                for t in e.texts
            ],
        )

    def _save_open_steps(self, before: Record | None, after: Record) -> None:
        was = {step.number: step for step in before.open_steps} if before is not None else {}
        now = {step.number: step for step in after.open_steps}
        self._many(sql.drop_open_step, [{"record_id": after.record_id, "step": n} for n in was.keys() - now.keys()])
        self._many(
            sql.new_open_step,
            [
                {
                    "record_id": after.record_id,
                    "step": n,
                    "person_id": step.to_person,
                    "unit_id": step.to_unit,
                    "asked": step.asked,
                    "since": write_instant(step.opened_at),
                    "custody": step.custody,
                    "remind_at": write_instant(step.remind_at) if step.remind_at is not None else None,
                }
                for n, step in now.items()
                if n not in was
            ],
        )
        later = [n for n in was.keys() & now.keys() if now[n].remind_at != was[n].remind_at]
        self._many(
            sql.remind_open_step,
            [
                {
                    "of_record": after.record_id,
                    "of_step": n,
                    "remind_at": write_instant(at) if (at := now[n].remind_at) is not None else None,
                }
                for n in later
            ],
        )

    def _save_open_draft(self, lay_in: tuple[str, str] | None, after: Record) -> None:
        if lay_in == after.lies_in:
            return
        if lay_in is not None:
            self._run(sql.drop_open_draft, record_id=after.record_id)
        if after.lies_in is not None:
            drive, item = after.lies_in
            self._run(sql.new_open_draft, record_id=after.record_id, drive=drive, item=item)

    def open_drafts(self) -> list[tuple[str, str, str]]:
        rows = self._run(sql.open_drafts).fetchall()
        return [(drive, item, record_id) for drive, item, record_id in rows]

    def to_remind(self, now: datetime, limit: int) -> list[tuple[str, int, datetime]]:
        rows = self._run(sql.to_remind, now=write_instant(now), limit=limit).fetchall()
        return [(record_id, step, read_instant(at)) for record_id, step, at in rows]

    def request(
        self,
        effects: Iterable[Effect],
        version: int,
        at: datetime,
        new_token: Callable[[], str],
        *,
        since: datetime | None = None,
    ) -> None:
        listed, asked_at = list(effects), write_instant(at)
        due_at = write_instant(min(at, since or at))
        self._on.hurry()
        self._many(
            sql.new_ask,
            [
                {
                    "token": new_token(),
                    "record_id": e.record_id,
                    "step": e.step,
                    "person_id": e.person,
                    "version": version,
                }
                for e in listed
                if isinstance(e, TOKENED)
            ],
        )
        self._many(
            sql.new_effect,
            [
                {
                    "record_id": e.record_id,
                    "lane": e.lane,
                    "after": None,
                    "kind": type(e).__name__,
                    "body": _json.encode(e).decode(),
                    "due_at": due_at,
                    "created_at": asked_at,
                }
                for e in listed
            ],
        )

    def office(self) -> Office:
        if self._saved_office:  # not to be remembered before it is committed
            return load_office(self._on.cold, self._entity_id)
        if self._office_version is None:
            row = self._run(sql.office_version).fetchone()
            self._office_version = row[0] if row else 0
        return self._offices.get(self._office_version, lambda: load_office(self._on.cold, self._entity_id))

    def asked(self, token: str) -> Asked | None:
        row = self._run(sql.asked, token=token).fetchone()
        if row is None:
            return None
        _, token, record_id, step, person, version = row
        return Asked(token=token, record_id=record_id, step=step, person=person, version=version)

    def token_of(self, record_id: str, step: int, person: str) -> str | None:
        row = self._run(sql.token_of, record_id=record_id, step=step, person_id=person).fetchone()
        return row[0] if row else None

    # ------------------------------------------------------------ mail

    def known(self, mail: Mail) -> Known:
        return known(self._on.cold, self._entity_id, mail, self.office())

    def see_mail(self, seen: SeenMail, at: datetime) -> None:
        self._run(sql.see_mail, **_mail_row(seen, at))

    def show_mail(self, mailbox: str, arrived: Sequence[Arrived], at: datetime) -> None:
        rows = [
            SeenMail(
                mailbox=mailbox,
                item_id=item.item_id,
                identity="",
                message_id=item.message_id,
                received_at=item.received_at,
                verdict="shown",
            )
            for item in arrived
        ]
        self._many(sql.show_mail, [_mail_row(seen, at) for seen in rows])

    def note_message_id(self, message_id: str, record_id: str, *, ours: bool) -> None:
        self._run(sql.new_message_id, message_id=message_id, record_id=record_id, ours=ours)

    def hand_over_mail(self, record_id: str, to_record: str, at: datetime) -> None:
        questions.hand_over_mail(self._on.cold, self._entity_id, record_id, to_record, at)

    def unseen(self, mailbox: str, item_ids: Sequence[str]) -> frozenset[str]:
        return questions.unseen(self._on.cold, self._entity_id, mailbox, item_ids)

    def mail_between(self, mailbox: str, start: datetime, end: datetime) -> list[SeenMail]:
        return questions.mail_between(self._on.cold, self._entity_id, mailbox, start, end)

    def lost(self, mailbox: str, start: datetime, end: datetime) -> list[str]:
        return questions.lost(self._on.cold, self._entity_id, mailbox, start, end)

    def heads(self, start: datetime, end: datetime) -> list[tuple[str, int, str]]:
        return questions.heads(self._on.cold, self._entity_id, start, end)

    def forget_lost(self, record_ids: Sequence[str]) -> None:
        questions.forget_lost(self._on.cold, self._entity_id, record_ids)

    def cursor(self, mailbox: str, folder: str) -> str | None:
        row = self._run(sql.cursor, mailbox=mailbox, folder=folder).fetchone()
        return (row[0] or None) if row else None

    def save_cursor(self, mailbox: str, folder: str, link: str | None, at: datetime) -> None:
        if link is None:
            self._run(sql.drop_cursor, mailbox=mailbox, folder=folder)
        else:
            self._run(sql.keep_cursor, mailbox=mailbox, folder=folder, link=link, at=write_instant(at))

    def followed(self, mailbox: str) -> dict[str, datetime]:
        return {folder: read_instant(at) for folder, at in self._run(sql.followed, mailbox=mailbox).fetchall()}

    def follow(self, mailbox: str, folders: Sequence[str], at: datetime) -> None:
        questions.follow(self._on.cold, self._entity_id, mailbox, self.followed(mailbox), folders, at)

    # ------------------------------------------------------------ the outbox

    def claim(self, owner: str, now: datetime, lease_until: datetime, limit: int) -> list[Claimed]:
        until = write_instant(lease_until)
        rows = self._run(sql.claim, owner=owner, now=write_instant(now), until=until, limit=limit).fetchall()
        return sorted(
            (
                Claimed(effect_id=number, effect=_effects[kind].decode(body), tries=tries)
                for number, kind, body, tries in rows
            ),
            key=lambda claimed: claimed.effect_id,
        )

    def settle(self, effect_id: int, owner: str, at: datetime) -> bool:
        return self._end(effect_id, owner, at, _DONE, None)

    def stick(self, effect_id: int, owner: str, at: datetime, error: str) -> bool:
        return self._end(effect_id, owner, at, _STUCK, error)

    def _end(self, effect_id: int, owner: str, at: datetime, state: str, error: str | None) -> bool:
        row = self._run(
            sql.end_effect, of_effect=effect_id, owner=owner, at=write_instant(at), new_state=state, new_error=error
        ).fetchone()
        return row is not None

    def postpone(self, effect_id: int, owner: str, due_at: datetime, error: str) -> None:
        self._run(
            sql.postpone, of_effect=effect_id, owner=owner, new_due_at=write_instant(due_at), new_error=error[:500]
        )

    def hasten(self, person: str, at: datetime) -> int:
        return len(self._run(sql.hasten, now=write_instant(at), person=person).fetchall())

    def next_due_at(self) -> datetime | None:
        row = self._run(sql.next_due_at).fetchone()
        return read_instant(row[0]) if row and row[0] else None

    def stuck(self) -> list[tuple[int, str, str, str]]:
        return questions.stuck(self._on.cold, self._entity_id)

    # ------------------------------------------------------------ chats, leases, subscriptions

    def add_card(self, card: SentCard, at: datetime) -> None:
        self._run(
            sql.keep_card,
            token=card.token,
            conversation_id=card.conversation_id,
            activity_id=card.activity_id,
            service_url=card.service_url,
            sent_at=write_instant(at),
        )

    def cards(self, token: str) -> list[SentCard]:
        return [
            SentCard(token=token, conversation_id=conversation_id, activity_id=activity_id, service_url=service_url)
            for conversation_id, activity_id, service_url in self._run(sql.cards, token=token).fetchall()
        ]

    def drop_card(self, card: SentCard) -> None:
        questions.drop_card(self._on.cold, self._entity_id, card)

    def conversation(self, person: str) -> Conversation | None:
        row = self._run(sql.conversation, person_id=person).fetchone()
        if row is None:
            return None
        conversation_id, service_url, user_mri, bot_id, blocked = row
        return Conversation(
            person=person,
            conversation_id=conversation_id,
            service_url=service_url,
            user_mri=user_mri,
            bot_id=bot_id,
            blocked=blocked,
        )

    def save_conversation(self, conversation: Conversation, at: datetime) -> None:
        questions.save_conversation(self._on.cold, self._entity_id, conversation, at)

    def block_conversation(self, person: str, reason: str | None, at: datetime) -> None:
        questions.block_conversation(self._on.cold, self._entity_id, person, reason, at)

    def take_lease(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        taken = self._run(
            sql.take_lease, name=name, owner=owner, now=write_instant(now), until=write_instant(until)
        ).fetchone()
        if taken is None:
            self._run(sql.ring_lease, of_name=name)
        return taken is not None

    def end_lease(self, name: str, owner: str) -> bool:
        if self._run(sql.end_lease, of_name=name, of_owner=owner).fetchone() is not None:
            return True
        # Where it is somebody else's by now there is nothing to let go of.
        return self._run(sql.quieten_lease, of_name=name, of_owner=owner).fetchone() is None

    def take_turns(self, scope: str, owner: str, wanted: int, most: int, now: datetime, until: datetime) -> Turns:
        return limits.take_turns(self._on.cold, self._entity_id, scope, owner, wanted, most, now, until)

    def pause(self, scope: str, until: datetime) -> None:
        limits.pause(self._on.cold, self._entity_id, scope, until)

    def pauses(self, now: datetime) -> dict[str, datetime]:
        return limits.pauses(self._on.cold, self._entity_id, now)

    def subscriptions(self) -> list[Subscribed]:
        return [
            Subscribed(
                subscription_id=subscription_id,
                mailbox=mailbox,
                resource=resource,
                expires_at=read_instant(expires_at),
                renew_at=read_instant(renew_at),
            )
            for subscription_id, mailbox, resource, expires_at, renew_at in self._run(sql.subscriptions).fetchall()
        ]

    def save_subscription(self, subscribed: Subscribed) -> None:
        self._run(
            sql.keep_subscription,
            subscription_id=subscribed.subscription_id,
            mailbox=subscribed.mailbox,
            resource=subscribed.resource,
            expires_at=write_instant(subscribed.expires_at),
            renew_at=write_instant(subscribed.renew_at),
        )

    def drop_subscription(self, subscription_id: str) -> None:
        questions.drop_subscription(self._on.cold, self._entity_id, subscription_id)

    # ------------------------------------------------------------ people, records, counts

    def save_office(self, office: Office) -> bool:
        self._saved_office = save_office(self._on.cold, self._entity_id, office)
        return self._saved_office

    def delegation(self, delegation_id: str) -> KeptDelegation | None:
        if self._writing:
            delegations.lock_delegation(self._on.cold, self._entity_id)
        return delegations.delegation(self._on.cold, self._entity_id, delegation_id)

    def delegations_of(self, person: str, limit: int) -> list[Delegation]:
        return delegations.delegations_of(self._on.cold, self._entity_id, person, limit)

    def save_delegation(self, after: Delegation, entries: Sequence[Entry], at: datetime) -> None:
        self._save_entries(entries, write_instant(at))
        delegations.save_delegation(self._on.cold, self._entity_id, after, entries[-1].hash)
        self._saved_office = True

    def waiting_people(self) -> list[str]:
        return delegations.waiting_people(self._on.cold, self._entity_id)

    def imported(self) -> str | None:
        return delegations.imported(self._on.cold, self._entity_id)

    def save_imported(self, body: str, at: datetime) -> None:
        delegations.save_imported(self._on.cold, self._entity_id, body, at)

    def find(self, wanted: Wanted) -> list[Record]:
        return questions.find(self._on.cold, self._entity_id, wanted)

    def sheet(self, record_id: str) -> list[Entry]:
        return questions.sheet(self._on.cold, self._entity_id, record_id)

    def save_day_count(self, day: str, mailbox: str, as_of: datetime, body: str) -> None:
        questions.save_day_count(self._on.cold, self._entity_id, day, mailbox, as_of, body)

    def day_counts(self, day: str) -> dict[str, tuple[str, str]]:
        return questions.day_counts(self._on.cold, self._entity_id, day)


def _readers(record: Record) -> frozenset[str]:
    """Who may find it: people, and the registers besides its own, each as the unit whose it is."""
    return record.participants | {questions.register_reader(u) for u in record.registers - {record.registry_unit_id}}


def _is_filed_otherwise(before: Record, after: Record) -> bool:
    """Whether it is found by something else now. Files that came later do not count, nor does whose letter it is."""
    if before.is_draft:
        return True  # it is written anew, then numbered
    return (before.subject, before.matter_id) != (after.subject, after.matter_id)


def _mail_row(seen: SeenMail, at: datetime) -> dict[str, Any]:
    return {
        "mailbox": seen.mailbox,
        "item_id": seen.item_id,
        "identity": seen.identity,
        "message_id": seen.message_id,
        "received_at": write_instant(seen.received_at),
        "verdict": seen.verdict,
        "rule": seen.rule,
        "record_id": seen.record_id,
        "seen_at": write_instant(at),
        "sender": seen.sender,
        "thread": seen.thread,
    }


def _event_row(entry: Entry, at: str) -> dict[str, Any]:
    return {
        "record_id": entry.record_id,
        "seq": entry.seq,
        "type": entry.type,
        "at": at,
        "canonical": entry.canonical,
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
    }
