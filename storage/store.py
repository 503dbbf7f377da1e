"""The front of the room: what other rooms may ask of the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from core.captures import Capture
from core.clauses import Document
from core.declarations import Policy
from core.history import History
from storage import digests, payloads, queries
from storage.database import Database
from storage.records import Kept, OutboxMessage, StoredCapture, Subscriber
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
        """Give the connections back."""
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
        the policy were made by another extractor or with other selectors, they are made again.
        """
        return self._keeper.keep(capture, payload, policy)

    def reextract(self, vendor: str, policy: str, declared: Policy) -> int:
        """Read again those captures of a policy that are unread, or were read by another extractor or selectors.

        Each one is committed by itself, so that it can be interrupted and called again. How many there were.
        """
        return self._keeper.reextract(vendor, policy, declared)

    def captures(self, vendor: str, policy: str) -> tuple[StoredCapture, ...]:
        """Every capture of a policy, quarantined ones included, oldest first."""
        with self._database.reading() as session:
            return queries.captures(session, vendor, policy)

    def history(self, vendor: str, policy: str) -> History:
        """The periods and versions that the accepted captures of a policy show."""
        with self._database.reading() as session:
            return queries.history(session, vendor, policy)

    def document(self, capture_id: int) -> Document:
        """What was read from a capture, accepted or not.

        ExtractionError when it could not be read. UsageError when there is no such capture.
        """
        with self._database.reading() as session:
            return queries.document(session, capture_id)

    def payload(self, sha256: str) -> bytes:
        """The bytes of that SHA-256. StorageError when they are not stored, or no longer have that digest."""
        with self._database.reading() as session:
            return payloads.get(session, sha256)

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
