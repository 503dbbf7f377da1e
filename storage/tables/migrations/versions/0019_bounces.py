"""Adds the index `outbox_sent`, which says when messages were sent to whom.

If messages to an address fail, the index answers whether messages to other addresses went through.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_SENT = sa.text("sent_at IS NOT NULL")


def upgrade() -> None:
    """Creates the index."""
    op.create_index("outbox_sent", "outbox", ["sent_at", "mailbox"], sqlite_where=_SENT, postgresql_where=_SENT)


def downgrade() -> None:
    """Drops the index."""
    op.drop_index("outbox_sent", "outbox")
