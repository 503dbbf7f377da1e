"""What is unread, and what no digest was composed of yet, found without looking at all captures or all policies."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0004. The first digest looks at every policy that was captured after the subscription, as all did before."""
    # SQLite cannot make a column take NULL: the table is made anew, by way of a copy, so that no names meet.
    op.execute("CREATE TABLE policies_before AS SELECT * FROM policies")
    op.drop_table("policies")
    op.create_table(
        "policies",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("reader", sa.Text, nullable=True),
        sa.Column("newest", _MOMENT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("composed", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO policies "
        "SELECT captures.vendor, captures.policy, max(policies_before.reader), max(captured_at), 1, 0 "
        "FROM captures LEFT JOIN policies_before "
        "ON policies_before.vendor = captures.vendor AND policies_before.policy = captures.policy "
        "GROUP BY captures.vendor, captures.policy"
    )
    op.drop_table("policies_before")
    op.create_index("policies_by_newest", "policies", ["newest"])
    untold = sa.text("revision > composed")
    op.create_index("policies_untold", "policies", ["vendor", "policy"], sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "unread",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), primary_key=True, autoincrement=False),
    )
    op.execute(
        "INSERT INTO unread SELECT captures.vendor, captures.policy, captures.id FROM captures "
        "JOIN policies ON policies.vendor = captures.vendor AND policies.policy = captures.policy "
        "LEFT JOIN readings ON readings.capture_id = captures.id AND readings.reader = policies.reader "
        "WHERE readings.capture_id IS NULL OR readings.extractor = ''"
    )
    op.add_column("subscribers", sa.Column("caught_up", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """To 0004."""
    op.drop_column("subscribers", "caught_up")
    op.drop_table("unread")
    op.execute("CREATE TABLE policies_before AS SELECT vendor, policy, reader FROM policies WHERE reader IS NOT NULL")
    op.drop_table("policies")
    op.create_table(
        "policies",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("reader", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO policies SELECT * FROM policies_before")
    op.drop_table("policies_before")
