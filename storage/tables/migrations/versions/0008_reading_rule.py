"""Adds the column `readings.rule`: the name of the rule that quarantined the capture."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the column. It is '' in the readings that are stored already, because they don't name their rules."""
    op.add_column("readings", sa.Column("rule", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("readings", "rule")
