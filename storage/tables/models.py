"""The tables.

Evidence (payloads, captures, reviews) is written once and never altered. Readings and documents are derived from it and
can be derived again. `seal` proves that a row is as it was written. Versions and periods have no table:
`diffing.timeline` computes them from the readings.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.captures import Reason, Source, VerdictName
from storage.records import Decision
from storage.tables import seals
from storage.tables.column_types import AnyText, Bytes, Json, Moment, Sha256

# SQLite counts keys up by itself in columns called INTEGER only.
_Key = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """What all tables have in common."""


class PayloadRow(Base):
    """The bytes of captures, once under their SHA-256.

    size: of the bytes. keyframe: the payload they are stored as a difference from; None: they are stored by themselves.
        SQLite could not drop it again if it were a foreign key.
    store: the URL of the payload store they are in, under `storage.payloads.packing.key_of`; None: they are in data.
    data: compressed; empty when they are in a store.
    """

    __tablename__ = "payloads"

    sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    keyframe: Mapped[str | None] = mapped_column(Sha256)
    store: Mapped[str | None] = mapped_column(AnyText)
    data: Mapped[bytes] = mapped_column(Bytes)


class CaptureRow(Base):
    """A capture, as `core.captures.Capture` has it.

    identity: SHA-256 of what makes it this capture and no other, since addresses are too long for an index.
    """

    __tablename__ = "captures"
    __table_args__ = (Index("captures_by_policy", "vendor", "policy", "captured_at"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    identity: Mapped[str] = mapped_column(Sha256, unique=True)
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    source: Mapped[Source] = mapped_column(AnyText)
    captured_at: Mapped[datetime] = mapped_column(Moment)
    url: Mapped[str] = mapped_column(AnyText)
    asked_url: Mapped[str] = mapped_column(AnyText)
    redirects: Mapped[Sequence[str]] = mapped_column(Json)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[Sequence[Sequence[str]]] = mapped_column(Json)
    media_type: Mapped[str] = mapped_column(AnyText)
    sha256: Mapped[str] = mapped_column(Sha256, ForeignKey(PayloadRow.sha256))
    requested_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    archive: Mapped[Mapping[str, str]] = mapped_column(Json)
    seal: Mapped[str] = mapped_column(Sha256, default=seals.sealed(seals.CAPTURES))


class DocumentRow(Base):
    """A document, once under the SHA-256 of its JSON, since many captures show the same. data: compressed."""

    __tablename__ = "documents"

    sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(Bytes)


class ReadingRow(Base):
    """What extraction made of a capture, by one reader. Those of earlier readers stay.

    reader: names whatever decides what the readings of a whole policy are (`intake.policy_reader.reader_of`).
    extractor, declared: of that, what decides this one: the extractor's version, and a digest of what the declaration
        says of this capture. A reading made alike by another reader is taken over. extractor is '' when the payload
        was damaged: the reading is made again once it can be.
    language: of the document, where that is certain.
    verdict, reason, evidence, needs_browser: of the capture by itself. Its neighbours and a person may decide otherwise.
    version_id: of the document, whatever the verdict; None when there is no text.
    """

    __tablename__ = "readings"

    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id), primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(AnyText, primary_key=True)
    extractor: Mapped[str] = mapped_column(AnyText)
    declared: Mapped[str] = mapped_column(AnyText)
    language: Mapped[str | None] = mapped_column(AnyText)
    verdict: Mapped[VerdictName] = mapped_column(AnyText)
    reason: Mapped[Reason | None] = mapped_column(AnyText)
    evidence: Mapped[str] = mapped_column(AnyText)
    needs_browser: Mapped[bool] = mapped_column(Boolean)
    document_sha256: Mapped[str | None] = mapped_column(Sha256, ForeignKey(DocumentRow.sha256))
    version_id: Mapped[str | None] = mapped_column(AnyText)
    seal: Mapped[str] = mapped_column(Sha256, default=seals.sealed(seals.READINGS))


class PolicyRow(Base):
    """What is known of a policy as a whole, from when the first of its captures was read.

    reader: whose readings it is shown by: always those of one, so that two are never mixed; None until that one has
        read all captures.
    newest: the captured_at of the newest capture that was read, whatever its verdict.
    revision: raised, in the same transaction, with whatever may change the policy's history.
    composed_revision: the revision up to which all subscribers' digests were composed.
    """

    __tablename__ = "policies"
    __table_args__ = (Index("policies_by_newest", "newest"),)

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    reader: Mapped[str | None] = mapped_column(AnyText)
    newest: Mapped[datetime] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(BigInteger)
    composed_revision: Mapped[int] = mapped_column("composed", BigInteger)


class CountRow(Base):
    """How many captures and reviews of a policy were stored: neither is ever deleted, so one that is gone is missed."""

    __tablename__ = "counts"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    captures: Mapped[int] = mapped_column(BigInteger)
    reviews: Mapped[int] = mapped_column(BigInteger)


class UnreadRow(Base):
    """A capture that the reader in force may not have read, so that none has to be looked for among all captures."""

    __tablename__ = "unread"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id), primary_key=True, autoincrement=False)


class ReviewRow(Base):
    """What a person decided on a capture. Evidence: written once and never altered; the last one of a capture holds."""

    __tablename__ = "reviews"
    __table_args__ = (Index("reviews_by_capture", "capture_id"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id))
    decision: Mapped[Decision] = mapped_column(AnyText)
    by: Mapped[str] = mapped_column("decided_by", AnyText)
    note: Mapped[str] = mapped_column(AnyText)
    at: Mapped[datetime] = mapped_column("decided_at", Moment)
    seal: Mapped[str] = mapped_column(Sha256, default=seals.sealed(seals.REVIEWS))


class ListingRow(Base):
    """A location's listing under way, as `storage.records.Listing` has it; it goes when a crawl has gone through all.

    identity: SHA-256 of policy and span, so that two crawls at once go on with the same one.
    """

    __tablename__ = "listings"
    __table_args__ = (Index("listings_by_policy", "vendor", "policy"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    identity: Mapped[str] = mapped_column(Sha256, unique=True)
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    archive: Mapped[str] = mapped_column(AnyText)
    url: Mapped[str] = mapped_column(AnyText)
    begin: Mapped[datetime | None] = mapped_column("begins_at", Moment)
    end: Mapped[datetime | None] = mapped_column("ends_at", Moment)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    resume_key: Mapped[str | None] = mapped_column(AnyText)
    complete: Mapped[bool] = mapped_column(Boolean)
    found: Mapped[int] = mapped_column(Integer)
    malformed: Mapped[int] = mapped_column(Integer)


class ListedCaptureRow(Base):
    """A row of a listing still to be got, as `storage.records.RowToGet` has it. Storing its capture takes it away.

    identity: SHA-256 of what makes it this row of the policy, since addresses are too long for an index.
    """

    __tablename__ = "listed_rows"
    __table_args__ = (
        Index("listed_rows_in_turn", "vendor", "policy", "tried", "id"),
        Index("listed_rows_by_text", "vendor", "policy", "text"),
        Index("listed_rows_by_listing", "listing_id"),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    listing_id: Mapped[int] = mapped_column(_Key, ForeignKey(ListingRow.id, ondelete="CASCADE"))
    identity: Mapped[str] = mapped_column(Sha256, unique=True)
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    urlkey: Mapped[str] = mapped_column(AnyText)
    timestamp: Mapped[str] = mapped_column(AnyText)
    original: Mapped[str] = mapped_column(AnyText)
    mimetype: Mapped[str] = mapped_column(AnyText)
    statuscode: Mapped[str] = mapped_column(AnyText)
    digest: Mapped[str] = mapped_column(AnyText)
    checksum: Mapped[str | None] = mapped_column("text", AnyText)
    tried: Mapped[bool] = mapped_column(Boolean)


class SubscriberRow(Base):
    """Who gets digests. Keys are never given out again: a sender may hold one while another process unsubscribes.

    caught_up: whether a digest was composed of all that was there before for the vendors watched now.
    """

    __tablename__ = "subscribers"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    address: Mapped[str] = mapped_column(AnyText, unique=True)
    vendors: Mapped[Sequence[str]] = mapped_column(Json)
    since: Mapped[datetime] = mapped_column(Moment)
    caught_up: Mapped[bool] = mapped_column(Boolean)


class WatermarkRow(Base):
    """Up to which capture time a subscriber was told all of a policy."""

    __tablename__ = "told"

    subscriber_id: Mapped[int] = mapped_column(
        _Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class OutboxRow(Base):
    """A composed message. sent_at: None while it waits."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(_Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"))
    message: Mapped[bytes] = mapped_column(Bytes)
    composed_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


_untold = PolicyRow.revision > PolicyRow.composed_revision
Index("policies_untold", PolicyRow.vendor, PolicyRow.policy, sqlite_where=_untold, postgresql_where=_untold)
Index("outbox_by_subscriber", OutboxRow.subscriber_id)
Index(
    "outbox_waiting",
    OutboxRow.id,
    sqlite_where=OutboxRow.sent_at.is_(None),
    postgresql_where=OutboxRow.sent_at.is_(None),
)
