"""Reads and writes stored data about digests in forms in which the program itself never does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from core.policies import PolicyKey
from storage import OutboxMessage, OwnWatermark, Store, StoredWatermark, Subscriber, Subscription, Watermark
from storage.tables.models import OutboxRow
from storage.tables.subscription_models import WatchedRow


def told_to(store: Store, subscriber_id: int) -> Mapping[PolicyKey, datetime]:
    """Returns a subscriber's stored watermarks by policy, whether their own or those of all subscribers.

    A watermark is a capture time. All changes up to this time have been sent to the subscriber. Watermarks of all that
    are from before the subscription are left out: it is the subscription that counts then.
    """
    subscription = subscription_of(store, subscriber_id)
    if subscription is None:
        return {}
    told = {key: own.watermark.until for key, own in subscription.own.items()}
    for key, shared in store.subscriptions.shared_watermarks(subscription.subscriber.served_in).items():
        begin, stored = subscription.begin(key), subscription.stored(key, shared)
        if begin is not None and stored is not None and stored.until > begin.since:
            told.setdefault(key, stored.until)
    return told


def subscription_of(store: Store, subscriber_id: int) -> Subscription | None:
    """Returns a subscriber, and what is recorded for them alone; None if there is no such subscriber."""
    found = (each for each in store.subscriptions.in_turn() if each.subscriber.id == subscriber_id)
    return next(found, None)


def watermark_of(store: Store, subscriber_id: int, key: PolicyKey, now: datetime) -> Watermark:
    """Returns which changes of a policy are new to a subscriber who watches it."""
    subscription = subscription_of(store, subscriber_id)
    assert subscription is not None
    shared = store.subscriptions.shared_watermarks(subscription.subscriber.served_in).get(key)
    begin = subscription.begin(key)
    assert begin is not None
    return store.subscriptions.watermark(key, subscription.stored(key, shared), begin, now)[1]


def watched_since(store: Store, subscriber_id: int) -> Mapping[str, datetime]:
    """Returns since when a subscriber watches each vendor, by slug; '' stands for every other vendor."""
    query = select(WatchedRow.vendor, WatchedRow.since).where(WatchedRow.subscriber_id == subscriber_id)
    with store.database.read_session() as session:
        return dict(iter(session.execute(query)))


def subscriber_of(store: Store, subscriber_id: int) -> Subscriber:
    """Returns a subscriber's present record."""
    return next(subscriber for subscriber in store.subscriptions.subscribers() if subscriber.id == subscriber_id)


def enqueue(
    store: Store, subscriber_id: int, message: bytes | None, watermarks: Mapping[PolicyKey, datetime], now: datetime
) -> None:
    """Puts a message into the outbox and gives a subscriber watermarks, whatever was recorded for them before."""
    own = {key: OwnWatermark(StoredWatermark(until, until)) for key, until in watermarks.items()}
    while not store.subscriptions.enqueue(subscriber_of(store, subscriber_id), message, now, 0, own):
        pass


def waiting_messages(store: Store) -> tuple[OutboxMessage, ...]:
    """Returns the messages that have not been sent yet, oldest first."""
    query = select(OutboxRow.id, OutboxRow.address, OutboxRow.message).where(OutboxRow.sent_at.is_(None))
    with store.database.read_session() as session:
        return tuple(OutboxMessage(*row) for row in session.execute(query.order_by(OutboxRow.id)))
