"""Stores subscribers and their watermarks.

A subscriber has a watermark for each policy. The watermark is a capture time: the subscriber's digests have reported
all changes up to this time. What they have reported is remembered, too (`core.history.Telling`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, aliased

from core.exceptions import RESTORE_ADVICE, DamageError, UsageError
from core.history import Telling
from core.policies import PolicyKey
from core.preferences import EVERY_CHANGE, Preferences
from core.recipients import mailbox_of, shown_address
from storage.database import Database, insert
from storage.records import AnnouncedAbsence, Subscriber, Watermark
from storage.tables.models import (
    CaptureRow,
    DeliveryTroubleRow,
    OutboxRow,
    PolicyRow,
    ReadingRow,
    SubscriberRow,
    TellingRow,
    WatchedRow,
    WatermarkRow,
)

_CHANGED_SINCE_COMPOSED = PolicyRow.revision > PolicyRow.composed_revision
_EVERY_VENDOR = ""  # the vendor in the row of `watched` that holds for every vendor without a row
_ALWAYS = datetime.min.replace(tzinfo=UTC)
# How many policies one query names.
_AT_ONCE = 500
_OLD, _NEW = aliased(CaptureRow), aliased(CaptureRow)
_OLD_READING, _NEW_READING = aliased(ReadingRow), aliased(ReadingRow)
_TELLINGS = (
    select(
        TellingRow.vendor,
        TellingRow.policy,
        _OLD.id,
        _NEW.id,
        _OLD_READING.version_id,
        _NEW_READING.version_id,
        _OLD.captured_at,
        _NEW.captured_at,
    )
    .select_from(TellingRow)
    .join(_OLD, _OLD.id == TellingRow.old_capture_id)
    .join(_NEW, _NEW.id == TellingRow.new_capture_id)
    .join(PolicyRow, and_(PolicyRow.vendor == TellingRow.vendor, PolicyRow.policy == TellingRow.policy))
    .outerjoin(_OLD_READING, and_(_OLD_READING.capture_id == _OLD.id, _OLD_READING.reader == PolicyRow.reader))
    .outerjoin(_NEW_READING, and_(_NEW_READING.capture_id == _NEW.id, _NEW_READING.reader == PolicyRow.reader))
)
_FORGET_TELLINGS = (
    delete(TellingRow)
    .where(TellingRow.subscriber_id == bindparam("of"))
    .where(TellingRow.vendor == bindparam("of_vendor"), TellingRow.policy == bindparam("of_policy"))
)


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
            statement = insert(session, SubscriberRow).values(mailbox=mailbox, digests=0, **values)
            subscriber_id = session.scalar(
                statement.on_conflict_do_update(index_elements=[SubscriberRow.mailbox], set_=values).returning(
                    SubscriberRow.id
                )
            )
            session.execute(delete(DeliveryTroubleRow).where(DeliveryTroubleRow.mailbox == mailbox))
            newest = session.scalar(select(func.max(CaptureRow.id))) or 0
            kept = {
                name: (row.since, row.newest_capture_id)
                for name, row in begins.items()
                if name != _EVERY_VENDOR and (not watched or not {name, name.partition("/")[0]}.isdisjoint(watched))
            }
            for name in watched or [_EVERY_VENDOR]:
                wider = begins.get(name.partition("/")[0]) or begins.get(_EVERY_VENDOR)
                if wider is not None:
                    kept.setdefault(name, (wider.since, wider.newest_capture_id))
            session.execute(delete(WatchedRow).where(WatchedRow.subscriber_id == subscriber_id))
            chosen = dict.fromkeys(watched or [_EVERY_VENDOR], (since, newest)) | kept
            session.execute(
                insert(session, WatchedRow),
                [
                    {"subscriber_id": subscriber_id, "vendor": name, "since": begin, "newest_capture_id": capture_id}
                    for name, (begin, capture_id) in chosen.items()
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

    def watermarks(self, subscriber: Subscriber, now: datetime) -> Mapping[PolicyKey, Watermark]:
        """Returns the policies that may have new changes for a subscriber, each with the subscriber's watermark.

        Before the first digest about a policy, the watermark is the time at which the subscriber chose the vendor.

        For a new subscriber, the result contains every policy of the subscriber's vendors. After `mark_composed` has
        recorded the subscriber as caught up, the result contains only the policies that have changed since the last
        digests. `subscribe` deletes this record, because the address may now watch other vendors.

        now: the present time. No watermark is later. If a stored watermark is later, either that digest or this one has
        a clock that is wrong. What counts then is the latest accepted capture up to now of those that were stored at
        that time: everything that was captured later is still to be told. The stored watermark counts again when its
        time has come, but not for live captures that were stored since: if the clock was ahead, they are news from
        before that time. The same holds for the time of a subscription.
        """
        with self._database.read_session() as session:
            caught_up = session.scalar(select(SubscriberRow.caught_up).where(SubscriberRow.id == subscriber.id))
            begins = {row.vendor: row for row in _watched(session, subscriber.id)}
            query = select(
                PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, WatermarkRow.until, WatermarkRow.latest
            ).outerjoin(
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
            elif begins and (first := min(row.since for row in begins.values())) <= now:
                query = query.where(PolicyRow.newest > first)
            if subscriber.vendors:
                names = [name for name in subscriber.vendors if "/" not in name]
                keys = [tuple(name.split("/")) for name in subscriber.vendors if "/" in name]
                is_chosen: ColumnElement[bool] = PolicyRow.vendor.in_(names)
                if keys:
                    is_chosen = or_(is_chosen, tuple_(PolicyRow.vendor, PolicyRow.policy).in_(keys))
                query = query.where(is_chosen)
            watermarks = {}
            late: Collection[PolicyKey] | None = None
            for vendor, policy, newest, until, latest in session.execute(query).all():
                if until is None and late is None:
                    late = _late_policies(session, begins.values())
                key = PolicyKey(vendor, policy)
                begin = begins.get(str(key)) or begins.get(vendor) or begins.get(_EVERY_VENDOR)
                if begin is None:  # the address was subscribed anew to other vendors a moment ago
                    continue
                watermark = _told(session, key, begin, until or _ALWAYS, latest or _ALWAYS, now)
                # Before the first digest about a policy, this asks for late captures, which few policies have.
                if until is None and begin.since <= now and late is not None and key not in late:
                    watermark = _later(watermark, Watermark(begin.since, begin.since))
                else:
                    watermark = _later(watermark, _watched_from(session, key, begin, watermark.until, now))
                if newest > watermark.until:
                    watermarks[key] = watermark
            return watermarks

    def tellings(self, subscriber: Subscriber, keys: Collection[PolicyKey]) -> Mapping[PolicyKey, tuple[Telling, ...]]:
        """Returns the changes of policies that digests have told a subscriber, in no particular order.

        Policies of which nothing was told are left out.
        """
        every = sorted(set(keys))
        tellings: dict[PolicyKey, list[Telling]] = defaultdict(list)
        with self._database.read_session() as session:
            for begin in range(0, len(every), _AT_ONCE):
                some = [tuple(key) for key in every[begin : begin + _AT_ONCE]]
                query = _TELLINGS.where(TellingRow.subscriber_id == subscriber.id)
                query = query.where(tuple_(TellingRow.vendor, TellingRow.policy).in_(some))
                for row in session.execute(query):
                    tellings[PolicyKey(*row[:2])].append(Telling(*row[2:]))
        return {key: tuple(of_policy) for key, of_policy in tellings.items()}

    def mark_composed(
        self,
        revisions: Mapping[PolicyKey, int],
        caught_up: Sequence[Subscriber],
        faults: Mapping[PolicyKey, str | None] | None = None,
        *,
        served: Mapping[Subscriber, datetime] | None = None,
        left_for_later: Sequence[Subscriber] = (),
    ) -> None:
        """Records that digests were composed for all subscribers, up to a revision of each policy.

        faults: for each policy whose changes could not be reported, the reason; None for each policy that was examined
        without a fault. Faults of other policies stay. The policies with a fault are examined again when their revision
        rises. The watermarks have not been advanced, so nothing is lost.

        revisions: the result of `changed_policies`. The caller must have called `changed_policies` before it read the
        policies' histories. Otherwise, a change in between would never be reported. caught_up: the subscribers for
        whom every policy in the result of `watermarks` was examined. served: the subscribers for whom digests were
        composed, each with the time, as far as it says when their next digest is due. left_for_later: the subscribers
        for whom nothing was examined. Their next digest examines all their policies.
        """
        with self._database.write_session() as session:
            of_subscriber = update(SubscriberRow).where(SubscriberRow.id == bindparam("key"))
            if revisions and left_for_later:
                session.connection().execute(
                    of_subscriber.values(caught_up=False), [{"key": subscriber.id} for subscriber in left_for_later]
                )
            if served:
                session.connection().execute(
                    of_subscriber.values(last_digest_at=bindparam("at", type_=SubscriberRow.last_digest_at.type)),
                    [{"key": subscriber.id, "at": at} for subscriber, at in served.items()],
                )
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
            if sound := [key for key, fault in (faults or {}).items() if fault is None]:
                had_fault = update(PolicyRow).where(PolicyRow.fault.is_not(None), _is_one_of(sound))
                session.execute(had_fault.values(fault=None))
            for key, fault in (faults or {}).items():
                if fault is not None:
                    session.execute(update(PolicyRow).where(_is_one_of([key])).values(fault=fault))
            for subscriber in caught_up:
                session.execute(
                    update(SubscriberRow)
                    .where(SubscriberRow.id == subscriber.id, SubscriberRow.vendors == subscriber.vendors)
                    .where(SubscriberRow.caught_up.is_(False))
                    .values(caught_up=True)
                )

    def announced_holds(self) -> Mapping[int, Mapping[PolicyKey, datetime]]:
        """Returns the held periods that digests have announced and not resolved yet, by subscriber's id and policy.

        Each value is the `captured_at` of the period's first capture.
        """
        query = select(WatermarkRow.subscriber_id, WatermarkRow.vendor, WatermarkRow.policy, WatermarkRow.held)
        holds: dict[int, dict[PolicyKey, datetime]] = defaultdict(dict)
        with self._database.read_session() as session:
            for subscriber_id, vendor, policy, held in session.execute(query.where(WatermarkRow.held.is_not(None))):
                if held:
                    holds[subscriber_id][PolicyKey(vendor, policy)] = held
        return holds

    def announced_absences(self) -> Mapping[int, Mapping[PolicyKey, AnnouncedAbsence]]:
        """Returns the absences that digests have announced, by subscriber's id and policy.

        Policies that are there again are left out, once a digest has told the subscriber so.
        """
        query = (
            select(
                WatermarkRow.subscriber_id,
                WatermarkRow.vendor,
                WatermarkRow.policy,
                CaptureRow.id,
                CaptureRow.captured_at,
            )
            .join(CaptureRow, CaptureRow.id == WatermarkRow.gone_capture_id)
            .where(WatermarkRow.gone_capture_id.is_not(None))
        )
        absences: dict[int, dict[PolicyKey, AnnouncedAbsence]] = defaultdict(dict)
        with self._database.read_session() as session:
            for subscriber_id, vendor, policy, capture_id, since in session.execute(query):
                absences[subscriber_id][PolicyKey(vendor, policy)] = AnnouncedAbsence(capture_id, since)
        return absences

    def enqueue(
        self,
        subscriber: Subscriber,
        message: bytes | None,
        watermarks: Mapping[PolicyKey, datetime],
        now: datetime,
        holds: Mapping[PolicyKey, datetime | None] | None = None,
        tellings: Mapping[PolicyKey, Collection[tuple[int, int]]] | None = None,
        absences: Mapping[PolicyKey, int | None] | None = None,
    ) -> bool:
        """Adds a message to the outbox, advances the subscriber's watermarks, and records what the message tells.

        Returns whether it did. It does nothing if the subscriber is no longer subscribed, or if another process has
        recorded something for the subscriber since `subscribers` returned this record: its message may tell the same
        changes. Changes nothing if an error is raised.

        message: the message as RFC 5322 bytes; None if there was no change to report. watermarks: the new watermarks,
        by policy, none later than `now`. A new watermark that is earlier than the stored watermark is ignored, unless
        the stored watermark is later than `now`. now: the time at which the message was composed. holds: for each
        policy with a watermark, the hold that this message announces: the `captured_at` of the held period's first
        capture; None if a message has reported how the hold ended. tellings: for each policy of which changes are told,
        all tellings from now on, each as the ids of the captures between which the change happened. absences: for each
        policy with a watermark, the absence that this message announces: the id of its first capture; None if the
        message reports that the policy is there again.
        """
        of_subscriber = SubscriberRow.id == subscriber.id
        with self._database.write_session() as session:
            if session.scalar(select(SubscriberRow.digests).where(of_subscriber)) != subscriber.digests:
                return False
            session.execute(update(SubscriberRow).where(of_subscriber).values(digests=subscriber.digests + 1))
            if watermarks:
                statement = insert(session, WatermarkRow)
                session.connection().execute(
                    statement.on_conflict_do_update(
                        index_elements=[WatermarkRow.subscriber_id, WatermarkRow.vendor, WatermarkRow.policy],
                        set_={
                            "until": statement.excluded.until,
                            "latest": case(
                                (WatermarkRow.latest < statement.excluded.until, statement.excluded.until),
                                else_=WatermarkRow.latest,
                            ),
                        },
                        where=or_(WatermarkRow.until < statement.excluded.until, WatermarkRow.until > now),
                    ),
                    [
                        {
                            "subscriber_id": subscriber.id,
                            "vendor": key.vendor,
                            "policy": key.policy,
                            "until": until,
                            "latest": until,
                        }
                        for key, until in watermarks.items()
                    ],
                )
            for column, values in ((WatermarkRow.held, holds), (WatermarkRow.gone_capture_id, absences)):
                for key, value in (values or {}).items():
                    session.execute(
                        update(WatermarkRow)
                        .where(WatermarkRow.subscriber_id == subscriber.id)
                        .where(WatermarkRow.vendor == key.vendor, WatermarkRow.policy == key.policy)
                        .values({column: value})
                    )
            if tellings:
                _replace_tellings(session, subscriber.id, tellings)
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


def _subscriber(row: SubscriberRow) -> Subscriber:
    try:
        preferences = Preferences.from_dict(row.preferences)
    except (UsageError, ValueError, TypeError, AttributeError):
        raise DamageError(
            f"the preferences of {shown_address(row.address)} in the database are damaged or were changed; "
            f"{RESTORE_ADVICE}"
        ) from None
    return Subscriber(row.id, row.address, tuple(row.vendors), row.digests, preferences, row.last_digest_at)


def _is_one_of(keys: Iterable[PolicyKey]) -> ColumnElement[bool]:
    return tuple_(PolicyRow.vendor, PolicyRow.policy).in_([(key.vendor, key.policy) for key in keys])


def _watched(session: Session, subscriber_id: int) -> list[WatchedRow]:
    return list(session.scalars(select(WatchedRow).where(WatchedRow.subscriber_id == subscriber_id)))


def _told(
    session: Session, key: PolicyKey, begin: WatchedRow, until: datetime, latest: datetime, now: datetime
) -> Watermark:
    """Returns the watermark that digests have recorded. until, latest: the values of its row."""
    if until < latest <= now:
        last_id = begin.newest_capture_id if latest == begin.since else _first_capture_at(session, key, latest)
        if _has_live_capture(session, key, until, latest, last_id):
            return Watermark(until, latest, last_id)
        return Watermark(latest, latest)
    if until > now:
        until = _latest_accepted(session, key, _first_capture_at(session, key, until), now)
    return Watermark(until, until)


def _watched_from(session: Session, key: PolicyKey, begin: WatchedRow, until: datetime, now: datetime) -> Watermark:
    """Returns the watermark that follows from the time of a subscription. until: what digests have told before."""
    since, last_id = begin.since, begin.newest_capture_id
    if since > now:
        since = _latest_accepted(session, key, last_id, now)
    elif since > until and _has_live_capture(session, key, until, since, last_id):
        known = max(until, _latest_accepted(session, key, last_id, now))
        if known < since:
            return Watermark(known, since, last_id)
    return Watermark(since, since)


def _late_policies(session: Session, begins: Collection[WatchedRow]) -> set[PolicyKey]:
    """Returns the policies with live captures that were stored after they were watched, with an earlier time.

    It may return a few policies too many. One query about all policies is much faster than one about each.
    """
    last_id = min((row.newest_capture_id for row in begins), default=0)
    since = max((row.since for row in begins), default=_ALWAYS)
    query = select(CaptureRow.vendor, CaptureRow.policy).where(CaptureRow.id > last_id, CaptureRow.source == "live")
    rows = session.execute(query.where(CaptureRow.captured_at <= since))
    return {PolicyKey(vendor, policy) for vendor, policy in rows}


def _later(one: Watermark, other: Watermark) -> Watermark:
    """Returns the watermark after which a change is new if it is new after both."""
    return Watermark(
        max(one.until, other.until),
        max(one.latest, other.latest),
        max(one.newest_capture_id, other.newest_capture_id),
    )


def _has_live_capture(session: Session, key: PolicyKey, begin: datetime, end: datetime, last_id: int) -> bool:
    """Returns whether a policy has a live capture of a time that was stored after a capture.

    begin, end: the time; `begin` is excluded. last_id: the id of the capture.
    """
    query = (
        select(CaptureRow.id)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
        .where(CaptureRow.captured_at > begin, CaptureRow.captured_at <= end)
        .where(CaptureRow.id > last_id, CaptureRow.source == "live")
    )
    return session.scalar(query.limit(1)) is not None


def _first_capture_at(session: Session, key: PolicyKey, moment: datetime) -> int:
    """Returns the id of the first stored capture of a policy with a time; that of the newest capture if it has none."""
    of_policy = CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy
    first = session.scalar(select(func.min(CaptureRow.id)).where(*of_policy, CaptureRow.captured_at == moment))
    return first or session.scalar(select(func.max(CaptureRow.id)).where(*of_policy)) or 0


def _latest_accepted(session: Session, key: PolicyKey, last_id: int, now: datetime) -> datetime:
    """Returns the time of the latest capture of a policy up to now that was read as accepted.

    Considers only the captures that were stored no later than the capture `last_id`. If there is none, every change is
    later than the returned time.
    """
    query = (
        select(func.max(CaptureRow.captured_at))
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.captured_at <= now)
        .where(CaptureRow.id <= last_id, ReadingRow.verdict == "accepted")
    )
    return session.scalar(query) or _ALWAYS


def _replace_tellings(
    session: Session, subscriber_id: int, tellings: Mapping[PolicyKey, Collection[tuple[int, int]]]
) -> None:
    """Replaces the tellings of policies. tellings: see `Subscriptions.enqueue`."""
    connection = session.connection()
    connection.execute(
        _FORGET_TELLINGS,
        [{"of": subscriber_id, "of_vendor": key.vendor, "of_policy": key.policy} for key in tellings],
    )
    rows = [
        {
            "subscriber_id": subscriber_id,
            "vendor": key.vendor,
            "policy": key.policy,
            "old_capture_id": old,
            "new_capture_id": new,
        }
        for key, told in tellings.items()
        for new, old in {new: old for old, new in told}.items()
    ]
    if rows:
        connection.execute(insert(session, TellingRow), rows)
