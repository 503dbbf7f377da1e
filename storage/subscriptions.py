"""Stores subscribers, and what digests have told them.

For each policy that a subscriber watches, there is a watermark: a capture time up to which digests have reported all
changes to the subscriber (`storage.watermarks`). Nearly all subscribers have the same one, so each composing of digests
records it for all whom it serves, and a subscriber has a watermark of their own only where it differs. What digests
have reported is remembered, too (`core.history.Telling`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from core.exceptions import RESTORE_ADVICE, DamageError, UsageError
from core.history import Telling
from core.policies import PolicyKey
from core.preferences import EVERY_CHANGE, Preferences
from core.recipients import mailbox_of, shown_address
from storage import told, watermarks
from storage.database import Database, insert
from storage.records import (
    ChangedPolicy,
    OwnWatermark,
    StoredWatermark,
    Subscriber,
    Subscription,
    Watched,
    Watermark,
)
from storage.tables.models import CaptureRow, DeliveryTroubleRow, OutboxRow, PolicyRow
from storage.tables.subscription_models import (
    ComposingRow,
    SharedWatermarkRow,
    SubscriberRow,
    WatchedRow,
    WatermarkRow,
)

_CHANGED_SINCE_COMPOSED = PolicyRow.revision > PolicyRow.composed_revision
_EVERY_VENDOR = ""  # the vendor in the row of `watched` that holds for every vendor without a row
# How many policies, or subscribers, one query names.
_AT_ONCE = 500


class Subscriptions:
    """The subscribers and their watermarks.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribe(
        self, address: str, vendors: Sequence[str], since: datetime, preferences: Preferences = EVERY_CHANGE
    ) -> None:
        """Subscribes an address to digests.

        vendors: the vendors (`hesk`) and policies (`hesk/cookies`) to watch; empty for all vendors. since: digests
        leave out changes captured before this time. preferences: what else the subscriber wants.

        Subscribing an address again replaces the vendors and preferences, but neither the watermarks nor the time since
        when a policy is watched that was watched before, too. Of two spellings of one address
        (`core.recipients.mailbox_of`), the later replaces the earlier. An address that was refused is
        tried again.
        """
        watched = sorted(name for name in set(vendors) if name.partition("/")[0] not in set(vendors) - {name})
        mailbox = mailbox_of(address)
        with self._database.write_session() as session:
            before = session.scalar(select(SubscriberRow).where(SubscriberRow.mailbox == mailbox))
            begins = {} if before is None else {row.vendor: row for row in _watched(session, before.id)}
            values = {
                "address": address,
                "vendors": watched,
                "caught_up": False,
                "preferences": preferences.to_dict(),
            }
            newest = session.scalar(select(func.max(CaptureRow.id))) or 0
            composing = told.last_composing(session)
            statement = insert(session, SubscriberRow).values(mailbox=mailbox, digests=0, served_in=composing, **values)
            subscriber_id = session.scalar(
                statement.on_conflict_do_update(index_elements=[SubscriberRow.mailbox], set_=values).returning(
                    SubscriberRow.id
                )
            )
            session.execute(delete(DeliveryTroubleRow).where(DeliveryTroubleRow.mailbox == mailbox))
            kept = {
                name: (row.since, row.newest_capture_id, row.composed_in)
                for name, row in begins.items()
                if name != _EVERY_VENDOR and (not watched or not {name, name.partition("/")[0]}.isdisjoint(watched))
            }
            for name in watched or [_EVERY_VENDOR]:
                wider = begins.get(name.partition("/")[0]) or begins.get(_EVERY_VENDOR)
                if wider is not None:
                    kept.setdefault(name, (wider.since, wider.newest_capture_id, wider.composed_in))
            session.execute(delete(WatchedRow).where(WatchedRow.subscriber_id == subscriber_id))
            chosen = dict.fromkeys(watched or [_EVERY_VENDOR], (since, newest, composing)) | kept
            session.execute(
                insert(session, WatchedRow),
                [
                    {
                        "subscriber_id": subscriber_id,
                        "vendor": name,
                        "since": begin,
                        "newest_capture_id": capture_id,
                        "composed_in": composed_in,
                    }
                    for name, (begin, capture_id, composed_in) in chosen.items()
                ],
            )

    def unsubscribe(self, address: str) -> bool:
        """Deletes an address, its watermarks and its messages. Returns whether the address was subscribed.

        address: in any spelling (`core.recipients.mailbox_of`).
        """
        mailbox = mailbox_of(address)
        statement = delete(SubscriberRow).where(SubscriberRow.mailbox == mailbox).returning(SubscriberRow.id)
        with self._database.write_session() as session:
            session.execute(delete(DeliveryTroubleRow).where(DeliveryTroubleRow.mailbox == mailbox))
            return session.scalar(statement) is not None

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Returns all subscribers in the order in which they subscribed."""
        with self._database.read_session() as session:
            rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
            return tuple(map(_subscriber, rows))

    def subscriber(self, address: str) -> Subscriber | None:
        """Returns the subscriber with an address; None if it is not subscribed."""
        with self._database.read_session() as session:
            row = session.scalar(select(SubscriberRow).where(SubscriberRow.mailbox == mailbox_of(address)))
            return None if row is None else _subscriber(row)

    def subscribed_since(self) -> Mapping[int, datetime]:
        """Returns for each subscriber, by id, since when the subscriber has watched a vendor, the earliest one."""
        query = select(WatchedRow.subscriber_id, func.min(WatchedRow.since)).group_by(WatchedRow.subscriber_id)
        with self._database.read_session() as session:
            return dict(iter(session.execute(query)))

    def in_turn(self) -> Iterator[Subscription]:
        """Yields all subscribers in the order in which they subscribed, with what is recorded for each alone.

        Only some hundred are in memory at a time. A subscriber is yielded as recorded when their turn comes.
        """
        last_id = 0
        while True:
            with self._database.snapshot() as session:
                query = select(SubscriberRow).where(SubscriberRow.id > last_id).order_by(SubscriberRow.id)
                subscribers = [_subscriber(row) for row in session.scalars(query.limit(_AT_ONCE))]
                subscriptions = told.with_state(session, subscribers)
            if not subscriptions:
                return
            yield from subscriptions
            last_id = subscriptions[-1].subscriber.id

    def policies_to_examine(self, served_in: int | None, since: datetime | None) -> Mapping[PolicyKey, ChangedPolicy]:
        """Returns the policies that digests have to examine.

        These are the policies that may have changed since they were marked by `mark_composed`, and, for subscribers who
        were not served since, those that an earlier composing has examined.

        A policy's revision is a counter. It is incremented whenever the policy's history may have changed: when a
        capture is read, when a user reviews a capture, and when another policy reader comes into force.

        served_in: the number of the earliest composing that served one of the subscribers last; None if nobody is to be
        served. since: the earliest time since which a subscriber who isn't caught up watches a policy; None if all are
        caught up.
        """
        columns = PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, PolicyRow.revision, _CHANGED_SINCE_COMPOSED
        conditions: list[ColumnElement[bool]] = [_CHANGED_SINCE_COMPOSED]
        if served_in is not None:
            conditions.append(PolicyRow.composed_in > served_in)
        if since is not None:
            conditions.append(PolicyRow.newest > since)
        found: dict[PolicyKey, ChangedPolicy] = {}
        with self._database.read_session() as session:
            # Each query has an index of its own.
            for condition in conditions:
                for vendor, policy, newest, revision, is_changed in session.execute(select(*columns).where(condition)):
                    found[PolicyKey(vendor, policy)] = ChangedPolicy(newest, revision, bool(is_changed))
        return found

    def without_new_captures(
        self, policies: Mapping[PolicyKey, ChangedPolicy], served_in: int, last_begin: int, now: datetime
    ) -> Collection[PolicyKey]:
        """Returns the policies of which every subscriber was certainly told everything up to the newest capture.

        policies: the result of `policies_to_examine`. served_in: as for it. last_begin: the number of the last
        composing before one of the subscribers chose a vendor. now: the present time.
        """
        newest = {key: policy.newest for key, policy in policies.items()}
        with self._database.read_session() as session:
            return watermarks.without_new_captures(session, newest, served_in, last_begin, now)

    def policies_with_own_news(self) -> set[PolicyKey]:
        """Returns the policies of which a subscriber was told a hold or an absence that isn't resolved yet."""
        query = select(WatermarkRow.vendor, WatermarkRow.policy).distinct()
        with self._database.read_session() as session:
            return {
                PolicyKey(*row)
                for column in (WatermarkRow.held, WatermarkRow.gone_capture_id)
                for row in session.execute(query.where(column.is_not(None)))
            }

    def shared_watermarks(self, composing: int) -> Mapping[PolicyKey, StoredWatermark]:
        """Returns the watermarks that hold for all whom a composing has served, by policy. composing: its number."""
        with self._database.read_session() as session:
            return watermarks.shared_watermarks(session, composing)

    def begin_composing(self, settled: Mapping[PolicyKey, datetime], now: datetime) -> int:
        """Records up to when all subscribers are told the changes of policies, who are served from now on.

        Returns the number of this composing. A subscriber for whom this is not so needs a watermark of their own.

        settled: for each policy that was examined, the time of the last capture before the periods that are not
        confirmed yet, none later than the present time.
        """
        with self._database.write_session() as session:
            last = told.last_composing(session)
            statement = insert(session, ComposingRow).values(id=1, number=last + 1)
            session.execute(
                statement.on_conflict_do_update(index_elements=[ComposingRow.id], set_={"number": last + 1})
            )
            before = watermarks.shared_watermarks(session, last)
            changed = watermarks.advanced_watermarks(session, before, settled, now)
            if changed:
                session.connection().execute(
                    insert(session, SharedWatermarkRow),
                    [
                        {
                            "vendor": key.vendor,
                            "policy": key.policy,
                            "composing": last + 1,
                            "until": stored.until,
                            "latest": stored.latest,
                        }
                        for key, stored in changed.items()
                    ],
                )
            return last + 1

    def watermark(
        self, key: PolicyKey, stored: StoredWatermark | None, begin: Watched, now: datetime, *, maybe_late: bool = True
    ) -> tuple[datetime, Watermark]:
        """Returns up to when digests have told a subscriber the changes of a policy, and which changes are new.

        The latter considers the time since when the subscriber watches the policy, too. Before the first digest about
        the policy, that time alone counts.

        stored: the watermark that holds for the subscriber (`Subscription.stored`). begin: since when they watch the
        policy. now: the present time. maybe_late: see `storage.watermarks.whole_watermark`.
        """
        always = Watermark(watermarks.ALWAYS, watermarks.ALWAYS)
        if stored is not None and stored.until == stored.latest <= now and begin.since <= stored.until:
            told = Watermark(stored.until, stored.until)  # the clocks were right: nothing has to be asked
            return told.until, told
        with self._database.read_session() as session:
            told = watermarks.told_watermark(session, key, stored, now, begin) if stored else always
            return told.until, watermarks.whole_watermark(session, key, told, begin, now, maybe_late=maybe_late)

    def late_policies(self, begin: Watched, keys: Collection[PolicyKey]) -> Collection[PolicyKey]:
        """Returns the policies of which live captures from before a subscription were stored after it.

        It may return policies too many. keys: the policies among which to look.
        """
        with self._database.read_session() as session:
            return watermarks.late_policies(session, begin, keys)

    def tellings(self, subscriber: Subscriber, keys: Collection[PolicyKey]) -> Mapping[PolicyKey, tuple[Telling, ...]]:
        """Returns the changes of policies that digests have told a subscriber, in no particular order.

        Policies of which nothing was told are left out.
        """
        with self._database.read_session() as session:
            return told.tellings(session, subscriber.id, keys)

    def enqueue(
        self,
        subscriber: Subscriber,
        message: bytes | None,
        now: datetime,
        composing: int,
        own: Mapping[PolicyKey, OwnWatermark | None] | None = None,
        tellings: Mapping[PolicyKey, Collection[tuple[int, int]]] | None = None,
        is_caught_up: bool = True,
    ) -> bool:
        """Adds a message to the outbox, and records what it tells, and that the subscriber was served.

        Returns whether it did. It does nothing if the subscriber is no longer subscribed, or if another process has
        recorded something for the subscriber since the subscriber was read: its message may tell the same changes.
        Changes nothing if an error is raised.

        message: the message as RFC 5322 bytes; None if there was no change to report. now: the time at which the
        message was composed. composing: the number that `begin_composing` returned. own: the subscriber's own
        watermarks that are new, or differ now; None for a policy for which that of all subscribers holds again.
        tellings: for each policy of which changes are told, all tellings from now on, each as the ids of the captures
        between which the change happened. is_caught_up: whether every policy of the subscriber was examined.
        """
        with self._database.write_session() as session:
            if not told.serve(session, [(subscriber, is_caught_up)], composing, now):
                return False
            if own:
                told.write_own(session, subscriber.id, own)
            if tellings:
                told.replace_tellings(session, subscriber.id, tellings)
            if message is not None:
                session.add(
                    OutboxRow(
                        subscriber_id=subscriber.id,
                        address=subscriber.address,
                        mailbox=subscriber.mailbox,
                        message=message,
                        composed_at=now,
                    )
                )
        return True

    def mark_served(self, subscribers: Collection[tuple[Subscriber, bool]], composing: int, now: datetime) -> None:
        """Records that subscribers were served for whom nothing else changes, as `enqueue` does for one.

        Subscribers for whom another process has recorded something since they were read are left out.

        subscribers: each with whether every policy of theirs was examined.
        """
        if subscribers:
            with self._database.write_session() as session:
                told.serve(session, subscribers, composing, now)

    def mark_composed(
        self,
        composing: int,
        revisions: Mapping[PolicyKey, int],
        faults: Mapping[PolicyKey, str | None] | None = None,
    ) -> None:
        """Records that digests were composed up to a revision of each policy.

        The next composing examines such a policy again when its revision has risen, and for subscribers who were not
        served. If another process has begun to compose digests since `begin_composing`, the policies are not marked:
        it is not known what the other process has seen of them, and the next composing examines them again.

        composing: the number that `begin_composing` returned.
        revisions: from the result of `policies_to_examine`. The caller must have called it before it read the policies'
        histories. Otherwise, a change in between would never be reported.
        faults: for each policy whose changes could not be reported, the reason; None for each policy that was examined
        without a fault. Faults of other policies stay.
        """
        with self._database.write_session() as session:
            if revisions and told.last_composing(session) == composing:
                values = [
                    {"key_vendor": key.vendor, "key_policy": key.policy, "up_to": revision}
                    for key, revision in revisions.items()
                ]
                up_to = bindparam("up_to", type_=BigInteger)
                statement = (
                    update(PolicyRow)
                    .where(PolicyRow.vendor == bindparam("key_vendor"), PolicyRow.policy == bindparam("key_policy"))
                    .where(PolicyRow.composed_revision < up_to)
                    .values(composed_revision=up_to, composed_in=composing)
                )
                session.connection().execute(statement, values)
            sound = sorted(key for key, fault in (faults or {}).items() if fault is None)
            for begin in range(0, len(sound), _AT_ONCE):
                had_fault = update(PolicyRow).where(
                    PolicyRow.fault.is_not(None), _is_one_of(sound[begin : begin + _AT_ONCE])
                )
                session.execute(had_fault.values(fault=None))
            for key, fault in (faults or {}).items():
                if fault is not None:
                    session.execute(update(PolicyRow).where(_is_one_of([key])).values(fault=fault))
            told.forget_unneeded(session, composing)


def _subscriber(row: SubscriberRow) -> Subscriber:
    try:
        preferences = Preferences.from_dict(row.preferences)
    except (UsageError, ValueError, TypeError, AttributeError):
        raise DamageError(
            f"the preferences of {shown_address(row.address)} in the database are damaged or were changed; "
            f"{RESTORE_ADVICE}"
        ) from None
    return Subscriber(
        row.id,
        row.address,
        tuple(row.vendors),
        row.digests,
        preferences,
        row.last_digest_at,
        row.served_in,
        row.caught_up,
    )


def _is_one_of(keys: Iterable[PolicyKey]) -> ColumnElement[bool]:
    return tuple_(PolicyRow.vendor, PolicyRow.policy).in_([(key.vendor, key.policy) for key in keys])


def _watched(session: Session, subscriber_id: int) -> list[WatchedRow]:
    return list(session.scalars(select(WatchedRow).where(WatchedRow.subscriber_id == subscriber_id)))
