"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "asks",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "token"),
    )
    op.create_index("asks_step", "asks", ["entity_id", "record_id", "step", "person_id"], unique=True)
    op.create_table(
        "cards",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("activity_id", sa.String(), nullable=False),
        sa.Column("service_url", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "token", "conversation_id", "activity_id"),
    )
    op.create_table(
        "conversations",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("service_url", sa.String(), nullable=False),
        sa.Column("user_mri", sa.String(), nullable=False),
        sa.Column("bot_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("blocked", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("entity_id", "person_id"),
    )
    op.create_table(
        "cursors",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "mailbox", "folder"),
    )
    op.create_table(
        "day_counts",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "day", "mailbox"),
    )
    op.create_table(
        "event_texts",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "record_id", "seq", "field"),
    )
    op.create_table(
        "events",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "record_id", "seq"),
    )
    op.create_index("events_at", "events", ["entity_id", "at"], unique=False)
    op.create_table(
        "open_steps",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("custody", sa.Boolean(), nullable=False),
        sa.Column("remind_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("entity_id", "record_id", "step"),
    )
    op.create_index(
        "open_steps_remind",
        "open_steps",
        ["entity_id", "remind_at"],
        unique=False,
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index("open_steps_person", "open_steps", ["entity_id", "person_id"], unique=False)
    op.create_index("open_steps_unit", "open_steps", ["entity_id", "unit_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "key"),
    )
    op.create_table(
        "leases",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("rung", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "name"),
    )
    op.create_table(
        "mail",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("seen_at", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("thread", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "mailbox", "item_id"),
    )
    op.create_index("mail_identity", "mail", ["entity_id", "identity"], unique=False)
    op.create_index("mail_received", "mail", ["entity_id", "mailbox", "received_at"], unique=False)
    op.create_index("mail_sender", "mail", ["entity_id", "sender", "received_at"], unique=False)
    op.create_table(
        "message_ids",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "message_id", "record_id"),
    )
    op.create_table(
        "numbers",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "unit_id", "kind", "year"),
    )
    op.create_table(
        "offices",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "effect_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.String(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("done_at", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("effect_id"),
    )
    op.create_index(
        "outbox_lane",
        "outbox",
        ["entity_id", "lane", "effect_id"],
        unique=False,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["entity_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "pauses",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "scope"),
    )
    op.create_table(
        "people",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("upn", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("clerk", sa.Boolean(), nullable=False),
        sa.Column("clearance", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "person_id"),
    )
    op.create_table(
        "readers",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "record_id", "person_id"),
    )
    op.create_index("readers_person", "readers", ["entity_id", "person_id"], unique=False)
    op.create_table(
        "records",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "record_id"),
    )
    op.create_index("records_number", "records", ["entity_id", "unit_id", "kind", "year", "serial"], unique=True)
    op.create_index("records_serial", "records", ["entity_id", "serial"])
    op.create_index("records_registered", "records", ["entity_id", "registered_at"], unique=False)
    op.create_index("records_updated", "records", ["entity_id", "updated_at"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("renew_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "subscription_id"),
    )
    op.create_table(
        "turns",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("rung", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "scope", "place"),
    )
    op.create_table(
        "units",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("ar", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=True),
        sa.Column("registry_for", sa.String(), nullable=False),
        sa.Column("copies", sa.String(), nullable=False),
        sa.Column("under", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("entity_id", "unit_id"),
    )
