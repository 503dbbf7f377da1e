"""The database: evidence, readings, subscribers and the state of crawls.

The evidence consists of captures, payloads and reviews. The readings are derived from the evidence. The database also
contains subscribers, the outbox, the journal (failed fetches, permanent redirects, runs), and the list of captures that
a crawl of a web archive still has to fetch.

`Store` opens a database. `storage.upkeep` verifies a database, backs up a database, and restores a backup.
"""

from storage.records import (
    AnnouncedAbsence,
    CaptureToFetch,
    Decision,
    DeliveryTrouble,
    FailedFetches,
    Finding,
    KnownPayload,
    Listing,
    ListingQuery,
    MovedPage,
    OutboxCounts,
    OutboxMessage,
    Rederived,
    Remedy,
    Review,
    Run,
    Standing,
    StoredCapture,
    Subscriber,
    Watermark,
)
from storage.store import Store

__all__ = [
    "AnnouncedAbsence",
    "CaptureToFetch",
    "Decision",
    "DeliveryTrouble",
    "FailedFetches",
    "Finding",
    "KnownPayload",
    "Listing",
    "ListingQuery",
    "MovedPage",
    "OutboxCounts",
    "OutboxMessage",
    "Rederived",
    "Remedy",
    "Review",
    "Run",
    "Standing",
    "Store",
    "StoredCapture",
    "Subscriber",
    "Watermark",
]
