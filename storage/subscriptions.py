"""Stores subscribers, watermarks, and the outbox, which consists of the messages that still have to be sent.

A subscriber has a watermark for each policy. The watermark is a capture time: the subscriber's digests have reported
all changes up to this time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, delete, func, select, tuple_, update

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

        Subscribing an address again replaces the vendors, but neither the first `since` nor the watermarks. Digests
        leave out the changes of an added vendor that were captured before this call's `since`. Addresses that differ
        only in case are the same address.
        """
        watched = sorted(set(vendors))
        with self._database.write_session() as session:
            row = session.scalar(select(SubscriberRow).where(_is_address(address)))
            if row is None:
                session.add(SubscriberRow(address=address, vendors=watched, since=since, caught_up=False))
            else:
                row.vendors_since = _vendors_since(row, watched, max(since, row.since))
                row.vendors, row.caught_up = watched, False

    def unsubscribe(self, address: str) -> bool:
        """Deletes an address, its watermarks and its messages. Returns whether the address was subscribed.

        Addresses that differ only in case are the same address.
        """
        statement = delete(SubscriberRow).where(_is_address(address)).returning(SubscriberRow.id)
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

        Before the first digest about a policy, the watermark is the time of the subscription to its vendor.

        For a new subscriber, the result contains every policy of the subscriber's vendors. After `mark_composed` has
        recorded the subscriber as caught up, the result contains only the policies that have changed since the last
        digests. `subscribe` deletes this record, because the address may now watch other vendors.
        """
        with self._database.read_session() as session:
            row = session.execute(
                select(SubscriberRow.caught_up, SubscriberRow.vendors_since).where(SubscriberRow.id == subscriber.id)
            ).one_or_none()
            caught_up, vendors_since = row or (False, {})
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
                since = _watched_since(vendor, subscriber.since, vendors_since)
                watermark = max(since, until or since)
                if newest > watermark:
                    watermarks[PolicyKey(vendor, policy)] = watermark
            return watermarks

    def mark_composed(
        self,
        revisions: Mapping[PolicyKey, int],
        caught_up: Sequence[Subscriber],
        faults: Mapping[PolicyKey, str] | None = None,
    ) -> None:
        """Records that digests were composed for all subscribers, up to a revision of each policy.

        faults: for each policy whose changes could not be reported, the reason. These policies are examined again when
        their revision rises. The watermarks have not been advanced, so nothing is lost.

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
                had_fault = update(PolicyRow).where(PolicyRow.fault != "", _is_one_of(revisions))
                session.execute(had_fault.values(fault=""))
            for key, fault in (faults or {}).items():
                session.execute(update(PolicyRow).where(_is_one_of([key])).values(fault=fault))
            for subscriber in caught_up:
                session.execute(
                    update(SubscriberRow)
                    .where(SubscriberRow.id == subscriber.id, SubscriberRow.vendors == subscriber.vendors)
                    .where(SubscriberRow.caught_up.is_(False))
                    .values(caught_up=True)
                )

    def announced_holds(self, subscriber: Subscriber) -> Mapping[PolicyKey, datetime]:
        """Returns the held periods that digests have announced to a subscriber and not resolved yet, by policy.

        Each value is the `captured_at` of the period's first capture.
        """
        query = select(WatermarkRow.vendor, WatermarkRow.policy, WatermarkRow.held).where(
            WatermarkRow.subscriber_id == subscriber.id, WatermarkRow.held.is_not(None)
        )
        with self._database.read_session() as session:
            return {PolicyKey(vendor, policy): held for vendor, policy, held in session.execute(query) if held}

    def enqueue(
        self,
        subscriber_id: int,
        message: bytes | None,
        watermarks: Mapping[PolicyKey, datetime],
        now: datetime,
        holds: Mapping[PolicyKey, datetime | None] | None = None,
    ) -> None:
        """Adds a message to the outbox, advances the subscriber's watermarks, and records the announced holds.

        Changes nothing if an error is raised.

        message: the message as RFC 5322 bytes; None if there was no change to report. watermarks: the new watermarks,
        by policy. A new watermark that is earlier than the stored watermark is ignored. now: the time at which the
        message was composed. holds: for each policy with a watermark, the hold that this message announces: the
        `captured_at` of the held period's first capture; None if a message has reported how the hold ended.

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
            for key, held in (holds or {}).items():
                session.execute(
                    update(WatermarkRow)
                    .where(WatermarkRow.subscriber_id == subscriber_id)
                    .where(WatermarkRow.vendor == key.vendor, WatermarkRow.policy == key.policy)
                    .values(held=held)
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


def _is_address(address: str) -> ColumnElement[bool]:
    return func.lower(SubscriberRow.address) == address.lower()


def _is_one_of(keys: Iterable[PolicyKey]) -> ColumnElement[bool]:
    return tuple_(PolicyRow.vendor, PolicyRow.policy).in_([(key.vendor, key.policy) for key in keys])


def _watched_since(vendor: str, since: datetime, vendors_since: Mapping[str, str]) -> datetime:
    """Returns the time since which a subscriber watches a vendor.

    since: the time of the first subscription. vendors_since: the later times, in ISO format, by the vendor's slug; the
    key '' stands for all other vendors.
    """
    later = vendors_since.get(vendor) or vendors_since.get("")
    return datetime.fromisoformat(later) if later else since


def _vendors_since(row: SubscriberRow, watched: Sequence[str], now: datetime) -> dict[str, str]:
    """Returns the new value of `vendors_since` if a subscriber watches other vendors from now on.

    watched: the slugs of the vendors to watch; empty for all vendors.
    """
    times = {
        vendor: _watched_since(vendor, row.since, row.vendors_since)
        if not row.vendors or vendor in row.vendors
        else now
        for vendor in watched or {*row.vendors, *row.vendors_since, ""}
    }
    others = times.pop("", row.since)
    later = {vendor: time for vendor, time in times.items() if time != others}
    if others != row.since:
        later[""] = others
    return {vendor: time.isoformat() for vendor, time in later.items()}
