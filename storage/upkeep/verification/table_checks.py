"""Checks the database file, reviews, counts, the state of policies, and the references between tables."""

from collections.abc import Iterator

from sqlalchemy import and_, case, exists, func, select

from core.plurals import plural
from core.policies import PolicyKey
from storage import counts
from storage.database import Database
from storage.records import Finding
from storage.tables import seals
from storage.tables.models import (
    CaptureRow,
    CountRow,
    DeliveryTroubleRow,
    FailedFetchRow,
    ListedCaptureRow,
    ListingRow,
    MovedPageRow,
    OperatorDigestRow,
    OutboxRow,
    PolicyRow,
    ReadingRow,
    ReviewRow,
    RunRow,
    SecretRow,
    UnreadRow,
)
from storage.tables.subscription_models import (
    ComposingRow,
    SharedWatermarkRow,
    SubscriberRow,
    TellingRow,
    WatchedRow,
    WatermarkRow,
)
from storage.upkeep.verification.row_scan import (
    ALTERED,
    UNREADABLE,
    capture_place,
    fault_of,
    is_as_written,
    scan_keys,
    scan_rows,
)

_IS_POLICY_OF_CAPTURE = and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy)


def check_file(database: Database) -> Iterator[Finding]:
    """Yields the faults that SQLite's integrity check of the file's pages and indexes reports.

    Yields nothing on PostgreSQL: the administrator of the server is responsible for the server's files.
    """
    with database.read_session() as session:
        if session.get_bind().dialect.name != "sqlite":
            return
        for (message,) in session.connection().exec_driver_sql("PRAGMA integrity_check"):
            if message != "ok":
                yield Finding("the database file", str(message), "backup")


def check_reviews(database: Database) -> Iterator[Finding]:
    """Yields the reviews that were altered."""
    for review_id in scan_keys(database, ReviewRow.id):
        try:
            with database.read_session() as session:
                if is_as_written(session.get_one(ReviewRow, review_id), seals.REVIEWS):
                    continue
                fault = ALTERED
        except UNREADABLE as error:
            fault = f"can't be read: {fault_of(error)}"
        yield Finding(f"review {review_id}", f"its stored record {fault}", "backup")


def check_counts(database: Database, repair: bool) -> Iterator[Finding]:
    """Compares the counts with the numbers of captures and reviews in the database, and yields the differences.

    A count that is too high means that captures or reviews were lost. A count that is missing or too low is itself
    damaged. repair: whether to compute damaged counts again.
    """
    # Counts and rows are read in one statement, because other processes may store captures between two statements.
    query = select(CountRow, *counts.present(CountRow))
    is_counted = exists().where(CountRow.vendor == CaptureRow.vendor, CountRow.policy == CaptureRow.policy)
    uncounted = select(CaptureRow.vendor, CaptureRow.policy).distinct().where(~is_counted)
    damaged = {
        PolicyKey(row.vendor, row.policy): "its count of captures and reviews is missing"
        for row in scan_rows(database, uncounted)
    }
    for row, *present in scan_rows(database, query):
        for noun, counted, there in zip(("capture", "review"), (row.captures, row.reviews), present, strict=True):
            if there < counted:
                missing = counted - there
                fault = f"{missing} of {plural(counted, noun)} {'is' if missing == 1 else 'are'} missing"
                yield Finding(str(PolicyKey(row.vendor, row.policy)), fault, "backup")
            elif there > counted:
                fault = f"its count of {noun}s {ALTERED}: {counted} counted, {there} in the database"
                damaged[PolicyKey(row.vendor, row.policy)] = fault
    for key, fault in damaged.items():
        if repair:
            with database.write_session() as session:
                counts.recount(session, key)
        yield Finding(str(key), fault, "mended" if repair else "repair")


def check_policies(database: Database, newest_id: int) -> Iterator[Finding]:
    """Yields captures without a reading by the policy reader in force, and damaged rows of the table `policies`.

    newest_id: captures with higher ids are not checked.
    """
    is_reading_in_force = and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader)
    unread = (
        select(CaptureRow.id, CaptureRow.vendor, CaptureRow.policy, CaptureRow.captured_at, CaptureRow.url)
        .outerjoin(PolicyRow, _IS_POLICY_OF_CAPTURE)
        .outerjoin(ReadingRow, is_reading_in_force)
        .where(CaptureRow.id <= newest_id, PolicyRow.vendor.is_not(None), ReadingRow.capture_id.is_(None))
    )
    for row in scan_rows(database, unread):
        yield Finding(
            capture_place(row.id, row),
            "has no reading by the extractor and the declaration by which the policy's other captures were read",
            "reextract",
        )
    newest_read = func.max(case((ReadingRow.capture_id.is_not(None), CaptureRow.captured_at)))
    last_composing = func.coalesce(select(ComposingRow.number).scalar_subquery(), 0)
    impossible = (
        select(PolicyRow.vendor, PolicyRow.policy)
        .join(CaptureRow, _IS_POLICY_OF_CAPTURE)
        .outerjoin(ReadingRow, is_reading_in_force)
        .group_by(PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, PolicyRow.revision, PolicyRow.composed_revision)
        .group_by(PolicyRow.composed_in)
        .having(
            (PolicyRow.newest < newest_read)
            | (PolicyRow.newest > func.max(CaptureRow.captured_at))
            | (PolicyRow.composed_revision > PolicyRow.revision)
            | (PolicyRow.composed_in > last_composing)
        )
    )
    for vendor, policy in scan_rows(database, impossible):
        yield Finding(
            str(PolicyKey(vendor, policy)), "the record of what was read of it contradicts its captures", "reextract"
        )
    without_row = select(CaptureRow.vendor, CaptureRow.policy).distinct().outerjoin(PolicyRow, _IS_POLICY_OF_CAPTURE)
    without_row = without_row.where(CaptureRow.id <= newest_id, PolicyRow.vendor.is_(None))
    for vendor, policy in scan_rows(database, without_row):
        yield Finding(str(PolicyKey(vendor, policy)), "the record of what was read of it is missing", "reextract")


def check_references(database: Database) -> Iterator[Finding]:
    """Yields the missing rows: other rows refer to them, but they are not in the database."""
    for child, foreign_key, key, noun in (
        (ReadingRow, ReadingRow.capture_id, CaptureRow.id, "capture"),
        (ReviewRow, ReviewRow.capture_id, CaptureRow.id, "capture"),
        (WatermarkRow, WatermarkRow.subscriber_id, SubscriberRow.id, "subscriber"),
        (WatchedRow, WatchedRow.subscriber_id, SubscriberRow.id, "subscriber"),
        (TellingRow, TellingRow.subscriber_id, SubscriberRow.id, "subscriber"),
        (OutboxRow, OutboxRow.subscriber_id, SubscriberRow.id, "subscriber"),
        (ListedCaptureRow, ListedCaptureRow.listing_id, ListingRow.id, "listing"),
        (UnreadRow, UnreadRow.capture_id, CaptureRow.id, "capture"),
    ):
        query = select(foreign_key, func.count()).where(foreign_key.is_not(None))
        query = query.where(~exists().where(key == foreign_key)).group_by(foreign_key)
        for missing_key, count in scan_rows(database, query):
            need = "needs" if count == 1 else "need"
            fault = f"is missing, but {plural(count, 'row')} in the table {child.__tablename__} {need} it"
            yield Finding(f"{noun} {missing_key}", fault, "backup")
    has_captures = exists().where(_IS_POLICY_OF_CAPTURE)
    for vendor, policy in scan_rows(database, select(PolicyRow.vendor, PolicyRow.policy).where(~has_captures)):
        yield Finding(str(PolicyKey(vendor, policy)), "all its captures are missing", "backup")


def check_unsealed_tables(database: Database) -> Iterator[Finding]:
    """Reads all rows of the tables without seals. Yields nothing.

    Raises one of the exceptions in `UNREADABLE` if a row is damaged.
    """
    unsealed = (
        SubscriberRow,
        WatermarkRow,
        SharedWatermarkRow,
        ComposingRow,
        ListingRow,
        ListedCaptureRow,
        UnreadRow,
        SecretRow,
    )
    outbox = (OutboxRow, DeliveryTroubleRow, OperatorDigestRow)
    journal = (FailedFetchRow, MovedPageRow, RunRow)
    for table in (*unsealed, *outbox, *journal):
        for _ in scan_rows(database, select(table)):
            pass
    yield from ()
