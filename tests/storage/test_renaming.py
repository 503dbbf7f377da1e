"""Renaming keeps everything that belongs to a policy; removing leaves nothing of it and takes nothing else along."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.declarations import Policy
from core.exceptions import DamageError, UsageError
from core.policies import PolicyKey
from storage import OwnWatermark, Review, Store, StoredWatermark
from storage.tables.models import Base, CaptureRow, DocumentRow, PayloadRow
from storage.upkeep import remove_history, rename_policy, rename_vendor
from tests.keeping import keep, reextract, restart, verify
from tests.stored_captures import BEGIN, POLICY, capture_of, page
from tests.stored_digests import watched_since, watermark_of

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
OLD, NEW = PolicyKey("marmot", "privacy"), PolicyKey("badger", "privacy")
NOW = BEGIN + timedelta(days=30)


def fill(store: Store) -> None:
    """Stores two versions of marmot's privacy policy and one of its terms, a review, and a subscriber's watermark."""
    for days, payload in ((0, A), (1, B), (2, B)):
        capture = keep(store, capture_of(payload, days), payload, POLICY)
    keep(store, capture_of(A, policy="terms"), A, POLICY)
    store.library.review([capture.capture_id], Review("accepted", "ann", "", datetime.now(UTC)))
    store.subscriptions.subscribe("ann@example.org", ["marmot", "zebra"], BEGIN - timedelta(days=1))
    (subscriber,) = store.subscriptions.subscribers()
    own = OwnWatermark(StoredWatermark(BEGIN, BEGIN), BEGIN)
    number = store.subscriptions.begin_composing({OLD: BEGIN}, NOW)
    store.subscriptions.enqueue(subscriber, None, NOW, number, {OLD: own})


def names(store: Store) -> set[PolicyKey]:
    """Returns the names of all policies that any table mentions."""
    with store.database.read_session() as session:
        return {
            PolicyKey(*row)
            for table in Base.metadata.sorted_tables
            if {"vendor", "policy"} <= set(table.c.keys())
            for row in session.execute(select(table.c.vendor, table.c.policy))
        }


def faults(store: Store, *keys: PolicyKey) -> list[str]:
    return [f"{finding.place}: {finding.fault}" for finding in verify(store, dict.fromkeys(keys, POLICY))]


def test_a_renamed_vendor_keeps_history_and_subscribers(store: Store) -> None:
    fill(store)
    before = store.library.history(OLD)
    assert rename_vendor(store, "marmot", "badger") == 4
    assert store.library.history(NEW) == before
    assert [len(stored.reviews) for stored in store.library.captures(NEW)] == [0, 0, 1]
    assert names(store) == {NEW, PolicyKey("badger", "terms")}
    (subscriber,) = store.subscriptions.subscribers()
    assert subscriber.vendors == ("badger", "zebra")
    assert set(watched_since(store, subscriber.id)) == {"badger", "zebra"}
    assert watermark_of(store, subscriber.id, NEW, NOW).until == BEGIN
    assert store.subscriptions.policies_with_own_news() == {NEW}
    assert set(store.subscriptions.shared_watermarks(1)) == {NEW}
    assert faults(store, NEW, PolicyKey("badger", "terms")) == []


def test_a_capture_that_arrives_again_is_known_under_the_new_name(store: Store) -> None:
    fill(store)
    rename_vendor(store, "marmot", "badger")
    assert not keep(store, capture_of(A, 0, vendor="badger"), A, POLICY).is_new
    assert keep(store, capture_of(A, 0), A, POLICY).is_new
    assert reextract(store, NEW, Policy(locations=POLICY.locations)) == 0


def test_a_renamed_policy_leaves_the_others_alone(store: Store) -> None:
    fill(store)
    assert rename_policy(store, PolicyKey("marmot", "terms"), PolicyKey("marmot", "conditions")) == 1
    assert names(store) == {OLD, PolicyKey("marmot", "conditions")}
    assert faults(store, OLD) == []


def test_two_histories_are_not_joined(store: Store) -> None:
    fill(store)
    keep(store, capture_of(B, 9, vendor="badger"), B, POLICY)
    with pytest.raises(UsageError, match="badger/privacy has captures of its own"):
        rename_vendor(store, "marmot", "badger")
    assert {OLD, NEW, PolicyKey("marmot", "terms")} == names(store)


def test_a_damaged_capture_is_not_sealed_again(store: Store) -> None:
    fill(store)
    with store.database.write_session() as session:
        session.execute(update(CaptureRow).where(CaptureRow.id == 2).values(url="https://evil.example/"))
    with pytest.raises(DamageError, match=r"capture 2 no longer matches its checksum.* Nothing was renamed"):
        rename_vendor(store, "marmot", "badger")
    assert OLD in names(store)


def test_a_removed_history_leaves_nothing_and_takes_nothing_along(store: Store) -> None:
    fill(store)
    terms = PolicyKey("marmot", "terms")
    assert remove_history(store, OLD) == 3
    assert names(store) == {terms}
    assert faults(store, terms) == []
    assert store.library.payload(capture_of(A).sha256) == A
    with store.database.read_session() as session:
        assert len(session.scalars(select(DocumentRow.sha256)).all()) == 1
    remove_history(store, terms)
    with store.database.read_session() as session:
        assert session.scalars(select(PayloadRow.sha256)).all() == []
        assert session.scalars(select(DocumentRow.sha256)).all() == []
    assert faults(store) == []


def test_another_history_under_a_name_has_another_state(store: Store) -> None:
    """A reading room keeps what it made of a history for as long as its state stays the same."""
    keep(store, capture_of(A), A, POLICY)
    removed, removed_of_all = store.library.state(OLD), store.library.state_of_all()
    remove_history(store, OLD)
    restart(store)
    keep(store, capture_of(B), B, POLICY)
    assert store.library.state(OLD) != removed
    assert store.library.state_of_all() != removed_of_all


def test_after_a_renaming_the_state_of_all_policies_is_another_one(store: Store) -> None:
    fill(store)
    before = store.library.state_of_all()
    rename_vendor(store, "marmot", "badger")
    assert store.library.state_of_all() != before
