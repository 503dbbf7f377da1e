"""Adds the column `policies.fault`: the reason why digests could not report a policy's changes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the column, and an index of the policies with a fault."""
    op.add_column("policies", sa.Column("fault", sa.Text, nullable=True))
    has_fault = sa.text("fault IS NOT NULL")
    op.create_index(
        "policies_with_fault", "policies", ["vendor", "policy"], sqlite_where=has_fault, postgresql_where=has_fault
    )


def downgrade() -> None:
    """Drops the column and the index."""
    op.drop_index("policies_with_fault", "policies")
    op.drop_column("policies", "fault")
