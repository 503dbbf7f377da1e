"""What is asked of the stored captures and their readings."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.captures import Capture, Verdict
from core.clauses import Document
from core.exceptions import ExtractionError, UsageError
from core.history import History, Observation
from diffing.timeline import timeline
from storage import documents
from storage.models import CaptureRow, ReadingRow
from storage.records import StoredCapture

# Of a capture whose process died between storing and reading it.
_UNREAD = Verdict(
    "quarantined", "unreadable", "not read yet: the next capture of this policy that is kept has this one read, too"
)


def captures(session: Session, vendor: str, policy: str) -> tuple[StoredCapture, ...]:
    """See `Store.captures`."""
    query = _with_readings().where(CaptureRow.vendor == vendor, CaptureRow.policy == policy)
    found = [_stored(capture, reading) for capture, reading in session.execute(query)]
    return tuple(sorted(found, key=_place))


def _capture(session: Session, capture_id: int) -> StoredCapture:
    row = session.execute(_with_readings().where(CaptureRow.id == capture_id)).one_or_none()
    if row is None:
        raise UsageError(f"no capture {capture_id} is stored")
    return _stored(*row)


def history(session: Session, vendor: str, policy: str) -> History:
    """See `Store.history`."""
    query = (
        select(
            CaptureRow.id,
            CaptureRow.captured_at,
            CaptureRow.url,
            CaptureRow.source,
            CaptureRow.sha256,
            ReadingRow.version_id,
        )
        .join(ReadingRow, ReadingRow.capture_id == CaptureRow.id)
        .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy, ReadingRow.version_id.is_not(None))
    )
    return timeline(
        Observation(capture_id, captured_at, url, source, sha256, version_id)
        for capture_id, captured_at, url, source, sha256, version_id in session.execute(query)
        if version_id is not None
    )


def document(session: Session, capture_id: int) -> Document:
    """See `Store.document`."""
    stored = _capture(session, capture_id)
    sha256 = session.scalar(select(ReadingRow.document_sha256).where(ReadingRow.capture_id == capture_id))
    if sha256 is None:
        raise ExtractionError(
            f"the capture of {stored.capture.url} could not be read as a document: {stored.verdict.evidence}"
        )
    return documents.get(session, sha256)


def capture_from(row: CaptureRow) -> Capture:
    """The capture that a row holds."""
    return Capture(
        vendor=row.vendor,
        policy=row.policy,
        source=row.source,
        captured_at=row.captured_at,
        url=row.url,
        asked_url=row.asked_url,
        redirects=tuple(row.redirects),
        status=row.status,
        headers=tuple((name, value) for name, value in row.headers),
        media_type=row.media_type,
        sha256=row.sha256,
        requested_at=row.requested_at,
        answered_at=row.answered_at,
        archive=row.archive,
    )


def verdict_from(row: ReadingRow) -> Verdict:
    """The verdict that a row holds."""
    return Verdict(row.verdict, row.reason, row.evidence)


def _with_readings() -> Select[CaptureRow, ReadingRow | None]:
    return select(CaptureRow, ReadingRow).outerjoin(ReadingRow, ReadingRow.capture_id == CaptureRow.id)


def _stored(row: CaptureRow, reading: ReadingRow | None) -> StoredCapture:
    if reading is None:
        return StoredCapture(row.id, capture_from(row), _UNREAD, None)
    return StoredCapture(row.id, capture_from(row), verdict_from(reading), reading.version_id)


def _place(stored: StoredCapture) -> tuple[object, ...]:
    """Oldest first; captures of one instant in an order of their own, whatever the order of arrival."""
    capture = stored.capture
    return (capture.captured_at, capture.url, capture.source, capture.sha256, capture.asked_url)
