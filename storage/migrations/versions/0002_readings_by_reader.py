"""Readings of several readers side by side, which of them a policy is shown by, and reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)

# Of the readings there are, which may be of several kinds. They are shown until the first capture that is kept has the
# policy read again: `declared` is left empty, so none is taken over, since their languages are not known.
_EARLIER = "'schema 0001'"


def upgrade() -> None:
    """From 0001."""
    op.create_table(
        "policies",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("reader", sa.Text, nullable=False),
    )
    op.execute(
        f"INSERT INTO policies (vendor, policy, reader) SELECT DISTINCT vendor, policy, {_EARLIER} "  # noqa: S608
        "FROM captures JOIN readings ON readings.capture_id = captures.id"
    )
    op.create_table(
        "reviews",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
    )
    op.create_index("reviews_by_capture", "reviews", ["capture_id"])
    # SQLite cannot change a primary key: the table is made anew, by way of a copy, so that no names meet.
    op.execute("CREATE TABLE readings_before AS SELECT * FROM readings")
    op.drop_table("readings")
    op.create_table(
        "readings",
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), primary_key=True, autoincrement=False),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("extractor", sa.Text, nullable=False),
        sa.Column("declared", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=True),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("document_sha256", _SHA256, sa.ForeignKey("documents.sha256"), nullable=True),
        sa.Column("version_id", sa.Text, nullable=True),
    )
    op.execute(
        "INSERT INTO readings (capture_id, reader, extractor, declared, verdict, reason, evidence, document_sha256, "  # noqa: S608
        f"version_id) SELECT capture_id, {_EARLIER}, extractor, '', verdict, reason, evidence, document_sha256, "
        "version_id FROM readings_before"
    )
    op.drop_table("readings_before")


def downgrade() -> None:
    """To 0001. What each policy is shown by stays, and is read again when the next capture is kept; reviews go."""
    op.execute(
        "CREATE TABLE readings_before AS SELECT readings.capture_id, extractor, '' AS selectors, verdict, reason, "
        "evidence, document_sha256, CASE WHEN verdict = 'accepted' THEN version_id END AS version_id "
        "FROM readings JOIN captures ON captures.id = readings.capture_id "
        "JOIN policies ON policies.vendor = captures.vendor AND policies.policy = captures.policy "
        "AND policies.reader = readings.reader"
    )
    for table in ("readings", "reviews", "policies"):
        op.drop_table(table)
    op.create_table(
        "readings",
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), primary_key=True, autoincrement=False),
        sa.Column("extractor", sa.Text, nullable=False),
        sa.Column("selectors", _SHA256, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("document_sha256", _SHA256, sa.ForeignKey("documents.sha256"), nullable=True),
        sa.Column("version_id", sa.Text, nullable=True),
    )
    op.execute("INSERT INTO readings SELECT * FROM readings_before")
    op.drop_table("readings_before")
