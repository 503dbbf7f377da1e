"""Who gets digests, up to when each subscriber was told, and the messages that wait to be sent."""

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
    """The subscribers, what they were told, and the outbox.

    Every method raises StorageError if the database refuses.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribe(self, address: str, vendors: Sequence[str], since: datetime) -> None:
        """Has digests composed for an address.

        vendors: slugs of the vendors watched; empty stands for all. since: changes captured before it are not told.

        Subscribing an address again replaces its vendors; `since` and what was told stay.
        """
        chosen = sorted(set(vendors))
        with self._database.write_session() as session:
            statement = insert(session, SubscriberRow).values(
                address=address, vendors=chosen, since=since, caught_up=False
            )
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=[SubscriberRow.address], set_={"vendors": chosen, "caught_up": False}
                )
            )

    def unsubscribe(self, address: str) -> bool:
        """Forgets an address, what it was told, and what waits to be sent to it. Returns whether it was subscribed."""
        statement = delete(SubscriberRow).where(SubscriberRow.address == address).returning(SubscriberRow.id)
        with self._database.write_session() as session:
            return session.scalar(statement) is not None

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Returns all subscribers in the order in which they subscribed."""
        with self._database.read_session() as session:
            rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
            return tuple(Subscriber(row.id, row.address, tuple(row.vendors), row.since) for row in rows)

    def changed_policies(self) -> Mapping[PolicyKey, int]:
        """Returns the policies that may have changed since `mark_composed` last named them, with their revisions.

        Whatever may change a policy's history raises its revision: a capture that is read, a review, another reader.
        """
        query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.revision).where(_CHANGED_SINCE_COMPOSED)
        with self._database.read_session() as session:
            # In the order of the partial index that holds just these rows.
            rows = session.execute(query.order_by(PolicyRow.vendor, PolicyRow.policy))
            return {PolicyKey(vendor, policy): revision for vendor, policy, revision in rows}

    def watermarks(self, subscriber: Subscriber) -> Mapping[PolicyKey, datetime]:
        """Returns the policies of which there may be something to tell a subscriber, each with its watermark.

        A watermark is the captured_at up to which the subscriber was told everything, or the time of the subscription.
        Unless the subscriber is new, or has chosen other vendors since, only policies that may have changed since
        `mark_composed` last named them are looked at.
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
                # In the order of the partial index that holds just these rows.
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
        """Records up to which revisions of policies all digests were composed.

        revisions: as `changed_policies` gave them before anything else was read. caught_up: the subscribers who were
        told everything that `watermarks` named for them.
        """
        with self._database.write_session() as session:
            if revisions:
                values = [
                    {"of_vendor": key.vendor, "of_policy": key.policy, "up_to": revision}
                    for key, revision in revisions.items()
                ]
                up_to = bindparam("up_to", type_=BigInteger)
                statement = (
                    update(PolicyRow)
                    .where(PolicyRow.vendor == bindparam("of_vendor"), PolicyRow.policy == bindparam("of_policy"))
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
        """Puts a message (RFC 5322 bytes) into the outbox and advances the subscriber's watermarks: both or neither.

        message: None if there was nothing to tell. watermarks: by policy, the captured_at up to which the subscriber
        is told everything; a time earlier than the stored one changes nothing.

        UsageError if there is no such subscriber.
        """
        with self._database.write_session() as session:
            if session.get(SubscriberRow, subscriber_id) is None:
                raise UsageError(f"there is no subscriber {subscriber_id} any more")
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
        """Returns the messages not yet sent, oldest first."""
        query = (
            select(OutboxRow.id, SubscriberRow.address, OutboxRow.message)
            .join(SubscriberRow, SubscriberRow.id == OutboxRow.subscriber_id)
            .where(OutboxRow.sent_at.is_(None))
            .order_by(OutboxRow.id)
        )
        with self._database.read_session() as session:
            return tuple(OutboxMessage(*row) for row in session.execute(query))

    def mark_sent(self, message_id: int, now: datetime) -> None:
        """Takes a message out of the outbox. Changes nothing if it was sent already, or its subscriber is gone."""
        with self._database.write_session() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.id == message_id, OutboxRow.sent_at.is_(None)).values(sent_at=now)
            )
