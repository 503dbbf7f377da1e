"""What a crawl of an archive has still to do: listings under way, and rows whose captures are not stored yet."""

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.archive import Row
from core.captures import Capture, sha256_hex
from storage.database import insert
from storage.models import CaptureRow, ListedRow, ListingRow
from storage.records import ArchivedText, Asked, Listing, RowToGet

# A capture may have been made this long before or after the time of its row: of a redirect, the target's is kept.
_APART = timedelta(days=1)
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
# Rows of one text that are asked for before it is given up: they may all refer to one record the archive has lost.
_ROWS_TRIED = 2
_AT_ONCE = 1000


def begin(
    session: Session, vendor: str, policy: str, asked: Collection[Asked], now: datetime, stale: timedelta
) -> tuple[Listing, ...]:
    """See `Store.begin_listings`."""
    identities = [_listing_identity(vendor, policy, one) for one in asked]
    of_policy = (ListingRow.vendor == vendor, ListingRow.policy == policy)
    session.execute(delete(ListingRow).where(*of_policy, ListingRow.identity.not_in(identities)))
    session.execute(
        update(ListingRow)
        .where(*of_policy, ListingRow.begun_at < now - stale)
        .values(begun_at=now, resume_key=None, complete=False, found=0, malformed=0)
    )
    for identity, one in zip(identities, asked, strict=True):
        values = {
            "identity": identity,
            "vendor": vendor,
            "policy": policy,
            "archive": one.archive,
            "url": one.url,
            "begin": one.begin,
            "end": one.end,
            "begun_at": now,
            "complete": False,
            "found": 0,
            "malformed": 0,
        }
        session.execute(insert(session, ListingRow).values(values).on_conflict_do_nothing())
    rows = session.scalars(select(ListingRow).where(*of_policy))
    return tuple(_listing(row) for row in rows)


def file_page(
    session: Session, listing: Listing, rows: Collection[Row], malformed: int, resume_key: str | None
) -> Listing | None:
    """See `Store.file_page`."""
    row = session.get(ListingRow, listing.id)
    if row is None or row.complete or row.resume_key != listing.resume_key:
        return None if row is None else _listing(row)
    row.malformed += malformed
    row.resume_key, row.complete = resume_key, resume_key is None
    stored = _stored(session, row.vendor, row.policy, rows)
    left = [
        {
            "listing_id": row.id,
            "identity": _row_identity(row.vendor, row.policy, one.urlkey, one.timestamp),
            "vendor": row.vendor,
            "policy": row.policy,
            "urlkey": one.urlkey,
            "timestamp": one.timestamp,
            "original": one.original,
            "mimetype": one.mimetype,
            "statuscode": one.statuscode,
            "digest": one.digest,
            "text": one.text,
            "tried": False,
        }
        for one in rows
        if (one.urlkey, one.timestamp) not in stored
    ]
    row.found += len(stored & {(one.urlkey, one.timestamp) for one in rows})
    if left:
        # Duplicate rows are common; so are those of a page of which an earlier listing left rows.
        statement = insert(session, ListedRow).on_conflict_do_nothing().returning(ListedRow.id)
        row.found += len(session.scalars(statement, left).all())
    return _listing(row)


def restart(session: Session, listing: Listing) -> None:
    """See `Store.restart_listing`."""
    session.execute(
        update(ListingRow)
        .where(ListingRow.id == listing.id)
        .values(resume_key=None, complete=False, found=0, malformed=0)
    )


def close(session: Session, vendor: str, policy: str) -> None:
    """See `Store.close_listings`, of one policy."""
    left = select(ListedRow.id).where(ListedRow.listing_id == ListingRow.id).exists()
    session.execute(
        delete(ListingRow).where(ListingRow.vendor == vendor, ListingRow.policy == policy, ListingRow.complete, ~left)
    )


def rows_to_get(
    session: Session, vendor: str, policy: str, ids: Collection[int], texts: Collection[str], limit: int
) -> tuple[RowToGet, ...]:
    """See `Store.rows_to_get`."""
    query = (
        select(ListedRow, ListingRow.url)
        .join(ListingRow, ListingRow.id == ListedRow.listing_id)
        .where(ListedRow.vendor == vendor, ListedRow.policy == policy)
        .where(ListedRow.id.not_in(ids), ListedRow.text.is_(None) | ListedRow.text.not_in(texts))
        .order_by(ListedRow.tried, ListedRow.id)
        .limit(limit)
    )
    return tuple(
        RowToGet(
            one.id,
            url,
            Row(one.urlkey, one.timestamp, one.original, one.mimetype, one.statuscode, one.digest),
            one.text,
            one.tried,
        )
        for one, url in session.execute(query)
    )


def count(session: Session, vendor: str, policy: str) -> int:
    """See `Store.count_rows_to_get`."""
    query = select(func.count()).where(ListedRow.vendor == vendor, ListedRow.policy == policy)
    return session.scalars(query).one()


def got(session: Session, captures: Iterable[Capture]) -> None:
    """Takes away the rows whose captures are stored now."""
    if identities := _identities(captures):
        session.execute(delete(ListedRow).where(ListedRow.identity.in_(identities)))


def wait_for(session: Session, captures: Iterable[Capture]) -> bool:
    """Whether there is a row whose capture is one of these."""
    identities = _identities(captures)
    query = select(ListedRow.id).where(ListedRow.identity.in_(identities)).limit(1)
    return bool(identities) and session.scalar(query) is not None


def not_given(session: Session, vendor: str, policy: str, row: RowToGet) -> int:
    """See `Store.row_not_given`."""
    if row.text is None:
        session.execute(delete(ListedRow).where(ListedRow.id == row.id))
        return 1
    query = select(ListedRow.id, ListedRow.tried).where(
        ListedRow.vendor == vendor, ListedRow.policy == policy, ListedRow.text == row.text
    )
    same = session.execute(query).all()
    tried = {one for one, was_tried in same if was_tried} | {row.id}
    if len(tried) < min(len(same), _ROWS_TRIED):
        session.execute(update(ListedRow).where(ListedRow.id == row.id).values(tried=True))
        return 0
    session.execute(
        delete(ListedRow).where(ListedRow.vendor == vendor, ListedRow.policy == policy, ListedRow.text == row.text)
    )
    return len(same)


def tell_apart(session: Session, vendor: str, policy: str, text: str) -> None:
    """See `Store.tell_apart`."""
    session.execute(
        update(ListedRow)
        .where(ListedRow.vendor == vendor, ListedRow.policy == policy, ListedRow.text == text)
        .values(text=None)
    )


def texts(session: Session, vendor: str, policy: str) -> dict[str, ArchivedText]:
    """See `Store.archived_texts`."""
    query = (
        select(CaptureRow.archive, CaptureRow.sha256, CaptureRow.media_type, CaptureRow.redirects)
        .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy)
        .where(CaptureRow.source == "wayback", CaptureRow.status == 200)
        .execution_options(yield_per=_AT_ONCE)
    )
    return {
        archive["digest"]: ArchivedText(sha256, media_type)
        for archive, sha256, media_type, redirects in session.execute(query)
        if not redirects and "digest" in archive
    }


def _stored(session: Session, vendor: str, policy: str, rows: Collection[Row]) -> set[tuple[str, str]]:
    """Which of the rows' captures are stored, by urlkey and timestamp."""
    if not rows:
        return set()
    moments = [min(max(row.moment, _FIRST), _LAST) for row in rows]
    query = (
        select(CaptureRow.archive)
        .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy, CaptureRow.source == "wayback")
        .where(CaptureRow.captured_at.between(min(moments) - _APART, max(moments) + _APART))
        .execution_options(yield_per=_AT_ONCE)
    )
    return {(archive.get("urlkey", ""), archive.get("timestamp", "")) for archive in session.scalars(query)}


def _identities(captures: Iterable[Capture]) -> list[str]:
    """The identities of the rows that captures are of. Those an archive's index did not lead to are of none."""
    return [
        _row_identity(one.vendor, one.policy, one.archive.get("urlkey", ""), one.archive.get("timestamp", ""))
        for one in captures
        if one.source == "wayback"
    ]


def _row_identity(vendor: str, policy: str, urlkey: str, timestamp: str) -> str:
    return sha256_hex(json.dumps([vendor, policy, urlkey, timestamp]).encode())


def _listing_identity(vendor: str, policy: str, asked: Asked) -> str:
    bounds = [moment and moment.isoformat() for moment in (asked.begin, asked.end)]
    return sha256_hex(json.dumps([vendor, policy, asked.archive, asked.url, *bounds]).encode())


def _listing(row: ListingRow) -> Listing:
    asked = Asked(row.archive, row.url, row.begin, row.end)
    return Listing(row.id, asked, row.found, row.malformed, row.resume_key, row.complete)
