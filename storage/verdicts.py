"""Computes the final verdict on each capture.

The final verdict follows from the capture's reading, the capture's reviews, and the policy's other captures.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from core.captures import Source, Verdict
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction.screening.language_variants import CaptureLanguage, language_variants
from storage.capture_rows import capture_from
from storage.records import Review, StoredCapture
from storage.review_rows import review_from
from storage.shared_texts import SharedText
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow, ReviewRow

#: The verdict on a capture that the policy reader in force has not read. There are two causes: the process ended after
#: it stored the capture and before it read the capture; or the capture arrived while its policy was being read again.
UNREAD = Verdict(
    "quarantined",
    "unreadable",
    "not read yet: it will be read when the policy's next capture arrives, or when you run `clausewatch reextract`",
    rule="unread",
)


# Reasons that follow from a page's text or title. A capture with one of these reasons is accepted if most of its text
# is in accepted captures. The other reasons hold for such a text, too: a page that is cut off has most of its text.
REASONS_BY_TEXT = frozenset(
    ["blocked", "not_found", "login", "consent", "other_document", "not_a_policy", "unavailable"]
)
#: The same condition on a capture and its reading as in `_accepted_by_text`: the policy's other captures may accept it.
MAY_BE_ACCEPTED_BY_TEXT = and_(
    ReadingRow.reason.in_(sorted(REASONS_BY_TEXT)),
    ReadingRow.document_sha256.is_not(None),
    ReadingRow.version_id.is_not(None),
    or_(CaptureRow.status.is_(None), CaptureRow.status.between(200, 299)),
)
# The number of accepted documents before, and after, a quarantined capture with which its text is compared.
_NEIGHBOURS = 2


# A review with its number: the id of its row. Reviews are numbered in the order in which they were recorded.
_NumberedReview = tuple[int, Review]


class _Text(NamedTuple):
    """What a review of a capture covers: the capture, its bytes and its text.

    version_id: the version of the capture's text; None if no text was read.
    """

    id: int
    sha256: str
    version_id: str | None


@dataclass(frozen=True, slots=True)
class JudgedCapture:
    """A capture that the policy reader in force has read, with its final verdict.

    status: the HTTP status; None if there is none.
    reader: the name of the policy reader in force.
    version_id: the version that the capture shows; None if the capture is quarantined.
    reviews: the reviews of this capture, oldest first.
    deciding: the review that decides the verdict: the last that covers the capture; None if no review covers it.
    """

    capture_id: int
    captured_at: datetime
    url: str
    source: Source
    sha256: str
    status: int | None
    reader: str
    verdict: Verdict
    version_id: str | None
    reviews: tuple[Review, ...]
    deciding: Review | None


def judged_captures(session: Session, key: PolicyKey) -> list[JudgedCapture]:
    """Returns every capture of a policy that the policy reader in force has read, in no particular order.

    The verdict on a capture follows from four things. Each takes precedence over those after it: a review that covers
    the capture; the languages of the policy's other captures; their texts; the capture's own reading.
    """
    query = (
        select(
            CaptureRow.id,
            CaptureRow.captured_at,
            CaptureRow.url,
            CaptureRow.source,
            CaptureRow.sha256,
            CaptureRow.asked_url,
            CaptureRow.status,
            ReadingRow.reader,
            ReadingRow.verdict,
            ReadingRow.reason,
            ReadingRow.evidence,
            ReadingRow.needs_browser,
            ReadingRow.rule,
            ReadingRow.version_id,
            ReadingRow.language,
            ReadingRow.document_sha256,
        )
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    )
    rows = session.execute(query).all()
    reviews = _reviews(session, CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    deciding = _deciding_reviews(rows, reviews)
    verdicts = {
        row.id: _reviewed(
            Verdict(row.verdict, row.reason, row.evidence, row.needs_browser, row.rule),
            row.version_id,
            deciding.get(row.id),
        )
        for row in rows
    }
    verdicts |= _accepted_by_text(session, rows, verdicts, deciding)
    languages = {
        row.id: CaptureLanguage(row.captured_at, (row.url, row.source, row.sha256, row.asked_url), row.language)
        for row in rows
        if verdicts[row.id].name == "accepted" and row.language is not None
    }
    variants = language_variants(languages.values())
    for capture_id, language in languages.items():
        if language in variants and capture_id not in deciding:
            verdicts[capture_id] = variants[language]
    return [
        JudgedCapture(
            row.id,
            row.captured_at,
            row.url,
            row.source,
            row.sha256,
            row.status,
            row.reader,
            verdicts[row.id],
            row.version_id if verdicts[row.id].name == "accepted" else None,
            tuple(review for _, review in reviews.get(row.id, ())),
            deciding.get(row.id),
        )
        for row in rows
    ]


def _deciding_reviews(rows: Collection[Any], reviews: Mapping[int, Sequence[_NumberedReview]]) -> dict[int, Review]:
    """Returns the review that decides on each capture: the last review that covers it.

    A review covers the capture that was reviewed. Unless the review is about that capture only, it also covers every
    capture with the same text or the same bytes.

    rows: the captures with their readings, as `_Text` describes them. reviews: the reviews by the capture that was
        reviewed.
    """
    by_text: dict[str, list[_NumberedReview]] = defaultdict(list)
    for row in rows:
        for numbered in reviews.get(row.id, ()):
            if not numbered[1].only:
                by_text[row.sha256].append(numbered)
                if row.version_id is not None:
                    by_text[row.version_id].append(numbered)
    deciding: dict[int, Review] = {}
    for row in rows:
        covering = [*reviews.get(row.id, ()), *by_text.get(row.sha256, ()), *by_text.get(row.version_id or "", ())]
        if covering:
            deciding[row.id] = max(covering, key=_order)[1]
    return deciding


def _order(numbered: _NumberedReview) -> tuple[datetime, int]:
    number, review = numbered
    return review.at, number


def _accepted_by_text(
    session: Session, rows: Sequence[Any], verdicts: Mapping[int, Verdict], deciding: Mapping[int, Review]
) -> dict[int, Verdict]:
    """Returns the verdicts on the quarantined captures whose texts are mostly in accepted captures.

    Such a capture shows the policy, whatever its title. Its text is compared with the nearest accepted documents before
    and after it. A document that a person accepted for one capture only says nothing about the others.
    """
    doubtful = [
        row
        for row in rows
        if verdicts[row.id].reason in REASONS_BY_TEXT
        and row.document_sha256 is not None
        and row.version_id is not None
        and (row.status is None or 200 <= row.status < 300)
        and row.id not in deciding
    ]
    if not doubtful:
        return {}
    shared_text = SharedText(session)
    accepted = sorted(
        (row.captured_at, row.document_sha256)
        for row in rows
        if verdicts[row.id].name == "accepted"
        and row.document_sha256 is not None
        and not (row.id in deciding and deciding[row.id].only)
    )
    times = [captured_at for captured_at, _ in accepted]
    documents = [document_sha256 for _, document_sha256 in accepted]
    result: dict[int, Verdict] = {}
    for row in doubtful:
        at = bisect_right(times, row.captured_at)
        neighbours = {*_distinct(documents[at - 1 :: -1] if at else ()), *_distinct(islice(documents, at, None))}
        if any(
            _is_of_policy(neighbour, neighbours, shared_text)
            and shared_text.shares_most(row.document_sha256, neighbour)
            for neighbour in neighbours
        ):
            result[row.id] = Verdict("accepted", None, "most of its text is in accepted captures of this policy")
    return result


def _distinct(documents: Iterable[str]) -> list[str]:
    """Returns the first distinct documents of a sequence, at most _NEIGHBOURS."""
    distinct: list[str] = []
    for document in documents:
        if document not in distinct:
            distinct.append(document)
            if len(distinct) == _NEIGHBOURS:
                break
    return distinct


def _is_of_policy(neighbour: str, neighbours: Collection[str], shared_text: SharedText) -> bool:
    """Returns whether an accepted document shares text with one of its neighbours. True if it has no neighbours.

    If it shares no text with any of them, the document may be another page that was accepted for want of evidence.
    """
    others = [other for other in neighbours if other != neighbour]
    return not others or any(shared_text.share_text(neighbour, other) for other in others)


def verdicts_without_neighbours(session: Session, readings: Collection[ReadingRow]) -> list[Verdict]:
    """Returns the verdict for each reading: the reading's own verdict, or that of the review that covers the capture.

    The languages and texts of the policy's other captures are not considered.
    """
    captures = select(CaptureRow.id, CaptureRow.sha256, CaptureRow.vendor, CaptureRow.policy).where(
        CaptureRow.id.in_([reading.capture_id for reading in readings])
    )
    read = {row.id: row for row in session.execute(captures)}
    keys = {(row.vendor, row.policy) for row in read.values()}
    reviews = _reviews(session, tuple_(CaptureRow.vendor, CaptureRow.policy).in_(sorted(keys)))
    deciding: dict[int, Review] = {}
    if reviews:
        reviewed = (
            select(CaptureRow.id, CaptureRow.sha256, ReadingRow.version_id)
            .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
            .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
            .where(CaptureRow.id.in_(reviews))
        )
        texts = {row.id: _Text(row.id, row.sha256, row.version_id) for row in session.execute(reviewed)}
        for reading in readings:
            texts[reading.capture_id] = _Text(reading.capture_id, read[reading.capture_id].sha256, reading.version_id)
        deciding = _deciding_reviews(texts.values(), reviews)
    return [
        _reviewed(reading.to_verdict(), reading.version_id, deciding.get(reading.capture_id)) for reading in readings
    ]


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
    """Returns a key that sorts captures by time. The order of captures with equal times does not depend on arrival."""
    capture = stored.capture
    return (capture.captured_at, capture.url, capture.source, capture.sha256, capture.asked_url)


def _reviews(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[_NumberedReview]]:
    """Returns the reviews of the captures that meet the conditions, by the capture's id, oldest review first."""
    query = select(ReviewRow).join(CaptureRow, CaptureRow.id == ReviewRow.capture_id).where(*conditions)
    reviews: dict[int, list[_NumberedReview]] = defaultdict(list)
    for row in sorted(session.scalars(query), key=lambda row: row.id):
        reviews[row.capture_id].append((row.id, review_from(row)))
    return reviews


def _reviewed(verdict: Verdict, version_id: str | None, review: Review | None) -> Verdict:
    """Returns the verdict that follows from a reading's verdict and the review that decides on the capture.

    A review can't accept a capture without text: the result is then the reading's verdict.
    """
    if review is None:
        return verdict
    evidence = f"{review.decision} by {review.by} on {review.at:%Y-%m-%d}{f': {review.note}' if review.note else ''}"
    if review.decision == "rejected":
        return Verdict("quarantined", "rejected", evidence, rule="review")
    return verdict if version_id is None else Verdict("accepted", None, evidence)
