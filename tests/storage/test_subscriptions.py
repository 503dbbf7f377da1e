"""Subscribers, their watermarks, and the outbox."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core.exceptions import StorageError
from core.policies import PolicyKey
from storage import OutboxMessage, OwnWatermark, Store, StoredWatermark, Subscriber
from storage.tables.models import OutboxRow
from tests.stored_digests import enqueue, told_to, waiting_messages

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


def test_subscribing_again_replaces_vendors_and_keeps_watermarks(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, None, {KEY: NOW}, NOW)
    store.subscriptions.subscribe(subscriber.address, ["vole"], LATER)
    assert store.subscriptions.subscribers() == (Subscriber(subscriber.id, subscriber.address, ("vole",), 1),)
    assert told_to(store, subscriber.id) == {KEY: NOW}


def test_unsubscribing_deletes_watermarks_and_waiting_messages(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, b"digest", {KEY: NOW}, NOW)
    assert store.subscriptions.unsubscribe(subscriber.address)
    assert (store.subscriptions.subscribers(), waiting_messages(store), told_to(store, subscriber.id)) == (
        (),
        (),
        {},
    )
    assert not store.subscriptions.unsubscribe(subscriber.address)


def test_ids_of_subscribers_and_messages_are_not_reused(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, b"one", {}, NOW)
    (first,) = waiting_messages(store)
    store.subscriptions.unsubscribe(subscriber.address)
    store.subscriptions.subscribe(subscriber.address, [], NOW)
    (again,) = store.subscriptions.subscribers()
    enqueue(store, again.id, b"two", {}, NOW)
    store.outbox.mark_sent(first.id, LATER)
    assert again.id != subscriber.id
    assert [message.message for message in waiting_messages(store)] == [b"two"]


def test_messages_wait_in_order_until_they_are_sent(store: Store, subscriber: Subscriber) -> None:
    for message in (b"one\x00", b"two"):
        enqueue(store, subscriber.id, message, {}, NOW)
    first, second = waiting_messages(store)
    assert (first, second.message) == (OutboxMessage(first.id, subscriber.address, b"one\x00"), b"two")
    store.outbox.mark_sent(first.id, LATER)
    store.outbox.mark_sent(first.id, LATER)
    assert waiting_messages(store) == (second,)


def test_watermarks_advance_without_a_message(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, None, {KEY: NOW, VOLE: LATER}, NOW)
    assert told_to(store, subscriber.id) == {KEY: NOW, VOLE: LATER}
    assert waiting_messages(store) == ()


def test_watermarks_never_go_back(store: Store, subscriber: Subscriber) -> None:
    numbers = [store.subscriptions.begin_composing({KEY: moment}, LATER) for moment in (NOW, LATER, NOW)]
    assert [store.subscriptions.shared_watermarks(number)[KEY].until for number in numbers] == [NOW, LATER, LATER]
    assert StoredWatermark(LATER, LATER).advanced(NOW, LATER) == StoredWatermark(LATER, LATER)


def test_a_watermark_of_the_future_is_replaced(store: Store, subscriber: Subscriber) -> None:
    numbers = [store.subscriptions.begin_composing({KEY: moment}, moment) for moment in (LATER, NOW)]
    assert [store.subscriptions.shared_watermarks(number)[KEY] for number in numbers] == [
        StoredWatermark(LATER, LATER, 1),
        StoredWatermark(NOW, LATER, 2),
    ]


def test_watermarks_and_message_are_stored_together_or_not_at_all(store: Store, subscriber: Subscriber) -> None:
    naive = NOW.replace(tzinfo=None)  # refused because it has no time zone, after the first watermark was written
    with pytest.raises(StorageError, match="without a zone"):
        enqueue(store, subscriber.id, b"digest", {KEY: NOW, VOLE: naive}, NOW)
    assert (told_to(store, subscriber.id), waiting_messages(store)) == ({}, ())


def test_nothing_is_enqueued_for_an_unsubscribed_address(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.unsubscribe(subscriber.address)
    assert not store.subscriptions.enqueue(subscriber, b"digest", NOW, 1)


def test_of_two_digests_composed_from_one_state_only_the_first_is_recorded(
    store: Store, subscriber: Subscriber
) -> None:
    one, two = ({KEY: OwnWatermark(StoredWatermark(moment, moment))} for moment in (NOW, LATER))
    assert store.subscriptions.enqueue(subscriber, b"one", NOW, 1, one)
    assert not store.subscriptions.enqueue(subscriber, b"two", LATER, 2, two)
    assert [message.message for message in waiting_messages(store)] == [b"one"]
    assert told_to(store, subscriber.id) == {KEY: NOW}


def test_urls_that_differ_in_case_are_two_subscribers(store: Store) -> None:
    for address in ("https://hooks.example/Key", "https://hooks.example/key", "HTTPS://Hooks.example/key"):
        store.subscriptions.subscribe(address, [], NOW)
    known = store.subscriptions.subscriber("https://hooks.example/key")
    assert known is not None
    assert known.address == "HTTPS://Hooks.example/key"
    store.subscriptions.enqueue(known, b"{}", NOW, 0)
    assert store.outbox.put_off(OutboxMessage(1, known.address, b"{}"), NOW, "no answer") is not None
    assert store.outbox.claim("https://hooks.example/key", NOW) is None
    assert store.subscriptions.unsubscribe("https://Hooks.example/key")
    assert store.subscriptions.subscriber("https://hooks.example/Key") is not None
    assert store.outbox.troubles() == ()


def test_addresses_that_differ_only_in_case_are_one_subscriber(store: Store, subscriber: Subscriber) -> None:
    store.subscriptions.subscribe("Reader@Marmot.example", ["vole"], LATER)
    assert [(known.id, known.address) for known in store.subscriptions.subscribers()] == [
        (subscriber.id, "Reader@Marmot.example")
    ]
    assert store.subscriptions.unsubscribe("READER@marmot.example")
    assert store.subscriptions.subscribers() == ()


def test_a_message_is_claimed_once_until_it_is_given_back(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, b"one", {}, NOW)
    (message,) = waiting_messages(store)
    assert [store.outbox.claim(subscriber.address) for _ in range(2)] == [message, None]
    store.outbox.release(message.id)
    assert store.outbox.claim(subscriber.address) == message
    store.outbox.mark_sent(message.id, NOW)
    assert store.outbox.claim(subscriber.address) is None


@pytest.mark.parametrize(("minutes", "is_free"), [(-14, False), (-16, True), (60, True)])
def test_the_claim_of_a_process_that_died_ends(
    store: Store, subscriber: Subscriber, minutes: int, is_free: bool
) -> None:
    enqueue(store, subscriber.id, b"one", {}, NOW)
    with store.database.write_session() as session:
        claimed_at = datetime.now(UTC) + timedelta(minutes=minutes)
        session.execute(update(OutboxRow).values(claimed_at=claimed_at))
    assert (store.outbox.claim(subscriber.address) is not None) == is_free


def test_a_renewed_claim_lasts_as_long_as_a_new_one(store: Store, subscriber: Subscriber) -> None:
    enqueue(store, subscriber.id, b"one", {}, NOW)
    message = store.outbox.claim(subscriber.address)
    assert message is not None
    with store.database.write_session() as session:
        session.execute(update(OutboxRow).values(claimed_at=datetime.now(UTC) - timedelta(minutes=16)))
    assert not store.outbox.is_being_sent(message.id)
    store.outbox.renew_claims([message.id])
    assert store.outbox.is_being_sent(message.id)
    assert store.outbox.claim(subscriber.address) is None
