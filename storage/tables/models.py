"""The tables, as SQLAlchemy models.

Evidence (payloads, captures, reviews) is written once and never altered. Readings and documents are derived from the
evidence and can be derived again. The column `seal` contains a checksum of its row, by which `verify` detects that the
row was altered (`storage.tables.seals`). Versions and periods have no tables: `diffing.timeline` computes them from the
readings.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.captures import Reason, Source, Verdict, VerdictName
from storage.tables import seals
from storage.tables.column_types import AnyText, Bytes, Json, Moment, Sha256

# SQLite assigns keys to new rows only if the type of the key column is INTEGER; BIGINT is not enough.
_Key = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """The base of all tables."""


class PayloadRow(Base):
    """A payload: the bytes of one or more captures, stored once under their SHA-256.

    size: the uncompressed size in bytes.
    keyframe: the SHA-256 of another payload, the keyframe. This payload is stored as a delta against the keyframe. None
        if the payload is stored whole. The column has no foreign key, because SQLite can't drop a column that has one.
    store: the URL of the payload store that contains the compressed bytes, such as `s3://bucket/prefix`; None if the
        compressed bytes are in `data`. `storage.payloads.packing.object_key` returns the key within the store.
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

    identity: the SHA-256 of the fields by which one capture differs from another
        (`storage.capture_rows.capture_identity`). The fields include addresses, which are too long for a unique index.
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

    reader: the name of the policy reader. A policy reader is a combination of three things: the extractor, the sameness
        rule (`diffing.sameness`), and the policy's declaration (see `intake.policy_reader.reader_of`).
    extractor: the versions of the extractor and of the sameness rule. '' if the attempt to read the payload failed, for
        instance because the payload was damaged. clausewatch then reads the capture again later.
    declared: the SHA-256 of the parts of the declaration that apply to this capture. If two policy readers have the
        same `extractor` and the same `declared`, their readings are equal. The intake then copies the earlier reading.
    language: the document's language, such as `en`; None if the language is not certain.
    verdict, reason, evidence, needs_browser, rule: the verdict that follows from the capture alone. The final verdict
        may differ because of the policy's other captures or a user's review (`storage.verdicts`). `rule` is '' in
        readings that were stored before the column was added.
    document_sha256: the key of the document's row; None if the payload could not be read as a document.
    version_id: the id of the version that the document's clauses form; None if the document has no text. A quarantined
        capture also has a `version_id` if its document has text.
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

    reader: the name of the policy reader in force. The policy's timeline is computed only from the readings by this
        policy reader. A newer policy reader comes into force when it has read all captures of the policy.
    newest: the `captured_at` of the newest capture that was read, whether accepted or quarantined.
    revision: a counter. Every transaction that may change the policy's history adds 1.
    composed_revision: the value of `revision` when digests were last composed for all subscribers. If `revision` is
        higher, the policy may have changes that no digest has reported.
    composed_in: the number of the composing that set `composed_revision` (`ComposingRow`); 0 if none has. Subscribers
        who were served last by an earlier one have not been told of the policy's changes yet.
    fault: the reason why digests could not report the policy's changes when they were last composed; None if they
        could.
    """

    __tablename__ = "policies"
    __table_args__ = (Index("policies_by_newest", "newest"), Index("policies_by_composing", "composed_in"))

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    reader: Mapped[str | None] = mapped_column(AnyText)
    newest: Mapped[datetime] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(BigInteger)
    composed_revision: Mapped[int] = mapped_column("composed", BigInteger)
    fault: Mapped[str | None] = mapped_column(AnyText)
    composed_in: Mapped[int] = mapped_column(BigInteger, server_default="0")


class CountRow(Base):
    """How many captures and how many reviews of a policy were ever stored.

    Captures and reviews are deleted only together with this row (`storage.upkeep.histories`). So if the tables contain
    fewer of them than the counts say, `verify`
    reports a loss.
    """

    __tablename__ = "counts"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    captures: Mapped[int] = mapped_column(BigInteger)
    reviews: Mapped[int] = mapped_column(BigInteger)


class UnreadRow(Base):
    """A mark: the policy reader in force may not have read this capture yet.

    clausewatch finds unread captures by their marks, and need not search all captures.
    """

    __tablename__ = "unread"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id), primary_key=True, autoincrement=False)


class ReviewRow(Base):
    """A user's decision on a capture and its text. Decisions are evidence, and are never altered. The last one counts.

    decision: `accepted` or `rejected`, followed by ` only` if the decision is about one capture and not about its text
        (`storage.review_rows`).
    """

    __tablename__ = "reviews"
    __table_args__ = (Index("reviews_by_capture", "capture_id"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    capture_id: Mapped[int] = mapped_column(_Key, ForeignKey(CaptureRow.id))
    decision: Mapped[str] = mapped_column(AnyText)
    by: Mapped[str] = mapped_column("decided_by", AnyText)
    note: Mapped[str] = mapped_column(AnyText)
    at: Mapped[datetime] = mapped_column("decided_at", Moment)
    seal: Mapped[str] = mapped_column(Sha256, default=seals.sealed(seals.REVIEWS))


class ListingRow(Base):
    """The listing of a location in an archive's index (`storage.records.Listing`).

        When a crawl has fetched all captures that the listing names, the crawl deletes the row.

    identity: the SHA-256 of the policy and the query. The column is unique, so two crawls that run at the same time
        share one row and continue each other's work.
    archive: the archive's address. For any archive but `wayback`, the archive's name and a space precede the address.
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

    The transaction that stores the capture deletes the row.

    identity: the SHA-256 of the policy and of the archive's identifiers for the capture. The identifiers include
        addresses, which are too long for a unique index.
    checksum: the archive's own checksum of the captured page. None if two different pages could have this checksum (see
        `core.archives.ListedCapture.checksum`).
    tried: whether a crawl has tried to fetch the capture and failed.
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


class OutboxRow(Base):
    """A message to a subscriber, to an operator, or to an address that is asked to confirm a subscription.

    subscriber_id: None if the message is not to a subscriber.
    address: the address that the message goes to. mailbox: the address in lower case.
    sent_at: the time of sending; None if the message has not been sent yet.
    claimed_at: the time, by the database's clock, at which a process began to send the message; None if no process is
        sending it.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    subscriber_id: Mapped[int | None] = mapped_column(_Key, ForeignKey("subscribers.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(AnyText, server_default="")
    mailbox: Mapped[str] = mapped_column(AnyText, server_default="")
    message: Mapped[bytes] = mapped_column(Bytes)
    composed_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)


class DeliveryTroubleRow(Base):
    """An address to which the last attempt to send a message failed (`storage.records.DeliveryTrouble`).

    The row is deleted when a message to the address is sent, or when the address is subscribed again.

    mailbox: the address in lower case.
    """

    __tablename__ = "delivery_troubles"

    mailbox: Mapped[str] = mapped_column(AnyText, primary_key=True)
    address: Mapped[str] = mapped_column(AnyText)
    since: Mapped[datetime] = mapped_column(Moment)
    latest: Mapped[datetime] = mapped_column(Moment)
    times: Mapped[int] = mapped_column(BigInteger)
    retry_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(AnyText)


class OperatorDigestRow(Base):
    """What an operator was told last.

    mailbox: the operator's address in lower case. told_at: the time at which the message was composed.
    fingerprint: the SHA-256 of what it told.
    """

    __tablename__ = "operator_digests"

    mailbox: Mapped[str] = mapped_column(AnyText, primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Moment)
    fingerprint: Mapped[str] = mapped_column(AnyText)


class FailedFetchRow(Base):
    """The failed fetches of a location of a policy since its last successful fetch (`storage.records.FailedFetches`).

    A successful fetch deletes the row.

    url: the location's address, which is too long for a unique index. A policy has few locations.
    """

    __tablename__ = "failed_fetches"
    __table_args__ = (Index("failed_fetches_by_policy", "vendor", "policy"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    url: Mapped[str] = mapped_column(AnyText)
    address: Mapped[str] = mapped_column(AnyText)
    reason: Mapped[str] = mapped_column(AnyText)
    since: Mapped[datetime] = mapped_column(Moment)
    latest: Mapped[datetime] = mapped_column(Moment)
    times: Mapped[int] = mapped_column(BigInteger)


class MovedPageRow(Base):
    """A page that redirects permanently (`storage.records.MovedPage`).

    When the page no longer does, the next successful fetch deletes the row.
    """

    __tablename__ = "moved_pages"
    __table_args__ = (Index("moved_pages_by_policy", "vendor", "policy"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    url: Mapped[str] = mapped_column(AnyText)
    address: Mapped[str] = mapped_column(AnyText)
    moved_to: Mapped[str] = mapped_column(AnyText)
    since: Mapped[datetime] = mapped_column(Moment)


class RunRow(Base):
    """A run of `clausewatch run` (`storage.records.Run`). Only the last two runs are kept."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    exit_status: Mapped[int | None] = mapped_column(Integer)
    summary: Mapped[str] = mapped_column(AnyText)


class StandingRow(Base):
    """What follows from the readings of a policy's captures for its standing (`storage.records.Standing`).

    The row is derived: `storage.standings` makes it, so that the captures need not be read each time.

    rules: the rules by which the row was derived, and the length of the hold.
    revision: the policy's revision (`PolicyRow.revision`) from which the row was derived. If the revision or the rules
        are others now, the row doesn't count.
    read_captures: the number of captures that the policy reader in force has read.
    """

    __tablename__ = "standings"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    rules: Mapped[str] = mapped_column(AnyText)
    revision: Mapped[int] = mapped_column(BigInteger)
    read_captures: Mapped[int] = mapped_column(BigInteger)
    last_accepted: Mapped[datetime | None] = mapped_column(Moment)
    last_change: Mapped[datetime | None] = mapped_column(Moment)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    quarantined: Mapped[Mapping[Reason, int]] = mapped_column(Json)
    reason: Mapped[Reason | None] = mapped_column(AnyText)
    evidence: Mapped[str] = mapped_column(AnyText)
    held_since: Mapped[datetime | None] = mapped_column(Moment)
    held_text: Mapped[str] = mapped_column(AnyText)


class StepRow(Base):
    """A step of a policy's lineage (`core.lineage.Step`): how the clauses of two neighbouring versions belong together.

    The row is derived: `storage.lineages` makes it, so that the two documents need not be compared each time.

    new_sha256, old_sha256: the checksums of the documents of both versions (`DocumentRow`). `old_sha256` consists of
        zeros for a version that is compared with no earlier version. Neither is a foreign key, so that a document can
        be deleted without its steps.
    rules: the rules by which the row was derived. If the rules are others now, the row doesn't count.
    data: the compressed step (`formats.step_json`); empty if there is a fault. checksum: the SHA-256 of `data`.
    fault: why the documents could not be compared; '' if they could.
    """

    __tablename__ = "steps"

    new_sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    old_sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    rules: Mapped[str] = mapped_column(AnyText)
    checksum: Mapped[str] = mapped_column(Sha256)
    data: Mapped[bytes] = mapped_column(Bytes)
    fault: Mapped[str] = mapped_column(AnyText)


class SecretRow(Base):
    """A secret of this installation, by its name (`storage.secrets`)."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(AnyText, primary_key=True)
    value: Mapped[str] = mapped_column(AnyText)


_changed_since_composed = PolicyRow.revision > PolicyRow.composed_revision
Index(
    "policies_untold",
    PolicyRow.vendor,
    PolicyRow.policy,
    sqlite_where=_changed_since_composed,
    postgresql_where=_changed_since_composed,
)
Index(
    "policies_with_fault",
    PolicyRow.vendor,
    PolicyRow.policy,
    sqlite_where=PolicyRow.fault.is_not(None),
    postgresql_where=PolicyRow.fault.is_not(None),
)
Index("outbox_by_subscriber", OutboxRow.subscriber_id)
Index(
    "outbox_waiting_by_mailbox",
    OutboxRow.mailbox,
    OutboxRow.id,
    sqlite_where=OutboxRow.sent_at.is_(None),
    postgresql_where=OutboxRow.sent_at.is_(None),
)
Index(
    "outbox_waiting",
    OutboxRow.id,
    sqlite_where=OutboxRow.sent_at.is_(None),
    postgresql_where=OutboxRow.sent_at.is_(None),
)
Index(
    "outbox_sent",
    OutboxRow.sent_at,
    OutboxRow.mailbox,
    sqlite_where=OutboxRow.sent_at.is_not(None),
    postgresql_where=OutboxRow.sent_at.is_not(None),
)
