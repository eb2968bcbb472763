"""Who acts for whom, and what was imported of the organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("delegation_id", sa.String(), nullable=False),
        sa.Column("from_person", sa.String(), nullable=False),
        sa.Column("to_person", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "delegation_id"),
    )
    op.create_index("delegations_from", "delegations", ["entity_id", "from_person"])
    op.create_index("delegations_to", "delegations", ["entity_id", "to_person"])
    op.create_table(
        "imported",
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id"),
    )
