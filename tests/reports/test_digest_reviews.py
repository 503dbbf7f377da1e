"""What a person decides later tells subscribers nothing twice, and nothing that is old."""

from datetime import UTC, datetime

import pytest

from core.captures import Reading, Verdict, sha256_hex
from core.policies import PolicyKey
from extraction import read
from storage import Decision, Review, Store, reading
from tests.reports.digest_examples import ADVERTISERS, COURTS, INSURERS, composed, keep, subscribe, unwrapped
from tests.stored_captures import POLICY, capture_of


def quarantine(store: Store, monkeypatch: pytest.MonkeyPatch, payload: bytes, days: float) -> int:
    """The key of a capture that the extractor takes for a challenge, although it is the policy."""
    with monkeypatch.context() as patch:
        blocked = Verdict("quarantined", "blocked", "says: checking")
        patch.setattr(reading, "read", lambda *given, **__: Reading(blocked, read(*given).document))
        return keep(store, capture_of(payload, days, source="file"), payload, POLICY).capture_id


def decide(store: Store, decision: Decision, capture_id: int) -> None:
    store.library.review([capture_id], Review(decision, "ann", "", datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_capture_accepted_late_is_told_when_nothing_after_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    waiting = quarantine(store, monkeypatch, ADVERTISERS, 2)
    assert composed(store, 3) == []
    decide(store, "accepted", waiting)
    (message,) = composed(store, 4)
    assert "advertiser" in unwrapped(message)
    assert composed(store, 5) == []


def test_a_capture_accepted_after_its_text_was_told_is_not_told_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    waiting = quarantine(store, monkeypatch, ADVERTISERS, 2)
    keep(store, ADVERTISERS, 3)
    assert len(composed(store, 4)) == 1
    decide(store, "accepted", waiting)
    assert composed(store, 5) == []
    assert len(store.library.history(PolicyKey("marmot", "privacy")).versions) == 2


def test_a_capture_rejected_after_it_was_told_tells_nothing_and_the_next_change_once(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    keep(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    for stored in store.library.captures(PolicyKey("marmot", "privacy")):
        if stored.capture.sha256 == sha256_hex(ADVERTISERS):
            decide(store, "rejected", stored.id)
    keep(store, COURTS, 4)
    assert composed(store, 5) == []
    keep(store, INSURERS, 6)
    (message,) = composed(store, 7)
    assert "insurance" in unwrapped(message)
    assert "advertiser" not in unwrapped(message)
