"""The store: an open database, divided into parts by subject."""

from datetime import timedelta
from typing import Self

from diffing.timeline import HOLD
from storage.archive_listings import ArchiveListings
from storage.clause_facts import ClauseFacts
from storage.clause_index import ClauseIndex
from storage.database import Database
from storage.journal import Journal
from storage.library import Library
from storage.lineages import Lineages
from storage.outbox import Outbox
from storage.payloads import packing
from storage.secrets import Secrets
from storage.subscriptions import Subscriptions
from storage.timelines import Timelines


class Store:
    """An open database. Several threads and several processes may use a database at the same time.

    library: captures, histories, documents, reviews, and a summary of each policy.
    archive_listings: the captures that a crawl of a web archive still has to fetch.
    subscriptions: subscribers and what each of them was told.
    outbox: the messages that still have to be sent, and the addresses that could not be reached.
    journal: failed fetches, permanent redirects, and the last runs.
    lineages: the steps between neighbouring versions, from which the lines of clauses follow.
    clause_index: the index of all clauses, which the search reads.
    clause_facts: which policies mention the words of a search, and what became of each wording.
    timelines: what the timelines of policies and the list of vendors show.
    secrets: what the links in e-mails are signed with.
    database: the transactions that `intake` and `storage.upkeep` need.

    Every method of these parts, except `database`, commits before it returns. A method raises StorageError if the
    database is full, locked, missing or damaged. The error's message advises the user. Data that was stored earlier is
    not lost.
    """

    def __init__(self, database: Database, hold: timedelta = HOLD) -> None:
        self.database = database
        self.library = Library(database, hold)
        self.archive_listings = ArchiveListings(database)
        self.subscriptions = Subscriptions(database)
        self.outbox = Outbox(database)
        self.journal = Journal(database)
        self.lineages = Lineages(database, self.library)
        self.clause_index = ClauseIndex(database, hold)
        self.clause_facts = ClauseFacts(database)
        self.timelines = Timelines(database)
        self.secrets = Secrets(database)

    @classmethod
    def open(cls, url: str, payloads_url: str = "", hold: timedelta = HOLD, *, read_only: bool = False) -> Self:
        """Opens a database, after creating or migrating its tables if needed.

        url: the database's address in SQLAlchemy's form: `sqlite:////path/to/file` or
        `postgresql://user@host/database`. A missing SQLite file and its folder are created.
        payloads_url: the payload store for new payloads that are too large for a row: `file:///path/to/folder` or
        `s3://bucket/prefix`; '' to store all new payloads in the database. Payloads that are stored already are not
        moved.
        hold: how long a text is held that shares nothing with the text before (`diffing.timeline.settled`).
        read_only: whether the database itself refuses every write. The tables are then neither created nor migrated.

        StorageError if the database can't be opened, or has a schema that this code can't migrate.
        """
        return cls(Database(url, packing.session_info(payloads_url), read_only=read_only), hold)

    def close(self) -> None:
        """Closes all connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
