"""Stores the state of crawls of web archives: the listings under way, and the captures to fetch.

A listing is the answer of an archive's index to a query about a location. The answer is stored page by page. A capture
to fetch is a capture that a listing names and that is not stored yet.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from core.archives import ArchiveName, ArchiveSite, ListedCapture, WebArchive
from core.captures import Capture, sha256_hex
from core.policies import PolicyKey
from storage.database import Database, insert
from storage.records import CaptureToFetch, KnownPayload, Listing, ListingQuery
from storage.tables.models import CaptureRow, ListedCaptureRow, ListingRow

# If the listed capture was a redirect, the stored capture is a capture of the redirect's target. The two captures are
# at most this far apart in time.
_MAX_DISTANCE = timedelta(days=1)
_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
# If fetching fails for this many captures with the same checksum, all captures with the checksum are deleted from the
# list. All of these captures may refer to the same record, which the archive has lost.
_MAX_TRIED = 2
_ROWS_AT_ONCE = 1000
# The first archive that clausewatch supported. The rows and identities of this archive don't include its name. If the
# name were added, the listings and listed captures that are already in a database would not be recognised.
_FIRST_ARCHIVE: WebArchive = "wayback"


class ArchiveListings:
    """The listings under way, and the captures to fetch: listed captures that are not stored yet.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        key: PolicyKey,
        archive: WebArchive,
        queries: Collection[ListingQuery],
        now: datetime,
        stale: timedelta,
    ) -> tuple[Listing, ...]:
        """Returns a policy's listings in an archive, one for each query. Continues or begins each listing.

        archive: the archive's name. queries: all queries for the policy to this archive. The archive's listings for
        other queries are deleted together with their captures to fetch. now: the present time. stale: a listing that is
        older than this starts over, because the archive may have added captures. The captures to fetch are not deleted
        when a listing starts over. Listings in other archives are not changed.
        """
        with self._database.write_session() as session:
            by_identity = {_listing_identity(key, query): query for query in queries}
            listing_ids = _listing_ids(session, key, archive)
            session.execute(
                delete(ListingRow).where(ListingRow.id.in_(listing_ids), ListingRow.identity.not_in(by_identity))
            )
            session.execute(
                update(ListingRow)
                .where(ListingRow.id.in_(listing_ids), ListingRow.begun_at < now - stale)
                .values(begun_at=now, resume_key=None, complete=False, found=0, malformed=0)
            )
            for identity, query in by_identity.items():
                values = {
                    "identity": identity,
                    "vendor": key.vendor,
                    "policy": key.policy,
                    "archive": _stored_site(query.archive),
                    "url": query.url,
                    "begin": query.begin,
                    "end": query.end,
                    "begun_at": now,
                    "complete": False,
                    "found": 0,
                    "malformed": 0,
                }
                session.execute(insert(session, ListingRow).values(values).on_conflict_do_nothing())
            rows = session.scalars(select(ListingRow).where(ListingRow.identity.in_(by_identity)))
            return tuple(_listing(row, by_identity[row.identity]) for row in rows)

    def file_page(
        self, listing: Listing, captures: Collection[ListedCapture], malformed: int, resume_key: str | None
    ) -> Listing | None:
        """Stores a page of a listing: the page that the index returned for `listing.resume_key`.

        captures: the captures that the page names. Captures that are not stored become captures to fetch. malformed:
        the number of the page's rows that could not be read. resume_key: the key for requesting the next page; None if
        this page is the last page.

        Returns the listing with its new state. If another crawl has already stored the page, changes nothing and
        returns the listing with its stored state. Returns None if another crawl has deleted the listing.
        """
        with self._database.write_session() as session:
            row = session.get(ListingRow, listing.id)
            if row is None or row.complete or row.resume_key != listing.resume_key:
                return None if row is None else _listing(row, listing.query)
            row.malformed += malformed
            row.resume_key, row.complete = resume_key, resume_key is None
            key = PolicyKey(row.vendor, row.policy)
            archive = listing.query.archive.name
            stored = _stored(session, key, archive, captures)
            missing = [
                {
                    "listing_id": row.id,
                    "identity": _listed_identity(key, archive, capture.index_key),
                    "vendor": row.vendor,
                    "policy": row.policy,
                    "urlkey": capture.urlkey,
                    "timestamp": capture.timestamp,
                    "original": capture.original,
                    "mimetype": capture.mimetype,
                    "statuscode": capture.statuscode,
                    "digest": capture.digest,
                    "checksum": capture.checksum,
                    "tried": False,
                }
                for capture in captures
                if capture.index_key not in stored
            ]
            row.found += len(stored & {capture.index_key for capture in captures})
            if missing:
                # Indexes often name a capture twice, and an earlier listing may have added some captures to the list.
                statement = insert(session, ListedCaptureRow).on_conflict_do_nothing().returning(ListedCaptureRow.id)
                row.found += len(session.scalars(statement, missing).all())
            return _listing(row, listing.query)

    def restart(self, listing: Listing) -> None:
        """Makes a listing start over with its first page. The listing's captures to fetch are not deleted."""
        with self._database.write_session() as session:
            session.execute(
                update(ListingRow)
                .where(ListingRow.id == listing.id)
                .values(resume_key=None, complete=False, found=0, malformed=0)
            )

    def close(self, keys: Collection[PolicyKey]) -> None:
        """Deletes the policies' listings that are complete and have no captures left to fetch."""
        with self._database.write_session() as session:
            for key in keys:
                has_captures_to_fetch = (
                    select(ListedCaptureRow.id).where(ListedCaptureRow.listing_id == ListingRow.id).exists()
                )
                session.execute(
                    delete(ListingRow)
                    .where(ListingRow.vendor == key.vendor, ListingRow.policy == key.policy)
                    .where(ListingRow.complete, ~has_captures_to_fetch)
                )

    def to_fetch(
        self,
        key: PolicyKey,
        archive: ArchiveSite,
        without_ids: Collection[int],
        without_checksums: Collection[str],
        limit: int,
    ) -> tuple[CaptureToFetch, ...]:
        """Returns at most `limit` captures of a policy to fetch from an archive.

        Captures that have not been tried yet come first.

        without_ids: captures with these ids are left out. without_checksums: captures with these checksums of the
        archive are left out.
        """
        query = (
            select(ListedCaptureRow, ListingRow.url)
            .join(ListingRow, ListingRow.id == ListedCaptureRow.listing_id)
            .where(ListedCaptureRow.vendor == key.vendor, ListedCaptureRow.policy == key.policy)
            .where(ListingRow.archive == _stored_site(archive))
            .where(ListedCaptureRow.id.not_in(without_ids))
            .where(ListedCaptureRow.checksum.is_(None) | ListedCaptureRow.checksum.not_in(without_checksums))
            .order_by(ListedCaptureRow.tried, ListedCaptureRow.id)
            .limit(limit)
        )
        with self._database.read_session() as session:
            return tuple(
                CaptureToFetch(
                    row.id,
                    archive,
                    url,
                    ListedCapture(row.urlkey, row.timestamp, row.original, row.mimetype, row.statuscode, row.digest),
                    row.checksum,
                    row.tried,
                )
                for row, url in session.execute(query)
            )

    def count_to_fetch(self, key: PolicyKey, archive: WebArchive) -> int:
        """Returns how many captures of a policy are still to be fetched from an archive."""
        with self._database.read_session() as session:
            listing_ids = _listing_ids(session, key, archive)
            query = (
                select(func.count()).select_from(ListedCaptureRow).where(ListedCaptureRow.listing_id.in_(listing_ids))
            )
            return session.scalars(query).one()

    def mark_not_given(self, key: PolicyKey, capture: CaptureToFetch) -> int:
        """Records that fetching a capture failed. Returns the number of captures to fetch that were deleted.

        The capture is not deleted from the list if another capture with the same checksum can still be tried. At most
        two captures with the same checksum are tried. If the last of these attempts fails, all captures with the
        checksum are deleted from the list. A deleted capture is added again if the archive's index names the capture
        again.
        """
        with self._database.write_session() as session:
            if capture.checksum is None:
                session.execute(delete(ListedCaptureRow).where(ListedCaptureRow.id == capture.id))
                return 1
            has_same_checksum = _with_checksum(key, capture.archive, capture.checksum)
            rows = session.execute(select(ListedCaptureRow.id, ListedCaptureRow.tried).where(*has_same_checksum)).all()
            tried = {row_id for row_id, was_tried in rows if was_tried} | {capture.id}
            if len(tried) < min(len(rows), _MAX_TRIED):
                session.execute(update(ListedCaptureRow).where(ListedCaptureRow.id == capture.id).values(tried=True))
                return 0
            session.execute(delete(ListedCaptureRow).where(*has_same_checksum))
            return len(rows)

    def distrust_checksum(self, key: PolicyKey, capture: CaptureToFetch) -> None:
        """Removes the checksum from every capture to fetch that has the checksum of `capture`.

        Call this method if the bytes of a fetched capture don't match the archive's checksum. Every capture is then
        fetched, even if its checksum was equal to the checksum of another capture.
        """
        if capture.checksum is None:
            return
        with self._database.write_session() as session:
            session.execute(
                update(ListedCaptureRow)
                .where(*_with_checksum(key, capture.archive, capture.checksum))
                .values(checksum=None)
            )

    def known_payloads(self, key: PolicyKey, archive: WebArchive) -> Mapping[str, KnownPayload]:
        """Returns the payloads of a policy's captures from an archive, by the archive's own checksum of each payload.

        Only whole captures with status 200 and without redirects are considered. The checksum of any other capture may
        belong to another payload than the stored payload.
        """
        query = (
            select(CaptureRow.archive, CaptureRow.sha256, CaptureRow.media_type, CaptureRow.redirects)
            .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
            .where(CaptureRow.source == archive, CaptureRow.status == 200)
            .execution_options(yield_per=_ROWS_AT_ONCE)
        )
        with self._database.read_session() as session:
            return {
                identifiers["digest"]: KnownPayload(sha256, media_type)
                for identifiers, sha256, media_type, redirects in session.execute(query)
                if not redirects and "digest" in identifiers and "truncated" not in identifiers
            }


def drop_fetched(session: Session, captures: Iterable[Capture]) -> None:
    """Deletes captures from the list of captures to fetch, because they are stored now."""
    if identities := _identities(captures):
        session.execute(delete(ListedCaptureRow).where(ListedCaptureRow.identity.in_(identities)))


def any_to_fetch(session: Session, captures: Iterable[Capture]) -> bool:
    """Returns whether any of these captures is on the list of captures to fetch."""
    identities = _identities(captures)
    query = select(ListedCaptureRow.id).where(ListedCaptureRow.identity.in_(identities)).limit(1)
    return bool(identities) and session.scalar(query) is not None


def _with_checksum(key: PolicyKey, archive: ArchiveSite, checksum: str) -> tuple[ColumnElement[bool], ...]:
    """Returns the SQL conditions that select a policy's captures to fetch with a checksum from an archive.

    Equal checksums of different archives don't prove equal pages, so the archive is a condition, too.
    """
    return (
        ListedCaptureRow.vendor == key.vendor,
        ListedCaptureRow.policy == key.policy,
        ListedCaptureRow.checksum == checksum,
        exists().where(ListingRow.id == ListedCaptureRow.listing_id, ListingRow.archive == _stored_site(archive)),
    )


def _listing_ids(session: Session, key: PolicyKey, archive: WebArchive) -> list[int]:
    """Returns the ids of a policy's listings in an archive, whatever the archive's address was."""
    query = select(ListingRow.id, ListingRow.archive).where(
        ListingRow.vendor == key.vendor, ListingRow.policy == key.policy
    )
    return [row_id for row_id, stored_site in session.execute(query) if _archive_of(stored_site) == archive]


def _stored_site(archive: ArchiveSite) -> str:
    """Returns the value of the column `archive` of the archive's listings: the name, a space and the address.

    The value for the first archive is the address alone.
    """
    return archive.address if archive.name == _FIRST_ARCHIVE else f"{archive.name} {archive.address}"


def _archive_of(stored_site: str) -> str:
    """Returns the name of the archive from a value of the column `archive`. An address contains no space."""
    name, space, _ = stored_site.partition(" ")
    return name if space else _FIRST_ARCHIVE


def _stored(
    session: Session, key: PolicyKey, archive: WebArchive, captures: Collection[ListedCapture]
) -> set[tuple[str, str]]:
    """Returns the index keys of stored captures of a policy from an archive, around the times of the listed captures.

    The result contains the index key of every listed capture that is stored, and may contain further index keys.
    """
    if not captures:
        return set()
    moments = [min(max(capture.captured_at, _EARLIEST), _LATEST) for capture in captures]
    query = (
        select(CaptureRow.archive)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.source == archive)
        .where(CaptureRow.captured_at.between(min(moments) - _MAX_DISTANCE, max(moments) + _MAX_DISTANCE))
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    return {(identifiers.get("urlkey", ""), identifiers.get("timestamp", "")) for identifiers in session.scalars(query)}


def _identities(captures: Iterable[Capture]) -> list[str]:
    """Returns the identities of the index rows that named the captures.

    Captures that were fetched without an archive's index are left out.
    """
    return [
        _listed_identity(capture.key, capture.provenance.archive, index_key)
        for capture in captures
        if capture.provenance is not None and (index_key := capture.provenance.index_key) is not None
    ]


def _listed_identity(key: PolicyKey, archive: ArchiveName, index_key: tuple[str, str]) -> str:
    parts = [*key, *index_key]
    if archive != _FIRST_ARCHIVE:
        parts.append(archive)
    return sha256_hex(json.dumps(parts).encode())


def _listing_identity(key: PolicyKey, query: ListingQuery) -> str:
    bounds = [moment and moment.isoformat() for moment in (query.begin, query.end)]
    return sha256_hex(json.dumps([*key, _stored_site(query.archive), query.url, *bounds]).encode())


def _listing(row: ListingRow, query: ListingQuery) -> Listing:
    return Listing(row.id, query, row.found, row.malformed, row.resume_key, row.complete)
