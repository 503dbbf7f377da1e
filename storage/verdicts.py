"""Computes the final verdict on each capture.

The final verdict follows from the capture's reading, the capture's reviews, and the policy's other captures.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from core.captures import Source, Verdict
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction.screening.language_variants import CaptureLanguage, language_variants
from storage.capture_rows import capture_from
from storage.records import Review, StoredCapture
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow, ReviewRow

#: The verdict on a capture that the policy reader in force has not read. Either the process ended between storing the
#: capture and reading the capture, or the capture arrived while its policy was being read again.
UNREAD = Verdict(
    "quarantined",
    "unreadable",
    "not read yet: it will be read when the policy's next capture arrives, or when you run `clausewatch reextract`",
    rule="unread",
)


@dataclass(frozen=True, slots=True)
class JudgedCapture:
    """A capture that the policy reader in force has read, with its final verdict.

    reader: the name of the policy reader in force.
    version_id: the version that the capture shows; None if the capture is quarantined.
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


def judged_captures(session: Session, key: PolicyKey) -> list[JudgedCapture]:
    """Returns every capture of a policy that the policy reader in force has read, in no particular order."""
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
            ReadingRow.needs_browser,
            ReadingRow.rule,
            ReadingRow.version_id,
            ReadingRow.language,
        )
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    )
    reviews = _reviews(session, CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    judged: list[JudgedCapture] = []
    languages: dict[int, CaptureLanguage] = {}
    for row in session.execute(query):
        capture_reviews = tuple(reviews[row.id])
        verdict = _reviewed(
            Verdict(row.verdict, row.reason, row.evidence, row.needs_browser, row.rule),
            row.version_id,
            capture_reviews,
        )
        accepted = verdict.name == "accepted"
        judged.append(
            JudgedCapture(
                row.id,
                row.captured_at,
                row.url,
                row.source,
                row.sha256,
                row.reader,
                verdict,
                row.version_id if accepted else None,
                capture_reviews,
            )
        )
        if accepted and row.language is not None:
            languages[row.id] = CaptureLanguage(
                row.captured_at, (row.url, row.source, row.sha256, row.asked_url), row.language
            )
    verdicts = language_variants(languages.values())
    variant_verdicts = {
        capture_id: verdicts[capture_language]
        for capture_id, capture_language in languages.items()
        if capture_language in verdicts
    }
    return [
        replace(capture, verdict=variant_verdicts[capture.capture_id], version_id=None)
        # A review takes precedence over the other captures' languages.
        if capture.capture_id in variant_verdicts and not capture.reviews
        else capture
        for capture in judged
    ]


def verdicts_without_neighbours(session: Session, readings: Collection[ReadingRow]) -> list[Verdict]:
    """Returns the verdicts that follow from readings and reviews, without regard to the policy's other captures."""
    reviews = _reviews(session, CaptureRow.id.in_([reading.capture_id for reading in readings]))
    return [_reviewed(reading.to_verdict(), reading.version_id, reviews[reading.capture_id]) for reading in readings]


def stored_captures(session: Session, key: PolicyKey) -> tuple[StoredCapture, ...]:
    """Returns every capture of a policy, oldest first."""
    judged = {capture.capture_id: capture for capture in judged_captures(session, key)}
    rows = session.scalars(select(CaptureRow).where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy))
    return tuple(sorted((stored_capture(row, judged.get(row.id)) for row in rows), key=_sort_key))


def capture_row(session: Session, capture_id: int) -> CaptureRow:
    """Returns the row of a capture. UsageError if no capture has that id."""
    row = session.get(CaptureRow, capture_id)
    if row is None:
        raise UsageError(f"no capture {capture_id} is stored")
    return row


def stored_capture(row: CaptureRow, judged: JudgedCapture | None) -> StoredCapture:
    """Returns a capture with its verdict. judged: None if the policy reader in force has not read the capture yet."""
    if judged is None:
        return StoredCapture(row.id, capture_from(row), UNREAD, None)
    return StoredCapture(row.id, capture_from(row), judged.verdict, judged.version_id, judged.reviews)


def _sort_key(stored: StoredCapture) -> tuple[object, ...]:
    """Returns a key that sorts captures by time. Captures with the same time are sorted by fields, not by arrival."""
    capture = stored.capture
    return (capture.captured_at, capture.url, capture.source, capture.sha256, capture.asked_url)


def _reviews(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Review]]:
    """Returns the reviews of the captures that meet the conditions, by the capture's id, oldest review first."""
    query = select(ReviewRow).join(CaptureRow, CaptureRow.id == ReviewRow.capture_id).where(*conditions)
    reviews: dict[int, list[Review]] = defaultdict(list)
    for row in sorted(session.scalars(query), key=lambda row: row.id):
        reviews[row.capture_id].append(Review(row.decision, row.by, row.note, row.at))
    return reviews


def _reviewed(verdict: Verdict, version_id: str | None, reviews: Sequence[Review]) -> Verdict:
    """Returns the verdict that follows from a reading's verdict and the capture's reviews.

    Only the last review counts. A review can't accept a capture without text: the result is then the reading's verdict.
    """
    if not reviews:
        return verdict
    last = reviews[-1]
    evidence = f"{last.decision} by {last.by} on {last.at:%Y-%m-%d}{f': {last.note}' if last.note else ''}"
    if last.decision == "rejected":
        return Verdict("quarantined", "rejected", evidence, rule="review")
    return verdict if version_id is None else Verdict("accepted", None, evidence)
