"""Reading all that is stored and proving it: what is damaged, and what of that can be derived again.

It may run while others write: what they commit together is looked at together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Select, and_, case, delete, exists, func, inspect, select

from core.captures import Capture
from core.dates import iso
from core.declarations import Policy
from core.exceptions import DamageError
from core.plurals import plural
from core.policies import PolicyKey
from storage import documents, policies
from storage.capture_rows import capture_from, capture_identity
from storage.database import Database
from storage.payloads import packing
from storage.payloads.object_stores import UnavailableError
from storage.records import Finding
from storage.store import Store
from storage.tables import seals
from storage.tables.models import (
    Base,
    CaptureRow,
    CountRow,
    DocumentRow,
    ListedCaptureRow,
    ListingRow,
    OutboxRow,
    PayloadRow,
    PolicyRow,
    ReadingRow,
    ReviewRow,
    SubscriberRow,
    UnreadRow,
    WatermarkRow,
)

_AT_ONCE = 500
# What a value raises that its column's type cannot take back, and what the database says of one it cannot hand out.
_UNREADABLE = (DamageError, ValueError, TypeError, KeyError)
_ALTERED = "is not as it was written"


class Rederived(Protocol):
    """A reading made again."""

    @property
    def values(self) -> Mapping[str, object]:
        """The values of its row."""

    @property
    def document(self) -> bytes | None:
        """What was read, encoded; None if nothing was."""


class Rederive(Protocol):
    """Makes the reading of a capture again, as `intake.policy_reader.rederive` does."""

    def __call__(
        self,
        capture_id: int,
        capture: Capture,
        payload: bytes,
        policy: Policy,
        reader: str,
        made_by: tuple[str, str] | None,
    ) -> Rederived | None:
        """Returns the reading; None if the present code can't make it."""


def verify(
    store: Store,
    declared: Mapping[PolicyKey, Policy],
    rederive: Rederive,
    repair: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    """Reads all that is stored, and yields what is damaged, as it is found.

    declared: the policies as they are declared; the readings of other policies are checked only by themselves.
    rederive: makes a reading again, to be compared with the stored one. repair: derives again what is damaged and can
    be derived. progress: called after each capture with how many are done, of how many.

    Checksums, seals and references are checked; readings that the present extractor made by the present declaration are
    made again and compared. StorageError if the database or a payload store can't be read at all.
    """
    yield from _Verification(store.database, declared, rederive, repair, progress).findings()


class _Verification:
    """One walk through everything."""

    def __init__(
        self,
        database: Database,
        declared: Mapping[PolicyKey, Policy],
        rederive: Rederive,
        repair: bool,
        progress: Callable[[int, int], None],
    ) -> None:
        self._database = database
        self._policies = declared
        self._rederive = rederive
        self._repair = repair
        self._progress = progress
        # By digest, what is wrong with those documents that are gone or damaged.
        self._documents: dict[str, str] = {}
        # Payload stores that cannot be read.
        self._out_of_reach: set[str] = set()
        # Those documents that were told with a reading.
        self._told: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """What is damaged, as it is found."""
        with self._database.read_session() as session:
            newest = session.scalar(select(func.max(CaptureRow.id))) or 0
        yield from self._file()
        for table, step in (
            ("documents", self._look_at_documents()),
            ("captures", self._captures(newest)),
            ("documents", self._untold_documents()),
            ("reviews", self._reviews()),
            ("payloads", self._payloads_of_none()),
            ("policies", self._unread(newest)),
            ("counts", self._counts()),
            ("readings", self._references()),
            ("subscribers, listings or unread", self._others()),
            ("payloads", self._objects()),
        ):
            try:
                yield from step
            except _UNREADABLE as error:
                yield Finding(f"the table {table}", f"cannot be read: {error}", "backup")

    def _untold_documents(self) -> Iterator[Finding]:
        yield from (
            Finding(f"document {sha256}", fault, "backup")
            for sha256, fault in self._documents.items()
            if sha256 not in self._told
        )

    def _file(self) -> Iterator[Finding]:
        """SQLite's own check of its pages and indexes; PostgreSQL's belongs to who runs the server."""
        with self._database.read_session() as session:
            if session.get_bind().dialect.name != "sqlite":
                return
            for (said,) in session.connection().exec_driver_sql("PRAGMA integrity_check"):
                if said != "ok":
                    yield Finding("the database file", str(said), "backup")

    def _look_at_documents(self) -> Iterator[Finding]:
        """Which are gone or damaged; told with the readings they are of."""
        for sha256 in self._keys(DocumentRow.sha256):
            try:
                with self._database.read_session() as session:
                    documents.get(session, sha256)
            except _UNREADABLE as error:
                self._documents[sha256] = str(error)
        gone = select(ReadingRow.document_sha256).where(
            ReadingRow.document_sha256.is_not(None), ~exists().where(DocumentRow.sha256 == ReadingRow.document_sha256)
        )
        for (sha256,) in self._rows(gone.distinct()):
            self._documents[sha256] = f"the document {sha256} is gone from the database"
        yield from ()

    def _captures(self, newest: int) -> Iterator[Finding]:
        with self._database.read_session() as session:
            total = session.scalar(select(func.count()).select_from(CaptureRow).where(CaptureRow.id <= newest)) or 0
        for done, capture_id in enumerate(self._keys(CaptureRow.id, CaptureRow.id <= newest), 1):
            yield from self._capture(capture_id)
            self._progress(done, total)

    def _capture(self, capture_id: int) -> Iterator[Finding]:
        try:
            with self._database.read_session() as session:
                row = session.get_one(CaptureRow, capture_id)
                capture = capture_from(row)
                whole = _whole(row, seals.CAPTURES) and row.identity == capture_identity(capture)
        except _UNREADABLE as error:
            yield Finding(f"capture {capture_id}", f"its row in captures cannot be read: {error}", "backup")
            return
        place = _place(capture_id, capture)
        if not whole:
            yield Finding(place, f"its row in captures {_ALTERED}", "backup")
        payload, damage = self._payload(capture.sha256, place)
        if damage is not None:
            yield damage
        # What is derived from something else than the evidence is no measure.
        yield from self._readings(capture_id, capture, payload if whole else None, place)

    def _payload(self, sha256: str, place: str) -> tuple[bytes | None, Finding | None]:
        """The payload of a capture, or what is wrong with it; neither when its payload store was told already."""
        try:
            with self._database.read_session() as session:
                row = session.get(PayloadRow, sha256)
                if row is None:
                    return None, Finding(place, f"its payload {sha256} is gone from the database", "backup")
                if row.store and row.data:
                    return None, Finding(place, f"its row in payloads {_ALTERED}", "backup")
                if self._out_of_reach and self._out_of_reach & packing.stores(session, sha256):
                    return None, None
                return packing.unpacked(session, row), None
        except _UNREADABLE as error:
            return None, Finding(place, f"its payload: {error}", "backup")
        except UnavailableError as error:
            # Each try takes its time, and the store may hold a million.
            self._out_of_reach.add(error.url)
            return None, Finding(error.url, str(error), "backup")

    def _readings(self, capture_id: int, capture: Capture, payload: bytes | None, place: str) -> Iterator[Finding]:
        query = select(ReadingRow.reader).where(ReadingRow.capture_id == capture_id)
        try:
            readers = [reader for (reader,) in self._rows(query)]
        except _UNREADABLE as error:
            yield Finding(place, f"its rows in readings cannot be read: {error}", "backup")
            return
        policy = self._policies.get(capture.key)
        for reader in readers:
            again: Rederived | None = None
            try:
                with self._database.read_session() as session:
                    row = session.get_one(ReadingRow, (capture_id, reader))
                    whole = _whole(row, seals.READINGS)
                    session.expunge(row)
            except _UNREADABLE as error:
                row, fault = None, f"its row in readings cannot be read: {error}"
            else:
                fault = "" if whole else f"its row in readings {_ALTERED}"
            if payload is not None and policy is not None:
                made_by = (row.extractor, row.declared) if row is not None else None
                again = self._rederive(capture_id, capture, payload, policy, reader, made_by)
            if row is not None and not fault and again is not None and row.extractor:
                different = sorted(name for name, value in again.values.items() if getattr(row, name) != value)
                if different:
                    fault = f"its row in readings differs from what is read now: {', '.join(different)}"
            if row is not None and row.document_sha256 in self._documents:
                self._told.add(row.document_sha256)
                fault = fault or self._documents[row.document_sha256]
            if fault:
                yield self._derived(place, fault, capture, (capture_id, reader), again)
            elif row is not None and not row.extractor and payload is not None:
                yield Finding(place, "its payload was damaged when it was read", "reextract")

    def _derived(
        self, place: str, fault: str, capture: Capture, key: tuple[int, str], again: Rederived | None
    ) -> Finding:
        """A reading that is damaged or gone, made again when it can and shall be."""
        if again is None:
            return Finding(place, f"{fault}; it is of another extractor or declaration", "backup")
        if not self._repair:
            return Finding(place, fault, "repair")
        capture_id, reader = key
        with self._database.write_session() as session:
            policies.touch(session, capture.key, capture.captured_at)
            if again.document is not None:
                documents.replace(session, again.document)
            of_it = (ReadingRow.capture_id == capture_id, ReadingRow.reader == reader)
            session.execute(delete(ReadingRow).where(*of_it))
            session.add(ReadingRow(**again.values))
        return Finding(place, fault, "mended")

    def _reviews(self) -> Iterator[Finding]:
        for review_id in self._keys(ReviewRow.id):
            try:
                with self._database.read_session() as session:
                    if _whole(session.get_one(ReviewRow, review_id), seals.REVIEWS):
                        continue
                    fault = _ALTERED
            except _UNREADABLE as error:
                fault = f"cannot be read: {error}"
            yield Finding(f"review {review_id}", f"its row in reviews {fault}", "backup")

    def _counts(self) -> Iterator[Finding]:
        """Captures and reviews that are gone without a trace; or more of them than were counted, if that is damaged."""
        # In one statement: what others store meanwhile is counted on both sides, or on neither.
        query = select(CountRow, *policies.how_many(CountRow.vendor, CountRow.policy))
        counted = exists().where(CountRow.vendor == CaptureRow.vendor, CountRow.policy == CaptureRow.policy)
        uncounted = select(CaptureRow.vendor, CaptureRow.policy).distinct().where(~counted)
        damaged = {PolicyKey(row.vendor, row.policy): "has no row in counts" for row in self._rows(uncounted)}
        for row, *present in self._rows(query):
            for what, stored, there in zip(("capture", "review"), (row.captures, row.reviews), present, strict=True):
                fault = f"{what}s: {stored} stored, {there} there now"
                if there < stored:
                    yield Finding(f"{row.vendor} {row.policy}", fault, "backup")
                elif there > stored:
                    damaged[PolicyKey(row.vendor, row.policy)] = f"its row in counts {_ALTERED}: {fault}"
        for key, fault in damaged.items():
            if self._repair:
                with self._database.write_session() as session:
                    policies.recount(session, key)
            yield Finding(f"{key.vendor} {key.policy}", fault, "mended" if self._repair else "repair")

    def _payloads_of_none(self) -> Iterator[Finding]:
        """A payload is stored with a capture, so that one without has lost it; is it sound at least?"""
        query = select(PayloadRow.sha256).where(~exists().where(CaptureRow.sha256 == PayloadRow.sha256))
        for (sha256,) in self._rows(query):
            place = f"payload {sha256}"
            yield Finding(place, "belongs to no capture: the row of one is gone", "backup")
            _, damage = self._payload(sha256, place)
            if damage is not None:
                yield damage

    def _unread(self, newest: int) -> Iterator[Finding]:
        """Captures without a reading by the reader in force, told last: they may have been read meanwhile."""
        read = and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader)
        same = and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy)
        query = (
            select(CaptureRow.id, CaptureRow.vendor, CaptureRow.policy, CaptureRow.captured_at, CaptureRow.url)
            .outerjoin(PolicyRow, same)
            .outerjoin(ReadingRow, read)
            .where(CaptureRow.id <= newest, PolicyRow.vendor.is_not(None), ReadingRow.capture_id.is_(None))
        )
        for row in self._rows(query):
            yield Finding(_place(row.id, row), "has no row in readings by the reader in force", "reextract")
        newest_read = func.max(case((ReadingRow.capture_id.is_not(None), CaptureRow.captured_at)))
        kept = (
            select(PolicyRow.vendor, PolicyRow.policy)
            .join(CaptureRow, same)
            .outerjoin(ReadingRow, read)
            .group_by(
                PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, PolicyRow.revision, PolicyRow.composed_revision
            )
            .having(
                (PolicyRow.newest < newest_read)
                | (PolicyRow.newest > func.max(CaptureRow.captured_at))
                | (PolicyRow.composed_revision > PolicyRow.revision)
            )
        )
        for vendor, policy in self._rows(kept):
            yield Finding(f"{vendor} {policy}", f"its row in policies {_ALTERED}", "reextract")
        without = select(CaptureRow.vendor, CaptureRow.policy).distinct().outerjoin(PolicyRow, same)
        for vendor, policy in self._rows(without.where(CaptureRow.id <= newest, PolicyRow.vendor.is_(None))):
            yield Finding(f"{vendor} {policy}", "has no row in policies", "reextract")

    def _references(self) -> Iterator[Finding]:
        """Rows that name rows which are not there."""
        for child, key, parent, of in (
            (ReadingRow, ReadingRow.capture_id, CaptureRow.id, "capture"),
            (ReviewRow, ReviewRow.capture_id, CaptureRow.id, "capture"),
            (WatermarkRow, WatermarkRow.subscriber_id, SubscriberRow.id, "subscriber"),
            (OutboxRow, OutboxRow.subscriber_id, SubscriberRow.id, "subscriber"),
            (ListedCaptureRow, ListedCaptureRow.listing_id, ListingRow.id, "listing"),
            (UnreadRow, UnreadRow.capture_id, CaptureRow.id, "capture"),
        ):
            query = select(key, func.count()).where(~exists().where(parent == key)).group_by(key)
            for number, count in self._rows(query):
                fault = f"is gone, and {count} of the rows in {child.__tablename__} are of it"
                yield Finding(f"{of} {number}", fault, "backup")
        same = and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy)
        for vendor, policy in self._rows(select(PolicyRow.vendor, PolicyRow.policy).where(~exists().where(same))):
            yield Finding(f"{vendor} {policy}", "has a row in policies and no captures", "backup")

    def _others(self) -> Iterator[Finding]:
        """Nothing proves these rows; whether they can be read is all there is to tell."""
        for table in (SubscriberRow, WatermarkRow, OutboxRow, ListingRow, ListedCaptureRow, UnreadRow):
            for _ in self._rows(select(table)):
                pass
        yield from ()

    def _objects(self) -> Iterator[Finding]:
        """Objects that no payload names. Whoever is killed between an object and its row leaves one."""
        with self._database.read_session() as session:
            urls = [url for (url,) in session.execute(select(PayloadRow.store).distinct()) if url]
            for url in set(urls) - self._out_of_reach:
                unnamed = sum(
                    1 for key in packing.objects_of(session).keys(url) if not packing.names(session, url, key)
                )
                if unnamed:
                    fault = f"{plural(unnamed, 'object')} that no payload names, left by an interrupted crawl: harmless"
                    yield Finding(url, fault, "none")

    def _keys(self, column: Any, *conditions: Any) -> Iterator[Any]:
        """The keys of a table, some at a time, so that no transaction is open for long."""
        query = select(column).where(*conditions).order_by(column).limit(_AT_ONCE)
        some: Sequence[Any] = self._all(query)
        while some:
            yield from some
            some = self._all(query.where(column > some[-1]))

    def _all(self, query: Select[Any]) -> Sequence[Any]:
        with self._database.read_session() as session:
            return session.scalars(query).all()

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        with self._database.read_session() as session:
            yield from session.execute(query.execution_options(yield_per=_AT_ONCE))


def _whole(row: Base, sealed: Sequence[str]) -> bool:
    """Whether a row is as it was written."""
    values = {one.columns[0].name: getattr(row, one.key) for one in inspect(type(row)).column_attrs}
    return bool(seals.seal(sealed, values) == values["seal"])


def _place(capture_id: int, capture: Any) -> str:
    return f"{capture.vendor} {capture.policy} {iso(capture.captured_at)} {capture.url} (capture {capture_id})"
