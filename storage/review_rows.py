"""Converts reviews to rows of the table `reviews`, and rows to reviews."""

from storage.records import Review
from storage.tables.models import ReviewRow

# The end of the column `decision` of a review that is about one capture only. The column is sealed, so the mark is too.
_ONLY = " only"


def review_row(capture_id: int, review: Review) -> ReviewRow:
    """Returns the row of a review. capture_id: the capture that was reviewed."""
    decision = review.decision + (_ONLY if review.only else "")
    return ReviewRow(capture_id=capture_id, decision=decision, by=review.by, note=review.note, at=review.at)


def review_from(row: ReviewRow) -> Review:
    """Returns the review that a row contains."""
    decision = row.decision.removesuffix(_ONLY)
    return Review(
        "accepted" if decision == "accepted" else "rejected", row.by, row.note, row.at, decision != row.decision
    )
