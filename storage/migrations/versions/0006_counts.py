"""How many captures and reviews of each policy were stored: one that is gone with all that refers to it is missed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """From 0005. Those that are there are all there were."""
    op.create_table(
        "counts",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("captures", sa.BigInteger, nullable=False),
        sa.Column("reviews", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO counts SELECT vendor, policy, count(DISTINCT captures.id), count(reviews.id) "
        "FROM captures LEFT JOIN reviews ON reviews.capture_id = captures.id GROUP BY vendor, policy"
    )


def downgrade() -> None:
    """To 0005."""
    op.drop_table("counts")
