"""The front of the room: what other rooms may ask of the database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Self

from core.captures import Capture
from core.clauses import Document
from core.declarations import Policy
from core.history import History, Period
from storage import digests, payloads, queries, standings
from storage.database import Database
from storage.records import Kept, OutboxMessage, Review, Standing, StoredCapture, Subscriber, Unread
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
    def open(cls, url: str) -> Self:
        """The database of that SQLAlchemy URL: `sqlite:////path/to/file` or `postgresql://user@host/database`.

        A SQLite file and its folder are made where there are none, and the tables brought up to date.
        """
        return cls(Database(url))

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

        Two captures are the same when vendor, policy, source, address asked, time and SHA-256 are. The capture is
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
            for capture_id in capture_ids:
                queries.review(session, capture_id, review)

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

    def standings(self) -> tuple[Standing, ...]:
        """Where each policy of which there are captures stands, in no order."""
        with self._database.reading() as session:
            return tuple(standings.standings(session))

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

    def told(self, subscriber_id: int) -> Mapping[tuple[str, str], datetime]:
        """By (vendor, policy), the captured_at up to which the subscriber was told all there was to tell."""
        with self._database.reading() as session:
            return digests.told(session, subscriber_id)

    def enqueue(
        self,
        subscriber_id: int,
        message: bytes | None,
        told: Mapping[tuple[str, str], datetime],
        now: datetime,
    ) -> None:
        """Note what a subscriber is told by a message (RFC 5322 bytes), and put it in the outbox: both or neither.

        message: None when there was nothing to tell. told: as `Store.told` has it; an earlier time than the one
            noted changes nothing.

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
