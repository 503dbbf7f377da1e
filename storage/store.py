"""The front of the room: what other rooms may ask of the database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from core.archive import Row
from core.captures import Capture
from core.clauses import Document
from core.declarations import Policy
from core.history import History, Period
from storage import backup, digests, listings, payloads, queries, standings, verification
from storage.database import Database
from storage.records import (
    ArchivedText,
    Asked,
    Finding,
    Kept,
    Listing,
    OutboxMessage,
    PolicyKey,
    Review,
    RowToGet,
    Standing,
    StoredCapture,
    Subscriber,
    Unread,
)
from storage.service import Keeper


class Store:
    """An open database. Its methods may be called from several threads, and by several processes at once.

    Each method is done and committed when it returns. Each raises StorageError, with what to do, when the database
    refuses: full, locked, gone, damaged; what was stored before stays.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keeper = Keeper(database)

    @classmethod
    def open(cls, url: str, payloads_url: str = "") -> Self:
        """The database of that SQLAlchemy URL: `sqlite:////path/to/file` or `postgresql://user@host/database`.

        payloads_url: where new payloads go that are too large for a row, `file:///path/to/folder` or
            `s3://bucket/prefix`; '' keeps them in the database. Those that are stored stay where they are.

        A SQLite file and its folder are made where there are none, and the tables brought up to date.
        """
        return cls(Database(url, payloads.session_info(payloads_url)))

    def close(self) -> None:
        """Give the connections back, and end the processes that read captures."""
        self._keeper.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(self, capture: Capture, payload: bytes | None, policy: Policy) -> Kept:
        """Keep a capture as evidence, and read it as `policy` declares its location. The same again is no change.

        payload: the bytes of capture.sha256; None when they are stored already. StorageError when they are not, or
            when the bytes are others.

        Two captures are the same when vendor, policy, source, address asked, time and SHA-256 are. With the capture
        of a listed row, the row is no longer one to get. The capture is
        stored even when reading it fails, and read with the next one that is kept of its policy. When readings of
        the policy were made by another extractor or by another declaration, they are made again first, as `reextract`
        does.
        """
        return self._keeper.keep(capture, payload, policy)

    def keep_all(self, captures: Iterable[tuple[Capture, bytes | None, Policy]]) -> Iterator[Kept]:
        """Keep many captures as `keep` does each, on all processors; what became of each, in order.

        captures: each with its payload and policy, as for `keep`. They are taken as the results are asked for, and some
            ahead: of all that is taken the evidence is committed, some captures at a time, and then it is read. More
            than a few are read in processes of their own. A page that takes down two of these in turn is quarantined as
            `unreadable`, and read again with the next `reextract`.

        What `captures` raises is raised once all before it are kept. StorageError as of `keep`, for the first capture
        that is refused: those before it are kept. ClausewatchError when no process can be started.
        """
        return self._keeper.keep_all(captures)

    def keep_unread(self, captures: Iterable[tuple[Capture, bytes | None, Policy]]) -> Iterator[Unread]:
        """Keep captures as evidence, some at a time, each committed when it is given back; `read` is to follow.

        captures, and the errors: as for `keep_all`. Until it is read, a capture is shown as one that is not read yet.
        """
        return self._keeper.keep_unread(captures)

    def read(self, captures: Iterable[Unread]) -> Iterator[Kept]:
        """Read captures that `keep_unread` has kept; what became of each, in order. As `keep_all` reads them."""
        return self._keeper.read(captures)

    def reextract(
        self, vendor: str, policy: str, declared: Policy, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Read again those captures of a policy that the present extractor has not read as it is declared now.

        progress: called after each, with how many are done, of how many.

        Earlier readings stay beside the new ones, and captures, history and documents are taken from them until every
        capture is read; then, at one stroke, from the new ones. Readings are committed as they are made, so that it can
        be interrupted, or done by several processes at once, and called again. A capture whose payload is damaged is
        quarantined as `unreadable`, and tried again with every call. How many captures there were to read. More than a
        few are read in processes of their own, as `keep_all` does; ClausewatchError when none can be started.
        """
        return self._keeper.reextract(vendor, policy, declared, progress)

    def captures(self, vendor: str, policy: str) -> tuple[StoredCapture, ...]:
        """Every capture of a policy, quarantined ones included, oldest first."""
        with self._database.reading() as session:
            return queries.captures(session, vendor, policy)

    def capture(self, capture_id: int) -> StoredCapture:
        """The capture of that key. UsageError when there is none."""
        with self._database.reading() as session:
            return queries.capture(session, capture_id)

    def review(self, capture_ids: Collection[int], review: Review) -> None:
        """Note a person's decision on captures: on all of them or, when an error is raised, on none.

        It holds, whatever later readings say, until another one follows. UsageError when there is no such capture, or
        when one is accepted from which no text could be read.
        """
        with self._database.writing() as session:
            queries.review(session, capture_ids, review)

    def history(self, vendor: str, policy: str) -> History:
        """The periods and versions that the accepted captures of a policy show, by one reader's readings."""
        with self._database.reading() as session:
            return queries.history(session, vendor, policy)

    def period(self, vendor: str, policy: str, history: History, when: str) -> Period:
        """The period of a policy's history that a user names, as `core.history.period_for` has it.

        An `@id` given to a version by an earlier reader finds what the last of the captures that showed it shows now.
        UsageError as there.
        """
        with self._database.reading() as session:
            return queries.period(session, vendor, policy, history, when)

    def document(self, capture_id: int, reader: str | None = None) -> Document:
        """What was read from a capture, accepted or not.

        reader: whose reading, as an Observation names it; None: of the reader in force.

        ExtractionError when it could not be read. UsageError when there is no such capture.
        """
        with self._database.reading() as session:
            return queries.document(session, capture_id, reader)

    def payload(self, sha256: str) -> bytes:
        """The bytes of that SHA-256. StorageError when they are not stored, or no longer have that digest."""
        with self._database.reading() as session:
            return payloads.get(session, sha256)

    def verify(
        self,
        policies: Mapping[tuple[str, str], Policy],
        repair: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Iterator[Finding]:
        """Read all that is stored, and tell what is damaged, as it is found.

        policies: as they are declared, by vendor and policy; readings of others are only looked at by themselves.
        repair: make again what is damaged and can be derived.
        progress: called after each capture, with how many are done, of how many.

        Digests, seals and references are checked; readings that the present extractor made by the present declaration
        are made again and compared. StorageError when the database or a payload store cannot be read at all.
        """
        yield from verification.verify(self._database, policies, repair, progress)

    def backup(
        self, path: Path, now: datetime, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> list[str]:
        """Write a copy of everything, as it is at this moment, to a file; others may write to the store meanwhile.

        path: of a file that is not there yet; what is there when an error is raised is none. progress: called with
            how many rows are done, of how many.

        The payloads are all in it, wherever they are. Those that are damaged go into it as they are; what is wrong with
        each is returned. StorageError when database, payload store or file refuse.
        """
        return backup.write(self._database, path, now, progress)

    def restore(self, path: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> list[str]:
        """Fill an empty database with what `backup` wrote, all of it or, when an error is raised, nothing.

        Payloads go to where this store puts new ones. What is wrong with those that are damaged is returned.

        StorageError when the file is not as it was written, or when there is anything in the database.
        """
        return backup.restore(self._database, path, progress)

    def standings(self, vendors: Collection[str] = ()) -> tuple[Standing, ...]:
        """Where each policy of which there are captures stands, in no order.

        vendors: slugs of those whose policies are asked for; empty means all.
        """
        with self._database.reading() as session:
            return tuple(standings.standings(session, vendors))

    def begin_listings(
        self, vendor: str, policy: str, asked: Collection[Asked], now: datetime, stale: timedelta
    ) -> tuple[Listing, ...]:
        """The listings of a policy, one for each one: those under way, to go on with, and new ones.

        Those under way of other asked are not asked for any more, and are dropped with their rows. Those begun more
        than `stale` before `now` list again from the start, since the archive may hold more by now; their rows stay.
        """
        with self._database.writing() as session:
            return listings.begin(session, vendor, policy, asked, now, stale)

    def file_page(
        self, listing: Listing, rows: Collection[Row], malformed: int, resume_key: str | None
    ) -> Listing | None:
        """File a page of a listing, the one after listing.resume_key, with what the next is asked for with.

        rows: those whose captures are not stored become rows to get. malformed: rows of it that could not be read.
        resume_key: None: it was the last page.

        How far the listing has come then, which is all that happens when another crawl has filed that page. None when
        another crawl is through with the listing, or has dropped it.
        """
        with self._database.writing() as session:
            return listings.file_page(session, listing, rows, malformed, resume_key)

    def restart_listing(self, listing: Listing) -> None:
        """Have a listing begin with its first page again. Its rows stay."""
        with self._database.writing() as session:
            listings.restart(session, listing)

    def close_listings(self, policies: Collection[tuple[str, str]]) -> None:
        """Forget those listings of policies, (vendor, policy), that are complete and have no rows left to get."""
        with self._database.writing() as session:
            for vendor, policy in policies:
                listings.close(session, vendor, policy)

    def rows_to_get(
        self, vendor: str, policy: str, ids: Collection[int], texts: Collection[str], limit: int
    ) -> tuple[RowToGet, ...]:
        """Rows of a policy's listings whose captures are not stored, those not tried yet first; `limit` at most.

        ids, texts: rows, and the texts of rows, to leave out.
        """
        with self._database.reading() as session:
            return listings.rows_to_get(session, vendor, policy, ids, texts, limit)

    def count_rows_to_get(self, vendor: str, policy: str) -> int:
        """How many rows of a policy's listings there are whose captures are not stored."""
        with self._database.reading() as session:
            return listings.count(session, vendor, policy)

    def row_not_given(self, vendor: str, policy: str, row: RowToGet) -> int:
        """Note that the archive does not give a row's capture.

        The row stays while another one of the same text may give it. When none may, all of them are let go until they
        are listed again. How many rows that are; 0 while they stay.
        """
        with self._database.writing() as session:
            return listings.not_given(session, vendor, policy, row)

    def tell_apart(self, vendor: str, policy: str, text: str) -> None:
        """Have each row of a text got by itself: what one of them gave is not what its digest is of."""
        with self._database.writing() as session:
            listings.tell_apart(session, vendor, policy, text)

    def archived_texts(self, vendor: str, policy: str) -> Mapping[str, ArchivedText]:
        """By an archive's digest, the bytes that the stored captures of a policy show it to be of."""
        with self._database.reading() as session:
            return listings.texts(session, vendor, policy)

    def subscribe(self, address: str, vendors: Sequence[str], since: datetime) -> None:
        """Have digests composed for an address.

        vendors: slugs of those watched; empty means all. since: what was captured before is not told.

        Again for the same address replaces the vendors; `since`, and what was told, stay.
        """
        with self._database.writing() as session:
            digests.subscribe(session, address, vendors, since)

    def unsubscribe(self, address: str) -> bool:
        """Forget an address: what it was told and what waits to be sent to it, too. False when it was not known."""
        with self._database.writing() as session:
            return digests.unsubscribe(session, address)

    def subscribers(self) -> tuple[Subscriber, ...]:
        """All of them, in the order in which they subscribed."""
        with self._database.reading() as session:
            return digests.subscribers(session)

    def uncomposed(self) -> Mapping[PolicyKey, int]:
        """The policies in which something happened since `composed` was told of them, each with its present revision.

        Whatever may change a policy's history raises its revision: a capture that is read, a review, another reader.
        """
        with self._database.reading() as session:
            return digests.uncomposed(session)

    def untold(self, subscriber: Subscriber) -> Mapping[PolicyKey, datetime]:
        """The policies of which there may be something to tell a subscriber, with the time from which on there may be.

        That is the captured_at up to which they were told all there was to tell, or when they subscribed; of other
        policies there is nothing to tell. Only those in which something happened since `composed` was told of them are
        looked at, unless the subscriber is new, or has chosen other vendors since.
        """
        with self._database.reading() as session:
            return digests.untold(session, subscriber)

    def composed(self, revisions: Mapping[PolicyKey, int], caught_up: Sequence[Subscriber]) -> None:
        """Note up to which revisions of policies every subscriber was told all there was to tell.

        revisions: as `uncomposed` had them before anything else was read. caught_up: the subscribers of whom `untold`
            left out nothing that they were not told.
        """
        with self._database.writing() as session:
            digests.composed(session, revisions, caught_up)

    def enqueue(
        self,
        subscriber_id: int,
        message: bytes | None,
        told: Mapping[PolicyKey, datetime],
        now: datetime,
    ) -> None:
        """Note what a subscriber is told by a message (RFC 5322 bytes), and put it in the outbox: both or neither.

        message: None when there was nothing to tell. told: by policy, the captured_at up to which the subscriber was
            told all there was to tell; an earlier time than the one noted changes nothing.

        UsageError when there is no such subscriber.
        """
        with self._database.writing() as session:
            digests.enqueue(session, subscriber_id, message, told, now)

    def outbox(self) -> tuple[OutboxMessage, ...]:
        """The messages not yet sent, oldest first."""
        with self._database.reading() as session:
            return digests.outbox(session)

    def mark_sent(self, message_id: int, now: datetime) -> None:
        """Take a message out of the outbox. No change when it is sent already, or its subscriber is gone."""
        with self._database.writing() as session:
            digests.mark_sent(session, message_id, now)
