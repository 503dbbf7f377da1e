"""Adds the columns `policies.fault` and `subscribers.vendors_since`. Merges subscribers that differ only in case.

Mail servers treat addresses that differ only in case as the same mailbox, so such subscribers got each digest twice.
"""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the columns, and merges subscribers."""
    op.add_column("policies", sa.Column("fault", sa.Text, nullable=False, server_default=""))
    op.add_column("subscribers", sa.Column("vendors_since", sa.Text, nullable=False, server_default="{}"))
    connection = op.get_bind()
    same_mailbox = defaultdict(list)
    for row in connection.execute(sa.text("SELECT id, address, vendors, since FROM subscribers ORDER BY id")):
        same_mailbox[row.address.lower()].append(row)
    for first, *others in same_mailbox.values():
        if others:
            _merge(connection, first, others)


def downgrade() -> None:
    """Drops the columns. Merged subscribers stay merged."""
    op.drop_column("subscribers", "vendors_since")
    op.drop_column("policies", "fault")


def _merge(connection: sa.Connection, first: sa.Row[Any], others: list[sa.Row[Any]]) -> None:
    """Gives the first subscriber the vendors, the watermarks and the messages of the others, and deletes the others."""
    watched = set(json.loads(first.vendors))
    for other in others:
        vendors = set(json.loads(other.vendors))
        watched = watched | vendors if watched and vendors else set()
        ids = {"first": first.id, "other": other.id}
        connection.execute(
            sa.text(
                "UPDATE told SET subscriber_id = :first WHERE subscriber_id = :other AND NOT EXISTS ("
                "SELECT 1 FROM told AS kept WHERE kept.subscriber_id = :first"
                " AND kept.vendor = told.vendor AND kept.policy = told.policy)"
            ),
            ids,
        )
        connection.execute(sa.text("UPDATE outbox SET subscriber_id = :first WHERE subscriber_id = :other"), ids)
        connection.execute(sa.text("DELETE FROM told WHERE subscriber_id = :other"), ids)
        connection.execute(sa.text("DELETE FROM subscribers WHERE id = :other"), ids)
    connection.execute(
        sa.text("UPDATE subscribers SET vendors = :vendors, caught_up = :no WHERE id = :first").bindparams(
            sa.bindparam("no", type_=sa.Boolean)
        ),
        {"vendors": json.dumps(sorted(watched)), "no": False, "first": first.id},
    )
