"""Digests after reviews: subscribers get no change twice, and no old change."""

from dataclasses import replace
from datetime import UTC, datetime

from core.captures import Verdict, sha256_hex
from core.policies import PolicyKey
from intake.reading_task import CaptureText, ReadingTask, read_capture
from storage import Decision, Review, Store
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    composed,
    intake_with,
    keep_confirmed,
    subscribe,
    unwrapped,
)
from tests.stored_captures import POLICY, capture_of


def keep_quarantined(store: Store, payload: bytes, days: float) -> int:
    """Stores a capture of the policy that screening wrongly treats as a bot challenge. Returns the capture's id."""

    def read_as_blocked(task: ReadingTask) -> CaptureText:
        return replace(read_capture(task), verdict=Verdict("quarantined", "blocked", "says: checking"))

    with intake_with(store, read_as_blocked) as intake:
        return intake.keep((capture_of(payload, days, source="file"), payload, POLICY)).capture_id


def decide(store: Store, decision: Decision, capture_id: int) -> None:
    store.library.review([capture_id], Review(decision, "ann", "", datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_capture_accepted_late_is_sent_if_nothing_newer_was_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    quarantined = keep_quarantined(store, ADVERTISERS, 2)
    assert composed(store, 3) == []
    decide(store, "accepted", quarantined)
    (message,) = composed(store, 4)
    assert "advertiser" in unwrapped(message)
    assert composed(store, 5) == []


def test_a_capture_accepted_late_is_not_sent_if_its_text_was_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    quarantined = keep_quarantined(store, ADVERTISERS, 2)
    keep_confirmed(store, ADVERTISERS, 3)
    assert len(composed(store, 4)) == 1
    decide(store, "accepted", quarantined)
    assert composed(store, 5) == []
    assert len(store.library.history(PolicyKey("marmot", "privacy")).versions) == 2


def test_rejecting_a_text_after_it_was_sent_sends_nothing(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    for stored in store.library.captures(PolicyKey("marmot", "privacy")):
        if stored.capture.sha256 == sha256_hex(ADVERTISERS):
            decide(store, "rejected", stored.id)
    keep_confirmed(store, COURTS, 4)
    assert composed(store, 5) == []
    keep_confirmed(store, INSURERS, 6)
    (message,) = composed(store, 7)
    assert "insurance" in unwrapped(message)
    assert "advertiser" not in unwrapped(message)
