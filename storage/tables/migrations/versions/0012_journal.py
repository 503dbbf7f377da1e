"""Remembers failed fetches, permanent redirects and runs, and keeps the standing of each policy.

- The table `failed_fetches`: the locations whose last fetch failed.
- The table `moved_pages`: the pages that redirect permanently.
- The table `runs`: the last runs.
- The table `standings`: the summary of each policy's captures. `clausewatch status` fills it, so it begins empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "failed_fetches",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("latest", _MOMENT, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.create_index("failed_fetches_by_policy", "failed_fetches", ["vendor", "policy"])
    op.create_table(
        "moved_pages",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("moved_to", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
    )
    op.create_index("moved_pages_by_policy", "moved_pages", ["vendor", "policy"])
    op.create_table(
        "runs",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("exit_status", sa.Integer, nullable=True),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_table(
        "standings",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("read_captures", sa.BigInteger, nullable=False),
        sa.Column("last_accepted", _MOMENT, nullable=True),
        sa.Column("last_change", _MOMENT, nullable=True),
        sa.Column("failing_since", _MOMENT, nullable=True),
        sa.Column("quarantined", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("held_since", _MOMENT, nullable=True),
        sa.Column("held_text", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drops the tables."""
    for table in ("standings", "runs", "moved_pages", "failed_fetches"):
        op.drop_table(table)
