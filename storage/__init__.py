"""The database. It holds the evidence (captures, payloads and reviews) and the readings derived from the evidence. It
also holds subscribers, the outbox, and the list of captures that a crawl of a web archive still has to fetch.

`Store` opens a database. `storage.upkeep` verifies a database, backs it up and restores a backup.
"""

from storage.records import (
    CaptureToFetch,
    Decision,
    Finding,
    KnownPayload,
    Listing,
    ListingQuery,
    OutboxMessage,
    Review,
    Standing,
    StoredCapture,
    Subscriber,
)
from storage.store import Store

__all__ = [
    "CaptureToFetch",
    "Decision",
    "Finding",
    "KnownPayload",
    "Listing",
    "ListingQuery",
    "OutboxMessage",
    "Review",
    "Standing",
    "Store",
    "StoredCapture",
    "Subscriber",
]
