"""An open database, as the parts that other rooms ask."""

from typing import Self

from storage.archive_listings import ArchiveListings
from storage.database import Database
from storage.library import Library
from storage.payloads import packing
from storage.subscriptions import Subscriptions


class Store:
    """An open database. Its parts may be used by several threads, and by several processes at once.

    library: captures, histories, documents, reviews. archive_listings: what a crawl of a web archive still has to
    fetch. subscriptions: subscribers and the outbox. database: for `intake` and `storage.upkeep`, which need its
    transactions.

    Every method of a part has committed when it returns. Each raises StorageError, which says what to do, if the
    database refuses: full, locked, gone, damaged; what was stored before stays.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.library = Library(database)
        self.archive_listings = ArchiveListings(database)
        self.subscriptions = Subscriptions(database)

    @classmethod
    def open(cls, url: str, payloads_url: str = "") -> Self:
        """Opens the database of an SQLAlchemy URL: `sqlite:////path/to/file` or `postgresql://user@host/database`.

        payloads_url: where new payloads go that are too large for a row, `file:///path/to/folder` or
        `s3://bucket/prefix`; '' keeps them in the database. Payloads stored before stay where they are.

        A missing SQLite file and its folder are made, and an empty database gets its tables. StorageError if the
        database can't be opened, or has another schema than this code.
        """
        return cls(Database(url, packing.session_info(payloads_url)))

    def close(self) -> None:
        """Gives the connections back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
