"""Adds the column `policies.fault`: the reason why digests could not report a policy's changes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("policies", sa.Column("fault", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("policies", "fault")
