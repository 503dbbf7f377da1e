"""Creates all tables. It replaces the migrations 0001 to 0006 of earlier releases, under the last one's revision."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.LargeBinary(32)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables of revision 0006 in an empty database."""
    op.create_table(
        "counts",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("captures", sa.BigInteger, nullable=False),
        sa.Column("reviews", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "listings",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("identity", _SHA256, nullable=False, unique=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("archive", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("begins_at", _MOMENT, nullable=True),
        sa.Column("ends_at", _MOMENT, nullable=True),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("resume_key", sa.Text, nullable=True),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("malformed", sa.Integer, nullable=False),
    )
    op.create_index("listings_by_policy", "listings", ["vendor", "policy"])
    op.create_table(
        "payloads",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("keyframe", _SHA256, nullable=True),
        sa.Column("store", sa.Text, nullable=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "policies",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("reader", sa.Text, nullable=True),
        sa.Column("newest", _MOMENT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("composed", sa.BigInteger, nullable=False),
    )
    op.create_index("policies_by_newest", "policies", ["newest"])
    untold = sa.text("revision > composed")
    op.create_index("policies_untold", "policies", ["vendor", "policy"], sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "subscribers",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("address", sa.Text, nullable=False, unique=True),
        sa.Column("vendors", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("caught_up", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "captures",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("identity", _SHA256, nullable=False, unique=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("captured_at", _MOMENT, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("asked_url", sa.Text, nullable=False),
        sa.Column("redirects", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("sha256", _SHA256, sa.ForeignKey("payloads.sha256"), nullable=False),
        sa.Column("requested_at", _MOMENT, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("archive", sa.Text, nullable=False),
        sa.Column("seal", _SHA256, nullable=False),
    )
    op.create_index("captures_by_policy", "captures", ["vendor", "policy", "captured_at"])
    op.create_table(
        "listed_rows",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("listing_id", _KEY, sa.ForeignKey("listings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("identity", _SHA256, nullable=False, unique=True),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("urlkey", sa.Text, nullable=False),
        sa.Column("timestamp", sa.Text, nullable=False),
        sa.Column("original", sa.Text, nullable=False),
        sa.Column("mimetype", sa.Text, nullable=False),
        sa.Column("statuscode", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("tried", sa.Boolean, nullable=False),
    )
    op.create_index("listed_rows_by_listing", "listed_rows", ["listing_id"])
    op.create_index("listed_rows_by_text", "listed_rows", ["vendor", "policy", "text"])
    op.create_index("listed_rows_in_turn", "listed_rows", ["vendor", "policy", "tried", "id"])
    op.create_table(
        "outbox",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("subscriber_id", _KEY, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("composed_at", _MOMENT, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_by_subscriber", "outbox", ["subscriber_id"])
    waiting = sa.text("sent_at IS NULL")
    op.create_index("outbox_waiting", "outbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "told",
        sa.Column(
            "subscriber_id",
            _KEY,
            sa.ForeignKey("subscribers.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("until", _MOMENT, nullable=False),
    )
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
        sa.Column("seal", _SHA256, nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("seal", _SHA256, nullable=False),
    )
    op.create_index("reviews_by_capture", "reviews", ["capture_id"])
    op.create_table(
        "unread",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("capture_id", _KEY, sa.ForeignKey("captures.id"), primary_key=True, autoincrement=False),
    )


def downgrade() -> None:
    """Drops all tables."""
    for table in (
        "unread",
        "reviews",
        "readings",
        "told",
        "outbox",
        "listed_rows",
        "captures",
        "subscribers",
        "policies",
        "payloads",
        "listings",
        "documents",
        "counts",
    ):
        op.drop_table(table)
