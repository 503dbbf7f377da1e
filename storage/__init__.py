"""The database: evidence, readings, subscribers and the state of crawls.

The evidence consists of captures, payloads and reviews. The readings are derived from the evidence. The database also
contains subscribers, the outbox, the journal (failed fetches, permanent redirects, runs), and the list of captures that
a crawl of a web archive still has to fetch.

`Store` opens a database. `storage.upkeep` verifies a database, backs up a database, and restores a backup.
"""

from storage.records import (
    AnnouncedAbsence,
    CaptureToFetch,
    ChangedPolicy,
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
    OwnWatermark,
    Rederived,
    Remedy,
    Review,
    Run,
    Standing,
    SteadyPolicy,
    StoredCapture,
    StoredWatermark,
    Subscriber,
    Subscription,
    Watched,
    Watermark,
)
from storage.store import Store

__all__ = [
    "AnnouncedAbsence",
    "CaptureToFetch",
    "ChangedPolicy",
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
    "OwnWatermark",
    "Rederived",
    "Remedy",
    "Review",
    "Run",
    "Standing",
    "SteadyPolicy",
    "Store",
    "StoredCapture",
    "StoredWatermark",
    "Subscriber",
    "Subscription",
    "Watched",
    "Watermark",
]
