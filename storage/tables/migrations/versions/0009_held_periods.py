"""Adds the column `told.held`: which held period a digest has announced to a subscriber."""

import sqlalchemy as sa
from alembic import op

from storage.tables.column_types import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("told", sa.Column("held", Moment, nullable=True))
    op.create_index(
        "watermarks_with_hold",
        "told",
        ["subscriber_id"],
        sqlite_where=sa.text("held IS NOT NULL"),
        postgresql_where=sa.text("held IS NOT NULL"),
    )


def downgrade() -> None:
    """Drops the index and the column."""
    op.drop_index("watermarks_with_hold", "told")
    op.drop_column("told", "held")
