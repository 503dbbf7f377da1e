"""Payloads as differences from keyframes, and in stores outside the database; seals of captures, readings, reviews.

Digests, which were in hexadecimal, are kept as their 32 bytes.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from storage import payloads
from storage.columns import AnyText, Json, Moment, Sha256
from storage.compression import compress
from storage.models import PayloadRow
from storage.seals import seal

revision = "0004"
down_revision = "0003"

# Columns as seals take them. Those that are not named here are text.
_TYPES = {
    "id": sa.BigInteger,
    "capture_id": sa.BigInteger,
    "status": sa.Integer,
    **dict.fromkeys(("captured_at", "requested_at", "answered_at", "decided_at"), Moment),
    **dict.fromkeys(("redirects", "headers", "archive"), Json),
}
_CAPTURES = (
    *("identity", "vendor", "policy", "source", "captured_at", "url", "asked_url", "redirects", "status", "headers"),
    *("media_type", "sha256", "requested_at", "answered_at", "archive"),
)
_READINGS = (
    *("capture_id", "reader", "extractor", "declared", "language", "verdict", "reason", "evidence", "document_sha256"),
    "version_id",
)
_REVIEWS = ("capture_id", "decision", "decided_by", "note", "decided_at")
# The sealed tables: by which columns a row is found, and which the seal is made of.
_SEALED = {
    "captures": (("id",), _CAPTURES),
    "readings": (("capture_id", "reader"), _READINGS),
    "reviews": (("id",), _REVIEWS),
}
# By their tables, the columns of digests, and those of them that may be NULL.
_DIGESTS = {
    "payloads": ("sha256",),
    "documents": ("sha256",),
    "captures": ("identity", "sha256"),
    "readings": ("document_sha256",),
}
_NULLABLE = "document_sha256"
# The references between them: by the name PostgreSQL gave them; of which table and column, to which table.
_REFERENCES = {
    "captures_sha256_fkey": ("captures", "sha256", "payloads"),
    "readings_document_sha256_fkey": ("readings", "document_sha256", "documents"),
}
_AT_ONCE = 500


def upgrade() -> None:
    """From 0003. Payloads stay as they are stored; new ones may use them as keyframes. Rows are sealed as they are."""
    op.add_column("payloads", sa.Column("keyframe", Sha256, nullable=True))
    op.add_column("payloads", sa.Column("store", sa.Text, nullable=True))
    for name, (keys, sealed) in _SEALED.items():
        op.add_column(name, sa.Column("seal", Sha256, nullable=True))
        columns = dict.fromkeys((*keys, *sealed))
        table = sa.table(
            name, sa.column("seal", Sha256), *(sa.column(one, _TYPES.get(one, AnyText)) for one in columns)
        )
        _seal(table, keys, sealed)
        with op.batch_alter_table(name) as batch:
            batch.alter_column("seal", nullable=False)
    _change_digests(sa.String(64), Sha256(), sqlite="unhex_digest({})", postgresql="decode({}, 'hex')")


def downgrade() -> None:
    """To 0003: all payloads come into the database, each by itself. StorageError when one cannot be read."""
    with Session(op.get_bind(), info=payloads.session_info("")) as session:
        dependent = sa.or_(PayloadRow.keyframe.is_not(None), PayloadRow.store.is_not(None))
        for sha256 in session.scalars(sa.select(PayloadRow.sha256).where(dependent)).all():
            alone = {"keyframe": None, "store": None, "data": compress(payloads.get(session, sha256))}
            session.expunge_all()
            session.execute(sa.update(PayloadRow).where(PayloadRow.sha256 == sha256).values(alone))
    for name in _SEALED:
        op.drop_column(name, "seal")
    op.drop_column("payloads", "store")
    op.drop_column("payloads", "keyframe")
    _change_digests(
        Sha256(),
        sa.String(64),
        sqlite="CASE typeof({0}) WHEN 'blob' THEN lower(hex({0})) ELSE {0} END",
        postgresql="encode({}, 'hex')",
    )


def _change_digests(old: sa.types.TypeEngine[str], new: sa.types.TypeEngine[str], sqlite: str, postgresql: str) -> None:
    """Have all digests kept as another type. sqlite, postgresql: how each makes the new value of the old one."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # SQLite has a function for it from 3.41 on.
        driver: Any = connection.connection.driver_connection
        driver.create_function("unhex_digest", 1, _unhex)
        for table, columns in _DIGESTS.items():
            changes = ", ".join(f"{column} = {sqlite.format(column)}" for column in columns)
            op.execute(f"UPDATE {table} SET {changes}")  # noqa: S608
    else:
        for name, (table, _, _) in _REFERENCES.items():
            op.drop_constraint(name, table)
    for table, columns in _DIGESTS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(
                    column,
                    existing_type=old,
                    type_=new,
                    existing_nullable=column == _NULLABLE,
                    postgresql_using=postgresql.format(column),
                )
    if connection.dialect.name != "sqlite":
        for name, (table, column, target) in _REFERENCES.items():
            op.create_foreign_key(name, table, target, [column], ["sha256"])


def _unhex(digest: Any) -> Any:
    """What is no digest, in a damaged file, stays as it is: `clausewatch verify` is to find it, not a migration."""
    try:
        return bytes.fromhex(digest)
    except (TypeError, ValueError):
        return digest


def _seal(table: sa.TableClause, keys: tuple[str, ...], sealed: tuple[str, ...]) -> None:
    connection = op.get_bind()
    change = table.update().where(*(table.c[key] == sa.bindparam(f"the_{key}") for key in keys))
    change = change.values(seal=sa.bindparam("new_seal"))
    first = table.c[keys[0]]
    query = sa.select(*(one for one in table.c if one.name != "seal"))
    for begin in range(0, (connection.scalar(sa.select(sa.func.max(first))) or 0) + 1, _AT_ONCE):
        rows = connection.execute(query.where(first >= begin, first < begin + _AT_ONCE)).mappings().all()
        if rows:
            made = [{**{f"the_{key}": row[key] for key in keys}, "new_seal": seal(sealed, dict(row))} for row in rows]
            connection.execute(change, made)
