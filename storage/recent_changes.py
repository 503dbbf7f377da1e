"""Finds the policies whose text may have changed since a time, without computing any history."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.tables.models import CaptureRow, CountRow, PolicyRow, ReadingRow

# The version that a capture's reading shows; '' if the reading is quarantined or missing.
_SHOWN = case((ReadingRow.verdict == "accepted", func.coalesce(ReadingRow.version_id, "")), else_="")


def maybe_changed_policies(session: Session, since: datetime, vendors: Collection[str]) -> Iterator[PolicyKey]:
    """Yields every policy in whose history a period begins at or after a time, and perhaps a few other policies.

    since: timezone-aware UTC. vendors: the slugs of the vendors; empty for all vendors.

    A policy is left out only if all captures since then, and the last capture before, were accepted when they were read
    and show one version. Reviews could change these verdicts, so policies with reviews are not left out.
    """
    query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.reader).where(PolicyRow.newest >= since)
    if vendors:
        query = query.where(PolicyRow.vendor.in_(vendors))
    for vendor, policy, reader in session.execute(query).all():
        key = PolicyKey(vendor, policy)
        shown = _shown(key, reader, func.min(_SHOWN), func.max(_SHOWN)).where(CaptureRow.captured_at >= since)
        least, greatest = session.execute(shown).one()
        before = _shown(key, reader, _SHOWN).where(CaptureRow.captured_at < since)
        last_before = session.scalar(before.order_by(CaptureRow.captured_at.desc()).limit(1))
        counts = session.get(CountRow, key)
        if least != greatest or not least or last_before not in (None, least) or (counts and counts.reviews):
            yield key


def _shown(key: PolicyKey, reader: str | None, *columns: ColumnElement[str]) -> Any:
    """Returns a query of columns of a policy's captures and of their readings by a policy reader."""
    return (
        select(*columns)
        .select_from(CaptureRow)
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == reader))
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    )
