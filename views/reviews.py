"""Captures that wait for a person's decision, for `clausewatch review`."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.clauses import Clause
from core.dates import iso
from core.exceptions import ExtractionError
from core.policies import PolicyKey
from storage import Store, StoredCapture
from views.quarantine import quarantine_warnings_of


@dataclass(frozen=True, slots=True)
class CaptureForReview:
    """A capture with its verdict, the evidence of the verdict, and the decisions made on the capture so far.

    stored: the capture with its verdict and the decisions.
    clauses: the text read from the capture; empty if no text could be read; None if the text was not requested.
    held: whether the capture is accepted and its text is held, since it shares nothing with the text before.
    """

    stored: StoredCapture
    clauses: tuple[Clause, ...] | None = None
    held: bool = False

    @property
    def waits(self) -> bool:
        """Whether the capture waits for a person's decision.

        A capture that a person has accepted waits again if the present extractor can't read any text from the payload.
        """
        verdict = self.stored.verdict
        return self.held or (verdict.name == "quarantined" and verdict.reason != "rejected")

    def to_dict(self) -> dict[str, Any]:
        """Returns the capture's JSON fields, which docs/contract.md describes.

        `clauses` is omitted if it is None, and `held` if it is False.
        """
        capture, verdict = self.stored.capture, self.stored.verdict
        fields: dict[str, Any] = {
            "id": self.stored.id,
            "vendor": capture.vendor,
            "policy": capture.policy,
            "captured_at": iso(capture.captured_at),
            "url": capture.url,
            "source": capture.source,
            "sha256": capture.sha256,
            "verdict": verdict.name,
            "reason": verdict.reason,
            "rule": verdict.rule,
            "evidence": verdict.evidence,
            "reviews": [
                {
                    "decision": review.decision,
                    "by": review.by,
                    "note": review.note,
                    "at": iso(review.at),
                    "only": review.only,
                }
                for review in self.stored.reviews
            ],
        }
        if self.held:
            fields["held"] = True
        if self.clauses is not None:
            fields["clauses"] = [clause.to_dict() for clause in self.clauses]
        return fields


@dataclass(frozen=True, slots=True)
class PolicyReview:
    """The captures of one policy that a person has to review, and the warnings about the policy.

    waiting: the captures that wait for a decision, oldest first.
    warnings: the warnings that `views.quarantine` yields for the policy.
    """

    key: PolicyKey
    waiting: tuple[CaptureForReview, ...]
    warnings: tuple[str, ...]


def policies_to_review(
    store: Store, keys: Iterable[PolicyKey], vendors: Collection[str] = ()
) -> Iterator[PolicyReview]:
    """Yields a `PolicyReview` for each of these policies that has quarantined, unread or held captures.

    keys: the policies, in the order in which the results are yielded.
    vendors: the slugs of the vendors that the policies belong to. If `vendors` is empty, the query reads the captures
        of all vendors, which takes longer.

    StorageError if the database can't be read.
    """
    standings = store.library.standings(vendors)
    suspect_keys = {
        PolicyKey(standing.vendor, standing.policy)
        for standing in standings
        if standing.quarantined or standing.unread or standing.held_since
    }
    held_keys = {PolicyKey(standing.vendor, standing.policy) for standing in standings if standing.held_since}
    for key in keys:
        if key in suspect_keys:
            captures = store.library.captures(key)
            held = _held_captures(store, key) if key in held_keys else frozenset()
            views = (CaptureForReview(stored, held=stored.id in held) for stored in captures)
            waiting = tuple(view for view in views if view.waits)
            yield PolicyReview(key, waiting, tuple(quarantine_warnings_of(key, captures)))


def capture_for_review(store: Store, capture_id: int) -> CaptureForReview:
    """Returns a capture with the text read from it. UsageError if no capture has this id."""
    stored = store.library.capture(capture_id)
    key = PolicyKey(stored.capture.vendor, stored.capture.policy)
    held = stored.verdict.name == "accepted" and capture_id in _held_captures(store, key)
    try:
        clauses = store.library.document(capture_id).clauses
    except ExtractionError:
        clauses = ()
    return CaptureForReview(stored, clauses, held)


def _held_captures(store: Store, key: PolicyKey) -> frozenset[int]:
    """Returns the ids of the captures whose texts are held now: the held captures since the last text that stands."""
    settled_history = store.library.settled(key)
    first_held = settled_history.held_now
    if first_held is None:
        return frozenset()
    return frozenset(
        observation.capture_id
        for period in settled_history.held
        if period.first.captured_at >= first_held.first.captured_at
        for observation in period.observations
    )
