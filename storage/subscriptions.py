"""Stores subscribers, watermarks, and the outbox, which consists of the messages that still have to be sent.

A subscriber has a watermark for each policy. The watermark is a capture time: the subscriber's digests have reported
all changes up to this time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, and_, bindparam, delete, select, update

from core.exceptions import UsageError
from core.policies import PolicyKey
from storage.database import Database, insert
from storage.records import OutboxMessage, Subscriber
from storage.tables.models import OutboxRow, PolicyRow, SubscriberRow, WatermarkRow

_CHANGED_SINCE_COMPOSED = PolicyRow.revision > PolicyRow.composed_revision


class Subscriptions:
    """The subscribers, their watermarks, and the outbox.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribe(self, address: str, vendors: Sequence[str], since: datetime) -> None:
        """Subscribes an address to digests.

        vendors: the slugs of the vendors to watch; empty for all vendors. since: digests leave out changes captured
        before this time.

        Subscribing an address again replaces the vendors, but neither the first `since` nor the watermarks.
        """
        watched = sorted(set(vendors))
        with self._database.write_session() as session:
            statement = insert(session, SubscriberRow).values(
                address=address, vendors=watched, since=since, caught_up=False
            )
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=[SubscriberRow.address], set_={"vendors": watched, "caught_up": False}
                )
            )

    def unsubscribe(self, address: str) -> bool:
        """Deletes an address, its watermarks and its messages. Returns whether the address was subscribed."""
        statement = delete(SubscriberRow).where(SubscriberRow.address == address).returning(SubscriberRow.id)
        with self._database.write_session() as session:
            return session.scalar(statement) is not None

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Returns all subscribers in the order in which they subscribed."""
        with self._database.read_session() as session:
            rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
            return tuple(Subscriber(row.id, row.address, tuple(row.vendors), row.since) for row in rows)

    def changed_policies(self) -> Mapping[PolicyKey, int]:
        """Returns the policies that may have changed since the last `mark_composed`, each with its revision.

        A policy's revision is a counter. It is incremented whenever the policy's history may have changed: when a
        capture is read, when a user reviews a capture, and when another policy reader comes into force.
        """
        query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.revision).where(_CHANGED_SINCE_COMPOSED)
        with self._database.read_session() as session:
            # A partial index contains exactly these rows in this order, so the database reads only the index.
            rows = session.execute(query.order_by(PolicyRow.vendor, PolicyRow.policy))
            return {PolicyKey(vendor, policy): revision for vendor, policy, revision in rows}

    def watermarks(self, subscriber: Subscriber) -> Mapping[PolicyKey, datetime]:
        """Returns the policies that may have new changes for a subscriber, each with the subscriber's watermark.

        Before the first digest about a policy, the watermark is the time of the subscription.

        For a new subscriber, the result contains every policy of the subscriber's vendors. After `mark_composed` has
        recorded the subscriber as caught up, the result contains only the policies that have changed since the last
        digests. `subscribe` deletes this record, because the address may now watch other vendors.
        """
        with self._database.read_session() as session:
            caught_up = session.scalar(select(SubscriberRow.caught_up).where(SubscriberRow.id == subscriber.id))
            query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, WatermarkRow.until).outerjoin(
                WatermarkRow,
                and_(
                    WatermarkRow.subscriber_id == subscriber.id,
                    WatermarkRow.vendor == PolicyRow.vendor,
                    WatermarkRow.policy == PolicyRow.policy,
                ),
            )
            if caught_up:
                # A partial index contains exactly these rows in this order.
                query = query.where(_CHANGED_SINCE_COMPOSED).order_by(PolicyRow.vendor, PolicyRow.policy)
            else:
                query = query.where(PolicyRow.newest > subscriber.since)
            if subscriber.vendors:
                query = query.where(PolicyRow.vendor.in_(subscriber.vendors))
            watermarks = {}
            for vendor, policy, newest, until in session.execute(query):
                watermark = max(subscriber.since, until or subscriber.since)
                if newest > watermark:
                    watermarks[PolicyKey(vendor, policy)] = watermark
            return watermarks

    def mark_composed(self, revisions: Mapping[PolicyKey, int], caught_up: Sequence[Subscriber]) -> None:
        """Records that digests were composed for all subscribers, up to a revision of each policy.

        revisions: the result of `changed_policies`. The caller must have called `changed_policies` before it read the
        policies' histories. Otherwise, a change in between would never be reported. caught_up: the subscribers for
        whom every policy in the result of `watermarks` was examined.
        """
        with self._database.write_session() as session:
            if revisions:
                values = [
                    {"key_vendor": key.vendor, "key_policy": key.policy, "up_to": revision}
                    for key, revision in revisions.items()
                ]
                up_to = bindparam("up_to", type_=BigInteger)
                statement = (
                    update(PolicyRow)
                    .where(PolicyRow.vendor == bindparam("key_vendor"), PolicyRow.policy == bindparam("key_policy"))
                    .where(PolicyRow.composed_revision < up_to)
                    .values(composed_revision=up_to)
                )
                session.connection().execute(statement, values)
            for subscriber in caught_up:
                session.execute(
                    update(SubscriberRow)
                    .where(SubscriberRow.id == subscriber.id, SubscriberRow.vendors == subscriber.vendors)
                    .where(SubscriberRow.caught_up.is_(False))
                    .values(caught_up=True)
                )

    def enqueue(
        self,
        subscriber_id: int,
        message: bytes | None,
        watermarks: Mapping[PolicyKey, datetime],
        now: datetime,
    ) -> None:
        """Adds a message to the outbox, and advances the subscriber's watermarks. After an error, nothing is changed.

        message: the message as RFC 5322 bytes; None if there was no change to report. watermarks: the new watermarks,
        by policy. If the stored watermark is later, it stays. now: the time at which the message was composed.

        UsageError if no subscriber has that id.
        """
        with self._database.write_session() as session:
            if session.get(SubscriberRow, subscriber_id) is None:
                raise UsageError(f"subscriber {subscriber_id} is no longer subscribed")
            if watermarks:
                statement = insert(session, WatermarkRow)
                session.execute(
                    statement.on_conflict_do_update(
                        index_elements=[WatermarkRow.subscriber_id, WatermarkRow.vendor, WatermarkRow.policy],
                        set_={"until": statement.excluded.until},
                        where=WatermarkRow.until < statement.excluded.until,
                    ),
                    [
                        {"subscriber_id": subscriber_id, "vendor": key.vendor, "policy": key.policy, "until": until}
                        for key, until in watermarks.items()
                    ],
                )
            if message is not None:
                session.add(OutboxRow(subscriber_id=subscriber_id, message=message, composed_at=now))

    def outbox(self) -> tuple[OutboxMessage, ...]:
        """Returns the messages that have not been sent yet, oldest first."""
        query = (
            select(OutboxRow.id, SubscriberRow.address, OutboxRow.message)
            .join(SubscriberRow, SubscriberRow.id == OutboxRow.subscriber_id)
            .where(OutboxRow.sent_at.is_(None))
            .order_by(OutboxRow.id)
        )
        with self._database.read_session() as session:
            return tuple(OutboxMessage(*row) for row in session.execute(query))

    def mark_sent(self, message_id: int, now: datetime) -> None:
        """Records that a message was sent. `outbox` then no longer returns the message. now: the time of sending.

        Does nothing if the message is already recorded as sent, or if its subscriber has unsubscribed.
        """
        with self._database.write_session() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.id == message_id, OutboxRow.sent_at.is_(None)).values(sent_at=now)
            )
