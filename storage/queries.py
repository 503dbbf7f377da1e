"""What is asked of the stored captures, their readings and reviews."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from core.captures import Capture, Source, Verdict
from core.clauses import Document
from core.exceptions import ExtractionError, UsageError
from core.history import History, Observation, Period, period_for
from diffing.timeline import timeline
from extraction.context import Spoken, variants
from storage import documents, policies
from storage.models import CaptureRow, PolicyRow, ReadingRow, ReviewRow
from storage.records import PolicyKey, Review, StoredCapture

#: Of a capture whose process died between storing and reading it, or that came while its policy is being read again.
UNREAD = Verdict(
    "quarantined",
    "unreadable",
    "not read yet: the next capture of this policy that is kept has this one read, and so has `clausewatch reextract`",
)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a capture counts as, by its reading in force, its reviews, and its neighbours.

    version_id: the version it shows; None when it is quarantined.
    """

    capture_id: int
    captured_at: datetime
    url: str
    source: Source
    sha256: str
    reader: str
    verdict: Verdict
    version_id: str | None
    reviews: tuple[Review, ...]


def captures(session: Session, vendor: str, policy: str) -> tuple[StoredCapture, ...]:
    """See `Store.captures`."""
    judged = {one.capture_id: one for one in _judged(session, vendor, policy)}
    rows = session.scalars(select(CaptureRow).where(CaptureRow.vendor == vendor, CaptureRow.policy == policy))
    return tuple(sorted((_stored(row, judged.get(row.id)) for row in rows), key=_place))


def capture(session: Session, capture_id: int) -> StoredCapture:
    """See `Store.capture`."""
    row = _capture_row(session, capture_id)
    judged = {one.capture_id: one for one in _judged(session, row.vendor, row.policy)}
    return _stored(row, judged.get(capture_id))


def history(session: Session, vendor: str, policy: str) -> History:
    """See `Store.history`."""
    return timeline(
        Observation(one.capture_id, one.captured_at, one.url, one.source, one.sha256, one.version_id, one.reader)
        for one in _judged(session, vendor, policy)
        if one.version_id is not None
    )


def period(session: Session, vendor: str, policy: str, shown: History, when: str) -> Period:
    """See `Store.period`."""
    prefix = when[1:]
    if not when.startswith("@") or not prefix or any(one.id.startswith(prefix) for one in shown.versions):
        return period_for(shown, when)
    now = {seen.capture_id: one.version_id for one in shown.periods for seen in one.observations}
    query = (
        select(CaptureRow.id, ReadingRow.version_id)
        .join(ReadingRow, ReadingRow.capture_id == CaptureRow.id)
        .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy, ReadingRow.version_id.is_not(None))
        .order_by(CaptureRow.captured_at)
    )
    former = {
        str(version_id): now[capture_id]
        for capture_id, version_id in session.execute(query)
        if capture_id in now and str(version_id).startswith(prefix)
    }
    return period_for(shown, f"@{former.popitem()[1]}" if len(former) == 1 else when)


def review(session: Session, capture_ids: Collection[int], review: Review) -> None:
    """See `Store.review`."""
    of_policies: dict[PolicyKey, list[datetime]] = defaultdict(list)
    for capture_id in capture_ids:
        row = _capture_row(session, capture_id)
        reader = policies.reader_in_force(session, row.vendor, row.policy)
        reading = session.get(ReadingRow, (capture_id, reader)) if reader else None
        if review.decision == "accepted" and (reading is None or reading.version_id is None):
            evidence = reading.evidence if reading else UNREAD.evidence
            raise UsageError(
                f"capture {capture_id} cannot be accepted, since no text could be read from it: {evidence}"
            )
        session.add(
            ReviewRow(capture_id=capture_id, decision=review.decision, by=review.by, note=review.note, at=review.at)
        )
        of_policies[row.vendor, row.policy].append(row.captured_at)
    for (vendor, policy), times in of_policies.items():
        policies.touch(session, vendor, policy, max(times))
    policies.count(session, reviews=[policy for policy, times in of_policies.items() for _ in times])


def document(session: Session, capture_id: int, reader: str | None) -> Document:
    """See `Store.document`."""
    row = _capture_row(session, capture_id)
    reader = reader or policies.reader_in_force(session, row.vendor, row.policy)
    reading = session.get(ReadingRow, (capture_id, reader)) if reader else None
    if reading is None or reading.document_sha256 is None:
        evidence = reading.evidence if reading else UNREAD.evidence
        raise ExtractionError(f"the capture of {row.url} could not be read as a document: {evidence}")
    return documents.get(session, reading.document_sha256)


def verdicts_alone(session: Session, readings: Collection[ReadingRow]) -> list[Verdict]:
    """The verdicts on captures by their readings and their reviews, whatever their neighbours say."""
    reviews = _reviews(session, CaptureRow.id.in_([reading.capture_id for reading in readings]))
    return [
        _reviewed(Verdict(one.verdict, one.reason, one.evidence), one.version_id, reviews[one.capture_id])
        for one in readings
    ]


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


def _judged(session: Session, vendor: str, policy: str) -> list[_Judged]:
    """Every capture of a policy that its reader in force has read; all by that one reader, in no order."""
    query = (
        select(
            CaptureRow.id,
            CaptureRow.captured_at,
            CaptureRow.url,
            CaptureRow.source,
            CaptureRow.sha256,
            CaptureRow.asked_url,
            ReadingRow.reader,
            ReadingRow.verdict,
            ReadingRow.reason,
            ReadingRow.evidence,
            ReadingRow.version_id,
            ReadingRow.language,
        )
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy)
    )
    reviews = _reviews(session, CaptureRow.vendor == vendor, CaptureRow.policy == policy)
    found: list[_Judged] = []
    spoken: dict[int, Spoken] = {}
    for row in session.execute(query):
        own = tuple(reviews[row.id])
        verdict = _reviewed(Verdict(row.verdict, row.reason, row.evidence), row.version_id, own)
        accepted = verdict.name == "accepted"
        found.append(
            _Judged(
                row.id,
                row.captured_at,
                row.url,
                row.source,
                row.sha256,
                row.reader,
                verdict,
                row.version_id if accepted else None,
                own,
            )
        )
        if accepted and row.language is not None:
            spoken[row.id] = Spoken(row.captured_at, (row.url, row.source, row.sha256, row.asked_url), row.language)
    verdicts = variants(spoken.values())
    foreign = {capture_id: verdicts[seen] for capture_id, seen in spoken.items() if seen in verdicts}
    return [
        replace(one, verdict=foreign[one.capture_id], version_id=None)
        # What a person accepted is accepted, whatever stands around it.
        if one.capture_id in foreign and not one.reviews
        else one
        for one in found
    ]


def _reviews(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Review]]:
    """The reviews of the captures that meet these conditions, by capture, in order."""
    query = select(ReviewRow).join(CaptureRow, CaptureRow.id == ReviewRow.capture_id).where(*conditions)
    found: dict[int, list[Review]] = defaultdict(list)
    for row in sorted(session.scalars(query), key=lambda row: row.id):
        found[row.capture_id].append(Review(row.decision, row.by, row.note, row.at))
    return found


def _reviewed(verdict: Verdict, version_id: str | None, reviews: Sequence[Review]) -> Verdict:
    """The verdict that the last review makes of a reading's. What has no text cannot be accepted."""
    if not reviews:
        return verdict
    last = reviews[-1]
    said = f"{last.decision} by {last.by} on {last.at:%Y-%m-%d}{f': {last.note}' if last.note else ''}"
    if last.decision == "rejected":
        return Verdict("quarantined", "rejected", said)
    return verdict if version_id is None else Verdict("accepted", None, said)


def _capture_row(session: Session, capture_id: int) -> CaptureRow:
    row = session.get(CaptureRow, capture_id)
    if row is None:
        raise UsageError(f"no capture {capture_id} is stored")
    return row


def _stored(row: CaptureRow, judged: _Judged | None) -> StoredCapture:
    if judged is None:
        return StoredCapture(row.id, capture_from(row), UNREAD, None)
    return StoredCapture(row.id, capture_from(row), judged.verdict, judged.version_id, judged.reviews)


def _place(stored: StoredCapture) -> tuple[object, ...]:
    """Oldest first; captures of one instant in an order of their own, whatever the order of arrival."""
    capture = stored.capture
    return (capture.captured_at, capture.url, capture.source, capture.sha256, capture.asked_url)
