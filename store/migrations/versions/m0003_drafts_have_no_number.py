"""Records that we issue have no number until they are signed; people sign up to a level."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("records") as records:
        records.alter_column("year", existing_type=sa.Integer(), nullable=True)
        records.alter_column("serial", existing_type=sa.Integer(), nullable=True)
    op.add_column("people", sa.Column("signs", sa.Integer(), server_default=sa.text("0"), nullable=False))
