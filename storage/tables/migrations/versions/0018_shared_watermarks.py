"""Records for all subscribers at once up to when they were told the changes of a policy.

- The table `shared_watermarks`: for each policy, the watermark that a composing recorded for everybody it served.
- The table `composings`: the number of the composing that began last.
- `subscribers.served_in`, `watched.composed_in` and `policies.composed_in` say which composing served a subscriber
  last, which one was the last before a vendor was chosen, and which one last recorded that a policy was examined.

The rows of `told` stay. From now on they are the exceptions, and a row that is none is deleted when digests examine its
policy the next time.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.tables.column_types import Moment

revision = "0018"
down_revision = "0017"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the tables and the columns."""
    op.create_table(
        "composings",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "shared_watermarks",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("composing", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", Moment, nullable=False),
        sa.Column("latest", Moment, nullable=False),
    )
    for table, column in (("subscribers", "served_in"), ("watched", "composed_in"), ("policies", "composed_in")):
        op.add_column(table, sa.Column(column, sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("subscribers_by_composing", "subscribers", ["served_in"])
    op.create_index("policies_by_composing", "policies", ["composed_in"])


def downgrade() -> None:
    """Gives each subscriber the watermarks that were recorded for all, and drops the tables and the columns."""
    connection = op.get_bind()
    for subscriber_id, served_in in connection.execute(sa.text("SELECT id, served_in FROM subscribers")).all():
        _copy_watermarks(connection, subscriber_id, served_in)
    # The earlier release has to examine every policy of those whom the last digests left for later.
    connection.execute(
        sa.text("UPDATE subscribers SET caught_up = :no WHERE served_in < (SELECT max(number) FROM composings)"),
        {"no": False},
    )
    op.drop_index("policies_by_composing", "policies")
    op.drop_index("subscribers_by_composing", "subscribers")
    for table, column in (("subscribers", "served_in"), ("watched", "composed_in"), ("policies", "composed_in")):
        op.drop_column(table, column)
    op.drop_table("shared_watermarks")
    op.drop_table("composings")


def _copy_watermarks(connection: sa.Connection, subscriber_id: int, served_in: int) -> None:
    of_subscriber = {"id": subscriber_id}
    chosen: dict[str, int] = dict(
        connection.execute(
            sa.text("SELECT vendor, composed_in FROM watched WHERE subscriber_id = :id"), of_subscriber
        ).all()
    )
    own = set(connection.execute(sa.text("SELECT vendor, policy FROM told WHERE subscriber_id = :id"), of_subscriber))
    shared = connection.execute(
        sa.text(
            "SELECT vendor, policy, composing, until, latest FROM shared_watermarks WHERE composing <= :served "
            "ORDER BY vendor, policy, composing"
        ),
        {"served": served_in},
    )
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for vendor, policy, composing, until, latest in shared:
        begin = chosen.get(f"{vendor}/{policy}", chosen.get(vendor, chosen.get("")))
        if begin is not None and begin < composing and (vendor, policy) not in own:
            newest[vendor, policy] = {
                **of_subscriber,
                "vendor": vendor,
                "policy": policy,
                "until": until,
                "latest": latest,
            }
    if newest:
        connection.execute(
            sa.text(
                "INSERT INTO told (subscriber_id, vendor, policy, until, latest) "
                "VALUES (:id, :vendor, :policy, :until, :latest)"
            ),
            list(newest.values()),
        )
