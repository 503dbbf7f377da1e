"""Reads and writes what digests have told each subscriber (`storage.subscriptions`)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, case, delete, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from core.exceptions import RESTORE_ADVICE, DamageError
from core.history import Telling
from core.policies import PolicyKey
from storage.database import insert
from storage.records import AnnouncedAbsence, OwnWatermark, StoredWatermark, Subscriber, Subscription, Watched
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow
from storage.tables.subscription_models import (
    ComposingRow,
    SharedWatermarkRow,
    SubscriberRow,
    TellingRow,
    WatchedRow,
    WatermarkRow,
)

# How many policies, or captures, one query names.
_AT_ONCE = 500
# A watermark for all subscribers is kept until so many composings have begun after the one that replaced it: they may
# be under way at the same time.
_COMPOSINGS_UNDER_WAY = 3
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


def last_composing(session: Session) -> int:
    """Returns the number of the composing that began last; 0 if none has."""
    number = session.scalar(select(ComposingRow.number)) or 0
    if not isinstance(number, int):  # SQLite doesn't enforce the types of columns
        raise DamageError(f"the value {number!r:.40} in the table composings is damaged; {RESTORE_ADVICE}")
    return number


def tellings(
    session: Session, subscriber_id: int, keys: Collection[PolicyKey]
) -> Mapping[PolicyKey, tuple[Telling, ...]]:
    """Returns the changes of policies that digests have told a subscriber. See `Subscriptions.tellings`."""
    every = sorted(set(keys))
    found: dict[PolicyKey, list[Telling]] = defaultdict(list)
    for begin in range(0, len(every), _AT_ONCE):
        some = [tuple(key) for key in every[begin : begin + _AT_ONCE]]
        query = _TELLINGS.where(TellingRow.subscriber_id == subscriber_id)
        query = query.where(tuple_(TellingRow.vendor, TellingRow.policy).in_(some))
        for row in session.execute(query):
            found[PolicyKey(*row[:2])].append(Telling(*row[2:]))
    return {key: tuple(of_policy) for key, of_policy in found.items()}


def with_state(session: Session, subscribers: Sequence[Subscriber]) -> list[Subscription]:
    """Returns subscribers with what is recorded for each of them alone."""
    ids = [subscriber.id for subscriber in subscribers]
    watched: dict[int, dict[str, Watched]] = defaultdict(dict)
    for row in session.scalars(select(WatchedRow).where(WatchedRow.subscriber_id.in_(ids))):
        watched[row.subscriber_id][row.vendor] = Watched(row.since, row.newest_capture_id, row.composed_in)
    own: dict[int, dict[PolicyKey, OwnWatermark]] = defaultdict(dict)
    rows = session.scalars(select(WatermarkRow).where(WatermarkRow.subscriber_id.in_(ids))).all()
    gone_ids = sorted({row.gone_capture_id for row in rows if row.gone_capture_id is not None})
    absences: dict[int | None, AnnouncedAbsence] = {}
    for begin in range(0, len(gone_ids), _AT_ONCE):
        query = select(CaptureRow.id, CaptureRow.captured_at)
        for capture_id, since in session.execute(query.where(CaptureRow.id.in_(gone_ids[begin : begin + _AT_ONCE]))):
            absences[capture_id] = AnnouncedAbsence(capture_id, since)
    for told in rows:
        own[told.subscriber_id][PolicyKey(told.vendor, told.policy)] = OwnWatermark(
            StoredWatermark(told.until, told.latest), told.held, absences.get(told.gone_capture_id)
        )
    return [
        Subscription(subscriber, watched.get(subscriber.id, {}), own.get(subscriber.id, {}))
        for subscriber in subscribers
    ]


def serve(session: Session, subscribers: Collection[tuple[Subscriber, bool]], composing: int, now: datetime) -> bool:
    """Records that subscribers were served, unless something was recorded for them since. Returns whether all were."""
    # The subscription may have been replaced since; then there may be vendors that were not examined.
    is_same_choice = SubscriberRow.vendors == bindparam("of_vendors", type_=SubscriberRow.vendors.type)
    statement = (
        update(SubscriberRow)
        .where(SubscriberRow.id == bindparam("of"), SubscriberRow.digests == bindparam("known"))
        .values(
            digests=SubscriberRow.digests + 1,
            served_in=composing,
            caught_up=case(
                (is_same_choice, bindparam("is_caught_up", type_=SubscriberRow.caught_up.type)),
                else_=SubscriberRow.caught_up,
            ),
            last_digest_at=bindparam("at", type_=SubscriberRow.last_digest_at.type),
        )
    )
    values = [
        {
            "of": subscriber.id,
            "known": subscriber.digests,
            "of_vendors": subscriber.vendors,
            "is_caught_up": is_caught_up,
            "at": subscriber.last_digest_at if subscriber.preferences.every == "run" else now,
        }
        for subscriber, is_caught_up in subscribers
    ]
    return session.connection().execute(statement, values).rowcount == len(values)


def forget_unneeded(session: Session, composing: int) -> None:
    """Deletes the watermarks for all subscribers that hold for nobody any more.

    composing: the number of the present composing.
    """
    row = SharedWatermarkRow
    following = func.lead(row.composing).over(partition_by=(row.vendor, row.policy), order_by=row.composing)
    rows = select(row.vendor, row.policy, row.composing, following.label("following")).subquery()
    replaced = select(rows).where(rows.c.following <= composing - _COMPOSINGS_UNDER_WAY)
    served_in = session.scalars(select(SubscriberRow.served_in).distinct()).all()
    unneeded = [
        {"of_vendor": vendor, "of_policy": policy, "number": number}
        for vendor, policy, number, next_number in session.execute(replaced)
        if not any(number <= served < next_number for served in served_in)
    ]
    if unneeded:
        session.connection().execute(
            delete(row).where(
                row.vendor == bindparam("of_vendor"),
                row.policy == bindparam("of_policy"),
                row.composing == bindparam("number"),
            ),
            unneeded,
        )


def write_own(session: Session, subscriber_id: int, own: Mapping[PolicyKey, OwnWatermark | None]) -> None:
    """Replaces a subscriber's own watermarks; deletes those that are None."""
    connection = session.connection()
    columns = [WatermarkRow.subscriber_id, WatermarkRow.vendor, WatermarkRow.policy]
    rows = [
        {
            "subscriber_id": subscriber_id,
            "vendor": key.vendor,
            "policy": key.policy,
            "until": row.watermark.until,
            "latest": row.watermark.latest,
            "held": row.held,
            "gone_capture_id": row.absence.capture_id if row.absence else None,
        }
        for key, row in own.items()
        if row is not None
    ]
    if rows:
        statement = insert(session, WatermarkRow)
        names = ("until", "latest", "held", "gone_capture_id")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=columns, set_={name: statement.excluded[name] for name in names}
            ),
            rows,
        )
    if gone := [(subscriber_id, key.vendor, key.policy) for key, row in own.items() if row is None]:
        for begin in range(0, len(gone), _AT_ONCE):
            connection.execute(delete(WatermarkRow).where(tuple_(*columns).in_(gone[begin : begin + _AT_ONCE])))


def replace_tellings(
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
