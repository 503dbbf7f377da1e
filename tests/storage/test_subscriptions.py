"""Subscribers, their watermarks, and the outbox."""

from datetime import UTC, datetime, timedelta

import pytest

from core.exceptions import StorageError, UsageError
from core.policies import PolicyKey
from storage import OutboxMessage, Store, Subscriber
from tests.keeping import keep
from tests.stored_captures import BEGIN, POLICY, capture_of, page
from tests.stored_digests import told_to

KEY = PolicyKey("marmot", "privacy")
VOLE = PolicyKey("vole", "privacy")
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def subscriber(store: Store) -> Subscriber:
    store.subscriptions.subscribe("reader@marmot.example", [], NOW)
    (subscriber,) = store.subscriptions.subscribers()
    return subscriber


def test_subscribers_are_returned_in_order_of_subscription(store: Store) -> None:
    for address in ("b@marmot.example", "a@marmot.example"):
        store.subscriptions.subscribe(address, ["vole", "marmot", "vole"], NOW)
    assert [subscriber.address for subscriber in store.subscriptions.subscribers()] == [
        "b@marmot.example",
        "a@marmot.example",
    ]
    assert store.subscriptions.subscribers()[0].vendors == ("marmot", "vole")
    assert store.subscriptions.subscribers()[0].since == NOW


def test_subscribing_again_replaces_vendors_and_keeps_watermarks(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.enqueue(subscriber.id, None, {KEY: NOW}, NOW)
    store.subscriptions.subscribe(subscriber.address, ["vole"], LATER)
    assert store.subscriptions.subscribers() == (Subscriber(subscriber.id, subscriber.address, ("vole",), NOW),)
    assert told_to(store, subscriber.id) == {KEY: NOW}


def test_unsubscribing_deletes_watermarks_and_waiting_messages(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.enqueue(subscriber.id, b"digest", {KEY: NOW}, NOW)
    assert store.subscriptions.unsubscribe(subscriber.address)
    assert (store.subscriptions.subscribers(), store.subscriptions.outbox(), told_to(store, subscriber.id)) == (
        (),
        (),
        {},
    )
    assert not store.subscriptions.unsubscribe(subscriber.address)


def test_ids_of_subscribers_and_messages_are_not_reused(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.enqueue(subscriber.id, b"one", {}, NOW)
    (first,) = store.subscriptions.outbox()
    store.subscriptions.unsubscribe(subscriber.address)
    store.subscriptions.subscribe(subscriber.address, [], NOW)
    (again,) = store.subscriptions.subscribers()
    store.subscriptions.enqueue(again.id, b"two", {}, NOW)
    store.subscriptions.mark_sent(first.id, LATER)
    assert again.id != subscriber.id
    assert [message.message for message in store.subscriptions.outbox()] == [b"two"]


def test_messages_wait_in_order_until_they_are_sent(store: Store, subscriber: Subscriber) -> None:
    for message in (b"one\x00", b"two"):
        store.subscriptions.enqueue(subscriber.id, message, {}, NOW)
    first, second = store.subscriptions.outbox()
    assert (first, second.message) == (OutboxMessage(first.id, subscriber.address, b"one\x00"), b"two")
    store.subscriptions.mark_sent(first.id, LATER)
    store.subscriptions.mark_sent(first.id, LATER)
    assert store.subscriptions.outbox() == (second,)


def test_watermarks_advance_without_a_message(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.enqueue(subscriber.id, None, {KEY: NOW, VOLE: LATER}, NOW)
    assert told_to(store, subscriber.id) == {KEY: NOW, VOLE: LATER}
    assert store.subscriptions.outbox() == ()


def test_watermarks_never_go_back(store: Store, subscriber: Subscriber) -> None:
    for moment in (NOW, LATER, NOW):
        store.subscriptions.enqueue(subscriber.id, None, {KEY: moment}, NOW)
    assert told_to(store, subscriber.id) == {KEY: LATER}


def test_watermarks_and_message_are_stored_together_or_not_at_all(store: Store, subscriber: Subscriber) -> None:
    naive = NOW.replace(tzinfo=None)  # refused because it has no time zone, after the first watermark was written
    with pytest.raises(StorageError, match="without a zone"):
        store.subscriptions.enqueue(subscriber.id, b"digest", {KEY: NOW, VOLE: naive}, NOW)
    assert (told_to(store, subscriber.id), store.subscriptions.outbox()) == ({}, ())


def test_nothing_is_enqueued_for_an_unsubscribed_address(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.unsubscribe(subscriber.address)
    with pytest.raises(UsageError, match="no longer subscribed"):
        store.subscriptions.enqueue(subscriber.id, b"digest", {KEY: NOW}, NOW)


def test_addresses_that_differ_in_case_are_one_subscriber(store: Store) -> None:
    store.subscriptions.subscribe("Ann@Client.example", ["marmot"], NOW)
    store.subscriptions.subscribe("ann@client.EXAMPLE", ["otter"], NOW)
    (subscriber,) = store.subscriptions.subscribers()
    assert (subscriber.address, subscriber.vendors) == ("Ann@Client.example", ("otter",))
    assert store.subscriptions.unsubscribe("ANN@client.example")
    assert store.subscriptions.subscribers() == ()


@pytest.mark.parametrize(
    ("steps", "watched"),
    [
        ([["marmot"], ["marmot", "otter"]], {"marmot": 0, "otter": 1}),
        ([["marmot"], []], {"marmot": 0, "otter": 1}),
        ([[], ["otter"]], {"otter": 0}),
        ([["marmot"], ["otter"], ["marmot", "otter"]], {"marmot": 2, "otter": 1}),
        ([["marmot"], [], ["otter"], []], {"marmot": 3, "otter": 1}),
        ([["marmot"], [], []], {"marmot": 0, "otter": 1}),
    ],
)
def test_an_added_vendor_is_watched_from_then_on(store: Store, steps: list[list[str]], watched: dict[str, int]) -> None:
    for vendor in ("marmot", "otter"):
        keep(store, capture_of(page("We keep it."), 100, vendor=vendor), page("We keep it."), POLICY)
    for day, vendors in enumerate(steps):
        store.subscriptions.subscribe("ann@client.example", vendors, BEGIN + timedelta(days=day))
    (subscriber,) = store.subscriptions.subscribers()
    expected = {PolicyKey(vendor, "privacy"): BEGIN + timedelta(days=day) for vendor, day in watched.items()}
    assert store.subscriptions.watermarks(subscriber) == expected
