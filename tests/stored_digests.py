"""Reads and writes stored data about digests in forms in which the program itself never does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from core.policies import PolicyKey
from storage import OutboxMessage, Store, Subscriber
from storage.tables.models import OutboxRow, WatchedRow, WatermarkRow


def told_to(store: Store, subscriber_id: int) -> Mapping[PolicyKey, datetime]:
    """Returns a subscriber's stored watermarks by policy.

    A watermark is a capture time. All changes up to this time have been sent to the subscriber.
    """
    query = select(WatermarkRow.vendor, WatermarkRow.policy, WatermarkRow.until).where(
        WatermarkRow.subscriber_id == subscriber_id
    )
    with store.database.read_session() as session:
        return {PolicyKey(vendor, policy): until for vendor, policy, until in session.execute(query)}


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
    """Puts a message into the outbox and advances watermarks, whatever was recorded for the subscriber before."""
    while not store.subscriptions.enqueue(subscriber_of(store, subscriber_id), message, watermarks, now):
        pass


def waiting_messages(store: Store) -> tuple[OutboxMessage, ...]:
    """Returns the messages that have not been sent yet, oldest first."""
    query = select(OutboxRow.id, OutboxRow.address, OutboxRow.message).where(OutboxRow.sent_at.is_(None))
    with store.database.read_session() as session:
        return tuple(OutboxMessage(*row) for row in session.execute(query.order_by(OutboxRow.id)))
