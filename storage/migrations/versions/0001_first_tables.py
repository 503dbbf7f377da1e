"""The first tables: evidence, what is derived from it, subscribers and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHA256 = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "payloads",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
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
    )
    op.create_index("captures_by_policy", "captures", ["vendor", "policy", "captured_at"])
    op.create_table(
        "documents",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
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
    op.create_table(
        "subscribers",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("address", sa.Text, nullable=False, unique=True),
        sa.Column("vendors", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
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


def downgrade() -> None:
    """To an empty database."""
    for table in ("outbox", "told", "subscribers", "readings", "documents", "captures", "payloads"):
        op.drop_table(table)
