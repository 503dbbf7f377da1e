"""Finds the captures that a reader has not read yet. Marks on them save looking at all captures of a policy."""

from collections.abc import Mapping, Sequence, Set
from operator import attrgetter

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from core.captures import Capture
from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, ReadingRow, UnreadRow


def unread_captures(
    session: Session, key: PolicyKey, reader: str, without_ids: Set[int], *, marked_only: bool = False
) -> list[int]:
    """Returns the ids of the captures of a policy without a lasting reading by a reader, oldest first.

    without_ids: captures to leave out. marked_only: looks only at the captures marked as unread by the reader in force.
    """
    query = (
        select(CaptureRow.captured_at, CaptureRow.id)
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == reader))
        .where(or_(ReadingRow.capture_id.is_(None), ReadingRow.extractor == ""))
    )
    if marked_only:
        query = query.join(UnreadRow, UnreadRow.capture_id == CaptureRow.id)
    table = UnreadRow if marked_only else CaptureRow
    rows = session.execute(query.where(table.vendor == key.vendor, table.policy == key.policy)).all()
    return [row.id for row in sorted(rows, key=attrgetter("captured_at")) if row.id not in without_ids]


def mark(session: Session, captures: Mapping[int, Capture]) -> None:
    """Marks captures as unread. captures: by id."""
    rows = [
        {"vendor": capture.vendor, "policy": capture.policy, "capture_id": capture_id}
        for capture_id, capture in captures.items()
    ]
    if rows:
        session.connection().execute(insert(session, UnreadRow).on_conflict_do_nothing(), rows)


def unmark(session: Session, key: PolicyKey, capture_ids: Sequence[int]) -> None:
    """Removes the marks from captures of a policy that were read."""
    if capture_ids:
        session.execute(
            delete(UnreadRow).where(
                UnreadRow.vendor == key.vendor,
                UnreadRow.policy == key.policy,
                UnreadRow.capture_id.in_(capture_ids),
            )
        )


def unmark_read(session: Session, key: PolicyKey, reader: str) -> None:
    """Removes the marks from all captures of a policy that have a lasting reading by a reader."""
    lasting = exists().where(
        ReadingRow.capture_id == UnreadRow.capture_id, ReadingRow.reader == reader, ReadingRow.extractor != ""
    )
    session.execute(delete(UnreadRow).where(UnreadRow.vendor == key.vendor, UnreadRow.policy == key.policy, lasting))
