"""The tables of the subscribers, and of what digests have told them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.column_types import AnyText, Json, Moment
from storage.tables.models import Base, CaptureRow

# SQLite assigns keys to new rows only if the type of the key column is INTEGER; BIGINT is not enough.
_Key = BigInteger().with_variant(Integer(), "sqlite")


class SubscriberRow(Base):
    """A subscriber: an e-mail address that digests are sent to.

    id: the subscriber's number. A number is never used again for another address. Otherwise, a process that is sending
        a digest could record the digest for the wrong address.
    mailbox: the address in lower case. Mail servers deliver `Ann@…` and `ann@…` to the same person.
    vendors: the vendors (`hesk`) and the policies (`hesk/cookies`) that the subscriber watches, in alphabetical order;
        empty for all vendors.
    caught_up: whether digests have examined every policy of the subscriber's vendors at least once. If so, the next
        digest needs to examine only the policies that have changed since. Subscribing the address again sets
        `caught_up` to false, because the vendors may differ.
    served_in: the number of the composing (`ComposingRow`) that served the subscriber last; for a new subscriber, the
        number of the last composing before the subscription.
    digests: how often `Subscriptions.enqueue` has recorded what a digest told the subscriber. If two processes compose
        a digest from the same state, only the first of them finds the number that it has read.
    preferences: how often the subscriber gets digests, and of which changes (`core.preferences.Preferences`).
    last_digest_at: the time at which digests were last composed for the subscriber; None if they never were.
    """

    __tablename__ = "subscribers"
    __table_args__ = (Index("subscribers_by_mailbox", "mailbox", unique=True), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    address: Mapped[str] = mapped_column(AnyText, unique=True)
    mailbox: Mapped[str] = mapped_column(AnyText)
    vendors: Mapped[Sequence[str]] = mapped_column(Json)
    caught_up: Mapped[bool] = mapped_column(Boolean)
    digests: Mapped[int] = mapped_column(BigInteger, default=0)
    preferences: Mapped[Mapping[str, Any]] = mapped_column(Json, server_default='{"significance":"all"}')
    last_digest_at: Mapped[datetime | None] = mapped_column(Moment)
    served_in: Mapped[int] = mapped_column(BigInteger, server_default="0")


# Which composings served somebody, to find the watermarks that nobody needs any more.
Index("subscribers_by_composing", SubscriberRow.served_in)


class WatchedRow(Base):
    """Since when a subscriber watches a vendor or a policy.

    vendor: the vendor's slug, or a policy (`hesk/cookies`); '' for every vendor that has no row of its own.
    since: the time at which the subscriber chose it. Digests leave out changes captured before that time.
    newest_capture_id: the id of the newest capture in the database at that time; 0 if it had no capture. It tells what
        the subscriber may miss if `since` came from a clock that was wrong (`storage.watermarks`).
    composed_in: the number of the last composing before that time. Watermarks that it or an earlier one recorded for
        all subscribers don't hold for this choice.
    """

    __tablename__ = "watched"

    subscriber_id: Mapped[int] = mapped_column(
        _Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
    newest_capture_id: Mapped[int] = mapped_column(BigInteger)
    composed_in: Mapped[int] = mapped_column(BigInteger, server_default="0")


class ComposingRow(Base):
    """The composing of digests that began last. There is one row.

    id: 1. number: the number of the composing, counted from 1.
    """

    __tablename__ = "composings"

    id: Mapped[int] = mapped_column(_Key, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class SharedWatermarkRow(Base):
    """The watermark for a policy that a composing of digests recorded for all subscribers whom it served.

    Of the rows of a policy, the one with the highest number counts that is no higher than the number of the composing
    that served the subscriber last, and higher than that of the composing before the subscriber chose the policy. A
    subscriber for whom another watermark holds has a row of their own (`WatermarkRow`).

    composing: the number of the composing (`ComposingRow`). until, latest: as in `WatermarkRow`.
    """

    __tablename__ = "shared_watermarks"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    composing: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(Moment)
    latest: Mapped[datetime] = mapped_column(Moment)


class WatermarkRow(Base):
    """A subscriber's own watermark for a policy, where the one for all subscribers (`SharedWatermarkRow`) isn't right.

    That is so where a change could not be told, where the policy was not declared, where a clock was wrong, and as long
    as a hold or an absence was announced to the subscriber.

    until: the `captured_at` up to which digests have reported every change of the policy to the subscriber.
    latest: the latest value that `until` has had. The two differ only after a digest at an earlier time: either
        `latest` comes from a clock that was ahead, or `until` comes from a clock that was behind.
    held: the `captured_at` of the first capture of the held period that a digest has announced to the subscriber; None
        if there is none, or if a later digest has reported how the period ended.
    gone_capture_id: the id of the first capture of the absence that a digest has announced to the subscriber
        (`core.history.Absence`); None if there is none, or if a later digest has reported that the policy is there
        again.
    """

    __tablename__ = "told"

    subscriber_id: Mapped[int] = mapped_column(
        _Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)
    latest: Mapped[datetime] = mapped_column(Moment)
    held: Mapped[datetime | None] = mapped_column(Moment)
    gone_capture_id: Mapped[int | None] = mapped_column(BigInteger)


# Few watermarks have a hold or an absence, so these rows are found by indexes of their own.
Index(
    "watermarks_with_hold",
    WatermarkRow.subscriber_id,
    sqlite_where=WatermarkRow.held.is_not(None),
    postgresql_where=WatermarkRow.held.is_not(None),
)
Index(
    "watermarks_with_absence",
    WatermarkRow.subscriber_id,
    sqlite_where=WatermarkRow.gone_capture_id.is_not(None),
    postgresql_where=WatermarkRow.gone_capture_id.is_not(None),
)


class TellingRow(Base):
    """A change that a digest has told a subscriber (`core.history.Telling`).

    Captures identify the change, because the ids of versions depend on the policy reader.

    old_capture_id, new_capture_id: the last capture before the change and the first capture after it.
    """

    __tablename__ = "tellings"

    subscriber_id: Mapped[int] = mapped_column(
        _Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    new_capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id), primary_key=True, autoincrement=False)
    old_capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id))
