"""Remembers each telling, since when each vendor is watched, and which messages are being sent.

- The table `tellings`: the changes that digests have told each subscriber, by the captures between which they happened.
  The changes told before this migration aren't known; the watermarks in `told` keep them from being told again.
- The table `watched` takes the place of the column `subscribers.since`.
- `subscribers.mailbox` is the address in lower case, and unique. Subscribers whose addresses differ only in case are
  joined into the first of them, who watches the vendors of all, and whose watermarks are the latest of all: the
  mailbox has received everything up to them.
- `told.latest` is the latest value that `told.until` has had.
- `subscribers.digests` counts the digests, `outbox.claimed_at` says since when a process is sending a message.
"""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.tables.column_types import Moment

revision = "0011"
down_revision = "0010"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the tables and the columns, and joins subscribers whose addresses differ only in case."""
    op.create_table(
        "tellings",
        sa.Column(
            "subscriber_id",
            _KEY,
            sa.ForeignKey("subscribers.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("new_capture_id", _KEY, sa.ForeignKey("captures.id"), primary_key=True, autoincrement=False),
        sa.Column("old_capture_id", _KEY, sa.ForeignKey("captures.id"), nullable=False),
    )
    op.create_table(
        "watched",
        sa.Column(
            "subscriber_id",
            _KEY,
            sa.ForeignKey("subscribers.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("newest_capture_id", sa.BigInteger, nullable=False),
    )
    op.add_column("told", sa.Column("latest", Moment, nullable=False, server_default="1970-01-01 00:00:00"))
    op.add_column("outbox", sa.Column("claimed_at", Moment, nullable=True))
    op.add_column("subscribers", sa.Column("mailbox", sa.Text, nullable=False, server_default=""))
    op.add_column("subscribers", sa.Column("digests", sa.BigInteger, nullable=False, server_default="0"))
    _fill(op.get_bind())
    op.execute("UPDATE told SET latest = until")
    op.create_index("subscribers_by_mailbox", "subscribers", ["mailbox"], unique=True)
    op.drop_column("subscribers", "since")


def downgrade() -> None:
    """Drops the tables and the columns. A subscription then begins with the vendor that was watched first."""
    op.add_column("subscribers", sa.Column("since", Moment, nullable=False, server_default="1970-01-01 00:00:00"))
    op.execute(
        "UPDATE subscribers SET since = COALESCE((SELECT min(watched.since) FROM watched "
        "WHERE watched.subscriber_id = subscribers.id), since)"
    )
    op.drop_index("subscribers_by_mailbox", "subscribers")
    op.drop_column("subscribers", "digests")
    op.drop_column("subscribers", "mailbox")
    op.drop_column("outbox", "claimed_at")
    op.drop_column("told", "latest")
    op.drop_table("watched")
    op.drop_table("tellings")


def _fill(connection: sa.Connection) -> None:
    newest = connection.scalar(sa.text("SELECT max(id) FROM captures")) or 0
    subscribers = connection.execute(sa.text("SELECT id, address, vendors, since FROM subscribers ORDER BY id")).all()
    by_mailbox: dict[str, list[Any]] = defaultdict(list)
    for subscriber in subscribers:
        by_mailbox[subscriber.address.lower()].append(subscriber)
    for mailbox, (first, *others) in by_mailbox.items():
        for other in others:
            _join(connection, first, other)
        chosen = [json.loads(subscriber.vendors) for subscriber in (first, *others)]
        vendors = sorted({slug for slugs in chosen for slug in slugs}) if all(chosen) else []
        since: dict[str, Any] = {}
        for subscriber, slugs in zip((first, *others), chosen, strict=True):
            for slug in slugs or [""]:
                since[slug] = min(subscriber.since, since.get(slug, subscriber.since))
        if "" in since:  # who watches every vendor since then watches each vendor since then
            since = {slug: min(begin, since[""]) for slug, begin in since.items()}
        connection.execute(
            sa.text("UPDATE subscribers SET mailbox = :mailbox, vendors = :vendors WHERE id = :id"),
            {"mailbox": mailbox, "vendors": json.dumps(vendors, separators=(",", ":")), "id": first.id},
        )
        if others:
            connection.execute(
                sa.text("UPDATE subscribers SET caught_up = :no WHERE id = :id"), {"no": False, "id": first.id}
            )
        for slug, begin in since.items():
            connection.execute(
                sa.text("INSERT INTO watched VALUES (:id, :vendor, :since, :newest)"),
                {"id": first.id, "vendor": slug, "since": begin, "newest": newest},
            )


def _join(connection: sa.Connection, first: Any, other: Any) -> None:
    """Moves a subscriber's watermarks and waiting messages to the first subscriber of the mailbox, and deletes it."""
    ids = {"first": first.id, "other": other.id}
    connection.execute(
        sa.text(
            "UPDATE told SET until = COALESCE((SELECT theirs.until FROM told AS theirs WHERE theirs.subscriber_id = "
            ":other AND theirs.vendor = told.vendor AND theirs.policy = told.policy AND theirs.until > told.until), "
            "until) WHERE subscriber_id = :first"
        ),
        ids,
    )
    connection.execute(
        sa.text(
            "UPDATE told SET subscriber_id = :first WHERE subscriber_id = :other AND NOT EXISTS (SELECT 1 FROM told "
            "AS ours WHERE ours.subscriber_id = :first AND ours.vendor = told.vendor AND ours.policy = told.policy)"
        ),
        ids,
    )
    # Two messages that were composed at the same time for the same vendors report the same changes.
    same = first.vendors == other.vendors
    connection.execute(
        sa.text(
            "UPDATE outbox SET subscriber_id = :first WHERE subscriber_id = :other AND NOT (:same AND sent_at IS NULL "
            "AND EXISTS (SELECT 1 FROM outbox AS ours WHERE ours.subscriber_id = :first "
            "AND ours.composed_at = outbox.composed_at))"
        ),
        {**ids, "same": same},
    )
    for table, column in (("told", "subscriber_id"), ("outbox", "subscriber_id"), ("subscribers", "id")):
        # SQLite doesn't delete dependent rows during a migration, because foreign keys are not checked then.
        connection.execute(sa.text(f"DELETE FROM {table} WHERE {column} = :other"), ids)  # noqa: S608
