################################################################
# The hot statements: what `take`, `claim` and `settle` run, and what each visit, card and lease asks
################################################################
#
# Each is written once in SQLAlchemy Core, so that SQLite and PostgreSQL get the same, and compiled once for each driver
# (database.Statement). Cold questions are asked where they are needed, in questions.py. The states of an effect stand
# in the SQL itself: a partial index is not used for a parameter.

from typing import Any

from sqlalchemy import (
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well
from sqlalchemy.sql.dml import ReturningInsert

from store import schema as s
from store.database import Statement

_here: Any = bindparam("entity_id")
_waiting: Any = literal_column("'waiting'")
_done: Any = literal_column("'done'")


def _insert(table: Table, *skip: str) -> Statement:
    return Statement(insert(table).values({c.name: bindparam(c.name) for c in table.c if c.name not in skip}))


def _keep(table: Table, *key: str) -> Statement:
    """INSERT, or change the row with the same *key*."""
    names = ("entity_id", *key)
    values: dict[str, Any] = {c.name: bindparam(c.name) for c in table.c}
    rest = {name: value for name, value in values.items() if name not in names}
    return Statement(upsert(table).values(values).on_conflict_do_update(index_elements=names, set_=rest))


def _once(table: Table) -> Any:
    """INSERT … ON CONFLICT DO NOTHING: the same words on both databases."""
    values: dict[str, Any] = {c.name: bindparam(c.name) for c in table.c}
    return upsert(table).values(values).on_conflict_do_nothing()


# ---------------------------------------------------------------- take

# Ask for the row, never for `rowcount`: psycopg answers -1.
first_time = Statement(_once(s.inbox).returning(s.inbox.c.key))
taken_for = Statement(
    select(s.inbox.c.record_id).where(s.inbox.c.entity_id == _here, s.inbox.c.key == bindparam("key"))
)
# With the office's version: who reads a record needs the office as well, and asks but once.
_record = select(
    s.records.c.state,
    s.records.c.head_hash,
    select(s.offices.c.version).where(s.offices.c.entity_id == _here).scalar_subquery(),
).where(s.records.c.entity_id == _here, s.records.c.record_id == bindparam("record_id"))
record = Statement(_record.with_for_update())
record_unlocked = Statement(_record)


def _draw() -> ReturningInsert[Any]:
    drawn = upsert(s.numbers).values(
        entity_id=_here, unit_id=bindparam("unit_id"), kind=bindparam("kind"), year=bindparam("year"), last=1
    )
    return drawn.on_conflict_do_update(
        index_elements=["entity_id", "unit_id", "kind", "year"], set_={"last": s.numbers.c.last + 1}
    ).returning(s.numbers.c.last)


def _reserve() -> ReturningInsert[Any]:
    kept = upsert(s.numbers).values(
        entity_id=_here,
        unit_id=bindparam("unit_id"),
        kind=bindparam("kind"),
        year=bindparam("year"),
        last=bindparam("serial"),
    )
    last = kept.excluded.last
    return kept.on_conflict_do_update(
        index_elements=["entity_id", "unit_id", "kind", "year"],
        set_={"last": case((s.numbers.c.last > last, s.numbers.c.last), else_=last)},
    ).returning(s.numbers.c.last)


draw = Statement(_draw())
reserve = Statement(_reserve())
new_record = _insert(s.records)
change_record = Statement(
    update(s.records)
    .where(
        s.records.c.entity_id == _here,
        s.records.c.record_id == bindparam("of_record"),
        s.records.c.version == bindparam("of_version"),
    )
    .values({name: bindparam(name) for name in ("status", "version", "head_hash", "updated_at", "state")})
)
number_record = Statement(
    update(s.records)
    .where(s.records.c.entity_id == _here, s.records.c.record_id == bindparam("of_record"))
    .values({name: bindparam(name) for name in ("year", "serial", "reference", "registered_at")})
)
new_event = _insert(s.events)
new_event_text = _insert(s.event_texts)
new_open_draft = _insert(s.open_drafts)
drop_open_draft = Statement(
    delete(s.open_drafts).where(s.open_drafts.c.entity_id == _here, s.open_drafts.c.record_id == bindparam("record_id"))
)
open_drafts = Statement(
    select(s.open_drafts.c.drive, s.open_drafts.c.item, s.open_drafts.c.record_id)
    .where(s.open_drafts.c.entity_id == _here)
    .order_by(s.open_drafts.c.record_id)
)
new_open_step = _insert(s.open_steps)
drop_open_step = Statement(
    delete(s.open_steps).where(
        s.open_steps.c.entity_id == _here,
        s.open_steps.c.record_id == bindparam("record_id"),
        s.open_steps.c.step == bindparam("step"),
    )
)
remind_open_step = Statement(
    update(s.open_steps)
    .where(
        s.open_steps.c.entity_id == _here,
        s.open_steps.c.record_id == bindparam("of_record"),
        s.open_steps.c.step == bindparam("of_step"),
    )
    .values(remind_at=bindparam("remind_at"))
)
to_remind = Statement(
    select(s.open_steps.c.record_id, s.open_steps.c.step, s.open_steps.c.remind_at)
    .where(s.open_steps.c.entity_id == _here, s.open_steps.c.remind_at <= bindparam("now"))
    .order_by(s.open_steps.c.remind_at, s.open_steps.c.record_id, s.open_steps.c.step)
    .limit(bindparam("limit"))
)
new_reader = Statement(_once(s.readers))
new_effect = Statement(
    insert(s.outbox)
    .values(
        {
            name: bindparam(name)
            for name in ("entity_id", "record_id", "lane", "after", "kind", "body", "due_at", "created_at")
        }
        | {"state": _waiting}
    )
    .inline()
)
new_ask = Statement(_once(s.asks))
asked = Statement(select(s.asks).where(s.asks.c.entity_id == _here, s.asks.c.token == bindparam("token")))
token_of = Statement(
    select(s.asks.c.token).where(
        s.asks.c.entity_id == _here,
        s.asks.c.record_id == bindparam("record_id"),
        s.asks.c.step == bindparam("step"),
        s.asks.c.person_id == bindparam("person_id"),
    )
)
office_version = Statement(select(s.offices.c.version).where(s.offices.c.entity_id == _here))
see_mail = Statement(
    upsert(s.mail)
    .values({c.name: bindparam(c.name) for c in s.mail.c})
    .on_conflict_do_update(
        index_elements=["entity_id", "mailbox", "item_id"],
        set_={
            name: bindparam(name)
            for name in (
                *("identity", "message_id", "received_at", "verdict", "rule", "record_id"),
                *("seen_at", "sender", "thread"),
            )
        },
    )
)
show_mail = Statement(_once(s.mail))
new_message_id = Statement(_once(s.message_ids))


# ---------------------------------------------------------------- claim and settle

_earlier = s.outbox.alias("earlier")
_awaited = s.outbox.alias("awaited")
_free = and_(
    s.outbox.c.state == _waiting, s.outbox.c.due_at <= bindparam("now"), s.outbox.c.lease_until <= bindparam("now")
)
# The first of its lane that is not done, a stuck one goes on holding its lane; and nothing it waits for in another.
_its_turn = and_(
    not_(
        select(_earlier.c.effect_id)
        .where(
            _earlier.c.entity_id == s.outbox.c.entity_id,
            _earlier.c.lane == s.outbox.c.lane,
            _earlier.c.state != _done,
            _earlier.c.effect_id < s.outbox.c.effect_id,
        )
        .exists()
    ),
    or_(
        s.outbox.c.after.is_(None),
        not_(
            select(_awaited.c.effect_id)
            .where(
                _awaited.c.entity_id == s.outbox.c.entity_id,
                _awaited.c.lane == s.outbox.c.after,
                _awaited.c.state != _done,
                _awaited.c.effect_id < s.outbox.c.effect_id,
            )
            .exists()
        ),
    ),
)
_claimable = (
    select(s.outbox.c.effect_id)
    .where(s.outbox.c.entity_id == _here, _free, _its_turn)
    .order_by(s.outbox.c.due_at, s.outbox.c.effect_id)
    .limit(bindparam("limit"))
)
claim = Statement(
    update(s.outbox)
    .where(s.outbox.c.effect_id.in_(_claimable), _free)
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), tries=s.outbox.c.tries + 1)
    .returning(s.outbox.c.effect_id, s.outbox.c.kind, s.outbox.c.body, s.outbox.c.tries)
)
_mine = and_(
    s.outbox.c.effect_id == bindparam("of_effect"),
    s.outbox.c.lease_owner == bindparam("owner"),
    s.outbox.c.state == _waiting,
)
end_effect = Statement(
    update(s.outbox)
    .where(_mine)
    .values(
        state=bindparam("new_state"),
        done_at=bindparam("at"),
        error=bindparam("new_error"),
        lease_owner=None,
        lease_until="",
    )
    .returning(s.outbox.c.effect_id)
)
postpone = Statement(
    update(s.outbox)
    .where(_mine)
    .values(due_at=bindparam("new_due_at"), error=bindparam("new_error"), lease_owner=None, lease_until="")
)
# What a person's chat stood in the way of, the stuck as well; what somebody works on just now is left to them.
hasten = Statement(
    update(s.outbox)
    .where(
        s.outbox.c.entity_id == _here,
        s.outbox.c.state != _done,
        s.outbox.c.lane == s.outbox.c.record_id + "/" + bindparam("person"),
        s.outbox.c.lease_until <= bindparam("now"),
    )
    .values(state=_waiting, due_at=bindparam("now"), tries=0, done_at=None)
    .returning(s.outbox.c.effect_id)
)
next_due_at = Statement(
    select(
        func.min(case((s.outbox.c.lease_until > s.outbox.c.due_at, s.outbox.c.lease_until), else_=s.outbox.c.due_at))
    ).where(s.outbox.c.entity_id == _here, s.outbox.c.state == _waiting, _its_turn)
)


# ---------------------------------------------------------------- mailboxes

_the_cursor = and_(
    s.cursors.c.entity_id == _here,
    s.cursors.c.mailbox == bindparam("mailbox"),
    s.cursors.c.folder == bindparam("folder"),
)
cursor = Statement(select(s.cursors.c.link).where(_the_cursor))
keep_cursor = _keep(s.cursors, "mailbox", "folder")
drop_cursor = Statement(delete(s.cursors).where(_the_cursor))
followed = Statement(
    select(s.cursors.c.folder, s.cursors.c.at)
    .where(s.cursors.c.entity_id == _here, s.cursors.c.mailbox == bindparam("mailbox"))
    .order_by(s.cursors.c.folder)
)


# ---------------------------------------------------------------- chats, leases, subscriptions

keep_card = _keep(s.cards, "token", "conversation_id", "activity_id")
cards = Statement(
    select(s.cards.c.conversation_id, s.cards.c.activity_id, s.cards.c.service_url)
    .where(s.cards.c.entity_id == _here, s.cards.c.token == bindparam("token"))
    .order_by(s.cards.c.sent_at)
)
_chat = s.conversations.c
conversation = Statement(
    select(_chat.conversation_id, _chat.service_url, _chat.user_mri, _chat.bot_id, _chat.blocked).where(
        _chat.entity_id == _here, _chat.person_id == bindparam("person_id")
    )
)


def _take_lease() -> ReturningInsert[Any]:
    owner: Any = bindparam("owner")
    until: Any = bindparam("until")
    taken = upsert(s.leases).values(entity_id=_here, name=bindparam("name"), owner=owner, until=until, rung=false())
    free: Any = or_(s.leases.c.owner == owner, s.leases.c.until <= bindparam("now"))
    return taken.on_conflict_do_update(
        index_elements=["entity_id", "name"], set_={"owner": owner, "until": until}, where=free
    ).returning(s.leases.c.name)


_the_lease = and_(s.leases.c.entity_id == _here, s.leases.c.name == bindparam("of_name"))
_my_lease = and_(_the_lease, s.leases.c.owner == bindparam("of_owner"))
take_lease = Statement(_take_lease())
ring_lease = Statement(update(s.leases).where(_the_lease).values(rung=True))
end_lease = Statement(
    update(s.leases).where(_my_lease, s.leases.c.rung.is_(False)).values(until="", owner="").returning(s.leases.c.name)
)
quieten_lease = Statement(update(s.leases).where(_my_lease).values(rung=False).returning(s.leases.c.name))
_rings = s.subscriptions.c
subscriptions = Statement(
    select(_rings.subscription_id, _rings.mailbox, _rings.resource, _rings.expires_at, _rings.renew_at).where(
        _rings.entity_id == _here
    )
)
keep_subscription = _keep(s.subscriptions, "subscription_id")
