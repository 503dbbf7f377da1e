"""The tables, as SQLAlchemy models.

Evidence (payloads, captures, reviews) is written once and never altered. Readings and documents are derived from the
evidence and can be derived again. The `seal` of a row reveals whether the row was altered (`storage.tables.seals`).
Versions and periods have no tables: `diffing.timeline` computes versions and periods from the readings.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.captures import Reason, Source, Verdict, VerdictName
from storage.records import Decision
from storage.tables import seals
from storage.tables.column_types import AnyText, Bytes, Json, Moment, Sha256

# SQLite assigns keys to the rows of a table only if the type of the key column is written as INTEGER.
_Key = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """The base of all tables."""


class PayloadRow(Base):
    """A payload: the bytes of one or more captures, stored once under their SHA-256.

    size: the uncompressed size in bytes.
    keyframe: the SHA-256 of the payload's keyframe; None if the payload is stored whole. A payload with a keyframe is
        stored as a delta against the keyframe. The column is not declared as a foreign key,
        because SQLite can't drop a foreign-key column.
    store: the URL of the payload store that contains the compressed bytes, under the key that
        `storage.payloads.packing.object_key` returns; None if the compressed bytes are in `data`.
    data: the compressed bytes; empty if the compressed bytes are in a payload store.
    """

    __tablename__ = "payloads"

    sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    keyframe: Mapped[str | None] = mapped_column(Sha256)
    store: Mapped[str | None] = mapped_column(AnyText)
    data: Mapped[bytes] = mapped_column(Bytes)


class CaptureRow(Base):
    """A capture. The docstring of `core.captures.Capture` describes the columns, except `identity`.

    identity: the SHA-256 of the fields that distinguish captures (`storage.capture_rows.capture_identity`). The fields
        themselves are too long for a unique index, because they include addresses.
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
    """A document, stored once under the SHA-256 of its JSON, even if many captures show the document.

    size: the length of the JSON in bytes.
    data: the compressed JSON.
    """

    __tablename__ = "documents"

    sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(Bytes)


class ReadingRow(Base):
    """The reading of a capture by one policy reader. Readings by earlier policy readers are not deleted.

    reader: the name of the policy reader. A policy reader is the combination of extractor, sameness rule
        (`diffing.sameness`) and declaration that a reading is made with (see `intake.policy_reader.reader_of`).
    extractor: the version of the extractor and of the sameness rule. The value is '' if the payload could not be read
        this time, for instance because the payload was damaged. The capture is then read again later.
    declared: a checksum of the parts of the declaration that apply to this capture. `extractor` and `declared` together
        determine the reading. If both values are equal to those of a reading by another policy reader, the reading is
        copied.
    language: the document's language; None if the language is not certain.
    verdict, reason, evidence, needs_browser, rule: the verdict that follows from the capture alone. The final verdict
        may differ because of the policy's other captures or a user's review (`storage.verdicts`). `rule` is '' in
        readings that were stored before the column was added.
    document_sha256: the SHA-256 of the document's row; None if the payload could not be read as a document.
    version_id: the id of the version that has the document's clauses; None if the document has no text. A quarantined
        capture has a `version_id`, too, if its document has text.
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
    rule: Mapped[str] = mapped_column(AnyText, default="")
    document_sha256: Mapped[str | None] = mapped_column(Sha256, ForeignKey(DocumentRow.sha256))
    version_id: Mapped[str | None] = mapped_column(AnyText)
    seal: Mapped[str] = mapped_column(Sha256, default=seals.sealed(seals.READINGS))

    def to_verdict(self) -> Verdict:
        """Returns the verdict that follows from the capture alone."""
        return Verdict(self.verdict, self.reason, self.evidence, self.needs_browser, self.rule)


class PolicyRow(Base):
    """The state of a policy as a whole. The row is inserted when the policy's first capture is read.

    reader: the name of the policy reader in force. The policy's timeline is computed from the readings by this policy
        reader only. A newer policy reader comes into force when it has read all captures of the policy.
    newest: the `captured_at` of the newest capture that was read, accepted or quarantined.
    revision: a counter, incremented by every transaction that may change the policy's history.
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
    """The numbers of captures and reviews of a policy that were ever stored.

    clausewatch never deletes captures or reviews. So `verify` reports a loss if the tables contain fewer captures or
    reviews than these numbers.
    """

    __tablename__ = "counts"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    captures: Mapped[int] = mapped_column(BigInteger)
    reviews: Mapped[int] = mapped_column(BigInteger)


class UnreadRow(Base):
    """A mark on a capture that the policy reader in force may not have read yet.

    The marks make it possible to find unread captures without a search of all captures.
    """

    __tablename__ = "unread"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id), primary_key=True, autoincrement=False)


class ReviewRow(Base):
    """A user's decision on a capture. Decisions are evidence, and are never altered. Only the last decision counts."""

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
    """The listing of a location in an archive's index (`storage.records.Listing`).

    The row is deleted once a crawl has fetched all captures that the listing named.

    identity: the SHA-256 of the policy and the query. Two crawls at the same time continue the same listing, because
        the identity is unique.
    archive: the archive's address; for any archive but `wayback`, the archive's name and a space precede the address.
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
    """A listed capture that is still to be fetched (`storage.records.CaptureToFetch`).

    The row is deleted once the capture is stored.

    identity: the SHA-256 of the policy and of the archive's identifiers for the capture. The identifiers themselves are
        too long for a unique index, because they include addresses.
    checksum: the archive's own checksum of the captured page; None if an equal checksum would not prove an equal page
        (see `core.archives.ListedCapture.checksum`).
    tried: whether fetching the capture has failed.
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
    """A subscriber: an e-mail address that digests are sent to.

    id: the subscriber's number. A number is never reused, because one process may be sending a digest to a subscriber
        while another process unsubscribes the address.
    vendors: the slugs of the vendors that the subscriber watches; empty for all vendors.
    since: the time of the first subscription. Digests leave out changes captured before that time.
    caught_up: whether a digest has already covered all earlier changes of the vendors that the subscriber watches.
        Subscribing the address again sets `caught_up` to false, because the vendors may differ.
    """

    __tablename__ = "subscribers"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    address: Mapped[str] = mapped_column(AnyText, unique=True)
    vendors: Mapped[Sequence[str]] = mapped_column(Json)
    since: Mapped[datetime] = mapped_column(Moment)
    caught_up: Mapped[bool] = mapped_column(Boolean)


class WatermarkRow(Base):
    """A watermark of a subscriber for a policy.

    until: the `captured_at` up to which digests have reported every change of the policy to the subscriber.
    """

    __tablename__ = "told"

    subscriber_id: Mapped[int] = mapped_column(
        _Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class OutboxRow(Base):
    """A message to a subscriber. sent_at: the time at which the message was sent; None if it has not been sent yet."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(_Key, ForeignKey(SubscriberRow.id, ondelete="CASCADE"))
    message: Mapped[bytes] = mapped_column(Bytes)
    composed_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


_changed_since_composed = PolicyRow.revision > PolicyRow.composed_revision
Index(
    "policies_untold",
    PolicyRow.vendor,
    PolicyRow.policy,
    sqlite_where=_changed_since_composed,
    postgresql_where=_changed_since_composed,
)
Index("outbox_by_subscriber", OutboxRow.subscriber_id)
Index(
    "outbox_waiting",
    OutboxRow.id,
    sqlite_where=OutboxRow.sent_at.is_(None),
    postgresql_where=OutboxRow.sent_at.is_(None),
)
