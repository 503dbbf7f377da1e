"""The store: an open database, divided into parts by subject."""

from typing import Self

from storage.archive_listings import ArchiveListings
from storage.database import Database
from storage.library import Library
from storage.payloads import packing
from storage.subscriptions import Subscriptions


class Store:
    """An open database. Several threads and several processes may use a database at the same time.

    library: captures, histories, documents, reviews, and a summary of each policy.
    archive_listings: the captures that a crawl of a web archive still has to fetch.
    subscriptions: subscribers and the outbox.
    database: the transactions that `intake` and `storage.upkeep` need.

    Every method of `library`, `archive_listings` and `subscriptions` commits before it returns. A method raises
    StorageError if the database is full, locked, missing or damaged. The error's message advises the user. Data that
    was stored earlier is not lost.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.library = Library(database)
        self.archive_listings = ArchiveListings(database)
        self.subscriptions = Subscriptions(database)

    @classmethod
    def open(cls, url: str, payloads_url: str = "") -> Self:
        """Opens a database, after creating or migrating its tables if needed.

        url: the database's address in SQLAlchemy's form: `sqlite:////path/to/file` or
        `postgresql://user@host/database`. A missing SQLite file and its folder are created.
        payloads_url: the payload store for new payloads that are too large for a row: `file:///path/to/folder` or
        `s3://bucket/prefix`; '' to store all new payloads in the database. Payloads from earlier stay where they are.

        StorageError if the database can't be opened, or has a schema that this code can't migrate.
        """
        return cls(Database(url, packing.session_info(payloads_url)))

    def close(self) -> None:
        """Closes all connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
