"""A reading says in a column of its own whether a browser would show the policy; so far only its evidence said it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """From 0006. The sentences are those that the extractor put at the end of the evidence."""
    op.add_column("readings", sa.Column("needs_browser", sa.Boolean, nullable=False, server_default=sa.false()))
    readings = sa.table(
        "readings",
        sa.column("reason", sa.Text),
        sa.column("evidence", sa.Text),
        sa.column("needs_browser", sa.Boolean),
    )
    evidence = readings.c.evidence
    op.execute(
        sa.update(readings)
        .where(readings.c.reason == "empty")
        .where(
            evidence.endswith("it would need a browser", autoescape=True)
            | evidence.endswith("the page only sends the browser on to another", autoescape=True)
        )
        .values(needs_browser=True)
    )


def downgrade() -> None:
    """To 0006."""
    op.drop_column("readings", "needs_browser")
