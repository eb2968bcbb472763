################################################################
# The tables
################################################################
#
# Rule 1: `entity_id` is in every table and every key: one deployment serves one entity, and nothing must change when
#         two share a database.
# Rule 2: instants are text, `2026-11-21T10:00:00.000000Z`: one width, so that they sort as they follow one another, and
#         the same on SQLite and PostgreSQL. Ids of Microsoft 365 are compared byte for byte.
# Rule 3: `events` and `inbox` only grow. What can be had from them (open steps, readers, the record's row) is kept for
#         speed and for search, and a test folds the events to prove that it is the same.
# Rule 4: a change here is a migration in migrations/; a test compares the two.

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, Column("entity_id", String, primary_key=True), *columns)


def _key(name: str, kind: type[TypeEngine[Any]] = String) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def _must(name: str, kind: type[TypeEngine[Any]] = String, default: str | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=text(default) if default is not None else None)


records = _table(
    "records",
    _key("record_id"),
    _must("kind"),
    _must("status"),
    _must("version", Integer),
    _must("head_hash"),
    _must("unit_id"),
    Column("year", Integer),  # of its number; a draft has none
    Column("serial", Integer),
    _must("reference"),
    _must("search", Text),
    _must("registered_at"),
    _must("updated_at"),
    _must("state", LargeBinary),  # the folded record, as JSON
    Column("matter_id", String),  # what belongs together says the same
)
Index(
    "records_matter",
    records.c.entity_id,
    records.c.matter_id,
    sqlite_where=text("matter_id IS NOT NULL"),
    postgresql_where=text("matter_id IS NOT NULL"),
)
Index("records_number", *(records.c[n] for n in ("entity_id", "unit_id", "kind", "year", "serial")), unique=True)
Index("records_serial", records.c.entity_id, records.c.serial)
Index("records_registered", records.c.entity_id, records.c.registered_at)
Index("records_updated", records.c.entity_id, records.c.updated_at)

# Where the Word files of open drafts lie.
open_drafts = _table("open_drafts", _key("record_id"), _must("drive"), _must("item"))

# Whom each record is put before now; `custody`: whose turn it is, not only who is told.
open_steps = _table(
    "open_steps",
    _key("record_id"),
    _key("step", Integer),
    Column("person_id", String),
    _must("unit_id"),
    _must("asked"),
    _must("since"),
    _must("custody", Boolean),
    Column("remind_at", String),  # when whoever holds it is reminded
)
Index(
    "open_steps_remind",
    open_steps.c.entity_id,
    open_steps.c.remind_at,
    sqlite_where=text("remind_at IS NOT NULL"),
    postgresql_where=text("remind_at IS NOT NULL"),
)
Index("open_steps_person", open_steps.c.entity_id, open_steps.c.person_id)
Index("open_steps_unit", open_steps.c.entity_id, open_steps.c.unit_id)

readers = _table("readers", _key("record_id"), _key("person_id"))
Index("readers_person", readers.c.entity_id, readers.c.person_id)

events = _table(
    "events",
    _key("record_id"),
    _key("seq", Integer),
    _must("type"),
    _must("at"),
    _must("canonical", LargeBinary),
    _must("prev_hash"),
    _must("hash"),
)
Index("events_at", events.c.entity_id, events.c.at)

event_texts = _table(
    "event_texts", _key("record_id"), _key("seq", Integer), _key("field"), _must("salt"), _must("text", Text)
)

inbox = _table("inbox", _key("key"), _must("record_id"), _must("at"))

outbox = Table(
    "outbox",
    metadata,
    Column("effect_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _must("entity_id"),
    _must("record_id"),
    _must("lane"),
    Column("after", String),  # a lane whose earlier effects must be done first
    _must("kind"),
    _must("body", Text),
    _must("state"),  # waiting, done, stuck
    _must("tries", Integer, "0"),
    _must("due_at"),
    Column("lease_owner", String),
    _must("lease_until", String, "''"),
    _must("created_at"),
    Column("done_at", String),
    Column("error", Text),
)
Index(
    "outbox_waiting",
    outbox.c.entity_id,
    outbox.c.due_at,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)
Index(
    "outbox_lane",
    outbox.c.entity_id,
    outbox.c.lane,
    outbox.c.effect_id,
    sqlite_where=text("state <> 'done'"),
    postgresql_where=text("state <> 'done'"),
)

numbers = _table("numbers", _key("unit_id"), _key("kind"), _key("year", Integer), _must("last", Integer))

asks = _table(
    "asks", _key("token"), _must("record_id"), _must("step", Integer), _must("person_id"), _must("version", Integer)
)
Index("asks_step", *(asks.c[n] for n in ("entity_id", "record_id", "step", "person_id")), unique=True)

cards = _table(
    "cards", _key("token"), _key("conversation_id"), _key("activity_id"), _must("service_url"), _must("sent_at")
)

mail = _table(
    "mail",
    _key("mailbox"),
    _key("item_id"),
    _must("identity"),
    _must("message_id"),
    _must("received_at"),
    _must("verdict"),  # shown; registered, copy, reply, ours, quarantined, ignored, gone
    Column("rule", String),
    Column("record_id", String),
    _must("seen_at"),
    _must("sender", default="''"),  # who wrote it, and under which subject: hashes, by which two machines are caught
    _must("thread", default="''"),
)
Index("mail_sender", mail.c.entity_id, mail.c.sender, mail.c.received_at)
Index("mail_identity", mail.c.entity_id, mail.c.identity)
Index("mail_received", mail.c.entity_id, mail.c.mailbox, mail.c.received_at)

message_ids = _table("message_ids", _key("message_id"), _key("record_id"), _must("ours", Boolean))

cursors = _table("cursors", _key("mailbox"), _key("folder"), _must("link", Text), _must("at"))

leases = _table("leases", _key("name"), _must("owner"), _must("until"), _must("rung", Boolean))

# Of what may be done to a scope so and so often at a time: who does it, in each of its places.
turns = _table("turns", _key("scope"), _key("place", Integer), _must("owner"), _must("until"), _must("rung", Boolean))

# What is to be left alone, and until when.
pauses = _table("pauses", _key("scope"), _must("until"))

subscriptions = _table(
    "subscriptions",
    _key("subscription_id"),
    _must("mailbox"),
    _must("resource"),
    _must("expires_at"),
    _must("renew_at"),
)

conversations = _table(
    "conversations",
    _key("person_id"),
    _must("conversation_id"),
    _must("service_url"),
    _must("user_mri"),
    _must("bot_id"),
    _must("at"),
    Column("blocked", String),
)

# Lists that stand in people's chats: what stands on them; forgotten after some days.
lists = _table("lists", _key("token"), _must("person_id"), _must("made_at"), _must("body", Text))
Index("lists_person", lists.c.entity_id, lists.c.person_id, lists.c.made_at)

# What people chose for themselves, such as no digest in the morning.
preferences = _table("preferences", _key("person_id"), _key("name"), _must("value"))

# How far people's sign-ins before a secret are; hashes of what must not be guessed.
sign_ins = _table(
    "sign_ins",
    _key("person_id"),
    _must("state"),
    _must("ends_at"),
    Column("signed_in_at", String),
    _must("code"),
    _must("tries", Integer),
    Column("opened_at", String),
)

offices = _table("offices", _must("version", Integer), _must("body", Text))

units = _table(
    "units",
    _key("unit_id"),
    _must("ar"),
    _must("en"),
    _must("code"),
    Column("head", String),
    _must("registry_for"),
    _must("copies"),
    Column("under", String),
)

people = _table(
    "people",
    _key("person_id"),
    _must("name"),
    _must("upn"),
    _must("mail"),
    _must("language"),
    _must("unit_id"),
    _must("post"),
    _must("active", Boolean),
    _must("clerk", Boolean),
    _must("clearance"),
    _must("signs", Integer, "0"),  # the level up to which they sign
)

# Who acts for whom, as it stands; what happened to it is in `events`, under its id.
delegations = _table(
    "delegations",
    _key("delegation_id"),
    _must("from_person"),
    _must("to_person"),
    _must("is_open", Boolean),
    _must("head_hash"),
    _must("body", Text),
)
Index("delegations_from", delegations.c.entity_id, delegations.c.from_person)
Index("delegations_to", delegations.c.entity_id, delegations.c.to_person)

# Units, posts and clearances that were imported: what the organisation file is completed by.
imported = _table("imported", _must("body", Text), _must("at"))

day_counts = _table("day_counts", _key("day"), _key("mailbox"), _must("as_of"), _must("body", Text))
