"""The policies that may have changed since a time are found without their histories."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.policies import PolicyKey
from storage import Review, Store
from tests.keeping import keep
from tests.stored_captures import BEGIN, POLICY, capture_of, page

A, B, C = (page(f"We keep your messages for {term}.") for term in ("a year", "a month", "a day"))
BLOCKED = b"<title>Just a moment...</title>"
vendors = (f"vendor{number}" for number in count())


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([A, B, C, BLOCKED]), min_size=1, max_size=6), st.integers(0, 6), st.booleans())
@example([A, B, A, A], 3, False)
@example([A, B, BLOCKED, B], 2, True)
def test_no_policy_with_a_new_period_is_left_out(
    store: Store, payloads: Sequence[bytes], day: int, reviewed: bool
) -> None:
    key = PolicyKey(next(vendors), "privacy")
    for days, payload in enumerate(payloads):
        kept = keep(store, capture_of(payload, days, vendor=key.vendor), payload, POLICY)
    if reviewed:
        store.library.review([kept.capture_id], Review("rejected", "ann", "", datetime.now(UTC)))
    since = BEGIN + timedelta(days=day)
    begins = [period.first.captured_at for period in store.library.history(key).periods[1:]]
    if any(begin >= since for begin in begins):
        assert key in store.library.maybe_changed(since, [key.vendor])


def test_a_policy_that_stayed_the_same_is_left_out(store: Store) -> None:
    for days, payload in enumerate((A, B, B, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
        keep(store, capture_of(payload, days, policy="terms"), payload, POLICY)
    keep(store, capture_of(A, 4, policy="terms"), A, POLICY)
    assert store.library.maybe_changed(BEGIN + timedelta(days=2)) == (PolicyKey("marmot", "terms"),)
    assert len(store.library.maybe_changed(BEGIN + timedelta(days=1))) == 2
    assert store.library.maybe_changed(BEGIN + timedelta(days=5)) == ()
