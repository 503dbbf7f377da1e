"""Listings of an archive under way, and their rows still to be got."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Sha256

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0002."""
    op.create_table(
        "listings",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("identity", Sha256, nullable=False, unique=True),
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
        "listed_rows",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("listing_id", _KEY, sa.ForeignKey("listings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("identity", Sha256, nullable=False, unique=True),
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
    op.create_index("listed_rows_in_turn", "listed_rows", ["vendor", "policy", "tried", "id"])
    op.create_index("listed_rows_by_text", "listed_rows", ["vendor", "policy", "text"])
    op.create_index("listed_rows_by_listing", "listed_rows", ["listing_id"])


def downgrade() -> None:
    """To 0002. What was under way is listed again by the next crawl."""
    op.drop_table("listed_rows")
    op.drop_table("listings")
