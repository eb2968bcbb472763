"""Records that belong together."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("records", sa.Column("matter_id", sa.String(), nullable=True))
    op.create_index(
        "records_matter",
        "records",
        ["entity_id", "matter_id"],
        sqlite_where=sa.text("matter_id IS NOT NULL"),
        postgresql_where=sa.text("matter_id IS NOT NULL"),
    )
