"""Remembers what each subscriber wants, which addresses could not be reached, and what operators were told.

- `subscribers.preferences` says how often a subscriber gets digests, and of which changes. A subscriber of an earlier
  release gets what they got before: every change, with each run, with dates as numbers.
- `subscribers.last_digest_at` is the time at which digests were last composed for the subscriber.
- `outbox.address` and `outbox.mailbox` say where a message goes. A message to an operator has no subscriber.
- The table `delivery_troubles`: the addresses to which the last attempt to send a message failed.
- The table `operator_digests`: what each operator was told last.
"""

import sqlalchemy as sa
from alembic import op

from storage.tables.column_types import Moment

revision = "0016"
down_revision = "0015"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AS_BEFORE = '{"significance":"all"}'
_WAITING = sa.text("sent_at IS NULL")


def upgrade() -> None:
    """Adds the columns and the tables."""
    op.add_column("subscribers", sa.Column("preferences", sa.Text, nullable=False, server_default=_AS_BEFORE))
    op.add_column("subscribers", sa.Column("last_digest_at", Moment, nullable=True))
    op.create_table(
        "delivery_troubles",
        sa.Column("mailbox", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("latest", Moment, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("retry_at", Moment, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "operator_digests",
        sa.Column("mailbox", sa.Text, primary_key=True),
        sa.Column("told_at", Moment, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
    )
    op.add_column("outbox", sa.Column("address", sa.Text, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("mailbox", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE outbox SET address = (SELECT subscribers.address FROM subscribers "
        "WHERE subscribers.id = outbox.subscriber_id), mailbox = (SELECT subscribers.mailbox FROM subscribers "
        "WHERE subscribers.id = outbox.subscriber_id)"
    )
    _make_subscriber_nullable(nullable=True)
    op.create_index(
        "outbox_waiting_by_mailbox",
        "outbox",
        ["mailbox", "id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    """Drops the columns and the tables, and deletes the messages to operators."""
    op.execute("DELETE FROM outbox WHERE subscriber_id IS NULL")
    op.drop_index("outbox_waiting_by_mailbox", "outbox")
    _make_subscriber_nullable(nullable=False)
    op.drop_column("outbox", "mailbox")
    op.drop_column("outbox", "address")
    op.drop_table("operator_digests")
    op.drop_table("delivery_troubles")
    op.drop_column("subscribers", "last_digest_at")
    op.drop_column("subscribers", "preferences")


def _make_subscriber_nullable(*, nullable: bool) -> None:
    # SQLite can't alter a column, so Alembic copies the table. Numbers of messages are still never used twice.
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("subscriber_id", existing_type=_KEY, nullable=nullable)
