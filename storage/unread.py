"""Finds the captures that a policy reader has not read yet.

Intake marks a new capture as unread, and removes the mark when the policy reader in force has read the capture. So the
unread captures are found without a search of all captures of the policy.
"""

from collections.abc import Mapping, Sequence, Set
from operator import attrgetter

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from core.captures import STOPPED_READINGS, Capture
from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, ReadingRow, UnreadRow


def is_settled(extractor: str, rule: str) -> bool:
    """Returns whether a reading is kept until a person asks for another one, or another policy reader comes into force.

    A reading is made again if its payload was damaged, because a backup may be restored. If a limit or an error stopped
    the reading, a further attempt would most likely end in the same way.

    extractor, rule: the columns of the reading (see `storage.tables.models.ReadingRow`).
    """
    return bool(extractor) or rule in STOPPED_READINGS


def unread_captures(
    session: Session,
    key: PolicyKey,
    reader: str,
    without_ids: Set[int],
    *,
    marked_only: bool = False,
    with_stopped: bool = False,
) -> list[int]:
    """Returns the ids of a policy's captures that have no settled reading by a policy reader, oldest first.

    without_ids: the ids of captures to leave out. marked_only: whether to search only the captures that are marked as
    unread. with_stopped: whether to include the captures whose reading was stopped
    (`core.captures.STOPPED_READINGS`).
    """
    unsettled = ReadingRow.extractor == ""
    if not with_stopped:
        unsettled &= ReadingRow.rule.not_in(STOPPED_READINGS)
    query = (
        select(CaptureRow.captured_at, CaptureRow.id)
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == reader))
        .where(or_(ReadingRow.capture_id.is_(None), unsettled))
    )
    if marked_only:
        query = query.join(UnreadRow, UnreadRow.capture_id == CaptureRow.id)
    table = UnreadRow if marked_only else CaptureRow
    rows = session.execute(query.where(table.vendor == key.vendor, table.policy == key.policy)).all()
    return [row.id for row in sorted(rows, key=attrgetter("captured_at")) if row.id not in without_ids]


def mark(session: Session, captures: Mapping[int, Capture]) -> None:
    """Marks captures as unread. captures: the captures by their ids."""
    rows = [
        {"vendor": capture.vendor, "policy": capture.policy, "capture_id": capture_id}
        for capture_id, capture in captures.items()
    ]
    if rows:
        session.connection().execute(insert(session, UnreadRow).on_conflict_do_nothing(), rows)


def unmark(session: Session, key: PolicyKey, capture_ids: Sequence[int]) -> None:
    """Removes the marks from captures of a policy, because the captures were read."""
    if capture_ids:
        session.execute(
            delete(UnreadRow).where(
                UnreadRow.vendor == key.vendor,
                UnreadRow.policy == key.policy,
                UnreadRow.capture_id.in_(capture_ids),
            )
        )


def unmark_read(session: Session, key: PolicyKey, reader: str) -> None:
    """Removes the marks from all captures of a policy that have a settled reading by a policy reader."""
    settled = exists().where(
        ReadingRow.capture_id == UnreadRow.capture_id,
        ReadingRow.reader == reader,
        or_(ReadingRow.extractor != "", ReadingRow.rule.in_(STOPPED_READINGS)),
    )
    session.execute(delete(UnreadRow).where(UnreadRow.vendor == key.vendor, UnreadRow.policy == key.policy, settled))
