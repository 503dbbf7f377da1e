"""Adds the table `steps`: how the clauses of neighbouring versions belong together."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Creates the table. Its rows are derived, so nothing has to be filled in."""
    op.create_table(
        "steps",
        sa.Column("new_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("old_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("checksum", sa.LargeBinary(32), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("new_sha256", "old_sha256"),
    )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("steps")
