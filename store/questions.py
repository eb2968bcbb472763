################################################################
# Cold questions and small writes, through SQLAlchemy
################################################################
#
# Each takes the connection of the transaction it belongs to. What is asked at every turn is in statements.py.

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well
from sqlalchemy.sql import ColumnElement

from registry.record import Record
from registry.sheet import Entry, PrivateText
from service.ports import Conversation, SeenMail, SentCard, Wanted
from store import schema as s
from store.instants import read_instant, write_instant
from store.records import record_of
from texts import search_words

_AT_ONCE = 500  # values in one IN list


def _keep(on: Connection, table: Any, key: Sequence[str], row: dict[str, Any]) -> None:
    """Insert *row*, or change the one with the same key."""
    rest = {name: value for name, value in row.items() if name not in key}
    put = upsert(table).values(row).on_conflict_do_update(index_elements=key, set_=rest)
    on.execute(put)


# ---------------------------------------------------------------- mail


def hand_over_mail(on: Connection, entity_id: str, record_id: str, to_record: str, at: datetime) -> None:
    """Of the mails that made or follow the record, the one that made it changes its verdict; all change hands."""
    c, ids = s.mail.c, s.message_ids.c
    of_record = and_(c.entity_id == entity_id, c.record_id == record_id)
    made = {"verdict": "registered", "rule": "released", "seen_at": write_instant(at)}
    on.execute(update(s.mail).where(of_record, c.verdict == "quarantined").values(made))
    on.execute(update(s.mail).where(of_record).values(record_id=to_record))
    on.execute(
        update(s.message_ids).where(ids.entity_id == entity_id, ids.record_id == record_id).values(record_id=to_record)
    )


# Made once: a statement is full of cycles, and what is written into one stays until these are looked for. So a mailbox
# that was read again kept the ids of thousands of mails.
_judged = select(s.mail.c.item_id).where(
    s.mail.c.entity_id == bindparam("entity"),
    s.mail.c.mailbox == bindparam("box"),
    s.mail.c.item_id.in_(bindparam("ids", expanding=True)),
    s.mail.c.verdict.not_in(("gone", "shown")),
)


def unseen(on: Connection, entity_id: str, mailbox: str, item_ids: Sequence[str]) -> frozenset[str]:
    left = set(item_ids)
    for start in range(0, len(item_ids), _AT_ONCE):
        asked = {"entity": entity_id, "box": mailbox, "ids": item_ids[start : start + _AT_ONCE]}
        rows = on.execute(_judged, asked)
        left.difference_update(item_id for (item_id,) in rows)
    return frozenset(left)


def mail_between(on: Connection, entity_id: str, mailbox: str, start: datetime, end: datetime) -> list[SeenMail]:
    rows = on.execute(
        select(s.mail)
        .where(
            s.mail.c.entity_id == entity_id,
            s.mail.c.mailbox == mailbox,
            s.mail.c.received_at >= write_instant(start),
            s.mail.c.received_at < write_instant(end),
        )
        .order_by(s.mail.c.received_at, s.mail.c.item_id)
    )
    return [
        SeenMail(
            mailbox=r.mailbox,
            item_id=r.item_id,
            identity=r.identity,
            message_id=r.message_id,
            received_at=read_instant(r.received_at),
            verdict=r.verdict,
            rule=r.rule,
            record_id=r.record_id,
        )
        for r in rows
    ]


def lost(on: Connection, entity_id: str, mailbox: str, start: datetime, end: datetime) -> list[str]:
    """A record is whole when it has as many lines as its version says."""
    m, r, e = s.mail.c, s.records.c, s.events.c
    lines = select(func.count()).where(e.entity_id == entity_id, e.record_id == r.record_id).scalar_subquery()
    named = (
        select(m.record_id)
        .distinct()
        .outerjoin(s.records, and_(r.entity_id == m.entity_id, r.record_id == m.record_id))
        .where(
            m.entity_id == entity_id,
            m.mailbox == mailbox,
            m.received_at >= write_instant(start),
            m.received_at < write_instant(end),
            m.record_id.is_not(None),
            or_(r.record_id.is_(None), r.version != lines),
        )
    )
    return sorted(on.execute(named).scalars())


def heads(on: Connection, entity_id: str, start: datetime, end: datetime) -> list[tuple[str, int, str]]:
    r = s.records.c
    changed = select(r.record_id, r.version, r.head_hash).where(
        r.entity_id == entity_id, r.updated_at >= write_instant(start), r.updated_at < write_instant(end)
    )
    return sorted((record_id, version, hashed) for record_id, version, hashed in on.execute(changed))


def forget_lost(on: Connection, entity_id: str, record_ids: Sequence[str]) -> None:
    r = s.records.c
    there = set(on.execute(select(r.record_id).where(r.entity_id == entity_id, r.record_id.in_(record_ids))).scalars())
    gone = [record_id for record_id in record_ids if record_id not in there]
    for table in (
        s.mail,
        s.message_ids,
        s.open_steps,
        s.open_drafts,
        s.readers,
        s.asks,
        s.events,
        s.event_texts,
        s.outbox,
    ):
        on.execute(delete(table).where(table.c.entity_id == entity_id, table.c.record_id.in_(gone)))


def follow(
    on: Connection, entity_id: str, mailbox: str, known: Iterable[str], folders: Sequence[str], at: datetime
) -> None:
    """A folder that was not read yet has an empty link."""
    known, c = set(known), s.cursors.c
    for folder in known - set(folders):
        on.execute(delete(s.cursors).where(c.entity_id == entity_id, c.mailbox == mailbox, c.folder == folder))
    fresh = [folder for folder in dict.fromkeys(folders) if folder not in known]
    row = {"entity_id": entity_id, "mailbox": mailbox, "link": "", "at": write_instant(at)}
    for folder in fresh:
        on.execute(upsert(s.cursors).values(row | {"folder": folder}).on_conflict_do_nothing())


# ---------------------------------------------------------------- chats


def drop_card(on: Connection, entity_id: str, card: SentCard) -> None:
    c = s.cards.c
    on.execute(
        delete(s.cards).where(
            c.entity_id == entity_id,
            c.token == card.token,
            c.conversation_id == card.conversation_id,
            c.activity_id == card.activity_id,
        )
    )


def save_conversation(on: Connection, entity_id: str, conversation: Conversation, at: datetime) -> None:
    row = {
        "entity_id": entity_id,
        "person_id": conversation.person,
        "conversation_id": conversation.conversation_id,
        "service_url": conversation.service_url,
        "user_mri": conversation.user_mri,
        "bot_id": conversation.bot_id,
        "at": write_instant(at),
        "blocked": conversation.blocked,
    }
    _keep(on, s.conversations, ("entity_id", "person_id"), row)


def block_conversation(on: Connection, entity_id: str, person: str, reason: str | None, at: datetime) -> None:
    c = s.conversations.c
    on.execute(
        update(s.conversations)
        .where(c.entity_id == entity_id, c.person_id == person)
        .values(blocked=reason, at=write_instant(at))
    )


def drop_subscription(on: Connection, entity_id: str, subscription_id: str) -> None:
    c = s.subscriptions.c
    on.execute(delete(s.subscriptions).where(c.entity_id == entity_id, c.subscription_id == subscription_id))


# ---------------------------------------------------------------- records


def find(on: Connection, entity_id: str, wanted: Wanted) -> list[Record]:
    """Records that fit, by their last change, `wanted.top` at most."""
    c = s.records.c
    query = select(c.state).where(c.entity_id == entity_id, *_conditions(wanted))
    order = (c.updated_at, c.record_id) if wanted.oldest_first else (c.updated_at.desc(), c.record_id.desc())
    query = query.order_by(*order).limit(wanted.top)
    return [record_of(state) for (state,) in on.execute(query)]


def file_anew(on: Connection, entity_id: str, record: Record, search: str) -> None:
    """Keep by what *record* is found, where that has changed."""
    c = s.records.c
    on.execute(
        update(s.records)
        .where(c.entity_id == entity_id, c.record_id == record.record_id)
        .values(search=search, matter_id=record.matter_id)
    )


def drop_readers(on: Connection, entity_id: str, record_id: str, persons: Iterable[str]) -> None:
    c = s.readers.c
    on.execute(
        delete(s.readers).where(c.entity_id == entity_id, c.record_id == record_id, c.person_id.in_(sorted(persons)))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    c, found = s.records.c, []
    for word in search_words(wanted.search):
        found.append(c.search.contains(word, autoescape=True))
    if wanted.kind:
        found.append(c.kind == wanted.kind)
    elif wanted.listed_kinds:
        found.append(c.kind.in_(wanted.listed_kinds))
    if wanted.status:
        found.append(c.status == wanted.status)
    if wanted.updated_since is not None:
        found.append(c.updated_at >= write_instant(wanted.updated_since))
    if wanted.matter:
        found.append(c.matter_id == wanted.matter)
    if wanted.serial is not None:
        found.append(c.serial == wanted.serial)
    if wanted.year is not None:
        found.append(c.year == wanted.year)
    if wanted.after is not None:
        place, last = tuple_(c.updated_at, c.record_id), tuple_(*wanted.after)
        found.append(place > last if wanted.oldest_first else place < last)
    if wanted.holder or wanted.holder_unit:
        found.append(_put_before(wanted.holder, wanted.holder_unit, s.open_steps.c.custody.is_(True)))
    if wanted.asked_of or wanted.asked_of_unit:
        found.append(_put_before(wanted.asked_of, wanted.asked_of_unit))
    if wanted.put_before:
        found.append(_of_record(s.open_steps, s.open_steps.c.person_id.in_(wanted.put_before)))
    if wanted.reader or wanted.reader_unit:
        may_read = [_of_record(s.readers, s.readers.c.person_id == wanted.reader)]
        if wanted.reader_unit:
            may_read.append(c.unit_id == wanted.reader_unit)
            may_read.append(_of_record(s.readers, s.readers.c.person_id == register_reader(wanted.reader_unit)))
        if wanted.reader_for:
            may_read.append(_of_record(s.open_steps, s.open_steps.c.person_id.in_(wanted.reader_for)))
        found.append(or_(*may_read))
    return found


def register_reader(unit_id: str) -> str:
    """As whom the clerks of a unit read what was put before their register and stands in another one."""
    return f"register:{unit_id}"


def _put_before(person: str, unit: str, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    c = s.open_steps.c
    ways = [c.person_id == person] if person else []
    if unit:
        ways.append(and_(c.person_id.is_(None), c.unit_id == unit))
    return _of_record(s.open_steps, and_(or_(*ways), *also))


def _of_record(table: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    c = s.records.c
    inner: Select[Any] = select(table.c.record_id).where(
        table.c.entity_id == c.entity_id, table.c.record_id == c.record_id, condition
    )
    return exists(inner)


def sheet(on: Connection, entity_id: str, record_id: str) -> list[Entry]:
    e, t = s.events.c, s.event_texts.c
    texts: dict[int, list[PrivateText]] = {}
    for row in on.execute(
        select(t.seq, t.field, t.salt, t.text)
        .where(t.entity_id == entity_id, t.record_id == record_id)
        .order_by(t.seq, t.field)
    ):
        texts.setdefault(row.seq, []).append(PrivateText(row.field, row.salt, row.text))
    rows = on.execute(select(s.events).where(e.entity_id == entity_id, e.record_id == record_id).order_by(e.seq))
    return [
        Entry(record_id, r.seq, r.type, bytes(r.canonical), r.prev_hash, r.hash, tuple(texts.get(r.seq, ())))
        for r in rows
    ]


def stuck(on: Connection, entity_id: str) -> list[tuple[int, str, str, str]]:
    c = s.outbox.c
    rows = on.execute(
        select(c.effect_id, c.record_id, c.kind, c.error)
        .where(c.entity_id == entity_id, c.state == "stuck")
        .order_by(c.effect_id)
    )
    return [(r.effect_id, r.record_id, r.kind, r.error or "") for r in rows]


# ---------------------------------------------------------------- the day's count


def save_day_count(on: Connection, entity_id: str, day: str, mailbox: str, as_of: datetime, body: str) -> None:
    row = {"entity_id": entity_id, "day": day, "mailbox": mailbox, "as_of": write_instant(as_of), "body": body}
    _keep(on, s.day_counts, ("entity_id", "day", "mailbox"), row)


def day_counts(on: Connection, entity_id: str, day: str) -> dict[str, tuple[str, str]]:
    c = s.day_counts.c
    rows = on.execute(select(s.day_counts).where(c.entity_id == entity_id, c.day == day).order_by(c.mailbox))
    return {r.mailbox: (r.as_of, r.body) for r in rows}
