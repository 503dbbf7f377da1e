"""Which captures have no reading yet by the reader in force: marks, so that they are found without looking at all."""

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
    """Returns the captures of a policy of which that reader has no lasting reading, oldest first.

    without_ids: captures to leave out. marked_only: looks only at those marked as unread by the reader in force.
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
    """Marks captures, given by id, as unread."""
    rows = [{"vendor": one.vendor, "policy": one.policy, "capture_id": key} for key, one in captures.items()]
    if rows:
        session.connection().execute(insert(session, UnreadRow).on_conflict_do_nothing(), rows)


def unmark(session: Session, key: PolicyKey, capture_ids: Sequence[int]) -> None:
    """Takes the marks off captures of a policy that were read."""
    if capture_ids:
        session.execute(
            delete(UnreadRow).where(
                UnreadRow.vendor == key.vendor,
                UnreadRow.policy == key.policy,
                UnreadRow.capture_id.in_(capture_ids),
            )
        )


def unmark_read(session: Session, key: PolicyKey, reader: str) -> None:
    """Takes the marks off all captures of a policy of which that reader has a lasting reading."""
    lasting = exists().where(
        ReadingRow.capture_id == UnreadRow.capture_id, ReadingRow.reader == reader, ReadingRow.extractor != ""
    )
    session.execute(delete(UnreadRow).where(UnreadRow.vendor == key.vendor, UnreadRow.policy == key.policy, lasting))
