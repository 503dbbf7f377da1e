"""Payloads as differences from keyframes, and in stores outside the database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from storage import payloads
from storage.compression import compress
from storage.models import PayloadRow

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From 0002. Payloads that are stored stay as they are; new ones may use them as keyframes."""
    op.add_column("payloads", sa.Column("keyframe", sa.String(64), nullable=True))
    op.add_column("payloads", sa.Column("store", sa.Text, nullable=True))


def downgrade() -> None:
    """To 0002: all payloads come into the database, each by itself. StorageError when one cannot be read."""
    table = sa.table("payloads", sa.column("sha256"), sa.column("data"))
    with Session(op.get_bind(), info=payloads.session_info("")) as session:
        dependent = sa.or_(PayloadRow.keyframe.is_not(None), PayloadRow.store.is_not(None))
        for sha256 in session.scalars(sa.select(PayloadRow.sha256).where(dependent)).all():
            data = compress(payloads.get(session, sha256))
            session.expunge_all()
            op.execute(table.update().where(table.c.sha256 == sha256).values(data=data))
    op.drop_column("payloads", "store")
    op.drop_column("payloads", "keyframe")
