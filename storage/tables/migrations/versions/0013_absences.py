"""Adds the column `told.gone_capture_id`: which absence of a policy a digest has announced to a subscriber."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds the column, and an index of the rows that have a value."""
    op.add_column("told", sa.Column("gone_capture_id", sa.BigInteger, nullable=True))
    has_absence = sa.text("gone_capture_id IS NOT NULL")
    op.create_index(
        "watermarks_with_absence", "told", ["subscriber_id"], sqlite_where=has_absence, postgresql_where=has_absence
    )


def downgrade() -> None:
    """Drops the index and the column."""
    op.drop_index("watermarks_with_absence", "told")
    op.drop_column("told", "gone_capture_id")
