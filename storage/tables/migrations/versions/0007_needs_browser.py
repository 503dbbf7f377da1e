"""Adds the column `readings.needs_browser`. Before it, only the evidence's text said that a browser is needed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the column, and sets it by the sentences with which the extractor ended the evidence of such readings."""
    op.add_column("readings", sa.Column("needs_browser", sa.Boolean, nullable=False, server_default=sa.false()))
    captures = sa.table("captures", sa.column("id", sa.BigInteger), sa.column("archive", sa.Text))
    # The extractor didn't say so of a page that a browser had rendered.
    rendered = sa.select(captures.c.id).where(captures.c.archive.contains("rendered_by", autoescape=True))
    readings = sa.table(
        "readings",
        sa.column("capture_id", sa.BigInteger),
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
        .where(readings.c.capture_id.not_in(rendered))
        .values(needs_browser=True)
    )


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("readings", "needs_browser")
